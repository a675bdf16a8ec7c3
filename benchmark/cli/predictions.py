"""The commands for predictions that were made elsewhere: contract, score."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from benchmark import registry, storage
from benchmark.cli.options import (
    ROOT,
    All,
    Data,
    Json,
    Names,
    Runs,
    as_example,
    one_sentence,
    say,
    say_json,
    say_some,
)
from benchmark.core import Paths, Task, UserError
from benchmark.data import folds
from benchmark.evaluation import submitted_predictions, validation
from benchmark.execution import plan
from benchmark.registry import header, project
from benchmark.registry.source import MANIFEST
from benchmark.results import environment
from benchmark.results.scores import score_of

WORKERS = environment.cores()


def register(app: typer.Typer) -> None:
    """Add the commands to a command line."""
    for name, verb, example in (
        ("contract", contract_of, "contract emg_to_articulation"),
        ("score", score, "score --task emg_to_text --predictions folder --name my_model"),
    ):
        app.command(name, epilog=as_example(example))(verb)


def contract_of(
    task: Annotated[str, typer.Argument(help="A task.")],
    corpus: Annotated[Names, typer.Option(help="Only this corpus; may be repeated.")] = [],  # noqa: B006
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


def score(
    name: Annotated[str, typer.Option(help="Name of the entry.")],
    task: Annotated[str, typer.Option(help="The task that the predictions are for.")] = "",
    folder: Annotated[
        Path | None,
        typer.Option(
            "--predictions",
            help="Folder with manifest.json and the predictions; without it, those that lie in"
            " submissions/NAME.",
        ),
    ] = None,
    corpus: Annotated[Names, typer.Option(help="Only this corpus; may be repeated.")] = [],  # noqa: B006
    data: Data = ROOT / "data",
    runs: Runs = ROOT / "runs",
    workers: Annotated[int, typer.Option(min=1, help="Processes at once.")] = WORKERS,
    as_json: Json = False,
) -> None:
    """Validate and score predictions made elsewhere; `leaderboard` then shows them."""
    with one_sentence(runs, data):
        paths = Paths(ROOT, data.resolve(), runs.resolve())
        header.check_name(ROOT / "submissions" / name, name)
        manifest = (folder or ROOT / "submissions" / name) / MANIFEST
        beside = folder is None
        if folder is None:  # what is not here is left to others
            folder = manifest.parent / submitted_predictions.PREDICTIONS
            task = task or header.read_manifest(manifest).task
        elif not task:
            raise UserError("name the task that the predictions are for with --task")
        named = header.read_manifest(manifest).data
        declared = registry.read_tasks(ROOT).pick("task", task)
        # Of the full suite what is there is scored; what is not is said, and may have been meant.
        asked = [s for s in named if not corpus or s.partition(".")[0] in corpus]
        there = [s for s in asked if s not in declared.full or (folder / s).is_dir()]
        for split in sorted({*asked} - {*there}):
            say(f"left out: {split}: {folder / split} is not there", error=as_json)
        if not there:
            which = min(asked or named, default="a split in its manifest")
            raise UserError(f"{folder}: expected predictions of {which}, found none")
        declared, sources = sources_of(paths, task, corpus, there)
        results = submitted_predictions.score(
            *(paths, task, declared, sources, folder, name, workers, manifest),
            splits=[s for s in there if s in sources] if beside else there,
        )
        real = [
            result
            for result in results
            if not (sources[result.split][1].miniature or sources[result.split][1].own)
        ]
        entry = submitted_predictions.publish_as(paths, manifest, name, real) if real else None
        scored: list[dict[str, Any]] = []
        for result in results:
            path = paths.runs / "results" / result.job.key
            storage.write_whole(path, result.dump().encode() + b"\n")
            metrics = declared.on(sources[result.split][1]).metrics
            values = {metric.id: score_of(metric, result) for metric in metrics}
            scored.append({"split": result.split, "fold": result.fold, "metrics": values})
        if as_json:
            published = entry and project.shown(ROOT, entry.results)
            say_json({"scores": scored, "published": published})
            return
        for one in scored:
            for metric_id, value in one["metrics"].items():
                say(f"{one['split']} {one['fold']} {metric_id}: {value:.4f}")
        if entry is None:
            say("nothing published: these are scores on a miniature, or on a corpus of your own")
        else:
            say(f"wrote {project.shown(ROOT, entry.results)}; next:")
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
