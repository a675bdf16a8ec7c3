import dataclasses

import numpy as np
import pytest

from benchmark.corpora.io.mel import mel_filters
from benchmark.corpora.simulated.sensors import lips, ultrasound
from benchmark.corpora.simulated.sensors.sound import mel

FILTERS = mel_filters(22_050, 1024, 80, 0, 8000)


def test_contour_points_are_equally_far_apart_and_inside_the_picture(make):
    lines = ultrasound.contour(make()).astype(np.float64)
    steps = np.hypot(*np.moveaxis(np.diff(lines, axis=1), -1, 0))
    assert (steps.std(axis=1) / steps.mean(axis=1)).max() < 0.1
    assert (lines >= 0).all()
    assert (lines <= 95 * ultrasound.SIGNALS["ultrasound"].fan[2]).all()
    assert (lines[:, -1, 0] > lines[:, 0, 0]).all()  # from the root to the tip, which is right


def test_contour_moves_with_the_tongue(make):
    source = make()
    lifted = dataclasses.replace(source, tongue=source.tongue + np.array([0.0, 3.0]))
    top, higher = (ultrasound.contour(s)[..., 1].min(axis=1) for s in (source, lifted))
    np.testing.assert_allclose(higher - top, -3, atol=0.1)  # y points down in the picture


def test_mouth_opens_with_the_lips(make):
    source = make()
    shut, wide = source.points.copy(), source.points.copy()
    shut[:, 5] = shut[:, 4] - [1.0, 0.2]
    wide[:, 5] = wide[:, 4] - [1.0, 16.0]
    dark = [
        np.mean(lips.lips(dataclasses.replace(source, points=p))[:, 30:66, 30:66] < 80)
        for p in (shut, wide)
    ]
    assert dark[0] < 0.01
    assert dark[1] > 0.1


def test_protrusion_narrows_the_mouth(make):
    source = make()
    out = source.points.copy()
    out[:, 4:6, 0] += 6.0
    area = [
        np.mean(lips.lips(dataclasses.replace(source, points=p))[:, 40:56, :24] < 130)
        for p in (source.points, out)
    ]
    assert area[1] < 0.7 * area[0]


def slow_mel(tones, frame):
    """The same definition by loops over bins, on cosines at 22,050 Hz, which reflect at 0."""
    rate, size = 22050, 1024
    n = np.abs(np.arange(256 * frame - 512, 256 * frame + 512))
    wave = sum(a * np.cos(2 * np.pi * f * n / rate + p) for f, a, p in tones)
    wave = wave * np.sin(np.pi * np.arange(size) / size) ** 2
    bins = [
        abs(np.sum(wave * np.exp(-2j * np.pi * k * np.arange(size) / size))) for k in range(513)
    ]

    def hz(m):
        return 200 * m / 3 if m < 15 else 1000 * 6.4 ** ((m - 15) / 27)

    top = 15 + 27 * np.log(8) / np.log(6.4)
    edge = [hz(top * k / 81) for k in range(82)]
    out = []
    for b in range(80):
        low, mid, high = edge[b : b + 3]
        total = 0.0
        for k, value in enumerate(bins):
            f = k * rate / size
            if low < f < high:
                rise = (f - low) / (mid - low) if f < mid else (high - f) / (high - mid)
                total += value * rise * 2 / (high - low)
        out.append(np.log(max(total, 1e-5)))
    return np.array(out)


@pytest.mark.parametrize("frame", [1, 60])
def test_mel_agrees_with_an_independent_formula(make, frame):
    tones = ((220.0, 0.1, 0.4), (1000.0, 0.05, 0.9), (3100.0, 0.02, -0.5), (6500.0, 0.01, 0.2))
    source = make(seconds=1.5)
    n = np.arange(24000)
    audio = sum(a * np.cos(2 * np.pi * f * n / 16000 + p) for f, a, p in tones)
    got = mel(dataclasses.replace(source, audio=audio))[frame]
    expected = slow_mel(tones, frame)
    loud = expected > -6
    assert loud.sum() >= 8
    np.testing.assert_allclose(got[loud], expected[loud], atol=0.03 if frame > 2 else 0.15)


def test_silence_is_the_floor_and_filters_have_unit_area(make):
    source = make()
    quiet = mel(dataclasses.replace(source, audio=0 * source.audio))
    np.testing.assert_allclose(quiet, np.log(1e-5), rtol=1e-6)
    area = FILTERS.sum(axis=1) * 22050 / 1024
    np.testing.assert_allclose(area[40:], 1, rtol=0.05)


def test_shadow_of_the_chin_rises_with_the_jaw(make):
    source = make()
    up = source.points.copy()
    up[:, 3, 1] += 3.0
    light = [
        lips.lips(dataclasses.replace(source, points=p))[:, 70:92, 30:66].mean()
        for p in (source.points, up)
    ]
    assert light[1] < light[0] - 3


def test_the_window_is_periodic(make):
    """A symmetric Hann window, one sample shorter in period, changes every value a little."""
    from scipy.signal import get_window, resample_poly

    source = make()
    sound = np.pad(resample_poly(source.audio, 441, 320), 512, mode="reflect")
    frame = sound[256 * 20 : 256 * 20 + 1024] * get_window("hann", 1024, fftbins=True)
    expected = np.log(np.maximum(FILTERS @ np.abs(np.fft.rfft(frame)), 1e-5))
    np.testing.assert_allclose(mel(source)[20], expected, atol=1e-5)
