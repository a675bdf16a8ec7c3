"""Checks of input that all metrics share, and means of statistics."""

import weakref

import numpy as np
import pytest

from benchmark.core import Signal
from benchmark.metrics import _measurement
from benchmark.metrics.classification import accuracy
from benchmark.metrics.pearson import PER_RECORDING
from benchmark.metrics.rmse import RMSE, rmse
from benchmark.metrics.speech.mel import mse
from benchmark.metrics.speech.pitch import VOICED_R, voiced_r

TWO = Signal("mm", "float64", 100.0, (2,))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("score", [rmse, mse])
def test_a_target_that_is_not_finite_is_refused(score, bad):
    x = np.random.default_rng(0).normal(size=(20, 2))
    target = x.copy()
    target[3, 1] = bad
    with pytest.raises(ValueError, match="target: holds NaN"):
        score(x, target)
    with pytest.raises(ValueError, match="prediction: holds NaN"):
        score(target, x)
    with pytest.raises(ValueError, match="target: holds NaN"):
        voiced_r(x[:, 0], target[:, 1], np.ones(20))


@pytest.mark.parametrize("metric", [PER_RECORDING, RMSE])
@pytest.mark.parametrize("channels", [1, 3])
def test_other_channels_than_the_signal_declares_are_refused(metric, channels):
    x = np.random.default_rng(0).normal(size=(20, channels))
    with pytest.raises(ValueError, match="expected 2 channels"):
        metric.measure(x + 0.1, x, TWO)


@pytest.mark.parametrize("rate", [None, 0, -1, 0.5, np.nan, np.inf])
def test_a_rate_is_a_whole_number_of_hertz(rate):
    assert _measurement.whole_rate(16_000.0) == 16_000
    with pytest.raises(ValueError, match="whole Hz"):
        _measurement.whole_rate(rate)


def test_means_weigh_recordings_alike():
    parts = [_measurement.mean_statistics(v, np.array([v, 2 * v])) for v in (1.0, 4.0)]
    assert _measurement.reduce_mean(sum(parts)) == 2.5
    assert _measurement.mean_parts(sum(parts)).tolist() == [2.5, 5.0]


def test_a_channel_that_counts_in_no_recording_has_no_value():
    x = np.random.default_rng(0).normal(size=(20, 2))
    still = x.copy()
    still[:, 1] = 3.0
    parts = PER_RECORDING.parts(PER_RECORDING.measure(x, still, TWO))
    assert np.isnan(parts).tolist() == [False, True]


def test_the_pitch_channel_may_stand_anywhere():
    rng = np.random.default_rng(0)
    target, other = rng.normal(size=(2, 30))
    first = Signal("Hz", "float64", 50.0, (2,), channels=("pitch", "loudness"))
    x, y = (np.stack([target, noise], axis=1) for noise in (other, -other))
    assert VOICED_R.measure(x, y, first, np.ones(30))[0] == pytest.approx(1)


def test_whole_numbers_beyond_2_to_53_are_no_labels():
    """Where float64 no longer tells neighbours apart."""
    assert accuracy(np.array([2.0**52]), np.array([2.0**52])) == 1
    with pytest.raises(ValueError, match="whole numbers"):
        accuracy(np.array([2**53 + 2]), np.array([2**53 + 2]))


def test_the_last_pair_is_told_by_content_and_holds_no_array():
    sums = []
    last = _measurement.LastPair(lambda a, b, _: sums.append(1) or float(a.sum() - b.sum()))
    one, other = np.arange(4.0), np.ones(4)
    assert [last(one, other, 10), last(one.copy(), other[::1], 10)] == [2, 2]
    assert len(sums) == 1
    # Whatever differs is another pair: order, rate, type with equal bytes, bytes.
    assert last(other, one, 10) == -2
    assert last(one, other, 11) == 2
    assert last(one.view(np.int64), other.view(np.int64), 11) != 2
    one[0] = 7
    assert last(one, other, 11) == 9
    assert len(sums) == 5
    dropped = weakref.ref(one)
    del one
    assert dropped() is None
