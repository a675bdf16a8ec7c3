import concurrent.futures
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import toy
from benchmark import storage
from benchmark.core import Recording, Signal
from benchmark.data import folds
from benchmark.evaluation import scoring
from benchmark.execution import executors, plan, runner
from benchmark.metrics.speech import pitch

BESIDE = """
from benchmark.core import Metric, Task
from benchmark.metrics._measurement import mean_statistics, reduce_mean


def words(prediction, target, signal, word):
    return mean_statistics(float(word))


WORDS = Metric(
    "w@1", "W", "", "higher", words, reduce_mean, "the word", "none", auxiliary=("word",)
)
TASK = Task(
    title="Toy", inputs=("x",), target="y", splits=("toy.all",), smoke=("toy.all",),
    metrics=(WORDS,), trivial_baselines=("model",), citation="", version="1",
)
"""


def test_processes_do_not_change_what_is_measured(tmp_path, monkeypatch):
    monkeypatch.setattr(scoring, "FEWEST", 2)
    place = toy.project(tmp_path, model=toy.entry(predict=toy.SUM))
    chosen = plan.plan(place, plan.RunSelection(), {"toy": toy.corpus()})
    runner.run(place, chosen, executors.serial_executor(), toy.CONFIG)
    result = runner.read_result(place.runs, chosen.jobs[0])
    kept = {
        i.recording: storage.kept(place.runs / "predictions", i.prediction) for i in result.items
    }
    answers = folds.fold_folder(place.runs, result.data, result.fold) / "answers"
    one, two = (scoring.measure_all(place.root, "toy", answers, kept, n) for n in (1, 2))
    assert one == two == {item.recording: item.measurements for item in result.items}
    some = scoring.measure_all(place.root, "toy", answers, kept, 1, ["rmse.per_recording@1"])
    assert {name for measured in some.values() for name in measured} == {"rmse.per_recording@1"}


@pytest.mark.parametrize("processes", [2, 3])
@pytest.mark.parametrize("count", [16, 25, 40])
def test_every_recording_is_in_one_share(monkeypatch, processes, count):
    """Threads stand in for processes, so that what each is given can be recorded."""
    shares = []

    def measured(*given):
        shares.append(list(given[3]))
        return {name: {} for name in given[3]}

    monkeypatch.setattr(
        concurrent.futures, "ProcessPoolExecutor", lambda n, *_, **__: ThreadPoolExecutor(n)
    )
    monkeypatch.setattr(scoring, "_measure_some", measured)
    predictions = dict.fromkeys(f"r{n}" for n in range(count))
    found = scoring.measure_all(None, "toy", None, predictions, processes)
    assert set(found) == set(predictions)
    assert sorted(name for share in shares for name in share) == sorted(predictions)


def test_a_metric_gets_the_signals_beside_the_target_and_the_model_does_not(tmp_path):
    place = toy.project(tmp_path, model=toy.entry(predict=toy.SUM))
    chosen = plan.plan(place, plan.RunSelection(), {"toy": toy.corpus()})
    assert runner.run(
        place, chosen, executors.serial_executor(), toy.CONFIG
    ).ok  # folds without the signal are there
    (tmp_path / "tasks" / "toy.py").write_text(BESIDE)
    chosen = plan.plan(place, plan.RunSelection(), {"toy": toy.corpus()})
    assert runner.run(place, chosen, executors.serial_executor(), toy.CONFIG).ok
    for job in chosen.jobs:
        result = runner.read_result(place.runs, job)
        assert [i.measurements["w@1"].statistics for i in result.items] == [(1.0, 1.0)] * 4
    assert not list(place.runs.rglob("visible/word"))


def test_the_result_counts_what_became_of_the_recordings(tmp_path):
    predict = "return np.zeros(shape) if inputs['x'][0, 0] > 0 else " + toy.SUM.removeprefix(
        "return "
    )
    place = toy.project(tmp_path, model=toy.entry(predict=predict))
    chosen = plan.plan(place, plan.RunSelection(), {"toy": toy.corpus()})
    runner.run(place, chosen, executors.serial_executor(), toy.CONFIG)
    result = runner.read_result(place.runs, chosen.jobs[0])
    positive = sum(toy.recording(s, 5)["x"][0, 0] > 0 for s in range(toy.SPEAKERS))
    assert 0 < positive < 4
    assert result.outcomes == {
        "pearson.per_recording@1": {
            "floored: constant prediction": positive,
            "scored": 4 - positive,
        },
        "rmse.per_recording@1": {"scored": 4},
    }


def test_a_missing_signal_beside_is_no_score():
    recording = Recording("r", "s", "1", "", {}.__getitem__)
    track, signal = np.arange(20.0)[:, None], Signal("Hz", "float64", 50.0, (1,))
    with pytest.raises(KeyError):
        scoring.measure(pitch.VOICED_R, track, recording, track, signal)
