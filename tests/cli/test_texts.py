"""What strangers wrote, in the output of every command that shows it."""

import commands
import pytest
from typer.testing import CliRunner

import toy
from benchmark import registry
from benchmark.cli.app import app, show_fault

ESCAPES = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202e\u2028\u200b\rok  "
FORBIDDEN = set(ESCAPES) - set("]0;owned[2J31mok  ") - {"\r"}
RAISES = f"raise ValueError({ESCAPES + '[red]x[/red]'!a})"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    place = toy.project(
        tmp_path_factory.mktemp("texts"),
        good=toy.entry(predict=toy.SUM),
        blind=toy.entry(predict=toy.BLIND),
        loud=toy.entry(RAISES),
    )
    (place.root / "submissions" / "x\x1b[2J\u202e.py").write_text("pass")
    (place.root / "submissions" / "folder\x9b\nok").mkdir()
    (place.root / "submissions" / "folder\x9b\nok" / "submission.py").write_text("pass")
    bad = toy.entry().replace('"toy"', '"\x1b[2J"').replace('title = "', 'title = "\u202e')
    (place.root / "submissions" / "odd.py").write_text(bad)
    return place


@pytest.fixture
def call(place, monkeypatch):
    corpus = toy.corpus(
        title=f"Toy {ESCAPES}",
        verify=lambda _: [f"{ESCAPES}.wav: expected, found none"],
    )
    monkeypatch.setattr(registry, "corpora", lambda: {"toy": toy.corpus()})
    commands.move(monkeypatch, place.root)

    def called(*words, hostile_corpus=False):
        if hostile_corpus:
            monkeypatch.setattr(registry, "corpora", lambda: {"toy": corpus})
        folders = ["--data", str(place.data), "--runs", str(place.runs)]
        more = {"run": 4, "verify": 4, "check": 4, "data": 2}.get(words[0], 0)
        done = CliRunner().invoke(app, [*words, *folders[:more]])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        assert not FORBIDDEN & set(done.output), ascii(done.output)
        assert "\r" not in done.output
        return done.output

    return called


def test_no_command_shows_it_raw(place, call):
    assert r"\x1b[2J\u202e.py" in call("list")
    assert r"\x9b" in call("list", "--json")
    output = call("run", "--isolation", "process", "--workers", "2")
    assert r"ValueError: \x1b]0;owned\x07\x1b[2J\x9b31m\u202e\u2028\u200b" in output
    assert "[red]x[/red]" in output
    assert r"\x1b]0;owned" in call("leaderboard")
    assert not FORBIDDEN & set((place.root / "docs/results/not_listed.md").read_text())
    assert r"\x1b" in call("check", "loud", "--isolation", "process")
    assert r"\x1b" in call("check", "odd")
    call("show", "good")
    results = place.root / "baselines" / "loud.json"
    assert r"\x1b" in call("diff", str(results), str(results.with_name("good.json")))
    call("verify", "loud", "--isolation", "process")
    assert r"\x1b" in call("data", "list", hostile_corpus=True)
    assert r"\x1b" in call("data", "verify", "toy", hostile_corpus=True)
    assert r"\x1b" in call("show", ESCAPES)


def test_a_fault_of_the_program_shows_no_text_raw(capsys):
    try:
        raise RuntimeError(ESCAPES)
    except RuntimeError as error:
        show_fault(type(error), error, error.__traceback__)
    said = capsys.readouterr().err
    assert "Traceback" in said
    assert r"RuntimeError: \x1b]0;owned" in said
    assert not FORBIDDEN & set(said)
