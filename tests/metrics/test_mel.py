import numpy as np
import pytest

from benchmark.core import Signal, Undefined
from benchmark.metrics.speech import mel
from benchmark.metrics.speech._mel_filters import mel_filters

# librosa 0.11.0: filters.mel(sr=16000, n_fft=64, n_mels=6, fmin=200, fmax=7000), its third row, and
# ln max(filters @ |stft(hop_length=100, pad_mode="constant")|, 1e-5) of `noise()`, first and last
# frame.
FILTER = [
    0.00011801025869389031,
    0.0010309532893594635,
    0.0015588065513538248,
    0.0009448997596271871,
    0.00033099296790054954,
]
FIRST = [
    -6.54938764140188,
    -6.313156249786508,
    -6.7729113155336,
    -7.132479330758378,
    -6.978564930722732,
    -6.34837693464027,
]
LAST = [
    -6.746270771485081,
    -6.837127453338375,
    -6.847758001442657,
    -7.098688459256878,
    -6.86847490880612,
    -6.9612946671878895,
]
SETTINGS = (16_000, 64, 100, 6, 200, 7_000)
FOUR = Signal(unit="ln", dtype="float32", rate=100.0, frame=(4,))


def noise():
    return np.random.RandomState(5).standard_normal(300) * 0.1


def test_filters_are_slaneys():
    got = mel_filters(16_000, 64, 6, 200, 7_000)
    assert got.shape == (6, 33)
    assert got[2, 4:9] == pytest.approx(FILTER, rel=1e-12)
    assert np.count_nonzero(got[2]) == len(FILTER)
    fine = mel_filters(16_000, 1 << 16, 40, 0, 8_000)
    assert fine.sum(axis=1) * 16_000 / (1 << 16) == pytest.approx(np.ones(40), abs=1e-4)


def test_log_mel_equals_librosa():
    got = mel.log_mel(noise(), *SETTINGS)
    assert got.shape == (4, 6)
    assert got.dtype == np.float64
    assert got[0] == pytest.approx(FIRST, abs=1e-12)
    assert got[-1] == pytest.approx(LAST, abs=1e-12)
    assert mel.log_mel(noise().astype(np.float32), *SETTINGS) == pytest.approx(got, abs=1e-5)


def test_log_mel_of_silence_and_of_a_pulse():
    wav = np.zeros(1000)
    assert mel.log_mel(wav, *SETTINGS) == pytest.approx(np.full((11, 6), np.log(1e-5)))
    wav[300] = 0.5
    got = mel.log_mel(wav, *SETTINGS)
    areas = mel_filters(16_000, 64, 6, 200, 7_000).sum(axis=1)
    assert got[3] == pytest.approx(np.log(0.5 * areas))
    assert got[[2, 4]] == pytest.approx(np.full((2, 6), np.log(1e-5)))


def test_log_mel_takes_any_length_and_blocks_do_not_show(monkeypatch):
    for size in (1, 63, 99, 100):
        assert mel.log_mel(np.ones(size), *SETTINGS).shape == (1 + size // 100, 6)
    assert mel.log_mel(noise(), 16_000, 65, 10, 6, 0, 8_000).shape == (30, 6)
    wav = noise()
    expected = mel.log_mel(wav, 16_000, 64, 10, 6, 0, 8_000)
    monkeypatch.setattr(mel, "BLOCK", 4)
    assert np.array_equal(mel.log_mel(wav, 16_000, 64, 10, 6, 0, 8_000), expected)
    assert np.array_equal(wav, noise())


@pytest.mark.parametrize(
    "wav",
    [
        np.zeros(0),
        np.zeros((300, 2)),
        np.ones(300, np.int16),
        np.ones(300, bool),
        np.full(300, np.nan),
        np.full(300, np.inf),
    ],
)
def test_log_mel_refuses_what_is_no_sound(wav):
    with pytest.raises(ValueError, match="wav"):
        mel.log_mel(wav, *SETTINGS)


@pytest.mark.parametrize(
    "settings",
    [
        (16_000, 1, 100, 6, 200, 7_000),
        (16_000, 64, 0, 6, 200, 7_000),
        (16_000, 64, 100, 0, 200, 7_000),
        (16_000, 64, 100, 6, -1, 7_000),
        (16_000, 64, 100, 6, 7_000, 7_000),
        (16_000, 64, 100, 6, 200, 8_001),
        (np.nan, 64, 100, 6, 200, 7_000),
    ],
)
def test_log_mel_refuses_settings_without_bands(settings):
    with pytest.raises(ValueError, match="expected"):
        mel.log_mel(noise(), *settings)


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


def test_a_silent_target_is_not_the_models_doing(inputs):
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


def test_floors():
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
