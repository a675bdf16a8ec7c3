"""Tables -> leaderboard.md. The same tables give the same bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from benchmark import comparisons
from benchmark.core import Corpus, Metric, Signal, Task
from benchmark.discover import Entry, Reported
from benchmark.leaderboard import SIGNIFICANT, Row, Score, Table, tiered, title

PREFACE = (
    "Made by `run_benchmark.py leaderboard` from the records beside the entries; do not edit.",
    "Brackets hold the 95 % interval of a row: bootstrap of speakers, then of their recordings.",
    "It is an interval of that row alone, not of its difference to another row.",
    "*tier*: by sign flips of paired differences, adjusted for all pairs of a table.",
    "*floor* marks entries that never look at the input.",
    "*causal* is what an entry claims, tried by noise in place of what comes later: yes, or how far"
    " it looked ahead.",
    "*not isolated*: nothing kept the model from files of the machine."
    " *predictions only*: nobody here ran it.",
)
MARKS = {"process": " *not isolated*", "predictions only": " *predictions only*"}


def render(
    found: Sequence[Table],
    tasks: Mapping[str, Task],
    corpora: Mapping[str, Corpus],
    entries: Mapping[str, Entry],
    reported: Sequence[Reported] = (),
) -> str:
    """The whole page; recorded corpora first, simulated ones apart, variants of entries last.

    An entry stands in the tables as its first variant; its others are its ablation.
    """
    lines = ["# SilentBench leaderboard", ""]
    lines += [*PREFACE, ""]
    for synthetic, heading in ((False, "Recorded corpora"), (True, "Simulated talkers")):
        chosen = [t for t in found if corpora[t.split.partition(".")[0]].synthetic is synthetic]
        if chosen:
            lines += [f"## {heading}", ""]
            for table in chosen:
                chosen_rows, units = tiered(_defaults(table, entries))
                lines += _section(chosen_rows, units, tasks[table.task], corpora)
    lines += _ablations(found, tasks, corpora, entries, reported)
    return "\n".join(lines).rstrip() + "\n"


def _defaults(table: Table, entries: Mapping[str, Entry]) -> Table:
    """Only the variants that stand for their entries, and those whose entry is gone."""
    rows = tuple(
        row
        for row in table.rows
        if row.entry not in entries or row.variant == entries[row.entry].default
    )
    return replace(table, rows=rows)


def _ablations(
    found: Sequence[Table],
    tasks: Mapping[str, Task],
    corpora: Mapping[str, Corpus],
    entries: Mapping[str, Entry],
    reported: Sequence[Reported],
) -> list[str]:
    lines: list[str] = []
    for name, entry in entries.items():
        parts = [replace(t, rows=tuple(r for r in t.rows if r.entry == name)) for t in found]
        parts = [part for part in parts if len(part.rows) > 1]
        told = [table for table in reported if table.entry == name]
        if parts or told:
            lines += [f"### {_plain(entry.title)}: `{name}`", ""]
            for part in parts:
                place = f"`{part.task}` on `{part.split}`, every variant:"
                part, units = tiered(part)
                grid = _grid(part, tasks[part.task], corpora)
                lines += [place, "", *grid, "", _about_tiers(part, units), ""]
            for table in told:
                lines += _reported(table)
    return ["## Variants, and what was published", "", *lines] if lines else []


def _reported(table: Reported) -> list[str]:
    lines = [f"**Reported, not reproduced here** ({_plain(table.source)}):", ""]
    lines.append("| " + " | ".join(map(_plain, table.columns)) + " |")
    lines.append("|---|" + "---:|" * (len(table.columns) - 1))
    lines += ["| " + " | ".join(_plain(str(cell)) for cell in row) + " |" for row in table.rows]
    return [*lines, ""]


def _grid(table: Table, task: Task, corpora: Mapping[str, Corpus]) -> list[str]:
    """The rows of a table under their heads."""
    target = corpora[table.split.partition(".")[0]].signals[task.target]
    heads = [f"{m.title}{_unit(m, target)} {_arrow(m)}" for m in task.metrics]
    columns = ["tier", "entry", *heads, "runs", "parameters", "fit s", "real-time factor", "causal"]
    lines = ["| " + " | ".join(columns) + " |", "|---:|---|" + "---:|" * (len(columns) - 2)]
    return lines + ["| " + " | ".join(_cells(task, target, row)) + " |" for row in table.rows]


def _section(table: Table, units: int, task: Task, corpora: Mapping[str, Corpus]) -> list[str]:
    corpus, _, split = table.split.partition(".")
    lines = [f"### {task.title}: {corpus}, {split.replace('_', ' ')}", ""]
    lines += [
        f"{corpora[corpus].title}. `{table.task}` on `{table.split}`:"
        f" {table.recordings} test recordings,"
        f" {_count(table.speakers, 'speaker')}, {_count(table.folds, 'fold')}.",
        "",
    ]
    if table.speakers == 1:
        lines += ["One speaker: nothing here says how it goes with other speakers.", ""]
    lines += _grid(table, task, corpora)
    lines += ["", _about_tiers(table, units)]
    notes = [*_floored(task, table), *(f"left out: {reason}" for reason in table.left_out)]
    return [*lines, "", *(f"- {_plain(note)}" for note in notes), *([""] if notes else [])]


def _about_tiers(table: Table, units: int) -> str:
    least = comparisons.smallest_p(max(units, 1))
    paired = f"Paired by {table.unit} ({units})"
    if least > SIGNIFICANT:
        return f"{paired}, the smallest p is {least:.3g}: no difference can be significant."
    ends = f"a tier ends at the first row that its best differs from, p ≤ {SIGNIFICANT}"
    return f"{paired}, smallest p {least:.2g}: {ends}."


def _cells(task: Task, target: Signal, row: Row) -> list[str]:
    name = title(row.entry, row.variant) + (" *floor*" if row.entry in task.floors else "")
    name += MARKS.get(row.isolation, "")
    scores = [_show(row.scores[metric.id]) for metric in task.metrics]
    scores[0] = (
        f"**{scores[0]}**" if row.scores[task.metrics[0].id].value is not None else scores[0]
    )
    parameters = "–" if row.parameters is None else f"{row.parameters:,}"
    factor = "–" if row.real_time_factor is None else f"{row.real_time_factor:.3g}"
    fit = "–" if row.fit_seconds is None else f"{row.fit_seconds:.1f}"
    tier = str(row.tier) if row.tier else "–"
    return [tier, name, *scores, str(row.runs), parameters, fit, factor, _causal(row, target)]


def _causal(row: Row, target: Signal) -> str:
    """What became of the claim, where the target has a time to look ahead of."""
    if not row.claims_causal or target.rate is None:
        return "–"
    if row.look_ahead_ms is None:
        return "cannot be seen"
    return "yes" if row.look_ahead_ms <= 1000 / target.rate else f"{row.look_ahead_ms:.0f} ms ahead"


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
