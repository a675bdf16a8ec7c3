"""Resampling against the library's, whole and in parts."""

import numpy as np
import pytest
from pystoi.utils import resample_oct

from benchmark.metrics.speech import _resampling

RATES = [7, 4_000, 8_000, 9_999, 10_000, 11_025, 16_000, 22_050, 44_100, 48_000]


def sound(size):
    return np.random.RandomState(size).standard_normal(size)


def library(x, rate):
    return x if rate == 10_000 else resample_oct(x, 10_000, rate)


@pytest.mark.parametrize("rate", RATES)
def test_equals_the_library_at_any_rate_and_length(rate):
    for size in (1, 2, 3, 17) if rate == 7 else (1, 2, 3, 17, 440, 441, 442, 4_001):
        x = sound(size)
        expected = library(x, rate)
        made = _resampling.resampled(x, rate, 10_000, 0, len(expected))
        assert len(made) == len(expected)
        assert np.abs(made - expected).max() < 1e-12 * np.abs(expected).max()


@pytest.mark.parametrize("rate", [8_000, 10_000, 16_000, 22_050])
def test_a_part_is_that_of_the_whole(rate):
    x = sound(rate // 4)
    whole = library(x, rate)
    for start, stop in ((0, 1), (1, 130), (999, 1_000), (128, 2_304), (len(whole) - 3, len(whole))):
        made = _resampling.resampled(x, rate, 10_000, start, stop)
        assert made == pytest.approx(whole[start:stop], abs=1e-12)


@pytest.mark.parametrize("group", [1, 7, 48, 1_000])
def test_values_do_not_depend_on_how_many_are_made_at_once(monkeypatch, group):
    x = sound(3_000)
    monkeypatch.setattr(_resampling, "GROUP", group)
    _resampling._ratio.cache_clear()
    try:
        made = _resampling.resampled(x, 11_025, 10_000, 0, 2_722)
    finally:
        _resampling._ratio.cache_clear()
    assert made == pytest.approx(library(x, 11_025), abs=1e-12)


@pytest.mark.parametrize("dtype", [np.int16, np.int32, np.float32])
def test_other_types_are_taken_as_they_are(dtype):
    x = np.round(1_000 * sound(2_000)).astype(dtype)
    expected = library(x.astype(np.float64), 16_000)
    made = _resampling.resampled(x, 16_000, 10_000, 0, len(expected))
    assert made.dtype == np.float64
    assert made == pytest.approx(expected, abs=1e-9)
