"""The verb rescore: measure kept predictions again."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from benchmark import registry
from benchmark.cli import leaderboard
from benchmark.cli.named.words import EntryOption, OnlyEntries, OnlyTasks
from benchmark.cli.options import (
    ROOT,
    Data,
    Json,
    Runs,
    as_example,
    one_sentence,
    say,
    say_json,
)
from benchmark.cli.running.run_options import CORES
from benchmark.core import Paths
from benchmark.execution import chance, plan, runner
from benchmark.execution import rescore as rescoring
from benchmark.leaderboard import rank_changes, snapshot


def register(app: typer.Typer) -> None:
    """Make this function a verb of the command line."""
    app.command(epilog=as_example("rescore --task seeg_to_mel"))(rescore)


def rescore(
    entries: OnlyEntries = [],  # noqa: B006
    task: OnlyTasks = [],  # noqa: B006
    entry: EntryOption = [],  # noqa: B006
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
    as_json: Json = False,
) -> None:
    """Score kept predictions again after a metric has changed; no model runs."""
    tell = partial(say, error=as_json)
    with one_sentence(runs, data):
        paths = Paths(ROOT, data.resolve(), runs.resolve())
        choice = plan.RunSelection(task, (), [*entries, *entry], variants, seeds, full=True)
        chosen = rescoring.with_other_setups(paths, plan.plan(paths, choice, registry.corpora()))
        tasks = registry.known_tasks(ROOT)
        before = rank_changes.ranks(snapshot.results(ROOT), tasks)
        summary = rescoring.rescore(paths, chosen, workers, everything, tell)
        renewed = chance.renew(paths, plan.part(chosen, summary.sources), workers, tell)
        if runner.publish(paths, chosen) or renewed:
            leaderboard.write_pages()
        moved = list(rank_changes.moves(before, rank_changes.ranks(snapshot.results(ROOT), tasks)))
        if as_json:
            counts = {"scored": summary.scored, "current": summary.current}
            by_reason = {"left": dict(summary.left), "changed": dict(summary.changed)}
            say_json({**counts, **by_reason, "moves": moved})
            return
        for reason, count in sorted(summary.left.items()):
            say(f"left as it is: {reason} ({count} jobs)")
        for name, count in sorted(summary.changed.items()):
            say(f"{name}: another value under the same id for {count} recordings")
        for line in moved:
            say(line)
        say(summary.line())
