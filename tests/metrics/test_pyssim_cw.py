import numpy as np
import pytest

from benchmark.core import Signal, Undefined
from benchmark.metrics.image.pyssim_cw import PYSSIM_CW, per_frame, pyssim_cw

VIDEO = Signal(unit="grey", dtype="uint8", rate=60.0, frame=(96, 96), span=255.0)


@pytest.fixture
def pair(inputs):
    return inputs.ultrasound(), inputs.ultrasound(seed=5, centre=62.0)


def test_equals_the_library(pair, golden):
    assert per_frame(*pair) == pytest.approx(golden["pyssim_cw"], abs=1e-10)
    got = PYSSIM_CW.measure(pair[1], pair[0], VIDEO)
    assert got == pytest.approx([np.mean(golden["pyssim_cw"]), 1], abs=1e-10)


def test_is_another_quantity_than_cw_ssim(golden):
    assert min(np.subtract(golden["cw_ssim"], golden["pyssim_cw"])) > 0.2


def test_sees_neither_sign_nor_level(pair):
    image = pair[0][0].astype(float)
    assert pyssim_cw(image, image) == 1
    assert pyssim_cw(image, 255 - image) > 0.98
    assert pyssim_cw(image, image + 50) > 0.98
    assert pyssim_cw(image, 0 * image) < 0.2


def test_the_span_of_values_does_not_matter(pair):
    unit = Signal(unit="", dtype="float64", rate=60.0, frame=(96, 96), span=1.0)
    target, prediction = (stack / 255 for stack in pair)
    expected = PYSSIM_CW.measure(pair[1], pair[0], VIDEO)
    assert PYSSIM_CW.measure(prediction, target, unit) == pytest.approx(expected, abs=1e-12)


def test_rows_are_taken_one_behind_the_other(pair):
    a, b = pair[0][0], pair[1][0]
    assert pyssim_cw(a.reshape(1, -1), b.reshape(1, -1)) == pyssim_cw(a, b) != pyssim_cw(a.T, b.T)


@pytest.mark.parametrize(
    "wrong", [lambda x: x[:-1], lambda x: x[None], lambda x: np.full(x.shape, np.nan)]
)
def test_refuses_other_shapes_and_nan(pair, wrong):
    with pytest.raises(ValueError, match=r"prediction|expected"):
        pyssim_cw(pair[0][0], wrong(pair[1][0]))


@pytest.mark.parametrize("k", [0, -1, np.nan])
def test_k_keeps_blank_images_apart_from_nothing(pair, k):
    with pytest.raises(ValueError, match="positive k"):
        pyssim_cw(pair[0][0], pair[1][0], k)


def test_too_large_to_be_squared(pair):
    with pytest.raises(Undefined, match="too large"):
        pyssim_cw(pair[0][0], pair[1][0] * 1e200)
