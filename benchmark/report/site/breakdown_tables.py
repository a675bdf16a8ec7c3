"""Tables of the site that break scores down: by group, by class, by the epochs of a training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from benchmark.core import Metric, Signal
from benchmark.leaderboard.breakdowns import Breakdown, Confusion
from benchmark.leaderboard.curves import learning
from benchmark.leaderboard.tables import Table, unit_of
from benchmark.report import formatting, glossary, learning_section
from benchmark.report.site.grid import (
    Cell,
    Grid,
    GridRow,
    Head,
    heads,
    number,
    shades,
    slug,
    transposed,
)


def breakdown(breakdown: Breakdown, target: Signal) -> Grid:
    """Scores by group, shaded from the worst to the best."""
    metric, rows = breakdown.metric, list(breakdown.rows.items())
    units = target.units if metric.unit is None and breakdown.by == "channel" else ()
    if units:  # each column has a scale of its own
        columns = [
            shades([values[index] for _, values in rows], metric.better == "higher")
            for index in range(len(breakdown.groups))
        ]
        shaded = [[column[row] for column in columns] for row in range(len(rows))]
    else:
        every = [value for _, values in rows for value in values]
        flat, width = shades(every, metric.better == "higher"), len(breakdown.groups)
        shaded = [flat[row * width : (row + 1) * width] for row in range(len(rows))]
    made = [
        GridRow(
            [
                Cell(name),
                *(
                    replace(number(formatting.of_breakdown(breakdown, v), v), heat=shade)
                    for v, shade in zip(values, heat, strict=True)
                ),
            ]
        )
        for (name, values), heat in zip(rows, shaded, strict=True)
    ]
    caption = _caption(breakdown, "" if units else unit_of(metric, target))
    groups = [
        _group(group, units[i] if i < len(units) else "", caption)
        for i, group in enumerate(breakdown.groups)
    ]
    whole = Grid(
        [_first(breakdown.row_head), *groups],
        made,
        caption,
        id=_kind(breakdown),
        turned=_first(breakdown.by),
        note=_about_channels(breakdown.groups) if breakdown.by == "channel" else "",
    )
    return transposed(whole) if breakdown.row_head == "entry" else whole


def _kind(breakdown: Breakdown) -> str:
    """What kind of table it is, for an address: by what, of which metric, gains or scores."""
    metric, by = breakdown.metric.id.partition("@")[0], breakdown.by.partition(",")[0]
    return slug("gain" if breakdown.over else "", metric, "by", by)


def _first(name: str) -> Head:
    """The head of the column of names."""
    return Head(name, glossary.definition(name) or f"Each row is one {name}")


def _about_channels(names: Sequence[str]) -> str:
    """What each channel is, those of one definition together."""
    alike: dict[str, list[str]] = {}
    for name in names:
        if text := glossary.definition(name):
            alike.setdefault(text, []).append(name)
    return " ".join(f"{', '.join(group)}: {text}" for text, group in alike.items())


def _group(name: str, unit: str, caption: str) -> Head:
    about = glossary.definition(name) or f"{caption}: {name}"
    return Head(f"{name} [{unit}]" if unit else name, about)


def _caption(breakdown: Breakdown, unit: str) -> str:
    """What it shows, with the units of scores and of groups."""
    text = formatting.about_breakdown(breakdown).replace("SNR", "SNR [dB]")
    title = breakdown.metric.title
    return text.replace(title, f"{title} [{unit}]", 1) if unit else text


def confusion(matrix: Confusion) -> Grid:
    """Counts of predicted classes (columns) for reference classes (rows), shaded by row."""
    rows = []
    for label, counts in zip(matrix.labels, matrix.counts, strict=True):
        most = float(counts.sum()) or 1.0
        cells = [
            replace(number(f"{count:.0f}", count), heat=round(100 * float(count) / most))
            for count in counts
        ]
        rows.append(GridRow([Cell(label), *cells]))
    caption = (
        f"Confusion matrix of {matrix.row}, all seeds (rows: reference class, columns: predicted"
        " class)"
    )
    corner = Head("reference \\ predicted", "Each row is one reference class")
    heads = [Head(label, f"How often {label} was predicted") for label in matrix.labels]
    return Grid([corner, *heads], rows, caption, id="confusions")


def learning_curves(metric: Metric, table: Table) -> list[Grid]:
    """How long each entry trained; empty where none reports its losses. The metric ranks."""
    rows = [
        GridRow([Cell(name), *map(number, texts, learning_section.values(curve))])
        for curve in learning.curves(table)
        for name, *texts in [learning_section.cells(curve)]
    ]
    columns = heads(*learning_section.HEADS)
    note = f"{learning_section.ABOUT} {learning_section.doubled(metric, table)}"
    made = Grid(columns, rows, learning_section.TITLE, "learning-curves", note=note)
    return [made] if rows else []
