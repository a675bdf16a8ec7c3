import numpy as np
import pytest

from benchmark.metrics.classification import MACRO_F1
from benchmark.results import bootstrap
from benchmark.results.bootstrap import corrected, interval, percentiles, resampled, score, summed


def mean(sums):
    return sums[..., 0] / sums[..., 1]


def as_sums(values):
    """(runs, units) values of a plain mean -> sums (runs, units, 2)."""
    values = np.atleast_2d(values)
    return np.stack([values, np.ones_like(values)], axis=-1)


def ends(sums, reduce=mean, draws=10_000, seed=0, **rest):
    """The interval of `score`, as the leaderboard makes it."""
    drawn = resampled(sums, reduce, draws, seed)
    return interval(drawn, score(sums, reduce), sums.shape[1], **rest)


def test_score_is_the_mean_over_runs_of_the_reduced_sums():
    ratio = np.array([[[1.0, 2.0], [3.0, 10.0]], [[2.0, 2.0], [4.0, 4.0]]])
    assert score(ratio, mean) == pytest.approx((4 / 12 + 1) / 2)


def test_statistics_are_added_up_by_unit():
    sums, names = summed([[1.0, 1], [2, 1], [5, 1]], ["b", "a", "b"])
    assert names == ("a", "b")
    np.testing.assert_array_equal(sums, [[2, 1], [6, 2]])
    with pytest.raises(ValueError, match="2 names of units"):
        summed([[1.0, 1]], ["a", "b"])


def test_the_same_seed_gives_the_same_answer_and_touches_no_other_generator():
    values = as_sums(np.random.default_rng(0).exponential(size=10))
    state = np.random.get_state()[1].copy()
    first = resampled(values, mean, 2000, seed=5)
    bootstrap._weights.cache_clear()  # another process has none either
    assert np.array_equal(resampled(values, mean, 2000, seed=5), first)
    assert not np.array_equal(resampled(values, mean, 2000, seed=6), first)
    assert np.array_equal(np.random.get_state()[1], state)


def test_many_units_give_the_interval_of_the_normal_distribution():
    values = np.random.default_rng(0).normal(3.0, 2.0, 400)
    half = 1.96 * values.std() / 20
    expected = values.mean() - half, values.mean() + half
    assert ends(as_sums(values)) == pytest.approx(expected, abs=0.02)


def test_few_units_give_the_interval_of_student():
    values = np.random.default_rng(0).normal(size=8)
    half = 2.3646 * values.std(ddof=1) / np.sqrt(8)
    low, high = ends(as_sums(values), draws=50_000)
    assert high - low == pytest.approx(2 * half, rel=0.05)


def test_the_small_sample_correction_is_t_over_z_times_root_n_over_n_minus_1():
    # t(3) at 97.5 % is 3.18245, the normal's quantile 1.95996.
    expected = 3.18245 / 1.95996 * (4 / 3) ** 0.5
    assert bootstrap.correction(4) == pytest.approx(expected, rel=1e-5)
    assert bootstrap.correction(10**6) == pytest.approx(1, abs=1e-4)
    assert corrected(np.array([2.0, 3.0]), 2.0, 1.5).tolist() == [2.0, 3.5]


def test_units_are_drawn_whole():
    # Draws hold each unit a whole number of times, as often as there are units in all.
    sizes, levels = np.array([1, 2, 30]), np.array([0.0, 1.0, 2.0])
    drawn = set(np.round(resampled(np.stack([levels * sizes, sizes], -1)[None], mean, 200), 9))
    possible = {
        round((b * 2 + c * 60) / (a + b * 2 + c * 30), 9)
        for a in range(4)
        for b in range(4 - a)
        for c in [3 - a - b]
    }
    assert drawn <= possible
    assert len(drawn) >= 8


def test_runs_share_the_draws():
    # Two runs that err in opposite directions cancel only if the same units are drawn.
    values = np.random.default_rng(0).normal(size=50)
    assert ends(as_sums([values, -values])) == pytest.approx((0, 0), abs=1e-12)


def test_runs_are_averaged_and_not_drawn():
    values = np.random.default_rng(0).normal(size=50)
    one, three = ends(as_sums(values)), ends(as_sums([values, values, values]))
    assert three == pytest.approx(one, abs=1e-12)


