"""Ids of recordings as few patterns, so that a split of many folds is a small file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

Row = tuple[frozenset[str], ...]  # which characters there are at each place


def patterns(ids: Iterable[str]) -> tuple[str, ...]:
    """Patterns that match these ids and no others, in the order of their text.

    An id may end in "*"; it has none of the other characters that mean something in a pattern.
    Ids that differ at one place alone become one, from the last place to the first.
    """
    rows: set[Row] = {tuple(frozenset(letter) for letter in id) for id in ids}
    for back in range(1, max(map(len, rows), default=0) + 1):
        rows = _merged(rows, back)
    return tuple(sorted("".join(map(_written, row)) for row in rows))


def _merged(rows: Iterable[Row], back: int) -> set[Row]:
    """Rows that differ at the place `back` from their end alone, as one."""
    alike: dict[tuple[Row, Row], frozenset[str]] = defaultdict(frozenset)
    short = set()
    for row in rows:
        place = len(row) - back
        if place < 0:
            short.add(row)
        else:
            alike[row[:place], row[place + 1 :]] |= row[place]
    return short | {(*before, here, *after) for (before, after), here in alike.items()}


def _written(letters: frozenset[str]) -> str:
    """One character, or a class of them in which neighbours are ranges."""
    if len(letters) == 1:
        return next(iter(letters))
    runs: list[str] = []
    for letter in sorted(letters):
        if runs and ord(letter) == ord(runs[-1][-1]) + 1:
            runs[-1] += letter
        else:
            runs.append(letter)
    return f"[{''.join(r if len(r) < 3 else f'{r[0]}-{r[-1]}' for r in runs)}]"
