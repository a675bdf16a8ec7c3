"""Rules of tiers and of P(best), each by itself."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmark.core import Task
from benchmark.leaderboard import ranking
from benchmark.leaderboard.comparison.scale import with_normalised_scores
from benchmark.leaderboard.tables import Row, Score, Table
from benchmark.metrics.pearson import PER_RECORDING
from benchmark.metrics.rmse import RMSE
from benchmark.results.bootstrap import correction

METRICS = PER_RECORDING, RMSE
TASK = Task("t", ("x",), "y", ("c.s",), (), METRICS, ("blind",), citation="", version="1")
METRIC = PER_RECORDING.id


def score(values, units="abcdefgh", draws=(), **rest):
    values = [float(value) for value in values]
    by_unit = dict(zip(units, values, strict=True))
    rest = {"units": tuple(units), "correction": correction(max(2, len(units))), **rest}
    drawn = np.array(draws, dtype=np.float64)
    return Score(float(np.mean(values)), None, None, 8, {}, by_unit=by_unit, draws=drawn, **rest)


def row(entry, values, units="abcdefgh", draws=(), other=None, **rest):
    scores = {METRIC: score(values, units, draws, **rest)}
    scores[RMSE.id] = score(values, units, draws, **rest) if other is None else other
    none = None, None, None
    return Row(entry, "default", scores, 1, *none, "bubblewrap", False, None)


def ranked(*rows):
    table = Table("t", "c.s", rows, (), 8, 8, 1, "speaker", 8)
    return ranking.ranked(table, TASK).rows


def tiers(*rows):
    return [row.tier for row in ranked(*rows)]


def tiers_of(monkeypatch, pvalues):
    """Tiers of rows with these adjusted p-values of the pairs (0, 1), (0, 2), .. in order."""
    monkeypatch.setattr(ranking.significance, "step_down", lambda *_: np.array(pvalues))
    count = round((1 + (1 + 8 * len(pvalues)) ** 0.5) / 2)
    return ranking._tiers(np.zeros((8, count)))


def test_a_row_is_compared_with_the_best_of_its_tier_not_with_the_row_above(monkeypatch):
    # Pairs: 01 02 12
    assert tiers_of(monkeypatch, [0.5, 0.01, 0.5]) == [1, 1, 2]
    assert tiers_of(monkeypatch, [0.5, 0.5, 0.01]) == [1, 1, 1]
    # Pairs: 01 02 03 12 13 23. The third row begins a tier, which the fourth shares.
    assert tiers_of(monkeypatch, [0.5, 0.01, 0.01, 0.5, 0.01, 0.5]) == [1, 1, 2, 2]


@pytest.mark.parametrize(("p", "tiers"), [(0.05, [1, 2]), (0.0501, [1, 1])])
def test_a_p_of_five_percent_is_significant(monkeypatch, p, tiers):
    assert tiers_of(monkeypatch, [p]) == tiers


@pytest.mark.parametrize(("rows", "flips"), [(45, 10_000), (46, 2000)])
def test_more_than_a_thousand_pairs_have_fewer_flips(monkeypatch, rows, flips):
    asked = []
    monkeypatch.setattr(
        ranking.significance, "step_down", lambda d, n: asked.append(n) or np.ones(d.shape[1])
    )
    ranking._tiers(np.zeros((20, rows)))
    assert asked == [flips]


GOOD = [0.9, 0.8, 0.7, 0.9, 0.8, 0.7, 0.9, 0.8]
BAD = [0.5, 0.4, 0.3, 0.1, 0.4, 0.3, 0.2, 0.1]


def test_every_metric_has_tiers_of_its_own():
    """Higher is better of the first, lower of the second: what leads one is last in the other."""
    one, other = ranked(row("one", GOOD), row("other", BAD))
    assert [one.tier, one.scores[METRIC].tier, one.scores[RMSE.id].tier] == [1, 1, 2]
    assert [other.tier, other.scores[METRIC].tier, other.scores[RMSE.id].tier] == [2, 2, 1]


def test_where_nothing_can_be_significant_rows_of_other_units_are_still_known():
    few = [row(name, values[:5], units="abcde") for name, values in (("one", GOOD), ("two", BAD))]
    *regular, odd = ranked(*few, row("odd", BAD[:5], units="abcdx"))
    assert [each.tier for each in (*regular, odd)] == [0, 0, 0]
    assert [each.scores[METRIC].shared_units for each in (*regular, odd)] == [None, None, 4]


def test_a_row_of_other_units_is_compared_by_those_it_shares():
    regular = row("one", GOOD), row("two", BAD)
    assert tiers(*regular, row("odd", BAD, units="abcdefgx")) == [1, 2, 2]
    assert tiers(*regular, row("odd", GOOD, units="hgfedcbx")) == [1, 2, 1]
    much_worse = row("odd", [v - 0.9 for v in GOOD], units="abcdefgx")
    assert tiers(*regular, much_worse) == [1, 2, 3]
    odd = ranked(*regular, much_worse)[-1]
    assert (odd.scores[METRIC].shared_units, odd.p_best) == (7, None)
    assert tiers(*regular, row("odd", BAD, units="astuvwxy")) == [1, 2, 0]
    assert tiers(*regular, row("odd", BAD, units="abcdevwx")) == [1, 2, 0]  # five are too few
    assert tiers(*regular, row("odd", BAD, units="abcdefwx")) == [1, 2, 2]
    assert tiers(*regular, row("odd", BAD, units="qrstuvwx")) == [1, 2, 0]
    assert all(row.scores[METRIC].shared_units is None for row in ranked(*regular))


def test_a_better_row_of_other_units_is_in_the_first_tier_by_either_direction():
    regular = row("one", GOOD), row("two", BAD)
    better = row("odd", [v + 0.5 for v in GOOD], units="abcdefgx")
    lower = row("odd", [v - 0.9 for v in BAD], units="abcdefgx")
    assert ranked(*regular, better)[-1].scores[METRIC].tier == 1
    assert ranked(*regular, better)[-1].scores[RMSE.id].tier == 3
    assert ranked(*regular, lower)[-1].scores[METRIC].tier == 3
    assert ranked(*regular, lower)[-1].scores[RMSE.id].tier == 1


def test_a_row_of_other_units_is_compared_unit_by_unit():
    """Equal for the seven that both have, were it not for their names."""
    falling = [8.0, 7, 6, 5, 4, 3, 2, 1]
    odd = row("odd", [*falling[1:], 0], units="bcdefghx")
    assert tiers(row("one", falling), row("two", falling), odd) == [1, 1, 1]


def test_units_are_paired_by_name_and_not_by_place():
    turned = row("turned", GOOD[::-1], units="hgfedcba")
    assert tiers(row("one", GOOD), turned) == [1, 1]  # equal, speaker by speaker
    assert tiers(row("one", GOOD), row("other", BAD[::-1], units="hgfedcba")) == [1, 2]


def test_two_rows_without_a_common_unit_have_no_tier():
    assert tiers(row("one", GOOD), row("odd", BAD, units="stuvwxyz")) == [0, 0]


def test_trivial_baselines_say_which_units_are_those_of_the_table():
    """However many rows of other units there are."""
    forged = [row(f"forged {n}", GOOD, units="stuvwxyz") for n in range(3)]
    honest = row("one", GOOD), row("blind", BAD)
    assert tiers(*forged, *honest) == [0, 0, 0, 1, 2]


def test_draws_are_corrected_for_few_units_before_the_best_is_counted():
    """Four units move a draw away by 1.87, so what misses the best by little may be the best."""
    one = row("one", [1.0] * 4, "abcd", draws=[1.0, 1.0])
    near = row("near", [0.9] * 4, "abcd", draws=[0.82, 0.98])
    assert [r.p_best for r in ranked(one, near)] == [0.5, 0.5]


def test_draws_without_a_value_are_dropped_from_p_best():
    one = row("one", GOOD, draws=[0.8, np.nan, 0.9])
    other = row("other", BAD, draws=[0.9, np.nan, 0.1])
    assert [r.p_best for r in ranked(one, other)] == [0.5, 0.5]
    odd = row("odd", GOOD, draws=[np.nan, np.nan, 5.0])
    assert [r.p_best for r in ranked(one, other, row("two", BAD, draws=[0, np.nan, 0]), odd)] == [
        *(0.5, 0.5, 0.0),
        None,
    ]


def test_a_row_without_draws_takes_p_best_from_nobody():
    one, other = row("one", GOOD, draws=[0.8, 0.9]), row("other", BAD, draws=[0.9, 0.1])
    assert [r.p_best for r in ranked(one, other, row("none", BAD))] == [0.5, 0.5, None]


UNITS = st.sets(st.sampled_from("abcdefghxyz"), min_size=1).filter(lambda s: s != set("abcdefgh"))
VALUES = st.lists(st.floats(-5, 5), min_size=11, max_size=11)


def board():
    rng = np.random.default_rng(0)
    made = []
    for entry, level in (("one", 0.8), ("two", 0.75), ("three", 0.3), ("blind", 0.1)):
        values = level + rng.normal(size=8) / 10
        draws = values.mean() + rng.normal(size=50) / 20
        made.append(row(entry, values, draws=draws))
    return made


@settings(max_examples=60, deadline=None)
@given(odd=st.lists(st.tuples(UNITS, VALUES, st.integers(0, 3)), min_size=1, max_size=3))
def test_a_row_of_other_units_changes_nothing_of_any_other_row(odd):
    """Whatever it holds: not a tier, not P(best), not a normalised score, by a bit."""
    expected = {r.name: r for r in ranked(*with_normalised_scores(TASK, board()))}
    forged = []
    for number, (units, values, missing) in enumerate(odd):
        names = "".join(sorted(units))
        draws = np.linspace(-9, 9, 50)
        draws[:missing] = np.nan
        forged.append(row(f"forged {number}", values[: len(names)], names, draws=draws))
    rows = with_normalised_scores(TASK, [*forged, *board()])
    rows.sort(key=lambda r: -r.scores[METRIC].value)
    found = {r.name: r for r in ranked(*rows)}
    for name, before in expected.items():
        assert found[name] == before


def test_a_normalised_score_is_as_uncertain_as_the_less_certain_of_its_two_scores():
    rows = board()
    zero = rows[3].scores[METRIC]
    doubled = replace(zero, correction=2 * zero.correction)
    rows[3] = replace(rows[3], scores={**rows[3].scores, METRIC: doubled})
    narrow, wide = (
        with_normalised_scores(TASK, made)[0].scores[METRIC].normalised for made in (board(), rows)
    )
    assert wide.low < narrow.low < narrow.high < wide.high


def test_a_trivial_baseline_of_other_units_is_not_where_normalised_scores_begin():
    rows = board()
    chance = replace(rows[3], entry="chance")
    odd = row("chance", GOOD, "stuvwxyz", draws=np.linspace(0.7, 0.9, 50))
    expected = [r.scores[METRIC].normalised for r in with_normalised_scores(TASK, [*rows, chance])]
    found = [
        r.scores[METRIC].normalised for r in with_normalised_scores(TASK, [*rows, chance, odd])
    ]
    assert found == [*expected, None]
    assert expected[0] is not None


def oracle(level, entry="oracle_x", units="abcdefgh"):
    rng = np.random.default_rng(1)
    return row(entry, [level] * 8, units, draws=level + rng.normal(size=50) / 100)


def normalised(rows, oracles=()):
    return {
        r.entry: r.scores[METRIC].normalised for r in with_normalised_scores(TASK, rows, oracles)
    }


def test_the_scale_ends_at_the_best_oracle():
    rows = board()
    best, zero = (rows[n].scores[METRIC].value for n in (0, 3))
    found = normalised(rows, [oracle(0.85, "oracle_lower"), oracle(0.9, "oracle_higher")])
    assert found["one"].value == pytest.approx((best - zero) / (0.9 - zero))
    assert found["oracle_higher"].value == 1.0
    assert found["oracle_higher"].low == found["oracle_higher"].high == 1.0  # paired with itself
    assert 0.9 < found["oracle_lower"].value < 1
    ends = found["one"].ends
    assert (ends.zero, ends.one, ends.one_score) == ("blind", "oracle_higher", pytest.approx(0.9))


def test_the_answer_itself_ends_no_scale_beside_an_oracle_that_the_input_limits():
    answer, gain = oracle(1.0, "oracle_target"), oracle(0.9, "oracle_gain")
    found = normalised(board(), [answer, gain])
    assert found["one"].ends.one == "oracle_gain"
    assert found["oracle_target"].value > 1
    assert found["one"] == normalised(board(), [gain])["one"]
    assert normalised(board(), [answer])["one"].ends.one == "oracle_target"
    both = replace(TASK, oracles=("oracle_target", "oracle_gain"))  # whose results are not there
    ends = with_normalised_scores(both, board(), [answer])[0].scores[METRIC].normalised.ends
    assert (ends.one, ends.one_score) == ("", 1.0)


def test_an_entry_may_be_above_an_oracle():
    found = normalised(board(), [oracle(0.6)])["one"]
    assert found.value > 1
    assert found.high > found.value


@pytest.mark.parametrize(
    "useless", [oracle(0.1), oracle(0.0), oracle(0.9, units="stuvwxyz"), row("oracle_x", GOOD)]
)
def test_the_scale_ends_at_the_best_possible_value_without_an_oracle_above_the_floor(useless):
    """One that is not better, of other units, or without draws, is none."""
    found, without = normalised(board(), [useless]), normalised(board())
    assert {name: found[name] for name in without} == without
    assert (without["one"].ends.one, without["one"].ends.one_score) == ("", 1.0)


def test_each_metric_has_its_own_best_oracle():
    """Lower is better of RMSE, so that the floor is another row and no oracle is above it."""
    made = with_normalised_scores(TASK, board(), [oracle(0.9), oracle(-0.5, "oracle_low")])
    by_metric = {m.id: made[0].scores[m.id].normalised.ends.one for m in METRICS}
    assert by_metric == {METRIC: "oracle_x", RMSE.id: "oracle_low"}


def test_oracles_are_in_no_tier_and_change_none():
    rows = board()
    table = Table("t", "c.s", tuple(rows), (), 8, 8, 1, "speaker", 8)
    with_one = replace(table, oracles=(oracle(0.9),))
    assert ranking.ranked(with_one, TASK).rows == ranking.ranked(table, TASK).rows
    assert ranking.ranked(with_one, TASK).oracles[0].tier == 0


def above(*rows):
    return {r.entry: r.above_trivial for r in with_normalised_scores(TASK, rows)}


def shifted(entry, by, noise=0.0):
    """A row that is better than the floor by this in all of its draws, but for noise."""
    rng = np.random.default_rng(2)
    values = np.array(BAD) + by
    return row(entry, values, draws=values.mean() + DRAWN + noise * rng.normal(size=50))


DRAWN = np.random.default_rng(3).normal(size=50)


def test_above_the_best_trivial_baseline_is_more_than_the_interval_of_the_difference():
    """Draws of each row spread far wider than the difference, which they have in common."""
    rows = [shifted("blind", 0.0), shifted("chance", -0.3)]
    found = above(
        *rows,
        shifted("better", 0.1),
        shifted("hardly", 0.1, noise=0.1),
        shifted("equal", 0.0),
        shifted("worse", -0.1),
    )
    assert found == {
        "blind": None,
        "chance": None,
        "better": True,
        "hardly": False,
        "equal": False,
        "worse": False,
    }


def test_without_draws_of_the_same_units_scores_alone_are_compared():
    rows = row("blind", BAD), row("better", GOOD), row("equal", BAD)
    assert above(*rows) == {"blind": None, "better": True, "equal": False}
    odd = row("odd", GOOD, units="stuvwxyz", draws=DRAWN)
    assert above(shifted("blind", 0.0), odd)["odd"] is True


def test_a_row_without_a_score_is_not_above_and_without_a_floor_none_is_asked():
    empty = Score(None, None, None, 8, {})
    nothing = replace(row("nothing", GOOD), scores={METRIC: empty, RMSE.id: empty})
    assert above(shifted("blind", 0.0), nothing)["nothing"] is False
    assert above(row("one", GOOD))["one"] is None


def test_lower_is_above_where_lower_is_better():
    task = replace(TASK, metrics=(RMSE,))
    rows = [shifted("blind", 0.0), shifted("lower", -0.1), shifted("higher", 0.1)]
    found = {r.entry: r.above_trivial for r in with_normalised_scores(task, rows)}
    assert found == {"blind": None, "lower": True, "higher": False}
