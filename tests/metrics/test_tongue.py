"""Hausdorff distance and tip error of the tongue's edge in pictures."""

import numpy as np
import pytest

from benchmark.core import Signal, Undefined
from benchmark.metrics.image import _contours
from benchmark.metrics.image.msd import MSD
from benchmark.metrics.image.tongue import HAUSDORFF, TIP

APEX, PITCH = (47.5, 110.0), 0.8
SCAN = Signal(unit="grey", dtype="uint8", rate=60.0, frame=(96, 96), span=255.0, fan=(*APEX, PITCH))
DEPTH = PITCH * np.hypot(47.5, 110.0)
BOTH = pytest.mark.parametrize("metric", [HAUSDORFF, TIP], ids=lambda m: m.id)
RADIUS = 60  # pixels


def arc(first, last, bump=0.0):
    """A picture of an arc between two angles in degrees, the tip's positive, with a bump behind."""
    y, x = np.mgrid[:96, :96]
    angle = np.degrees(np.arctan2(x - APEX[0], APEX[1] - y))
    radius = RADIUS + bump * np.exp(-0.5 * ((angle + 20) / 3) ** 2)
    bright = np.exp(-0.5 * ((np.hypot(x - APEX[0], y - APEX[1]) - radius) / 2) ** 2)
    return (255 * bright * ((angle >= first) & (angle <= last)))[None]


def value(metric, prediction, target):
    return metric.measure(prediction, target, SCAN)[0]


def test_the_tip_is_the_end_at_the_right():
    whole, short_tip, short_root = arc(-30, 30), arc(-30, 20), arc(-20, 30)
    gap = 2 * RADIUS * np.sin(np.radians(5)) * PITCH
    assert value(TIP, short_tip, whole) == pytest.approx(gap, abs=0.8)
    assert value(TIP, whole, short_tip) == pytest.approx(gap, abs=0.8)
    assert value(TIP, short_root, whole) == pytest.approx(0, abs=0.1)
    for short in (short_tip, short_root):
        assert value(HAUSDORFF, short, whole) == pytest.approx(gap * 0.7, abs=1.0)
        assert value(MSD, short, whole) < 1.0


def test_a_part_that_is_wrong_counts_more_than_in_the_mean():
    flat, bump = arc(-35, 35), arc(-35, 35, bump=10.0)
    assert value(HAUSDORFF, bump, flat) > 4 * value(MSD, bump, flat) > 0
    assert value(HAUSDORFF, bump, flat) == value(HAUSDORFF, flat, bump)
    assert 0.5 * 10 * PITCH < value(HAUSDORFF, bump, flat) < 10 * PITCH


def test_a_few_single_points_do_not_decide():
    line = np.stack([np.arange(100.0), np.zeros(100)], axis=1)
    for number, decides in ((4, False), (10, True)):
        wrong = line.copy()
        wrong[40 : 40 + number, 1] = 50.0
        _, most, tip = _contours.distances(line[None], wrong[None])[:, 0]
        assert (most > 5) == decides
        assert tip == 0


@BOTH
def test_frames_without_contour_count_as_for_msd(metric, inputs):
    target = inputs.ultrasound()
    prediction = target.copy()
    prediction[1] = 0
    assert metric.measure(prediction, target, SCAN) == pytest.approx([DEPTH / 4, 1, 4, 1, 0])
    target[2] = 0
    assert metric.measure(prediction, target, SCAN) == pytest.approx([DEPTH / 3, 1, 3, 1, 1])
    assert metric.worst(SCAN) == pytest.approx([DEPTH, 1, 0, 0, 0])
    with pytest.raises(Undefined, match=r"^no contour"):
        metric.measure(0 * target, target, SCAN)
    with pytest.raises(Undefined, match=r"^target: no contour"):
        metric.measure(prediction, 0 * target, SCAN)


def test_contours_are_found_once_for_all_metrics(inputs, monkeypatch):
    found = []
    plain = _contours.contours
    monkeypatch.setattr(_contours, "contours", lambda *a: found.append(1) or plain(*a))
    target, prediction = inputs.ultrasound(seed=20), inputs.ultrasound(seed=21)
    for metric in (MSD, HAUSDORFF, TIP):
        metric.measure(prediction, target, SCAN)
    assert len(found) == 2
    prediction[0] = prediction[1]
    TIP.measure(prediction, target, SCAN)
    assert len(found) == 4
