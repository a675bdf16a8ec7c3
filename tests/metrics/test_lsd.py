"""Log-spectral distance: written out, known ratios, floors, what has no score."""

import numpy as np
import pytest

from benchmark.core import Signal, Undefined, UndefinedTarget
from benchmark.metrics.speech import lsd as module
from benchmark.metrics.speech.lsd import LSD, lsd

RATE = 16_000
SOUND = Signal(unit="", dtype="float32", rate=float(RATE))


def noise(seed, samples=RATE):
    return np.random.default_rng(seed).normal(0, 0.1, samples)


def written_out(clean, estimate):
    window = [0.5 - 0.5 * np.cos(2 * np.pi * n / 512) for n in range(512)]
    spectra = [
        [
            np.abs(np.fft.rfft([x[t + n] * window[n] for n in range(512)])) ** 2
            for t in range(0, len(x) - 511, 128)
        ]
        for x in (clean, estimate)
    ]
    floor = 1e-8 * max(frame.max() for frame in spectra[0])
    values = []
    for true, found in zip(*spectra, strict=True):
        apart = [
            10 * np.log10(max(a, floor)) - 10 * np.log10(max(b, floor))
            for a, b in zip(true, found, strict=True)
        ]
        values.append(np.sqrt(np.mean(np.square(apart))))
    return np.mean(values)


def test_equals_the_written_out_formula():
    clean, estimate = noise(1, 3000), noise(2, 3000)
    estimate[800:1600] = 0
    assert lsd(clean, estimate, RATE) == pytest.approx(written_out(clean, estimate), rel=1e-9)


@pytest.mark.parametrize("gain", [0.1, 0.5, 1, 2, 100])
def test_a_gain_is_its_own_distance(gain):
    assert lsd(noise(1), gain * noise(1), RATE) == pytest.approx(abs(20 * np.log10(gain)), abs=1e-9)


def test_phase_does_not_count_and_noise_does():
    clean = noise(1)
    assert lsd(clean, -clean, RATE) == 0
    distances = [lsd(clean, clean + gain * noise(2), RATE) for gain in (0.01, 0.1, 1)]
    assert distances == sorted(distances)
    assert distances[0] < 0.3 < 4 < distances[2]


def test_blocks_change_nothing(monkeypatch):
    clean, estimate = noise(1), noise(2)
    whole = lsd(clean, estimate, RATE)
    monkeypatch.setattr(module, "BLOCK", 7)
    assert lsd(clean, estimate, RATE) == pytest.approx(whole, rel=1e-12)


def test_silence_is_as_far_as_the_floor():
    clean = noise(1)
    assert 55 < lsd(clean, np.zeros(RATE), RATE) < 80
    short = noise(3, 100)
    assert lsd(short, 2 * short, RATE) == pytest.approx(20 * np.log10(2))


def test_what_has_no_score():
    with pytest.raises(UndefinedTarget, match="silence"):
        lsd(np.zeros(RATE), noise(1), RATE)
    with pytest.raises(Undefined, match="too large"):
        lsd(noise(1), np.full(RATE, 1e300), RATE)
    assert LSD.worst(SOUND).tolist() == [100.0, 1.0]
    large = np.full(RATE, 1e38, np.float32)
    assert np.isfinite(LSD.measure(large, noise(1).astype(np.float32), SOUND)).all()


@pytest.mark.parametrize(
    ("estimate", "rate"),
    [(noise(1)[:-1], RATE), (noise(1)[None], RATE), (np.full(RATE, np.nan), RATE), (noise(1), 0.5)],
)
def test_wrong_input_is_refused(estimate, rate):
    with pytest.raises(ValueError, match=r"expected|holds"):
        lsd(noise(2), estimate, rate)
