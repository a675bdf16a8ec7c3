"""The verb demo: what the program does, in a minute."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

import typer
from rich.console import Console

from benchmark import registry
from benchmark.cli.options import ROOT, Data, Json, Runs, as_example, one_sentence, say, say_json
from benchmark.cli.running import messages, progress
from benchmark.cli.running.run_options import CORES, ExecutorOptions, JobOptions
from benchmark.core import Paths, Task, UserError
from benchmark.execution import executors, plan, runner
from benchmark.leaderboard import build, snapshot
from benchmark.leaderboard.snapshot import Snapshot
from benchmark.leaderboard.tables import Table, title
from benchmark.report import console
from benchmark.results.result import read_result

ENTRY, CORPUS = "ridge", "embedded"
TASKS = ("emg_to_articulation", "emg_to_mel")  # which read the same EMG


def register(app: typer.Typer) -> None:
    """Make this function a verb of the command line."""
    app.command(epilog=as_example("demo"))(demo)


def demo(data: Data = ROOT / "data", runs: Runs = ROOT / "runs", as_json: Json = False) -> None:
    """Train ridge regression on two tasks, and show where it stands: about a minute."""
    tell = partial(say, error=as_json)
    with one_sentence(runs, data):
        paths = Paths(ROOT, data.resolve(), runs.resolve())
        choice = plan.RunSelection(tasks=TASKS, corpora=(CORPUS,), entries=(ENTRY,))
        # The other metrics, such as what a recogniser hears, take longer than the training.
        chosen = plan.ranking_only(plan.plan(paths, choice, registry.corpora()))
        start = time.monotonic()
        tell(f"training {ENTRY} in a sandbox on simulated speakers (corpus `{CORPUS}`):")
        _train(paths, chosen, start, as_json)
        board = snapshot.read(ROOT)
        made = _tables(paths, chosen)
        seconds = time.monotonic() - start
        if as_json:
            tables = [_as_json(board, task, table) for task, table in made]
            say_json({"entry": ENTRY, "tables": tables, "seconds": round(seconds, 3)})
            return
        for task, table in made:
            _show(board, task, table)
        say(f"{seconds:.0f} s. Next:")
        for words, why in (
            (f"show {TASKS[0]}", "the board of a task"),
            (f"new my_model --task {TASKS[0]}", "an entry of your own to start from"),
            ("site", "all results as pages with plots, in runs/site"),
        ):
            say(f"    silentbench {words:40} {why}")


def _train(paths: Paths, chosen: plan.Plan, start: float, as_json: bool) -> None:
    """Run the plan; UserError where a job has no good result."""
    with progress.progress(paths, chosen, quiet=as_json) as display:
        executor, config = executors.local_executor(CORES), JobOptions().config(ExecutorOptions())
        summary = runner.run(
            *(paths, chosen, executor, config, False, display.tell, display.seen), cores=CORES
        )
    if not summary.ok:
        messages.ended(summary, time.monotonic() - start, as_json=as_json)
        raise UserError("the demo did not end as it should: `silentbench check ridge` says more")


def _tables(paths: Paths, chosen: plan.Plan) -> list[tuple[Task, Table]]:
    """What was made, with one row in each table."""
    results = [found for job in chosen.jobs if (found := read_result(paths.runs, job))]
    tasks = {name: task for (name, _), (task, _, _) in chosen.sources.items()}
    made = build.tables(build.unchecked(results), tasks)
    return [(tasks[table.task], table) for table in made]


def _show(board: Snapshot, task: Task, made: Table) -> None:
    """The row that was made, among the published ones."""
    (row,) = made.rows
    first = task.metrics[0]
    published = [table for table in board.tables if table.key == made.key]
    beside = ", among the published:" if published else "; nothing is published here"
    say()
    said = f"{first.title} {row.scores[first.id].value:.3f} here{beside}"
    say(f"{made.task}: {ENTRY} has {said}")
    for table in published:
        Console().print(console.ranking(board, table, row))


def _as_json(board: Snapshot, task: Task, made: Table) -> dict[str, Any]:
    (row,) = made.rows
    first = task.metrics[0].id
    published = {
        title(other.entry, other.variant): other.scores[first].value
        for table in board.tables
        if table.key == made.key
        for other in table.rows
        if first in other.scores
    }
    about = {"task": made.task, "split": made.split, "metric": first}
    return {**about, "value": row.scores[first].value, "published": published}
