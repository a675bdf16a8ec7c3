"""The table of a sealed test, below the table of the public one. Nothing where there is none."""

from __future__ import annotations

from benchmark.leaderboard.snapshot import Snapshot
from benchmark.leaderboard.tables import Table, title
from benchmark.report import formatting
from benchmark.report.markdown_table import escaped, markdown_table
from benchmark.results.sealed.gaps import FEWEST, Gap

MARK = "public score not explained"
ABOUT = (
    "One model is asked for both tests. *Public better by* has a 95% interval over talkers of both."
    " An entry is marked where its public score is better than a line through the scores of all"
    " others explains, as weights make it that hold public answers."
)
FEW = f"Too few entries to say which gaps are normal: {FEWEST + 1} are needed."


def lines(snapshot: Snapshot, table: Table) -> list[str]:
    """Markdown: a sentence, the table, and how to read it; empty without a sealed test."""
    standing = None if table.aggregated else snapshot.sealed.get((table.task, table.split))
    if standing is None:
        return []
    task, corpus = snapshot.tasks[table.task], snapshot.corpus(table)
    metric = task.metrics[0]
    about = (
        f"**Sealed test** of {standing.day}, secret `{standing.secret[:12]}`:"
        f" {formatting.count(standing.talkers, 'talker')},"
        f" {formatting.count(standing.recordings, 'answer')} that nobody has seen."
    )
    head = formatting.head(metric, corpus.signals[task.target])
    heads = ["entry", f"{head}, sealed", "public", "public better by", "seeds", ""]
    rows = [_cells(title(*name), metric.better, gap) for name, gap in standing.gaps.items()]
    few = [FEW] if all(gap.limit is None for gap in standing.gaps.values()) else []
    return [about, "", *markdown_table(heads, rows, right=range(1, 5)), "", *[ABOUT, *few], ""]


def _cells(name: str, better: str, gap: Gap) -> list[str]:
    by = (1.0 if better == "higher" else -1.0) * (gap.public - gap.sealed)
    return [
        escaped(name),
        f"{gap.sealed:.3f}",
        f"{gap.public:.3f}",
        f"{by:+.3f} [{gap.low:+.3f}, {gap.high:+.3f}]",
        str(gap.seeds),
        f"**{MARK}**" if gap.marked else "",
    ]
