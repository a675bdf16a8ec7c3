"""What a problem of a recording is, and how many of each kind there are."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from benchmark.plain_text import plain

SHOWN = 5  # problems of one kind that are named; of the others, how many


@dataclass(frozen=True)
class Problem:
    """One thing that is not as declared. `kind` names it in a few words, for counting."""

    kind: str
    expected: str
    found: str
    advice: str

    def of(self, recording: str, signal: str = "") -> str:
        """The problem as one sentence about a recording, or a signal of it."""
        where = f"{recording}, {signal}" if signal else recording
        return plain(f"{where}: expected {self.expected}, found {self.found}; {self.advice}", 1000)


@dataclass
class Tally:
    """Problems by kind: how many, and the first few of them."""

    counts: Counter[str] = field(default_factory=Counter)
    shown: dict[str, list[str]] = field(default_factory=dict)

    def add(self, problem: Problem, recording: str, signal: str = "") -> None:
        self.say(problem.kind, problem.of(recording, signal))

    def say(self, kind: str, line: str) -> None:
        """Count a problem that is one sentence already."""
        self.counts[kind] += 1
        lines = self.shown.setdefault(kind, [])
        if len(lines) < SHOWN:
            lines.append(plain(line, 1000))

    def lines(self) -> list[str]:
        """One line for each problem that is shown, and one for those that are only counted."""
        said = []
        for kind, count in self.counts.items():
            said += self.shown[kind]
            if count > len(self.shown[kind]):
                said.append(f"and {count - len(self.shown[kind]):,} more: {kind}")
        return said
