import numpy as np
import pytest

from benchmark.core import Signal, Undefined
from benchmark.metrics.pearson import PER_RECORDING, mean_over_recordings, per_channel

FOUR = Signal(unit="mm", dtype="float64", rate=100.0, frame=(4,), channels=("a", "b", "c", "d"))
OPEN = Signal(unit="mm", dtype="float64", rate=100.0, frame=(None,))


@pytest.fixture
def pair(inputs):
    return inputs.trajectories()


def test_equals_scipy(pair, golden):
    target, prediction = pair
    assert per_channel(prediction, target) == pytest.approx(golden["pearson"], abs=1e-14)


@pytest.mark.parametrize("scale", [1e-200, 1e-9, 1e6, 1e200])
def test_the_unit_does_not_matter(pair, golden, scale):
    target, prediction = pair
    r = per_channel(prediction * scale, target)
    assert r == pytest.approx(golden["pearson"], abs=1e-12)


def test_a_large_offset_does_not_matter(pair, golden):
    target, prediction = pair
    assert per_channel(prediction + 1e6, target) == pytest.approx(golden["pearson"], abs=1e-8)


def test_integers_do_not_overflow(pair):
    target, prediction = ((x * 200).astype(np.int16) for x in pair)
    wide = per_channel(prediction.astype(float), target.astype(float))
    assert np.array_equal(per_channel(prediction, target), wide)


@pytest.mark.parametrize("constant", [0.0, 0.1, 0.3, 1 / 3, 36.6])
def test_a_constant_channel_is_nan_and_the_others_are_right(pair, golden, constant):
    target, prediction = pair
    prediction[:, 1] = constant
    r = per_channel(prediction, target)
    assert np.isnan(r[1])
    assert np.delete(r, 1) == pytest.approx(np.delete(golden["pearson"], 1), abs=1e-14)


def test_identical_and_opposite_stay_within_the_scale(pair):
    target, _ = pair
    assert per_channel(target, target) == pytest.approx(1, abs=1e-15)
    assert per_channel(-target, target) == pytest.approx(-1, abs=1e-15)
    many = np.random.RandomState(0).standard_normal((17, 5000))
    assert per_channel(many, many).max() <= 1
    assert per_channel(-many, many).min() >= -1


def test_a_channel_that_moves_by_single_roundings_has_its_r():
    step = (np.arange(30.0) % 3 == 0).astype(float)[:, None]
    tiny = 1.0 + step * np.finfo(float).eps
    assert per_channel(tiny, step) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda x: x[:1],
        lambda x: x[:, :1],
        lambda x: x.T,
        lambda x: x[:0],
        lambda x: x[:, 0],
        lambda x: np.where(x == x[3, 2], np.nan, x),
        lambda x: np.where(x == x[3, 2], np.inf, x),
        lambda x: np.where(x == x[3, 2], -np.inf, x),
        lambda x: x.astype(object),
        lambda x: x + 0j,
    ],
)
def test_refuses_what_would_broadcast_or_is_no_number(pair, wrong):
    target, prediction = pair
    with pytest.raises(ValueError, match=r"prediction|expected"):
        per_channel(wrong(prediction), target)


def test_one_frame_has_no_r(pair):
    target, prediction = pair
    with pytest.raises(ValueError, match="at least 2 frames"):
        per_channel(prediction[:1], target[:1])


def test_statistics_hold_mean_count_channels_validity(pair, golden):
    target, prediction = pair
    got = PER_RECORDING.measure(prediction, target, FOUR)
    r = golden["pearson"]
    assert got == pytest.approx([np.mean(r), 1, *r, 1, 1, 1, 1], abs=1e-14)
    assert PER_RECORDING.measure(prediction, target, OPEN) == pytest.approx([np.mean(r), 1])


def test_a_constant_target_channel_is_left_out_with_validity_0(pair, golden):
    target, prediction = pair
    target[:, 2] = 0.3
    got = PER_RECORDING.measure(prediction, target, FOUR)
    r = np.array(golden["pearson"])
    assert got[0] == pytest.approx(r[[0, 1, 3]].mean(), abs=1e-14)
    assert got[2:6] == pytest.approx([r[0], r[1], 0, r[3]], abs=1e-14)
    assert got[6:].tolist() == [1, 1, 0, 1]


def test_a_constant_predicted_channel_counts_minus_one(pair, golden):
    target, prediction = pair
    prediction[:, 2] = 0.3
    got = PER_RECORDING.measure(prediction, target, FOUR)
    r = np.array(golden["pearson"])
    r[2] = -1
    assert got == pytest.approx([r.mean(), 1, *r, 1, 1, 1, 1], abs=1e-14)


def test_undefined_targets_and_undefined_predictions_are_told_apart(pair):
    target, prediction = pair
    with pytest.raises(Undefined, match=r"^constant prediction"):
        PER_RECORDING.measure(np.full_like(target, 0.3), target, FOUR)
    with pytest.raises(Undefined, match=r"^target: constant"):
        PER_RECORDING.measure(prediction, np.full_like(target, 0.3), FOUR)
    with pytest.raises(Undefined, match=r"^target: fewer than 10"):
        PER_RECORDING.measure(prediction[:9], target[:9], FOUR)
    target[:, 1:] = 0.0  # only channel 0 counts, and there nothing was predicted
    prediction[:, 0] = 1.0
    with pytest.raises(Undefined, match=r"^constant prediction"):
        PER_RECORDING.measure(prediction, target, FOUR)


def test_recordings_weigh_the_same_however_long(inputs):
    long, short = inputs.trajectories(7, 500), inputs.trajectories(8, 20)
    parts = [PER_RECORDING.measure(p, t, FOUR) for t, p in (long, short)]
    assert PER_RECORDING.reduce(sum(parts)) == pytest.approx((parts[0][0] + parts[1][0]) / 2)


def test_the_worst_score_is_as_wide_as_the_statistics():
    assert PER_RECORDING.worst(FOUR).tolist() == [-1, 1, -1, -1, -1, -1, 1, 1, 1, 1]
    assert PER_RECORDING.worst(OPEN).tolist() == [-1, 1]


def test_a_signal_that_declares_other_channels_is_refused(pair):
    target, prediction = pair
    with pytest.raises(ValueError, match="4 channels"):
        PER_RECORDING.measure(prediction[:, :3], target[:, :3], FOUR)


@pytest.fixture
def recordings():
    """Six of (prediction, target) whose levels differ far more than they move."""
    rng = np.random.default_rng(4)
    levels = rng.normal(0, 30, (6, 1, 4))
    targets = [level + rng.normal(size=(30 + n, 4)) for n, level in enumerate(levels)]
    return [level + rng.normal(size=x.shape) for level, x in zip(levels, targets, strict=True)], (
        targets
    )


def test_the_mean_over_recordings_weighs_them_alike(recordings):
    r = [per_channel(x, y) for x, y in zip(*recordings, strict=True)]
    assert mean_over_recordings(*recordings) == pytest.approx(np.mean(r, axis=0))
    recordings[0][2][:, 3] = 5.0
    assert np.isnan(mean_over_recordings(*recordings)).tolist() == [False, False, False, True]
    for bad in ((recordings[0][:5], recordings[1]), ([], [])):
        with pytest.raises(ValueError, match="predictions"):
            mean_over_recordings(*bad)
