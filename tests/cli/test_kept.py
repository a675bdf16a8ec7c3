"""`train` and `predict` from a user's view: what they print, write and refuse."""

import json
import re
from pathlib import Path

import commands
import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

import toy
from benchmark import registry
from benchmark.cli.app import app
from benchmark.cli.kept import predicting
from benchmark.corpora.io import mel
from benchmark.evaluation.kept.inputs import Given
from kept_model import SIGNALS, kept

LEARNS = "self.scale = float(np.mean([r['y'].std() for r in train])); self.history = [1.0, 0.5]"
ANSWERS = "return inputs['x'][:, :1] * self.scale"


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A toy project as the one that the program is of, and its folder as that of the user."""
    found = toy.project(tmp_path / "project", model=toy.entry(LEARNS, ANSWERS))
    commands.move(monkeypatch, found.root)
    monkeypatch.setattr(registry, "corpora", lambda: {"toy": toy.corpus()})
    monkeypatch.chdir(tmp_path)
    return found


def call(place, *words, status=0):
    data = ["--data", place.data, "--runs", place.runs]
    done = CliRunner(env={"SILENTBENCH_FAST": "", "COLUMNS": "200"}).invoke(
        app, [*map(str, words), *map(str, data)]
    )
    assert done.exit_code == status, done.output
    return " ".join(done.output.split())


def train(place, *words, status=0):
    return call(place, "train", "model", "--task", "toy", "--keep", "kept", *words, status=status)


def test_a_model_is_trained_kept_described_and_used(place, tmp_path):
    said = train(place)
    assert "model (default, seed 0) for toy" in said
    assert "trained on 16 recordings of toy.all, fold a" in said
    assert said.endswith("silentbench predict kept FILE")
    assert "input: x, 2 a time step, 10 Hz, 1" in call(place, "predict", "kept")
    x = np.random.default_rng(0).normal(size=(30, 2)).astype(np.float32)
    np.save("one.npy", x)
    (tmp_path / "two.csv").write_text("\n".join(f"{a},{b}" for a, b in x.tolist()))
    said = call(place, "predict", "kept", "one.npy", "two.csv", "--plot")
    assert "one: float32 (30, 1) in answers: one.npy, one.svg" in said
    one, two = (np.load(tmp_path / "answers" / f"{name}.npy") for name in ("one", "two"))
    chosen = [toy.recording(s, n)["y"].std() for s in range(toy.SPEAKERS) for n in range(4)]
    np.testing.assert_allclose(one, x[:, :1] * np.mean(chosen), rtol=1e-5)
    np.testing.assert_allclose(two, one, rtol=1e-6)
    assert (tmp_path / "answers" / "one.svg").read_text().startswith("<svg")
    told = json.loads(call(place, "predict", "kept", "one.npy", "--out", "more", "--json"))
    (answer,) = told.pop("answers")
    assert told == {"model": "kept", "out": "more"}
    assert answer.pop("seconds") >= 0
    shape = {"dtype": "float32", "shape": [30, 1], "words": None}
    assert answer == {"name": "one", **shape, "files": ["one.npy"]}
    np.testing.assert_array_equal(np.load(tmp_path / "more" / "one.npy"), one)
    described = json.loads(call(place, "predict", "kept", "--json"))
    assert (described["entry"], described["inputs"]) == ("model", ["x"])


def test_a_setting_changed_for_it_is_kept_with_the_model(place, tmp_path):
    variants = "# [tool.silentbench.variants]\n# default = { times = 1.0 }\n"
    answers = ANSWERS.replace("* self.scale", "* self.settings['times']")
    (place.root / "baselines" / "model.py").write_text(toy.entry(LEARNS, answers, variants))
    assert "no such setting of model: it has times" in train(place, "--set", "time=3", status=2)
    assert "model (default+times=3.0, seed 0) for toy" in train(place, "--set", "times=3.0")
    assert json.loads((tmp_path / "kept" / "kept.json").read_text())["settings"] == {"times": 3.0}
    x = np.ones((5, 2), np.float32)
    np.save("one.npy", x)
    call(place, "predict", "kept", "one.npy")
    np.testing.assert_allclose(np.load(tmp_path / "answers" / "one.npy"), 3 * x[:, :1])


def test_the_first_bad_file_ends_it_before_anything_is_answered(place, tmp_path):
    train(place)
    np.save("one.npy", np.ones((5, 2)))
    np.save("two.npy", np.ones((5, 3)))
    said = call(place, "predict", "kept", "one.npy", "two.npy", status=2)
    assert "error: two.npy: expected (2,) a time step, found (3,)" in said
    assert not (tmp_path / "answers").exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--split", "toy.other"], "no split toy.other of toy here; there are toy.all"),
        (["--fold", "c"], "fold of toy.all"),
        (["--variant", "big"], "variant of model"),
        (["--epoch", "3"], "--epoch 3: expected model to end after that epoch, found 2 epochs"),
        (["--isolation", "unknown"], "unknown"),
    ],
)
def test_what_cannot_be_trained_is_refused(place, tmp_path, words, says):
    assert says in train(place, *words, status=2)
    assert not (tmp_path / "kept").exists()


def test_an_entry_that_does_another_task_is_refused(place):
    task = (place.root / "tasks" / "toy.py").read_text()
    (place.root / "tasks" / "other.py").write_text(task)
    words = ("train", "model", "--task", "other", "--keep", "kept")
    assert "model does not do other; it does toy" in call(place, *words, status=2)


def test_an_entry_whose_library_is_missing_is_refused(place):
    path = place.root / "baselines" / "model.py"
    path.write_text(path.read_text().replace("= []", '= ["surely-not-installed"]', 1))
    assert "needs surely-not-installed, which is not installed" in train(place, status=2)


def test_another_folder_and_other_code_are_refused(place, tmp_path):
    said = call(place, "predict", tmp_path, status=2)
    assert "expected a folder that `silentbench train --keep` has written" in said
    train(place)
    path = place.root / "baselines" / "model.py"
    path.write_text(path.read_text().replace("* self.scale", "/ self.scale"))
    assert "found other code" in call(place, "predict", "kept", status=2)


@pytest.mark.parametrize(
    ("option", "says"),
    [
        ("--stored=x", "--stored x: expected SIGNAL=VALUE, such as emg=2000"),
        ("--stored=x=fast", "--stored x=fast: expected SIGNAL=VALUE"),
        ("--scale=x=0", "--scale x=0: expected SIGNAL=VALUE, such as emg=1e6"),
        ("--scale=x=nan", "--scale x=nan: expected"),
        ("--columns=x=a,,b", "--columns x=a,,b: expected SIGNAL=VALUE, such as emg=CH1,CH2"),
        ("--time=z=t", "--time z=...: expected one of x, found z"),
    ],
)
def test_options_that_mean_nothing_are_refused(place, option, says):
    train(place)
    np.save("one.npy", np.ones((5, 2)))
    assert says in call(place, "predict", "kept", "one.npy", option, status=2)


def test_options_say_how_files_are_read(place):
    train(place)
    times = np.arange(60) / 20
    rows = np.stack([times, np.sin(times), np.zeros(60), np.cos(times)], 1)
    text = "\n".join(",".join(map(str, row)) for row in rows.tolist())
    Path("wave.csv").write_text(f"t,a,b,c\n{text}\n")
    reading = ("--columns=x=c,1", "--time=x=t", "--stored=x=20", "--scale=x=2")
    call(place, "predict", "kept", "wave.csv", *reading)
    found = np.load("answers/wave.npy")
    assert found.shape == (30, 1)
    middle = found[8:-8, 0] / np.cos(np.arange(30) / 10)[8:-8]
    np.testing.assert_allclose(middle, middle.mean(), rtol=0.05)


@pytest.mark.parametrize(
    ("kept_on", "device", "answers_on"),
    [("cuda", "", "cpu"), ("cuda", "cuda", "cuda"), ("cuda fast", "", "cpu"), ("", "cuda", "cpu")],
)
def test_a_model_answers_where_it_was_trained_if_that_is_asked_for(
    place, monkeypatch, kept_on, device, answers_on
):
    path = place.root / "baselines" / "model.py"
    where = "os.environ['SILENTBENCH_DEVICE'], os.environ.get('SILENTBENCH_FAST')"
    path.write_text(toy.entry(LEARNS, f"import os; print({where}); return np.zeros(shape)"))
    train(place)
    np.save("one.npy", np.ones((5, 2)))
    read = predicting.description.read
    monkeypatch.setattr(
        predicting.description, "read", lambda f: read(f).model_copy(update={"setup": kept_on})
    )
    monkeypatch.setenv("SILENTBENCH_DEVICE", device)
    said = call(place, "predict", "kept", "one.npy")
    assert ("trained on a GPU and answers on the CPU" in said) == (kept_on != "" and not device)
    (log,) = (place.runs / "logs").rglob("*.predict.log")
    fast = "1" if "fast" in kept_on else None
    assert f"{answers_on} {fast}" in log.read_text()


def test_sound_is_written_as_sound_too_and_drawn_beside_its_input(tmp_path):
    sound = np.sin(np.arange(16000) / 5)
    about = kept("noisy", "emg", target="clean")
    shown = {"noisy": sound, "emg": np.zeros((1000, 2))}
    said = predicting._write(tmp_path, Given("a", {}), about, 2 * sound, shown).line(tmp_path)
    assert said == f"float64 (16000,) in {tmp_path}: a.npy, a.wav, a.svg"
    heard, rate = soundfile.read(tmp_path / "a.wav")
    assert rate == 16000
    np.testing.assert_allclose(heard, np.clip(2 * sound, -1, 1), atol=1e-4)
    np.testing.assert_array_equal(np.load(tmp_path / "a.npy"), 2 * sound)
    svg = (tmp_path / "a.svg").read_text()
    assert re.findall(r">(noisy|emg|answer)<", svg) == ["noisy", "answer"]


def test_a_spectrogram_becomes_sound_that_has_it(tmp_path):
    tone = np.sin(2 * np.pi * 1000 * np.arange(16000) / 16000) / 4
    shown = mel.spectrogram(tone, 86)
    made = predicting._write(tmp_path, Given("a", {}), kept("emg"), shown, None)
    assert made.files == ["a.npy", "a.wav"]
    heard, rate = soundfile.read(tmp_path / "a.wav")
    assert rate == 22050
    assert len(heard) == 86 * 256
    loudest = np.argmax(np.abs(np.fft.rfft(heard))) * rate / len(heard)
    assert abs(loudest - 1000) < 60


def test_words_are_written_as_words(tmp_path):
    label, text = np.array(1), np.array([ord(letter) for letter in "né"])
    for name, target, answer, words in (("a", "word", label, "yes"), ("b", "text", text, "né")):
        made = predicting._write(tmp_path, Given(name, {}), kept("emg", target=target), answer, {})
        assert made.line(tmp_path) == made.words == words
        assert made.files == [f"{name}.npy", f"{name}.txt"]
    assert (tmp_path / "a.txt").read_text("utf-8") == "yes\n"
    assert (tmp_path / "b.txt").read_text("utf-8") == "né\n"
    assert not [*tmp_path.glob("*.svg")]


@pytest.mark.parametrize(
    ("target", "answer", "shows"),
    [
        ("mel", RNG_MEL := np.random.default_rng(0).normal(size=(40, 80)), "band"),
        ("emg", RNG_MEL[:, :2], "cheek"),
        ("lips", np.zeros((9, 4, 5), np.uint8), "0.13 s"),
    ],
)
def test_each_kind_of_answer_has_a_plot(tmp_path, target, answer, shows):
    predicting._write(tmp_path, Given("a", {}), kept("noisy", target=target), answer, {})
    assert f">{shows}<" in (tmp_path / "a.svg").read_text()
    assert SIGNALS[target].rate


def test_without_matplotlib_a_plot_is_refused_before_anything_runs(place, monkeypatch):
    train(place)
    np.save("one.npy", np.ones((5, 2)))
    find = predicting.importlib.util.find_spec
    monkeypatch.setattr(
        predicting.importlib.util,
        "find_spec",
        lambda name, *rest: None if name == "matplotlib" else find(name, *rest),
    )
    said = call(place, "predict", "kept", "one.npy", "--plot", status=2)
    assert "--plot needs matplotlib: pip install -e '.[report]'" in said
