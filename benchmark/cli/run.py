"""The verb run: train and score entries."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console

from benchmark import registry
from benchmark.cli import leaderboard, options
from benchmark.cli.options import ROOT, DataThere, Json, Quiet, Runs, as_example, one_sentence, say
from benchmark.cli.panels import MUCH, grouped
from benchmark.cli.running import foreseen, messages, monitor, progress
from benchmark.cli.running.run_options import (
    Config,
    ExecutorOptions,
    JobOptions,
    SelectionOptions,
    as_config,
    given,
)
from benchmark.core import CHANCE, Job, Paths, Task
from benchmark.execution import against_published, chance, plan, runner
from benchmark.execution.executors import timing
from benchmark.execution.plan import Plan
from benchmark.execution.runner import Summary
from benchmark.leaderboard import build, gate, snapshot
from benchmark.leaderboard.snapshot import Snapshot
from benchmark.leaderboard.tables import Row, Table
from benchmark.registry.from_answers import chance as level
from benchmark.registry.from_answers import oracles
from benchmark.report import console
from benchmark.results import entry_results
from benchmark.results.published import PublishedResult
from benchmark.results.result import JobResult, read_result

NOBODY_AT_WORK = 3  # exit status of --watch with jobs left
INTERRUPTED = 130  # exit status of a run that somebody interrupts, as of a shell
NOT_EXACT = "SILENTBENCH_FAST=1: results are less exact, and stay unpublished in the working folder"

CHANGED = (
    "--set: results stay unpublished in the working folder; a variant in the entry's header can be"
    " published"
)


def register(app: typer.Typer) -> None:
    """Make this function a verb of the command line."""
    app.command(epilog=as_example("run --task emg_to_articulation --seeds 3"))(run)


@grouped
def run(
    context: typer.Context,
    select: SelectionOptions,
    where: ExecutorOptions,
    how: JobOptions,
    data: DataThere = ROOT / "data",
    runs: Runs = ROOT / "runs",
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Run failed jobs again.")
    ] = False,
    again: Annotated[bool, typer.Option("--again", help="Run jobs again that are done.")] = False,
    max_jobs: Annotated[
        int,
        typer.Option(min=0, help="Stop after this many jobs (0: no limit).", rich_help_panel=MUCH),
    ] = 0,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only list what would run and how long it takes.")
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Only follow a run that goes on elsewhere.")
    ] = False,
    publish: Annotated[
        bool,
        typer.Option(
            "--publish",
            help="Replace published results that are valid today, too, and publish those on a "
            "corpus of your own that --corpus names.",
        ),
    ] = False,
    quiet: Quiet = False,
    verbose: Annotated[
        bool,
        typer.Option("--verbose", "-v", help="Print a line for each job on a terminal, too."),
    ] = False,
    as_json: Json = False,
    config_file: Config = None,
) -> None:
    """Train and score entries, publish new results and compare the others with the published."""
    del config_file  # which has set defaults before
    with one_sentence(runs, data):
        paths = Paths(ROOT, data.resolve(), runs.resolve())
        setup = plan.asked_setup(os.environ, where.gpus)
        chosen = plan.plan(paths, select.selection(setup), registry.corpora())
        if publish:
            chosen = plan.to_publish(chosen, select.corpus)
        if watch:
            raise typer.Exit(0 if monitor.watch(paths, chosen) else NOBODY_AT_WORK)
        config, executor = how.config(where), where.make(how.memory)
        stands = runner.standing(paths, config, retry_failed, again, executor.keeps_results)
        chosen = runner.limit_jobs(chosen, max_jobs, stands)
        options.check_folder("--runs", paths.runs)
        notes = _notes(chosen, setup, bool(select.settings))
        if dry_run:
            found = foreseen.look(paths, chosen, stands, not where.elsewhere, how.allow_leaks)
            options_given = given(context)
            if as_json:
                foreseen.tell_json(found, where.side_by_side, notes, options_given)
            else:
                foreseen.tell(found, where.side_by_side, notes, as_config(options_given))
            raise typer.Exit(found.status)
        start = time.monotonic()
        with progress.progress(paths, chosen, as_json, verbose) as display:
            for note in notes:
                display.tell(note)
            try:
                summary = runner.run(
                    *(paths, chosen, executor, config),
                    *(retry_failed, display.tell, display.seen),
                    cores=1 if where.elsewhere else where.workers,
                    everything=again,
                    allow_leaks=how.allow_leaks,
                )
            except KeyboardInterrupt:
                messages.stopped(paths, chosen)
                raise typer.Exit(INTERRUPTED) from None
            untimed = timing.time_all(paths, chosen, config, display.tell) if how.timing else {}
            report, board = against_published.Report(), None
            if select.suite != "smoke" and executor.keeps_results:
                published = _published(chosen)
                report = against_published.compare_all(paths, chosen, published)
                renewed = chance.renew(paths, chosen, where.workers, display.tell, how.aggregates)
                kept = () if publish else published
                board = _board(bool(runner.publish(paths, chosen, how.aggregates, kept) or renewed))
        if select.suite == "smoke":
            unsaved = None if executor.keeps_results else summary.unsaved
            ranked = _of_smoke(paths, chosen, unsaved)
        else:
            ranked = _rows(board, chosen)
            if not as_json:
                _show_unpublished(paths, chosen, summary.unsaved)
        if ranked and not (quiet or as_json):
            for table in console.standings(ranked):
                Console().print(table)
            _tell_next(chosen, board is not None)
        seconds = time.monotonic() - start
        notes = [f"not timed: {job.key}: {why}" for job, why in untimed.items()]
        sentences = [*how.ignored(summary), *notes]
        logs = paths.runs / "logs"
        messages.ended(summary, seconds, as_json, sentences, report, ranked, logs, chosen.entries)
    raise typer.Exit(_exit_status(summary))


def _notes(chosen: Plan, setup: str, changed: bool) -> list[str]:
    """What a run says before it begins."""
    broken = (f"left out: {each}" for each in registry.read_corpora().problems)
    kept = [*([NOT_EXACT] if "fast" in setup else []), *([CHANGED] if changed else [])]
    return [*broken, *chosen.notes, *kept]


def _board(is_new: bool) -> Snapshot:
    """What pages show; they are written where results are new, or there are none yet."""
    if is_new or not leaderboard.LEADERBOARD.exists():
        return leaderboard.write_pages()
    return snapshot.read(ROOT)


def _exit_status(summary: Summary) -> int:
    """2 where the corpora of all jobs are such that none could be run."""
    unready = len(summary.bad.get("missing", ()))
    return 0 if summary.ok else 2 if unready == summary.planned else 1


def _published(chosen: Plan) -> dict[Job, PublishedResult]:
    """The published results of the plan's jobs that are valid today; a failure is, by its job."""
    project = gate.read_project(ROOT)
    found: dict[Job, PublishedResult] = {}
    for name in {job.entry for job in chosen.jobs}:
        contents = entry_results.read(chosen.entries[name].results)
        fit, _ = gate.admit_contents(project, name, contents)
        by_slot = {result.slot: result for result in fit}
        failed = {result.job: result for result in contents.results if not result.digest}
        for job in chosen.jobs:
            if job.entry == name and (result := by_slot.get(job.slot) or failed.get(job)):
                found[job] = result
    return found


