"""The commands that list what is in the project: list, metrics."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import typer

from benchmark import registry
from benchmark.cli import leaderboard
from benchmark.cli.options import (
    ROOT,
    Isolation,
    IsolationName,
    Json,
    as_example,
    backend_for,
    one_sentence,
    say,
    say_json,
)
from benchmark.core import Metric, Task
from benchmark.leaderboard import snapshot
from benchmark.leaderboard.tables import title
from benchmark.report import metrics_page
from benchmark.sandbox import parameter_count


def register(app: typer.Typer) -> None:
    """Add the commands to a command line."""
    for function, name in ((list_everything, "list"), (list_metrics, "metrics")):
        app.command(name, epilog=as_example(f"{name} --json"))(function)


def list_everything(
    size: Annotated[
        Literal["paper"] | None,
        typer.Option(help="Print only the trainable parameters of each variant at this size."),
    ] = None,
    isolation: Isolation = "auto",
    as_json: Json = False,
) -> None:
    """List tasks with their metrics and splits, and entries with their variants."""
    with one_sentence():
        tasks, entries = registry.known_tasks(ROOT), registry.entries(ROOT)
        if size:
            _list_parameter_counts(entries, isolation, as_json)
            return
        if as_json:
            say_json(_listing(tasks, entries))
            return
        for name, task in tasks.items():
            say(f"{name}: {task.title}")
            say(f"    splits   {', '.join(task.splits)}")
            say(f"    metrics  {', '.join(map(_with_direction, task.metrics))}")
        say()
        for entry in entries.found.values():
            mark = ", brings weights" if entry.brings_weights else ""
            say(f"{entry.name}: {entry.title} ({entry.kind}{mark})")
            say(f"    tasks    {', '.join(entry.tasks)}")
            if list(entry.variants) != ["default"]:
                say(f"    variants {', '.join(entry.variants)}")
        for problem in (*registry.left_out(ROOT), *entries.problems):
            say(f"left out: {problem}")


def _list_parameter_counts(
    entries: registry.Entries, isolation: IsolationName, as_json: bool
) -> None:
    backend = backend_for(isolation)
    counts = {name: parameter_count.of(entry, backend) for name, entry in entries.found.items()}
    if as_json:
        say_json(counts)
        return
    for name, variants in counts.items():
        for variant, count in variants.items():
            text = "no published size" if count is None else f"{count:,}"
            say(f"{title(name, variant)}: {text}")


def _with_direction(metric: Metric) -> str:
    return f"{metric.id} {'↑' if metric.better == 'higher' else '↓'}"


def _listing(tasks: dict[str, Task], entries: registry.Entries) -> dict[str, Any]:
    return {
        "tasks": [
            {
                "id": name,
                "title": task.title,
                "version": task.version,
                "licence": task.licence,
                "citation": task.citation,
                "inputs": task.inputs,
                "target": task.target,
                "splits": task.splits,
                "corpora": sorted({split.partition(".")[0] for split in task.splits}),
                "metrics": [_metric(metric) for metric in task.metrics],
                "trivial_baselines": task.trivial_baselines,
            }
            for name, task in tasks.items()
        ],
        "entries": [
            {
                "id": entry.name,
                "kind": entry.kind,
                "title": entry.title,
                "tasks": entry.tasks,
                "licence": entry.licence,
                "citation": entry.citation,
                "causal": entry.causal,
                "brings_weights": entry.brings_weights,
                "trained_on": entry.trained_on,
                "suite": entry.suite,
                "variants": list(entry.variants),
            }
            for entry in entries.found.values()
        ],
        "left_out": [*registry.left_out(ROOT), *entries.problems],
    }


def _metric(metric: Metric) -> dict[str, Any]:
    return {
        "id": metric.id,
        "title": metric.title,
        "unit": metric.unit_name,
        "direction": metric.better,
        "scale": metric.scale,
        "definition": metric.definition,
        "source": metric.source,
        "unscorable": metrics_page.failure(metric),
        "rewards": metric.degenerate,
    }


def _every_metric() -> list[Metric]:
    """Those of the modules, and those that tasks make."""
    return [*metrics_page.all_metrics(), *metrics_page.of_tasks(registry.known_tasks(ROOT))]


def list_metrics(
    write: Annotated[bool, typer.Option("--write", help="Write docs/metrics.md.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Only check that docs/metrics.md is current.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show every metric with its direction, definition and source."""
    with one_sentence():
        if write or check:
            board = snapshot.read(ROOT)
            page = metrics_page.page(board.tasks, board.tables)
            leaderboard.write({leaderboard.METRICS: page}, check, "silentbench metrics --write")
        elif as_json:
            say_json([_metric(m) for m in _every_metric()])
        else:
            for metric in _every_metric():
                unit = f" [{metric.unit_name}]" if metric.unit_name else ""
                say(
                    f"{_with_direction(metric)}  {metric.title}{unit}, {metrics_page.scale(metric)}"
                )
                say(f"    {metric.definition}")
                say(f"    source: {metric.source}")
                say(f"    unscorable: {metrics_page.failure(metric)}")
                if metric.degenerate:
                    say(f"    rewards: {metric.degenerate}")
