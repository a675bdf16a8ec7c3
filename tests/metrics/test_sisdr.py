import tracemalloc

import numpy as np
import pytest

from benchmark.core import Signal, Undefined
from benchmark.metrics.speech.sisdr import BLOCK, SI_SDR, si_sdr

SOUND = Signal(unit="", dtype="float64", rate=16_000.0)


def pair(ratio_db, seed=3, length=4000):
    """A signal and the same with orthogonal noise at exactly that ratio."""
    rng = np.random.default_rng(seed)
    clean, noise = rng.normal(size=(2, length))
    clean -= clean.mean()
    noise -= noise.mean()
    noise -= (noise @ clean) / (clean @ clean) * clean
    noise *= np.sqrt((clean @ clean) / (noise @ noise)) * 10 ** (-ratio_db / 20)
    return clean, clean + noise


@pytest.mark.parametrize("ratio", [-30.0, -5.0, 0.0, 12.5, 60.0])
def test_orthogonal_noise_gives_its_ratio(ratio):
    assert si_sdr(*pair(ratio)) == pytest.approx(ratio, abs=1e-9)


@pytest.mark.parametrize("gain", [1e-200, 1e-6, -3.0, 1e9, 1e200])
@pytest.mark.parametrize("offset", [0.0, 0.5])
def test_gain_sign_and_offset_do_not_matter(gain, offset):
    clean, estimate = pair(7.0)
    assert si_sdr(clean + offset, gain * estimate + gain * offset) == pytest.approx(7.0, abs=1e-6)


def test_both_ends_of_the_scale():
    clean, _ = pair(0.0)
    assert si_sdr(clean, 4 * clean) > 250
    assert SI_SDR.measure(4 * clean, clean, SOUND).tolist() == [200.0, 1.0]
    even, odd = np.tile([1.0, -1.0], 100), np.tile([1.0, 1.0, -1.0, -1.0], 50)
    assert SI_SDR.measure(odd, even, SOUND).tolist() == [-200.0, 1.0]
    assert SI_SDR.worst(SOUND).tolist() == [-200.0, 1.0]


def test_a_constant_has_no_score():
    clean, _ = pair(0.0)
    with pytest.raises(Undefined, match="constant prediction"):
        si_sdr(clean, np.full(4000, 0.3))
    with pytest.raises(Undefined, match="target: constant"):
        si_sdr(np.zeros(4000), clean)


def test_integers_do_not_overflow():
    clean, estimate = (np.round(x * 8000).astype(np.int16) for x in pair(10.0))
    assert si_sdr(clean, estimate) == pytest.approx(10.0, abs=0.1)
    estimate[7] = -32_768
    expected = si_sdr(clean.astype(float), estimate.astype(float))
    assert si_sdr(clean, estimate) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("ratio", [-20.0, 3.0, 90.0])
@pytest.mark.parametrize("length", [BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 5])
def test_values_do_not_depend_on_blocks(ratio, length):
    clean, estimate = pair(ratio, length=length)
    drift = np.linspace(-1, 1, length)  # gives each block another mean
    assert si_sdr(clean, estimate) == pytest.approx(ratio, abs=1e-7)
    s, e = clean + drift, estimate + 2 * drift + 0.3
    s, e = s - s.mean(), e - e.mean()
    shared = (s @ e) / (s @ s) * s
    expected = 10 * np.log10((shared @ shared) / ((e - shared) @ (e - shared)))
    got = si_sdr(clean + drift, estimate + 2 * drift + 0.3)
    assert got == pytest.approx(expected, abs=1e-9)


def test_a_long_signal_is_not_copied():
    clean, estimate = (x.astype(np.float32) for x in pair(10.0, length=2_000_000))
    kept = clean.copy(), estimate.copy()
    tracemalloc.start()
    si_sdr(clean, estimate)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < clean.nbytes / 2
    assert np.array_equal(kept, (clean, estimate))


@pytest.mark.parametrize("estimate", [np.zeros((4000, 1)), np.ones(1), np.full(4000, np.nan)])
def test_refuses_other_shapes_and_nan(estimate):
    with pytest.raises(ValueError, match=r"expected|holds"):
        si_sdr(pair(0.0)[0], estimate)
    with pytest.raises(ValueError, match=r"expected|holds"):
        si_sdr(estimate, pair(0.0)[0])


def test_a_signal_may_lie_below_zero():
    clean, estimate = (x - x.max() for x in pair(7.0))
    assert si_sdr(clean, estimate) == pytest.approx(7.0, abs=1e-9)
