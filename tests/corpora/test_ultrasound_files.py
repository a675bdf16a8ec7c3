"""Raw ultrasound: both styles of decimals, both names, and every way to be malformed."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from benchmark.core import UserError
from benchmark.corpora.io.pictures.fan import Fan
from benchmark.corpora.io.pictures.ultrasound import (
    Ultrasound,
    frame_count,
    parameters_path,
    read_frames,
    read_parameters,
)

VALUES = {
    "NumVectors": "64",
    "PixPerVector": "842",
    "ZeroOffset": "210",
    "BitsPerPixel": "8",
    "Angle": "0.025",
    "Kind": "0",
    "PixelsPerMm": "10.000",
    "FramesPerSec": "81.502",
    "TimeInSecsOfFirstFrame": "0.91230",
}
EXPECTED = Ultrasound(Fan(64, 842, 0.025, 210.0, 10.0), 81.502, 0.9123)


def write(path: Path, **changed: str | None) -> Path:
    values = {**VALUES, **changed}
    text = "".join(f"{key}={value}\n" for key, value in values.items() if value is not None)
    path.write_text(text)
    return path


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [".", ","])
def test_parameters_are_read_with_point_and_comma(tmp_path: Path, mark: str, ends: str) -> None:
    path = write(tmp_path / "001_aud.param")
    path.write_bytes(path.read_bytes().replace(b".", mark.encode()).replace(b"\n", ends.encode()))
    assert read_parameters(path) == EXPECTED


def test_spaces_a_byte_order_mark_and_further_keys_do_no_harm(tmp_path: Path) -> None:
    path = write(tmp_path / "001_aud.param")
    text = path.read_text().replace("=", " = ") + "\n\nProbe=x\xff\nNumVectors=64\n"
    path.write_bytes(b"\xef\xbb\xbf" + text.encode("latin-1"))
    assert read_parameters(path) == EXPECTED


def test_the_older_name_is_found(tmp_path: Path) -> None:
    assert parameters_path(tmp_path / "File009") == tmp_path / "File009.param"
    older = write(tmp_path / "File009US.txt")
    assert parameters_path(tmp_path / "File009") == older


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"NumVectors": None}, "expected a line NumVectors=..., found none"),
        ({"NumVectors": "64.5"}, "expected a positive whole number as NumVectors, got '64.5'"),
        ({"NumVectors": "0"}, "positive whole number as NumVectors"),
        ({"NumVectors": "1"}, "NumVectors of 2 or more, got 1"),
        ({"PixPerVector": "-842"}, "positive whole number as PixPerVector"),
        ({"PixPerVector": "1"}, "PixPerVector of 2 or more"),
        ({"PixPerVector": "99999"}, "frames of at most"),
        ({"BitsPerPixel": "16"}, "expected BitsPerPixel=8, got 16"),
        ({"Angle": "1.4"}, "an Angle in radians"),  # in degrees, as some would write it
        ({"Angle": "-0.025"}, "an Angle in radians"),
        ({"ZeroOffset": "-1"}, "ZeroOffset of 0 or more"),
        ({"PixelsPerMm": "0"}, "PixelsPerMm above 0"),
        ({"FramesPerSec": "0,0"}, "FramesPerSec above 0"),
        ({"FramesPerSec": "nan"}, "expected a number as FramesPerSec, got 'nan'"),
        ({"FramesPerSec": "1e999"}, "expected a number as FramesPerSec"),
        ({"FramesPerSec": "1,081,5"}, "expected a number as FramesPerSec"),
        ({"FramesPerSec": ""}, "expected a number as FramesPerSec, got ''"),
        ({"TimeInSecsOfFirstFrame": "-0.1"}, "TimeInSecsOfFirstFrame of 0 or more"),
        ({"Kind": "0\nAngle=0.038"}, "expected one Angle, got 0.025 and 0.038"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(
    tmp_path: Path, changed: dict[str, str | None], told: str
) -> None:
    path = write(tmp_path / "001_aud.param", **changed)
    with pytest.raises(UserError) as caught:
        read_parameters(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_list_of_parameters_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "001_aud.param"
    with pytest.raises(UserError, match=r"001_aud.param: cannot be read \(No such file"):
        read_parameters(path)
    path.write_bytes(os.urandom(1 << 17))
    with pytest.raises(UserError, match="expected a short list of parameters"):
        read_parameters(path)
    path.write_bytes(b"\x00\xff" * 500)
    with pytest.raises(UserError, match="expected a line BitsPerPixel"):
        read_parameters(path)


FAN = Fan(lines=4, samples=5, angle=0.1, offset=1, density=1.0)


def test_frames_come_line_by_line_and_in_batches(tmp_path: Path) -> None:
    path = tmp_path / "001_aud.ult"
    path.write_bytes(bytes(range(200)) * 10)
    assert frame_count(path, FAN) == 100
    chosen = np.array([0, 0, 3, *range(40, 100)])
    batches = list(read_frames(path, FAN, chosen))
    assert [len(batch) for batch in batches] == [32, 31]
    frames = np.concatenate(batches)
    assert frames.dtype == np.uint8
    assert frames.shape == (63, 4, 5)
    for frame, at in zip(frames, chosen, strict=True):
        assert frame[0, 0] == at * 20 % 200  # each frame begins where the one before it ended
        np.testing.assert_array_equal(np.diff(frame.astype(int), axis=1), 1)  # samples, then lines
        np.testing.assert_array_equal(np.diff(frame[:, 0].astype(int)), 5)


@pytest.mark.parametrize("size", [0, 19, 21, 1999])
def test_a_cut_file_is_refused_with_both_sizes(tmp_path: Path, size: int) -> None:
    path = tmp_path / "001_aud.ult"
    path.write_bytes(bytes(size))
    with pytest.raises(UserError, match=rf"001_aud.ult: expected .* 4 x 5 = 20 bytes, got {size};"):
        frame_count(path, FAN)


def test_a_frame_that_is_not_there_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "001_aud.ult"
    path.write_bytes(bytes(100))
    for chosen in ([0, 5], [-1, 2]):
        with pytest.raises(UserError, match="found 5 frames"):
            list(read_frames(path, FAN, np.array(chosen)))
    with pytest.raises(UserError, match=r"002_aud.ult: cannot be read"):
        frame_count(tmp_path / "002_aud.ult", FAN)
    assert list(read_frames(path, FAN, np.array([], int))) == []


def test_the_nearest_frame_is_at_most_half_a_frame_away() -> None:
    times = np.arange(55, 600) / 60
    chosen = EXPECTED.nearest(times, 800)
    taken = np.array([EXPECTED.time(int(at)) for at in chosen])
    assert np.abs(taken - times).max() <= 0.5 / 81.502 + 1e-9
    assert chosen[0] == round((55 / 60 - 0.9123) * 81.502)
    assert EXPECTED.nearest(np.array([0.0, 99.0]), 800).tolist() == [0, 799]
