"""Published results that have no row -> docs/results/not_listed.md. Same snapshot, same bytes."""

from __future__ import annotations

from collections.abc import Sequence

from benchmark.leaderboard import gate
from benchmark.leaderboard.gate import Refused
from benchmark.leaderboard.tables import title
from benchmark.plain_text import LONGEST_LINE, plain
from benchmark.report.markdown.markdown_table import escaped, markdown_table
from benchmark.report.task_page import NOTE

PATH = "docs/results/not_listed.md"
MOST = 50  # lines of one entry
ABOUT = (
    "What lies beside an entry is believed nowhere: each result is held against the entry, tasks,"
    " splits, metrics, data and code of today. These do not fit, or hold no score, and change no"
    " row of any table. Results that fit can still be wrong: `verify` runs them again."
)


def page(refused: Sequence[Refused]) -> str:
    """Every reason, by entry, task and split, with the first place where it was found."""
    lines = ["# Results without a row", "", NOTE, "", ABOUT, ""]
    rows: list[Sequence[str]] = []
    more: dict[str, int] = {}
    counts: dict[str, int] = {}
    for each, number in gate.by_reason(refused):
        counts[each.entry] = counts.get(each.entry, 0) + 1
        if counts[each.entry] > MOST:
            more[each.entry] = more.get(each.entry, 0) + number
        else:
            rows.append(_cells(each, number))
    if not rows:
        return "\n".join([*lines, "There are none.", ""])
    heads = ["entry", "task", "split", "reason", "results", "first at"]
    lines += markdown_table(heads, rows, right=[4])
    lines += [f"\nAnd {number} more of {escaped(entry)}." for entry, number in more.items()]
    return "\n".join([*lines, ""])


def _cells(refused: Refused, number: int) -> Sequence[str]:
    entry = title(refused.entry, refused.variant) if refused.variant else refused.entry
    texts = entry, refused.task, refused.split, refused.reason
    return [*(escaped(text) or "–" for text in texts), str(number), escaped(refused.where)]


def lines(refused: Sequence[Refused]) -> list[str]:
    """The same for a terminal, one line a reason."""
    found = []
    for each, number in gate.by_reason(refused):
        about = " ".join(filter(None, (each.task, each.split, each.variant)))
        count = f" ({number} x)" if number > 1 else ""
        said = f"{each.where}: {about}{': ' * bool(about)}{each.reason}{count}"
        found.append(plain(said, LONGEST_LINE))
    return found
