"""The Python API gives what the command line computes, and says what it cannot use."""

import doctest
import importlib
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import silentbench
import toy
from benchmark import registry
from benchmark.core import Paths, UserError
from benchmark.execution import executors, plan, runner
from benchmark.metrics.pearson import PER_RECORDING
from silentbench import data, evaluation, results

ROOT = Path(__file__).resolve().parents[2]
HEAVY = {"numpy", "pandas", "pydantic", "rich", "scipy", "sklearn", "soundfile", "torch", "typer"}
IMPORT_SECONDS = 0.1  # of processor time
MODULES = data, evaluation, results
WEIGHTS = np.float32([[2.0], [-1.0]])


class Linear:
    """Finds the weights of the toy corpus."""

    def __init__(self, asked, seed):
        self.asked, self.seed, self.fitted = asked, seed, 0

    def fit(self, train, valid):
        x, y = (np.concatenate([r[signal] for r in train]) for signal in ("x", "y"))
        self.weights = np.linalg.lstsq(x, y, rcond=None)[0]
        assert not {r.id for r in train} & {r.id for r in valid}
        self.fitted += 1

    def predict(self, inputs, shape):
        assert set(inputs) == {"x"}
        return (inputs["x"] @ self.weights).reshape(shape)


def lie_at(place, monkeypatch):
    for module in MODULES:
        monkeypatch.setattr(module, "here", lambda *_: place)


@pytest.fixture
def place(tmp_path, monkeypatch):
    """The toy project, as if it were the one that is installed."""
    entries = {"ridge": toy.SUM, "mean": toy.BLIND, "blind": toy.BLIND}
    texts = {name: toy.entry(predict=predict) for name, predict in entries.items()}
    made = toy.project(tmp_path, **texts)
    monkeypatch.setattr(registry, "corpora", lambda: {"toy": toy.corpus()})
    lie_at(made, monkeypatch)
    return made


def test_an_import_loads_no_library():
    code = "import sys, silentbench; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert not HEAVY & set(done.stdout.split())


def processor_seconds(code):
    """The median of three new interpreters."""
    spent = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
    return sorted(spent)[1]


def test_an_import_takes_hardly_any_time():
    assert processor_seconds("import silentbench") - processor_seconds("pass") < IMPORT_SECONDS


def test_every_name_is_there_and_others_are_not():
    for name in silentbench.__all__:
        assert getattr(silentbench, name) is not None
    assert set(dir(silentbench)) == set(silentbench.__all__)
    with pytest.raises(AttributeError, match="no attribute 'load_folds'"):
        _ = silentbench.load_folds


def test_a_fold_has_the_ids_and_arrays_of_its_split(place):
    fold = silentbench.load_fold("toy")
    split = toy.splits.load(place.root / "tasks" / "splits" / "toy.all.json")
    for role, ids in split.folds["a"].roles().items():
        assert sorted(fold.ids(role)) == sorted(ids)
        for recording, array in zip(fold._of(role), fold.arrays(role, "x"), strict=True):
            speaker, number = map(int, recording.id.removeprefix("s").split("-"))
            np.testing.assert_array_equal(array, toy.recording(speaker, number)["x"])
    assert (fold.asked.target, fold.asked.signals["x"].rate) == ("y", 10.0)


@pytest.mark.usefixtures("place")
def test_a_model_is_scored_as_a_run_would():
    found = silentbench.evaluate(Linear, "toy")
    assert next(iter(found.scores)) == PER_RECORDING.id
    assert set(found.scores) == {"pearson.per_recording@1", "rmse.per_recording@1"}
    expected = silentbench.evaluate(lambda inputs, _: inputs["x"] @ WEIGHTS, "toy", "toy.all")
    for name, score in expected.scores.items():
        assert found.scores[name] == pytest.approx(score, abs=0.05)
    # By the definition, from the arrays of the test recordings, each fold of which counts.
    errors = []
    for name in ("a", "b"):
        fold = silentbench.load_fold("toy", "toy.all", name)
        for id, target in zip(fold.ids("test"), fold.arrays("test", "y"), strict=True):
            errors.append(np.sqrt(np.mean((expected.predictions[id] - target) ** 2)))
    assert expected.scores["rmse.per_recording@1"] == pytest.approx(np.mean(errors))
    frame = expected.recordings
    assert len(frame) == len(errors) == 2 * toy.SPEAKERS
    assert frame["rmse.per_recording@1"].mean() == pytest.approx(np.mean(errors))
    assert set(frame["recording"]) == set(expected.predictions)


