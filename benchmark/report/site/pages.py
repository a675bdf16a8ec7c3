"""The board -> a folder of pages that opens from a disk, without a server and without a network.

index.html has who leads, the comparison across tasks, and every entry in one table that sorts and
filters; a page for each task has its tables, plots and breakdowns; a page for each entry has its
variants beside what its publication reports. Text of entries is escaped by jinja2, always. The same
board gives the same bytes.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Any

from benchmark import storage
from benchmark.core import CHANCE, Metric, Signal, Task, UserError
from benchmark.leaderboard import across_tasks, breakdowns
from benchmark.leaderboard.snapshot import Board
from benchmark.leaderboard.tables import Row, Score, Table, is_floor, title
from benchmark.registry import Entry
from benchmark.report import export, formatting
from benchmark.report.plots import charts
from benchmark.report.plots.charts import Point
from benchmark.report.site import site_tables

Links = Mapping[str, Sequence[tuple[str, str]]]  # by entry: titles and links of its cards
MOST_POINTS = 30  # rows of a plot
WIDEST = 64  # characters of a name in a plot


@dataclass(frozen=True)
class Plot:
    svg: str
    caption: str


def build(board: Board, folder: Path, cards: Links | None = None) -> list[Path]:
    """Write every page but the cards, which are linked to; UserError where an extra is missing."""
    pages = {"index.html": _index(board)}
    for task in _tasks(board):
        pages[f"{task}.html"] = _task(board, task)
    for name in _names(board):
        pages[f"entry/{name}.html"] = _entry(board, name, (cards or {}).get(name, ()))
    written = export.write(export.results(board), folder)
    for name, text in {**pages, **_assets()}.items():
        storage.write_whole(folder / name, text.encode())
        written.append(folder / name)
    return written


def render(template: str, board: Board, top: str, here: str = "", **values: Any) -> str:
    """A page by its template; all that is not markup of ours is escaped."""
    import jinja2

    loader = jinja2.PackageLoader("benchmark.report.site")
    environment = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    navigation = [(name, board.tasks[name].title) for name in _tasks(board)]
    page = environment.get_template(template)
    return page.render(top=top, here=here, navigation=navigation, **values)


def markup(text: str) -> Any:
    """What is ours and stays as it is: a style, or a plot, whose text matplotlib escapes."""
    import markupsafe

    return markupsafe.Markup(text)


def _markup(plot: Plot) -> dict[str, Any]:
    return {"svg": markup(plot.svg), "caption": plot.caption}


def asset(name: str) -> str:
    """A file of ours that pages use as it is."""
    return (resources.files("benchmark.report.site") / "templates" / name).read_text("utf-8")


def _assets() -> dict[str, str]:
    """Style and scripts; the library for tables as one script, since modules need a server."""
    try:
        library = resources.files("itables") / "html"
        script = (library / "dt_bundle.js").read_bytes()
        style = (library / "dt_bundle.css").read_text("utf-8")
    except ModuleNotFoundError as error:
        raise UserError("the site needs the extra `report`: pip install -e '.[report]'") from error
    encoded = base64.b64encode(script).decode()
    load = (
        f'const bytes = Uint8Array.from(atob("{encoded}"), (c) => c.charCodeAt(0));\n'
        'const url = URL.createObjectURL(new Blob([bytes], { type: "text/javascript" }));\n'
        "window.silentbench_datatables = import(url).then((module) => module.default);\n"
    )
    return {
        "style.css": asset("style.css"),
        "tables.js": asset("tables.js"),
        "datatables.css": style,
        "datatables.js": load,
    }


def _tasks(board: Board) -> list[str]:
    return sorted({table.task for table in board.tables})


def _names(board: Board) -> list[str]:
    """Every entry that has a row somewhere."""
    return sorted({row.entry for table in board.tables for row in table.rows})


def _index(board: Board) -> str:
    shown = [board.shown(table) for table in board.tables]
    found = across_tasks.compare(shown, board.tasks, board.defaults)
    across = None
    if found is not None:
        about = "Critical-difference diagram: average rank of each entry across tasks"
        svg = charts.ranks(found.ranks, found.distance, found.groups, about)
        caption = f"{about}. A bar spans entries that cannot be told apart."
        across = {"plot": markup(svg), "caption": caption}
        across["text"] = formatting.across(found)
    return render(
        "index.html",
        board,
        top="",
        summary=site_tables.summary(board, shown),
        across=across,
        every=site_tables.every(board, shown),
        words=_words(),
    )


def _words() -> list[str]:
    return [line.replace("*", "") for line in (*formatting.LEGEND, *formatting.MORE)]


def _task(board: Board, name: str) -> str:
    task = board.tasks[name]
    about = f"From {' and '.join(task.inputs)} to {task.target}. After {task.citation}."
    tables = [_section(board, table) for table in board.tables if table.task == name]
    return render(
        "task.html", board, "", name, title=task.title, about=about, words=_words(), tables=tables
    )


def _section(board: Board, whole: Table) -> dict[str, Any]:
    """What the page of a task says about one table."""
    table, task, corpus = board.shown(whole), board.tasks[whole.task], board.corpus(whole)
    target, first = corpus.signals[task.target], task.metrics[0]
    grid = site_tables.variants(task, target, table.rows, "entry/")
    found = breakdowns.of(table, task, corpus)
    parts = [site_tables.breakdown(b) for b in found]
    parts += [site_tables.confusion(c) for c in breakdowns.confusions(table, task, target)[:1]]
    pictures = [*_scores(task, target, table), *_curves(board, whole, first)]
    return {
        "id": site_tables.anchor(table),
        "title": site_tables.place(board, table),
        "about": formatting.about(table, corpus, board.audit(table)),
        "columns": grid.columns,
        "rows": grid.rows,
        "tiers": formatting.about_tiers(table),
        "plots": [_markup(plot) for plot in pictures],
        "breakdowns": parts,
        "notes": [
            *formatting.floored(task, table),
            *(f"left out: {reason}" for reason in table.left_out),
        ],
    }


def _scores(task: Task, target: Signal, table: Table) -> list[Plot]:
    """Scores with intervals, and scores against what they cost."""
    first = task.metrics[0]
    axis, higher = formatting.head(first, target), first.better == "higher"
    where = f"{task.title}, {table.split}"

    def points(cost: Callable[[Row], float | None]) -> list[Point]:
        return [
            _point(row, row.scores[first.id], is_floor(task, row), cost(row))
            for row in table.rows[:MOST_POINTS]
            if row.scores[first.id].value is not None
        ]

    bare = points(lambda _row: None)
    if not bare:
        return []
    about = f"{axis} with 95 % interval, {where}"
    found = [Plot(charts.forest(bare, axis, about), about)]
    for name, cost in (
        ("real-time factor", lambda row: row.real_time_factor),
        ("parameters", lambda row: float(row.parameters) if row.parameters else None),
    ):
        known = points(cost)
        if len({point.cost for point in known} - {None}) > 1:
            about = f"{axis} against {name}, {where}; the line joins what nothing beats on both"
            found.append(Plot(charts.pareto(known, axis, name, about, higher), about))
    return found


def _point(row: Row, score: Score, floor: bool, cost: float | None) -> Point:
    assert score.value is not None
    name = title(*row.name)
    short = name if len(name) <= WIDEST else name[: WIDEST - 1] + "…"
    return Point(short, score.value, score.low, score.high, floor, cost)


def _curves(board: Board, table: Table, metric: Metric, only: str = "") -> list[Plot]:
    """Score against what variants differ in: one plot a setting, one line an entry."""
    task = board.tasks[table.task]
    axis = formatting.head(metric, board.corpus(table).signals[task.target])
    settings = {n: e.variants for n, e in board.entries.items() if only in ("", n)}
    by_setting: dict[str, dict[str, list[Point]]] = {}
    for curve in breakdowns.curves(table, metric, settings):
        name = f"{curve.entry} ({curve.points[-1][1]})"
        by_setting.setdefault(curve.setting, {})[name] = [
            Point(variant, score.value, score.low, score.high, False, number)
            for number, variant, score in curve.points
            if score.value is not None
        ]
    found = []
    for setting, lines in by_setting.items():
        about = f"{axis} against {setting}, {task.title}, {table.split}"
        svg = charts.curve(lines, setting, axis, about, log=setting == "fraction")
        found.append(Plot(svg, about))
    return found


def _entry(board: Board, name: str, cards: Sequence[tuple[str, str]]) -> str:
    entry = board.entries.get(name)
    tables = []
    for table in board.tables:
        mine = tuple(row for row in table.rows if row.entry == name)
        if not mine:
            continue
        task = board.tasks[table.task]
        target = board.corpus(table).signals[task.target]
        part = board.ranked(replace(table, rows=mine)) if len(mine) > 1 else board.shown(table)
        rows = [row for row in part.rows if row.entry == name]
        grid = site_tables.variants(task, target, rows or mine, "")
        told = {
            "title": f"{task.title}: {site_tables.place(board, table)}",
            "caption": "Every variant" if len(mine) > 1 else "Scores",
            "columns": grid.columns,
            "rows": grid.rows,
            "tiers": formatting.about_tiers(part),
            "plots": [_markup(p) for p in _curves(board, table, task.metrics[0], name)],
        }
        tables.append(told)
    return render(
        "entry.html",
        board,
        "../",
        entry=entry or {"title": name},
        facts=_facts(entry) if entry else _gone(name),
        cards=[{"title": card, "link": link} for card, link in cards],
        tables=tables,
        reported=[site_tables.reported(told) for told in board.reported if told.entry == name],
    )


def _facts(entry: Entry) -> list[tuple[str, str]]:
    facts = {
        "name": entry.name,
        "kind": entry.kind,
        "by": ", ".join(entry.authors),
        "licence": entry.licence,
        "citation": entry.citation,
        "trained on": entry.trained_on,
        "claims to be causal": "yes" if entry.causal else "no",
        "variants": ", ".join(entry.variants) if len(entry.variants) > 1 else "",
    }
    return [(name, value) for name, value in facts.items() if value]


def _gone(name: str) -> list[tuple[str, str]]:
    if name == CHANCE:
        return [("kind", "floor: the answers themselves, out of their place")]
    return [("kind", "no entry of this name is here any more")]