def test_rows_of_as_many_units_share_the_draws():
    # So that the difference of two rows is as sure as its pairs are.
    values = np.random.default_rng(0).normal(size=20)
    one, other = resampled(as_sums(values), mean), resampled(as_sums(values + 1), mean)
    np.testing.assert_allclose(other - one, 1.0)


def test_sums_are_drawn_before_they_are_reduced():
    # Errors and words: the long recording dominates the ratio whenever it is drawn.
    ratio = np.array([[[0.0, 1.0], [100.0, 1000.0]]])
    drawn = set(np.round(resampled(ratio, mean, 100), 6))
    assert drawn == {0.0, round(100 / 1001, 6), 0.1}


def test_an_interval_stays_on_the_scale_and_around_its_score():
    values = as_sums([0.0, 0.9, 1.0, 1.0])
    assert ends(values)[1] > 1.0
    assert ends(values, scale=(0.0, 1.0)) == (0.0, 1.0)
    # All draws lie above the score, as a skewed ratio's can.
    assert interval(np.array([2.0, 3.0, 4.0]), 1.0, 4)[0] == 1.0
    # STOI's scale has no lower end, and a rounded score may lie beyond an end.
    assert interval(np.array([0.8, 0.9, 1.0]), 1.1, 4, scale=(None, 1.0))[1] == 1.1
    assert interval(np.array([0.1, 0.2]), -0.1, 4, scale=(0.0, None))[0] == -0.1


def test_ten_thousand_draws_by_default():
    assert resampled(as_sums([0.0, 1.0]), mean).shape == (10_000,)


def test_a_wider_confidence_is_wider():
    values = as_sums(np.random.default_rng(0).normal(size=40))
    narrow, wide = ends(values, confidence=0.5), ends(values, confidence=0.99)
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


def test_chunks_change_nothing_but_memory(monkeypatch):
    values = as_sums(np.random.default_rng(0).normal(size=40))
    whole = resampled(values, mean, 4000)
    monkeypatch.setattr("benchmark.results.bootstrap.CHUNK", 20_000)
    np.testing.assert_allclose(resampled(values, mean, 4000), whole, rtol=1e-12)


def accuracies(rng, speakers):
    chance = rng.beta(17.0, 3.0, (speakers, 1))
    right = rng.random((speakers, 20)) < chance
    return np.stack([right.sum(axis=1), np.full(speakers, 20)], axis=-1)[None].astype(float)


def normals(rng, speakers):
    values = rng.normal(size=(speakers, 1)) + rng.normal(size=(speakers, 20))
    return np.stack([values.sum(axis=1), np.full(speakers, 20.0)], axis=-1)[None]


def confusions(rng, speakers):
    """Five classes, each as often; errors fall on the next class."""
    right = rng.random((speakers, 20)) < rng.beta(14.0, 6.0, (speakers, 1))
    target = np.tile(np.arange(20) % 5, (speakers, 1))
    return np.eye(25)[target * 5 + (target + ~right) % 5].sum(axis=1)[None]


@pytest.mark.parametrize("speakers", [4, 8, 20])
@pytest.mark.parametrize(
    ("draw", "reduce", "truth"),
    [(normals, mean, 0.0), (accuracies, mean, 0.85), (confusions, MACRO_F1.reduce, 0.7)],
    ids=["mean", "accuracy", "macro_f1"],
)
def test_intervals_cover_the_truth_as_often_as_they_claim(speakers, draw, reduce, truth):
    rng, worlds, covered = np.random.default_rng(speakers), 600, np.zeros(2)
    for world in range(worlds):
        sums = draw(rng, speakers)
        drawn = resampled(sums, reduce, 500, seed=world)
        point = score(sums, reduce)
        for way, (low, high) in enumerate(
            (interval(drawn, point, speakers, scale=(None, None)), percentiles(drawn))
        ):
            covered[way] += low <= truth <= high
    ours, plain = covered / worlds
    # A tenth of the worlds of the benchmark: three standard errors beside 92 to 97 %.
    assert 0.90 <= ours <= 0.985
    if speakers == 4:
        assert plain < 0.88  # what the percentile interval alone would say


