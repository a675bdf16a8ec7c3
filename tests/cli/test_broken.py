"""One broken entry, header, task or corpus is left out with its reason, and stops no command."""

import os

import commands
import pytest
from typer.testing import CliRunner

import toy
from benchmark import registry
from benchmark.cli.app import app
from benchmark.registry import modules

SETTINGS = "# [tool.silentbench.variants]\n# default = {{ x = {} }}\n"
FINE = toy.entry(predict=toy.SUM)
# Name -> the text of its file, and why it is left out.
BROKEN = {
    "digits": (toy.entry(extra=SETTINGS.format("9" * 5000)), "limit (4300"),
    "large": (toy.entry(extra=SETTINGS.format("9" * 30)), "more than 64 bits"),
    "endless": (toy.entry(extra=SETTINGS.format("inf")), "infinite or none"),
    "no_number": (toy.entry(extra=SETTINGS.format("nan")), "infinite or none"),
    "exponent": (toy.entry(extra=SETTINGS.format("1e999")), "infinite or none"),
    "lists": (toy.entry(extra=SETTINGS.format("[" * 60 + "]" * 60)), "more than 20 deep"),
    "nested": (toy.entry(extra=SETTINGS.format("[" * 5000 + "]" * 5000)), "recursion"),
    "tables": (toy.entry(extra=SETTINGS.format("{ b =" * 50 + "1" + "}" * 50)), "20 deep"),
    "dotted": (toy.entry(extra=f"# {'a.' * 7000}a = 1\n"), "more than 300 dots"),
    "digits_in_code": (f"{FINE}\nx = {'9' * 5000}\n", "not Python"),
    "minus": (f"{FINE}\nx = {'-' * 900_000}1\n", "not Python"),
    "chain": (f"{FINE}\nx = a{'.b' * 400_000}\n", "not Python"),
    "statements": (f"{FINE}\n{'a;' * 400_000}\n", "too much code"),
    "braces": (f"{FINE}\nx = f'{'{a}' * 300_000}'\n", "too much code"),
    "layers": (f"{FINE}\nimport {','.join(f'_a{i}' for i in range(200))}\n", "100 layers"),
    "long_layer": (f"{FINE}\nimport _{'a' * 5000}\n", "cannot be read"),
}
TASKS = {
    "raising": ("class Mine(Exception):\n    pass\nraise Mine('\\x1b[2J')\n", "Mine: \\x1b[2J"),
    "leaving": ("import sys\nsys.exit(3)\n", "SystemExit: 3"),
    "unfinished": ("def broken(:\n", "SyntaxError"),
    "turning": ("def f(): f()\nf()\n", "RecursionError"),
    "empty": ("", "expected a Task called TASK"),
}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A project with three good entries and everything that is broken."""
    place = toy.project(
        tmp_path_factory.mktemp("broken"), good=FINE, blind=toy.entry(predict=toy.BLIND)
    )
    submissions = place.root / "submissions"
    for name, (text, _) in BROKEN.items():
        (submissions / f"{name}.py").write_text(text)
    for name, (text, _) in TASKS.items():
        (place.root / "tasks" / f"{name}.py").write_text(text)
    (submissions / "folder.py").mkdir()
    (submissions / "ring").symlink_to("ring")
    (submissions / "ring.py").symlink_to("ring.py")
    os.mkfifo(submissions / "pipe.py")
    (submissions / "piped").mkdir()
    os.mkfifo(submissions / "piped" / "submission.py")
    for name, count in (("many", 3000), ("many_weights", 1100)):
        folder = submissions / name / ("weights" if "weights" in name else ".")
        folder.mkdir(parents=True)
        for number in range(count):
            (folder / f"{number}.safetensors").touch()
        (submissions / name / "submission.py").write_text(FINE)
    corpora = place.root / "corpora"
    (corpora / "torn").mkdir(parents=True)
    (corpora / "torn" / "__init__.py").write_text("raise KeyError('torn')")
    return place


@pytest.fixture
def call(place, monkeypatch):
    monkeypatch.setattr(modules, "CORPORA", place.root / "corpora")
    monkeypatch.setattr(registry, "corpora", lambda: {"toy": toy.corpus()})
    commands.move(monkeypatch, place.root)

    def called(*words):
        more = ["--isolation", "process", "--data", str(place.data), "--runs", str(place.runs)]
        done = CliRunner().invoke(app, [*words, *(more if words[0] in RUNS else ())])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done

    return called


RUNS = ("run", "check", "verify")


def test_all_commands_name_what_is_broken_and_go_on(call):
    for words, good in (
        (["list"], "good: Toy entry"),
        (["run"], "6 planned, 6 good"),
        (["check", "good"], "toy repeats: the same seed gives the same predictions"),
        (["leaderboard"], ""),
        (["verify", "good"], "2 of 2 results reproduced"),
        (["show", "good"], "Toy, toy.all"),
    ):
        done = call(*words)
        assert done.exit_code == (words[0] == "check"), done.output  # which misses a dependency
        assert good in done.output
        if words[0] == "show":
            continue
        said = done.output.splitlines()
        for name, (_, why) in {**BROKEN, **TASKS}.items():
            lines = [line for line in said if f"/{name}.py:" in line]
            assert len(lines) == 1, (words, name, lines)
            line = lines[0]
            assert why in line, (words, line)
            assert "left out: " in line or "no row: " in line
        for name in ("folder.py", "ring.py", "pipe.py", "piped/submission.py", "many_weights"):
            assert f"/{name}" in done.output, (words, name)
        assert any("/torn: " in line and "cannot be imported" in line for line in said)


@pytest.mark.parametrize("name", ["digits", "minus"])
def test_a_broken_entry_that_is_named_says_what_is_wrong(call, name):
    for verb in RUNS:
        words = ["run", "--entry", name] if verb == "run" else [verb, name]
        done = call(*words)
        assert done.exit_code == 2
        assert BROKEN[name][1] in done.output


def test_a_broken_task_that_is_named_says_what_is_wrong(call):
    assert "Mine: " in call("run", "--task", "raising").output


def test_a_file_that_becomes_longer_while_it_is_read_is_left_out(tmp_path, monkeypatch):
    place = toy.project(tmp_path, good=FINE)
    real = os.open

    def grow(path, *more):
        if str(path).endswith("good.py"):
            with open(path, "a") as file:
                file.write("#" * 2_000_000)
        return real(path, *more)

    monkeypatch.setattr(os, "open", grow)
    (problem,) = registry.entries(place.root).problems
    assert "longer than 1,000,000 bytes" in problem
