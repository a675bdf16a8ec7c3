"""The board -> leaderboard.md and docs/results/<task>.md. The same board gives the same bytes.

`leaderboard.md` is short enough to be read on a code host: what there is, across tasks, and the top
of each table. The pages of the tasks have every row, every variant and every breakdown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from benchmark.core import CHANCE, Metric, Signal, Task
from benchmark.leaderboard import across_tasks, breakdowns
from benchmark.leaderboard.breakdowns import Breakdown, Confusion, Curve
from benchmark.leaderboard.snapshot import Board
from benchmark.leaderboard.tables import Row, Table, is_floor, title
from benchmark.registry.published_results import Reported
from benchmark.report import formatting

TOP = 5  # rows of a table that the short page shows, beside its best floor
MADE = "Made by `run_benchmark.py leaderboard` from the results beside the entries; do not edit."
Cells = Sequence[str]


def render(board: Board) -> str:
    """leaderboard.md: recorded corpora first, simulated ones apart."""
    lines = ["# SilentBench leaderboard", "", MADE, "", *_summary(board), *_across(board)]
    for synthetic, heading in ((False, "Recorded corpora"), (True, "Simulated talkers")):
        chosen = [t for t in board.tables if board.corpus(t).synthetic is synthetic]
        if chosen:
            lines += [f"## {heading}", ""]
        for table in chosen:
            lines += _top(board, board.shown(table))
    lines += ["## How to read this", "", *(f"- {line}" for line in formatting.LEGEND)]
    return "\n".join(lines).rstrip() + "\n"


def pages(board: Board) -> dict[str, str]:
    """docs/results/<task>.md by the name of the task: every row, variant and breakdown."""
    names = sorted({table.task for table in board.tables})
    return {name: _page(board, name) for name in names}


def place(task: str) -> str:
    """Where the page of a task lies, from the root of the project."""
    return f"docs/results/{task}.md"


def _summary(board: Board) -> list[str]:
    """A line a table: who leads, by how much, and where the floor is."""
    rows = []
    for table in board.tables:
        task = board.tasks[table.task]
        shown = board.shown(table)
        best = next((row for row in shown.rows if not is_floor(task, row)), None)
        if best is None:
            continue
        ahead = [r for r in shown.rows if r.tier == best.tier and not is_floor(task, r)]
        also = (
            f" and {formatting.count(len(ahead) - 1, 'more')} in its tier" if len(ahead) > 1 else ""
        )
        floor = next((row for row in shown.rows if is_floor(task, row)), None)
        metric = task.metrics[0]
        rows.append(
            [
                f"[{task.title}]({place(table.task)})",
                f"`{table.split}`",
                f"{metric.title} {formatting.arrow(metric)}",
                f"{_name(task, best)}{also}",
                formatting.score(best.scores[metric.id]),
                formatting.way(best.scores[metric.id].way),
                "–"
                if floor is None
                else f"{_name(task, floor)} {formatting.value(floor.scores[metric.id])}",
            ]
        )
    heads = ["task", "split", "metric", "best", "score", "way", "best floor"]
    return [*_table(heads, rows, "lllllrl"), ""] if rows else []


def _across(board: Board) -> list[str]:
    found = across_tasks.compare(
        [board.shown(t) for t in board.tables], board.tasks, board.defaults
    )
    if found is None:
        return []
    lines = ["## Across tasks", ""]
    rows = [
        [name + (" *floor*" if name in found.floors else ""), f"{rank:.2f}"]
        for name, rank in found.ranks.items()
    ]
    lines += [*_table(["entry", "average rank"], rows, "lr"), ""]
    return [*lines, formatting.across(found), ""]


def _top(board: Board, table: Table) -> list[str]:
    """The best rows of one table and its best floor, with a link to the rest."""
    task, target = (
        board.tasks[table.task],
        board.corpus(table).signals[board.tasks[table.task].target],
    )
    entries = [row for row in table.rows if not is_floor(task, row)]
    floors = [row for row in table.rows if is_floor(task, row)][:1]
    rows = [row for row in table.rows if row in entries[:TOP] or row in floors]
    first, *others = task.metrics
    heads = ["tier", "entry", formatting.head(first, target), "way"]
    heads += [formatting.head(metric, target) for metric in others]
    heads += ["runs", "parameters", "real-time factor", "causal"]
    cells = [
        [
            str(row.tier) if row.tier else "–",
            _name(task, row),
            f"**{formatting.score(row.scores[first.id])}**",
            formatting.way(row.scores[first.id].way),
            *(formatting.value(row.scores[metric.id]) for metric in others),
            str(row.runs),
            formatting.parameters(row),
            formatting.factor(row),
            formatting.causal(row, target),
        ]
        for row in rows
    ]
    lines = [*_heading(board, table), *_table(heads, cells, "rl" + "r" * (len(heads) - 2)), ""]
    hidden = len(table.rows) - len(rows)
    rest = f"{formatting.count(hidden, 'row')} more, intervals" if hidden else "Intervals"
    lines.append(
        f"{formatting.about_tiers(table)} [{rest}, variants and breakdowns]({place(table.task)})."
    )
    return [*lines, ""]


def _heading(board: Board, table: Table) -> list[str]:
    task, corpus = board.tasks[table.task], board.corpus(table)
    _, _, split = table.split.partition(".")
    lines = [f"### {task.title}: {corpus.name}, {split.replace('_', ' ')}", ""]
    return [*lines, formatting.about(table, corpus, board.audit(table), "`"), ""]


def _page(board: Board, name: str) -> str:
    task = board.tasks[name]
    lines = [
        f"# {task.title}",
        "",
        MADE,
        "",
        f"`{name}`: {', '.join(task.inputs)} → {task.target}.",
    ]
    lines += ["", *(f"- {line}" for line in (*formatting.LEGEND, *formatting.MORE)), ""]
    tables = [table for table in board.tables if table.task == name]
    for table in tables:
        shown = board.shown(table)
        lines += [*_heading(board, shown), *_whole(board, shown), *_notes(task, shown)]
        lines += _breakdowns(board, shown)
    for name in board.entries:
        lines += _ablation(board, tables, name)
    return "\n".join(lines).rstrip() + "\n"


def _whole(board: Board, table: Table) -> list[str]:
    """Every row with every interval."""
    task = board.tasks[table.task]
    target = board.corpus(table).signals[task.target]
    heads = [
        "tier",
        "entry",
        *(formatting.head(m, target) for m in task.metrics),
        "way",
        "first",
        "seeds",
    ]
    heads += ["runs", "parameters", "fit s", "real-time factor", "causal"]
    cells = [_cells(task, target, row) for row in table.rows]
    return [
        *_table(heads, cells, "rl" + "r" * (len(heads) - 2)),
        "",
        formatting.about_tiers(table),
        "",
    ]


def _cells(task: Task, target: Signal, row: Row) -> Cells:
    first = row.scores[task.metrics[0].id]
    scores = [formatting.score(row.scores[metric.id]) for metric in task.metrics]
    return [
        str(row.tier) if row.tier else "–",
        _name(task, row),
        f"**{scores[0]}**" if first.value is not None else scores[0],
        *scores[1:],
        formatting.way(first.way),
        "–" if row.first is None else formatting.percent(row.first),
        "–" if first.seeds is None else f"{first.seeds:.4f}",
        str(row.runs),
        formatting.parameters(row),
        "–" if row.fit_seconds is None else f"{row.fit_seconds:.1f}",
        formatting.factor(row),
        formatting.causal(row, target),
    ]


def _notes(task: Task, table: Table) -> list[str]:
    notes = [
        *formatting.floored(task, table),
        *(f"left out: {reason}" for reason in table.left_out),
    ]
    return [*(f"- {plain(note)}" for note in notes), *([""] if notes else [])]


def _breakdowns(board: Board, table: Table) -> list[str]:
    task, corpus = board.tasks[table.task], board.corpus(table)
    lines: list[str] = []
    for found in breakdowns.of(table, task, corpus):
        lines += _broken_down(found)
    for matrix in breakdowns.confusions(table, task, corpus.signals[task.target])[:1]:
        lines += _confusion(matrix)
    return lines


def _broken_down(found: Breakdown) -> list[str]:
    metric = found.metric
    rows = [
        [plain(name), *("–" if value is None else f"{value:.3f}" for value in values)]
        for name, values in found.rows.items()
    ]
    heads = ["", *map(plain, found.groups)]
    about = f"**{metric.title} {formatting.arrow(metric)} by {plain(found.by)}**"
    return [about, "", *_table(heads, rows, "l" + "r" * len(found.groups)), ""]


def _confusion(matrix: Confusion) -> list[str]:
    rows = [
        [plain(label), *(f"{count:.0f}" for count in counts)]
        for label, counts in zip(matrix.labels, matrix.counts, strict=True)
    ]
    heads = ["said \\ understood", *map(plain, matrix.labels)]
    about = f"**What {plain(matrix.row)} took for what**, all runs"
    return [about, "", *_table(heads, rows, "l" + "r" * len(matrix.labels)), ""]


def _ablation(board: Board, tables: Sequence[Table], name: str) -> list[str]:
    """Every variant of one entry, beside what its publication reports."""
    parts = [replace(t, rows=tuple(r for r in t.rows if r.entry == name)) for t in tables]
    parts = [part for part in parts if len(part.rows) > 1]
    told = [r for r in board.reported if r.entry == name and parts]
    if not parts:
        return []
    lines = [f"### Variants of {plain(board.entries[name].title)}: `{name}`", ""]
    for part in parts:
        lines += [f"`{part.task}` on `{part.split}`:", "", *_whole(board, board.ranked(part))]
        metric = board.tasks[part.task].metrics[0]
        settings = {name: board.entries[name].variants}
        for curve in breakdowns.curves(part, metric, settings):
            lines += _curve(curve, metric)
    for table in told:
        lines += _reported(table)
    return lines


def _curve(curve: Curve, metric: Metric) -> list[str]:
    rows = [
        [f"{number:g}", plain(variant), formatting.score(score)]
        for number, variant, score in curve.points
    ]
    heads = [plain(curve.setting), "variant", f"{metric.title} {formatting.arrow(metric)}"]
    return [*_table(heads, rows, "rlr"), ""]


def _reported(table: Reported) -> list[str]:
    rows = [[plain(str(cell)) for cell in row] for row in table.rows]
    heads = list(map(plain, table.columns))
    about = f"**Reported, not reproduced here** ({plain(table.source)}):"
    return [about, "", *_table(heads, rows, "l" + "r" * (len(heads) - 1)), ""]


def _table(heads: Cells, rows: Iterable[Cells], sides: str) -> list[str]:
    """A table of cells that are markdown already; `sides` has l or r a column."""
    rule = "|".join("---:" if side == "r" else "---" for side in sides)
    lines = ["| " + " | ".join(heads) + " |", f"|{rule}|"]
    return lines + ["| " + " | ".join(row) + " |" for row in rows]


def _name(task: Task, row: Row) -> str:
    name = title(*row.name) + (" *floor*" if is_floor(task, row) else "")
    return name + formatting.MARKS.get(row.isolation, "") if row.entry != CHANCE else name


def plain(text: str) -> str:
    """Text from an entry as text: nothing in it is markdown, a tag or a second line."""
    flat = " ".join(text.split())
    return "".join(f"\\{c}" if c in "\\`*_[]<>|#!" else c for c in flat)
