import tracemalloc

import numpy as np
import pytest

from benchmark.core import Signal
from benchmark.metrics.image.psnr import PSNR, psnr
from parts import needs

VIDEO = Signal(unit="grey", dtype="uint8", rate=60.0, frame=(96, 96), span=255.0)


@pytest.fixture
def pair(inputs):
    return inputs.ultrasound(), inputs.ultrasound(seed=5, centre=62.0)


@pytest.mark.parametrize("repeats", [1, 7])
def test_equals_scikit_image(pair, repeats):
    needs("skimage")
    from skimage import metrics

    target, prediction = (np.tile(x, (repeats, 1, 1)) for x in pair)
    prediction = np.concatenate([prediction[:-1], target[-1:]])  # one frame is met exactly
    expected = metrics.peak_signal_noise_ratio(target, prediction, data_range=255)
    assert psnr(target, prediction, 255) == pytest.approx(expected, abs=1e-10)
    got = PSNR.measure(prediction, target, VIDEO)
    assert got == pytest.approx([expected, 1], abs=1e-10)


def test_known_answers():
    black = np.zeros((3, 5, 4))
    assert psnr(black, black + 255, 255) == pytest.approx(0, abs=1e-12)
    assert psnr(black, black + 0.1, 1.0) == pytest.approx(20, abs=1e-12)
    uneven = black.copy()
    uneven[0] = 0.3  # squares average over frames, not decibels: 0.09 / 3
    assert psnr(black, uneven, 1.0) == pytest.approx(-10 * np.log10(0.03), abs=1e-12)


def test_as_a_metric_it_stays_within_0_and_100_db(pair):
    a = pair[0].astype(float)
    assert psnr(a, a, 255) == np.inf
    assert PSNR.measure(a, a, VIDEO).tolist() == [100, 1]
    assert PSNR.measure(a + 1e-9, a, VIDEO).tolist() == [100, 1]
    assert PSNR.measure(a + 300, a, VIDEO).tolist() == [0, 1]
    assert PSNR.measure(np.full_like(a, 1e200), a, VIDEO).tolist() == [0, 1]
    assert PSNR.scale == (0, 100)


def test_uint8_does_not_wrap_and_units_do_not_matter(pair):
    a, b = pair
    value = psnr(a, b, 255)
    assert psnr(b, a, 255) == pytest.approx(value, abs=1e-12)
    assert psnr(a.astype(float), b.astype(float), 255) == value
    assert psnr(a / 255, b / 255, 1.0) == pytest.approx(value, abs=1e-10)


@pytest.mark.parametrize("span", [0, -255, np.nan, np.inf])
def test_the_span_must_be_given_and_positive(pair, span):
    with pytest.raises(ValueError, match="span"):
        psnr(*pair, span)
    with pytest.raises(ValueError, match="span"):
        PSNR.measure(*pair, Signal(unit="grey", dtype="uint8", frame=(96, 96)))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda x: x[:, :-1],
        lambda x: x[:1],
        lambda x: x[0],
        lambda x: x[:0],
        lambda x: x > 3,
        lambda x: np.where(x == x.max(), np.nan, x),
        lambda x: np.where(x == x.max(), np.inf, x),
    ],
)
def test_refuses_other_shapes_and_nan(pair, wrong):
    a, b = pair
    with pytest.raises(ValueError, match=r"prediction|expected"):
        psnr(a, wrong(b), 255)
    with pytest.raises(ValueError, match=r"target|prediction|expected"):
        psnr(wrong(a), b, 255)


def test_memory_does_not_grow_with_the_number_of_frames():
    frames = np.zeros((3000, 24, 24), np.uint8)
    tracemalloc.start()
    psnr(frames, frames, 255)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2e6  # float64 differences of all frames would take 14 MB
