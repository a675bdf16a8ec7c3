"""Hostile entries, run as any entry is run: none gets anything, none harms another.

Every attack is run within each kind of walls that this machine can build, by whoever runs the
tests and, where that is root, by an ordinary user as well.
"""

import functools
import json
import math
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import toy
from benchmark.sandbox import backends
from hostile import siege
from parts import needs

ROOT = Path(__file__).resolve().parents[2]
KINDS = [kind for kind in backends.BACKENDS if kind != "process"]
ORDINARY = 1000
SECONDS = 200


@functools.cache
def report(who, kind, part):
    if who == "caller":
        needs(kind)
        return siege.besiege(kind, part)
    # The caller is an ordinary user already, or bubblewrap makes the interpreter visible to one.
    needs("root", "bubblewrap")
    assert part == "walls"
    done = subprocess.run(
        [*as_ordinary_user(), sys.executable, str(ROOT / "tests/hostile/siege.py"), kind],
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)[kind]


def as_ordinary_user():
    """Run what follows as a user without rights who can read the project and the interpreter."""
    out = ["bwrap", "--die-with-parent", "--bind", "/", "/", "--dev-bind", "/dev", "/dev"]
    needed = {ROOT, *map(Path, (sys.prefix, sys.base_prefix)), Path(sys.executable).resolve()}
    needed |= {path.resolve() for path in needed}
    closed = {Path("/tmp")}  # and a new one, since the old one may be full of others' files
    for path in needed:
        for parent in reversed(path.parents):
            if not parent.stat().st_mode & 0o001:
                closed.add(parent)
                break
    for folder in sorted(closed):
        perms = "1777" if folder == Path("/tmp") else "0755"
        out += ["--perms", perms, "--tmpfs", str(folder)]
        for path in sorted(needed):
            seen = any(other in path.parents for other in needed)  # with that one already
            if path.is_relative_to(folder) and path.is_dir() and not seen:
                for parent in reversed(path.parents):
                    if parent.is_relative_to(folder):
                        out += ["--perms", "0755", "--dir", str(parent)]
                out += ["--ro-bind", str(path), str(path)]
    out += ["--chdir", "/tmp"]
    out += ["--setenv", "PYTHONPATH", f"{ROOT}:{ROOT / 'tests'}", "--setenv", "TMPDIR", "/tmp"]
    return [
        *(*out, "setpriv", f"--reuid={ORDINARY}", f"--regid={ORDINARY}"),
        *("--clear-groups", "--inh-caps=-all"),
    ]


def together(where):
    """A siege is long and its report is shared: one process makes it and looks at all of it."""
    return pytest.mark.xdist_group("-".join(map(str, where)))


WHO = ("caller", "ordinary user")
PLACES = [(who, kind, "walls") for kind in KINDS for who in WHO] + [("caller", None, "talk")]
SIEGES = [pytest.param(*where, marks=together(where)) for where in PLACES]
EACH = [
    pytest.param(
        *(*where, attack),
        id=f"{where[0]}-{where[1]}-{attack.name}".replace(" ", "_"),
        marks=together(where),
    )
    for where in PLACES
    for several, _ in siege.PARTS[where[2]]
    for attack in several
]


def besieged(who, kind, part):
    return report(who, kind or backends.strongest(), part)


@pytest.mark.parametrize(("who", "kind", "part", "attack"), EACH)
def test_an_attack_gets_nothing(who, kind, part, attack):
    ending = besieged(who, kind, part)["attacks"][attack.name]
    told = f"{ending['status']}: {ending['reason']}\n{ending['log'][:2000]}"
    assert "GOT" not in ending["log"], told
    assert ending["status"] in attack.ends, told
    assert re.search(attack.reason, ending["reason"]) or ending["status"] == "good", told
    assert "TRIED" in ending["log"] or not attack.tries, told
    assert ending["isolation"] == (kind or backends.strongest())
    assert ending["reason"].isprintable()
    assert len(ending["reason"]) < 1000
    assert 0 <= (ending["parameters"] or 0) < 2**63
    assert ending["log_bytes"] < 1_200_000
    for name, item in ending["items"].items():  # nobody knows the noise in the targets
        total, count = item["rmse.per_recording@1"][:2]
        assert total / count > 0.5, name


@pytest.mark.parametrize(("who", "kind", "part"), SIEGES)
def test_the_honest_entry_of_the_same_run_is_not_harmed(who, kind, part):
    for ending in besieged(who, kind, part)["honest"]:
        assert ending["status"] == "good", ending["reason"]
        assert sorted(ending["items"]) == ["s0-5", "s1-5", "s2-5", "s3-5"]
        for name, item in ending["items"].items():
            recording = toy.recording(int(name[1]), 5)
            x, y = recording["x"], recording["y"]
            error = math.sqrt(np.mean((x @ [[2.0], [-1.0]] - y) ** 2))
            assert item["rmse.per_recording@1"][0] == pytest.approx(error, rel=1e-6)
            assert item["pearson.per_recording@1"][0] > 0.8


@pytest.mark.parametrize(("who", "kind", "part"), SIEGES)
def test_nothing_is_left_behind(who, kind, part):
    found = besieged(who, kind, part)
    assert found["processes"] == []
    assert found["mounts"] == []
    assert found["temporary"] == []
    assert found["loot"] == []
    assert found["heard"] == []
    assert not found["late"]
    assert found["canary"][0] == found["canary"][1]
    good = {name for name, ending in found["attacks"].items() if ending["status"] == "good"}
    assert not [name for name in found["kept"] if name in good]
    # Each may keep 16 MB, and a little more until somebody looks.
    assert found["kept_mb"] < 100 * len(found["attacks"])


def test_the_attacks_are_real():
    """Without walls the same entries succeed: what stops them is not their own clumsiness."""
    found = report("caller", "process", "open")
    for name, ending in found["attacks"].items():
        assert "GOT" in ending["log"], name
    stolen = found["attacks"]["knows_where_answers_lie"]
    assert "GOT the answer" in stolen["log"]
    for item in stolen["items"].values():
        assert item["rmse.per_recording@1"][0] == 0.0
    assert any(line.startswith("tcp") for line in found["heard"])
    assert any(line.startswith("abstract") for line in found["heard"])
