"""The commands for entries and predictions: new, check, contract, score."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from benchmark import registry, storage
from benchmark.cli.options import (
    ROOT,
    All,
    Data,
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
    say_some,
)
from benchmark.core import Paths, Signal, Task, UserError
from benchmark.data import folds
from benchmark.evaluation import submitted_predictions, validation
from benchmark.execution import plan, preflight
from benchmark.leaderboard import gate
from benchmark.registry import header, project
from benchmark.registry.source import MANIFEST
from benchmark.results import environment
from benchmark.results.scores import score_of
from benchmark.sandbox.request import RunConfig
from benchmark.worker.limits import Limits

SOUND = 4000.0  # Hz, from which on a signal of one channel is a sound
WORKERS = environment.cores()


def register(app: typer.Typer) -> None:
    """Add the commands to a command line."""
    for verb, example in (
        (new, "new my_model --task emg_to_articulation"),
        (check, "check my_model"),
        (contract_of, "contract emg_to_articulation"),
        (score, "score --task emg_to_text --predictions folder --name my_model"),
    ):
        name = verb.__name__.partition("_")[0]
        app.command(name, epilog=as_example(example))(verb)


def new(
    name: Annotated[str, typer.Argument(help="Name of the new entry.")],
    task: Annotated[str, typer.Option(help="The task of the new entry.")],
) -> None:
    """Write a small working entry to start from."""
    with one_sentence():
        registry.read_tasks(ROOT).pick("task", task)
        path = ROOT / "submissions" / f"{name}.py"
        header.check_name(path, name)
        if name in registry.entries(ROOT).found or path.exists():
            raise UserError(f"an entry {name} exists: choose another name")
        path.parent.mkdir(exist_ok=True)
        path.write_text(template(task), "utf-8")
        say(f"wrote {path.relative_to(ROOT)}; next:")
        say(f"    silentbench check {name}")
        say(f"    silentbench run --entry {name}")


def template(task: str) -> str:
    """The template for what a task asks for, by its target's signal; its header names the task."""
    target = _target(registry.task(ROOT, task))
    if target.free:
        kind = "_text"
    elif target.rate is None:
        kind = "_label"
    else:
        kind = "_sound" if target.rate >= SOUND and not target.frame else ""
    text = project.find(ROOT, f"submissions/_template{kind}.py").read_text("utf-8")
    return re.sub(r"(?m)^# tasks = .*$", f'# tasks = ["{task}"]', text, count=1)


def _target(task: Task) -> Signal:
    """The signal that a task asks for, as the first corpus of its splits has it."""
    corpora = registry.corpora()
    named = [name.partition(".")[0] for name in (*task.smoke, *task.splits)]
    found = [corpora[name] for name in named if name in corpora]
    for corpus in found or corpora.values():
        if task.target in corpus.signals:
            return corpus.signals[task.target]
    raise UserError(f"no corpus has the target {task.target!r} of this task")


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


def check(
    entry: Annotated[str, typer.Argument(help="The entry to check.")],
    task: Annotated[str, typer.Option(help="Only this task of the entry.")] = "",
    data: Data = ROOT / "data",
    runs: Runs = ROOT / "runs",
    isolation: Isolation = "auto",
) -> None:
    """Check an entry in seconds: header, imports, shapes, determinism, time, memory."""
    with one_sentence(runs, data):
        paths = Paths(ROOT, data.resolve(), runs.resolve())
        entries = registry.entries(ROOT)
        if problem := entries.problem(entry):
            raise UserError(problem)
        chosen = entries.pick(entry)
        say_left_out(entries)
        if chosen.kind == "predictions":
            raise UserError(f"{entry} has predictions and no code: `silentbench score` checks them")
        conditions = RunConfig(Limits(memory_mb=memory_mb(1)), backend_for(isolation))
        good = True
        for finding in preflight.check(paths, chosen, conditions, task):
            good &= finding.good
            say(f"{'ok  ' if finding.good else 'FAIL'} {finding.what}: {finding.said}")
        good &= _check_results(chosen)
    raise typer.Exit(0 if good else 1)


def _check_results(entry: registry.Entry) -> bool:
    """Name the published results that get no row; whether there is none but stale or failed ones.

    Those are what a run replaces; the others say something that cannot be.
    """
    _, refused = gate.admit_beside(gate.read_project(ROOT), entry.name)
    good = True
    for each, count in gate.by_reason(refused):
        usual = each.reason == gate.OTHER_CODE or each.reason.startswith(("failed", "timed out"))
        good &= usual
        times = f" ({count} x)" if count > 1 else ""
        say(f"{'note' if usual else 'FAIL'} no row: {each.where}: {each.reason}{times}")
    return good


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
        declared, sources = sources_of(paths, task, corpus, named)
        # Of the full suite what is there is scored; what is not is said, and may have been meant.
        there = [s for s in named if s not in declared.full or (folder / s).is_dir()]
        for split in sorted(named.keys() - {*there}):
            say(f"left out: {split}: {folder / split} is not there")
        if not there:
            raise UserError(f"{folder}: expected predictions of {min(named)}, found none")
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
        for result in results:
            path = paths.runs / "results" / result.job.key
            storage.write_whole(path, result.dump().encode() + b"\n")
            for metric in declared.on(sources[result.split][1]).metrics:
                value = score_of(metric, result)
                say(f"{result.split} {result.fold} {metric.id}: {value:.4f}")
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
