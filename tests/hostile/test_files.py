"""Files that mean harm before any of their code runs: each is refused, and nobody else is."""

import os
import py_compile
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

import toy
from benchmark import registry
from benchmark.core import UserError
from benchmark.execution import executors, plan, runner
from benchmark.report import markdown
from benchmark.sandbox import backends
from benchmark.worker.limits import Limits
from hostile.attacks import HONEST

LIMITS = Limits(seconds=20, memory_mb=300, scratch_mb=16, kept_mb=16, processes=64)
FINE = toy.entry(predict=toy.SUM)


def headed(old, new):
    assert old in FINE
    return FINE.replace(old, new)


def nested(depth):
    return "[" * depth + "]" * depth


TITLE = 'title = "Toy entry"'
TEXTS = {
    "rings": headed(TITLE, 'title = "\\u0007\\u001b]0;taken"'),
    "clears": headed(TITLE, 'title = "\\u001b[2J"'),
    "two_lines": headed(TITLE, 'title = "a\\nb"'),
    "turns": headed(TITLE, 'title = "\\u202egnp.exe"'),
    "long_title": headed(TITLE, f'title = "{"a" * 101}"'),
    "odd_type": headed(TITLE, "title = 7"),
    "climbs": toy.entry(extra='# [tool.silentbench.variants]\n# "../../../../etc/x" = {}\n'),
    "absolute": toy.entry(extra='# [tool.silentbench.variants]\n# "/etc/cron" = {}\n'),
    "dots": toy.entry(extra='# [tool.silentbench.variants]\n# ".." = {}\n'),
    "no_variant": toy.entry(extra="# variants = {}\n"),
    "other_task": headed('tasks = ["toy"]', 'tasks = ["../../toy"]'),
    "bad_setting": toy.entry(extra='# [tool.silentbench.variants]\n# a = { "\\u001b[2J" = 1 }\n'),
    "date": toy.entry(extra="# [tool.silentbench.variants]\n# a = { b = 1979-05-27 }\n"),
    "unknown_field": toy.entry(extra="# command = 'rm'\n"),
    "deep": headed("dependencies = []", f"dependencies = {nested(5000)}"),
    "escapes": headed("dependencies = []", 'dependencies = ["\\u001b[2J"]'),
    "huge": "#" + "x" * 2_000_000 + "\n" + FINE,
    "huge_header": toy.entry(extra="# " + "#" * 20_000 + "\n"),
    "starts_forever": "# /// script\n" * 70_000,
    "dotted": headed("dependencies = []", f"{'a.' * 200_000}a = 1"),
    "surrogate": headed(TITLE, 'title = "\\ud800"'),
    "not_python": FINE + "\ndef broken(:\n",
    "zero_bytes": FINE + "\nx = '\0'\n",
    "deep_code": FINE + "\nx = " + "-" * 100_000 + "1\n",
    "wide_code": FINE + "\nx = 1" + "+1" * 100_000 + "\n",
    "nested_code": FINE + "\nx = " + "(" * 150 + ")" * 150 + nested(90) + "\n",
    "bad_layer": FINE + "\nimport _broken\n",
    "null_layer": FINE + "\nimport _null\n",
    "linked_layer": FINE + "\nimport _linked\n",
    "latin_layer": FINE + "\nimport _latin\n",
}
LAYERS = {name for name in TEXTS if name.endswith("_layer")}  # what they import is to blame
REFUSED = sorted({*TEXTS} - LAYERS - {"nested_code"})  # that one is a strange way to write a value


def plant(folder):
    """A project with an honest entry and all hostile files that a folder can hold."""
    place = toy.project(folder, honest=HONEST)
    there = place.root / "submissions"
    (place.root / "answers.npy").write_text("sesame-answers")
    for name, text in TEXTS.items():
        (there / f"{name}.py").write_text(text)
    (there / "_broken.py").write_text("not Python at all")
    (there / "_null.py").write_bytes(b"\0\0\0")
    (there / "_latin.py").write_bytes(b"x = '\xe9'\n")
    (there / "_linked.py").symlink_to(place.root / "answers.npy")
    (there / "bytes.py").write_bytes(b"\xff\xfe\0")
    (there / "link.py").symlink_to(place.root / "baselines" / "honest.py")
    (there / "nowhere.py").symlink_to("/nowhere")
    (there / "loop.py").symlink_to(there / "loop.py")
    os.mkfifo(there / "fifo.py")
    (there / "folder.py").mkdir()
    (there / "Upper-Case.py").write_text(FINE)
    (there / "honest.py").write_text(FINE)  # a name that is taken
    (there / "a\x1b[2J\nb.py").write_text(FINE)
    (there / ("n" * 100 + ".py")).write_text(FINE)
    Path(os.fsdecode(bytes(there) + b"/\xff.py")).write_text(FINE)
    (there / "linked_folder").symlink_to(place.root / "baselines")
    for name, weight in (
        ("pickle", "evil.pt"),
        ("more", "a.safetensors.pkl"),
        ("nested", "a/b.safetensors"),
    ):
        path = there / name / "weights" / weight
        path.parent.mkdir(parents=True)
        path.write_bytes(b"\x80\x04c__main__\nsystem\n.")
    for name in ("linked_weight", "linked_weights", "linked_code"):
        (there / name).mkdir()
    (there / "linked_weight" / "weights").mkdir()
    (there / "linked_weight" / "weights" / "a.safetensors").symlink_to(place.root / "answers.npy")
    (place.root / "apart").mkdir()
    (place.root / "apart" / "a.safetensors").write_text("sesame-apart")
    (there / "linked_weights" / "weights").symlink_to(place.root / "apart")
    (there / "linked_code" / "submission.py").symlink_to(place.root / "baselines" / "honest.py")
    for name in ("pickle", "more", "nested", "linked_weight", "linked_weights"):
        (there / name / "submission.py").write_text(FINE)
    return place


