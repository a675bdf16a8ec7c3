"""The command `train`: one entry on one fold, and the model is kept."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from benchmark import registry
from benchmark.cli.named.words import a_split, a_task, an_entry
from benchmark.cli.options import (
    ROOT,
    Data,
    Isolation,
    Runs,
    Settings,
    as_example,
    backend_for,
    check_folder,
    memory_mb,
    one_sentence,
    say,
)
from benchmark.cli.panels import MUCH, SAFETY, in_panels
from benchmark.core import Corpus, Paths, Split, UserError
from benchmark.evaluation.kept.training import Training
from benchmark.evaluation.kept.training import train as train_and_keep
from benchmark.execution import plan
from benchmark.registry import requirements
from benchmark.registry.settings import overrides
from benchmark.sandbox.request import RunConfig
from benchmark.worker.limits import Limits

EXAMPLE = "train ridge --task emg_word_classification --keep kept/words"
Timeout = Annotated[float, typer.Option(min=0.1, help="Time limit, in seconds.")]
Memory = Annotated[int, typer.Option(min=0, help="Memory limit in MB; 0: 80% of all.")]


def register(app: typer.Typer) -> None:
    """Make this function a verb of the command line."""
    panels = {
        "What to train": ("task", "split", "fold", "variant", "settings", "seed"),
        MUCH: ("epoch", "gpus", "timeout", "memory"),
        SAFETY: ("isolation",),
    }
    app.command(epilog=as_example(EXAMPLE))(in_panels(train, panels))


def train(
    entry: Annotated[str, an_entry("The entry to train.")],
    task: Annotated[str, a_task("The task to train it for.")],
    keep: Annotated[Path, typer.Option(help="Folder to make for the model.")],
    split: Annotated[
        str, a_split("Split to train on.", show_default="first of the task that is here")
    ] = "",
    fold: Annotated[
        str, typer.Option(help="Fold whose training part is used.", show_default="the first")
    ] = "",
    variant: Annotated[str, typer.Option(help="Variant of the entry.")] = "default",
    settings: Settings = [],  # noqa: B006
    seed: Annotated[int, typer.Option(min=0, help="Random seed.")] = 0,
    epoch: Annotated[
        int,
        typer.Option(
            min=0, help="Keep a network as it is after this epoch; 0: as its training ends."
        ),
    ] = 0,
    gpus: Annotated[int, typer.Option(min=0, help="1: train on a GPU.")] = 0,
    timeout: Timeout = 36_000.0,
    memory: Memory = 0,
    isolation: Isolation = "auto",
    data: Data = ROOT / "data",
    runs: Runs = ROOT / "runs",
) -> None:
    """Train an entry, in the sandbox, and keep the model in a folder that `predict` uses.

    It sees what it sees in a run: the training and validation part of one fold.
    """
    with one_sentence(runs, data, keep.parent):
        paths = Paths(ROOT, data.resolve(), runs.resolve())
        chosen = entry_for(entry, task)
        name = chosen.default if variant == "default" else variant
        registry.pick(f"variant of {entry}", name, chosen.variants)
        name = overrides.changed(chosen.path, chosen.variants, name, settings)
        taken, corpus = _split(paths, task, split)
        registry.pick(f"fold of {taken.name}", fold or next(iter(taken.folds)), taken.folds)
        check_folder("--runs", paths.runs)
        check_folder("--keep", keep.parent)
        what = Training(
            task_name=task,
            task=registry.task(ROOT, task).on(corpus),
            split=taken,
            corpus=corpus,
            fold=fold or next(iter(taken.folds)),
            entry=chosen,
            variant=name,
            seed=seed,
            setup=plan.asked_setup(os.environ, gpus) if plan.uses_torch(chosen) else "",
            epoch=epoch or None,
        )
        config = RunConfig(Limits(timeout, memory or memory_mb(1)), backend_for(isolation))
        kept = train_and_keep(paths, what, config, keep, say)
        for line in kept.in_words():
            say(line)
        say(f"kept in {keep}; next:")
        files = " ".join(f"{name}=FILE" for name in kept.inputs) if kept.inputs[1:] else "FILE"
        say(f"    silentbench predict {keep} {files}")


def entry_for(name: str, task: str) -> registry.Entry:
    """An entry with code that does the task; UserError, also where a library of it is missing."""
    chosen = registry.entries(ROOT).pick(name)
    registry.read_tasks(ROOT).pick("task", task)
    if chosen.kind == "predictions":
        raise UserError(f"{name} has predictions and no code: nothing of it can be trained")
    if task not in chosen.tasks:
        raise UserError(f"{name} does not do {task}; it does {', '.join(chosen.tasks)}")
    if unmet := requirements.first_unmet(chosen.dependencies):
        raise UserError(f"{name} needs {unmet}")
    return chosen


def _split(paths: Paths, task: str, name: str) -> tuple[Split, Corpus]:
    """The split of that name, else the first of the task whose corpus is here."""
    found, notes = plan.every_source(paths, task, (), registry.corpora())
    if not found:
        raise UserError(f"no split of {task} has its corpus here. {' '.join(notes)}")
    if name and name not in found:
        said = next((note for note in notes if name.partition(".")[0] in note), "")
        raise UserError(f"no split {name} of {task} here; there are {', '.join(found)}. {said}")
    declared = registry.task(ROOT, task)
    first = next((s for s in (*declared.splits, *declared.smoke) if s in found), "")
    return found[name or first]
