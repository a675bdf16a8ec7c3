"""The search of settings: equal draws, a budget that holds, no test recording, a log."""

import json
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import _trials  # noqa: E402
import search_budget  # noqa: E402

from benchmark.metrics.rmse import RMSE  # noqa: E402
from benchmark.metrics.text import WER  # noqa: E402

SPLIT = "embedded.smoke_sentences"
SMALL = ["--split", SPLIT, "--train", "3", "--valid", "1", "--trials", "2", "--seconds", "20"]


def searched(log, *entries, task="emg_to_text", more=()):
    search_budget.main([task, *entries, *SMALL, "--log", str(log), *more])
    return [json.loads(line) for line in log.read_text().splitlines()]


@pytest.fixture
def few_epochs(monkeypatch):
    monkeypatch.setattr(_trials, "EPOCHS", (11,))


def test_every_trial_draws_its_own_settings_and_the_same_ones_again():
    settings = [_trials.drawn(number) for number in range(20)]
    assert settings == [_trials.drawn(number) for number in range(20)]
    assert len(set(settings)) == 20
    rates, widths, epochs = (set(values) for values in zip(*settings, strict=True))
    assert _trials.RATES[0] <= min(rates) < max(rates) <= _trials.RATES[1]
    assert (widths, epochs) == ({*_trials.WIDTHS}, {*_trials.EPOCHS})


@pytest.mark.parametrize(
    ("epochs", "before", "each", "fits"),
    [(60, 20.0, 1.0, 60), (60, 20.0, 2.0, 50), (60, 119.0, 2.0, 1), (60, 200.0, 2.0, 1)],
)
def test_epochs_are_cut_to_the_time(epochs, before, each, fits):
    assert _trials.affordable(epochs, before, each, 120.0) == fits


@pytest.mark.usefixtures("few_epochs")
def test_equal_settings_for_each_entry_and_a_log_of_what_came_of_them(tmp_path, capsys):
    trials = searched(tmp_path / "log", "text_linear", "text_conv")
    assert [(t["entry"], t["number"]) for t in trials] == [
        (name, number) for name in ("text_linear", "text_conv") for number in (0, 1)
    ]
    assert [t["rate"] for t in trials[:2]] == [t["rate"] for t in trials[2:]]
    assert all(t["epochs_run"] == t["epochs"] == t["epochs_drawn"] == 11 for t in trials)
    assert all(t["metric"] == WER.id and t["score"] > 0 for t in trials)
    assert all(t["fit_cpu_seconds"] > 0 for t in trials)
    assert capsys.readouterr().out.count("best: ") == 2


@pytest.mark.usefixtures("few_epochs")
def test_a_search_goes_on_from_its_log(tmp_path, monkeypatch):
    log = tmp_path / "log"
    whole = searched(log, "text_linear")
    log.write_text(log.read_text().splitlines(keepends=True)[0])
    ran, run = [], _trials._run
    monkeypatch.setattr(_trials, "_run", lambda *about: ran.append(about[2]) or run(*about))
    again = searched(log, "text_linear")
    assert ran == [1]
    assert [t["score"] for t in again] == [t["score"] for t in whole]
    searched(log, "text_linear", more=["--valid", "2"])
    assert ran == [1, 0, 1]  # other recordings are other trials


@pytest.mark.usefixtures("few_epochs")
def test_no_signal_of_a_test_recording_is_read(tmp_path, monkeypatch):
    listed, read = search_budget.checks.listed, set()

    def told(corpus, folder):
        def noting(recording):
            return replace(recording, read=lambda s: read.add(recording.id) or recording.read(s))

        return [noting(recording) for recording in listed(corpus, folder)]

    loading = search_budget.load_here

    def load_here(*about):
        split, corpus, notes = loading(*about)
        folds.update(split.folds)
        return split, corpus, notes

    folds = {}
    monkeypatch.setattr(search_budget.checks, "listed", told)
    monkeypatch.setattr(search_budget, "load_here", load_here)
    searched(tmp_path / "log", "text_linear", more=["--trials", "1", "--train", "0"])
    (fold,) = folds.values()
    assert read == {*fold.train, fold.valid[0]}


@dataclass
class Recipe:
    epochs: int
    schedule: str = "cycle"


class Sleeper:
    """Keeps the processor busy so many seconds before training, and so many an epoch."""

    BEFORE, EACH = 0.06, 0.02

    def __init__(self):
        self.recipe, self.loss = Recipe(epochs=1), lambda: None

    def fit(self, _train, _valid):
        import torch

        _busy(self.BEFORE)
        for _ in range(self.recipe.epochs):
            for _ in range(2):
                self.loss()
                _busy(self.EACH / 2)
            with torch.no_grad():
                self.loss()


@pytest.fixture
def _sleeper(monkeypatch):
    monkeypatch.setattr(_trials, "_made", lambda *_: Sleeper())


def _busy(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


@pytest.mark.usefixtures("_sleeper")
def test_the_time_of_an_epoch_is_told_from_what_comes_before():
    data = _trials.Data("t", "s", None, RMSE, (), ())
    before, each, probing = _trials._probed(data, None, {})
    assert before == pytest.approx(Sleeper.BEFORE, abs=0.01)
    assert each == pytest.approx(Sleeper.EACH, abs=0.01)
    assert probing == pytest.approx(Sleeper.BEFORE + 2 * Sleeper.EACH, abs=0.02)


def test_the_best_is_by_the_direction_of_the_metric(tmp_path):
    ones = ("train", "valid", "seconds", "rate", "epochs_drawn", "epochs", "epochs_run")
    ones += ("fit_cpu_seconds", "probe_cpu_seconds")
    about = {"task": "t", "split": "s", "width": None, **dict.fromkeys(ones, 1)}
    trials = [
        _trials.Trial(**about, entry="a", number=n, metric="m", score=score)
        for n, score in enumerate((None, 2.0, 1.0, 1.0, 3.0))
    ]
    higher = replace(RMSE, better="higher")
    assert _trials.best(trials, RMSE)["a"].number == 2
    assert _trials.best(trials, higher)["a"].number == 4
    assert _trials.best(trials[:1], RMSE) == {}
    search_budget.write_log(tmp_path / "log", trials)
    assert search_budget.read_log(tmp_path / "log") == trials


@pytest.mark.parametrize(
    ("entry", "more", "says"),
    [
        ("ridge", [], "ridge: expected a model with a recipe to search, found none"),
        ("lips_conv", [], "no task of lips_conv is called 'emg_to_mel'"),
        ("recurrent", ["--split", "embedded.none"], "no split is called 'embedded.none'"),
    ],
)
def test_what_cannot_be_searched_is_named(tmp_path, entry, more, says):
    with pytest.raises(SystemExit, match=says):
        searched(tmp_path / "log", entry, task="emg_to_mel", more=more)
    assert not (tmp_path / "log").exists()


def test_a_log_of_another_kind_is_left_alone(tmp_path):
    (tmp_path / "log").write_text('{"task": 1}\n')
    with pytest.raises(SystemExit, match="log:1: expected a trial, found"):
        searched(tmp_path / "log", "recurrent")
    assert (tmp_path / "log").read_text() == '{"task": 1}\n'
