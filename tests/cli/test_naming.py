"""How commands are told names of entries, tasks, corpora and splits, and what a shell completes."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from benchmark import registry
from benchmark.cli.app import MODULES, app, main
from benchmark.cli.named import completing, known
from benchmark.registry import ENTRY_FILES, modules, own_corpora

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 0.5  # of processor time, that a shell may wait for names
# As the command does; at its end it names what it need not have read.
CALL = """
import atexit, sys
heavy = {"numpy", "torch", "benchmark.registry", "benchmark.cli.options"}
atexit.register(lambda: print("heavy:", *heavy & {*sys.modules}))
from silentbench.__main__ import main
main()
"""


def commands():
    """Every command with the words that call it."""
    for verb, command in typer.main.get_command(app).commands.items():
        inner = getattr(command, "commands", {})
        yield from ((f"{verb} {name}", each) for name, each in inner.items())
        if not inner:
            yield verb, command


COMMANDS = dict(commands())


def asking(shell, line):
    """The variables by which a shell asks what could stand at the end of a line."""
    asked = {
        "bash": {"COMP_WORDS": line, "COMP_CWORD": str(len(line.split(" ")) - 1)},
        "zsh": {"_TYPER_COMPLETE_ARGS": line},
    }
    return {completing.ASKED: f"complete_{shell}", **asked[shell]}


def test_names_by_files_are_those_of_the_registry(monkeypatch, tmp_path):
    (tmp_path / "splits").mkdir()
    for name in ("my_words.py", "_part.py", "splits/my_words.last.json"):
        (tmp_path / name).touch()
    monkeypatch.setenv(own_corpora.VARIABLE, str(tmp_path))
    assert (known.OWN, known.ENTRY_FILES) == (own_corpora.VARIABLE, ENTRY_FILES)
    assert known.tasks() == sorted(registry.known_tasks(ROOT))
    assert known.entries() == sorted(registry.entries(ROOT).found)
    assert known.corpora() == sorted([*modules.read_corpora().found, "my_words"])
    written = {path.stem for path in (ROOT / "tasks" / "splits").glob("*.*.json")}
    assert known.splits() == sorted([*written, "my_words.last"])
    named = {s for task in registry.known_tasks(ROOT).values() for s in (*task.splits, *task.smoke)}
    # Those of a corpus that a user builds are files once they are drawn.
    drawn = {name for name in named if name.startswith("simulated.")}
    assert named - drawn <= {*known.splits()}
    monkeypatch.setenv(own_corpora.VARIABLE, "")
    assert "my_words" not in known.corpora()


def test_entries_that_are_folders_are_completed(monkeypatch, tmp_path):
    for name in ("submissions/two/submission.py", "submissions/three/manifest.json"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    (tmp_path / "submissions" / "empty").mkdir()
    monkeypatch.setattr(known._project(), "CHECKOUT", tmp_path)
    assert known.entries() == ["three", "two"]
    assert known.entries("tw") == ["two"]


def completed(command, parameter):
    with command.make_context("", [], resilient_parsing=True) as context:
        return [item.value for item in parameter.shell_complete(context, "")]


@pytest.mark.parametrize("called", COMMANDS)
def test_what_is_answered_early_is_what_the_command_declares(called):
    command = COMMANDS[called]
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    complete, many = completing.ARGUMENTS.get(called, (lambda _: [], False))
    first = arguments[0] if arguments else None
    assert (completed(command, first) if first else []) == complete("")
    assert many == (bool(complete("")) and first is not None and first.nargs == -1)
    for parameter in command.params:
        for name in {*parameter.opts} & {*completing.OPTIONS}:
            assert completed(command, parameter) == completing.OPTIONS[name]("")


def test_every_early_answer_is_of_a_command():
    assert completing.ARGUMENTS.keys() <= COMMANDS.keys()
    declared = {name for each in COMMANDS.values() for p in each.params for name in p.opts}
    assert completing.OPTIONS.keys() <= declared


def test_a_shell_has_names_at_once():
    spent = []
    for line, name in (
        ("show emg_to_a", "emg_to_articulation"),
        ("run --task seeg", "seeg_to_mel"),
    ):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            [sys.executable, "-c", CALL],
            env={**os.environ, **asking("bash", f"silentbench {line}")},
            cwd=ROOT,
            capture_output=True,
            text=True,
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
        assert done.stdout.split() == [name, "heavy:"]
    assert min(spent) < SECONDS


@pytest.mark.parametrize(
    ("shell", "line", "answer"),
    [
        ("bash", "silentbench ver", "verify\nverify-private\n"),
        ("bash", "silentbench run mean rid", "ridge\n"),
        ("bash", "silentbench audit --corpus embed", "embedded\n"),
        ("bash", "silentbench run --suite sm", "smoke\n"),
        ("bash", "silentbench run --dry", "--dry-run\n"),
        ("bash", "silentbench compare mean rid", "ridge\n"),
        ("zsh", "silentbench data check som", "_arguments '*: :((\"somach\"))'\n"),
    ],
)
def test_a_shell_is_answered_early_and_by_the_command(monkeypatch, capsys, shell, line, answer):
    for name, value in asking(shell, line).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit):
        main([])
    assert capsys.readouterr().out == answer


def test_where_only_the_command_can_say_it_is_asked():
    for words in (["run", "--seeds", ""], ["run", "--"], ["compare", "ridge", ""], ["data", ""]):
        assert completing.answer(words, [*MODULES]) is None


def test_words_are_split_as_a_shell_does():
    asked = {completing.ASKED: "complete_zsh", "_TYPER_COMPLETE_ARGS": "silentbench show 'em"}
    assert completing.typed(asked) == ["show", "em"]
    assert completing.typed({**asked, "_TYPER_COMPLETE_ARGS": "silentbench show "}) == ["show", ""]
    assert completing.typed({completing.ASKED: "source_bash"}) is None


@pytest.mark.parametrize("called", COMMANDS)
def test_one_spelling_of_what_is_named(called):
    """Entries, tasks, corpora and splits have one metavar each, and no help shows a Python type."""
    done = CliRunner().invoke(app, [*called.split(), "--help"], env={"COLUMNS": "100"})
    assert done.exit_code == 0
    assert "<bool>" not in done.output
    for parameter in COMMANDS[called].params:
        shown = parameter.metavar
        if parameter.param_type_name == "argument":
            assert shown == shown.upper()
        for name in {*parameter.opts} & {*completing.OPTIONS}:
            assert shown == name.removeprefix("--").upper()
    for hidden in ("--entry ", "--name "):  # spellings of before
        assert hidden not in done.output
