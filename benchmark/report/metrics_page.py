"""The metrics as a list and as a page, read off the modules and the leaderboard's tables."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping, Sequence
from types import ModuleType

from benchmark import metrics
from benchmark.core import Metric, Task
from benchmark.leaderboard.tables import Row, Table, title

PREFACE = """\
# Metrics

Made by `run_benchmark.py metrics --write` from the modules in `benchmark/metrics`; do not edit.
A metric's id is its name, how it is aggregated, and its version: figures of different ids never
share a column. What has no value is said and counted, never scored:

- a prediction that is finite but unscorable (silence, a constant, no utterance) stands at the
  **floor** of the scale, with its reason in the result;
- a **target** that nobody can be scored on is left out for everyone, with its reason;
- a prediction that breaks the contract (shape, type, NaN, infinity) fails the job, and so does one
  without a value where the scale has no floor.
"""


def modules() -> dict[str, ModuleType]:
    """Every module of `benchmark/metrics` that holds a metric, by name."""
    paths = sorted(
        (name.rpartition(".")[2], name)
        for _, name, _ in pkgutil.walk_packages(metrics.__path__, f"{metrics.__name__}.")
    )
    found = {
        name: importlib.import_module(path) for name, path in paths if not name.startswith("_")
    }
    return {name: module for name, module in found.items() if of(module)}


def of(module: ModuleType) -> list[Metric]:
    """The metrics of a module in the order in which they stand there."""
    return [value for value in vars(module).values() if isinstance(value, Metric)]


def every() -> list[Metric]:
    return [metric for module in modules().values() for metric in of(module)]


def failure(metric: Metric) -> str:
    """What becomes of a prediction that cannot be scored, in a few words."""
    if metric.worst is None:
        return "none: every finite prediction has a value, else the job fails"
    return "stands at the floor of the scale"


def scale(metric: Metric) -> str:
    low, high = ("open" if end is None else f"{end:g}" for end in metric.scale)
    return f"{low} to {high}"


def page(tasks: Mapping[str, Task], tables: Sequence[Table]) -> str:
    """docs/metrics.md; what lazy answers get is read off the leaderboard's tables."""
    lines = [
        PREFACE,
        "| id | title | unit | better | scale | used by |",
        "|---|---|---|---|---|---|",
    ]
    for metric in every():
        used = ", ".join(name for name, task in tasks.items() if metric in task.metrics)
        cells = [
            f"`{metric.id}`",
            metric.title,
            metric.unit_name,
            metric.better,
            scale(metric),
            used,
        ]
        lines.append("| " + " | ".join(cells) + " |")
    for name, module in modules().items():
        title, _, text = (module.__doc__ or "").strip().partition("\n")
        lines += ["", f"## {name}: {title.rstrip('.')}", "", *_text(text), ""]
        for metric in of(module):
            lines.append(f"- `{metric.id}` ({metric.title}): {metric.definition}.")
            lines.append(f"  Source: {metric.source}. Unscorable prediction: {failure(metric)}.")
            if metric.auxiliary:
                lines.append(f"  Needs of the recording: {', '.join(metric.auxiliary)}.")
            if metric.degenerate:
                lines.append(f"  **Lazy answer that it rewards:** {metric.degenerate}.")
                lines += [f"  - {line}" for line in _rewards(metric, tasks, tables)]
    return "\n".join(lines).rstrip() + "\n"


def _rewards(metric: Metric, tasks: Mapping[str, Task], tables: Sequence[Table]) -> Iterator[str]:
    """A line for each table that has the metric: what floors get beside the best other entry."""
    for table in tables:
        rows = [r for r in table.rows if metric.id in r.scores]
        valued = [r for r in rows if r.scores[metric.id].value is not None]
        floors = [r for r in rows if r.entry in tasks[table.task].trivial_baselines]
        others = [r for r in valued if r not in floors]
        if floors and others:
            pick = max if metric.better == "higher" else min
            best = pick(others, key=lambda row: row.scores[metric.id].value or 0.0)
            said = ", ".join(_said(metric, row) for row in floors)
            yield f"measured on `{table.split}`: floors {said}; best entry {_said(metric, best)}"


def _said(metric: Metric, row: Row) -> str:
    value = row.scores[metric.id].value
    return f"{title(row.entry, row.variant)} {'undefined' if value is None else f'{value:.3f}'}"


def _text(text: str) -> list[str]:
    """A docstring as markdown: what is indented is a formula and stays as it is."""
    return [line.rstrip() for line in text.strip("\n").splitlines()]
