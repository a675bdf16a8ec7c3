"""The verbs that make results: run, rescore."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console

from benchmark import registry
from benchmark.cli import leaderboard, monitor, options
from benchmark.cli import progress as progress_module
from benchmark.cli.options import ROOT, Data, Isolation, Json, Names, Runs, one_sentence
from benchmark.core import Paths
from benchmark.execution import chance, plan, runner
from benchmark.execution import rescore as rescoring
from benchmark.execution.executors import Executor, dask, debug, local_executor, slurm
from benchmark.execution.plan import Plan
from benchmark.leaderboard import build, rank_changes, snapshot
from benchmark.report import console
from benchmark.results.result import JobResult, read_result
from benchmark.sandbox.request import RunConfig
from benchmark.worker.limits import Limits

ENGINES = ("local", "slurm", "dask", "debug")
Workers = Annotated[int, typer.Option(min=1, help="Jobs at once.")]
CORES = os.cpu_count() or 1


def register(app: typer.Typer) -> None:
    """Make these functions verbs of the command line."""
    for verb, example in (
        (run, "run --task emg_to_articulation --seeds 3"),
        (rescore, "rescore --task seeg_to_mel"),
    ):
        app.command(epilog=f"Example: python run_benchmark.py {example}")(verb)


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
    engine: Annotated[str, typer.Option(help="local, slurm, dask, or debug.")] = "local",
    workers: Workers = CORES,
    gpus: Annotated[
        int, typer.Option(min=0, help="GPUs here; with slurm or dask, of a job that can use one.")
    ] = 0,
    scheduler: Annotated[str, typer.Option(help="Address of a Dask scheduler.")] = "",
    partition: Annotated[str, typer.Option(help="Of Slurm.")] = "",
    minutes: Annotated[
        int, typer.Option(min=0, help="Of a job in Slurm; 0: its limit and a little.")
    ] = 0,
    at_once: Annotated[int, typer.Option(min=1, help="Jobs at once in Slurm.")] = 100,
    sbatch: Annotated[Names, typer.Option(help="NAME=VALUE for sbatch; may be repeated.")] = [],  # noqa: B006
    limit: Annotated[float, typer.Option(min=0.1, help="Seconds that one job may take.")] = 1800.0,
    memory: Annotated[
        int, typer.Option(min=0, help="MB that one job may use; 0: four fifths of what is there.")
    ] = 0,
    isolation: Isolation = "auto",
    shuffle_check: Annotated[
        bool, typer.Option("--shuffle-check", help="Ask again in another order and compare.")
    ] = False,
    aggregates: Annotated[
        bool, typer.Option("--aggregates-only", help="Results that tell of no single recording.")
    ] = False,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Run failed jobs again.")
    ] = False,
    max_jobs: Annotated[
        int, typer.Option(min=0, help="No more jobs than these; 0: all there are.")
    ] = 0,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would run and how long it takes.")
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Only follow a run that goes on elsewhere.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Train and score entries, publish their results and write leaderboard.md."""
    with one_sentence():
        registry.pick("value of --suite", suite, dict.fromkeys(("main", "full", "smoke")))
        registry.pick("value of --engine", engine, dict.fromkeys(ENGINES))
        place = Paths(ROOT, data.resolve(), runs.resolve())
        choice = plan.RunSelection(
            task, corpus, entry, variants, seeds, suite == "smoke", suite == "full"
        )
        chosen = plan.plan(place, choice, registry.corpora())
        if dry_run:
            progress_module.foreseen(place, chosen, workers)
            return
        if watch:
            monitor.watch(place, chosen)
            return
        limits = Limits(seconds=limit, memory_mb=memory or options.memory_mb(workers))
        conditions = RunConfig(limits, options.walls_called(isolation), shuffle_check, aggregates)
        asking = slurm.SlurmOptions(partition, minutes, memory, gpus, at_once, tuple(sbatch))
        chosen = runner.limit_jobs(place, chosen, max_jobs, retry_failed, engine == "debug")
        start = time.monotonic()
        with progress_module.progress(place, chosen, quiet=as_json) as progress:
            for note in chosen.notes:
                progress.tell(note)
            summary = runner.run(
                *(place, chosen, _engine(engine, workers, gpus, scheduler, asking), conditions),
                *(retry_failed, progress.tell, progress.seen, workers),
            )
            published = suite != "smoke" and engine != "debug"
            if published:
                renewed = chance.renew(place, chosen, workers, progress.tell, aggregates)
                if runner.publish(place, chosen) or renewed or not leaderboard.LEADERBOARD.exists():
                    leaderboard.write_pages()
        if not as_json:
            _show_unpublished(place, chosen, summary.unsaved)
        progress_module.summary(summary, time.monotonic() - start, as_json)
    raise typer.Exit(0 if summary.ok else 1)


def _engine(
    name: str, workers: int, gpus: int, scheduler: str, asking: slurm.SlurmOptions
) -> Executor:
    if name == "slurm":
        return slurm.slurm_executor(asking)
    if name == "dask":
        return dask.dask_executor(scheduler, workers, gpus)
    return debug.debug_executor() if name == "debug" else local_executor(workers, gpus)


def _show_unpublished(place: Paths, chosen: Plan, unsaved: Sequence[JobResult]) -> None:
    """Scores that stand on no page: of miniatures, and of models that ran without walls."""
    small = [job for job in chosen.jobs if chosen.sources[job.task, job.split][2].miniature]
    kept = [result for job in small if (result := read_result(place.runs, job))]
    tasks = registry.tasks(place.root)
    for table in build.tables([*kept, *unsaved], tasks):
        Console().print(console.brief(table, tasks[table.task]))


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
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = CORES,
) -> None:
    """Score kept predictions again after a metric has changed; no model runs."""
    with one_sentence():
        place = Paths(ROOT, data.resolve(), runs.resolve())
        choice = plan.RunSelection(task, (), entry, variants, seeds, full=True)
        chosen = plan.plan(place, choice, registry.corpora())
        tasks = registry.tasks(ROOT)
        before = rank_changes.ranks(snapshot.results(ROOT), tasks)
        summary = rescoring.rescore(place, chosen, workers, everything, print)
        renewed = chance.renew(place, chosen, workers, print)
        if runner.publish(place, chosen) or renewed:
            leaderboard.write_pages()
        for reason, count in sorted(summary.left.items()):
            print(f"left as it is: {reason} ({count} jobs)")
        for name, count in sorted(summary.changed.items()):
            print(f"{name}: another value under the same id for {count} recordings")
        for line in rank_changes.moves(before, rank_changes.ranks(snapshot.results(ROOT), tasks)):
            print(line)
        print(summary.line())
