import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from benchmark.core import Signal, Undefined
from benchmark.corpora.simulated.sensors import ultrasound
from benchmark.metrics.image._ultrasound import fan_mask
from benchmark.metrics.image.ssim import SSIM, SSIM_FAN, per_frame, ssim
from parts import needs

VIDEO = Signal(unit="grey", dtype="uint8", rate=60.0, frame=(96, 96), span=255.0)


def test_equals_scikit_image(pair, golden):
    assert per_frame(*pair, 255) == pytest.approx(golden["ssim"], abs=1e-12)
    assert ssim(pair[0][1], pair[1][1], 255) == pytest.approx(golden["ssim"][1], abs=1e-12)


@pytest.mark.parametrize("shape", [(11, 11), (11, 40), (63, 12), (37, 53), (26, 27), (250, 310)])
def test_equals_scikit_image_whatever_the_size(shape):
    needs("skimage")
    from skimage import metrics

    random = np.random.default_rng(0)
    a, b = random.uniform(-1, 1, (2, *shape))
    options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    expected = metrics.structural_similarity(a, b, data_range=2.0, **options)
    assert ssim(a, b, 2.0) == pytest.approx(expected, abs=1e-12)


def test_the_measure_is_the_mean_over_frames(pair, golden):
    target, prediction = pair
    got = SSIM.measure(prediction, target, VIDEO)
    assert got == pytest.approx([np.mean(golden["ssim"]), 1], abs=1e-12)


def test_more_frames_than_fit_at_a_time(pair, golden):
    target, prediction = (np.tile(x, (5, 1, 1))[:-1] for x in pair)
    expected = np.tile(golden["ssim"], 5)[:-1]
    assert per_frame(target, prediction, 255) == pytest.approx(expected, abs=1e-12)


def test_uint8_scores_like_floats_and_units_do_not_matter(pair):
    a, b = pair
    floats = per_frame(a.astype(float), b.astype(float), 255)
    assert np.array_equal(per_frame(a, b, 255), floats)
    assert per_frame(a / 255, b / 255, 1.0) == pytest.approx(floats, abs=1e-12)


def test_identical_is_one_and_the_negative_is_below_zero(pair):
    a, _ = pair
    assert per_frame(a, a, 255) == pytest.approx(1, abs=1e-12)
    noise = np.random.default_rng(0).integers(0, 256, (1, 40, 40)).astype(np.uint8)
    assert -1 <= per_frame(noise, 255 - noise, 255)[0] < -0.5


@pytest.mark.parametrize("span", [0, -255, np.nan, np.inf])
def test_the_span_must_be_given_and_positive(pair, span):
    with pytest.raises(ValueError, match="span"):
        per_frame(*pair, span)
    with pytest.raises(ValueError, match="span"):
        SSIM.measure(*pair, Signal(unit="grey", dtype="uint8", frame=(96, 96)))


def test_refuses_other_shapes_and_nan(pair, wrong):
    a, b = pair
    with pytest.raises(ValueError, match=r"prediction|expected"):
        per_frame(a, wrong(b), 255)


@pytest.mark.parametrize("span", [None, 0, -255, np.nan, np.inf])
def test_the_span_of_values_must_be_declared(pair, span):
    with pytest.raises(ValueError, match="positive span"):
        per_frame(*pair, span)


def test_refuses_images_smaller_than_the_window():
    with pytest.raises(ValueError, match="11 x 11"):
        ssim(np.zeros((10, 30)), np.zeros((10, 30)), 1.0)


def test_too_large_to_square_is_undefined(pair):
    with pytest.raises(Undefined, match="too large"):
        SSIM.measure(np.full((4, 96, 96), 1e200), pair[0], VIDEO)
    assert SSIM.worst(VIDEO).tolist() == [-1, 1]


def test_memory_does_not_grow_with_the_number_of_frames():
    frames = np.zeros((3000, 24, 24), np.uint8)
    tracemalloc.start()
    per_frame(frames, frames, 255)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 12e6  # float64 copies of the frames would take 28 MB


