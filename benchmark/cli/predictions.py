"""The commands for predictions that were made elsewhere: contract, score."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from benchmark import registry, storage
from benchmark.cli.named.words import OnlyCorpora, TaskName, a_task, an_entry
from benchmark.cli.options import (
    ROOT,
    All,
    Data,
    Json,
    Runs,
    as_example,
    one_sentence,
    say,
    say_json,
    say_some,
)
from benchmark.cli.panels import in_panels
from benchmark.core import Corpus, Paths, Task, UserError
from benchmark.data import folds
from benchmark.evaluation import submitted_predictions, validation
from benchmark.execution import plan
from benchmark.registry import header, project
from benchmark.registry.source import MANIFEST
from benchmark.results import environment
from benchmark.results.result import JobResult
from benchmark.results.scores import score_of

WORKERS = environment.cores()


def register(app: typer.Typer) -> None:
    """Add the commands to a command line."""
    in_panels(contract_of, {"Which splits": ("corpus", "suite")})
    in_panels(score, {"Which predictions": ("task", "folder", "corpus")})
    for name, verb, example in (
        ("contract", contract_of, "contract emg_to_articulation"),
        ("score", score, "score my_model --task emg_to_text --predictions folder"),
    ):
        app.command(name, epilog=as_example(example))(verb)


def contract_of(
    task: TaskName,
    corpus: OnlyCorpora = [],  # noqa: B006
    data: Data = ROOT / "data",
    runs: Runs = ROOT / "runs",
    everything: All = False,
    as_json: Json = False,
    suite: Annotated[
        Literal["main", "full"],
        typer.Option(help="Splits of the main suite, or of the full one."),
    ] = "main",
) -> None:
    """Print what predictions for a task must be: recordings, shapes, rates, types, units."""
    with one_sentence(runs, data):
        paths = Paths(ROOT, data.resolve(), runs.resolve())
        declared, sources = sources_of(paths, task, corpus, full=suite == "full")
        expected = [
            validation.contract(paths.runs, task, declared, split, source).as_json()
            for split, source in sources.values()
        ]
        manifest = validation.blank(task, {e["split"]: e["data"] for e in expected})
        if as_json:
            say_json({"splits": expected, "manifest": manifest})
            return
        for one in expected:
            _print_split(one, everything)
        say("manifest.json, next to these folders:")
        say_json(manifest)


def _print_split(expected: dict[str, Any], everything: bool) -> None:
    folder = expected["split"]
    target = expected["target"]
    say(f"{len(expected['recordings'])} files {folder}/RECORDING.npy or .npz")
    say(f"    target: {_signal(target)}, {target['numbers']}, finite")
    for name, signal in expected["inputs"].items():
        say(f"    input: {name}, {_signal(signal)}")
    for labelled in ("labels", "channels"):
        if labelled in target:
            names = (f"{number} {name}" for number, name in enumerate(target[labelled]))
            say(f"    {labelled}: {', '.join(names)}")
    asked = expected["recordings"].items()
    files = [f"    {folder}/{name}.npy  {tuple(one['shape'])}" for name, one in asked]
    say_some(files, everything)


def _signal(signal: dict[str, Any]) -> str:
    rate = f", {signal['rate_hz']:g} Hz" if signal["rate_hz"] else ""
    return f"{signal.get('signal', signal['dtype'])} [{signal['unit']}{rate}]"


@dataclass(frozen=True)
class Given:
    """Predictions of an entry as they lie there."""

    name: str
    task: str
    folder: Path  # of the predictions
    manifest: Path
    splits: list[str]  # that there are predictions for
    beside: bool  # whether they lie beside the entry, which need not have all of them


def score(
    entry: Annotated[str, an_entry("The entry that made them; it need not exist yet.")] = "",
    name: Annotated[str, typer.Option(help="The same as ENTRY.", hidden=True)] = "",
    task: Annotated[str, a_task("The task that the predictions are for.")] = "",
    folder: Annotated[
        Path | None,
        typer.Option(
            "--predictions",
            help="Folder with manifest.json and the predictions; without it, those that lie in"
            " submissions/ENTRY.",
        ),
    ] = None,
    corpus: OnlyCorpora = [],  # noqa: B006
    data: Data = ROOT / "data",
    runs: Runs = ROOT / "runs",
    workers: Annotated[int, typer.Option(min=1, help="Processes at once.")] = WORKERS,
    as_json: Json = False,
) -> None:
    """Validate and score predictions made elsewhere; `leaderboard` then shows them."""
    with one_sentence(runs, data):
        paths = Paths(ROOT, data.resolve(), runs.resolve())
        given = _given(_one_name(entry, name), task, folder, corpus, partial(say, error=as_json))
        declared, sources = sources_of(paths, given.task, corpus, given.splits)
        results = submitted_predictions.score(
            *(paths, given.task, declared, sources, given.folder, given.name, workers),
            given.manifest,
            splits=[s for s in given.splits if s in sources] if given.beside else given.splits,
        )
        real = [result for result in results if _is_public(sources[result.split][1])]
        entered = (
            submitted_predictions.publish_as(paths, given.manifest, given.name, real)
            if real
            else None
        )
        scored = [_stored(paths, declared, sources, result) for result in results]
        published = project.shown(ROOT, entered.results) if entered else None
        if as_json:
            say_json({"scores": scored, "published": published})
        else:
            _tell_scores(scored, published)


def _one_name(entry: str, name: str) -> str:
    """The entry, however it was given."""
    if entry and name and entry != name:
        raise UserError(f"two names for one entry: {entry} and --name {name}; leave one out")
    if not (entry or name):
        raise UserError("name the entry that made the predictions, as in `silentbench score ENTRY`")
    return entry or name


def _given(
    name: str, task: str, folder: Path | None, corpora: list[str], tell: Callable[[str], None]
) -> Given:
    """What is to be scored, by the manifest; UserError where it names nothing that is there."""
    home = ROOT / "submissions" / name
    header.check_name(home, name)
    manifest, beside = (folder or home) / MANIFEST, folder is None
    if not os.path.lexists(manifest):
        raise UserError(
            f"{manifest}: there is no such file: predictions come with a manifest; name their"
            " folder with --predictions if it is another; what it holds: `silentbench contract`"
        )
    if folder is None:  # what is not here is left to others
        folder = home / submitted_predictions.PREDICTIONS
        task = task or header.read_manifest(manifest).task
    elif not task:
        raise UserError("name the task that the predictions are for with --task")
    named = header.read_manifest(manifest).data
    declared = registry.read_tasks(ROOT).pick("task", task)
    # Of the full suite what is there is scored; what is not is said, and may have been meant.
    asked = [s for s in named if not corpora or s.partition(".")[0] in corpora]
    there = [s for s in asked if s not in declared.full or (folder / s).is_dir()]
    for split in sorted({*asked} - {*there}):
        tell(f"left out: {split}: {folder / split} is not there")
    if not there:
        which = min(asked or named, default="a split in its manifest")
        raise UserError(f"{folder}: expected predictions of {which}, found none")
    return Given(name, task, folder, manifest, there, beside)


def _is_public(corpus: Corpus) -> bool:
    return not (corpus.miniature or corpus.own)


def _stored(
    paths: Paths, task: Task, sources: submitted_predictions.Sources, result: JobResult
) -> dict[str, Any]:
    """Keep a result in the working folder; its scores."""
    storage.write_whole(paths.runs / "results" / result.job.key, result.dump().encode() + b"\n")
    metrics = task.on(sources[result.split][1]).metrics
    values = {metric.id: score_of(metric, result) for metric in metrics}
    return {"split": result.split, "fold": result.fold, "metrics": values}


def _tell_scores(scored: list[dict[str, Any]], published: str | None) -> None:
    for one in scored:
        for metric_id, value in one["metrics"].items():
            say(f"{one['split']} {one['fold']} {metric_id}: {value:.4f}")
    if published is None:
        say("nothing published: these are scores on a miniature, or on a corpus of your own")
    else:
        say(f"wrote {published}; next:")
        say("    silentbench leaderboard")


def sources_of(
    paths: Paths,
    name: str,
    corpora: Iterable[str],
    splits: Collection[str] = (),
    full: bool = True,
) -> tuple[Task, submitted_predictions.Sources]:
    """A task and its splits whose corpora are installed, with their folds written.

    Only these `splits`, if any are named; without `full` only those of the main suite.
    """
    task = registry.read_tasks(ROOT).pick("task", name)
    here = plan.sources(paths, name, tuple(corpora), registry.corpora(), full)
    sources = {split: here[split] for split in here if split in splits or not splits}
    for split, corpus in sources.values():
        folds.prepare(paths.runs, paths.data, name, task, split, corpus, lambda _: None)
    return task, sources
