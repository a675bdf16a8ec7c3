"""A leaderboard snapshot -> leaderboard.md.

Short enough to be read on a code host: the best entry of each task, average ranks across tasks, and
the top of each table. All rows, variants and breakdowns are on the pages of the tasks. The same
snapshot gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from benchmark import __version__
from benchmark.core import CHANCE, NUISANCE, Metric, Task
from benchmark.leaderboard import across_tasks
from benchmark.leaderboard.snapshot import Snapshot
from benchmark.leaderboard.tables import Row, Table, is_trivial, leaders, title
from benchmark.leaderboard.verification import CLAIMED
from benchmark.report import formatting, glossary, refused_page, scale, task_page
from benchmark.report.by_corpus import by_kind
from benchmark.report.calibration import calibration_markdown, calibration_section
from benchmark.report.markdown import table_parts
from benchmark.report.markdown.markdown_table import escaped, markdown_table, two_lines
from benchmark.report.sealed import sealed_table
from benchmark.report.transfer import transfer_markdown, transfer_section

ABOUT = (
    "Silent speech decoded from muscles (EMG), brains (sEEG) and lips: the best systems of each"
    " task, on recordings of people and on simulated speakers. A *trivial baseline* ignores the"
    " input; what is *not above trivial* has not been shown to read it."
    " Where a table does not say who has verified its rows, all are *claimed*: nobody has run them"
    " again yet."
    " [How to read the tables](#how-to-read-the-tables)."
)
TOP = 5  # rows of a table, beside its best trivial baseline, nuisance and chance
HEARD = ("wer_asr", "stoi")  # names of metrics, the one that tells most first
MOST_COLUMNS = 8  # of a table, so that none is wider than the page of a code host


def page(snapshot: Snapshot) -> str:
    """leaderboard.md: recorded corpora first, simulated ones apart."""
    lines = [
        "# SilentBench leaderboard",
        "",
        ABOUT,
        "",
        f"Version {__version__}. {task_page.NOTE}",
        "",
    ]
    shown = map(snapshot.displayed, snapshot.single(snapshot.tables))
    kinds = by_kind(snapshot, [table for table in shown if _has_entry(table)])
    for heading, tables in kinds:
        if best := _summary(snapshot, tables):
            lines += [f"**Best entries, {heading.lower()}**", "", *best]
    for heading, tables in kinds:
        lines += [f"## {heading}", ""]
        for table in tables:
            lines += _top(snapshot, table)
    lines += [*_calibration(snapshot), *_transfer(snapshot), *_across(snapshot)]
    lines += [*_waiting(snapshot)]
    lines += ["## How to read the tables", ""]
    lines += [f"- {note}" for note in glossary.notes(glossary.KEY)]
    lines += ["", "All terms: [glossary](docs/glossary.md)."]
    number = len(snapshot.refused)
    if number:
        about = formatting.count(number, "published result")
        lines += ["", f"[{about} without a row, with reasons]({refused_page.PATH})."]
    return "\n".join(lines).rstrip() + "\n"


def _has_entry(table: Table) -> bool:
    return any(row.entry != CHANCE for row in table.rows)


def _waiting(snapshot: Snapshot) -> list[str]:
    """A list of the tables that have no more than the level of chance yet."""
    tables = [table for table in snapshot.single(snapshot.tables) if not _has_entry(table)]
    if not tables:
        return []
    lines = ["## Without entries so far", ""]
    return [*lines, *(f"- {table.task} on {split_name(table)}" for table in tables), ""]


def _summary(snapshot: Snapshot, tables: Sequence[Table]) -> list[str]:
    """A line for each table: its best entry, and the best trivial baseline."""
    heads = ["task", "split", "best entry", "score [95% CI]", glossary.NORMALISED]
    heads += ["trivial baseline"]
    rows = []
    for table in tables:
        task = snapshot.task(table)
        tier = leaders(task, table)
        if not tier:
            continue
        best, tied = tier[0], formatting.tied(tier)
        name = title(*best.name) + (scale.NOT_BETTER if scale.standing(task, best) else "")
        marks = formatting.marks(best, snapshot.brings_weights(best))
        name = " ".join([name, *(f"*{mark}*" for mark in marks)])
        rows.append(
            [
                _task_cell(task, table),
                two_lines(split_name(table)),
                two_lines(name + (f", {tied}" if tied else "")),
                _score(task, best),
                _normalised(best, task.metrics[0]),
                trivial_baseline(task, table),
            ]
        )
    about = f"{scale.NOT_BETTER}: *{scale.NOT_ABOVE_SHORT}*."
    return [*markdown_table(heads, rows, right=[4]), "", about, ""] if rows else []


def _task_cell(task: Task, table: Table) -> str:
    return f"[{two_lines(task.title)}]({task_page.path(table.task)})"


def _score(task: Task, row: Row) -> str:
    """The first metric and its score, and below them the interval."""
    metric = task.metrics[0]
    text = f"{metric.title} {formatting.arrow(metric)} {formatting.score(row.scores[metric.id])}"
    score, bracket, interval = text.partition(" [")
    return score.replace(" ", formatting.NBSP) + bracket + interval


def trivial_baseline(task: Task, table: Table) -> str:
    """The best trivial baseline and its score: that which is 0 % of the table, where there is one.

    A level of chance of other units may be better and no end of the scale.
    """
    first = task.metrics[0].id
    known = (row.scores[first].normalised for row in table.rows)
    zero = next((found.ends.zero for found in known if found), "")
    for row in table.rows:
        if is_trivial(task, row) and zero in ("", title(*row.name)):
            return f"{title(*row.name)} {formatting.value(row.scores[first])}"
    return formatting.NONE


def _normalised(row: Row, metric: Metric) -> str:
    found = row.scores[metric.id].normalised
    return formatting.percent(found.value) if found else formatting.NONE


def split_name(table: Table) -> str:
    """Corpus and protocol of a table in words that a line can break between."""
    corpus, _, split = table.split.partition(".")
    return f"{escaped(corpus)}: {escaped(split.replace('_', ' '))}"


def _calibration(snapshot: Snapshot) -> list[str]:
    """How much of a new speaker or session a model needs: the top of each curve, and its plot."""
    lines = []
    for curve in calibration_section.telling(snapshot):
        task = snapshot.task(curve.made[0])
        places = _shown(task, [line.last for line in curve.lines])
        shown = [curve.lines[place] for place in places]
        plot = calibration_section.path(curve)
        lines += calibration_markdown.lines(snapshot, curve, shown, plot, MOST_COLUMNS)
        lines[-2] += f" {_rest(curve.task)}"
        lines += _sealed(snapshot, curve.made)
    return ["## Calibration to a new speaker or session", "", *lines] if lines else []


def _transfer(snapshot: Snapshot) -> list[str]:
    """What is kept where training is of another kind than the test: the top of each transfer."""
    lines = []
    for one in transfer_section.telling(snapshot):
        shown = _shown(snapshot.task(one.made[0]), [line.last for line in one.lines])
        lines += transfer_markdown.lines(snapshot, one, shown, MOST_COLUMNS)
        lines[-2] += f" {_rest(one.task)}"
        lines += _sealed(snapshot, one.made)
    return ["## Transfer between kinds of speech", "", *lines] if lines else []


def _sealed(snapshot: Snapshot, tables: Iterable[Table]) -> list[str]:
    return [line for table in tables for line in sealed_table.under_a_name(snapshot, table)]


def _rest(task: str) -> str:
    return f"[All rows, and the tables of the single splits]({task_page.path(task)})."


def _shown(task: Task, rows: Sequence[Row]) -> list[int]:
    """Places of the best rows, of the best trivial baseline, of nuisance and chance."""
    places = range(len(rows))
    entries = [n for n in places if not is_trivial(task, rows[n])][:TOP]
    trivial = [n for n in places if is_trivial(task, rows[n])]
    named = [n for n in trivial if rows[n].entry in (NUISANCE, CHANCE)]
    return sorted({*entries, *trivial[:1], *named})


def _across(snapshot: Snapshot) -> list[str]:
    tables = [snapshot.displayed(table) for table in snapshot.tables]
    ranking = across_tasks.compare(tables, snapshot.tasks, snapshot.defaults)
    if ranking is None:
        return []
    mark = f" *{formatting.TRIVIAL}*"
    rows = [
        [entry + (mark if entry in ranking.trivial_baselines else ""), f"{rank:.2f}"]
        for entry, rank in ranking.average_ranks.items()
    ]
    table = markdown_table(["entry", "average rank"], rows, right=[1])
    return ["## Across tasks", "", *table, "", formatting.across(ranking), ""]


def _top(snapshot: Snapshot, table: Table) -> list[str]:
    """The best rows of one table, what knows nothing or the answers, and a link to the rest."""
    task = snapshot.task(table)
    rows = [table.rows[place] for place in _shown(task, table.rows)]
    first, *others = task.metrics
    gains = any(row.scores[first.id].gain for row in rows)  # in all rows of a task, or in none
    heads = ["tier", "entry", formatting.short_head(first), *(["gain"] * gains)]
    ends = [glossary.NORMALISED, "parameters"]
    others = _narrow(others, MOST_COLUMNS - len(heads) - len(ends) - 1)
    shown = {formatting.verified(row, snapshot.verified) for row in rows} - {formatting.NONE}
    verified = len(shown) > 1  # what is the same in all rows is said above or below the table
    heads += [
        *(two_lines(formatting.short_head(m)) for m in others),
        *ends,
        *(["verified"] * verified),
    ]
    cells = [
        [
            formatting.tier(row),
            table_parts.short_name_cell(snapshot, task, row),
            table_parts.first_score(row, first),
            *([formatting.gain(row.scores[first.id].gain)] * gains),
            *(
                formatting.value_and_tier(row.scores[m.id]) + scale.dagger(task, table, row, m)
                for m in others
            ),
            _normalised(row, first),
            formatting.parameters(row),
            *([formatting.verified(row, snapshot.verified)] * verified),
        ]
        for row in (*rows, *table.oracles)
    ]
    numbers = {*range(len(heads))} - {1}
    lines = [*table_parts.heading(snapshot, table), *markdown_table(heads, cells, numbers), ""]
    hidden = len(table.rows) - len(rows)
    rest = f"{formatting.count(hidden, 'more row')}, all metrics" if hidden else "All metrics"
    link = f"[{rest}, costs, variants and breakdowns]({task_page.path(table.task)})"
    same = "" if verified else "".join(f" Verified, all rows: {who}." for who in shown - {CLAIMED})
    lines += [f"{scale.about(task, table)}{same} {link}.", ""]
    return [*lines, *sealed_table.lines(snapshot, table)]


def _narrow(others: Sequence[Metric], room: int) -> list[Metric]:
    """As many further metrics as a table has room for, with one of what is heard among them.

    Where there is room for one only, it is the one that the task names first.
    """
    names = [metric.id.partition(".")[0] for metric in others]
    heard = next((others[names.index(name)] for name in HEARD if name in names), None)
    if room < 2 or heard is None or heard in others[:room]:
        return [*others[:room]]
    return [*others[: room - 1], heard]
