"""Shared functions for framing, bands, alignment, spectra and images."""

import numpy as np
import pytest


@pytest.fixture(scope="module")
def features(module):
    return module("_features")


@pytest.fixture(scope="module")
def spectra(module):
    return module("_spectra")


def test_mean_around_is_the_mean_of_the_samples_in_the_window(features):
    x = np.arange(1000.0)[:, None]
    means = features.mean_around(x, 1000.0, 50, 50.0, 0.02)
    np.testing.assert_allclose(means[10, 0], x[190:210].mean())
    np.testing.assert_allclose(means[0, 0], x[:10].mean())


@pytest.mark.parametrize("frames", [10, 80])
def test_mean_around_gives_any_number_of_frames(features, frames):
    means = features.mean_around(np.ones((500, 2)), 1000.0, frames, 50.0, 0.05)
    np.testing.assert_allclose(means, np.ones((frames, 2)))


def test_at_frames_keeps_time(features):
    line = np.arange(120, dtype=np.float32)[:, None] / 60
    times = features.at_frames(line, 60.0, 80, 50.0)[:, 0]
    np.testing.assert_allclose(times, np.arange(80) / 50, rtol=1e-5)
    video = np.zeros((6, 4, 4), np.float32)
    assert features.at_frames(video, 60.0, 9, 60.0).shape == (9, 4, 4)


def test_band_keeps_what_is_inside_without_delay(features):
    time = np.arange(2000) / 1000
    inside, outside = np.sin(2 * np.pi * 100 * time), np.sin(2 * np.pi * 10 * time)
    got = features.band((inside + outside)[:, None], 1000.0, 60.0, 160.0)[:, 0]
    np.testing.assert_allclose(got[200:-200], inside[200:-200], atol=0.02)
    assert features.band(np.ones((26, 2)), 250.0, 20.0, 60.0).shape == (26, 2)


def test_log_power_follows_gain(features):
    x = 30 * np.random.default_rng(0).standard_normal((2000, 3))
    quiet, loud = (features.emg(x * gain, 1000.0, 100, 50.0) for gain in (1, 10))
    np.testing.assert_allclose(loud - quiet, np.log(10), atol=0.01)
    assert quiet.shape == (100, 15)
    assert features.emg(x[::4, :2], 250.0, 25, 12.5).shape == (25, 6)


def test_slow_waves_do_not_depend_on_offset_and_gain(features):
    x = np.cumsum(np.random.default_rng(0).standard_normal((240, 2)), axis=0)
    one = features.slow(x, 250.0, 24, 25.0)
    np.testing.assert_allclose(features.slow(5 * x + 2000, 250.0, 24, 25.0), one, atol=0.02)


def test_standard_is_that_of_all_frames(features):
    arrays = [np.random.default_rng(n).normal(5, 3, (20 + n, 4)) for n in range(3)]
    standard = features.Standard.of(arrays)
    whole = np.concatenate(arrays)
    np.testing.assert_allclose(standard.mean, whole.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(standard.scale, whole.std(axis=0), rtol=1e-5)
    np.testing.assert_allclose(standard.undo(standard(whole)), whole, rtol=1e-5)
    assert features.Standard.of([np.ones((5, 2))]).scale.tolist() == [1.0, 1.0]


@pytest.mark.parametrize("samples", [1, 127, 128, 129, 16000, 16001])
def test_spectrum_and_back_is_the_identity(spectra, samples):
    x = np.random.default_rng(0).standard_normal(samples).astype(np.float32)
    spectrum = spectra.stft(x)
    assert spectrum.shape == (spectra.frame_count(samples), 257)
    np.testing.assert_allclose(spectra.istft(spectrum, samples), x, atol=1e-5)


def test_a_frame_of_the_spectrum_is_centred_on_its_time(spectra):
    x = np.zeros(16000)
    x[128 * 40] = 1
    assert np.abs(spectra.stft(x)).sum(axis=1).argmax() == 40


def test_gain_is_bounded(spectra):
    noisy = np.random.default_rng(0).standard_normal(4000).astype(np.float32)
    frames = spectra.frame_count(4000)
    loud = spectra.filtered(noisy, np.full((frames, 257), 9.0), 0.1)
    np.testing.assert_allclose(loud, noisy, atol=1e-5)
    quiet = spectra.filtered(noisy, np.zeros((frames, 257)), 0.1)
    np.testing.assert_allclose(quiet, 0.1 * noisy, atol=1e-5)


def test_shrink_averages_squares_of_pixels(module):
    video = np.arange(2 * 6 * 8, dtype=np.uint8).reshape(2, 6, 8)
    small = module("_pictures").shrink(video, 2)
    assert small.shape == (2, 3, 4)
    np.testing.assert_allclose(small[0, 0, 0], video[0, :2, :2].mean() / 255, rtol=1e-6)


def test_components_span_the_images(module):
    pictures = module("_pictures")
    rng = np.random.default_rng(0)
    made = rng.uniform(50, 100, (40, 3)) @ rng.uniform(0, 0.8, (3, 30))
    video = made.reshape(40, 5, 6)
    found = pictures.Components.of(video, 10)
    np.testing.assert_allclose(found.rows @ found.rows.T, np.eye(len(found.rows)), atol=1e-3)
    again = pictures.Components.of(video, 3)
    restored = again.pictures(again.weights(video), video.shape)
    assert restored.dtype == np.uint8
    np.testing.assert_allclose(restored, video.clip(0, 255), atol=1)


def test_thin_keeps_few_frames_of_every_video(module, monkeypatch):
    pictures = module("_pictures")
    monkeypatch.setattr(pictures, "FRAMES", 10)
    videos = [np.full((20, 2, 2), n) for n in range(3)]
    thinned = pictures.thin(videos)
    assert len(thinned) <= 12
    assert set(thinned[:, 0, 0]) == {0, 1, 2}
