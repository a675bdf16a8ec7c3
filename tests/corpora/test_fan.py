"""Scan conversion: against plain interpolation, against its definition, and which way is up."""

from __future__ import annotations

import numpy as np
import pytest

from benchmark.core import Array, UserError
from benchmark.corpora import tal
from benchmark.corpora.io.pictures.fan import Fan, Grid, places, upright, weights
from benchmark.corpora.io.pictures.ultrasound import (
    frame_count,
    parameters_path,
    read_frames,
    read_parameters,
)
from benchmark.metrics.image._ultrasound import fan_mask
from parts import real_data

GRID = Grid(size=96, apex=(47.5, 98.0), pitch=1.1)
TAL = Fan(lines=64, samples=842, angle=0.025, offset=210, density=10.0)
COARSE = Fan(lines=20, samples=60, angle=0.08, offset=20, density=0.7)  # a pixel is less than any


def frames(fan: Fan, count: int = 3) -> Array:
    return np.random.default_rng(1).integers(0, 256, (count, fan.lines, fan.samples), np.uint8)


def one(frame: Array, fan: Fan) -> Array:
    picture: Array = upright([frame[None]], 1, fan, GRID)[0]
    return picture


def test_coarse_samples_are_read_as_map_coordinates_does() -> None:
    from scipy.ndimage import map_coordinates

    raw = frames(COARSE)
    pictures = upright([raw[:2], raw[2:]], 3, COARSE, GRID)
    rows, columns = np.mgrid[:96, :96]
    x, y = (columns - 47.5) * 1.1, (98.0 - rows) * 1.1  # mm from the apex
    line = np.arctan2(x, y) / 0.08 + 9.5
    sample = np.hypot(x, y) * 0.7 - 20
    inside = (line >= 0) & (line <= 19) & (sample >= 0) & (sample <= 59)
    assert 2000 < inside.sum() < 8000
    for frame, picture in zip(raw, pictures, strict=True):
        plain = map_coordinates(frame.astype(np.float64), (line, sample), order=1, mode="nearest")
        # Half a level for rounding, and a little for weights in single precision.
        assert np.abs(picture[inside] - plain[inside]).max() <= 0.501
        assert not picture[~inside].any()


def test_fine_samples_are_averaged_as_the_definition_says() -> None:
    (raw,) = frames(TAL, 1)
    picture = one(raw, TAL)
    index, line, sample = places(TAL, GRID)
    some = np.linspace(0, len(index) - 1, 200).astype(int)
    for at in some:
        distance = (sample[at] + 210) / 10
        wide, deep = max(1, 1.1 / (distance * 0.025)), max(1, 1.1 * 10)
        across = np.clip(1 - np.abs(np.arange(64) - line[at]) / wide, 0, None)
        along = np.clip(1 - np.abs(np.arange(842) - sample[at]) / deep, 0, None)
        tent = np.outer(across, along)
        expected = (tent * raw).sum() / tent.sum()
        assert picture.ravel()[index[at]] == pytest.approx(expected, abs=0.51)


def test_speckle_finer_than_a_pixel_is_averaged_and_not_picked() -> None:
    stripes = np.zeros((64, 842), np.uint8)
    stripes[:, ::2] = 200
    picture = one(stripes, TAL)
    middle = picture[fan_mask(tal.SIGNALS["ultrasound"], 96, 96)].astype(float)
    assert abs(np.median(middle) - 100) <= 1
    assert (np.abs(middle - 100) <= 5).mean() > 0.95  # not at the first and the last sample


@pytest.mark.parametrize("fan", [TAL, COARSE], ids=["fine", "coarse"])
def test_weights_add_up_so_that_grey_stays_grey(fan: Fan) -> None:
    index, matrix = weights(fan, GRID)
    np.testing.assert_allclose(matrix.sum(axis=1), 1, atol=1e-5)
    picture = one(np.full((fan.lines, fan.samples), 255, np.uint8), fan).ravel()
    assert (picture[index] == 255).all()
    assert picture.sum() == 255 * len(index)
    assert weights(fan, GRID)[1] is matrix  # made once


