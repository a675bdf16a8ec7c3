"""Praat TextGrids: both text forms, their encodings, and what is none."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

import numpy as np
import pytest

from benchmark.core import UserError
from benchmark.corpora.io import textgrid
from benchmark.corpora.io.textgrid import Interval

LONG = """File type = "ooTextFile"
Object class = "TextGrid"

xmin = 0 
xmax = 1.5 
tiers? <exists> 
size = 3 
item []: 
    item [1]:
        class = "IntervalTier" 
        name = "words" 
        xmin = 0 
        xmax = 1.5 
        intervals: size = 2 
        intervals [1]:
            xmin = 0 
            xmax = 0.25 
            text = "" 
        intervals [2]:
            xmin = 0.25 
            xmax = 1.5 
            text = "say ""yes"" 12" 
    item [2]:
        class = "TextTier" 
        name = "clicks" 
        xmin = 0 
        xmax = 1.5 
        points: size = 1 
        points [1]:
            number = 0.7 
            mark = "click" 
    item [3]:
        class = "IntervalTier" 
        name = "phones" 
        xmin = 0 
        xmax = 1.5 
        intervals: size = 1 
        intervals [1]:
            xmin = 0.1 
            xmax = 0.5 
            text = "AH0" 
"""  # noqa: W291
SHORT = """File type = "ooTextFile"
Object class = "TextGrid"

0
1.5
<exists>
3
"IntervalTier"
"words"
0
1.5
2
0
0.25
""
0.25
1.5
"say ""yes"" 12"
"TextTier"
"clicks"
0
1.5
1
0.7
"click"
"IntervalTier"
"phones"
0
1.5
1
0.1
0.5
"AH0"
"""
TIERS = {
    "words": (Interval(0, 0.25, ""), Interval(0.25, 1.5, 'say "yes" 12')),
    "phones": (Interval(0.1, 0.5, "AH0"),),
}


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "one.TextGrid"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize("text", [LONG, SHORT], ids=["long", "short"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=repr)
def test_both_forms_say_the_same(text: str, end: str, tmp_path: Path) -> None:
    assert textgrid.read(written(tmp_path, text.replace("\n", end))) == TIERS


def test_every_encoding_that_praat_writes(tmp_path: Path) -> None:
    text = SHORT.replace("AH0", "ə́")
    for content in (
        text.encode(),
        codecs.BOM_UTF8 + text.encode(),
        codecs.BOM_UTF16_LE + text.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
    ):
        assert textgrid.read(written(tmp_path, content))["phones"][0].text == "ə́"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"phones"', '"words"', "tiers with the same name 'words'"),
        ("xmax = 0.25 ", "xmax = 0.27 ", "intervals in the same tier overlap"),
        ("xmin = 0.1 ", "xmin = 0.6 ", "interval (0.6) cannot occur after its end"),
        ("xmin = 0.1 ", "xmin = nan ", ""),
        ('text = "AH0"', 'text = "AH0', ""),
    ],
)
def test_what_is_no_textgrid_is_refused(old: str, new: str, says: str, tmp_path: Path) -> None:
    assert old in LONG
    path = written(tmp_path, LONG.replace(old, new, 1))
    with pytest.raises(UserError, match=re.escape(f"{path}: not a TextGrid (")) as caught:
        textgrid.read(path)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "content", [b"", b"ooBinaryFile\xff\x00", LONG.encode()[:700]], ids=["empty", "binary", "cut"]
)
def test_empty_binary_and_cut_files_are_refused(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"not a TextGrid"):
        textgrid.read(written(tmp_path, content))


def test_files_that_cannot_be_read_or_are_too_long_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        textgrid.read(tmp_path / "none.TextGrid")
    with pytest.raises(UserError, match="at most 4194304 bytes"):
        textgrid.read(written(tmp_path, b" " * (textgrid.MOST + 1)))


def test_frames_say_what_is_said_at_their_moment() -> None:
    said = (Interval(0.02, 0.06, "a"), Interval(0.06, 0.1, "b"), Interval(0.14, 9.0, "a"))
    got = textgrid.frames(said, 10, 50, {"a": 3, "b": 4}, 7)
    # 20 ms a frame: 0.02 and 0.04 are in a, 0.06 and 0.08 in b, nothing is told of 0.1 and 0.12.
    np.testing.assert_array_equal(got, [7, 3, 3, 4, 4, 7, 7, 3, 3, 3])
    with pytest.raises(KeyError):
        textgrid.frames(said, 10, 50, {"a": 3}, 7)
