"""What stands below a table about its oracles: how their scores came about, and what is beside."""

from __future__ import annotations

from collections.abc import Iterator

from benchmark.core import Metric
from benchmark.leaderboard.snapshot import Snapshot
from benchmark.leaderboard.tables import Row, Table
from benchmark.registry.from_answers.oracles import ORACLES, TARGET
from benchmark.report import formatting

HEARD = "grammar_text"  # what metrics by the recogniser need of a recording


def notes(snapshot: Snapshot, table: Table) -> list[str]:
    """Sentences for a table; empty where its oracles need none."""
    known = (ORACLES.get(row.entry) for row in table.oracles)
    return [*(one.note for one in known if one and one.note), *_heard_better(snapshot, table)]


def _heard_better(snapshot: Snapshot, table: Table) -> Iterator[str]:
    """Where the recogniser makes fewer errors with the same recordings as another target.

    Articulation is heard by way of a synthesiser, whose own loss is in every score of the table.
    """
    own = _true(table)
    if own is None:
        return
    for other in snapshot.tables:
        beside = _true(other)
        if beside is None or other.task == table.task or not _same(table, own, other, beside):
            continue
        task = snapshot.task(other)
        shared = [m for m in task.metrics if HEARD in m.auxiliary and m.id in own.scores]
        better = [m for m in shared if _value(beside, m) < _value(own, m)]
        for metric in better:
            yield (
                f"{metric.title} of the same {table.recordings} recordings as true {task.target}:"
                f" {formatting.score(beside.scores[metric.id])} ({TARGET} of {task.title}); as true"
                f" {snapshot.task(table).target}: {formatting.score(own.scores[metric.id])}"
            )


def _true(table: Table) -> Row | None:
    return next((row for row in table.oracles if row.entry == TARGET), None)


def _same(table: Table, own: Row, other: Table, beside: Row) -> bool:
    return (table.split, table.aggregated, sorted(own.test.recordings)) == (
        *(other.split, other.aggregated),
        sorted(beside.test.recordings),
    )


def _value(row: Row, metric: Metric) -> float:
    value = row.scores[metric.id].value
    return float("nan") if value is None else value
