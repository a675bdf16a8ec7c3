import numpy as np
import pytest

from benchmark.corpora.noise import coloured, generator
from benchmark.corpora.simulated.sensors.source import delayed, loudness, quantised, sampled

RATES = (50, 60, 1000, 1024, 22050 / 256, 16000)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("seconds", [0.47, 1.63, 3.0])
def test_length_is_duration_times_rate_halves_upwards(make, rate, seconds):
    assert make(seconds=seconds).length(rate) == int(np.floor(seconds * rate + 0.5 + 1e-9))


def test_half_a_sample_is_rounded_upwards(make):
    assert [make(seconds=n / 100).length(50) for n in (81, 83, 85)] == [41, 42, 43]


def test_generators_depend_on_names_alone():
    one, again, other = (generator("t1", name).random(8) for name in ("emg", "emg", "seeg"))
    np.testing.assert_array_equal(one, again)
    assert not np.any(one == other)


def test_first_numbers_of_a_generator_stay_what_they_are():
    """Golden: numpy 2.4.6, PCG64 of sha256(b"silent/bench")[:16], big endian."""
    expected = [1195035380, 963382476, 2096968091, 980450239]
    np.testing.assert_array_equal(generator("silent", "bench").integers(0, 2**31, 4), expected)


def test_quantised_values_are_multiples_and_saturate():
    out = quantised(np.array([0.3, -0.3, 1e6, -1e6]), 0.25)
    np.testing.assert_array_equal(out, np.float32([0.25, -0.25, 32767 / 4, -32768 / 4]))
    assert out.dtype == np.float32


def test_sampling_keeps_slow_movement_and_removes_what_would_alias():
    time = np.arange(400) / 100
    slow, fast = np.sin(2 * np.pi * 4 * time), np.sin(2 * np.pi * 38 * time)
    times = np.arange(200) / 50
    inner = slice(20, -20)
    out = sampled(np.stack([slow, fast], axis=1), times, 50)[inner]
    np.testing.assert_allclose(out[:, 0], np.sin(2 * np.pi * 4 * times)[inner], atol=0.02)
    assert np.abs(out[:, 1]).max() < 0.02


def test_delay_moves_later_and_holds_the_ends():
    frames = np.arange(10.0)[:, None]
    np.testing.assert_allclose(delayed(frames, 0.025)[:, 0], np.clip(np.arange(10) - 2.5, 0, 9))
    np.testing.assert_allclose(delayed(frames, -0.03)[:, 0], np.clip(np.arange(10) + 3, 0, 9))


def test_coloured_noise_has_unit_variance_and_stays_in_its_band():
    noise = coloured(generator("noise"), (8, 20000), 1000, lambda f: 1.0 * ((f > 70) & (f < 170)))
    assert np.std(noise) == pytest.approx(1, abs=0.02)
    power = np.abs(np.fft.rfft(noise * np.hanning(20000), axis=1)) ** 2
    frequency = np.fft.rfftfreq(20000, 0.001)
    outside = (frequency < 69) | (frequency > 171)
    assert power[:, outside].sum() / power.sum() < 1e-6


def test_loudness_is_the_mean_magnitude_of_centred_blocks(make):
    source = make()
    z = (source.audio - source.audio.mean()) / source.audio.std()
    expected = [np.abs(z[320 * k - 160 : 320 * k + 160]).mean() for k in range(1, 20)]
    np.testing.assert_allclose(loudness(source, 50)[1:20], expected, rtol=1e-12)
