"""The table of a sealed test, below the table of the public one. Nothing where there is none."""

from __future__ import annotations

from benchmark.leaderboard.sealed.standings import Standing
from benchmark.leaderboard.snapshot import Snapshot
from benchmark.leaderboard.tables import Table, title
from benchmark.report import formatting
from benchmark.report.markdown.markdown_table import escaped, markdown_table
from benchmark.results.sealed.gaps import FEWEST, Gap

MARK = "public score not explained"
ABOUT = (
    "One model is asked for both tests. *Public better by* has a 95% interval over talkers of both."
    " An entry is marked where its public score is better than a line through the scores of all"
    " others explains, as weights make it that hold public answers."
)
FEW = f"Too few entries to say which gaps are normal: {FEWEST + 1} are needed."


def standing(snapshot: Snapshot, table: Table) -> Standing | None:
    """The sealed test of the entries of a table; none of aggregated results."""
    return None if table.aggregated else snapshot.sealed.get((table.task, table.split))


def lines(snapshot: Snapshot, table: Table) -> list[str]:
    """Markdown: a sentence, the table, and how to read it; empty without a sealed test."""
    found = standing(snapshot, table)
    if found is None:
        return []
    better = snapshot.task(table).metrics[0].better
    rows = [
        [escaped(title(*name)), *cells(better, gap), f"**{MARK}**" if gap.marked else ""]
        for name, gap in found.gaps.items()
    ]
    columns = ["entry", *heads(snapshot, table), ""]
    text = about(found, f"`{found.secret[:12]}`").replace("Sealed test", "**Sealed test**", 1)
    return [text, "", *markdown_table(columns, rows, right=range(1, 5)), "", *notes(found), ""]


def under_a_name(snapshot: Snapshot, table: Table) -> list[str]:
    """The same of a table that a curve or a transfer stands for, with the name of its split."""
    found = lines(snapshot, table)
    return [f"On `{table.split}`: {found[0]}", *found[1:]] if found else []


def about(found: Standing, secret: str = "") -> str:
    """One sentence: when, of which secret, and how much."""
    return (
        f"Sealed test of {found.day}, secret {secret or found.secret[:12]}:"
        f" {formatting.count(found.talkers, 'talker')},"
        f" {formatting.count(found.recordings, 'answer')} that nobody has seen."
    )


def heads(snapshot: Snapshot, table: Table) -> list[str]:
    """Of the columns after that of the entry."""
    task = snapshot.task(table)
    head = formatting.head(task.metrics[0], snapshot.corpus(table).signals[task.target])
    return [f"{head}, sealed", "public", "public better by", "n seeds"]


def better_by(better: str, gap: Gap) -> float:
    """How much better the public score is, in the unit of the metric."""
    return (1.0 if better == "higher" else -1.0) * (gap.public - gap.sealed)


def cells(better: str, gap: Gap) -> list[str]:
    """Texts of the columns after that of the entry."""
    by = better_by(better, gap)
    return [
        f"{gap.sealed:.3f}",
        f"{gap.public:.3f}",
        f"{by:+.3f} [{gap.low:+.3f}, {gap.high:+.3f}]",
        str(gap.seeds),
    ]


def notes(found: Standing) -> list[str]:
    """How to read the table, in Markdown."""
    few = [FEW] if all(gap.limit is None for gap in found.gaps.values()) else []
    return [ABOUT, *few]
