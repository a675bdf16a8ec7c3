"""Tables -> leaderboard.md. The same tables give the same bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmark.core import Corpus, Metric, Signal, Task
from benchmark.leaderboard import Row, Score, Table, title

PREFACE = (
    "Made by `run_benchmark.py leaderboard` from the records beside the entries; do not edit.",
    "Brackets hold the 95 % interval of a row: bootstrap of speakers, then of their recordings.",
    "It is an interval of that row alone, not of its difference to another row.",
    "*floor* marks entries that never look at the input.",
)


def render(found: Sequence[Table], tasks: Mapping[str, Task], corpora: Mapping[str, Corpus]) -> str:
    """The whole page; recorded corpora first, simulated ones apart."""
    lines = ["# SilentBench leaderboard", ""]
    lines += [*PREFACE, ""]
    for synthetic, heading in ((False, "Recorded corpora"), (True, "Simulated talkers")):
        chosen = [t for t in found if corpora[t.split.partition(".")[0]].synthetic is synthetic]
        if chosen:
            lines += [f"## {heading}", ""]
            for table in chosen:
                lines += _section(table, tasks[table.task], corpora)
    return "\n".join(lines).rstrip() + "\n"


def _section(table: Table, task: Task, corpora: Mapping[str, Corpus]) -> list[str]:
    corpus, _, split = table.split.partition(".")
    lines = [f"### {task.title}: {corpus}, {split.replace('_', ' ')}", ""]
    lines += [
        f"{corpora[corpus].title}. `{table.task}` on `{table.split}`:"
        f" {table.recordings} test recordings,"
        f" {_count(table.speakers, 'speaker')}, {_count(table.folds, 'fold')}.",
        "",
    ]
    if table.speakers == 1:
        lines += ["One speaker: the interval says nothing about other speakers.", ""]
    target = corpora[corpus].signals[task.target]
    heads = [f"{m.title}{_unit(m, target)} {_arrow(m)}" for m in task.metrics]
    columns = ["entry", *heads, "runs", "parameters", "fit s", "real-time factor"]
    lines.append("| " + " | ".join(columns) + " |")
    lines.append("|---|" + "---:|" * (len(columns) - 1))
    lines += ["| " + " | ".join(_cells(task, row)) + " |" for row in table.rows]
    notes = [*_floored(task, table), *(f"left out: {reason}" for reason in table.left_out)]
    return [*lines, "", *(f"- {_plain(note)}" for note in notes), *([""] if notes else [])]


def _cells(task: Task, row: Row) -> list[str]:
    name = title(row.entry, row.variant) + (" *floor*" if row.entry in task.floors else "")
    scores = [_show(row.scores[metric.id]) for metric in task.metrics]
    scores[0] = (
        f"**{scores[0]}**" if row.scores[task.metrics[0].id].value is not None else scores[0]
    )
    parameters = "–" if row.parameters is None else f"{row.parameters:,}"
    factor = "–" if row.real_time_factor is None else f"{row.real_time_factor:.3g}"
    return [name, *scores, str(row.runs), parameters, f"{row.fit_seconds:.1f}", factor]


def _show(score: Score) -> str:
    if score.value is None:
        return "undefined"
    return f"{score.value:.3f} [{score.low:.3f}, {score.high:.3f}]"


def _floored(task: Task, table: Table) -> list[str]:
    """Say where the floor of a scale stands for what had no score."""
    notes = []
    for row in table.rows:
        for metric in task.metrics:
            score = row.scores[metric.id]
            total = score.items * row.runs
            notes += [
                f"{title(row.entry, row.variant)}: {metric.title} at the floor of its scale"
                f" for {count} of {total} predictions: {reason}"
                for reason, count in sorted(score.floored.items())
            ]
    return notes


def _unit(metric: Metric, target: Signal) -> str:
    unit = target.unit if metric.unit == "unit of the target" else metric.unit
    return f" [{unit}]" if unit else ""


def _arrow(metric: Metric) -> str:
    return "↑" if metric.better == "higher" else "↓"


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


def _plain(text: str) -> str:
    """Text from an entry as text: nothing in it is markdown, a tag or a second line."""
    flat = " ".join(text.split())
    return "".join(f"\\{c}" if c in "\\`*_[]<>|#!" else c for c in flat)
