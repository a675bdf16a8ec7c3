"""Published results as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmark import registry
from benchmark.core import UserError
from benchmark.leaderboard import snapshot
from benchmark.leaderboard.comparison import pairs
from benchmark.report import export
from silentbench import tables
from silentbench.data import here

if TYPE_CHECKING:
    import pandas as pd


def load_results() -> pd.DataFrame:
    """The leaderboard, a line for each score: one metric of one row of one table.

    Columns are those of `results.csv`, among them task, split, entry, variant, metric, score,
    ci_low, ci_high, normalised_score and tier; `benchmark.report.export.COLUMNS` describes each.
    Only results that fit today's tasks, splits and code are in it.

    >>> results = load_results()
    >>> {"task", "split", "entry", "metric", "score", "ci_low", "ci_high"} <= set(results.columns)
    True
    """
    lines = export.lines(export.results(snapshot.read(here().root)))
    return tables.table(lines, list(export.COLUMNS))


def compare(one: str, other: str, task: str, split: str = "") -> pd.DataFrame:
    """The paired difference of two entries, `one` less `other`, by every metric.

    An entry stands for its default variant; `entry:variant` names another. Columns: split, metric,
    the score of each, `difference` with its 95 % interval `low` and `high`, `p` by sign flips over
    the `units` that both have, and `better`, the name of the better one. UserError for an unknown
    name, and for entries that have no table of the task in common.

    >>> found = compare("ridge", "mean", "emg_to_articulation")
    >>> found.loc[0, "better"], bool(found.loc[0, "ridge"] > found.loc[0, "mean"])
    ('ridge', True)
    """
    if one == other:
        raise UserError(f"expected two entries, got {one} twice")
    board = snapshot.read(here().root)
    registry.pick("task", task, board.tasks)
    known = {row.entry: None for table in board.tables for row in table.rows}
    for name in (one, other):
        registry.pick("entry with results", name.partition(":")[0], known)
    lines = []
    for table in board.tables:
        rows = [pairs.row_of(board, table, name) for name in (one, other)]
        first, second = rows
        if table.task != task or split not in ("", table.split) or not first or not second:
            continue
        for each in pairs.differences(board.task(table), first, second):
            gain = each.gain
            lines.append(
                {
                    "split": table.split,
                    "metric": each.metric.id,
                    one: each.scores[0],
                    other: each.scores[1],
                    "difference": gain and gain.value,
                    "low": gain and gain.low,
                    "high": gain and gain.high,
                    "p": gain and gain.p,
                    "units": each.units,
                    "better": None if each.better is None else (one, other)[each.better],
                }
            )
    if not lines:
        raise UserError(f"{one} and {other} have no table of {task} {split} in common")
    return tables.table(lines)
