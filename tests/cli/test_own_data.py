"""Faults in tasks and in corpora of a user end in one sentence; `data new` writes what works."""

import json
import os
from pathlib import Path

import commands
import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

import toy
from benchmark import registry
from benchmark.cli.app import app
from benchmark.data import splits
from benchmark.registry import own_corpora

TASK = toy.TASK.format(module="rmse", target="y", metrics="rmse.RMSE")
# What is wrong in the file of the task `mine`, and what is said where it is asked for.
FAULTS = {
    "split_missing": (TASK.replace("toy.all", "toy.none"), "toy.none.json: no split can be read"),
    "corpus_unknown": (TASK.replace("toy.all", "toi.all"), "toi.all: there is no corpus of that"),
    "input_unknown": (TASK.replace('("x",)', '("xx",)'), "needs the signal 'xx', and toy has x, y"),
    "not_a_tuple": (
        TASK.replace('("x",)', '"x"'),
        'inputs: expected a tuple of str, such as ("emg"',
    ),
    "splits_text": (
        TASK.replace('splits=("toy.all",)', 'splits="toy.all"'),
        "splits: expected a tup",
    ),
    "metrics_none": (
        TASK.replace("metrics=(rmse.RMSE,)", "metrics=()"),
        "metrics: expected at least",
    ),
    "misspelt": (TASK.replace("title=", "titel="), "unexpected keyword argument 'titel'"),
    "syntax": (TASK + "\ndef broken(:\n", "SyntaxError"),
    "missing": ("import not_there\n" + TASK, "No module named 'not_there'"),
}


@pytest.fixture
def call(tmp_path, monkeypatch):
    place = toy.project(tmp_path, good=toy.entry(predict=toy.SUM).replace('["toy"]', '["*"]'))
    monkeypatch.setattr(registry, "corpora", lambda: {"toy": toy.corpus()})
    commands.move(monkeypatch, place.root)

    def called(*words):
        more = ["--isolation", "process"] if words[0] in ("run", "check") else []
        more += ["--data", str(place.data), "--runs", str(place.runs)]
        return CliRunner().invoke(app, [*words, *more])

    called.root = place.root
    return called


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_in_a_task_is_one_sentence_and_stops_no_other_task(call, name):
    text, said = FAULTS[name]
    (call.root / "tasks" / "mine.py").write_text(text)
    for words in (["run", "--dry-run", "--task", "mine"], ["contract", "mine"]):
        done = call(*words)
        assert done.exit_code == 2, (words, done.output, done.exception)
        assert said in done.output.replace("\n", ""), (words, done.output)
    done = call("check", "good", "--task", "mine")
    assert done.exit_code in (1, 2), done.output
    assert not done.exception or isinstance(done.exception, SystemExit), done.exception
    done = call("run", "--dry-run")
    assert done.exit_code == 0, done.output
    assert said in done.output


def invoke(*words):
    done = CliRunner().invoke(app, words)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


@pytest.fixture
def own(tmp_path, monkeypatch):
    monkeypatch.setattr(own_corpora, "BESIDE", tmp_path / "beside")
    monkeypatch.setenv(own_corpora.VARIABLE, "")
    folder = tmp_path / "own"
    folder.mkdir()
    return folder


def test_a_broken_file_stops_no_command_and_is_named(own, tmp_path):
    (own / "broken.py").write_text("raise SystemExit(0)\n")
    plugins, data = ["--plugins", str(own)], ["--data", str(tmp_path / "data")]
    for words in (["list", *plugins], [*plugins, "data", "list", *data]):
        done = invoke(*words)
        assert done.exit_code == 0
        assert "broken.py: cannot be imported: line 1: SystemExit: 0" in done.output
    for verb in ("prepare", "verify", "split"):
        done = invoke("data", verb, "broken", *plugins, *data)
        assert done.exit_code == 2
        assert "broken.py: cannot be imported" in done.output
    done = invoke("list", "--plugins", str(own / "misspelt"))
    assert done.exit_code == 2
    assert "expected a folder, found none" in done.output.replace("\n", "")


def files_of(kind, folder):
    """Recordings of one of several layouts, made in a moment."""
    rng = np.random.default_rng(0)
    for number, word in enumerate(["no", "yes"] * 6):
        if kind == "numbers":  # word/take.csv
            path = folder / word / f"{number}.csv"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("\n".join("15,2" for _ in range(30)))
        elif kind == "tracks":  # one WAV of two channels for each
            path = folder / f"s{number // 4}" / f"{word}-{number}.WAV"
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(path, rng.normal(0, 0.1, (500, 2)), 1000)
        else:  # arrays and a table
            folder.mkdir(exist_ok=True)
            np.save(folder / f"{number}.npy", rng.normal(size=(40, 3)))
    if kind == "table":
        rows = [f"{n},s{n % 3},{w}" for n, w in enumerate(["no", "yes"] * 6)]
        (folder / "list.csv").write_text("\n".join(["name,speaker,word", *rows]))


