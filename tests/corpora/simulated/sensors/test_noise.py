"""Noise of sensors: its spectrum, its distribution, and what is rounded."""

import numpy as np
import pytest
from scipy.stats import kurtosis

from benchmark.corpora.simulated.sensors.source import (
    drift,
    limited,
    noise,
    quantised,
    slow,
    whole,
)


def test_noise_has_unit_variance_and_the_spectrum_that_is_asked_for():
    rng = np.random.default_rng(0)
    made = noise(rng, 3000, 200, 1000, lambda f: (f >= 100) / (f + 20.0))
    assert made.shape == (3000, 200)
    assert made.dtype == np.float32
    assert made.var() == pytest.approx(1, rel=0.02)
    power = (np.abs(np.fft.rfft(made, axis=0)) ** 2).mean(axis=1)
    frequency = np.fft.rfftfreq(3000, 1 / 1000)
    inside = (frequency >= 100) & (frequency < 500)
    assert power[~inside].max() < 1e-6 * power.max()
    fits = power[inside] * (frequency[inside] + 20) ** 2
    assert fits.std() / fits.mean() < 0.15


def test_noise_is_gaussian_and_columns_have_nothing_in_common():
    made = noise(np.random.default_rng(1), 2048, 60, 1024, lambda f: 1 / (f + 1.0) ** 1.2)
    assert abs(kurtosis(made, axis=None)) < 0.3  # a few low frequencies make most of it
    white = noise(np.random.default_rng(2), 4000, 30, 1000, np.ones_like)
    assert abs(kurtosis(white, axis=None)) < 0.03
    r = np.corrcoef(white.T)
    assert np.abs(r[~np.eye(30, dtype=bool)]).max() < 0.1


def test_a_drift_is_slow_noise_at_any_rate():
    times = np.arange(20_000) / 1000
    made = drift(np.random.default_rng(3), times, 300, 2.0)
    assert made.shape == (20_000, 300)
    assert made.var() == pytest.approx(1, rel=0.05)
    same = slow(np.random.default_rng(4), 2000, 300, (0.0, 2.0))
    ours, theirs = (
        (np.abs(np.fft.rfft(frames, axis=0)[:60]) ** 2).mean(axis=1) / len(frames) ** 2
        for frames in (made[::10], same)
    )
    assert ours[41:].max() < 1e-4 * ours[1:39].min()  # above 2 Hz nothing but what ends cut off
    assert ours[1:39] == pytest.approx(theirs[1:39], rel=0.4)
    short = drift(np.random.default_rng(3), times[:500], 300, 0.3)
    assert np.abs(np.diff(short, axis=0)).max() < 0.02  # of periods far beyond the recording


def test_what_is_rounded_is_what_float64_would_be():
    values = np.random.default_rng(5).normal(0, 300, (400, 7)).astype(np.float32)
    np.testing.assert_array_equal(whole(values.copy(), 2.0**-6), quantised(values, 2.0**-6))
    np.testing.assert_array_equal(limited(values.copy(), -5, 5), np.clip(values, -5, 5))
