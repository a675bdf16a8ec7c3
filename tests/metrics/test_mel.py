import numpy as np
import pytest

from benchmark.core import Signal, Undefined
from benchmark.metrics.speech import mel

FOUR = Signal(unit="ln", dtype="float32", rate=100.0, frame=(4,))


def test_mse_is_the_mean_over_frames_and_bins(inputs, golden):
    target, prediction = inputs.trajectories()
    assert mel.mse(prediction, target) == pytest.approx(np.mean(golden["mse"]), rel=1e-13)
    assert mel.MEL_MSE.measure(prediction, target, FOUR) == pytest.approx(
        [np.mean(golden["mse"]), 1, *golden["mse"]], rel=1e-13
    )


def test_r_is_over_time_in_each_bin(inputs, golden):
    target, prediction = inputs.trajectories()
    got = mel.MEL_R.measure(prediction, target, FOUR)
    assert got == pytest.approx([np.mean(golden["pearson"]), 1, 4, 4], abs=1e-13)


def test_the_constant_mean_spectrum_has_no_r(inputs):
    target, _ = inputs.trajectories()
    mean = np.repeat(target.mean(axis=0, keepdims=True), len(target), axis=0)
    with pytest.raises(Undefined, match=r"^constant prediction"):
        mel.MEL_R.measure(mean, target, FOUR)


def test_a_silent_bin_is_left_out_and_counted(inputs, golden):
    target, prediction = inputs.trajectories()
    target[:, 0] = np.log(1e-5)
    got = mel.MEL_R.measure(prediction, target, FOUR)
    assert got == pytest.approx([np.mean(golden["pearson"][1:]), 1, 3, 4], abs=1e-13)
    prediction[:, 1] = 0.1
    r = np.array(golden["pearson"])
    assert mel.r_over_time(prediction, target)[0] == pytest.approx((-1 + r[2] + r[3]) / 3)


def test_a_silent_target_is_undefined_for_any_prediction(inputs):
    target, prediction = inputs.trajectories()
    with pytest.raises(Undefined, match=r"^target: constant"):
        mel.MEL_R.measure(prediction, np.full_like(target, -11.5), FOUR)


def test_r_per_frame_is_over_bins(inputs):
    target, prediction = inputs.trajectories()
    r = [np.corrcoef(a, b)[0, 1] for a, b in zip(prediction, target, strict=True)]
    got = mel.MEL_R_FRAME.measure(prediction, target, FOUR)
    assert got == pytest.approx([np.mean(r), 1], abs=1e-12)
    one = mel.MEL_R_FRAME.measure(prediction[:1], target[:1], FOUR)
    assert one == pytest.approx([r[0], 1], abs=1e-12)


def test_r_per_frame_rewards_the_constant_mean_spectrum():
    shape = np.array([3.0, 1.0, -2.0, 0.0])
    target = shape + np.random.RandomState(0).uniform(-1, 1, (50, 4))
    mean = np.repeat(target.mean(axis=0, keepdims=True), 50, axis=0)
    assert mel.r_over_bins(mean, target) > 0.9


def test_r_per_frame_counts_constant_frames(inputs):
    target, prediction = inputs.trajectories()
    r = [np.corrcoef(a, b)[0, 1] for a, b in zip(prediction, target, strict=True)]
    target[0] = 0.3
    assert mel.r_over_bins(prediction, target) == pytest.approx(np.mean(r[1:]))
    prediction[1] = 0.1
    assert mel.r_over_bins(prediction, target) == pytest.approx(np.mean([-1, *r[2:]]))
    flat = np.repeat(prediction[:, :1], 4, axis=1)
    with pytest.raises(Undefined, match=r"^constant prediction"):
        mel.r_over_bins(flat, target)
    flat[0] = prediction[0]  # only where the target has no r
    with pytest.raises(Undefined, match=r"^constant prediction"):
        mel.r_over_bins(flat, target)
    with pytest.raises(Undefined, match=r"^target: constant"):
        mel.r_over_bins(prediction, flat * 0)


def test_r_per_frame_needs_two_bins_and_the_declared_ones(inputs):
    target, prediction = inputs.trajectories()
    with pytest.raises(ValueError, match="at least 2 bins"):
        mel.r_over_bins(prediction[:, :1], target[:, :1])
    with pytest.raises(ValueError, match="expected 4 channels"):
        mel.MEL_R_FRAME.measure(prediction[:, :3], target[:, :3], FOUR)


def test_worst_scores():
    assert mel.MEL_R_FRAME.worst(FOUR).tolist() == [-1, 1]
    assert mel.MEL_R.worst(FOUR).tolist() == [-1, 1, 4, 4]
    assert mel.MEL_MSE.worst is None


def test_refuses_unequal_lengths_infinity_and_overflow(inputs):
    target, prediction = inputs.trajectories()
    with pytest.raises(ValueError, match="expected shape"):
        mel.mse(prediction[:-1], target)
    with pytest.raises(ValueError, match="infinity"):
        mel.mse(np.where(prediction == prediction[0, 0], -np.inf, prediction), target)
    with pytest.raises(Undefined, match="too large"):
        mel.MEL_MSE.measure(np.full_like(target, 1e200), target, FOUR)
