import pytest

import toy
from benchmark import registry
from benchmark.execution import executors, plan, rescore, runner
from benchmark.leaderboard import rank_changes
from benchmark.results import entry_results
from benchmark.results.published import from_job

TASK = """
import numpy as np

from benchmark.core import Metric, Task, Undefined
from benchmark.metrics import pearson
from benchmark.metrics._measurement import mean_statistics, reduce_mean


def error(prediction, target, signal):
    {undefined}
    return mean_statistics(abs(prediction - target).mean() * {factor})


ERROR = Metric("error@{version}", "E", "", {better!r}, error, reduce_mean, "mean error", "none")
TASK = Task(
    title="Toy", inputs=("x",), target="y", splits=("toy.all",), smoke=("toy.all",),
    metrics=({metrics},), trivial_baselines=("blind",), citation="", version="1",
)
"""
FIT = "open({path!r}, 'a').write('x')"


@pytest.fixture
def place(tmp_path):
    fit = FIT.format(path=str(tmp_path / "fits"))
    entries = {"ridge": toy.SUM, "blind": toy.BLIND, "nothing": "return np.ones(shape)"}
    return toy.project(
        tmp_path / "project", **{name: toy.entry(fit, body) for name, body in entries.items()}
    )


def task(place, metrics="ERROR", version=1, factor=1, better="lower", undefined=""):
    text = TASK.format(
        metrics=metrics, version=version, factor=factor, better=better, undefined=undefined
    )
    (place.root / "tasks" / "toy.py").write_text(text)


def planned(place):
    return plan.plan(place, plan.RunSelection(), {"toy": toy.corpus()})


def published(place):
    entries = registry.entries(place.root).found.values()
    return [result for entry in entries for result in entry_results.read_all(entry.results)]


def scored(place, metrics="ERROR"):
    task(place, metrics)
    chosen = planned(place)
    assert runner.run(place, chosen, executors.serial_executor(), toy.OPEN).ok
    runner.publish(place, chosen)
    return published(place)


def test_a_metric_that_comes_is_measured_from_what_is_kept(place, tmp_path):
    before = scored(place)
    assert (tmp_path / "fits").read_text() == "x" * 12  # in both workers of each
    task(place, "ERROR, pearson.PER_RECORDING", factor=1000)
    chosen = planned(place)
    summary = rescore.rescore(place, chosen)
    assert (summary.scored, summary.current, summary.changed) == (6, 0, {})
    assert (tmp_path / "fits").read_text() == "x" * 12
    runner.publish(place, chosen)
    after = published(place)
    assert len(after) == len(before) == 6
    for old, new in zip(before, after, strict=True):
        assert new.metrics == ("error@1", "pearson.per_recording@1")
        assert new.finished == old.finished
        for was, now in zip(old.items, new.items, strict=True):
            assert now.prediction == was.prediction
            assert now.measurements["error@1"] == was.measurements["error@1"]  # not 1000 times
    assert runner.run(place, chosen, executors.serial_executor(), toy.OPEN).found_done == 6
    nothing = next(r for r in after if r.entry == "nothing")
    assert nothing.outcomes["pearson.per_recording@1"] == {"floored: constant prediction": 4}
    assert rescore.rescore(place, chosen).current == 6


def test_the_rows_that_moved_are_named(place):
    scored(place)
    tasks = registry.tasks(place.root)
    before = rank_changes.ranks(map(from_job, published(place)), tasks)
    order = before["toy", "toy.all"]
    assert order[0] == "ridge"
    task(place, version=2, better="higher")
    chosen = planned(place)
    rescore.rescore(place, chosen)
    runner.publish(place, chosen)
    after = rank_changes.ranks(map(from_job, published(place)), registry.tasks(place.root))
    assert after["toy", "toy.all"] == order[::-1]
    where = "toy on toy.all:"
    assert rank_changes.moves(before, after) == [
        f"{where} {order[2]} 3 -> 1",
        f"{where} {order[0]} 1 -> 3",
    ]
    assert rank_changes.moves({}, {("t", "s"): ["one"]}) == ["t on s: one – -> 1"]


def test_another_value_under_the_same_id_is_named(place):
    scored(place)
    task(place, factor=2)
    summary = rescore.rescore(place, planned(place), everything=True)
    assert summary.scored == 6
    assert summary.changed == {"error@1": 24}
    assert not rescore.rescore(place, planned(place), everything=True).changed


def test_what_cannot_be_scored_again_is_left_with_its_reason(place):
    scored(place)
    result = next(r for r in published(place) if r.entry == "ridge")
    for item in result.items:
        rescore.storage.kept(place.runs / "predictions", item.prediction).unlink()
    changed = place.root / "baselines" / "nothing.py"
    changed.write_text(changed.read_text() + "# another code\n")
    task(place, version=2)
    summary = rescore.rescore(place, planned(place))
    assert summary.scored == 2
    assert summary.left == {
        "4 of 4 predictions of ridge are not kept": 2,
        "no good result of today's data and code": 2,
    }
    assert {r.metrics for r in published(place)} == {("error@1",)}


def test_a_split_without_a_result_is_not_read(place, monkeypatch):
    task(place)
    chosen = planned(place)
    monkeypatch.setattr(rescore.folds, "prepare", None)
    summary = rescore.rescore(place, chosen)
    assert (summary.scored, summary.sources) == (0, set())
    assert summary.left == {"no good result of today's data and code": len(chosen.jobs)}
    assert not plan.part(chosen, summary.sources).sources
    assert plan.part(chosen, chosen.sources) == chosen


def test_a_prediction_without_value_fails_the_result(place):
    scored(place)
    task(place, version=2, undefined="raise Undefined('too large')")
    chosen = planned(place)
    rescore.rescore(place, chosen)
    result = runner.read_result(place.runs, chosen.jobs[0])
    assert result.status == "failed"
    assert "error@2 is undefined: too large" in result.reason
    assert not result.items


def test_results_of_every_setup_are_scored_again(place):
    path = place.root / "baselines" / "ridge.py"
    path.write_text(path.read_text().replace("dependencies = []", 'dependencies = ["torch>=2"]'))
    task(place)
    choice = plan.RunSelection(entries=["ridge"], setup="fast")
    fast = plan.plan(place, choice, {"toy": toy.corpus()})
    assert runner.run(place, fast, executors.serial_executor(), toy.OPEN).ok
    task(place, version=2)
    exact = plan.plan(place, plan.RunSelection(entries=["ridge"]), {"toy": toy.corpus()})
    chosen = rescore.with_other_setups(place, exact)
    assert [job.setup for job in chosen.jobs] == ["", "", "fast", "fast"]
    summary = rescore.rescore(place, chosen)
    assert (summary.scored, sum(summary.left.values())) == (2, 2)
