"""By hand, from textbooks, and against scipy where it defines the same."""

from itertools import product

import numpy as np
import pytest
from scipy import stats

from benchmark.results import significance as c

# Hollander and Wolfe, depression scores before and after: exact sign-flip p 14 / 512.
BEFORE = np.array([1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30])
AFTER = np.array([0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29])


def test_sign_flip_is_exact_for_few_pairs():
    assert c.sign_flip(BEFORE, AFTER) == pytest.approx(0.02734375)
    assert c.sign_flip(AFTER, BEFORE) == pytest.approx(0.02734375)
    assert c.sign_flip(np.arange(4) + 1.0, np.zeros(4)) == 0.125  # the smallest with 4 speakers
    assert c.sign_flip(np.array([3.0]), np.array([1.0])) == 1.0
    assert c.sign_flip(np.zeros(4), np.zeros(4)) == 1.0
    assert c.sign_flip(np.ones(16), np.zeros(16)) == 2**-15  # the most that are exact
    assert c.sign_flip(np.ones(17), np.zeros(17), draws=9) in (1 / 10, 2 / 10)


@pytest.mark.parametrize("scale", [1e-200, 1e200])
def test_sign_flip_of_tiny_and_of_huge_scores(scale):
    assert c.sign_flip(BEFORE * scale, AFTER * scale) == pytest.approx(0.02734375)


def test_sign_flip_of_many_pairs_is_drawn_and_never_zero():
    rng = np.random.default_rng(0)
    a = rng.normal(size=40)
    assert c.sign_flip(a + 5, a, draws=999) == pytest.approx(1 / 1000)
    b = a + rng.normal(0.25, 1, size=40)
    drawn = c.sign_flip(a, b, draws=20_000, seed=1)
    assert drawn == pytest.approx(stats.ttest_rel(a, b).pvalue, abs=0.02)
    assert drawn == c.sign_flip(a, b, draws=20_000, seed=1)


def test_step_down_adjusts_for_the_number_of_pairs():
    rng = np.random.default_rng(0)
    d = rng.normal(size=(9, 4))
    d[:, 2] += 3
    p = c.step_down(d)
    assert p[2] == 2 / 2**9  # all of one sign: as small as p can be, however many pairs there are
    alone = np.array([c.sign_flip(column, np.zeros(9)) for column in d.T])
    assert (p >= alone - 1e-12).all()
    assert p.max() < c.holm(alone).max() + 1e-12
    np.testing.assert_allclose(c.step_down(d[:, :1]), alone[:1])
    np.testing.assert_allclose(c.step_down(-d[:, [3, 1, 0, 2]]), p[[3, 1, 0, 2]])
    assert c.step_down(np.zeros((5, 2))) == pytest.approx([1, 1])
    assert c.smallest_p(4) == 0.125
    assert c.smallest_p(63) == c.sign_flip(np.ones(63), np.zeros(63))  # as many draws as there are
    assert c.step_down(np.ones((4, 3))) == pytest.approx([0.125] * 3)
    assert c.step_down(np.full((40, 2), 3.0), draws=999) == pytest.approx([1 / 1000] * 2)


def test_a_smaller_difference_never_has_a_smaller_p():
    rng = np.random.default_rng(3)
    for _ in range(100):
        d = rng.normal(size=(5, 6)) * rng.exponential(size=(5, 6)) + rng.normal(size=6)
        sizes = np.abs(d.sum(axis=0)) / np.linalg.norm(d, axis=0)
        assert (np.diff(c.step_down(d)[np.argsort(-sizes)]) >= 0).all()


def test_step_down_by_hand():
    d = np.array([[1.0, 2.0], [2.0, -1.0], [3.0, 0.5]])
    scaled = d / np.linalg.norm(d, axis=0)
    flips = np.array([[1, a, b] for a in (1, -1) for b in (1, -1)])
    sums = np.abs(flips @ scaled)
    first = (sums.max(axis=1) >= sums[0, 0] - 1e-9).mean()
    second = max(first, (sums[:, 1] >= sums[0, 1] - 1e-9).mean())
    assert c.step_down(d) == pytest.approx([first, second])


@pytest.mark.parametrize("units", [8, 20])
def test_family_wise_error_stays_at_five_percent(units):
    rng = np.random.default_rng(units)
    one, other = np.triu_indices(5, 1)
    false = 0
    for _ in range(400):
        # Equal in truth, but alike within a unit, of unequal spread and with heavy tails.
        scores = rng.standard_t(3, (units, 5)) * [1, 1, 2, 3, 5] + rng.normal(size=(units, 1))
        false += (c.step_down(scores[:, one] - scores[:, other], draws=500) <= 0.05).any()
    assert false / 400 < 0.05 + 2 * np.sqrt(0.05 * 0.95 / 400)


