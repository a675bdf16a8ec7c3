"""Tables of results for a terminal of 80 columns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from rich.table import Table as Lines
from rich.text import Text

from benchmark.core import Metric, Task
from benchmark.leaderboard import build
from benchmark.leaderboard.comparison.pairs import Difference
from benchmark.leaderboard.curves.calibration import CalibrationCurve
from benchmark.leaderboard.curves.side_by_side import Line
from benchmark.leaderboard.curves.transfer import Transfer
from benchmark.leaderboard.snapshot import Snapshot
from benchmark.leaderboard.tables import Row, Score, Table, is_oracle, is_trivial, title
from benchmark.plain_text import plain
from benchmark.report import formatting, scale
from benchmark.report.calibration import calibration_section
from benchmark.report.transfer import transfer_section
from benchmark.results.diff import Difference as ResultDifference

FEW_VARIANTS = 3  # up to which each is shown by every metric
LONGEST_NAME = 18  # characters of an entry that stay on one line
FURTHER_METRICS = 2  # columns beside the first metric, of 80 characters


def entry_tables(snapshot: Snapshot, entry: str) -> list[Lines]:
    """A table for each split that the entry has a row on, with all of its variants."""
    made = []
    for table in snapshot.tables:
        variants = snapshot.ablation(table, entry)
        if variants.rows:
            made.append(_variants(snapshot, variants))
    return made


def ranking(snapshot: Snapshot, table: Table, here: Row | None = None) -> Lines:
    """The board of one split, best first: a line for each entry, by the metric that ranks.

    `here` is a row that is not published, such as of a run that has just ended; it stands among the
    others by its score.
    """
    task = snapshot.task(table)
    first = task.metrics[0]
    lines = _lines(task, table)
    lines.add_column("tier", justify="right")
    lines.add_column("entry", overflow="fold")
    lines.add_column(_head(first), justify="right", no_wrap=True)
    lines.add_column("norm.", justify="right")
    lines.add_column("fit", justify="right")
    displayed = snapshot.displayed(table)
    if not any(row.tier for row in displayed.rows):
        lines.caption = _text(formatting.about_tiers(displayed))
    ranked = [*displayed.rows]
    if here is not None:
        ranked = sorted([here, *ranked], key=lambda row: build.order(first, row))
    for row in (*ranked, *displayed.oracles):
        score = row.scores[first.id]
        cells = (
            formatting.tier(row),
            f"{title(*row.name)}{' (here)' if row is here else _standing(task, row)}",
            formatting.score(score),
            _normalised(score),
            _seconds(row),
        )
        lines.add_row(*map(_text, cells), style="bold" if row is here else None)
    return lines


def standings(rows: Sequence[tuple[Task, Table, Row]]) -> list[Lines]:
    """Where rows of several tables stand, by task: score, normalised score, tier, time."""
    by_task: dict[str, list[tuple[Task, Table, Row]]] = defaultdict(list)
    for each in rows:
        by_task[each[1].task].append(each)
    return [_standings(name, of_task) for name, of_task in by_task.items()]


def _standings(name: str, rows: Sequence[tuple[Task, Table, Row]]) -> Lines:
    """The rows of one task; smoke runs and miniatures have no normalised scores and no tiers."""
    titles = dict.fromkeys(_head(task.metrics[0]) for task, _, _ in rows)
    lines = Lines(title=_text(f"{name}: {', '.join(titles)}"), title_justify="left")
    lines.add_column("split", overflow="fold")
    lines.add_column("entry", overflow="fold")
    lines.add_column("score [95% CI]", justify="right", no_wrap=True)
    placed = any(row.scores[task.metrics[0].id].normalised for task, _, row in rows)
    if placed:
        lines.add_column("norm.", justify="right")
        lines.add_column("tier", justify="right")
    lines.add_column("fit", justify="right")
    for task, table, row in rows:
        score = row.scores[task.metrics[0].id]
        cells = (
            table.split,
            f"{title(*row.name)}{_standing(task, row)}",
            formatting.score(score),
            *((_normalised(score), formatting.tier(row)) if placed else ()),
            _seconds(row),
        )
        lines.add_row(*map(_text, cells))
    return lines


def comparison(
    names: tuple[str, str], task: Task, table: Table, differences: Sequence[Difference]
) -> Lines:
    """A line for each metric: both scores, and what the first has more, with interval and p."""
    lines = _lines(task, table)
    lines.add_column("metric", overflow="fold")
    for name in names:
        lines.add_column(_text(name), justify="right", overflow="fold")
    lines.add_column("difference [95% CI]", justify="right", no_wrap=True)
    lines.add_column("p", justify="right")
    lines.add_column("n", justify="right")
    for each in differences:
        scores = [formatting.NONE if v is None else f"{v:.3f}" for v in each.scores]
        if each.better is not None:
            scores[each.better] += "*"
        gain = each.gain
        lines.add_row(
            _head(each.metric),
            *scores,
            formatting.NONE
            if gain is None
            else f"{gain.value:+.3f} [{gain.low:+.3f},{formatting.NBSP}{gain.high:+.3f}]",
            formatting.NONE if gain is None or gain.p is None else f"{gain.p:.2g}",
            str(each.units),
        )
    lines.caption = _text(
        f"*: the better score, significant or not. Paired by {table.unit} (n); p by sign flips, of"
        " each metric alone"
    )
    return lines


def brief(table: Table, task: Task) -> Lines:
    """A line for each row, without intervals: for scores that are not published."""
    lines = _lines(task, table)
    lines.add_column("entry", overflow="fold")
    for metric in task.metrics:
        lines.add_column(_head(metric), justify="right")
    for row in (*table.rows, *table.oracles):
        values = (formatting.value(row.scores[metric.id]) for metric in task.metrics)
        lines.add_row(_text(title(row.entry, row.variant)), *values)
    return lines


def calibration(snapshot: Snapshot, curve: CalibrationCurve) -> Lines:
    """A line for each entry, a column for each amount."""
    about, note = calibration_section.heading(snapshot, curve), calibration_section.note(curve)
    rows = [(line, calibration_section.cells(snapshot, curve, line)) for line in curve.lines]
    *heads, last = calibration_section.heads(curve)
    seeds = {cells[-1] for _, cells in rows}
    if len(seeds) > 1:  # else it is said once: five amounts leave no room for the column
        return _side_by_side(about, note, [*heads, last], rows)
    note += f" {last}: {', '.join(seeds)}."
    return _side_by_side(about, note, heads, [(line, cells[:-1]) for line, cells in rows])


def transfer(snapshot: Snapshot, one: Transfer) -> Lines:
    """A line for each entry, a column for each kind of recordings that trained."""
    about, note = transfer_section.heading(snapshot, one), transfer_section.note(snapshot, one)
    rows = [
        (line, transfer_section.cells(snapshot, one, index)) for index, line in enumerate(one.lines)
    ]
    return _side_by_side(about, note, transfer_section.heads(one), rows)


def _side_by_side(
    about: str, note: str, heads: Sequence[str], rows: Sequence[tuple[Line, Sequence[str]]]
) -> Lines:
    """Without intervals, for which 80 columns have no room."""
    lines = Lines(title=_text(about), title_justify="left", caption_justify="left")
    lines.caption = _text(f"{note} Intervals are on the page of the task.")
    first, *others = heads
    names = [title(*line.last.name) for line, _ in rows]
    whole = min(LONGEST_NAME, max(map(len, names), default=0))
    lines.add_column(first, overflow="fold", min_width=whole)
    for head in others:
        lines.add_column(_without_interval(head), justify="right", overflow="fold")
    for name, (_, cells) in zip(names, rows, strict=True):
        lines.add_row(_text(name), *(_text(_without_interval(c)) for c in cells))
    return lines


def _without_interval(cell: str) -> str:
    return cell.partition(" [")[0]


def _variants(snapshot: Snapshot, table: Table) -> Lines:
    """A line for each metric of a variant; with many variants one for each, by few metrics."""
    task = snapshot.task(table)
    lines = _lines(task, table)
    if len(table.rows) > 1:
        seeds = f" {formatting.about_tiers(table)}" if table.shared_seeds is not None else ""
        lines.caption = _text(f"Tiers, in parentheses, are among these variants.{seeds}")
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
                f"{row.variant}{_standing(task, row)}" if is_first else "",
                _head(metric),
                formatting.score_and_tier(score),
                *((_normalised(score), str(row.n_seeds), _seconds(row)) if is_first else ()),
            )
            lines.add_row(*map(_text, cells))


def _by_variant(lines: Lines, task: Task, table: Table) -> None:
    """The metric that ranks with its interval, and the next ones that have room."""
    first, *others = task.metrics[: 1 + FURTHER_METRICS]
    lines.add_column("variant", overflow="fold")
    lines.add_column(_head(first), justify="right", no_wrap=True)
    for metric in others:
        wide = max(len(formatting.value(row.scores[metric.id])) for row in table.rows)
        lines.add_column(_head(metric), justify="right", overflow="fold", min_width=wide)
    lines.add_column("seeds", justify="right")
    lines.add_column("fit", justify="right", no_wrap=True)
    for row in table.rows:
        cells = (
            row.variant,
            formatting.score_and_tier(row.scores[first.id]),
            *(formatting.value(row.scores[metric.id]) for metric in others),
            str(row.n_seeds),
            _seconds(row),
        )
        lines.add_row(*map(_text, cells))


def _standing(task: Task, row: Row) -> str:
    """What follows the name of a row that is no entry like others, or shows nothing."""
    if is_oracle(row.entry):
        return " (oracle)"
    if is_trivial(task, row):
        return " (trivial)"
    return f" ({scale.NOT_ABOVE_SHORT})" if scale.standing(task, row) else ""


def _normalised(score: Score) -> str:
    """Without its interval."""
    return (
        formatting.NONE if score.normalised is None else formatting.percent(score.normalised.value)
    )


def _seconds(row: Row) -> str:
    """How long the entry trained, all folds of one seed."""
    return formatting.NONE if row.fit_seconds is None else f"{row.fit_seconds:.0f} s"


def _lines(task: Task, table: Table) -> Lines:
    """An empty table with its title; titles of metrics alone may be folded."""
    said = f"{task.title}, {table.split}{table.part}"
    return Lines(title=_text(said), title_justify="left", caption_justify="left")


def _head(metric: Metric) -> str:
    return f"{metric.title}{formatting.NBSP}{formatting.arrow(metric)}"


def differences(differences: Sequence[ResultDifference]) -> Lines:
    """Differences between two results, the likeliest cause of other scores first."""
    lines = Lines(title="Differences, likeliest cause first", title_justify="left")
    for name in ("difference", "first", "second"):
        lines.add_column(name, overflow="fold")
    for each in differences:
        lines.add_row(_text(each.what), _text(each.one), _text(each.other))
    return lines


def _text(said: str) -> Text:
    """Text of others as text: no mark-up of the library, nothing that a terminal obeys."""
    return Text(plain(said))
