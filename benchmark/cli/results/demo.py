"""The verb demo: what the program does, in a minute."""

from __future__ import annotations

import time

import typer
from rich.console import Console

from benchmark import registry
from benchmark.cli.options import ROOT, Data, Runs, as_example, one_sentence, say
from benchmark.cli.running import messages, progress
from benchmark.cli.running.run_options import CORES, ExecutorOptions, JobOptions
from benchmark.core import Paths, UserError
from benchmark.execution import executors, plan, runner
from benchmark.leaderboard import build, snapshot
from benchmark.report import console
from benchmark.results.result import read_result

ENTRY, CORPUS = "ridge", "embedded"
TASKS = ("emg_to_articulation", "emg_to_mel")  # which read the same EMG


def register(app: typer.Typer) -> None:
    """Make this function a verb of the command line."""
    app.command(epilog=as_example("demo"))(demo)


def demo(data: Data = ROOT / "data", runs: Runs = ROOT / "runs") -> None:
    """Train ridge regression on two tasks, and show where it stands: about a minute."""
    with one_sentence(runs, data):
        paths = Paths(ROOT, data.resolve(), runs.resolve())
        choice = plan.RunSelection(tasks=TASKS, corpora=(CORPUS,), entries=(ENTRY,))
        # The other metrics, such as what a recogniser hears, take longer than the training.
        chosen = plan.ranking_only(plan.plan(paths, choice, registry.corpora()))
        start = time.monotonic()
        say(f"training {ENTRY} in a sandbox on simulated speakers (corpus `{CORPUS}`):")
        with progress.progress(paths, chosen, quiet=False) as display:
            executor, config = (
                executors.local_executor(CORES),
                JobOptions().config(ExecutorOptions()),
            )
            summary = runner.run(
                *(paths, chosen, executor, config, False, display.tell, display.seen), cores=CORES
            )
        if not summary.ok:
            messages.ended(summary, time.monotonic() - start, as_json=False)
            raise UserError(
                "the demo did not end as it should: `silentbench check ridge` says more"
            )
        board = snapshot.read(ROOT)
        results = [found for job in chosen.jobs if (found := read_result(paths.runs, job))]
        tasks = {name: task for (name, _), (task, _, _) in chosen.sources.items()}
        for made in build.tables(build.unchecked(results), tasks):
            (row,) = made.rows
            first = tasks[made.task].metrics[0]
            published = [table for table in board.tables if table.key == made.key]
            beside = ", among the published:" if published else "; nothing is published here"
            say()
            said = f"{first.title} {row.scores[first.id].value:.3f} here{beside}"
            say(f"{made.task}: {ENTRY} has {said}")
            for table in published:
                Console().print(console.ranking(board, table, row))
        say(f"{time.monotonic() - start:.0f} s. Next:")
        for words, why in (
            (f"show {TASKS[0]}", "the board of a task"),
            (f"new my_model --task {TASKS[0]}", "an entry of your own to start from"),
            ("site", "all results as pages with plots, in runs/site"),
        ):
            say(f"    silentbench {words:40} {why}")