def _rows(board: Snapshot | None, chosen: Plan) -> list[tuple[Task, Table, Row]]:
    """The rows of a plan's jobs on the board, table by table; none without a board."""
    if board is None:
        return []
    asked = {(job.task, job.split, job.entry, job.variant) for job in chosen.jobs}
    return [
        (board.task(table), table, row)
        for every in board.tables
        for table in (board.displayed(every),)
        for row in every.rows
        if (every.task, every.split, *row.name) in asked
        for row in (next((shown for shown in table.rows if shown.name == row.name), row),)
    ]


def _of_smoke(
    paths: Paths, chosen: Plan, unsaved: Sequence[JobResult] | None
) -> list[tuple[Task, Table, Row]]:
    """The rows of the smoke suite, which stand on no page; of what an executor keeps nowhere."""
    results = unsaved
    if results is None:
        results = [found for job in chosen.jobs if (found := read_result(paths.runs, job))]
    tables = build.tables(build.unchecked(results), registry.known_tasks(paths.root))
    asked = {key: task for key, (task, _, _) in chosen.sources.items()}
    return [(asked[table.task, table.split], table, row) for table in tables for row in table.rows]


def _of_interest(chosen: Plan) -> Job:
    """The first job of an entry that is no trivial baseline of its task, or the first of all."""
    for job in chosen.jobs:
        if job.entry not in chosen.sources[job.task, job.split][0].trivial_baselines:
            return job
    return chosen.jobs[0]


def _tell_next(chosen: Plan, published: bool) -> None:
    job = _of_interest(chosen)
    entry, task = job.entry, job.task
    if published:
        say(f"the board is {leaderboard.LEADERBOARD.name}; next:")
    else:
        say("the smoke suite is on no page; next:")
    for words in (f"show {task}", f"show {entry}", "site" if published else f"run {entry}"):
        say(f"    silentbench {words}")


def _show_unpublished(paths: Paths, chosen: Plan, unsaved: Sequence[JobResult]) -> None:
    """Scores that stand on no page: of miniatures, less exact ones, and of the debug executor."""
    tasks = registry.known_tasks(paths.root)
    small = [job for job in chosen.jobs if not runner.is_published(chosen, job)]
    asked = {key: task for key, (task, _, _) in chosen.sources.items()}
    slots = {(j.task, j.split, j.fold, j.data, asked[j.task, j.split].metrics): None for j in small}
    small += [Job(t, s, f, CHANCE, "default", 0, d, level.code(m)) for t, s, f, d, m in slots]
    small += [
        Job(t, s, f, o, "default", 0, d, oracles.code(o, m))
        for t, s, f, d, m in slots
        for o in asked[t, s].oracles
    ]
    kept = [result for job in small if (result := read_result(paths.runs, job))]
    for table in build.tables(build.unchecked([*kept, *unsaved]), tasks):
        Console().print(console.brief(table, asked[table.task, table.split]))
    if any(corpus.own for _, _, corpus in chosen.sources.values()):
        say("results on a corpus of your own stay in the working folder; its board:")
        say("    silentbench leaderboard --own")
