"""Hostile files, refused before any of their code runs; other entries are not affected."""

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
from benchmark.report.markdown.markdown_table import escaped
from benchmark.sandbox import backends
from benchmark.sandbox.request import RunConfig
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
LAYERS = {name for name in TEXTS if name.endswith("_layer")}  # the fault is in what they import
REFUSED = sorted({*TEXTS} - LAYERS - {"nested_code"})  # that one is valid, if odd


def plant(root):
    """A project with an honest entry and every kind of hostile file."""
    place = toy.project(root, honest=HONEST)
    folder = place.root / "submissions"
    (place.root / "answers.npy").write_text("sesame-answers")
    for name, text in TEXTS.items():
        (folder / f"{name}.py").write_text(text)
    (folder / "_broken.py").write_text("not Python at all")
    (folder / "_null.py").write_bytes(b"\0\0\0")
    (folder / "_latin.py").write_bytes(b"x = '\xe9'\n")
    (folder / "_linked.py").symlink_to(place.root / "answers.npy")
    (folder / "bytes.py").write_bytes(b"\xff\xfe\0")
    (folder / "link.py").symlink_to(place.root / "baselines" / "honest.py")
    (folder / "nowhere.py").symlink_to("/nowhere")
    (folder / "loop.py").symlink_to(folder / "loop.py")
    os.mkfifo(folder / "fifo.py")
    (folder / "folder.py").mkdir()
    (folder / "Upper-Case.py").write_text(FINE)
    (folder / "honest.py").write_text(FINE)  # a name that is taken
    (folder / "a\x1b[2J\nb.py").write_text(FINE)
    (folder / ("n" * 100 + ".py")).write_text(FINE)
    Path(os.fsdecode(bytes(folder) + b"/\xff.py")).write_text(FINE)
    (folder / "linked_folder").symlink_to(place.root / "baselines")
    for name, weight in (
        ("pickle", "evil.pt"),
        ("more", "a.safetensors.pkl"),
        ("nested", "a/b.safetensors"),
    ):
        path = folder / name / "weights" / weight
        path.parent.mkdir(parents=True)
        path.write_bytes(b"\x80\x04c__main__\nsystem\n.")
    for name in ("linked_weight", "linked_weights", "linked_code"):
        (folder / name).mkdir()
    (folder / "linked_weight" / "weights").mkdir()
    (folder / "linked_weight" / "weights" / "a.safetensors").symlink_to(place.root / "answers.npy")
    (place.root / "apart").mkdir()
    (place.root / "apart" / "a.safetensors").write_text("sesame-apart")
    (folder / "linked_weights" / "weights").symlink_to(place.root / "apart")
    (folder / "linked_code" / "submission.py").symlink_to(place.root / "baselines" / "honest.py")
    for name in ("pickle", "more", "nested", "linked_weight", "linked_weights"):
        (folder / name / "submission.py").write_text(FINE)
    return place


def test_no_invalid_file_stops_the_other_entries(tmp_path, capsys):
    place = plant(tmp_path)
    start = time.monotonic()
    chosen = plan.plan(place, plan.RunSelection(), {"toy": toy.corpus()})
    assert time.monotonic() - start < 10
    assert {job.entry for job in chosen.jobs} == {"honest", "nested_code"}
    assert chosen.entries["honest"].kind == "baseline"
    notes = "\n".join(chosen.notes)
    for name in (
        *(*REFUSED, "_broken", "_null", "_linked", "_latin"),
        *("bytes", "link", "nowhere", "loop", "fifo", "folder", "Upper-Case", "honest", "n" * 100),
        *("pickle", "more", "nested", "linked_weight", "linked_weights", "linked_code"),
    ):
        assert f"/{name}" in notes, name
    assert "sesame" not in notes
    for note in chosen.notes:
        assert note.isprintable(), note
        assert len(note.replace(str(tmp_path), "")) < 500, note
        note.encode()
    print(*chosen.notes)
    assert "\x1b" not in capsys.readouterr().out
    choice = plan.RunSelection(entries=("honest",))
    chosen = plan.plan(place, choice, {"toy": toy.corpus()})
    config = RunConfig(LIMITS, backends.strongest())
    assert runner.run(place, chosen, executors.serial_executor(), config).ok


@pytest.mark.parametrize("name", ["pickle", "more", "nested", "linked_weight", "linked_weights"])
def test_weights_are_only_safetensors_files(tmp_path, name):
    place = plant(tmp_path)
    with pytest.raises(UserError, match=r"safetensors and nothing else|not a link"):
        registry.read_entry(place.root / "submissions" / name / "submission.py", "submission")


def test_a_title_is_escaped_in_markdown(tmp_path):
    title = "<script>alert(1)</script> | [a](javascript:b) `c` **d**"
    place = toy.project(tmp_path, model=headed(TITLE, f"title = '{title}'"))
    shown = escaped(registry.entries(place.root).found["model"].title)
    assert "script" in shown
    assert not re.search(r"(?<!\\)[<>|`*\[\]]", shown)


def test_a_compiled_file_next_to_an_entry_is_not_run(tmp_path):
    """No digest would cover its code, and nobody reads it."""
    place = toy.project(tmp_path, model=FINE)
    path = place.root / "baselines" / "model.py"
    path.write_text(FINE + "\nimport os; os.write(2, b'GOT another text')\n")
    py_compile.compile(str(path), invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    path.write_text(FINE)
    chosen = plan.plan(place, plan.RunSelection(), {"toy": toy.corpus()})
    for backend in filter(backends.is_available, backends.BACKENDS):
        config = RunConfig(LIMITS, backend)
        assert runner.run(place, chosen, executors.serial_executor(), config, retry_failed=True).ok
        for log in place.runs.rglob("*.log"):
            assert b"GOT" not in log.read_bytes()
        subprocess.run(["rm", "-rf", place.runs], check=True)


def test_a_hidden_folder_in_a_visible_one_stays_hidden(tmp_path):
    """Such as this package, where it is installed among the libraries."""
    (tmp_path / "library" / "package").mkdir(parents=True)
    (tmp_path / "library" / "package" / "answers").write_text("sesame")
    view = backends.View((tmp_path / "library",), hidden=(tmp_path / "library" / "package",))
    code = f"import os; print(os.listdir({str(tmp_path / 'library' / 'package')!r}))"
    for backend in filter(backends.is_available, ("bubblewrap", "unshare")):
        command = backends.sandboxed(backend, [sys.executable, "-c", code], view)
        os.chmod(tmp_path, 0o755)
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.stdout == "[]\n", done.stderr