@pytest.mark.parametrize("confidence", [0, 1, 95, -0.5, np.nan])
def test_a_confidence_outside_zero_to_one_is_refused(confidence):
    for refused in (
        lambda: ends(as_sums([0.0, 1.0]), confidence=confidence),
        lambda: percentiles(np.zeros(3), confidence),
    ):
        with pytest.raises(ValueError, match="confidence"):
            refused()


def test_one_unit_has_no_interval():
    with pytest.raises(ValueError, match="at least 2 units"):
        ends(as_sums([1.0]))
    with pytest.raises(ValueError, match="at least 2 units"):
        resampled(as_sums([1.0]), mean)


def test_a_unit_needs_a_name():
    with pytest.raises(ValueError, match="called NaN"):
        summed(np.ones((2, 2)), [0.0, np.nan])


def test_no_draws_are_refused():
    with pytest.raises(ValueError, match="at least 1 draw"):
        resampled(as_sums([0.0, 1.0]), mean, draws=0)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_nan_and_infinity_are_refused(bad):
    for refused in (resampled, score):
        with pytest.raises(ValueError, match="NaN"):
            refused(as_sums([0.0, bad, 1.0]), mean)


def test_other_shapes_are_refused():
    for wrong in (np.zeros((3, 2)), np.zeros((1, 0, 2))):
        with pytest.raises(ValueError, match="runs, units, k"):
            score(wrong, mean)


def test_many_units_take_a_byte_each():
    """5,000 recordings that are units of their own, in 10,000 draws: 50 MB and not 400."""
    weights = bootstrap._weights(5000, 1000, 0)
    assert weights.nbytes == 5_000_000
    assert (weights.sum(axis=1) == 5000).all()


def crossed(values, draws=10_000):
    """Of values (units, texts), each cell a recording."""
    sums = as_sums(values.ravel())[0].reshape(*values.shape, 2)
    by_cell = sums.reshape(1, -1, 2)
    return bootstrap.crossed(sums.sum(axis=1)[None], sums.sum(axis=0)[None], by_cell, mean, draws)


def variances(values):
    """Of the mean, by units, by texts, and by both at once: (1 - 1/n) of the usual for the last."""
    of = [values.mean(axis=1), values.mean(axis=0), values.ravel()]
    return [np.var(each, ddof=1) / each.size for each in of]


def test_crossed_draws_vary_by_units_and_by_texts():
    rng = np.random.default_rng(3)
    values = rng.normal(size=(8, 1)) + rng.normal(size=18) + rng.normal(size=(8, 18))
    drawn, factor = crossed(values)
    own, texts, cells = variances(values)
    assert np.var(drawn) == pytest.approx(own * 7 / 8 + texts * 17 / 18, rel=0.03)
    # Student's quantile of Satterthwaite's degrees of freedom, about 11.
    total = own + texts - cells
    parts = own - 0.4 * cells, texts - 0.4 * cells, 0.4 * cells
    freedom = total**2 / sum(p**2 / d for p, d in zip(parts, (7, 17, 143), strict=True))
    from scipy import stats

    half = factor * 1.95996 * np.std(drawn)
    assert half == pytest.approx(stats.t.ppf(0.975, freedom) * total**0.5, rel=0.02)


def test_crossed_draws_are_as_wide_as_those_of_units_where_texts_do_not_differ():
    """Speakers who differ, and no text that is harder: the interval of speakers."""
    rng = np.random.default_rng(4)
    values = rng.normal(size=(6, 1)) + rng.normal(size=(6, 30)) / 10
    drawn, factor = crossed(values)
    low, high = bootstrap.ends(drawn, values.mean(), factor)
    expected = ends(as_sums(values.mean(axis=1)))
    assert high - low == pytest.approx(expected[1] - expected[0], rel=0.03)


def test_crossed_draws_without_any_difference_stay_at_the_score():
    drawn, factor = crossed(np.full((4, 5), 0.25))
    assert set(drawn) == {0.25}
    assert np.isfinite(factor)


def test_a_crossed_interval_is_what_it_was():
    values = np.arange(12.0).reshape(3, 4) % 5
    drawn, factor = crossed(values)
    low, high = bootstrap.ends(drawn, values.mean(), factor)
    assert (factor, low, high) == pytest.approx((1.15005485583, 1.07913466743, 2.32502742791))