@pytest.mark.usefixtures("place")
def test_an_object_is_fitted_anew_for_each_fold():
    model = Linear(None, 0)
    silentbench.evaluate(model, "toy")
    assert model.fitted == 2


@pytest.mark.slow
def test_an_entry_by_its_name_runs_in_a_sandbox_and_keeps_its_results(place):
    found = silentbench.evaluate("ridge", "toy")
    same = silentbench.evaluate(lambda inputs, _: inputs["x"] @ WEIGHTS, "toy")
    assert found.scores == pytest.approx(same.scores)
    assert found.predictions.keys() == same.predictions.keys()
    assert len([*(place.runs / "results").rglob("*.json")]) == 2
    other = silentbench.evaluate("ridge", "toy", seed=1)
    assert other.scores == pytest.approx(same.scores)
    assert len([*(place.runs / "results").rglob("*.json")]) == 4


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: silentbench.get_task("tyo"), "no task is called 'tyo'; there are: "),
        (lambda: silentbench.load_corpus("tyo"), "no corpus is called 'tyo'; there are: "),
        (lambda: silentbench.load_fold("toy", "toy.al"), "no split of toy is called 'toy.al'"),
        (lambda: silentbench.load_fold("toy", fold="c"), "no fold of toy.all is called 'c'"),
        (lambda: silentbench.load_fold("toy").arrays("test", "z"), "toy has no signal 'z'; it has"),
        (lambda: silentbench.load_fold("toy").ids("tset"), "expected the role train, valid or"),
        (
            lambda: silentbench.evaluate("rigde", "toy"),
            "no entry is called 'rigde'; there are: ",
        ),
        (lambda: silentbench.evaluate(3, "toy"), "model: expected a class or an object with"),
        (
            lambda: silentbench.evaluate(lambda *_: np.zeros(3), "toy"),
            r"expected shape \(50, 1\)",
        ),
        (
            lambda: silentbench.evaluate(lambda _, s: np.full(s, np.nan), "toy"),
            "toy: prediction of s0-5: 50 of 50 values are NaN",
        ),
        (lambda: silentbench.compare("ridge", "ridge", "toy"), "expected two entries, got ridge"),
        (lambda: silentbench.compare("ridge", "mean", "toy"), "no entry with results is called"),
    ],
)
@pytest.mark.usefixtures("place")
def test_what_cannot_be_used_is_a_sentence(call, said):
    with pytest.raises(UserError, match=said):
        call()


def test_a_corpus_that_is_not_here_says_how_to_get_it(place):
    place.data.rmdir()
    with pytest.raises(UserError, match=r"toy: not found under .*make it yourself"):
        silentbench.load_corpus("toy")
    with pytest.raises(UserError, match="make it yourself"):
        silentbench.load_fold("toy")


@pytest.mark.slow
def test_results_and_comparisons_are_those_of_the_board(place):
    """The examples in the docstrings are about a project in which ridge and mean have results."""
    for path in (*place.root.glob("baselines/*.py"), place.root / "tasks" / "toy.py"):
        path.write_text(path.read_text().replace('tasks = ["toy"]', 'tasks = ["*"]'))
    (place.root / "tasks" / "toy.py").rename(place.root / "tasks" / "emg_to_articulation.py")
    chosen = plan.plan(place, plan.RunSelection(), registry.corpora())
    assert runner.run(place, chosen, executors.local_executor(2), toy.CONFIG).ok
    runner.publish(place, chosen)
    found = doctest.testmod(results)
    assert (found.attempted, found.failed) == (4, 0)
    board = silentbench.load_results()
    assert {*board["entry"]} == {"ridge", "mean", "blind"}
    compared = silentbench.compare("ridge", "mean", "emg_to_articulation").set_index("metric")
    scores = board.set_index(["entry", "metric"])["score"]
    for name in ("pearson.per_recording@1", "rmse.per_recording@1"):
        line = compared.loc[name]
        assert (line["ridge"], line["mean"]) == (scores["ridge", name], scores["mean", name])
        assert line["difference"] == pytest.approx(line["ridge"] - line["mean"])
        assert line["low"] < line["difference"] < line["high"]
        assert (line["better"], line["units"]) == ("ridge", toy.SPEAKERS)


@pytest.mark.slow
@pytest.mark.parametrize("module", ["silentbench.data", "silentbench.evaluation"])
def test_the_examples_of_docstrings_are_right(module, tmp_path, monkeypatch):
    lie_at(Paths(ROOT, ROOT / "data", tmp_path), monkeypatch)
    found = doctest.testmod(importlib.import_module(module))
    assert found.failed == 0 < found.attempted
