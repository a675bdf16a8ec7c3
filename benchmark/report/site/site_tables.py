"""Tables of the site as cells: text, what it is sorted by, where it leads, what a head means."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from benchmark.core import Metric, Signal, Task
from benchmark.leaderboard.breakdowns import Breakdown, Confusion
from benchmark.leaderboard.curves import learning
from benchmark.leaderboard.curves.calibration import CalibrationCurve
from benchmark.leaderboard.snapshot import Snapshot
from benchmark.leaderboard.tables import Row, Score, Table, is_oracle, is_trivial, leaders, title
from benchmark.registry.reported_figures import Reported
from benchmark.report import formatting, glossary, learning_section, scale
from benchmark.report.calibration import calibration_section


@dataclass(frozen=True)
class Head:
    text: str
    definition: str = ""  # shown as a tooltip


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
    trivial: bool = False


@dataclass(frozen=True)
class Grid:
    columns: Sequence[Head]
    rows: Sequence[GridRow]
    caption: str = ""


def _heads(*names: str) -> list[Head]:
    return [Head(name, glossary.definition(name)) for name in names]


def _metric_head(metric: Metric, target: Signal) -> Head:
    return Head(formatting.head(metric, target), f"{metric.definition} ({metric.id})")


def summary(snapshot: Snapshot, displayed: Sequence[Table]) -> Grid:
    """The best entry of each table."""
    rows = []
    for table in displayed:
        task = snapshot.task(table)
        tier = leaders(task, table)
        if not tier:
            continue
        metric, best = task.metrics[0], tier[0]
        said = *scale.standing(task, best), formatting.tied(tier)
        target = snapshot.corpus(table).signals[task.target]
        cells = [
            Cell(task.title, link=f"{table.task}.html#{anchor(table)}"),
            Cell(split_name(snapshot, table)),
            replace(_name(snapshot, task, best, "entry/"), mark=", ".join(filter(None, said))),
            Cell(formatting.head(metric, target)),
            _scored(best.scores[metric.id]),
            _normalised(best.scores[metric.id]),
        ]
        rows.append(GridRow(cells))
    heads = _heads("task", "split", "best entry", "metric", "score [95% CI]", "normalised score")
    return Grid(heads, rows)


def split_name(snapshot: Snapshot, table: Table) -> str:
    """Corpus, kind of data, and protocol of a table."""
    corpus, _, split = table.split.partition(".")
    kind = "simulated" if snapshot.corpora[corpus].synthetic else "recorded"
    return f"{corpus} ({kind}), {split.replace('_', ' ')}{table.part}"


COST = ("parameters", "real-time factor", "causal", "verified", "n seeds")


def every(snapshot: Snapshot, displayed: Sequence[Table]) -> Grid:
    """All rows of all tables by their first metric."""
    rows = []
    for table in displayed:
        task = snapshot.task(table)
        target = snapshot.corpus(table).signals[task.target]
        first = task.metrics[0]
        for row in (*table.rows, *table.oracles):
            score = row.scores[first.id]
            cells = [
                _name(snapshot, task, row, "entry/"),
                Cell(task.title, link=f"{table.task}.html"),
                Cell(split_name(snapshot, table)),
                _number(formatting.tier(row), row.tier or None),
                Cell(formatting.head(first, target)),
                _scored(score),
                _normalised(score),
                *_cost(snapshot, row, target),
            ]
            rows.append(GridRow(cells, is_trivial(task, row)))
    heads = _heads("entry", "task", "split", "tier", "metric", "score [95% CI]")
    return Grid([*heads, *_heads("normalised score", *COST)], rows)


def _name(snapshot: Snapshot, task: Task, row: Row, folder: str) -> Cell:
    marks = scale.standing(task, row)
    if not is_trivial(task, row):
        marks += formatting.marks(row, snapshot.brings_weights(row))
    link = "" if is_oracle(row.entry) else f"{folder}{row.entry}.html"  # no entry, so no page
    return Cell(title(*row.name), link=link, mark=", ".join(marks))


def _number(text: str, value: float | None) -> Cell:
    return Cell(text, order="" if value is None else repr(value), number=True)


def _scored(score: Score) -> Cell:
    return _number(formatting.score(score), score.value)


def _with_tier(score: Score) -> Cell:
    return _number(formatting.score_and_tier(score), score.value)


def _normalised(score: Score) -> Cell:
    value = score.normalised.value if score.normalised else None
    return _number(formatting.normalised(score.normalised), value)


def _cost(snapshot: Snapshot, row: Row, target: Signal) -> list[Cell]:
    return [
        _number(formatting.parameters(row), row.parameters),
        _number(formatting.factor(row), row.real_time_factor),
        Cell(formatting.causal(row, target)),
        Cell(formatting.verified(row, snapshot.verified)),
        _number(str(row.n_seeds), row.n_seeds),
    ]


def variants(
    snapshot: Snapshot, task: Task, target: Signal, rows: Iterable[Row], folder: str
) -> Grid:
    """A row for each variant with all its scores; `folder` leads to the pages of entries."""
    heads = [
        *_heads("entry", "tier"),
        *(_metric_head(metric, target) for metric in task.metrics),
        *_heads("normalised score", "P(best)", "SD (seeds)", *COST),
    ]
    made = []
    for row in rows:
        first = row.scores[task.metrics[0].id]
        cells = [
            _name(snapshot, task, row, folder),
            _number(formatting.tier(row), row.tier or None),
            _scored(first),
            *(_with_tier(row.scores[metric.id]) for metric in task.metrics[1:]),
            _normalised(first),
            _number(formatting.p_best(row), row.p_best),
            _number(formatting.sd_seeds(first), first.sd_seeds),
            *_cost(snapshot, row, target),
        ]
        made.append(GridRow(cells, is_trivial(task, row)))
    return Grid(heads, made)


def breakdown(breakdown: Breakdown) -> Grid:
    """Scores by group."""
    rows = [
        GridRow([Cell(name), *(_number(formatting.of_breakdown(breakdown, v), v) for v in values)])
        for name, values in breakdown.rows.items()
    ]
    heads = _heads(breakdown.row_head, *breakdown.groups)
    return Grid(heads, rows, formatting.about_breakdown(breakdown))


def gains(snapshot: Snapshot, task: Task, target: Signal, rows: Iterable[Row]) -> list[Grid]:
    """What each row gains over the unprocessed input by every metric; none without that row."""
    made = []
    for row in rows:
        gained = [row.scores[metric.id].gain for metric in task.metrics]
        if any(gained):
            cells = [_number(formatting.gain(g), g.value if g else None) for g in gained]
            name = _name(snapshot, task, row, "entry/")
            made.append(GridRow([name, *cells], is_trivial(task, row)))
    heads = [*_heads("entry"), *(_metric_head(metric, target) for metric in task.metrics)]
    return [Grid(heads, made, formatting.about_gains(task))] if made else []


def confusion(matrix: Confusion) -> Grid:
    """Counts of predicted classes (columns) for reference classes (rows)."""
    rows = [
        GridRow([Cell(label), *(_number(f"{count:.0f}", count) for count in counts)])
        for label, counts in zip(matrix.labels, matrix.counts, strict=True)
    ]
    caption = (
        f"Confusion matrix of {matrix.row}, all seeds (rows: reference class, columns: predicted"
        " class)"
    )
    return Grid([Head("reference \\ predicted"), *map(Head, matrix.labels)], rows, caption)


def learning_curves(table: Table) -> list[Grid]:
    """How long each entry trained; empty where none reports its losses."""
    rows = [
        GridRow([Cell(name), *map(_number, texts, learning_section.values(curve))])
        for curve in learning.curves(table)
        for name, *texts in [learning_section.cells(curve)]
    ]
    return [Grid(_heads(*learning_section.HEADS), rows, learning_section.ABOUT)] if rows else []


def anchor(table: Table) -> str:
    """The id of a table on the page of its task."""
    return table.split.replace(".", "-") + "-aggregated" * table.aggregated


def calibration(snapshot: Snapshot, curve: CalibrationCurve) -> Grid:
    """A row for each entry, a column for each amount and what the last adds to the first."""
    task = snapshot.task(curve.made[0])
    metric, heads = task.metrics[0], calibration_section.heads(curve)
    rows = []
    for line in curve.lines:
        texts = calibration_section.cells(snapshot, curve, line)
        values = [None if one is None else one.value for one in line.scores(metric)]
        if calibration_section.gain_heads(curve):
            gain = line.gain
            values += [gain.value, gain.p] if gain else [None, None]
        values.append(line.last.n_seeds)
        cells = [_number(text, value) for text, value in zip(texts, values, strict=True)]
        name = _name(snapshot, task, line.last, "entry/")
        rows.append(GridRow([name, *cells], is_trivial(task, line.last)))
    return Grid(_heads(*heads), rows, calibration_section.columns(snapshot, curve))


def published(table: Reported) -> Grid:
    """What a publication reports."""
    rows = [GridRow([Cell(str(cell)) for cell in row]) for row in table.rows]
    return Grid(list(map(Head, table.columns)), rows, table.source)
