import numpy as np
import pytest

from benchmark.core import Signal, Undefined
from benchmark.metrics.image import _ultrasound
from benchmark.metrics.image.msd import MSD, msd, msd_resampled, per_frame, resample

APEX, PITCH = (47.5, 110.0), 0.8
SCAN = Signal(unit="grey", dtype="uint8", rate=60.0, frame=(96, 96), span=255.0, fan=(*APEX, PITCH))
DEPTH = PITCH * np.hypot(47.5, 110.0)


def test_equals_the_written_out_loops(inputs, golden):
    u, v = inputs.contour_pair()
    assert msd(u, v) == pytest.approx(golden["msd"], rel=1e-13)
    assert msd_resampled(u, v) == pytest.approx(golden["msd_resampled"], rel=1e-12)
    assert msd(v, u) == pytest.approx(msd(u, v), rel=1e-14)


def test_by_hand():
    line = np.stack([np.arange(20.0), np.zeros(20)], axis=1)
    assert msd(line, line + np.array([0, 3])) == pytest.approx(3)
    assert msd([[0, 0]], [[3, 4]]) == 5.0
    assert msd(line[:1], line) == pytest.approx((0 + 9.5) / 2)
    bytes_ = np.array([[250, 0]], np.uint8), np.array([[255, 0]], np.uint8)
    assert msd(*bytes_) == msd(*bytes_[::-1]) == 5.0


def test_resampling_is_by_arc_length():
    corner = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 3.0]])
    expected = [[0, 0], [1, 0], [1, 1], [1, 2], [1, 3]]
    assert resample(corner, 5) == pytest.approx(np.array(expected), abs=1e-12)
    doubled = np.repeat(corner, 3, axis=0)
    assert resample(doubled, 5) == pytest.approx(np.array(expected), abs=1e-12)
    assert resample([[2, 7]], 4).tolist() == [[2, 7]] * 4
    assert resample([[2, 7], [2, 7]], 4).tolist() == [[2, 7]] * 4


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((0, 2)),
        np.zeros((2, 5)),
        np.zeros((5, 3)),
        np.zeros(4),
        [[0, np.nan]],
        [["a", "b"]],
    ],
)
def test_refuses_what_is_not_a_contour(wrong):
    with pytest.raises(ValueError, match=r"contour|expected"):
        msd(wrong, np.zeros((5, 2)))
    with pytest.raises(ValueError, match=r"contour|expected"):
        msd_resampled(np.zeros((5, 2)), wrong)
    with pytest.raises(ValueError, match="at least 2 points"):
        resample(np.zeros((5, 2)), 1)


@pytest.mark.parametrize("shift", [0.0, 1.0, 3.3, 8.0])
def test_a_shifted_arc_is_measured_in_millimetres(inputs, shift):
    target = inputs.ultrasound(bend=0.0)
    prediction = inputs.ultrasound(seed=9, bend=0.0, centre=60.0 + shift)
    assert per_frame(target, prediction, SCAN)[0] == pytest.approx(shift * PITCH, abs=0.2)


def test_identical_images_are_zero_apart(inputs):
    target = inputs.ultrasound()
    assert MSD.measure(target, target, SCAN).tolist() == [0, 1, 4, 0, 0]


def test_frames_are_scored_independently(inputs):
    target, prediction = inputs.ultrasound(19), inputs.ultrasound(19, seed=5, centre=64.0)
    values, _, _ = per_frame(target, prediction, SCAN)
    for i in (0, 7, 18):
        one = per_frame(target[i : i + 1], prediction[i : i + 1], SCAN)[0]
        assert one[0] == pytest.approx(values[i], rel=1e-9)


def test_brightness_and_contrast_do_not_matter(inputs):
    target, prediction = inputs.ultrasound(), inputs.ultrasound(seed=5, centre=64.0)
    plain = per_frame(target, prediction, SCAN)[0]
    assert per_frame(target, prediction * 0.5 + 20, SCAN)[0] == pytest.approx(plain, rel=1e-9)


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_the_fan_may_open_any_way(inputs, turns):
    target, prediction = inputs.ultrasound(), inputs.ultrasound(seed=5, centre=64.0)
    plain = per_frame(target, prediction, SCAN)[0]
    apex = {1: (110.0, 47.5), 2: (47.5, -15.0), 3: (-15.0, 47.5)}[turns]
    turned = Signal(unit="grey", dtype="uint8", frame=(96, 96), span=255.0, fan=(*apex, PITCH))
    images = (np.rot90(x, turns, axes=(1, 2)) for x in (target, prediction))
    assert per_frame(*images, turned)[0] == pytest.approx(plain, rel=1e-6)


def test_an_apex_inside_the_image(inputs):
    target = inputs.ultrasound(bend=0.0, centre=60.0)
    prediction = inputs.ultrasound(bend=0.0, centre=65.0, seed=9)
    wide = [np.pad(x, ((0, 0), (0, 40), (0, 0))) for x in (target, prediction)]
    inside = Signal(unit="grey", dtype="uint8", frame=(136, 96), span=255.0, fan=(*APEX, PITCH))
    assert per_frame(*wide, inside)[0] == pytest.approx(5 * PITCH, abs=0.2)


