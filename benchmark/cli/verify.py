"""The command `verify`: are the published results of an entry what it gives today?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer

from benchmark import registry
from benchmark.cli.options import (
    ROOT,
    Data,
    Isolation,
    Names,
    Runs,
    as_example,
    backend_for,
    memory_mb,
    one_sentence,
    say,
    say_left_out,
)
from benchmark.cli.predictions import WORKERS, sources_of
from benchmark.core import Paths, UserError
from benchmark.evaluation import submitted_predictions
from benchmark.execution import executors, reproduce
from benchmark.leaderboard import verification
from benchmark.results.published import from_job
from benchmark.results.result import JobResult
from benchmark.sandbox.request import RunConfig
from benchmark.worker.limits import Limits


def register(app: typer.Typer) -> None:
    """Add the command to a command line."""
    app.command("verify", epilog=as_example("verify my_model"))(verify_entries)


def verify_entries(
    entry: Annotated[list[str], typer.Argument(help="Entries to verify.")] = [],  # noqa: B006
    baselines: Annotated[bool, typer.Option("--baselines", help="Verify all baselines.")] = False,
    folder: Annotated[
        Path | None, typer.Option("--predictions", help="Predictions of an entry without code.")
    ] = None,
    corpus: Annotated[Names, typer.Option(help="Only this corpus; may be repeated.")] = [],  # noqa: B006
    variants: Annotated[
        str, typer.Option(help="all (that have results), default, or names separated by commas.")
    ] = "all",
    seeds: Annotated[int, typer.Option(min=1, help="Verify at most this many seeds.")] = 1000,
    data: Data = ROOT / "data",
    runs: Runs = ROOT / "runs",
    workers: Annotated[int, typer.Option(min=1, help="Jobs at once.")] = WORKERS,
    timeout: Annotated[float, typer.Option(min=0.1, help="Time limit of a job, in seconds.")] = (
        1800.0
    ),
    isolation: Isolation = "auto",
    record: Annotated[
        Literal["ci", "maintainer"] | None,
        typer.Option(help="Record what was reproduced in submissions/_verified.json, as whom."),
    ] = None,
) -> None:
    """Reproduce published results and compare them recording by recording.

    Exit status: 0 if all were reproduced, 1 if something differs, 2 if nothing could be compared, 3
    if something is not verifiable here, such as a result on a corpus that is not installed.
    """
    with one_sentence(runs, data):
        paths = Paths(ROOT, data.resolve(), runs.resolve())
        read = registry.entries(ROOT)
        chosen, entries = [read.pick(name) for name in entry], read.found
        say_left_out(read)
        if baselines:
            chosen += [e for e in entries.values() if e.kind == "baseline" and e.results.exists()]
        if not chosen:
            raise UserError("no entry named: name one, or add --baselines")
        corpora = registry.corpora()
        asked = [registry.pick_corpus(name, corpora).name for name in corpus]
        conditions = RunConfig(
            Limits(seconds=timeout, memory_mb=memory_mb(workers)), backend_for(isolation)
        )
        lines: list[reproduce.Line] = []
        bad_files = 0
        for one in chosen:
            try:
                claimed = reproduce.claimed(one, variants, seeds, asked)
            except UserError as error:
                if one.name in entry:
                    raise
                say(f"FAIL {one.name}: {error}")  # the other baselines go on
                bad_files += 1
                continue
            if not claimed:
                if one.name in entry:
                    raise UserError(f"{one.results}: no result of what is asked for")
                say(f"skip {one.name}: no result of what is asked for")
                continue
            if one.kind == "predictions":
                pairs = _scored_again(paths, one, folder, claimed)
            else:
                engine = executors.local_executor(workers)
                pairs = reproduce.by_running(paths, one, claimed, engine, conditions, corpora)
            for line in reproduce.judge(registry.known_tasks(ROOT), pairs):
                _tell(one.name, line)
                lines.append(line)
        if not lines and not bad_files:
            raise UserError("nothing to verify: no baseline has such results")
        status = _summary(lines, bad_files)
        if record is not None:
            by: verification.By = "CI" if record == "ci" else "maintainer"
            good = [(from_job(result), how) for result, how in reproduce.reproduced(lines)]
            count = verification.add(ROOT, good, by)
            say(f"{count} results recorded in {verification.FILE} as verified by {by}")
    raise typer.Exit(status)


def _tell(entry: str, line: reproduce.Line) -> None:
    first = line.results[0]
    fold = first.fold if len(line.results) == 1 else "all folds"
    where = f"{first.task} {first.split} {fold} {first.variant} seed {first.seed}"
    for said in line.said:
        say(f"{line.verdict.value} {entry}: {where}: {said}")


def _summary(lines: Sequence[reproduce.Line], bad_files: int) -> int:
    """Print how many results were reproduced; the exit status of `verify`."""
    good = reproduce.reproduced(lines)
    exact = sum(how == "bit-equal" for _, how in good)
    gone = sum(line.verdict is reproduce.Verdict.NOT_VERIFIABLE for line in lines)
    single = sum(len(line.results) == 1 for line in lines)
    bad = single - len(good) - gone
    text = f"{len(good)} of {single} results reproduced, {exact} of them bit-equal;"
    say(f"{text} {bad} not reproduced, {gone} not verifiable here")
    if bad or bad_files:
        return 1
    return 3 if gone else 0


def _scored_again(
    paths: Paths, entry: registry.Entry, folder: Path | None, claimed: Sequence[JobResult]
) -> Iterable[reproduce.Pair]:
    """Score the predictions of an entry: those in `folder`, else those that lie beside it."""
    place = folder or entry.path.parent / submitted_predictions.PREDICTIONS
    if not place.is_dir():
        if folder is not None:
            raise UserError(f"{folder}: not there; expected a folder of predictions")
        why = f"{entry.name} has no code, and its predictions are not in {place.name}/ beside it:"
        return reproduce.unverifiable(claimed, f"{why} name their folder with --predictions")
    try:
        task, sources = sources_of(paths, entry.tasks[0], (), {result.split for result in claimed})
    except UserError as error:
        return reproduce.unverifiable(claimed, str(error))
    return reproduce.by_scoring(paths, task, sources, place, entry, claimed)
