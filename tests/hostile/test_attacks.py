"""Hostile entries, run like any entry: none gains anything, none harms another.

Every attack runs in each isolation back end that this machine has, as the user who runs the tests
and, where that is root, as an ordinary user as well.
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
from hostile import attack_runs
from parts import needs

ROOT = Path(__file__).resolve().parents[2]
BACKENDS = [backend for backend in backends.BACKENDS if backend != "process"]
ORDINARY = 1000
SECONDS = 900


@functools.cache
def report(who, backend, part):
    if who == "caller":
        if backend != "process":
            needs(backend)
        return attack_runs.run_attacks(backend, part)
    # The caller is an ordinary user already, or bubblewrap makes the interpreter visible to one.
    needs("root", "bubblewrap")
    assert part == "sandbox"
    done = subprocess.run(
        [*as_ordinary_user(), sys.executable, str(ROOT / "tests/hostile/attack_runs.py"), backend],
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)[backend]


def as_ordinary_user():
    """A prefix that runs a command as an ordinary user who can read project and interpreter."""
    out = ["bwrap", "--die-with-parent", "--bind", "/", "/", "--dev-bind", "/dev", "/dev"]
    needed = {ROOT, *map(Path, (sys.prefix, sys.base_prefix)), Path(sys.executable).resolve()}
    needed |= {path.resolve() for path in needed}
    closed = {Path("/tmp")}  # and a new one, since the old one may be full of files of others
    for path in needed:
        for parent in reversed(path.parents):
            if not parent.stat().st_mode & 0o001:
                closed.add(parent)
                break
    for folder in sorted(closed):
        perms = "1777" if folder == Path("/tmp") else "0755"
        out += ["--perms", perms, "--tmpfs", str(folder)]
        for path in sorted(needed):
            seen = any(other in path.parents for other in needed)  # mounted with that one
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


def one_process(where):
    """A run is long and its report is shared: one process makes it and tests all of it."""
    return pytest.mark.xdist_group("-".join(map(str, where)))


WHO = ("caller", "ordinary user")
SETTINGS = [(who, backend, "sandbox") for backend in BACKENDS for who in WHO] + [
    ("caller", None, "protocol")
]
RUNS = [pytest.param(*where, marks=one_process(where)) for where in SETTINGS]
EACH = [
    pytest.param(
        *(*where, attack),
        id=f"{where[0]}-{where[1]}-{attack.name}".replace(" ", "_"),
        marks=one_process(where),
    )
    for where in SETTINGS
    for attacks, _ in attack_runs.PARTS[where[2]]
    for attack in attacks
]


def report_of(who, backend, part):
    return report(who, backend or backends.strongest(), part)


@pytest.mark.parametrize(("who", "backend", "part", "attack"), EACH)
def test_an_attack_gains_nothing(who, backend, part, attack):
    ending = report_of(who, backend, part)["attacks"][attack.name]
    details = f"{ending['status']}: {ending['reason']}\n{ending['log'][:2000]}"
    assert "GOT" not in ending["log"], details
    assert ending["status"] in attack.ends, details
    assert re.search(attack.reason, ending["reason"]) or ending["status"] == "good", details
    assert "TRIED" in ending["log"] or not attack.tries, details
    assert ending["isolation"] == (backend or backends.strongest())
    assert ending["reason"].isprintable()
    assert len(ending["reason"]) < 1000
    assert 0 <= (ending["parameters"] or 0) < 2**63
    assert ending["log_bytes"] < 1_200_000
    for name, item in ending["items"].items():  # the noise in the targets cannot be predicted
        total, count = item["rmse.per_recording@1"][:2]
        assert total / count > 0.5, name


@pytest.mark.parametrize(("who", "backend", "part"), RUNS)
def test_the_honest_entry_in_the_same_run_is_not_harmed(who, backend, part):
    for ending in report_of(who, backend, part)["honest"]:
        assert ending["status"] == "good", ending["reason"]
        assert sorted(ending["items"]) == ["s0-5", "s1-5", "s2-5", "s3-5"]
        for name, item in ending["items"].items():
            recording = toy.recording(int(name[1]), 5)
            x, y = recording["x"], recording["y"]
            error = math.sqrt(np.mean((x @ [[2.0], [-1.0]] - y) ** 2))
            assert item["rmse.per_recording@1"][0] == pytest.approx(error, rel=1e-6)
            assert item["pearson.per_recording@1"][0] > 0.8


@pytest.mark.parametrize(("who", "backend", "part"), RUNS)
def test_nothing_is_left_behind(who, backend, part):
    outcome = report_of(who, backend, part)
    assert outcome["processes"] == []
    assert outcome["mounts"] == []
    assert outcome["temporary"] == []
    assert outcome["loot"] == []
    assert outcome["received"] == []
    assert not outcome["late"]
    assert outcome["canary"][0] == outcome["canary"][1]
    good = {name for name, ending in outcome["attacks"].items() if ending["status"] == "good"}
    assert not [name for name in outcome["kept"] if name in good]
    # Each may keep 16 MB, and a little more until the next check.
    assert outcome["kept_mb"] < 100 * len(outcome["attacks"])


def test_attacks_succeed_without_a_sandbox():
    """Without a sandbox the same entries succeed: they do not fail for bugs of their own."""
    outcome = report("caller", "process", "unsandboxed")
    for name, ending in outcome["attacks"].items():
        assert "GOT" in ending["log"], name
    stolen = outcome["attacks"]["reads_known_answer_paths"]
    assert "GOT the answer" in stolen["log"]
    for item in stolen["items"].values():
        assert item["rmse.per_recording@1"][0] == 0.0
    assert any(line.startswith("tcp") for line in outcome["received"])
    assert any(line.startswith("abstract") for line in outcome["received"])
