"""A whole project in miniature: one corpus, two tasks, a few entries, all made in a moment."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmark import registry
from benchmark.core import Corpus, Paths, Recording, Signal, UserError
from benchmark.data import corpus_index, splits
from benchmark.execution.plan import Plan
from benchmark.leaderboard import gate
from benchmark.results import entry_results
from benchmark.results.entry_results import Contents
from benchmark.results.published import from_job
from benchmark.results.result import JobResult
from benchmark.sandbox import backends
from benchmark.sandbox.request import JobRequest, RunConfig
from benchmark.worker.limits import Limits


def _strongest() -> backends.Backend:
    """The strongest sandbox; without one, tests that need none still run."""
    try:
        return backends.strongest()
    except UserError:
        return "process"


CONFIG = RunConfig(Limits(seconds=60.0), _strongest())
OPEN = replace(CONFIG, isolation="process")  # for models that leave traces outside
SPEAKERS, EACH, FRAMES = 4, 6, 50
LABELS = ("no", "yes")

SIGNALS = {
    "x": Signal("1", "float32", rate=10.0, frame=(2,)),
    "y": Signal("mm", "float32", rate=10.0, frame=(1,), channels=("y",)),
    "word": Signal("class", "int64", labels=LABELS),
    "text": Signal("code point", "uint32", free=True),
}

TASK = """
from benchmark.core import Task
from benchmark.metrics import {module}

TASK = Task(
    title="Toy", inputs=("x",), target={target!r}, splits=("toy.all",), smoke=("toy.all",),
    metrics=({metrics},), trivial_baselines=("blind",), citation="", version="1",
)
"""

HEADER = """
# /// script
# dependencies = []
# [tool.silentbench]
# title = "Toy entry"
# tasks = ["toy"]
# licence = "Apache-2.0"
{extra}# ///
import time
import numpy as np


class Model:
    def __init__(self, asked, seed, **settings):
        self.asked, self.settings = asked, settings

    def fit(self, train, valid):
{fit}

    def predict(self, inputs, shape):
{predict}
"""


def recording(speaker: int, number: int) -> Recording:
    def read(signal: str) -> np.ndarray:
        rng = np.random.default_rng([speaker, number])
        x = rng.normal(size=(FRAMES, 2)).astype(np.float32)
        y = x @ np.float32([[2.0], [-1.0]]) + rng.normal(size=(FRAMES, 1)).astype(np.float32)
        values = {"x": x, "y": y.astype(np.float32), "word": np.array(number % 2)}
        values["text"] = np.array([ord(letter) for letter in LABELS[number % 2]], np.uint32)
        if signal not in values:
            raise UserError(f"toy has no signal {signal}")
        return values[signal]

    name, session = f"s{speaker}-{number}", f"s{speaker}-{number % 2}"
    return Recording(name, f"s{speaker}", session, f"sentence {number}", read)


def recordings(folder: Path) -> list[Recording]:
    assert folder.is_dir()
    return [recording(s, n) for s in range(SPEAKERS) for n in range(EACH)]


def corpus(**changes: object) -> Corpus:
    values = {
        "name": "toy",
        "title": "Toy corpus",
        "version": "1",
        "licence": "CC0-1.0",
        "citation": "",
        "advice": "make it yourself",
        "signals": SIGNALS,
        "locate": lambda root: root if root.exists() else None,
        "recordings": recordings,
        "digest": lambda: "0" * 64,
        "verify": lambda _folder: [],
        "synthetic": True,
    }
    return Corpus(**{**values, **changes})


def entry(fit: str = "pass", predict: str = "return np.zeros(shape)", extra: str = "") -> str:
    """The text of an entry whose two methods have these bodies."""
    bodies = {"fit": fit, "predict": predict}
    indented = {k: textwrap.indent(textwrap.dedent(v).strip(), " " * 8) for k, v in bodies.items()}
    return HEADER.format(extra=extra, **indented)


SUM = "return (inputs['x'] @ np.float32([[2.0], [-1.0]])).reshape(shape)"
BLIND = "return np.cumsum(np.ones(shape), axis=0)"


def requests(paths: Paths, chosen: Plan) -> list[JobRequest]:
    """The jobs of a plan as an executor is given them."""
    entries = chosen.entries
    return [
        JobRequest(
            job,
            paths,
            entries[job.entry].path,
            entries[job.entry].kind,
            CONFIG,
            tuple(metric.id for metric in chosen.sources[job.task, job.split][0].metrics),
        )
        for job in chosen.jobs
    ]


def project(folder: Path, **entries: str) -> Paths:
    """Write tasks, a split and entries (name -> text of the file) into a folder."""
    for name in ("tasks/splits", "baselines", "submissions", "data"):
        (folder / name).mkdir(parents=True)
    task = TASK.format(
        module="pearson, rmse", target="y", metrics="pearson.PER_RECORDING, rmse.RMSE"
    )
    (folder / "tasks" / "toy.py").write_text(task)
    fold = splits.by_group(recordings(folder), "text", ["sentence 4"], ["sentence 5"])
    path = folder / "tasks" / "splits" / "toy.all.json"
    splits.write(path, "new sentences", ["text"], {"a": fold, "b": fold})
    for name, text in entries.items():
        (folder / "baselines" / f"{name}.py").write_text(text)
    corpus_index.write(folder, corpus_index.of(corpus(), recordings(folder)))
    return Paths(folder, folder / "data", folder / "runs")


def three_folds(paths: Paths) -> None:
    """Give the split of a project folds that each test a text on which the others train."""
    made = {
        f"{number}": splits.by_group(
            recordings(paths.root), "text", [f"sentence {number + 3}"], [f"sentence {number}"]
        )
        for number in range(3)
    }
    path = paths.root / "tasks" / "splits" / "toy.all.json"
    splits.write(path, "new sentences", ["text"], made)


def known(paths: Paths, **corpora: Corpus) -> gate.Project:
    """What the gate holds results of a project against."""
    root = paths.root
    held = {"toy": corpus(), **corpora}
    return gate.Project(root, registry.tasks(root), held, registry.entries(root).found)


def published(paths: Paths) -> list[JobResult]:
    """All results beside the entries of a project."""
    files = sorted((paths.root / "baselines").glob("*.json"))
    return [result for file in files for result in entry_results.read_all(file)]


def admitted(paths: Paths, results: Iterable[JobResult]) -> gate.Admitted:
    """What the gate makes of results, each beside the entry that it names."""
    project = known(paths)
    by_owner: dict[str, list[JobResult]] = {}
    for result in results:
        by_owner.setdefault(result.entry, []).append(result)
    good, refused = [], []
    for owner, own in sorted(by_owner.items()):
        contents = Contents(tuple(from_job(result) for result in own))
        fit, unfit = gate.admit_contents(project, owner, contents)
        good += fit
        refused += unfit
    return gate.Admitted(tuple(good), tuple(refused), project.expected)
