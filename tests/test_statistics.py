import numpy as np
import pytest

from benchmark.statistics import interval, score


def mean(sums):
    return sums[..., 0] / sums[..., 1]


def as_statistics(values):
    """(runs, recordings) values of a plain mean -> statistics (runs, recordings, 2)."""
    values = np.atleast_2d(values)
    return np.stack([values, np.ones_like(values)], axis=-1)


def test_score_is_the_mean_over_runs_of_the_reduced_sums():
    ratio = np.array([[[1.0, 2.0], [3.0, 10.0]], [[2.0, 2.0], [4.0, 4.0]]])
    assert score(ratio, mean) == pytest.approx((4 / 12 + 1) / 2)


def test_the_same_seed_gives_the_same_answer_and_touches_no_other_generator():
    values = np.random.default_rng(0).exponential(size=30)
    speakers = np.repeat(["a", "b", "c"], 10)
    state = np.random.get_state()[1].copy()
    first = interval(as_statistics(values), speakers, mean, draws=2000, seed=5)
    assert interval(as_statistics(values), speakers, mean, draws=2000, seed=5) == first
    assert interval(as_statistics(values), speakers, mean, draws=2000, seed=6) != first
    assert np.array_equal(np.random.get_state()[1], state)


def test_one_speaker_is_a_bootstrap_of_recordings():
    values = np.random.default_rng(0).normal(3.0, 2.0, 400)
    low, high = interval(as_statistics(values), ["a"] * 400, mean)
    half = 1.96 * values.std() / 20
    assert (low, high) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.02)


def test_known_binomial():
    low, high = interval(as_statistics(np.tile([0.0, 1.0], 20)), ["a"] * 40, mean, seed=3)
    assert (low, high) == pytest.approx((0.35, 0.65), abs=0.026)


def test_recordings_are_drawn_within_speakers_too():
    # Speakers are alike and recordings differ: whole speakers alone would give no width at all.
    values = np.tile([0.0, 1.0], 20)
    low, high = interval(as_statistics(values), np.repeat(np.arange(4), 10), mean)
    assert high - low == pytest.approx(2 * 1.96 * 0.5 / np.sqrt(40), rel=0.1)


def test_each_draw_of_a_speaker_takes_as_many_recordings_as_it_has():
    # Per speaker all recordings are alike, so the score is a ratio of the counts drawn.
    sizes = [1, 2, 30]
    values = np.repeat([0.0, 1.0, 2.0], sizes)
    drawn = set()
    for seed in range(200):
        one = interval(as_statistics(values), np.repeat(list("abc"), sizes), mean, 1, 0.5, seed)
        drawn.add(round(one[0], 9))
    possible = {
        round((b * 2 + c * 60) / (a + b * 2 + c * 30), 9)
        for a in range(4)
        for b in range(4 - a)
        for c in [3 - a - b]
    }
    assert drawn <= possible
    assert len(drawn) >= 8


def test_runs_share_the_draws():
    # Two runs that err in opposite directions cancel only if the same recordings are drawn.
    values = np.random.default_rng(0).normal(size=50)
    low, high = interval(as_statistics([values, -values]), ["a"] * 50, mean)
    assert (low, high) == pytest.approx((0, 0), abs=1e-12)


def test_runs_are_averaged_and_not_drawn():
    values = np.random.default_rng(0).normal(size=50)
    one = interval(as_statistics(values), ["a"] * 50, mean)
    three = interval(as_statistics([values, values, values]), ["a"] * 50, mean)
    assert three == pytest.approx(one, abs=1e-12)


def test_sums_are_drawn_before_they_are_reduced():
    # Errors and words: the long recording dominates the ratio whenever it is drawn.
    ratio = np.array([[[0.0, 1.0], [100.0, 1000.0]]])
    low, high = interval(ratio, ["a", "a"], mean)
    assert (low, high) == (0.0, 0.1)


