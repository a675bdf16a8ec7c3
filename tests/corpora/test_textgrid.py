"""Praat TextGrids: both text forms, their encodings, and what is none."""

from __future__ import annotations

import codecs
import random
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
            xmin = 1e-1 
            xmax = .5 
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
1e-1
.5
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


def test_comments_and_numbers_within_words_are_decoration(tmp_path: Path) -> None:
    text = LONG.replace("size = 3", "size9 = ! not 4\n 3 ! nor 5")
    assert textgrid.read(written(tmp_path, text)) == TIERS


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("ooTextFile", "ooBinaryFile", "line 2: expected ooTextFile and TextGrid"),
        ('"TextGrid"', '"Sound"', "line 2: expected ooTextFile and TextGrid"),
        ("<exists>", "<absent>", "line 6: expected <exists>, got <absent>"),
        ("size = 3", "size = 3.5", "line 7: expected a count, got 3.5"),
        ("size = 3", "size = -1", "line 7: expected a count"),
        ("size = 3", "size = 4", "expected a text, got the end of the file"),
        ("size = 3", "size = 1e999", "line 7: expected a time or a count"),
        ("size = 2 ", "size = 3 ", "expected a number, got '\"TextTier\"'"),
        ('"TextTier"', '"PitchTier"', "expected IntervalTier or TextTier"),
        ('"phones"', '"words"', "a second tier called 'words'"),
        ("xmax = 0.25 ", "xmax = 0.27 ", "expected intervals in order of time, got 0.25"),
        ("xmin = 1e-1 ", "xmin = 0.6 ", "expected intervals in order of time, got 0.6"),
        ("xmin = 1e-1 ", "xmin = 50% ", "expected a time or a count, got '50%'"),
        ("xmin = 1e-1 ", "xmin = nan ", "expected a number"),
        ('text = "AH0"', 'text = "AH0', "expected a text, got '\"'"),
    ],
)
def test_what_is_no_textgrid_is_named_with_its_line(
    old: str, new: str, says: str, tmp_path: Path
) -> None:
    assert old in LONG
    path = written(tmp_path, LONG.replace(old, new, 1))
    with pytest.raises(UserError, match=re.escape(f"{path}, line ")) as caught:
        textgrid.read(path)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_files_that_are_none_are_sentences(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        textgrid.read(tmp_path / "none.TextGrid")
    with pytest.raises(UserError, match="not a text in utf-8"):
        textgrid.read(written(tmp_path, b"ooBinaryFile\xff\x00"))
    with pytest.raises(UserError, match="at most 4194304 bytes"):
        textgrid.read(written(tmp_path, b" " * (textgrid.MOST + 1)))
    with pytest.raises(UserError, match="line 1: expected a text, got the end"):
        textgrid.read(written(tmp_path, ""))


def test_damage_is_a_sentence_or_harmless(tmp_path: Path) -> None:
    draw, refused = random.Random(0), 0
    for _ in range(400):
        damaged = bytearray(LONG.encode())
        damaged[draw.randrange(len(damaged))] = draw.randrange(256)
        try:
            textgrid.read(written(tmp_path, bytes(damaged[: draw.choice([None, 300])])))
        except UserError:
            refused += 1
    assert refused > 200


def test_frames_say_what_is_said_at_their_moment() -> None:
    said = (Interval(0.02, 0.06, "a"), Interval(0.06, 0.1, "b"), Interval(0.14, 9.0, "a"))
    got = textgrid.frames(said, 10, 50, {"a": 3, "b": 4}, 7)
    # 20 ms a frame: 0.02 and 0.04 are in a, 0.06 and 0.08 in b, nothing is told of 0.1 and 0.12.
    np.testing.assert_array_equal(got, [7, 3, 3, 4, 4, 7, 7, 3, 3, 3])
    with pytest.raises(KeyError):
        textgrid.frames(said, 10, 50, {"a": 3}, 7)
