"""The command that builds a simulated corpus: what it can be asked for."""

import importlib
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

TOOL = Path(__file__).resolve().parents[2] / "tools" / "build_embedded.py"


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "--talkers 2 --minutes 1",
        "--plan development --seed x",
        "--plan development --words 2",
        "--plan release --jobs 0",
        "--plan none",
    ],
)
def test_half_a_corpus_is_no_corpus(asked, tmp_path):
    out = tmp_path / "out"
    command = [sys.executable, TOOL, "--out", out, *asked.split()]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "usage" in done.stderr
    assert not out.exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--talkers", "0", "--minutes", "1", "--seed", "a"], "error: talkers: expected 1 to"),
        (["--talkers", "1", "--minutes", "1", "--seed", ""], "--seed: expected some text"),
        (["--talkers", "1", "--minutes", "1", "--seed", b"\xff"], "--seed: expected some text"),
        (["--plan", "release", "--seed", "a"], "give either --plan, or"),
        (["--plan", "release", "--jobs", "0"], "--jobs is 1 or more"),
    ],
)
def test_the_tool_names_what_is_wrong(tmp_path, words, says):
    out = tmp_path / "out"
    command = [sys.executable, TOOL, "--out", out, *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode in (1, 2)
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert not out.exists()


def test_only_the_release_has_a_folder_of_its_own():
    command = [sys.executable, TOOL, "--plan", "development"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "--out: expected a folder" in done.stderr


def test_the_tool_builds_sentences_silent_takes_and_command_words(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(TOOL.parent)
    tool = importlib.import_module("build_embedded")
    made = []
    monkeypatch.setattr(tool, "build", lambda *asked: made.append(asked))
    words = "--talkers 2 --minutes 0.5 --seed x --silent 3 --words 2 --jobs 1 --out"
    monkeypatch.setattr(sys, "argv", ["build_embedded.py", *words.split(), str(tmp_path)])
    assert tool.main() == 0
    ((plan, folder, jobs, _),) = made
    assert (folder, jobs) == (tmp_path, 1)
    kinds = Counter(take.kind for take in plan.takes)
    assert (kinds["silent"], kinds["word"]) == (6, 40)
    assert kinds["sentence"] >= 6