FAN = Signal(
    unit="grey",
    dtype="uint8",
    rate=60.0,
    frame=(96, 96),
    span=255.0,
    fan=(47.5, 106.0, 0.9),
    sector=(46.0, 16.0, 94.0),
)


def test_the_fan_is_where_the_embedded_corpus_draws():
    drawing = ultrasound.PARAMETERS
    assert (drawing.opening, *drawing.depth) == FAN.sector
    assert (*drawing.apex, drawing.scale) == FAN.fan
    assert np.array_equal(fan_mask(FAN, 96, 96), ultrasound.fan(drawing).inside)


def test_the_fan_by_hand():
    """Apex in the fourth column, sixth row of 7 x 5 pixels, 2 mm each, 45 degrees, 4 to 8 mm."""
    signal = replace(FAN, fan=(3.0, 5.0, 2.0), sector=(45.0, 4.0, 8.0))
    expected = [
        "00000",  # 10 mm up
        "00010",  # 8 mm: only straight above
        "01111",  # 6 mm: 4 mm to the side are 7.2 mm away, 6 mm are 8.5 mm
        "01111",  # 4 mm: 4 mm to the side lie on the diagonal
        "00000",  # 2 mm
        "00000",
        "00000",
    ]
    got = ["".join("01"[int(inside)] for inside in row) for row in fan_mask(signal, 7, 5)]
    assert got == expected


def test_inside_the_fan_equals_the_mean_of_the_map_there(pair):
    needs("skimage")
    from skimage import metrics

    target, prediction = pair
    inside = fan_mask(FAN, 96, 96)
    inside[:5] = inside[-5:] = False
    inside[:, :5] = inside[:, -5:] = False
    options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    expected = [
        metrics.structural_similarity(a, b, data_range=255, full=True, **options)[1][inside].mean()
        for a, b in zip(target, prediction, strict=True)
    ]
    assert per_frame(target, prediction, 255, fan_mask(FAN, 96, 96)) == pytest.approx(
        expected, abs=1e-12
    )
    got = SSIM_FAN.measure(prediction, target, FAN)
    assert got == pytest.approx([np.mean(expected), 1], abs=1e-12)
    assert abs(got[0] - per_frame(target, prediction, 255).mean()) > 0.01


def test_pixels_outside_the_fan_do_not_count(pair):
    target, prediction = pair
    far = ndimage.binary_dilation(fan_mask(FAN, 96, 96), np.ones((11, 11)))
    assert not far.all()
    changed = np.where(far, prediction, 255 - prediction)
    first = SSIM_FAN.measure(prediction, target, FAN)
    assert SSIM_FAN.measure(changed, target, FAN) == pytest.approx(first, abs=1e-12)
    assert SSIM.measure(changed, target, FAN)[0] < SSIM.measure(prediction, target, FAN)[0]


def test_everything_inside_is_the_plain_mean(pair):
    everything = np.ones((96, 96), bool)
    expected = per_frame(*pair, 255)
    assert per_frame(*pair, 255, everything) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("missing", [{"fan": None}, {"sector": None}, {"span": None}])
def test_the_fan_must_be_described(pair, missing):
    with pytest.raises(ValueError, match=next(iter(missing))):
        SSIM_FAN.measure(*pair, replace(FAN, **missing))


def test_a_fan_without_windows_is_refused(pair):
    with pytest.raises(ValueError, match="no window"):
        SSIM_FAN.measure(*pair, replace(FAN, sector=(46.0, 500.0, 600.0)))
    with pytest.raises(ValueError, match="inside"):
        per_frame(*pair, 255, np.ones((95, 96), bool))
    with pytest.raises(ValueError, match="inside"):
        per_frame(*pair, 255, np.ones((96, 96)))
    with pytest.raises(ValueError, match="expected"):
        SSIM_FAN.measure(pair[0][0], pair[1][0], FAN)