@pytest.mark.parametrize("blank", [0, 90])
def test_a_predicted_frame_without_contour_counts_the_depth(inputs, blank):
    target = inputs.ultrasound()
    prediction = target.copy()
    prediction[1] = blank
    assert MSD.measure(prediction, target, SCAN) == pytest.approx([DEPTH / 4, 1, 4, 1, 0])
    with pytest.raises(Undefined, match=r"^no contour"):
        MSD.measure(np.full_like(target, blank), target, SCAN)


@pytest.mark.parametrize(("percent", "expected"), [(0.01, False), (4.8, False), (5.2, True)])
def test_an_edge_needs_five_percent_of_the_span(percent, expected):
    y, x = np.mgrid[:96, :96]
    arc = np.exp(-0.5 * ((np.hypot(x - 47.5, y - 110.0) - 60) / 12) ** 2)  # smoothing keeps it
    faint = 100 + percent / 100 * 255 * arc[None]
    assert _ultrasound.contours(faint, APEX, 255.0)[1].any() == expected


def test_at_least_ten_rays_make_a_contour():
    y, x = np.mgrid[:96, :96]
    angle = np.degrees(np.arctan2(x - 47.5, 110.0 - y))
    for half, expected in ((2.0, False), (6.0, True)):
        arc = 255.0 * (np.abs(np.hypot(x - 47.5, y - 110.0) - 60) < 2) * (np.abs(angle) < half)
        assert _ultrasound.contours(arc[None], APEX, 255.0)[1].any() == expected


def test_rays_reach_from_the_apex_to_the_farthest_pixel():
    assert _ultrasound.depth(31, 42, (0.0, 0.0)) == pytest.approx(np.hypot(41, 30))
    assert _ultrasound.depth(31, 42, (60.0, -5.0)) == pytest.approx(np.hypot(60, 35))
    lengths = _ultrasound.rays(31, 42, (0.0, 0.0)).visible.sum(axis=1)
    assert lengths.max() == 1 + int(np.hypot(41, 30))
    # Of rays that only cut a corner, those of 8 pixels count.
    assert _ultrasound.rays(60, 72, (30.3, 82.7)).visible.sum(axis=1).min() == 8


def test_an_image_that_no_ray_crosses_has_no_contour():
    small = np.random.default_rng(0).integers(0, 255, (2, 5, 5))
    assert not _ultrasound.contours(small, (2.0, 20.0), 255.0)[1].any()


def test_a_bright_spot_is_no_contour(inputs):
    target = inputs.ultrasound()
    spot = np.zeros_like(target)
    spot[:, 50:53, 50:53] = 255
    with pytest.raises(Undefined, match=r"^no contour"):
        MSD.measure(spot, target, SCAN)


def test_target_frames_without_contour_are_left_out_and_counted(inputs):
    target = inputs.ultrasound()
    prediction = inputs.ultrasound(seed=5, centre=64.0)
    plain = per_frame(target, prediction, SCAN)[0]
    target[2] = 0
    expected = [np.delete(plain, 2).mean(), 1, 3, 0, 1]
    assert MSD.measure(prediction, target, SCAN) == pytest.approx(expected, rel=1e-9)
    prediction[2] = 0  # where the target has none, the prediction need not have one
    assert MSD.measure(prediction, target, SCAN) == pytest.approx(expected, rel=1e-9)
    with pytest.raises(Undefined, match=r"^target: no contour"):
        MSD.measure(prediction, np.zeros_like(target), SCAN)


@pytest.mark.parametrize("low", [0.0, -1.7e308])
def test_numbers_too_large_for_sums_give_no_contour(inputs, low):
    target = inputs.ultrasound()
    for apex in (APEX, (47.6, 110.3)):  # on pixel centres, infinity times weight 0 is NaN too
        signal = Signal(unit="", dtype="uint8", frame=(96, 96), span=255.0, fan=(*apex, PITCH))
        with pytest.raises(Undefined, match=r"^no contour"):
            MSD.measure(np.where(target > 99, 1.7e308, low), target, signal)


def test_the_worst_score_is_the_depth_of_the_image():
    assert MSD.worst(SCAN) == pytest.approx([DEPTH, 1, 0, 0, 0])


def test_needs_a_fan_and_a_span(inputs):
    image = inputs.ultrasound()
    for signal in (
        Signal(unit="", dtype="uint8", frame=(96, 96), span=255.0),
        Signal(unit="", dtype="uint8", frame=(96, 96), fan=SCAN.fan),
        Signal(unit="", dtype="uint8", frame=(96, 96), span=0.0, fan=SCAN.fan),
    ):
        with pytest.raises(ValueError, match=r"signal\.fan"):
            MSD.measure(image, image, signal)
    with pytest.raises(ValueError, match=r"signal\.frame"):
        MSD.worst(Signal(unit="", dtype="uint8", frame=(None, 96), span=255.0, fan=SCAN.fan))
    with pytest.raises(ValueError, match="NaN"):
        per_frame(image, np.full(image.shape, np.nan), SCAN)
    with pytest.raises(ValueError, match="expected"):
        per_frame(image, image[:1], SCAN)