def test_a_wider_confidence_is_wider():
    values = as_statistics(np.random.default_rng(0).normal(size=40))
    narrow = interval(values, ["a"] * 40, mean, confidence=0.5)
    wide = interval(values, ["a"] * 40, mean, confidence=0.99)
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


def test_chunks_change_nothing_but_memory(monkeypatch):
    values = as_statistics(np.random.default_rng(0).normal(size=40))
    speakers = np.repeat(list("abcd"), 10)
    whole = interval(values, speakers, mean, draws=4000)
    monkeypatch.setattr("benchmark.statistics.CHUNK", 20_000)
    monkeypatch.setattr("benchmark.statistics.KEPT", 0)
    assert interval(values, speakers, mean, draws=4000) == pytest.approx(whole, abs=0.03)


def test_covers_the_truth_where_ignoring_speakers_does_not():
    rng = np.random.default_rng(11)
    speakers = np.repeat(np.arange(8), 30)
    covered = np.zeros(2)
    worlds = 300
    for world in range(worlds):
        values = rng.normal(size=8)[speakers] + rng.normal(size=speakers.size)
        statistics = as_statistics(values)
        for i, owners in enumerate((speakers, np.zeros_like(speakers))):
            low, high = interval(statistics, owners, mean, draws=400, seed=world)
            covered[i] += low <= 0 <= high
    assert 0.86 <= covered[0] / worlds <= 0.97  # 8 units: a little below the nominal 0.95
    assert covered[1] / worlds <= 0.45


@pytest.mark.parametrize("confidence", [0, 1, 95, -0.5, np.nan])
def test_a_confidence_outside_zero_to_one_is_refused(confidence):
    with pytest.raises(ValueError, match="confidence"):
        interval(as_statistics([0.0, 1.0]), ["a", "b"], mean, confidence=confidence)


def test_one_recording_has_no_interval():
    with pytest.raises(ValueError, match="at least 2 recordings"):
        interval(as_statistics([1.0]), ["a"], mean)


def test_no_draws_are_refused():
    with pytest.raises(ValueError, match="at least 1 draw"):
        interval(as_statistics([0.0, 1.0]), ["a", "b"], mean, draws=0)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_failed_recording_must_not_vanish(bad):
    with pytest.raises(ValueError, match="NaN"):
        interval(as_statistics([0.0, bad, 1.0]), ["a"] * 3, mean)
    with pytest.raises(ValueError, match="NaN"):
        score(as_statistics([0.0, bad, 1.0]), mean)


def test_other_shapes_are_refused():
    with pytest.raises(ValueError, match="runs, recordings, k"):
        score(np.zeros((3, 2)), mean)
    with pytest.raises(ValueError, match="runs, recordings, k"):
        score(np.zeros((1, 0, 2)), mean)
    with pytest.raises(ValueError, match="speakers of shape"):
        interval(as_statistics([0.0, 1.0]), ["a"], mean)


def test_kept_draws_are_those_of_the_same_speakers_and_seed():
    values = as_statistics(np.random.default_rng(0).normal(size=40))
    first = interval(values, np.repeat(list("abcd"), 10), mean, draws=500)
    others = [
        interval(values, np.tile(list("abcd"), 10), mean, draws=500),
        interval(values, np.repeat(list("abcd"), 10), mean, draws=500, seed=1),
        interval(values, np.repeat(list("abcd"), 10), mean, draws=500, within=False),
    ]
    assert first not in others
    assert interval(values, np.repeat(list("wxyz"), 10), mean, draws=500) == first


def test_whole_speakers_are_drawn_where_their_recordings_are_not():
    # Two speakers of equal means: whole, they cannot differ; their recordings can.
    values = as_statistics([0.0, 1.0, 0.5, 0.5])
    assert interval(values, list("aabb"), mean, within=False) == (0.5, 0.5)
    apart = as_statistics([0.0, 0.0, 1.0, 1.0])
    assert interval(apart, list("aabb"), mean, within=False) == (0.0, 1.0)
    low, high = interval(values, list("aabb"), mean)
    assert low < 0.3 < 0.7 < high