def test_last_line_is_right_and_first_sample_below() -> None:
    raw = np.zeros((64, 842), np.uint8)
    raw[40:] = 255
    picture = one(raw, TAL)
    assert picture[:, 60:].sum() > 0
    assert picture[:, :48].sum() == 0
    raw = np.zeros((64, 842), np.uint8)
    raw[:, :400] = 255  # near the probe
    picture = one(raw, TAL)
    assert picture[60:].sum() > 0
    assert picture[:30].sum() == 0


def test_a_bright_point_lies_where_angle_and_distance_say() -> None:
    raw = np.zeros((64, 842), np.uint8)
    raw[45:48, 380:401] = 255  # about line 46, sample 390: 60 mm, 0.3625 rad to the right
    rows, columns = np.mgrid[:96, :96]
    picture = one(raw, TAL).astype(float)
    centre = [(where * picture).sum() / picture.sum() for where in (columns, rows)]
    expected = (47.5 + 60 * np.sin(0.3625) / 1.1, 98 - 60 * np.cos(0.3625) / 1.1)
    np.testing.assert_allclose(centre, expected, atol=0.25)


def test_the_fan_that_metrics_know_is_what_a_published_scan_fills() -> None:
    signal = tal.SIGNALS["ultrasound"]
    assert (TAL.half, TAL.near, TAL.far) == pytest.approx(signal.sector, abs=0.01)
    filled = one(np.full((64, 842), 9, np.uint8), TAL) > 0
    known = fan_mask(signal, 96, 96)
    assert (filled != known).mean() < 0.002
    # What the picture cuts off lies more than 52 mm to a side.
    assert filled[:, 0].any()
    assert not filled[0].any()
    assert not filled[-1].any()


def test_a_smaller_fan_is_black_where_it_does_not_reach() -> None:
    small = Fan(lines=32, samples=421, angle=0.025, offset=210, density=10.0)
    part, whole = (one(np.full((f.lines, f.samples), 9, np.uint8), f) > 0 for f in (small, TAL))
    assert whole[part].all()
    assert part.sum() < 0.3 * whole.sum()
    rows, _ = np.nonzero(part)
    assert rows.min() == pytest.approx(98 - 63 / 1.1, abs=1)


def test_the_number_of_pictures_is_held() -> None:
    with pytest.raises(ValueError, match="expected 2 frames, got 3"):
        upright([frames(COARSE)[:2], frames(COARSE)[2:]], 2, COARSE, GRID)
    with pytest.raises(ValueError, match="expected 4 frames, got 3"):
        upright([frames(COARSE)], 4, COARSE, GRID)


def test_a_fan_without_measure_is_refused_before_it_fills_the_memory() -> None:
    with pytest.raises(UserError, match="a fan of up to a few hundred lines"):
        weights(Fan(lines=1024, samples=1024, angle=1e-3, offset=0, density=10.0), GRID)
    index, _ = weights(Fan(lines=8, samples=8, angle=0.1, offset=0, density=0.1), GRID)
    assert len(index) > 0  # an apex without offset is no division by zero


def test_real_ultrasound_is_a_fan_with_a_shadow_at_the_jaw() -> None:
    folder = real_data("ultrasound_audio/satkit")
    path = folder / "File009.ult"
    scan = read_parameters(parameters_path(folder / "File009"))
    assert (scan.fan.lines, scan.fan.samples, frame_count(path, scan.fan)) == (63, 256, 250)
    assert (scan.rate, scan.first) == (122.541, 1.01619)
    assert (scan.fan.near, scan.fan.far) == (10.0, 287 / 3.2)
    chosen = np.arange(0, 250, 10)
    pictures = upright(read_frames(path, scan.fan, chosen), 25, scan.fan, GRID)
    mean = pictures.mean(axis=0)
    assert mean[:17].max() == 0  # 89.7 mm deep, and 107.8 in the picture
    assert mean[18:30, 40:56].min() > 5
    # The mandible's shadow is low at the right; the root of the tongue is bright at the left.
    assert mean[62:85, 80:].mean() < 0.2 * mean[62:77, :16].mean()
    # The tongue moves: this is not one picture many times.
    assert np.abs(np.diff(pictures.astype(float), axis=0)).mean() > 1