@pytest.mark.parametrize(
    ("kind", "lines"),
    [
        (
            "numbers",
            [
                'path="{text}/{take}"',
                '"emg": File(".csv", unit="ADC counts", rate=1000, channels=2)',
            ],
        ),
        (
            "tracks",
            ['path="{speaker}/{text}-{take:[0-9]+}"', 'File(".wav", unit="1", rate=1000, ch'],
        ),
        ("table", ['table=("list.csv", "name")', '{"text": fields["word"]}', "channels=3)"]),
    ],
)
def test_a_new_file_says_what_the_folder_looks_like_and_works(own, tmp_path, kind, lines):
    folder = tmp_path / "recordings"
    files_of(kind, folder)
    place = ["--plugins", str(own), "--data", str(tmp_path / "data")]
    done = invoke("data", "new", "mine", "--from", str(folder), *place)
    assert done.exit_code == 0, done.output
    text = (own / "mine.py").read_text("utf-8")
    assert all(line in text for line in [*lines, f'folder="{folder}"', 'Label(("no", "yes"))'])
    assert len(text.splitlines()) <= 50
    done = invoke("data", "split", "mine", *place)
    assert done.exit_code == 0, done.output
    assert "over 12 recordings frozen in" in done.output
    assert "(own/mine.py)" not in done.output
    done = invoke("data", "split", "mine", *place, "--json")
    assert done.exit_code == 0, done.output
    listed = json.loads(done.stdout)
    assert all(one["split"].startswith("mine.") for one in listed)
    assert not any(one["frozen_now"] for one in listed)  # they are there by now
    assert listed == [{**one, "folds": folds_in(one["file"])} for one in listed]
    done = invoke("data", "split", "mine", "--anew", *place, "--json")
    assert all(one["frozen_now"] for one in json.loads(done.stdout))
    corpus = own_corpora.find("mine")
    for recording in corpus.recordings(folder):
        assert recording["emg"].shape[1:] == corpus.signals["emg"].frame
        assert recording["word"] in (0, 1)
    done = invoke("data", "new", "mine", *place)
    assert done.exit_code == 2
    assert "a corpus mine exists" in done.output


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        ('"emg_word_classification"', '"emg_words"', "tasks: no task is called 'emg_words'"),
        ("repetitions(folds=3)", 'leave_one_out("speeker")', "to split by, found 'speeker'"),
    ],
)
def test_check_looks_at_tasks_splits_and_files_too(own, tmp_path, was, now, said):
    place = ["--plugins", str(own), "--data", str(tmp_path / "data")]
    done = invoke("data", "new", "mine", "--example", *place)
    assert done.exit_code == 0, done.output
    path = own / "mine.py"
    text = path.read_text("utf-8")
    rule = next(line for line in text.splitlines() if '"last_takes": ' in line)
    text = text.replace(rule, '        "takes": repetitions(folds=3),')
    text = text.replace("import ", "import repetitions, ", 1)
    path.write_text(text, "utf-8")
    assert invoke("data", "check", "mine", *place).exit_code == 0
    path.write_text(text.replace(was, now), "utf-8")
    done = invoke("data", "check", "mine", *place)
    assert done.exit_code == 2
    assert said in done.output.replace("\n", ""), done.output


def test_a_pipe_among_the_files_is_named(own, tmp_path):
    folder = tmp_path / "recordings"
    files_of("numbers", folder)
    os.mkfifo(folder / "no" / "99.csv")
    done = invoke("data", "new", "mine", "--from", str(folder), "--plugins", str(own))
    assert done.exit_code == 2
    assert "99.csv: expected a file, found a pipe or a device" in done.output.replace("\n", "")


def test_a_new_file_needs_a_name_and_recordings_that_can_be_read(own, tmp_path):
    place = ["--plugins", str(own), "--data", str(tmp_path / "data")]
    (tmp_path / "empty").mkdir()
    for words, said in (
        (["../mine"], "is no name"),
        (["embedded"], "a corpus embedded exists"),
        (["mine", "--from", str(tmp_path / "empty")], "expected WAV, CSV or NPY files"),
        (["mine", "--from", str(tmp_path / "nowhere")], "expected a folder of recordings"),
    ):
        done = invoke("data", "new", *words, *place)
        assert done.exit_code == 2
        assert said in done.output.replace("\n", "")
    done = invoke("data", "new", "mine", *place)  # before there are any recordings
    assert done.exit_code == 0
    assert "change it to what yours look like" in done.output
    assert "mine" in registry.corpora()


def folds_in(file):
    """How many recordings each fold has, by role, as the file of a split says."""
    folds = splits.load(Path(file)).folds
    return {
        fold: {role: len(ids) for role, ids in roles.roles().items()}
        for fold, roles in folds.items()
    }
