"""A leaderboard snapshot -> the table of README.md: a line for each task."""

from __future__ import annotations

from benchmark.core import UserError
from benchmark.leaderboard.snapshot import Snapshot
from benchmark.leaderboard.tables import Table, leaders, title
from benchmark.report import formatting, leaderboard_page, scale, task_page
from benchmark.report.markdown.markdown_table import escaped, markdown_table, two_lines

# What stands between these two lines of README.md is written by the program.
START = "<!-- best entries: written by the program -->"
END = "<!-- end of best entries -->"
MARK = "\N{DAGGER}"  # of a best entry that is not above the trivial baseline


def readme(text: str, snapshot: Snapshot) -> str:
    """README.md with the best entries between the two marks; UserError where it lacks them."""
    before, start, rest = text.partition(START)
    _, end, after = rest.partition(END)
    if not start or not end:
        raise UserError(f"README.md: expected the lines {START!r} and {END!r}, in this order")
    return "\n".join([before + START, "", *_best(snapshot), "", END + after])


def _best(snapshot: Snapshot) -> list[str]:
    """A line for each task: the best entry on its first split of recorded people, if any.

    The name of the split is on the page that the line leads to, so that lines are short.
    """
    heads = ["task", "data", "best entry", "score", "trivial baseline"]
    rows = []
    for name in sorted({table.task for table in snapshot.tables}):
        for table in _recorded_first(snapshot, name):
            if leaders(snapshot.task(table), table):
                rows.append(_row(snapshot, table))
                break
    return markdown_table(heads, rows)


def _recorded_first(snapshot: Snapshot, task: str) -> list[Table]:
    tables = [t for t in snapshot.single(snapshot.tables) if t.task == task]
    order = snapshot.tasks[task].splits
    tables.sort(key=lambda table: (snapshot.corpus(table).synthetic, order.index(table.split)))
    return [snapshot.displayed(table) for table in tables]


def _row(snapshot: Snapshot, table: Table) -> list[str]:
    task, corpus = snapshot.task(table), table.split.partition(".")[0]
    best = leaders(task, table)[0]
    kind = "simulated" if snapshot.corpus(table).synthetic else "recorded"
    metric, name = task.metrics[0], title(*best.name)
    score = f"{metric.title} {formatting.arrow(metric)} {formatting.value(best.scores[metric.id])}"
    mark = MARK if scale.standing(task, best) else ""
    texts = [
        escaped(name) + mark,
        score,
        leaderboard_page.trivial_baseline(task, table),
    ]
    others = [text.replace(" ", formatting.NBSP) for text in texts]  # a line each
    link = f"[{two_lines(task.title)}]({task_page.path(table.task)})"
    return [link, two_lines(f"{escaped(corpus)}, {kind}"), *others]
