"""The metrics as a list and as a page, from their modules and the tables of the leaderboard."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from types import ModuleType

from benchmark import metrics
from benchmark.core import Metric, Task
from benchmark.leaderboard.tables import Row, Table, title
from benchmark.report import formatting
from benchmark.report.markdown.markdown_table import markdown_table

PREFACE = """\
# Metrics

Made by `silentbench metrics --write` from the modules in `benchmark/metrics`; do not edit.
A metric's id is its name, its aggregation and its version: figures of different ids are never in
one column. What has no value is counted, with its reason:

- a finite prediction that is unscorable (silence, a constant, no utterance) gets the **worst
  score** of the metric, with the reason in the result;
- a **target** that cannot be scored is left out for every entry, with the reason;
- a prediction that breaks the contract (shape, type, NaN, infinity) fails the job, and so does an
  unscorable one where the metric has no worst score.

What is better than doing nothing without knowing anything is in [degenerate.md](degenerate.md).
"""


def modules() -> dict[str, ModuleType]:
    """Every module of `benchmark/metrics` that holds a metric, by name."""
    paths = sorted(
        (name.rpartition(".")[2], name)
        for _, name, _ in pkgutil.walk_packages(metrics.__path__, f"{metrics.__name__}.")
    )
    imported = {
        name: importlib.import_module(path) for name, path in paths if not name.startswith("_")
    }
    return {name: module for name, module in imported.items() if metrics_of(module)}


def metrics_of(module: ModuleType) -> list[Metric]:
    """The metrics of a module in the order of their definitions."""
    return [value for value in vars(module).values() if isinstance(value, Metric)]


def all_metrics() -> list[Metric]:
    """Every metric there is, by module."""
    return [metric for module in modules().values() for metric in metrics_of(module)]


def of_tasks(tasks: Mapping[str, Task]) -> list[Metric]:
    """The metrics that tasks make of functions of the modules, such as one of a lexicon."""
    made = {metric.id: metric for task in tasks.values() for metric in task.metrics}
    known = {metric.id for metric in all_metrics()}
    return [metric for id, metric in made.items() if id not in known]


def _made_by(module: ModuleType, metrics: Iterable[Metric]) -> list[Metric]:
    """Those whose measuring function the module has."""
    return [metric for metric in metrics if _function(metric).__module__ == module.__name__]


def _function(metric: Metric) -> Callable[..., object]:
    measure = metric.measure
    return measure.func if isinstance(measure, partial) else measure


def failure(metric: Metric) -> str:
    """What an unscorable prediction leads to, in a few words."""
    if metric.worst is None:
        return "none: every finite prediction has a value, else the job fails"
    return "gets the worst score"


def scale(metric: Metric) -> str:
    low, high = ("open" if end is None else f"{end:g}" for end in metric.scale)
    return f"{low} to {high}"


def page(tasks: Mapping[str, Task], tables: Sequence[Table]) -> str:
    """docs/metrics.md; the scores of degenerate predictions are those of the leaderboard."""
    heads = ["id", "title", "unit", "better", "scale", "used by"]
    rows = [
        [f"`{m.id}`", m.title, m.unit_name, m.better, scale(m), ", ".join(_users(m, tasks))]
        for m in (*all_metrics(), *of_tasks(tasks))
    ]
    lines = [PREFACE, *markdown_table(heads, rows)]
    for name, module in modules().items():
        summary, _, text = (module.__doc__ or "").strip().partition("\n")
        lines += ["", f"## {name}: {summary.rstrip('.')}", "", *_text(text), ""]
        for metric in (*metrics_of(module), *_made_by(module, of_tasks(tasks))):
            lines.append(f"- `{metric.id}` ({metric.title}): {metric.definition}.")
            lines.append(f"  Source: {metric.source}. Unscorable prediction: {failure(metric)}.")
            if metric.auxiliary:
                lines.append(f"  Needs of the recording: {', '.join(metric.auxiliary)}.")
            if metric.degenerate:
                lines.append(f"  **Degenerate prediction that it rewards:** {metric.degenerate}.")
                lines += [f"  - {line}" for line in _trivial_scores(metric, tasks, tables)]
    return "\n".join(lines).rstrip() + "\n"


def _users(metric: Metric, tasks: Mapping[str, Task]) -> list[str]:
    return [name for name, task in tasks.items() if metric in task.metrics]


def _trivial_scores(
    metric: Metric, tasks: Mapping[str, Task], tables: Sequence[Table]
) -> Iterator[str]:
    """A line for each table with the metric: its trivial baselines and the best other entry."""
    for table in tables:
        rows = [r for r in table.rows if metric.id in r.scores]
        scored = [r for r in rows if r.scores[metric.id].value is not None]
        trivial = [r for r in rows if r.entry in tasks[table.task].trivial_baselines]
        others = [r for r in scored if r not in trivial]
        if trivial and others:
            pick = max if metric.better == "higher" else min
            best = pick(others, key=lambda row: row.scores[metric.id].value or 0.0)
            scores = ", ".join(_scored(metric, row) for row in trivial)
            yield (
                f"measured on `{table.split}`: trivial baselines {scores};"
                f" best other {_scored(metric, best)}"
            )


def _scored(metric: Metric, row: Row) -> str:
    return f"{title(*row.name)} {formatting.value(row.scores[metric.id])}"


def _text(text: str) -> list[str]:
    """A docstring as markdown: what is indented is a formula and stays as it is."""
    return [line.rstrip() for line in text.strip("\n").splitlines()]
