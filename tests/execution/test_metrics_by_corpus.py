"""A metric is asked where its corpus has the signals that it needs, from the plan to the pages."""

from dataclasses import replace

import numpy as np
import pytest

import toy
from benchmark import registry
from benchmark.core import Signal
from benchmark.execution import chance, executors, plan, runner
from benchmark.leaderboard import gate, snapshot
from benchmark.registry import declarations
from benchmark.results import entry_results

TASK = """
from benchmark.core import Metric, Task
from benchmark.metrics import rmse
from benchmark.metrics._measurement import mean_statistics, plausible_mean, reduce_mean


def share(prediction, target, signal, mark):
    return mean_statistics(float(mark.mean()))


SHARE = Metric(
    "share@1", "Share", "", "higher", share, reduce_mean, "share of marks", "none",
    auxiliary=("mark",), plausible=plausible_mean,
)
TASK = Task(
    title="Toy", inputs=("x",), target="y", splits=("toy.all",), smoke=("toy.all",),
    metrics=(rmse.RMSE, SHARE), trivial_baselines=("blind",), citation="", version="1",
)
"""
PLAIN, BOTH = ("rmse.per_recording@1",), ("rmse.per_recording@1", "share@1")


def marked(_folder):
    """The toy's recordings with a mark on every frame but two of the fifty."""

    def read(name, signal):
        marks = (np.arange(toy.FRAMES) > 1).astype(np.uint8)
        return marks if signal == "mark" else toy.recording(*name)[signal]

    return [
        replace(recording, read=lambda signal, name=(s, n): read(name, signal))
        for s in range(toy.SPEAKERS)
        for n in range(toy.EACH)
        for recording in [toy.recording(s, n)]
    ]


@pytest.fixture
def with_marks():
    signals = {**toy.SIGNALS, "mark": Signal("0 or 1", "uint8", 10.0)}
    return toy.corpus(signals=signals, recordings=marked)


@pytest.fixture
def place(tmp_path):
    place = toy.project(tmp_path, model=toy.entry(predict=toy.SUM))
    (place.root / "tasks" / "toy.py").write_text(TASK)
    return place


def run(place, corpus):
    chosen = plan.plan(place, plan.RunSelection(entries=["model"]), {"toy": corpus})
    assert runner.run(place, chosen, executors.serial_executor(), toy.CONFIG).ok
    assert chance.renew(place, chosen)
    results = [runner.read_result(place.runs, job) for job in chosen.jobs]
    entry_results.merge(chosen.entries["model"].results, results, registry.tasks(place.root))
    return results


def board(place, corpus):
    """The tables of what was published, if the project has this corpus."""
    tasks, entries = registry.tasks(place.root), registry.entries(place.root).found
    project = gate.Project(place.root, tasks, {"toy": corpus}, entries)
    admitted = gate.admit(project)
    tables = snapshot.build.tables(admitted, tasks)
    return admitted, snapshot.Snapshot(tables, tasks, {"toy": corpus}, entries)


@pytest.mark.parametrize("has", [False, True])
def test_a_metric_is_asked_where_its_signals_are(place, with_marks, has):
    corpus = with_marks if has else toy.corpus()
    ids = BOTH if has else PLAIN
    results = run(place, corpus)
    assert {result.metrics for result in results} == {ids}
    for result in results:
        assert all(tuple(item.measurements) == ids for item in result.items)
        if has:
            assert {item.measurements["share@1"].statistics for item in result.items} == {(0.96, 1)}
    admitted, made = board(place, corpus)
    assert [each.reason for each in admitted.refused] == []
    (table,) = made.tables
    assert {tuple(row.scores) for row in table.rows} == {ids}
    assert tuple(metric.id for metric in made.task(table).metrics) == ids


def test_results_of_a_corpus_without_the_signal_stay_as_they_are(place, with_marks):
    """A new metric that needs what a corpus has not got makes none of its results stale."""
    text = TASK.replace("(rmse.RMSE, SHARE)", "(rmse.RMSE,)")
    (place.root / "tasks" / "toy.py").write_text(text)
    run(place, toy.corpus())
    (place.root / "tasks" / "toy.py").write_text(TASK)
    assert board(place, toy.corpus())[0].refused == ()
    refused = board(place, with_marks)[0].refused
    assert refused
    assert {each.reason for each in refused} == {
        "scored with other metrics or metric versions than today's"
    }


def test_a_metric_is_asked_where_it_fits_the_target(place, with_marks):
    rate = toy.SIGNALS["y"].rate
    for fits, ids in ((f"t.rate == {rate}", BOTH), (f"t.rate > {rate}", PLAIN)):
        text = TASK.replace('auxiliary=("mark",)', f'auxiliary=("mark",), fits=lambda t: {fits}')
        (place.root / "tasks" / "toy.py").write_text(text)
        task = registry.task(place.root, "toy")
        assert tuple(m.id for m in task.on(with_marks).metrics) == ids


def test_what_ranks_is_asked_everywhere(place, with_marks):
    text = TASK.replace("(rmse.RMSE, SHARE)", "(SHARE, rmse.RMSE)")
    (place.root / "tasks" / "toy.py").write_text(text)
    task = registry.task(place.root, "toy")
    assert [m.id for m in task.on(toy.corpus()).metrics] == ["share@1", "rmse.per_recording@1"]
    assert "needs the signal 'mark', and toy has" in declarations.missing_signal(task, toy.corpus())
    assert declarations.missing_signal(task, with_marks) == ""


def test_a_recording_without_a_signal_of_its_corpus_is_an_error(place, with_marks):
    corpus = replace(with_marks, recordings=toy.recordings)
    chosen = plan.plan(place, plan.RunSelection(entries=["model"]), {"toy": corpus})
    summary = runner.run(place, chosen, executors.serial_executor(), toy.CONFIG)
    assert not summary.ok
    assert "toy has no signal mark" in str(summary.bad)
