"""The verbs that make results: run, rescore."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal

import typer
from rich.console import Console

from benchmark import registry
from benchmark.cli import leaderboard, monitor, options, progress
from benchmark.cli.options import ROOT, Data, Isolation, Json, Names, Runs, one_sentence
from benchmark.core import Paths, Setup
from benchmark.execution import chance, plan, runner
from benchmark.execution import rescore as rescoring
from benchmark.execution.executors import Executor, dask, debug, local_executor, slurm
from benchmark.execution.plan import Plan
from benchmark.leaderboard import build, rank_changes, snapshot
from benchmark.report import console
from benchmark.results import environment
from benchmark.results.result import JobResult, read_result
from benchmark.sandbox.request import RunConfig
from benchmark.worker.limits import Limits

Suite = Literal["main", "full", "smoke"]
ExecutorName = Literal["local", "slurm", "dask", "debug"]
Workers = Annotated[int, typer.Option(min=1, help="Jobs at once.")]
CORES = environment.cores()
NOT_EXACT = "SILENTBENCH_FAST=1: results are less exact, and stay unpublished in the working folder"


def register(app: typer.Typer) -> None:
    """Make these functions verbs of the command line."""
    for verb, example in (
        (run, "run --task emg_to_articulation --seeds 3"),
        (rescore, "rescore --task seeg_to_mel"),
    ):
        app.command(epilog=f"Example: python run_benchmark.py {example}")(verb)


@dataclass(frozen=True)
class SelectionOptions:
    """Which jobs to run."""

    task: Annotated[Names, typer.Option(help="Only this task; may be repeated.")] = field(
        default_factory=list
    )
    corpus: Annotated[Names, typer.Option(help="Only this corpus; may be repeated.")] = field(
        default_factory=list
    )
    entry: Annotated[Names, typer.Option(help="Only this entry; may be repeated.")] = field(
        default_factory=list
    )
    variants: Annotated[
        str, typer.Option(help="default, all for an ablation, or names separated by commas.")
    ] = "default"
    seeds: Annotated[int, typer.Option(min=1, help="Number of random seeds for each entry.")] = 1
    suite: Annotated[
        Suite, typer.Option(help="main, full (every entry), or smoke (a quick test of the set-up).")
    ] = "main"

    def selection(self, setup: Setup) -> plan.RunSelection:
        smoke, full = self.suite == "smoke", self.suite == "full"
        return plan.RunSelection(
            self.task, self.corpus, self.entry, self.variants, self.seeds, smoke, full, setup
        )


@dataclass(frozen=True)
class ExecutorOptions:
    """Where jobs run."""

    executor: Annotated[
        ExecutorName,
        typer.Option("--executor", "--engine", help="local, slurm, dask, or debug."),
    ] = "local"
    workers: Workers = CORES
    gpus: Annotated[
        int, typer.Option(min=0, help="GPUs here; with slurm or dask, of a job that can use one.")
    ] = 0
    scheduler: Annotated[str, typer.Option(help="Address of a Dask scheduler.")] = ""
    partition: Annotated[str, typer.Option(help="Slurm partition.")] = ""
    minutes: Annotated[
        int, typer.Option(min=0, help="Time limit of a Slurm job; 0: from the limit of the job.")
    ] = 0
    at_once: Annotated[int, typer.Option(min=1, help="Jobs at once in Slurm.")] = 100
    sbatch: Annotated[Names, typer.Option(help="NAME=VALUE for sbatch; may be repeated.")] = field(
        default_factory=list
    )

    def make(self, memory_mb: int) -> Executor:
        """The executor that is asked for; `memory_mb` of a Slurm job, 0: what it needs."""
        if self.executor == "slurm":
            return slurm.slurm_executor(
                slurm.SlurmOptions(
                    *(self.partition, self.minutes, memory_mb, self.gpus, self.at_once),
                    tuple(self.sbatch),
                )
            )
        if self.executor == "dask":
            return dask.dask_executor(self.scheduler, self.workers, self.gpus)
        if self.executor == "debug":
            return debug.debug_executor()
        return local_executor(self.workers, self.gpus)


@dataclass(frozen=True)
class JobOptions:
    """How each job is run."""

    limit: Annotated[float, typer.Option(min=0.1, help="Time limit of a job, in seconds.")] = 1800.0
    memory: Annotated[
        int,
        typer.Option(min=0, help="Memory limit of a job, in MB; 0: its share of 80% of all."),
    ] = 0
    isolation: Isolation = "auto"
    shuffle_check: Annotated[
        bool,
        typer.Option(
            "--shuffle-check",
            help="Re-predict some recordings in another order to detect state carried over.",
        ),
    ] = False
    aggregates: Annotated[
        bool,
        typer.Option(
            "--aggregates-only", help="Publish group aggregates only, no per-recording results."
        ),
    ] = False

    def config(self, workers: int) -> RunConfig:
        limits = Limits(seconds=self.limit, memory_mb=self.memory or options.memory_mb(workers))
        backend = options.backend_for(self.isolation)
        return RunConfig(limits, backend, self.shuffle_check, self.aggregates)


@options.grouped
def run(
    select: SelectionOptions,
    where: ExecutorOptions,
    how: JobOptions,
    data: Data = ROOT / "data",
    runs: Runs = ROOT / "runs",
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Run failed jobs again.")
    ] = False,
    max_jobs: Annotated[
        int, typer.Option(min=0, help="Stop after this many jobs (0: no limit).")
    ] = 0,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only list what would run and how long it takes.")
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Only follow a run that goes on elsewhere.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Train and score entries, publish their results and write leaderboard.md."""
    with one_sentence():
        paths = Paths(ROOT, data.resolve(), runs.resolve())
        setup = plan.asked_setup(os.environ, where.gpus)
        chosen = plan.plan(paths, select.selection(setup), registry.corpora())
        if dry_run:
            progress.foreseen(paths, chosen, where.workers)
            return
        if watch:
            monitor.watch(paths, chosen)
            return
        config, executor = how.config(where.workers), where.make(how.memory)
        chosen = runner.limit_jobs(paths, chosen, max_jobs, retry_failed, executor.keeps_results)
        start = time.monotonic()
        with progress.progress(paths, chosen, quiet=as_json) as display:
            for note in [*chosen.notes, *([NOT_EXACT] if "fast" in setup else [])]:
                display.tell(note)
            summary = runner.run(
                *(paths, chosen, executor, config),
                *(retry_failed, display.tell, display.seen, where.workers),
            )
            if select.suite != "smoke" and executor.keeps_results:
                renewed = chance.renew(paths, chosen, where.workers, display.tell, how.aggregates)
                if (
                    runner.publish(paths, chosen, how.aggregates)
                    or renewed
                    or not leaderboard.LEADERBOARD.exists()
                ):
                    leaderboard.write_pages()
        if not as_json:
            _show_unpublished(paths, chosen, summary.unsaved)
        progress.summary(summary, time.monotonic() - start, as_json)
    raise typer.Exit(0 if summary.ok else 1)


