"""Tables of the site as cells: text, what it is sorted by, where it leads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmark.core import Signal, Task
from benchmark.leaderboard.breakdowns import Breakdown, Confusion
from benchmark.leaderboard.snapshot import Board
from benchmark.leaderboard.tables import Row, Score, Table, is_floor, title
from benchmark.registry.published_results import Reported
from benchmark.report import formatting


@dataclass(frozen=True)
class Cell:
    text: str
    order: str | None = None  # what it is sorted by
    number: bool = False
    link: str = ""
    mark: str = ""


@dataclass(frozen=True)
class GridRow:
    cells: Sequence[Cell]
    floor: bool = False


@dataclass(frozen=True)
class Grid:
    columns: Sequence[str]
    rows: Sequence[GridRow]
    caption: str = ""


def summary(board: Board, shown: Sequence[Table]) -> Grid:
    """Who leads each table."""
    rows = []
    for table in shown:
        task = board.tasks[table.task]
        best = next((row for row in table.rows if not is_floor(task, row)), None)
        if best is None:
            continue
        alike = [r for r in table.rows if r.tier == best.tier and not is_floor(task, r)]
        also = f" and {formatting.count(len(alike) - 1, 'more')}" if len(alike) > 1 else ""
        metric = task.metrics[0]
        cells = [
            Cell(task.title, link=f"{table.task}.html#{anchor(table)}"),
            Cell(place(board, table)),
            Cell(title(*best.name), link=f"entry/{best.entry}.html", mark=also.strip()),
            Cell(formatting.head(metric, board.corpus(table).signals[task.target])),
            Cell(formatting.score(best.scores[metric.id]), number=True),
            Cell(formatting.way(best.scores[metric.id].way), number=True),
        ]
        rows.append(GridRow(cells))
    return Grid(["task", "data", "in the first tier", "metric", "score", "way"], rows)


def place(board: Board, table: Table) -> str:
    """What data a table is about."""
    corpus, _, split = table.split.partition(".")
    kind = "simulated" if board.corpora[corpus].synthetic else "recorded"
    return f"{corpus} ({kind}), {split.replace('_', ' ')}"


def every(board: Board, shown: Sequence[Table]) -> Grid:
    """All rows of all tables by their first metric."""
    columns = ["entry", "task", "data", "tier", "metric", "score", "way", "parameters"]
    rows = []
    for table in shown:
        task = board.tasks[table.task]
        target = board.corpus(table).signals[task.target]
        first = task.metrics[0]
        for row in table.rows:
            score = row.scores[first.id]
            cells = [
                _entry(task, row, "entry/"),
                Cell(task.title, link=f"{table.task}.html"),
                Cell(place(board, table)),
                _number(str(row.tier or "–"), row.tier or None),
                Cell(formatting.head(first, target)),
                _number(formatting.score(score), score.value),
                _number(formatting.way(score.way), score.way.value if score.way else None),
                *_cost(row, target),
            ]
            rows.append(GridRow(cells, is_floor(task, row)))
    return Grid([*columns, "real-time factor", "causal", "runs"], rows)


def _entry(task: Task, row: Row, folder: str) -> Cell:
    mark = "floor" if is_floor(task, row) else formatting.MARKS.get(row.isolation, "").strip(" *")
    return Cell(title(*row.name), link=f"{folder}{row.entry}.html", mark=mark)


def _number(text: str, value: float | None) -> Cell:
    return Cell(text, order="" if value is None else repr(value), number=True)


def _cost(row: Row, target: Signal) -> list[Cell]:
    return [
        _number(formatting.parameters(row), row.parameters),
        _number(formatting.factor(row), row.real_time_factor),
        Cell(formatting.causal(row, target)),
        _number(str(row.runs), row.runs),
    ]


def variants(task: Task, target: Signal, rows: Iterable[Row], folder: str) -> Grid:
    """A row a variant with all its scores; `folder` leads to the pages of entries."""
    heads = [formatting.head(metric, target) for metric in task.metrics]
    columns = ["entry", "tier", *heads, "way", "first", "seeds", "parameters"]
    lines = []
    for row in rows:
        first = row.scores[task.metrics[0].id]
        cells = [
            _entry(task, row, folder),
            _number(str(row.tier or "–"), row.tier or None),
            *(_scored(row.scores[metric.id]) for metric in task.metrics),
            _number(formatting.way(first.way), first.way.value if first.way else None),
            _number("–" if row.first is None else formatting.percent(row.first), row.first),
            _number("–" if first.seeds is None else f"{first.seeds:.4f}", first.seeds),
            *_cost(row, target),
        ]
        lines.append(GridRow(cells, is_floor(task, row)))
    return Grid([*columns, "real-time factor", "causal", "runs"], lines)


def _scored(score: Score) -> Cell:
    return _number(formatting.score(score), score.value)


def breakdown(found: Breakdown) -> Grid:
    """Scores by group."""
    rows = [
        GridRow([Cell(name), *(_number("–" if v is None else f"{v:.3f}", v) for v in values)])
        for name, values in found.rows.items()
    ]
    caption = f"{found.metric.title} {formatting.arrow(found.metric)} by {found.by}"
    return Grid(["", *found.groups], rows, caption)


def confusion(matrix: Confusion) -> Grid:
    """Counts of what was understood for what was said."""
    rows = [
        GridRow([Cell(label), *(_number(f"{count:.0f}", count) for count in counts)])
        for label, counts in zip(matrix.labels, matrix.counts, strict=True)
    ]
    caption = f"What {matrix.row} took for what, all runs: rows were said, columns understood"
    return Grid(["", *matrix.labels], rows, caption)


def anchor(table: Table) -> str:
    """What a link to a table of a task's page ends with."""
    return table.split.replace(".", "-")


def reported(table: Reported) -> Grid:
    """What a publication reports."""
    rows = [GridRow([Cell(str(cell)) for cell in row]) for row in table.rows]
    return Grid(table.columns, rows, table.source)