def rank_sum_p(differences):
    """Two-sided p of the signed-rank sum, by every pattern of signs."""
    ranks = stats.rankdata(np.abs(differences))
    signs = np.array(list(product((0, 1), repeat=len(ranks))))
    away = np.abs(signs @ ranks - ranks.sum() / 2)
    return (away >= abs(ranks[differences > 0].sum() - ranks.sum() / 2) - 1e-9).mean()


def test_wilcoxon_is_exact_for_few_pairs_also_with_ties():
    assert c.wilcoxon(BEFORE, AFTER) == pytest.approx(0.0390625)
    assert c.wilcoxon(BEFORE, BEFORE) == 1.0
    for size in range(1, 11):
        rng = np.random.default_rng(size)
        a = rng.integers(1, 6, size) * rng.choice((-1, 1), size)
        assert c.wilcoxon(a, 0 * a) == pytest.approx(rank_sum_p(a))
        assert c.wilcoxon(np.append(a, 0), np.zeros(size + 1)) == pytest.approx(rank_sum_p(a))


def test_differences_by_rounding_alone_are_equal():
    zero = np.zeros(21)
    assert c.sign_flip([0.1, 0.2, -0.3], zero[:3]) == 1.0  # the sum is 5e-17
    assert c.sign_flip([1.0, 0.3, 0.2, 0.0], [0.7, 0.0, 0.2, 0.6]) == 1.0
    assert c.sign_flip([0.1, 0.2, -0.3] * 7, zero, draws=500) == 1.0
    assert c.step_down(np.array([[0.1, 0.2, -0.3]]).T) == 1.0
    whole = np.array([1, 2, 2, 3, 3, 4, -4, 5, 6, 0])
    offsets = np.random.default_rng(0).uniform(0, 1e6, 6)
    for step, offset in ((0.1, 0.0), (0.1, 0.7), (1e-3, 5.1), *((0.1, o) for o in offsets)):
        moved = whole * step + offset, zero[:10] + offset
        assert c.wilcoxon(*moved) == c.wilcoxon(whole, zero[:10])
        assert c.sign_flip(*moved) == c.sign_flip(whole, zero[:10])
    far = c.wilcoxon([1e6 + 0.1, 0.1, -0.2, 0.3, 0.1 + 0.2], [1e6, 0, 0, 0, 0.3])
    assert far == c.wilcoxon([1, 1, -2, 3, 0], zero[:5])
    apart = whole + np.arange(10) * 1e-9
    assert c.wilcoxon(apart, zero[:10]) != c.wilcoxon(whole, zero[:10])


def test_corrections_by_hand():
    p = [0.04, 0.01, 0.03, 0.5]
    assert c.bonferroni(p) == pytest.approx([0.16, 0.04, 0.12, 1.0])
    assert c.holm(p) == pytest.approx([0.09, 0.04, 0.09, 0.5])
    assert c.benjamini_hochberg(p) == pytest.approx([0.16 / 3, 0.04, 0.16 / 3, 0.5])


def test_tied_ranks_are_averaged_in_either_direction():
    scores = np.array([[0.9, 0.8, 0.8], [0.5, 0.7, 0.6]])
    assert c.average_ranks(scores, True).tolist() == [2.0, 1.75, 2.25]
    assert c.average_ranks(scores, False).tolist() == [2.0, 2.25, 1.75]


def test_friedman_and_nemenyi():
    rng = np.random.default_rng(2)
    scores = rng.normal(size=(12, 4)) + np.arange(4)
    assert c.friedman(scores) == pytest.approx(stats.friedmanchisquare(*scores.T).pvalue)
    assert c.friedman(np.full((6, 4), 0.5)) == 1.0
    assert c.friedman(scores[:2]) < 1
    with pytest.raises(ValueError, match="2 data sets"):
        c.friedman(scores[:1])
    assert c.nemenyi_distance(4, 14) == pytest.approx(1.2536, abs=5e-4)  # Demsar 2006: 1.25


@pytest.mark.parametrize(
    "call",
    [
        lambda: c.sign_flip([1.0], [1.0, 2.0]),
        lambda: c.sign_flip([], []),
        lambda: c.sign_flip([np.nan], [1.0]),
        lambda: c.sign_flip(np.arange(20.0), np.ones(20), draws=0),
        lambda: c.sign_flip(np.arange(4.0), np.ones(4), draws=0),
        lambda: c.wilcoxon([[1.0]], [[2.0]]),
        lambda: c.holm([0.1, np.nan]),
        lambda: c.bonferroni([]),
        lambda: c.benjamini_hochberg([1.2]),
        lambda: c.average_ranks(np.array([[0.1, np.nan]]), True),
        lambda: c.friedman(np.ones((3, 2))),
        lambda: c.nemenyi_distance(1, 5),
        lambda: c.nemenyi_distance(4.5, 5),
        lambda: c.nemenyi_distance(4, np.inf),
        lambda: c.nemenyi_distance(3, 5, alpha=5),
    ],
)
def test_bad_input_raises_value_error(call):
    with pytest.raises(ValueError, match=r"expected|holds"):
        call()
