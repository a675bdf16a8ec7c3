"""Tables of the site: the best entries, every row, variants, gains, calibration, publications."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from benchmark.core import Metric, Signal, Task
from benchmark.leaderboard.curves.calibration import CalibrationCurve
from benchmark.leaderboard.curves.transfer import Transfer
from benchmark.leaderboard.snapshot import Snapshot
from benchmark.leaderboard.tables import Row, Score, Table, is_oracle, is_trivial, leaders, title
from benchmark.registry.reported_figures import Reported
from benchmark.report import formatting, glossary, scale
from benchmark.report.by_corpus import by_kind
from benchmark.report.calibration import calibration_section
from benchmark.report.site.grid import Cell, Grid, GridRow, Head, heads, number, slug
from benchmark.report.transfer import transfer_section

MOST_METRICS = 5  # of a table, at first


def _metric_head(metric: Metric, target: Signal, extra: bool = False) -> Head:
    about = f"{metric.definition} ({metric.id})"
    return Head(formatting.head(metric, target), about, extra, metric.id)


def summaries(snapshot: Snapshot, displayed: Sequence[Table]) -> list[Grid]:
    """The best entry of each table: of recorded corpora, then of simulated speakers."""
    columns = heads("task", "best entry", "score [95% CI]", "normalised score")
    return [
        Grid(columns, rows, f"Best entries, {kind.lower()}", slug("best", kind.lower()))
        for kind, tables in by_kind(snapshot, displayed)
        if (rows := _best(snapshot, tables))
    ]


def _best(snapshot: Snapshot, tables: Sequence[Table]) -> list[GridRow]:
    """A row of few columns for each table that has an entry, which fit a phone."""
    rows = []
    for table in tables:
        task = snapshot.task(table)
        tier = leaders(task, table)
        if not tier:
            continue
        metric, best = task.metrics[0], tier[0]
        said = *scale.standing(task, best), formatting.tied(tier)
        target = snapshot.corpus(table).signals[task.target]
        score = _scored(best.scores[metric.id])
        cells = [
            Cell(
                task.title,
                link=f"{table.task}.html#{anchor(table)}",
                small=split_name(snapshot, table, kind=False),
            ),
            replace(_name(snapshot, task, best, "entry/"), mark=", ".join(filter(None, said))),
            replace(score, small=f"{score.small} {formatting.head(metric, target)}"),
            _normalised(best.scores[metric.id]),
        ]
        rows.append(GridRow(cells, id=slug("best", table.task, anchor(table))))
    return rows


def split_name(snapshot: Snapshot, table: Table, kind: bool = True) -> str:
    """Corpus, `kind` of data where it is wanted, and protocol of a table."""
    corpus, _, split = table.split.partition(".")
    of = " (simulated)" if snapshot.corpora[corpus].synthetic else " (recorded)"
    return f"{corpus}{of if kind else ''}, {split.replace('_', ' ')}{table.part}"


EVERY = "Every entry by its default variant and the first metric of the task"
COST = ("parameters", "real-time factor", "causal", "verified", "n seeds")


def every(snapshot: Snapshot, displayed: Sequence[Table]) -> Grid:
    """All rows of all tables by their first metric."""
    rows = []
    for table in (table for _, tables in by_kind(snapshot, displayed) for table in tables):
        task = snapshot.task(table)
        target = snapshot.corpus(table).signals[task.target]
        first = task.metrics[0]
        for row in (*table.rows, *table.oracles):
            score = row.scores[first.id]
            cells = [
                _name(snapshot, task, row, "entry/"),
                Cell(task.title, link=f"{table.task}.html"),
                Cell(split_name(snapshot, table)),
                number(formatting.tier(row), row.tier or None),
                Cell(formatting.head(first, target)),
                _scored(score),
                _normalised(score),
                *_cost(snapshot, row, target),
            ]
            place = slug("all", table.task, anchor(table), *row.name)
            rows.append(GridRow(cells, is_trivial(task, row), place))
    columns = heads("entry", "task", "split", "tier", "metric", "score [95% CI]")
    columns += heads("normalised score", *COST)
    return Grid(columns, rows, EVERY, "all")


def _name(snapshot: Snapshot, task: Task, row: Row, folder: str) -> Cell:
    marks = scale.standing(task, row)
    if not is_trivial(task, row):
        marks += formatting.marks(row, snapshot.brings_weights(row))
    # An oracle is no entry, so it has no page; an entry's own page does not link to itself.
    link = "" if is_oracle(row.entry) or not folder else f"{folder}{row.entry}.html"
    return Cell(title(*row.name), link=link, mark=", ".join(marks))


def _scored(score: Score) -> Cell:
    return number(formatting.score(score), score.value)


def _with_tier(task: Task, table: Table, row: Row, metric: Metric) -> Cell:
    score = row.scores[metric.id]
    text = formatting.value_and_tier(score) + scale.dagger(task, table, row, metric)
    return replace(_scored(score), text=text)


def _normalised(score: Score) -> Cell:
    value = score.normalised.value if score.normalised else None
    return number(formatting.normalised(score.normalised), value)


def _cost(snapshot: Snapshot, row: Row, target: Signal) -> list[Cell]:
    return [
        number(formatting.parameters(row), row.parameters),
        number(formatting.factor(row), row.real_time_factor),
        Cell(formatting.causal(row, target)),
        Cell(formatting.verified(row, snapshot.verified)),
        number(str(row.n_seeds), row.n_seeds),
    ]


def variants(snapshot: Snapshot, table: Table, rows: Iterable[Row], folder: str, id: str) -> Grid:
    """A line for each of these rows of a table with all its scores.

    `folder` leads to the pages of entries; without it nothing is linked.

    Metrics beyond the first five are not shown until the reader chooses them.
    """
    task, target = snapshot.task(table), snapshot.corpus(table).signals[snapshot.task(table).target]
    columns = [
        *heads("entry", "tier"),
        *(
            _metric_head(metric, target, index >= MOST_METRICS)
            for index, metric in enumerate(task.metrics)
        ),
        *heads("normalised score", "P(best)", "SD (seeds)", *COST),
    ]
    made = []
    for row in rows:
        first = row.scores[task.metrics[0].id]
        cells = [
            _name(snapshot, task, row, folder),
            number(formatting.tier(row), row.tier or None),
            _scored(first),
            *(_with_tier(task, table, row, metric) for metric in task.metrics[1:]),
            _normalised(first),
            number(formatting.p_best(row), row.p_best),
            number(formatting.sd_seeds(first), first.sd_seeds),
            *_cost(snapshot, row, target),
        ]
        place = slug(id, *row.name)
        made.append(GridRow(cells, is_trivial(task, row), place, title(*row.name)))
    return Grid(columns, made, id=id)


def gains(snapshot: Snapshot, task: Task, target: Signal, rows: Iterable[Row]) -> list[Grid]:
    """What each row gains over the unprocessed input by every metric; none without that row."""
    made = []
    for row in rows:
        gained = [row.scores[metric.id].gain for metric in task.metrics]
        if any(gained):
            cells = [number(formatting.gain(g), g.value if g else None) for g in gained]
            name = _name(snapshot, task, row, "entry/")
            made.append(GridRow([name, *cells], is_trivial(task, row)))
    columns = [*heads("entry"), *(_metric_head(metric, target) for metric in task.metrics)]
    return [Grid(columns, made, formatting.about_gains(task), "gains")] if made else []


def anchor(table: Table) -> str:
    """The id of a table on the page of its task."""
    return table.split.replace(".", "-") + "-aggregated" * table.aggregated


def calibration(snapshot: Snapshot, curve: CalibrationCurve) -> Grid:
    """A row for each entry, a column for each amount and what the last adds to the first."""
    task = snapshot.task(curve.made[0])
    metric, names = task.metrics[0], calibration_section.heads(curve)
    rows = []
    for line in curve.lines:
        texts = calibration_section.cells(snapshot, curve, line)
        values = [None if one is None else one.value for one in line.scores(metric)]
        if calibration_section.gain_heads(curve):
            gain = line.gain
            values += [gain.value, gain.p] if gain else [None, None]
        values.append(line.last.n_seeds)
        cells = [number(text, value) for text, value in zip(texts, values, strict=True)]
        name = _name(snapshot, task, line.last, "entry/")
        place = slug(curve.task, curve.name, "calibration", *line.last.name)
        rows.append(GridRow([name, *cells], is_trivial(task, line.last), place))
    caption = calibration_section.columns(snapshot, curve)
    columns = [_amount_head(name, caption) for name in names]
    return Grid(columns, rows, caption, slug(curve.task, curve.name, "calibration"))


def _amount_head(name: str, caption: str) -> Head:
    """The head of a column; a number is an amount of what the caption names."""
    if name.replace(".", "", 1).isdigit():
        return Head(name, f"{caption}: {name}")
    return heads(name)[0]


def transfer(snapshot: Snapshot, one: Transfer) -> Grid:
    """A row for each entry, a column for each kind of recordings that trained."""
    task, rows = snapshot.task(one.made[0]), []
    for index, line in enumerate(one.lines):
        texts = transfer_section.cells(snapshot, one, index)
        values = transfer_section.values(snapshot, one, index)
        texts += transfer_section.beside_cells(one, index)
        values += transfer_section.beside_values(one, index)
        cells = [number(text, value) for text, value in zip(texts, values, strict=True)]
        name = _name(snapshot, task, line.last, "entry/")
        place = slug(one.task, one.name, "transfer", *line.last.name)
        rows.append(GridRow([name, *cells], is_trivial(task, line.last), place))
    id = slug(one.task, one.name, "transfer" + "-aggregated" * one.aggregated)
    caption = transfer_section.columns(snapshot, one)
    first, *others = transfer_section.heads(one)
    columns = [*heads(first), *(_source_head(name, caption) for name in others)]
    beside = transfer_section.beside_heads(one)
    # A column for each source of each metric: more than a laptop has room for.
    columns += [Head(name, f"{name}: scores by what was trained on", True) for name in beside]
    return Grid(columns, rows, caption, id)


def _source_head(name: str, caption: str) -> Head:
    """The head of a column of a transfer: scores from a source, a difference of two, or p."""
    return Head(name, glossary.definition(name) or f"{caption}: {name}")


def published(table: Reported) -> Grid:
    """What a publication reports."""
    rows = [GridRow([Cell(str(cell)) for cell in row]) for row in table.rows]
    columns = [Head(name, f"{name}, as {table.source} reports it") for name in table.columns]
    return Grid(columns, rows, table.source, "reported")
