"""The verbs for who brings a model or its predictions: new, contract, check, score, verify."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmark import registry
from benchmark.cli.options import (
    ROOT,
    Data,
    Isolation,
    Json,
    Names,
    Runs,
    memory_mb,
    one_sentence,
    walls_called,
)
from benchmark.core import Paths, Task, UserError
from benchmark.data import folds
from benchmark.evaluation import predictions, validation
from benchmark.execution import executors, plan, preflight, reproduce
from benchmark.execution.runner import Conditions
from benchmark.registry import header
from benchmark.results.scores import score_of
from benchmark.worker.limits import Limits

TEMPLATES = "submissions/_template.py", "submissions/_template_{task}.py"
WORKERS = os.cpu_count() or 1


def register(app: typer.Typer) -> None:
    """Make these functions verbs of the command line."""
    for verb, example in (
        (new, "new my_model --task emg_to_articulation"),
        (check, "check my_model"),
        (contract_of, "contract emg_to_articulation"),
        (score, "score --task emg_to_text --predictions folder --name my_model"),
        (verify_entries, "verify my_model"),
    ):
        name = verb.__name__.partition("_")[0]
        app.command(name, epilog=f"Example: python run_benchmark.py {example}")(verb)


def new(
    name: Annotated[str, typer.Argument(help="What the entry will be called.")],
    task: Annotated[str, typer.Option(help="The task it does.")],
) -> None:
    """Write a small entry that works, for you to change."""
    with one_sentence():
        registry.pick("task", task, registry.tasks(ROOT))
        path = ROOT / "submissions" / f"{name}.py"
        header.check_name(path, name)
        if name in registry.entries(ROOT).found or path.exists():
            raise UserError(f"there is an entry called {name} already")
        path.write_text(template(task))
        print(f"{path.relative_to(ROOT)} is yours; next:")
        print(f"    python run_benchmark.py check {name}")
        print(f"    python run_benchmark.py run --entry {name}")


def template(task: str) -> str:
    """The template of a task, or the one for all, with the name of the task in its header."""
    general, special = (ROOT / pattern.format(task=task) for pattern in TEMPLATES)
    text = (special if special.exists() else general).read_text()
    return text.replace('tasks = ["emg_to_articulation"]', f'tasks = ["{task}"]')


def contract_of(
    task: Annotated[str, typer.Argument(help="A task.")],
    corpus: Annotated[Names, typer.Option(help="Only this corpus; may be repeated.")] = [],  # noqa: B006
    data: Data = ROOT / "data",
    runs: Runs = ROOT / "runs",
    as_json: Json = False,
) -> None:
    """Print exactly what a task expects: recordings, shapes, rates, types, units."""
    with one_sentence():
        place = Paths(ROOT, data.resolve(), runs.resolve())
        known, sources = _sources(place, task, corpus)
        told = [
            validation.expected(place.runs, task, known, split, where)
            for split, where in sources.values()
        ]
        manifest = validation.blank(task, {t["split"]: t["data"] for t in told})
        if as_json:
            print(json.dumps({"splits": told, "manifest": manifest}, indent=1))
            return
        for split in told:
            _print_split(split)
        print("manifest.json, beside the folders:")
        print(json.dumps(manifest, indent=1))


def _print_split(told: dict[str, Any]) -> None:
    folder = told["split"].partition(".")[2]
    target = told["target"]
    print(f"{told['split']}: {len(told['recordings'])} files {folder}/RECORDING.npy or .npz")
    print(f"    each of {_signal(target)}: {target['numbers']}, finite")
    for name, signal in told["inputs"].items():
        print(f"    from {name}: {_signal(signal)}")
    for labelled in ("labels", "channels"):
        if labelled in target:
            names = (f"{number} {name}" for number, name in enumerate(target[labelled]))
            print(f"    {labelled}: {', '.join(names)}")
    for name, asked in told["recordings"].items():
        print(f"    {folder}/{name}.npy  {tuple(asked['shape'])}")


def _signal(told: dict[str, Any]) -> str:
    rate = f", {told['rate_hz']:g} Hz" if told["rate_hz"] else ""
    return f"{told.get('signal', told['dtype'])} [{told['unit']}{rate}]"


def check(
    entry: Annotated[str, typer.Argument(help="The entry to look at.")],
    task: Annotated[str, typer.Option(help="Only this task of the entry.")] = "",
    data: Data = ROOT / "data",
    runs: Runs = ROOT / "runs",
    isolation: Isolation = "auto",
) -> None:
    """Look at an entry in a few seconds: header, imports, shapes, habits, time, memory."""
    with one_sentence():
        place = Paths(ROOT, data.resolve(), runs.resolve())
        found = registry.entries(ROOT)
        if problems := [p for p in found.problems if f"/{entry}.py:" in p or f"/{entry}/" in p]:
            raise UserError(problems[0])
        chosen = registry.pick("entry", entry, found.found)
        if chosen.kind == "predictions":
            raise UserError(f"{entry} brings predictions; `score` has checked them")
        conditions = Conditions(Limits(memory_mb=memory_mb(1)), walls_called(isolation))
        good = True
        for finding in preflight.check(place, chosen, conditions, task):
            good &= finding.good
            print(f"{'ok  ' if finding.good else 'MEND'} {finding.what}: {finding.said}")
    raise typer.Exit(0 if good else 1)


def score(
    task: Annotated[str, typer.Option(help="The task that was done.")],
    folder: Annotated[Path, typer.Option("--predictions", help="Folder of the predictions.")],
    name: Annotated[str, typer.Option(help="What the entry will be called.")],
    corpus: Annotated[Names, typer.Option(help="Only this corpus; may be repeated.")] = [],  # noqa: B006
    data: Data = ROOT / "data",
    runs: Runs = ROOT / "runs",
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = WORKERS,
) -> None:
    """Check and score predictions that were made elsewhere; `leaderboard` then shows them."""
    with one_sentence():
        place = Paths(ROOT, data.resolve(), runs.resolve())
        known, sources = _sources(place, task, corpus)
        results = predictions.score(place, task, known, sources, folder, name, workers)
        real = [result for result in results if not sources[result.split][1].miniature]
        made = predictions.publish_as(place, folder, name, real) if real else None
        for result in results:
            for metric in known.metrics:
                value = score_of(metric, result)
                print(f"{result.split} {result.fold} {metric.id}: {value:.4f}")
        if made is None:
            print("nothing is written: what is scored on a miniature is not published")
        else:
            print(f"{made.results.relative_to(ROOT)} is written; `leaderboard` shows it")


def verify_entries(
    entry: Annotated[list[str], typer.Argument(help="Whose results are to be verified.")] = [],  # noqa: B006
    baselines: Annotated[bool, typer.Option("--baselines", help="All baselines.")] = False,
    folder: Annotated[
        Path | None, typer.Option("--predictions", help="Of an entry without code.")
    ] = None,
    corpus: Annotated[Names, typer.Option(help="Only this corpus; may be repeated.")] = [],  # noqa: B006
    variants: Annotated[
        str, typer.Option(help="all that have results, default, or names between commas.")
    ] = "all",
    seeds: Annotated[int, typer.Option(min=1, help="Only so many runs of each.")] = 1000,
    data: Data = ROOT / "data",
    runs: Runs = ROOT / "runs",
    workers: Annotated[int, typer.Option(min=1, help="Jobs at once.")] = WORKERS,
    limit: Annotated[float, typer.Option(min=0.1, help="Seconds that one job may take.")] = 1800.0,
    isolation: Isolation = "auto",
) -> None:
    """Make the published results of entries again and compare: expected against found."""
    with one_sentence():
        place = Paths(ROOT, data.resolve(), runs.resolve())
        found = registry.entries(ROOT).found
        chosen = [registry.pick("entry", name, found) for name in entry]
        if baselines:
            chosen += [e for e in found.values() if e.kind == "baseline" and e.results.exists()]
        if not chosen:
            raise UserError("name an entry, or say --baselines")
        conditions = Conditions(
            Limits(seconds=limit, memory_mb=memory_mb(workers)), walls_called(isolation)
        )
        lines: list[reproduce.Line] = []
        for one in chosen:
            claimed = reproduce.claimed(one, variants, seeds, _here(place, corpus))
            if one.kind == "predictions":
                pairs = reproduce.by_scoring(place, *_folder_of(place, one, folder), one, claimed)
            else:
                engine = executors.local(workers)
                pairs = reproduce.by_running(place, one, claimed, engine, conditions)
            for line in reproduce.compare(registry.tasks(ROOT), pairs):
                print(f"{'ok  ' if line.good else 'FAIL'} {one.name}: {line.text}", flush=True)
                lines.append(line)
        bad = sum(not line.good for line in lines)
        print(f"{len(lines)} compared, {bad} not as claimed")
    raise typer.Exit(1 if bad else 0)


def _here(place: Paths, only: Iterable[str]) -> list[str]:
    """The corpora that are here, or those that are asked for."""
    known = registry.corpora()
    asked = [registry.pick("corpus", name, known).name for name in only]
    return asked or [n for n, c in known.items() if c.locate(place.data) is not None]


def _folder_of(
    place: Paths, entry: registry.Entry, folder: Path | None
) -> tuple[Task, predictions.Sources, Path]:
    if folder is None:
        raise UserError(f"{entry.name} brings no code: name its folder with --predictions")
    return *_sources(place, entry.tasks[0], ()), folder


def _sources(place: Paths, name: str, corpora: Iterable[str]) -> tuple[Task, predictions.Sources]:
    """A task and its splits whose corpora are here, prepared."""
    task = registry.pick("task", name, registry.tasks(ROOT))
    found = plan.sources(place, name, tuple(corpora), registry.corpora())
    for split, corpus in found.values():
        folds.prepare(place.runs, place.data, name, task, split, corpus, lambda _: None)
    return task, found
