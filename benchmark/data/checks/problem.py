"""One thing that is not as declared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

SHOWN = 5  # problems of one kind that are told in full


@dataclass(frozen=True)
class Problem:
    """`kind` is what problems are counted by; `signal` is empty where it is of the recording."""

    kind: str
    recording: str
    signal: str
    expected: str
    found: str
    advice: str

    def __str__(self) -> str:
        where = f"{self.recording}, {self.signal}" if self.signal else self.recording
        return f"{where}: expected {self.expected}, found {self.found}; {self.advice}"


def summary(problems: Iterable[Problem], shown: int = SHOWN) -> list[str]:
    """The first few of each kind and signal as sentences, the others as a number."""
    lines: list[str] = []
    counts: Counter[tuple[str, str]] = Counter()
    for problem in problems:
        counts[problem.kind, problem.signal] += 1
        if counts[problem.kind, problem.signal] <= shown:
            lines.append(str(problem))
    for (kind, signal), count in counts.items():
        if count > shown:
            of = f" of {signal}" if signal else ""
            lines.append(f"{kind}{of}: {count - shown:,} more")
    return lines
