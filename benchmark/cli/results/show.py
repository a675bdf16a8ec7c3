"""The verbs that print results in the terminal: show, compare, diff."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Annotated, Any

import typer
from rich.console import Console

from benchmark import registry
from benchmark.cli.named.words import OnlySplits, OnlyTasks, TaskOrEntry, an_entry
from benchmark.cli.options import (
    ROOT,
    Data,
    Json,
    RunsToRead,
    as_example,
    one_sentence,
    say,
    say_json,
)
from benchmark.core import Paths, Task, UserError
from benchmark.leaderboard import snapshot
from benchmark.leaderboard.comparison import pairs
from benchmark.leaderboard.snapshot import Snapshot
from benchmark.leaderboard.tables import Table
from benchmark.report import console, export
from benchmark.results import diff
from benchmark.results.result import JobResult

MAX_PAIRS = 3  # pairs of results that `diff` shows in detail


def register(app: typer.Typer) -> None:
    """Make these functions verbs of the command line."""
    for verb, name, example in (
        (show, "show", "show emg_to_articulation"),
        (compare, "compare", "compare emg2ema ridge --task emg_to_articulation"),
        (show_differences, "diff", "diff old/ridge.json baselines/ridge.json"),
    ):
        app.command(name, epilog=as_example(example))(verb)


def show(
    name: TaskOrEntry,
    split: OnlySplits = [],  # noqa: B006
    task: OnlyTasks = [],  # noqa: B006
    own: Annotated[
        bool, typer.Option("--own", help="Results on corpora of your own, instead.")
    ] = False,
    data: Data = ROOT / "data",
    runs: RunsToRead = ROOT / "runs",
    as_json: Json = False,
) -> None:
    """Print the board of a task, or one entry's results: every variant on every split.

    Of an entry, --task and --split show every metric with its interval.
    """
    with one_sentence():
        paths = Paths(ROOT, data.resolve(), runs.resolve())
        board = snapshot.read_own(paths) if own else snapshot.read(ROOT, name)
        splits = {t.split: None for t in board.tables}
        splits |= {s: None for task in board.tasks.values() for s in task.splits}
        for each in split:
            registry.pick("split", each, splits)
        with_rows = {row.entry: None for table in board.tables for row in table.rows}
        with_tables = {table.task: None for table in board.tables}
        registry.pick("task or entry with results", name, {**with_tables, **with_rows})
        for each in task:
            registry.pick("task", each, board.tasks)
        if split or task:
            kept = [t for t in board.tables if t.split in (split or splits)]
            board = replace(board, tables=[t for t in kept if t.task in (task or board.tasks)])
            if not any(name in (t.task, *(row.entry for row in t.rows)) for t in board.tables):
                raise UserError(f"{name} has no results on {', '.join((*split, *task))}")
        if as_json:
            say_json(_rows(board, name))
            return
        if name in with_tables:
            tables = [t for t in board.tables if t.task == name]
            shown = [console.ranking(board, table) for table in board.single(tables)]
            shown += [
                console.calibration(board, curve)
                for curve in board.calibration_curves
                if curve.made[0].task == name and not curve.refused
            ]
            shown += [console.transfer(board, one) for one in board.transfers if one.task == name]
        elif split or task:
            shown = console.entry_details(board, name)
        else:
            shown = console.entry_tables(board, name)
        for table in shown:
            Console().print(table)


def _rows(board: Snapshot, name: str) -> list[dict[str, Any]]:
    """The rows of a task or of an entry."""
    return [
        {"task": table.task, "split": table.split, **row.model_dump()}
        for table in export.results(board).tables
        for row in table.rows
        if name in (table.task, row.entry)
    ]


def compare(
    one: Annotated[str, an_entry("An entry with results, or ENTRY:VARIANT.")],
    other: Annotated[str, an_entry("The entry to compare it with.")],
    task: OnlyTasks = [],  # noqa: B006
    as_json: Json = False,
) -> None:
    """Compare two entries by every metric: paired difference, interval and p."""
    with one_sentence():
        board = snapshot.read(ROOT, one.partition(":")[0])
        for name in task:
            registry.pick("task", name, board.tasks)
        rows = {row.entry: None for table in board.tables for row in table.rows}
        for name in (one, other):
            registry.pick("entry with a row", name.partition(":")[0], {**rows, **board.entries})
        found = [
            (table, pair)
            for table in board.tables
            if not task or table.task in task
            if (pair := _pair(board, table, one, other))
        ]
        if not found:
            of_one = f"see `silentbench show {one}`"
            raise UserError(f"{one} and {other} have no table in common: {of_one}")
        if as_json:
            said = [_as_json(table, pair, one, other) for table, pair in found]
            say_json(said)
            return
        for table, pair in found:
            Console().print(console.comparison((one, other), board.task(table), table, pair))


def _pair(board: Snapshot, table: Table, one: str, other: str) -> list[pairs.Difference]:
    """What two rows of a table differ by; nothing where it has not both."""
    first, second = (pairs.row_of(board, table, name) for name in (one, other))
    if first is None or second is None:
        return []
    return pairs.differences(board.task(table), first, second)


def _as_json(
    table: Table, differences: list[pairs.Difference], one: str, other: str
) -> dict[str, Any]:
    metrics = {
        each.metric.id: {
            "scores": each.scores,
            "difference": None if each.gain is None else asdict(each.gain),
            "better": None if each.better is None else (one, other)[each.better],
            "units": each.units,
        }
        for each in differences
    }
    return {"task": table.task, "split": table.split, "unit": table.unit, "metrics": metrics}


def show_differences(
    one: Annotated[str, an_entry("A result, a file of results, or an entry.", "RESULT")],
    other: Annotated[str, an_entry("The same, to compare it with.", "RESULT")],
    as_json: Json = False,
) -> None:
    """Show what two results differ in, the likeliest cause of different scores first."""
    with one_sentence():
        tasks = registry.known_tasks(ROOT)
        settings = {n: e.variants for n, e in registry.entries(ROOT).found.items()}
        pairs = diff.pairs(diff.load(ROOT, one), diff.load(ROOT, other))
        compared = [(pair, diff.differences(*pair, settings)) for pair in pairs]
        if as_json:
            say_json([_pair_as_json(tasks, pair, differ) for pair, differ in compared])
            return
        terminal = Console(soft_wrap=True)
        for what, count in Counter(d.what for _, differ in compared for d in differ).items():
            if len(compared) > 1:
                say(f"{count} of {len(compared)} pairs differ in: {what}")
        shown = [pair for pair in compared if pair[1]][:MAX_PAIRS] or compared[:1]
        for (first, second), differ in shown:
            _tell_predictions(first, second)
            if first.task in tasks:
                for name, a, b in diff.scores(tasks[first.task], first, second):
                    say(f"    {name}: {a:.6g} and {b:.6g}")
            if differ:
                terminal.print(console.differences(differ))
            else:
                say("    no other difference")


def _pair_as_json(
    tasks: Mapping[str, Task],
    pair: tuple[JobResult, JobResult],
    differ: Sequence[diff.Difference],
) -> dict[str, Any]:
    first, second = pair
    both, same = diff.same_predictions(first, second, ROOT / "runs" / "predictions")
    scores = diff.scores(tasks[first.task], first, second) if first.task in tasks else []
    named = ("task", "split", "fold", "variant", "seed")
    return {
        **{name: getattr(first, name) for name in named},
        "predictions": {"compared": both, "identical": same},
        "scores": {name: [one, other] for name, one, other in scores},
        "differences": [asdict(each) for each in differ],
    }


def _tell_predictions(first: JobResult, second: JobResult) -> None:
    where = f"{first.task} {first.split} {first.fold} {first.variant} seed {first.seed}"
    both, same = diff.same_predictions(first, second, ROOT / "runs" / "predictions")
    if not both:
        say(f"{where}: no recording has predictions of both that could be compared")
        return
    say(f"{where}: {same} of {both} predictions are identical")
    if same == both:
        say("    the models behaved the same; only scoring can differ")
