"""The one writer of Markdown tables, and what text of others must go through before it."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence

from benchmark.plain_text import LONGEST_LINE, plain

# A no-break space keeps a figure and its interval in one line, so it is not collapsed.
SPACES = re.compile(r"[^\S\N{NO-BREAK SPACE}]+")
NBSP = "\N{NO-BREAK SPACE}"
MARKUP = frozenset("\\`*_[]<>|#!&~$@")
ADDRESS = re.compile(r"(?<=www)\.|:(?=//)", re.IGNORECASE)  # a code host makes a link of it
BARE_BAR = re.compile(r"(?<!\\)\|")


def markdown_table(
    heads: Sequence[str], rows: Iterable[Sequence[object]], right: Iterable[int] = ()
) -> list[str]:
    """Lines of a table; columns whose numbers are in `right` are aligned to the right.

    Cells are Markdown already; only what would end a cell or a line is taken care of. ValueError
    for a row of another length than the heads.
    """
    right = set(right)
    rule = "|".join("---:" if column in right else "---" for column in range(len(heads)))
    lines = [_line(heads), f"|{rule}|"]
    for row in rows:
        if len(row) != len(heads):
            raise ValueError(f"expected {len(heads)} cells as there are heads, found {len(row)}")
        lines.append(_line(row))
    return lines


def _line(cells: Sequence[object]) -> str:
    return (
        "| "
        + " | ".join(BARE_BAR.sub(r"\|", SPACES.sub(" ", str(c)).strip()) for c in cells)
        + " |"
    )


def folded(summary: str, lines: Sequence[str]) -> list[str]:
    """Lines of Markdown that a code host shows when the summary, plain text, is pressed."""
    flat = html.escape(plain(" ".join(summary.split()), LONGEST_LINE), quote=False)
    return [f"<details><summary>{flat}</summary>", "", *lines, "</details>", ""]


def anchor(heading: str) -> str:
    """The id of a heading, as code hosts give it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def two_lines(text: str) -> str:
    """Text that a narrow column breaks once, at the space nearest to its middle."""
    places = [index for index, letter in enumerate(text) if letter == " "]
    if not places:
        return text
    break_at = min(places, key=lambda index: abs(index - len(text) / 2))
    kept = [part.replace(" ", NBSP) for part in (text[:break_at], text[break_at + 1 :])]
    return " ".join(kept)


def escaped(text: str) -> str:
    """Text of others as text: nothing in it is Markdown, a tag, a link or a second line."""
    flat = plain(" ".join(text.split()), LONGEST_LINE)
    marked = "".join(f"\\{c}" if c in MARKUP else c for c in flat)
    return ADDRESS.sub(r"\\\g<0>", marked)
