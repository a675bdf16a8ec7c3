"""The variants of one entry for a terminal."""

from __future__ import annotations

from rich.table import Table as Lines

from benchmark.core import Task
from benchmark.leaderboard.snapshot import Snapshot
from benchmark.leaderboard.tables import Table
from benchmark.report import formatting
from benchmark.report.console import figures

FEW_VARIANTS = 3  # up to which each is shown by every metric
FURTHER_METRICS = 2  # columns beside the first metric, of 80 characters


def entry_tables(snapshot: Snapshot, entry: str) -> list[Lines]:
    """A table for each split that the entry has a row on, with all of its variants."""
    made = []
    for table in snapshot.tables:
        variants = snapshot.ablation(table, entry)
        if variants.rows:
            made.append(_variants(snapshot, variants))
    return made


def _variants(snapshot: Snapshot, table: Table) -> Lines:
    """A line for each metric of a variant; with many variants one for each, by few metrics."""
    task = snapshot.task(table)
    lines = figures.titled(task, table)
    if len(table.rows) > 1:
        seeds = f" {formatting.about_tiers(table)}" if table.shared_seeds is not None else ""
        lines.caption = figures.text(f"Tiers, in parentheses, are among these variants.{seeds}")
    fill = _by_metric if len(table.rows) <= FEW_VARIANTS else _by_variant
    fill(lines, task, table)
    return lines


def _by_metric(lines: Lines, task: Task, table: Table) -> None:
    """Every metric with its interval."""
    lines.add_column("variant", overflow="fold")
    lines.add_column("metric", overflow="fold")
    lines.add_column("score [95% CI]", justify="right", no_wrap=True)
    lines.add_column("norm.", justify="right")
    lines.add_column("seeds", justify="right")
    lines.add_column("fit", justify="right")
    for row in table.rows:
        lines.add_section()
        for metric in task.metrics:
            score = row.scores[metric.id]
            is_first = metric is task.metrics[0]
            cells = (
                f"{row.variant}{figures.standing(task, row)}" if is_first else "",
                figures.head(metric),
                formatting.score_and_tier(score),
                *(
                    (figures.normalised(score), str(row.n_seeds), figures.seconds(row))
                    if is_first
                    else ()
                ),
            )
            lines.add_row(*map(figures.text, cells))


def _by_variant(lines: Lines, task: Task, table: Table) -> None:
    """The metric that ranks with its interval, and the next ones that have room."""
    first, *others = task.metrics[: 1 + FURTHER_METRICS]
    lines.add_column("variant", overflow="fold")
    lines.add_column(figures.head(first), justify="right", no_wrap=True)
    for metric in others:
        wide = max(len(formatting.value(row.scores[metric.id])) for row in table.rows)
        lines.add_column(figures.head(metric), justify="right", overflow="fold", min_width=wide)
    lines.add_column("seeds", justify="right")
    lines.add_column("fit", justify="right", no_wrap=True)
    for row in table.rows:
        cells = (
            row.variant,
            formatting.score_and_tier(row.scores[first.id]),
            *(formatting.value(row.scores[metric.id]) for metric in others),
            str(row.n_seeds),
            figures.seconds(row),
        )
        lines.add_row(*map(figures.text, cells))
