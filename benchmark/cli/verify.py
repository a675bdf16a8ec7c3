"""The command `verify`: are the published results of an entry what it gives today?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from benchmark import registry
from benchmark.cli.named.words import OnlyCorpora, an_entry
from benchmark.cli.options import (
    ROOT,
    DataThere,
    Isolation,
    Json,
    Names,
    Runs,
    as_example,
    backend_for,
    memory_mb,
    one_sentence,
    say,
    say_json,
    say_left_out,
)
from benchmark.cli.panels import MUCH, SAFETY, in_panels
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
    panels = {
        "Which results to verify": ("baselines", "folder", "corpus", "variants", "seeds"),
        MUCH: ("workers", "timeout"),
        SAFETY: ("isolation",),
    }
    verb = in_panels(verify_entries, panels)
    app.command("verify", epilog=as_example("verify my_model"))(verb)


def verify_entries(
    entry: Annotated[Names, an_entry("Entries to verify.")] = [],  # noqa: B006
    baselines: Annotated[bool, typer.Option("--baselines", help="Verify all baselines.")] = False,
    folder: Annotated[
        Path | None, typer.Option("--predictions", help="Predictions of an entry without code.")
    ] = None,
    corpus: OnlyCorpora = [],  # noqa: B006
    variants: Annotated[
        str, typer.Option(help="all (that have results), default, or names separated by commas.")
    ] = "all",
    seeds: Annotated[int, typer.Option(min=1, help="Verify at most this many seeds.")] = 1000,
    data: DataThere = ROOT / "data",
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
    as_json: Json = False,
) -> None:
    """Reproduce published results and compare them recording by recording.

    Exit status: 0 if all were reproduced, 1 if something differs, 2 if nothing could be compared, 3
    if something is not verifiable here, such as a result on a corpus that is not installed.
    """
    tell = partial(say, error=as_json)
    with one_sentence(runs, data):
        paths = Paths(ROOT, data.resolve(), runs.resolve())
        read = registry.entries(ROOT)
        say_left_out(read)
        chosen = _chosen(read, entry, baselines)
        corpora = registry.corpora()
        which = Which(
            variants, seeds, [registry.pick_corpus(name, corpora).name for name in corpus]
        )
        conditions = RunConfig(
            Limits(seconds=timeout, memory_mb=memory_mb(workers)), backend_for(isolation)
        )
        lines: list[reproduce.Line] = []
        unreadable: dict[str, str] = {}  # by entry
        for one, claimed in _claimed(chosen, which, entry, unreadable, tell):
            if one.kind == "predictions":
                pairs = _scored_again(paths, one, folder, claimed)
            else:
                engine = executors.local_executor(workers)
                pairs = reproduce.by_running(paths, one, claimed, engine, conditions, corpora)
            for line in reproduce.judge(registry.known_tasks(ROOT), pairs):
                for said in _sentences(line):
                    tell(said)
                lines.append(line)
        if not lines and not unreadable:
            raise UserError("nothing to verify: no baseline has such results")
        counts = _counts(lines)
        if as_json:
            results = [_as_json(line) for line in lines]
            say_json({**asdict(counts), "unreadable": unreadable, "results": results})
        else:
            say(counts.line())
        if record is not None:
            tell(_recorded(lines, "CI" if record == "ci" else "maintainer"))
    if counts.not_reproduced or unreadable:
        raise typer.Exit(1)
    raise typer.Exit(3 if counts.not_verifiable else 0)


@dataclass(frozen=True)
class Which:
    """Which results of an entry are verified."""

    variants: str
    seeds: int
    corpora: list[str]


def _chosen(read: registry.Entries, named: Sequence[str], baselines: bool) -> list[registry.Entry]:
    """The entries that are named and, if asked for, all baselines with results."""
    chosen = [read.pick(name) for name in named]
    if baselines:
        every = read.found.values()
        chosen += [one for one in every if one.kind == "baseline" and one.results.exists()]
    if not chosen:
        raise UserError("no entry named: name one, or add --baselines")
    return chosen


def _claimed(
    chosen: Sequence[registry.Entry],
    which: Which,
    named: Sequence[str],
    unreadable: dict[str, str],
    tell: Callable[[str], None],
) -> Iterator[tuple[registry.Entry, list[JobResult]]]:
    """Entries with their published results.

    One that has none, or none that can be read, is a UserError if it is named; of the others it is
    told, and `unreadable` gets the second kind.
    """
    for one in chosen:
        try:
            claimed = reproduce.claimed(one, which.variants, which.seeds, which.corpora)
        except UserError as error:
            if one.name in named:
                raise
            tell(f"FAIL {one.name}: {error}")  # the other baselines go on
            unreadable[one.name] = str(error)
            continue
        if claimed:
            yield one, claimed
        elif one.name in named:
            raise UserError(f"{one.results}: no result of what is asked for")
        else:
            tell(f"skip {one.name}: no result of what is asked for")


def _recorded(lines: Sequence[reproduce.Line], by: verification.By) -> str:
    """Write down which results were reproduced, and by whom; what was done, in a sentence."""
    good = [(from_job(result), how) for result, how in reproduce.reproduced(lines)]
    count = verification.add(ROOT, good, by)
    return f"{count} results recorded in {verification.FILE} as verified by {by}"


@dataclass(frozen=True)
class Counts:
    """What became of the claimed results."""

    claimed: int
    reproduced: int
    bit_equal: int  # of those
    not_reproduced: int
    not_verifiable: int

    def line(self) -> str:
        return (
            f"{self.reproduced} of {self.claimed} results reproduced, {self.bit_equal} of them"
            f" bit-equal; {self.not_reproduced} not reproduced, {self.not_verifiable} not"
            " verifiable here"
        )


def _counts(lines: Sequence[reproduce.Line]) -> Counts:
    good = reproduce.reproduced(lines)
    exact = sum(how == "bit-equal" for _, how in good)
    gone = sum(line.verdict is reproduce.Verdict.NOT_VERIFIABLE for line in lines)
    single = sum(len(line.results) == 1 for line in lines)
    return Counts(single, len(good), exact, single - len(good) - gone, gone)


def _sentences(line: reproduce.Line) -> list[str]:
    first = line.results[0]
    fold = first.fold if len(line.results) == 1 else "all folds"
    where = f"{first.task} {first.split} {fold} {first.variant} seed {first.seed}"
    return [f"{line.verdict.value} {first.entry}: {where}: {said}" for said in line.said]


def _as_json(line: reproduce.Line) -> dict[str, Any]:
    first = line.results[0]
    named = ("entry", "task", "split", "variant", "seed")
    return {
        **{name: getattr(first, name) for name in named},
        "folds": [result.fold for result in line.results],
        "verdict": line.verdict.name.lower().replace("_", " "),
        "how": line.how,
        "said": list(line.said),
    }


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
