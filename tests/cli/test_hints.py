"""What messages tell a user to type exists, and is named as the program was called."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from documented_commands import mistakes_in_message

from benchmark.cli import options
from benchmark.core import UserError

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "benchmark").rglob("*.py"))
# Not told to anyone: a mark of a checkout, and how an old checkout is run.
OTHERS = {
    *("sandbox/view/copies.py", "registry/project.py", "leaderboard/history.py", "cli/options.py"),
}


def texts(path):
    """Every text in the code of a file, with X for what is filled in; no docstrings."""
    tree = ast.parse(path.read_text("utf-8"))
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef)
        and ast.get_docstring(node, clean=False) is not None
    }
    inner = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for part in node.values
    }
    hidden = docstrings | inner
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = (p.value if isinstance(p, ast.Constant) else "X" for p in node.values)
            yield "".join(map(str, parts))
        elif id(node) not in hidden and isinstance(getattr(node, "value", None), str):
            yield node.value


@pytest.mark.parametrize("path", SOURCES, ids=[str(p.relative_to(ROOT)) for p in SOURCES])
def test_every_command_in_a_message_exists(path):
    assert not [problem for text in texts(path) for problem in mistakes_in_message(text)]


def test_messages_name_the_command_and_no_script():
    found = {
        path.relative_to(ROOT / "benchmark").as_posix()
        for path in SOURCES
        if any("run_benchmark.py" in text for text in texts(path))
    }
    assert found == OTHERS


def test_a_hint_names_the_program_as_it_was_called(monkeypatch, capsys):
    hint = (
        "see `silentbench data list`, silentbench run --entry x; "
        "not silentbench/data, mysilentbench run"
    )
    assert options.as_called(hint) == hint
    monkeypatch.setattr(options, "CALLED", "python run_benchmark.py")
    said = (
        "see `python run_benchmark.py data list`, python run_benchmark.py run --entry x; "
        "not silentbench/data, mysilentbench run"
    )
    assert options.as_called(hint) == said
    options.say(hint)
    with pytest.raises(typer.Exit), options.one_sentence():
        raise UserError(hint)
    shown = capsys.readouterr()
    assert shown.out.strip() == said
    assert shown.err.strip() == f"error: {said}"


@pytest.mark.parametrize("program", [["run_benchmark.py"], ["-m", "silentbench"]])
def test_help_of_a_command_gives_an_example_that_can_be_pasted(program):
    command = [sys.executable, *program, "check", "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    name = "silentbench" if "-m" in program else "python run_benchmark.py"
    assert f"Example: {name} check my_model" in done.stdout


def test_wrong_hints_are_found():
    for right in ("run `silentbench data list`", "silentbench, see `run`", "mysilentbench runn"):
        assert not mistakes_in_message(right)
    for wrong in ("silentbench runn", "`silentbench run --sedes`", "`data list`", "`run --task X`"):
        assert len(mistakes_in_message(wrong)) == 1
