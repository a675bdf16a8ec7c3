"""Rules of breakdowns that tables of real results hardly ever touch."""

import numpy as np
import pytest

import toy
from benchmark.core import Signal, Task
from benchmark.leaderboard import breakdowns, build
from benchmark.leaderboard.curves import settings
from benchmark.metrics.pearson import PER_RECORDING
from benchmark.metrics.speech.mel import MEL_MSE
from benchmark.results.result import Item, JobResult, Measurement


def result(metric, items, seed=0):
    """One job; items are (recording, speaker, session, statistics)."""
    measured = tuple(
        Item(
            recording=name,
            speaker=speaker,
            session=session,
            prediction="",
            seconds=0.0,
            measurements={metric.id: Measurement(statistics=tuple(map(float, statistics)))},
        )
        for name, speaker, session, statistics in items
    )
    return JobResult(
        task="toy",
        split="toy.s",
        fold="all",
        entry="model",
        variant="default",
        seed=seed,
        data="d",
        code="c",
        metrics=(metric.id,),
        status="good",
        items=measured,
    )


def broken_down(metric, results, **signal):
    task = Task("t", ("x",), "y", ("toy.s",), (), (metric,), ("blind",), citation="", version="1")
    (table,) = build.tables(build.unchecked(results), {"toy": task})
    target = Signal("1", "float32", rate=10.0, **signal)
    corpus = toy.corpus(signals={"x": target, "y": target})
    return {made.by: made for made in breakdowns.of_table(table, task, corpus)}


def test_42_bands_are_merged_by_threes():
    """At most 20 columns: a third more than that would be 21 pairs."""
    items = [(name, name, "s", [1, 1, *range(42)]) for name in "ab"]
    found = broken_down(MEL_MSE, [result(MEL_MSE, items)], frame=(42,))["band"]
    assert len(found.groups) == 14
    assert found.groups[-1] == "40–42"
    assert found.rows["model"][:2] == (1.0, 4.0)


def test_merged_bands_leave_out_what_has_no_value():
    """r of a band that never moves does not exist; it is not 0."""
    r, counted = np.full(42, 0.6), np.ones(42)
    r[1] = counted[1] = 0
    items = [(name, name, "s", [0.6, 1, *r, *counted]) for name in "ab"]
    found = broken_down(PER_RECORDING, [result(PER_RECORDING, items)], frame=(42,))["band"]
    assert found.rows["model"][0] == pytest.approx(0.6)


def test_parts_are_averaged_over_seeds_of_equal_weight():
    """One recording with a moving channel of the first seed, three in the second."""
    runs = []
    for seed, moving, r in ((0, 1, 0.2), (1, 3, 0.8)):
        items = [
            (n, n, "s", [0.5, 1, r * (k < moving), 0.5, k < moving, 1]) for k, n in enumerate("abc")
        ]
        runs.append(result(PER_RECORDING, items, seed))
    found = broken_down(PER_RECORDING, runs, frame=(2,), channels=("tongue", "lip"))["channel"]
    assert found.rows["model"] == pytest.approx((0.5, 0.5))


def test_groups_are_means_over_seeds_and_not_medians():
    runs = [
        result(PER_RECORDING, [("a", "t1", "s", [v, 1]), ("b", "t2", "s", [v, 1])], seed)
        for seed, v in enumerate((0.0, 0.0, 0.9))
    ]
    assert broken_down(PER_RECORDING, runs)["speaker"].rows["model"] == pytest.approx((0.3, 0.3))


def test_sessions_of_a_single_speaker_are_groups():
    items = [(n, "t1", f"day {n}", [v, 1]) for n, v in (("1", 0.2), ("2", 0.4))]
    found = broken_down(PER_RECORDING, [result(PER_RECORDING, items)])
    assert set(found) == {"session"}
    assert found["session"].groups == ("day 1", "day 2")
    assert found["session"].rows["model"] == (0.2, 0.4)


def test_a_setting_of_yes_or_no_is_no_number():
    assert settings._number(True) is None
    assert settings._number([1, 2, 3]) == 3
    assert settings._number(0.5) == 0.5
    assert settings._number("0.5") is None
