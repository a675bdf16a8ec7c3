"""The command line of SilentBench. `python run_benchmark.py --help` shows the verbs."""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Annotated, Any

import typer

from benchmark import (
    board,
    catalogue,
    chance,
    discover,
    engines,
    options,
    plan,
    runner,
    show,
    showing,
    sizes,
    submitting,
    supplying,
)
from benchmark import rescore as rescoring
from benchmark.core import Metric, Task
from benchmark.options import ROOT, Data, Isolation, Json, Names, Runs, one_sentence
from benchmark.sandbox import Limits
from benchmark.tables import title

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
        tasks, found = discover.tasks(ROOT), discover.entries(ROOT)
        if size:
            discover.pick("value of --size", size, {"paper": None})
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


def _list_sizes(found: discover.Entries, as_json: bool) -> None:
    counts = {name: sizes.of(entry) for name, entry in found.found.items()}
    if as_json:
        print(json.dumps(counts, indent=1))
        return
    for name, variants in counts.items():
        for variant, count in variants.items():
            said = "no network" if count is None else f"{count:,}"
            print(f"{title(name, variant)}: {said}")


def _direction(metric: Metric) -> str:
    return f"{metric.id} {'↑' if metric.better == 'higher' else '↓'}"


def _listing(tasks: dict[str, Task], found: discover.Entries) -> dict[str, Any]:
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
                "floors": task.floors,
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
        "unscorable": catalogue.failure(metric),
        "rewards": metric.lazy,
    }


@app.command(epilog="Example: python run_benchmark.py run --task emg_to_articulation --seeds 3")
def run(
    task: Annotated[Names, typer.Option(help="Only this task; may be repeated.")] = [],  # noqa: B006
    corpus: Annotated[Names, typer.Option(help="Only this corpus; may be repeated.")] = [],  # noqa: B006
    entry: Annotated[Names, typer.Option(help="Only this entry; may be repeated.")] = [],  # noqa: B006
    variants: Annotated[
        str, typer.Option(help="default, all for an ablation, or names between commas.")
    ] = "default",
    seeds: Annotated[int, typer.Option(min=1, help="Runs of each entry.")] = 1,
    suite: Annotated[
        str, typer.Option(help="main, full (every entry), or smoke to see that all runs.")
    ] = "main",
    data: Data = ROOT / "data",
    runs: Runs = ROOT / "runs",
    workers: Annotated[int, typer.Option(min=1, help="Jobs at once.")] = os.cpu_count() or 1,
    limit: Annotated[float, typer.Option(min=0.1, help="Seconds that one job may take.")] = 1800.0,
    memory: Annotated[
        int, typer.Option(min=0, help="MB that one job may use; 0: four fifths of what is there.")
    ] = 0,
    isolation: Isolation = "auto",
    shuffle_check: Annotated[
        bool, typer.Option("--shuffle-check", help="Ask again in another order and compare.")
    ] = False,
    aggregates: Annotated[
        bool, typer.Option("--aggregates-only", help="Records that tell of no single recording.")
    ] = False,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Run failed jobs again.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="One job after the other.")] = False,
    as_json: Json = False,
) -> None:
    """Train and score entries, publish their records and write leaderboard.md."""
    with one_sentence():
        discover.pick("value of --suite", suite, dict.fromkeys(("main", "full", "smoke")))
        place = plan.Place(ROOT, data.resolve(), runs.resolve())
        choice = plan.Choice(
            task, corpus, entry, variants, seeds, suite == "smoke", suite == "full"
        )
        chosen = plan.plan(place, choice, discover.corpora())
        limits = Limits(seconds=limit, memory_mb=memory or options.memory_mb(workers))
        conditions = runner.Conditions(
            limits, options.walls_called(isolation), shuffle_check, aggregates
        )
        start = time.monotonic()
        engine = engines.here if debug else engines.local(workers)
        with show.progress(len(chosen.jobs), quiet=as_json) as progress:
            for note in chosen.notes:
                progress.tell(note)
            summary = runner.run(
                *(place, chosen, engine, conditions, retry_failed),
                *(progress.tell, progress.seen, workers),
            )
            if suite != "smoke":
                renewed = chance.renew(place, chosen, workers, progress.tell)
                if runner.publish(place, chosen) or renewed or not showing.BOARD.exists():
                    showing.write_pages()
        show.summary(summary, time.monotonic() - start, as_json)
    raise typer.Exit(0 if summary.ok else 1)


@app.command(epilog="Example: python run_benchmark.py rescore --task seeg_to_mel")
def rescore(
    task: Annotated[Names, typer.Option(help="Only this task; may be repeated.")] = [],  # noqa: B006
    entry: Annotated[Names, typer.Option(help="Only this entry; may be repeated.")] = [],  # noqa: B006
    variants: Annotated[
        str, typer.Option(help="default, all, or names between commas.")
    ] = "default",
    seeds: Annotated[int, typer.Option(min=1, help="Runs of each entry.")] = 1,
    everything: Annotated[
        bool, typer.Option("--all", help="Also measure what has its value already.")
    ] = False,
    data: Data = ROOT / "data",
    runs: Runs = ROOT / "runs",
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = os.cpu_count() or 1,
) -> None:
    """Score kept predictions again after a metric has changed; no model runs."""
    with one_sentence():
        place = plan.Place(ROOT, data.resolve(), runs.resolve())
        choice = plan.Choice(task, (), entry, variants, seeds, full=True)
        chosen = plan.plan(place, choice, discover.corpora())
        tasks = discover.tasks(ROOT)
        before = rescoring.ranks(board.records(ROOT), tasks)
        summary = rescoring.rescore(place, chosen, workers, everything, print)
        renewed = chance.renew(place, chosen, workers, print)
        if runner.publish(place, chosen) or renewed:
            showing.write_pages()
        for reason, count in sorted(summary.left.items()):
            print(f"left as it is: {reason} ({count} jobs)")
        for name, count in sorted(summary.changed.items()):
            print(f"{name}: another value under the same id for {count} recordings")
        for line in rescoring.moves(before, rescoring.ranks(board.records(ROOT), tasks)):
            print(line)
        print(summary.line())


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
            found = board.read(ROOT)
            showing.write({showing.METRICS: catalogue.page(found.tasks, found.tables)}, check)
        elif as_json:
            print(json.dumps([_metric(m) for m in catalogue.every()], indent=1, ensure_ascii=False))
        else:
            for metric in catalogue.every():
                unit = f" [{metric.unit}]" if metric.unit else ""
                print(f"{_direction(metric)}  {metric.title}{unit}, {catalogue.scale(metric)}")
                print(f"    {metric.definition}")
                print(f"    source: {metric.source}")
                print(f"    unscorable: {catalogue.failure(metric)}")
                if metric.lazy:
                    print(f"    rewards: {metric.lazy}")


showing.register(app)
submitting.register(app)
supplying.register(app)

if __name__ == "__main__":
    sys.exit(app())