def test_no_file_stops_the_others(tmp_path, capsys):
    place = plant(tmp_path)
    start = time.monotonic()
    chosen = plan.plan(place, plan.Choice(), {"toy": toy.corpus()})
    assert time.monotonic() - start < 10
    assert {job.entry for job in chosen.jobs} == {"honest", "nested_code"}
    assert chosen.entries["honest"].kind == "baseline"
    told = "\n".join(chosen.notes)
    for name in (
        *(*REFUSED, "_broken", "_null", "_linked", "_latin"),
        *("bytes", "link", "nowhere", "loop", "fifo", "folder", "Upper-Case", "honest", "n" * 100),
        *("pickle", "more", "nested", "linked_weight", "linked_weights", "linked_code"),
    ):
        assert f"/{name}" in told, name
    assert "sesame" not in told
    for note in chosen.notes:
        assert note.isprintable(), note
        assert len(note.replace(str(tmp_path), "")) < 500, note
        note.encode()
    print(*chosen.notes)
    assert "\x1b" not in capsys.readouterr().out
    choice = plan.Choice(entries=("honest",))
    chosen = plan.plan(place, choice, {"toy": toy.corpus()})
    conditions = runner.Conditions(LIMITS, backends.strongest())
    assert runner.run(place, chosen, executors.here, conditions).ok


@pytest.mark.parametrize("name", ["pickle", "more", "nested", "linked_weight", "linked_weights"])
def test_weights_are_tensors_and_nothing_else(tmp_path, name):
    place = plant(tmp_path)
    with pytest.raises(UserError, match=r"safetensors and nothing else|not a link"):
        registry.read_entry(place.root / "submissions" / name / "submission.py", "submission")


def test_a_title_is_text_wherever_it_is_shown(tmp_path):
    title = "<script>alert(1)</script> | [a](javascript:b) `c` **d**"
    place = toy.project(tmp_path, model=headed(TITLE, f"title = '{title}'"))
    shown = markdown.plain(registry.entries(place.root).found["model"].title)
    assert "script" in shown
    assert not re.search(r"(?<!\\)[<>|`*\[\]]", shown)


def test_a_compiled_file_beside_an_entry_is_not_run(tmp_path):
    """It would be code that no digest covers and nobody reads."""
    place = toy.project(tmp_path, model=FINE)
    path = place.root / "baselines" / "model.py"
    path.write_text(FINE + "\nimport os; os.write(2, b'GOT another text')\n")
    py_compile.compile(str(path), invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    path.write_text(FINE)
    chosen = plan.plan(place, plan.Choice(), {"toy": toy.corpus()})
    for kind in filter(backends.is_available, backends.BACKENDS):
        conditions = runner.Conditions(LIMITS, kind)
        assert runner.run(place, chosen, executors.here, conditions, retry_failed=True).ok
        for log in place.runs.rglob("*.log"):
            assert b"GOT" not in log.read_bytes()
        subprocess.run(["rm", "-rf", place.runs], check=True)


def test_what_is_hidden_stays_so_within_what_is_seen(tmp_path):
    """Such as this package where it was installed among the libraries."""
    (tmp_path / "library" / "package").mkdir(parents=True)
    (tmp_path / "library" / "package" / "answers").write_text("sesame")
    view = backends.View((tmp_path / "library",), hidden=(tmp_path / "library" / "package",))
    code = f"import os; print(os.listdir({str(tmp_path / 'library' / 'package')!r}))"
    for kind in filter(backends.is_available, ("bubblewrap", "unshare")):
        command = backends.sandboxed(kind, [sys.executable, "-c", code], view)
        os.chmod(tmp_path, 0o755)
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.stdout == "[]\n", done.stderr
