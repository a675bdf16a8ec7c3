import numpy as np
import pytest

from benchmark.core import Task
from benchmark.leaderboard import across_tasks
from benchmark.leaderboard.tables import Row, Score, Table
from benchmark.metrics.pearson import PER_RECORDING
from benchmark.metrics.rmse import RMSE


def task(metric, *splits):
    about = "t", ("x",), "y", splits, (), (metric,), ("blind",)
    return Task(*about, citation="", version="1")


def table(name, split, metric, **values):
    rows = tuple(
        Row(
            *(entry, "default", {metric.id: Score(value, None, None, 8, {})}, 1),
            *(None, None, None, "bubblewrap", False, None),
        )
        for entry, value in values.items()
    )
    return Table(name, split, rows, (), 8, 8, 1, "speaker", 8)


TASKS = {
    "up": task(PER_RECORDING, "one.a", "one.b", "two.a"),
    "down": task(RMSE, "one.a"),
    "other": task(PER_RECORDING, "one.a"),
}


def compared(*more, **changes):
    scores = {
        "one": {"good": 0.9, "fair": 0.5, "blind": 0.1, "new": 0.8},
        "two": {"good": 0.9, "fair": 0.95, "blind": None},
        "errors": {"good": 1.0, "fair": 2.0, "blind": 3.0},
        **changes,
    }
    tables = [
        table("up", "one.a", PER_RECORDING, **scores["one"]),
        table("up", "one.b", PER_RECORDING, good=0.0, fair=0.1, blind=0.2),
        table("up", "two.a", PER_RECORDING, **scores["two"]),
        table("down", "one.a", RMSE, **scores["errors"]),
        *more,
    ]
    return across_tasks.compare(tables, TASKS, {})


def test_ranks_are_averaged_over_one_table_a_task_and_corpus():
    found = compared()
    # The second split of corpus `one` says the opposite and does not count.
    assert found.blocks == ("down on one.a", "up on one.a", "up on two.a")
    assert found.ranks == pytest.approx({"good": 4 / 3, "fair": 5 / 3, "blind": 3.0})
    assert list(found.ranks) == ["good", "fair", "blind"]  # the undefined score ranked last
    assert found.floors == {"blind"}
    assert found.missing == {"new": 1}


def test_a_block_where_one_of_the_compared_is_missing_does_not_count():
    other = table("other", "one.a", PER_RECORDING, good=0.1, fair=0.9)
    assert compared(other).blocks == compared().blocks
    assert compared(other).ranks == compared().ranks


def test_the_distance_is_nemenyis_and_groups_are_the_longest_runs():
    found = compared()
    # q(0.05) of 3 is 3.314; 3.314 / sqrt 2 * sqrt(3 * 4 / (6 * 3))
    assert found.distance == pytest.approx(3.314 / 2**0.5 * (12 / 18) ** 0.5, rel=1e-3)
    assert found.groups == ((0, 2),)
    assert across_tasks._groups([1.0, 1.5, 2.0, 4.0], 1.0) == ((0, 2),)
    assert across_tasks._groups([1.0, 1.9, 2.8, 9.0], 1.0) == ((0, 1), (1, 2))
    assert across_tasks._groups([1.0, 9.0], 1.0) == ()


def test_two_entries_or_two_blocks_say_nothing():
    few = {"good": 0.9, "fair": 0.5}
    assert compared(one=few, two=few, errors=few) is None
    assert (
        across_tasks.compare([table("down", "one.a", RMSE, a=1.0, b=2.0, c=3.0)], TASKS, {}) is None
    )


def test_friedman_is_that_of_the_ranks():
    from scipy.stats import friedmanchisquare

    found = compared()
    ranks = np.array([[1, 2, 3], [1, 2, 3], [2, 1, 3]])
    assert found.friedman == pytest.approx(friedmanchisquare(*ranks.T).pvalue)
