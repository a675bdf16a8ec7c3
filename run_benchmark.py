"""The command line of SilentBench. `python run_benchmark.py --help` shows the verbs."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any

import typer

from benchmark import registry
from benchmark.cli import data, entries, leaderboard, run
from benchmark.cli.options import ROOT, Json, one_sentence
from benchmark.core import Metric, Task
from benchmark.leaderboard import snapshot
from benchmark.leaderboard.tables import title
from benchmark.registry import parameter_count
from benchmark.report import metrics_page

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.command("list", epilog="Example: python run_benchmark.py list --json")
def list_everything(
    size: Annotated[
        str, typer.Option(help="paper: count what every variant learns at published shapes.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Show tasks with their metrics and corpora, and entries with their variants."""
    with one_sentence():
        tasks, found = registry.tasks(ROOT), registry.entries(ROOT)
        if size:
            registry.pick("value of --size", size, {"paper": None})
            _list_sizes(found, as_json)
            return
        if as_json:
            print(json.dumps(_listing(tasks, found), indent=1, ensure_ascii=False))
            return
        for name, task in tasks.items():
            print(f"{name}: {task.title}")
            print(f"    splits   {', '.join(task.splits)}")
            print(f"    metrics  {', '.join(map(_direction, task.metrics))}")
        print()
        for entry in found.found.values():
            print(f"{entry.name}: {entry.title} ({entry.kind})")
            print(f"    tasks    {', '.join(entry.tasks)}")
            if list(entry.variants) != ["default"]:
                print(f"    variants {', '.join(entry.variants)}")
        for problem in found.problems:
            print(f"left out: {problem}")


def _list_sizes(found: registry.Entries, as_json: bool) -> None:
    counts = {name: parameter_count.of(entry) for name, entry in found.found.items()}
    if as_json:
        print(json.dumps(counts, indent=1))
        return
    for name, variants in counts.items():
        for variant, count in variants.items():
            said = "no network" if count is None else f"{count:,}"
            print(f"{title(name, variant)}: {said}")


def _direction(metric: Metric) -> str:
    return f"{metric.id} {'↑' if metric.better == 'higher' else '↓'}"


def _listing(tasks: dict[str, Task], found: registry.Entries) -> dict[str, Any]:
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
                "floors": task.trivial_baselines,
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
                "trained_on": entry.trained_on,
                "suite": entry.suite,
                "variants": list(entry.variants),
            }
            for entry in found.found.values()
        ],
        "left_out": found.problems,
    }


def _metric(metric: Metric) -> dict[str, Any]:
    return {
        "id": metric.id,
        "title": metric.title,
        "unit": metric.unit,
        "direction": metric.better,
        "scale": metric.scale,
        "definition": metric.definition,
        "source": metric.source,
        "unscorable": metrics_page.failure(metric),
        "rewards": metric.degenerate,
    }


@app.command("metrics", epilog="Example: python run_benchmark.py metrics --json")
def list_metrics(
    write: Annotated[bool, typer.Option("--write", help="Write docs/metrics.md.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Only say if the page is current.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show every metric with its direction, definition and source."""
    with one_sentence():
        if write or check:
            found = snapshot.read(ROOT)
            leaderboard.write(
                {leaderboard.METRICS: metrics_page.page(found.tasks, found.tables)}, check
            )
        elif as_json:
            print(
                json.dumps([_metric(m) for m in metrics_page.every()], indent=1, ensure_ascii=False)
            )
        else:
            for metric in metrics_page.every():
                unit = f" [{metric.unit}]" if metric.unit else ""
                print(f"{_direction(metric)}  {metric.title}{unit}, {metrics_page.scale(metric)}")
                print(f"    {metric.definition}")
                print(f"    source: {metric.source}")
                print(f"    unscorable: {metrics_page.failure(metric)}")
                if metric.degenerate:
                    print(f"    rewards: {metric.degenerate}")


run.register(app)
leaderboard.register(app)
entries.register(app)
data.register(app)

if __name__ == "__main__":
    sys.exit(app())