def _show_unpublished(paths: Paths, chosen: Plan, unsaved: Sequence[JobResult]) -> None:
    """Scores that stand on no page: of miniatures, less exact ones, and of the debug executor."""
    small = [job for job in chosen.jobs if not runner.is_published(chosen, job)]
    kept = [result for job in small if (result := read_result(paths.runs, job))]
    tasks = registry.tasks(paths.root)
    for table in build.tables(build.unchecked([*kept, *unsaved]), tasks):
        Console().print(console.brief(table, tasks[table.task]))


def rescore(
    task: Annotated[Names, typer.Option(help="Only this task; may be repeated.")] = [],  # noqa: B006
    entry: Annotated[Names, typer.Option(help="Only this entry; may be repeated.")] = [],  # noqa: B006
    variants: Annotated[
        str, typer.Option(help="default, all, or names separated by commas.")
    ] = "default",
    seeds: Annotated[int, typer.Option(min=1, help="Number of random seeds for each entry.")] = 1,
    everything: Annotated[
        bool, typer.Option("--all", help="Recompute metrics that are already up to date.")
    ] = False,
    data: Data = ROOT / "data",
    runs: Runs = ROOT / "runs",
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = CORES,
) -> None:
    """Score kept predictions again after a metric has changed; no model runs."""
    with one_sentence():
        paths = Paths(ROOT, data.resolve(), runs.resolve())
        choice = plan.RunSelection(task, (), entry, variants, seeds, full=True)
        chosen = rescoring.with_other_setups(paths, plan.plan(paths, choice, registry.corpora()))
        tasks = registry.tasks(ROOT)
        before = rank_changes.ranks(snapshot.results(ROOT), tasks)
        summary = rescoring.rescore(paths, chosen, workers, everything, print)
        renewed = chance.renew(paths, chosen, workers, print)
        if runner.publish(paths, chosen) or renewed:
            leaderboard.write_pages()
        for reason, count in sorted(summary.left.items()):
            print(f"left as it is: {reason} ({count} jobs)")
        for name, count in sorted(summary.changed.items()):
            print(f"{name}: another value under the same id for {count} recordings")
        for line in rank_changes.moves(before, rank_changes.ranks(snapshot.results(ROOT), tasks)):
            print(line)
        print(summary.line())
