"""Which neighbours of a table twice the budget could make change places, by made-up losses."""

import numpy as np
import pytest

from benchmark.core import Job
from benchmark.leaderboard.curves import longer
from benchmark.leaderboard.tables import Row, Score, Table
from benchmark.metrics.pearson import PER_RECORDING
from benchmark.metrics.rmse import RMSE
from benchmark.report import learning_section
from benchmark.report.site import breakdown_tables
from benchmark.results.published import from_job
from benchmark.results.result import Cost, JobResult

DONE = (3.0, 1.2, 1.0, 1.0, 1.0, 1.0)
ENDLESS = (3.0, 2.0, 1.4, 1.3, 1.2, 1.1)  # 0.3 in its second half
NEARLY = (3.0, 2.0, 1.105, 1.104, 1.103, 1.102)  # 0.003
DRAWN = np.random.default_rng(0).normal(size=200) / 1000
COST = Cost(
    fit_seconds=1.0,
    predict_seconds=1.0,
    signal_seconds=None,
    real_time_factor=None,
    parameters=1,
    peak_memory_mb=1.0,
)


def row(entry, value, *curves, noise=0.0, width=0.05):
    job = Job("t", "c.s", "a", entry, "default", 0, "d", "c")
    results = [
        from_job(
            JobResult(
                **vars(job), metrics=(), status="good", cost=COST.model_copy(update={"curve": c})
            )
        )
        for c in curves
    ]
    draws = value + noise * np.roll(DRAWN, len(entry))
    score = Score(value, value - width, value + width, 8, {}, draws=draws, units=("a", "b"))
    scores = {metric.id: score for metric in (RMSE, PER_RECORDING)}
    return Row(entry, "default", scores, 1, None, None, None, "", False, None, tuple(results))


def table(*rows):
    return Table("t", "c.s", rows, (), 8, 2, 1, "speaker", 2)


def names(pairs):
    return [(above.entry, below.entry) for above, below in pairs]


@pytest.mark.parametrize(
    ("losses", "improves"),
    [
        (ENDLESS, True),
        (NEARLY, True),  # the last epoch is the best one
        (DONE, False),
        ((3.0, 1.0, 2.0, 3.0), False),
        ((1.0, 2.0), False),
        ((2.0, 2.0), False),
        ((9.0, 5.0, 4.0, 3.0, 2.0, 2.0, 2.0, 2.0, 1.5, 1.6), True),  # in its last fifth
        ((9.0, 5.0, 4.0, 3.0, 2.0, 2.0, 2.0, 2.0, 1.99, 2.0), False),
    ],
)
def test_a_training_improves_at_its_end_or_not(losses, improves):
    assert longer.still_improving(losses) is improves


def test_a_fall_that_is_more_than_the_difference_swaps_two_rows():
    found = longer.of_table(RMSE, table(row("best", 1.0, DONE), row("next", 1.1, ENDLESS)))
    (one,) = found.improving
    assert (one.row.entry, one.lowest, one.in_unit) == ("next", pytest.approx(1.1), True)
    assert one.repeated == pytest.approx(0.8)
    assert (names(found.swaps), found.unknown) == ([("best", "next")], ())


def test_a_fall_that_is_less_than_the_difference_swaps_none_but_within_its_interval():
    small = row("next", 1.1, NEARLY)
    found = longer.of_table(RMSE, table(row("best", 1.0, DONE), small))
    assert (len(found.improving), found.swaps, found.unknown) == (1, (), ())
    wide = row("best", 1.0, DONE, noise=100.0)
    assert names(longer.of_table(RMSE, table(wide, small)).swaps) == [("best", "next")]
    # The better one falls as far.
    both = table(row("best", 1.05, ENDLESS, width=0.06), row("next", 1.1, ENDLESS))
    found = longer.of_table(RMSE, both)
    assert (len(found.improving), found.swaps, found.unknown) == (2, (), ())


def test_only_the_lower_row_has_to_improve():
    found = longer.of_table(RMSE, table(row("best", 1.1, ENDLESS), row("next", 1.2, DONE)))
    assert ([one.row.entry for one in found.improving], found.swaps) == (["best"], ())
    found = longer.of_table(RMSE, table(row("linear", 1.0), row("next", 1.1, ENDLESS)))
    assert names(found.swaps) == [("linear", "next")]  # of which no losses are known


def test_of_losses_in_units_of_their_own_nothing_more_is_said():
    own = row("next", 7.0, ENDLESS)
    found = longer.of_table(RMSE, table(row("best", 1.0, DONE), own))
    assert ([one.in_unit for one in found.improving], found.swaps) == ([False], ())
    assert names(found.unknown) == [("best", "next")]
    higher = table(row("best", 1.2, DONE), row("next", 1.1, ENDLESS))
    assert names(longer.of_table(PER_RECORDING, higher).unknown) == [("best", "next")]
    lower = row("next", 1.1, ENDLESS)
    assert names(longer.of_table(RMSE, table(row("best", 0.9, ENDLESS), lower)).unknown) == [
        ("best", "next")
    ]
    found = longer.of_table(RMSE, table(row("best", 0.5, ENDLESS), lower))  # too far away
    assert (found.swaps, found.unknown) == ((), ())


def test_most_trainings_of_a_row_count():
    two = row("next", 1.1, ENDLESS, DONE)
    assert longer.of_table(RMSE, table(row("best", 1.0), two)).improving == ()
    three = row("next", 1.1, ENDLESS, ENDLESS, DONE)
    (one,) = longer.of_table(RMSE, table(row("best", 1.0), three)).improving
    assert one.lowest - one.repeated == pytest.approx(0.2)


def test_pages_say_which_pairs_or_that_there_is_none():
    swap = table(row("best", 1.0, DONE), row("next", 1.1, ENDLESS))
    said = learning_section.doubled(RMSE, swap)
    assert "): next (1.1, then 0.8). Neighbours that could change places: best and next. " in said
    assert "cannot be told" not in said
    rest = table(row("best", 1.0, DONE), row("next", 1.1, DONE))
    said = learning_section.doubled(RMSE, rest)
    assert "): no entry. Neighbours that could change places: no pair. " in said
    own = table(row("best", 1.0, DONE), row("next", 7.0, ENDLESS))
    said = learning_section.doubled(RMSE, own)
    assert "no pair" not in said
    assert "cannot be told, since the loss is not in the unit of the score: best and next; " in said
    assert said in learning_section.lines(RMSE, own)
    (grid,) = breakdown_tables.learning_curves(RMSE, own)
    assert grid.note == f"{learning_section.ABOUT} {said}"
    assert learning_section.doubled(RMSE, table(row("linear", 1.0))) == ""
