"""Rules of tiers and of P(best), each by itself."""

import numpy as np
import pytest

from benchmark.leaderboard import ranking
from benchmark.leaderboard.tables import Row, Score, Table
from benchmark.metrics.pearson import PER_RECORDING

METRIC = PER_RECORDING.id


def row(entry, values, units="abcdefgh", draws=()):
    by_unit = dict(zip(units, values, strict=True))
    score = Score(float(np.mean(values)), None, None, 8, {}, by_unit=by_unit, draws=np.array(draws))
    none = None, None, None
    return Row(entry, "default", {METRIC: score}, 1, *none, "bubblewrap", False, None)


def ranked(*rows):
    table = Table("t", "c.s", rows, (), 8, 8, 1, "speaker", 8)
    return ranking.ranked(table, PER_RECORDING).rows


def tiers_of(monkeypatch, pvalues):
    """Tiers of rows with these adjusted p-values of the pairs (0, 1), (0, 2), .. in order."""
    monkeypatch.setattr(ranking.significance, "step_down", lambda _: np.array(pvalues))
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


def test_rows_are_paired_by_the_units_that_all_have():
    good, bad = [0.9, 0.8, 0.7, 0.9, 0.8, 0.7, 0.9, 0.8], [0.5, 0.4, 0.3, 0.1, 0.4, 0.3, 0.2, 0.1]
    other = row("other", bad, units="abcdefgx")
    assert [r.tier for r in ranked(row("one", good), other)] == [1, 2]
    one_shared = row("other", bad, units="astuvwxy")
    assert [r.tier for r in ranked(row("one", good), one_shared)] == [0, 0]


def test_draws_are_corrected_for_few_units_before_the_best_is_counted():
    """Four units move a draw away by 1.87, so what misses the best by little may be the best."""
    one = row("one", [1.0] * 4, "abcd", draws=[1.0, 1.0])
    near = row("near", [0.9] * 4, "abcd", draws=[0.82, 0.98])
    assert [r.p_best for r in ranked(one, near)] == [0.5, 0.5]
