"""Read Praat TextGrids: which word or phone was said from when to when.

Long and short text form are one language, as Praat reads it: numbers that stand free, texts in
double quotes (a quote within is doubled) and flags in <> count, all else (`xmin =`, `item [1]:`) is
decoration, and `!` begins a comment. UTF-8, or UTF-16 with a byte order mark.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmark.core import Array, UserError

MOST = 4 << 20  # bytes of one file
SLACK = 1e-4  # seconds by which neighbours may overlap: times are written with few digits
TOKEN = re.compile(
    r"""
    (?P<text>"(?:[^"]|"")*")
    | (?P<flag><[^<>"\n]*>)
    | (?P<comment>![^\n]*)
    | (?<!\S)(?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?%?)(?!\S)
    | (?P<open>")
    """,
    re.VERBOSE,
)
BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


class Interval(NamedTuple):
    """What is said from `begin` to `end`, in seconds."""

    begin: float
    end: float
    text: str


class _Tokens:
    """The tokens of a file, one after the other, each of the kind that is expected there."""

    def __init__(self, path: Path, content: str) -> None:
        self.path, self.content = path, content
        self.rest = TOKEN.finditer(content)
        self.at = 0

    def next(self, kind: str) -> str:
        for match in self.rest:
            if match.lastgroup == "comment":
                continue
            self.at = match.start()
            if match.lastgroup != kind:
                raise self.wrong(f"expected a {kind}, got {match[0][:40]!r}")
            return match[0]
        self.at = len(self.content)
        raise self.wrong(f"expected a {kind}, got the end of the file")

    def text(self) -> str:
        return self.next("text")[1:-1].replace('""', '"')

    def number(self) -> float:
        written = self.next("number")
        value = float(written.rstrip("%"))
        if written.endswith("%") or not math.isfinite(value):
            raise self.wrong(f"expected a time or a count, got {written!r}")
        return value

    def count(self) -> int:
        value = self.number()
        if value != int(value) or value < 0:
            raise self.wrong(f"expected a count, got {value}")
        return int(value)

    def wrong(self, said: str) -> UserError:
        line = self.content.count("\n", 0, self.at) + 1
        return UserError(f"{self.path}, line {line}: {said}; get the file again")


def read(path: Path) -> dict[str, tuple[Interval, ...]]:
    """The interval tiers of a TextGrid by name, such as "words" and "phones"; points are left out.

    Intervals come in order of time, do not overlap and may have gaps. UserError with file and line
    for anything else, for two tiers of one name, and for a file above 4 MiB.
    """
    tokens = _Tokens(path, _decoded(path))
    if (kinds := (tokens.text(), tokens.text())) != ("ooTextFile", "TextGrid"):
        raise tokens.wrong(f"expected ooTextFile and TextGrid, got {kinds}")
    tokens.number(), tokens.number()
    if (flag := tokens.next("flag")) != "<exists>":
        raise tokens.wrong(f"expected <exists>, got {flag}")
    tiers: dict[str, tuple[Interval, ...]] = {}
    for _ in range(tokens.count()):
        kind, name = tokens.text(), tokens.text()
        if kind not in ("IntervalTier", "TextTier"):
            raise tokens.wrong(f"expected IntervalTier or TextTier, got {kind!r}")
        if name in tiers:
            raise tokens.wrong(f"a second tier called {name!r}")
        tokens.number(), tokens.number()
        if kind == "IntervalTier":
            tiers[name] = tuple(_intervals(tokens))
        else:
            for _ in range(tokens.count()):
                tokens.number(), tokens.text()
    return tiers


def _intervals(tokens: _Tokens) -> Iterator[Interval]:
    before = -math.inf
    for _ in range(tokens.count()):
        one = Interval(tokens.number(), tokens.number(), tokens.text())
        if one.end < one.begin or one.begin < before - SLACK:
            raise tokens.wrong(f"expected intervals in order of time, got {one.begin} to {one.end}")
        before = one.end
        yield one


def _decoded(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MOST + 1)
    except OSError as problem:
        raise UserError(f"{path}: cannot be read ({problem.strerror})") from problem
    if len(content) > MOST:
        raise UserError(f"{path}: expected a TextGrid of at most {MOST} bytes, got more")
    encoding = next((name for mark, name in BOMS if content.startswith(mark)), "utf-8")
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as problem:
        raise UserError(f"{path}: not a text in {encoding} (byte {problem.start})") from problem


def frames(
    intervals: Sequence[Interval], count: int, rate: float, classes: Mapping[str, int], other: int
) -> Array:
    """(count,) int64: the class of what is said at k / rate seconds, `other` where nothing is told.

    KeyError for a label that has no class. An interval has its begin and not its end.
    """
    said = np.full(count, other, np.int64)
    times = np.arange(count) / rate
    for begin, end, text in intervals:
        first, last = np.searchsorted(times, (begin, end))
        said[first:last] = classes[text]
    return said
