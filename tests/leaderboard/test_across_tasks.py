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


@pytest.fixture(autouse=True)
def _two_tasks_are_enough(monkeypatch):
    """The arithmetic is the same for any number; the rule itself has tests of its own."""
    monkeypatch.setattr(across_tasks, "MIN_TASKS", 2)


def compared(*more, **changes):
    scores = {
        "one": {"good": 0.9, "fair": 0.5, "poor": 0.2, "blind": 0.1, "new": 0.8},
        "two": {"good": 0.9, "fair": 0.95, "poor": 0.3, "blind": None},
        "errors": {"good": 1.0, "fair": 2.0, "poor": 3.0, "blind": 4.0},
        **changes,
    }
    tables = [
        table("up", "one.a", PER_RECORDING, **scores["one"]),
        table("up", "one.b", PER_RECORDING, good=0.0, fair=0.1, poor=0.2, blind=0.3),
        table("up", "two.a", PER_RECORDING, **scores["two"]),
        table("down", "one.a", RMSE, **scores["errors"]),
        *more,
    ]
    return across_tasks.compare(tables, TASKS, {})


def test_ranks_are_averaged_over_one_table_for_each_task_and_corpus():
    ranking = compared()
    # The second split of corpus `one` says the opposite and does not count.
    assert ranking.blocks == ("down on one.a", "up on one.a", "up on two.a")
    expected = {"good": 4 / 3, "fair": 5 / 3, "poor": 3.0, "blind": 4.0}
    assert ranking.average_ranks == pytest.approx(expected)
    assert list(ranking.average_ranks) == [*expected]  # the undefined score ranked last
    assert ranking.trivial_baselines == {"blind"}
    assert ranking.not_compared == {"new": 1}


def test_a_block_where_one_of_the_compared_is_missing_does_not_count():
    other = table("other", "one.a", PER_RECORDING, good=0.1, fair=0.9)
    assert compared(other).blocks == compared().blocks
    assert compared(other).average_ranks == compared().average_ranks


def test_the_critical_difference_is_nemenyis_and_groups_are_the_longest_ranges():
    ranking = compared()
    # q(0.05) of 4 is 3.633; 3.633 / sqrt 2 * sqrt(4 * 5 / (6 * 3))
    expected = 3.633 / 2**0.5 * (20 / 18) ** 0.5
    assert ranking.critical_difference == pytest.approx(expected, rel=1e-3)
    assert ranking.groups == ((0, 3),)
    assert across_tasks._groups([1.0, 1.5, 2.0, 4.0], 1.0) == ((0, 2),)
    assert across_tasks._groups([1.0, 1.9, 2.8, 9.0], 1.0) == ((0, 1), (1, 2))
    assert across_tasks._groups([1.0, 9.0], 1.0) == ()


def test_fewer_than_three_entries_or_a_single_task_have_no_ranking():
    few = {"good": 0.9, "fair": 0.5}
    assert compared(one=few, two=few, errors=few) is None
    single = table("down", "one.a", RMSE, a=1.0, b=2.0, c=3.0)
    assert across_tasks.compare([single], TASKS, {}) is None


@pytest.mark.parametrize("name", ["poor", "chance"])
def test_trivial_baselines_do_not_count_towards_the_three_entries(name):
    """Two entries and two trivial baselines are no ranking, three entries and one are."""
    scores = {"good": 0.9, "fair": 0.5, name: 0.2, "blind": 0.1}
    ranking = compared(one=scores, two=scores, errors=scores)
    assert (ranking is None) == (name == "chance")


def test_friedman_is_that_of_the_ranks():
    from scipy.stats import friedmanchisquare

    ranks = np.array([[1, 2, 3, 4], [1, 2, 3, 4], [2, 1, 3, 4]])
    assert compared().friedman_p == pytest.approx(friedmanchisquare(*ranks.T).pvalue)
