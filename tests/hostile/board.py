"""A small project with a valid board, and what an attacker needs: to write any file there.

Nothing is run: predictions are made up and scored by the metrics. Eight speakers, two folds, three
tasks; `s0-3` has a constant target, so that no entry has a correlation there.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

import toy
from benchmark.core import CHANCE, Corpus, Fold, Isolation, Recording, Undefined, UndefinedTarget
from benchmark.data import corpus_index, splits
from benchmark.evaluation import scoring
from benchmark.leaderboard import fitness, gate
from benchmark.leaderboard.gate import Project
from benchmark.registry.from_answers import chance
from benchmark.results import columns, entry_results
from benchmark.results.published import EXACT, PublishedResult, Recordings, from_job, sums
from benchmark.results.result import Cost, Item, JobResult, Measurement

ATTACKER = "mallory"
NO_TARGET = "s0-3"  # its target y is constant
# How far the made-up predictions of each entry are from the truth.
NOISE = {"best": 0.5, "rival": 1.0, "blind": 30.0, ATTACKER: 2.0, CHANCE: 20.0}
SEEDS = (0, 1)
TASKS = {
    "toy": ("pearson, rmse", "y", "pearson.PER_RECORDING, rmse.RMSE"),
    "words": ("classification", "word", "classification.ACCURACY, classification.MACRO_F1"),
    "texts": ("text", "text", "text.WER"),
}
COST = Cost(
    fit_seconds=3.0,
    predict_seconds=0.5,
    signal_seconds=40.0,
    real_time_factor=0.0125,
    parameters=10,
    peak_memory_mb=80.0,
)


def recording(speaker: int, number: int) -> Recording:
    made = toy.recording(speaker, number)

    def read(signal: str) -> np.ndarray:
        value = made[signal]
        return np.ones_like(value) if (made.id, signal) == (NO_TARGET, "y") else value

    return replace(made, read=read)


def recordings(_folder: Path) -> list[Recording]:
    return [recording(speaker, number) for speaker in range(8) for number in range(6)]


CORPUS: Corpus = toy.corpus(recordings=recordings)


def build(folder: Path) -> Board:
    """The project with a valid result of every entry but the attacker's."""
    header = 'tasks = ["toy"]', 'tasks = ["toy", "words", "texts"]'
    names = [name for name in NOISE if name != CHANCE]
    toy.project(
        folder, **{name: toy.entry().replace(*header) for name in names if name != ATTACKER}
    )
    (folder / "submissions" / f"{ATTACKER}.py").write_text(toy.entry().replace(*header))
    for name, (module, target, metrics) in TASKS.items():
        text = toy.TASK.format(module=module, target=target, metrics=metrics)
        (folder / "tasks" / f"{name}.py").write_text(text)
    every = recordings(folder)
    texts = [[r.id for r in every if r.id.endswith(f"-{n}")] for n in range(6)]
    seen = [i for ids in texts[:2] for i in ids]
    odd, even = [*texts[3], *texts[5]], [*texts[2], *texts[4]]
    both = {"a": Fold(tuple(seen), (), tuple(odd)), "b": Fold(tuple(seen), (), tuple(even))}
    splits.write(folder / "tasks" / "splits" / "toy.all.json", "new sentences", ["text"], both)
    corpus_index.write(folder, corpus_index.of(CORPUS, every))
    board = Board(folder)
    for name in NOISE:
        if name != ATTACKER:
            board.publish(name, board.honest(name))
    return board


@dataclass(frozen=True)
class Board:
    root: Path

    def copy(self, folder: Path) -> Board:
        shutil.copytree(self.root, folder)
        return Board(folder)

    @cached_property
    def project(self) -> Project:
        return gate.read_project(self.root)

    def file(self, entry: str = ATTACKER) -> Path:
        """Its published results."""
        if entry == CHANCE:
            return chance.results(self.root)
        return self.project.entries[entry].results

    def columns(self, entry: str = ATTACKER) -> Path:
        """Its file of recordings."""
        (path,) = entry_results.column_files(self.file(entry))
        return path

    def honest(self, entry: str = ATTACKER) -> list[JobResult]:
        """Good results of every job of an entry, as running it would give."""
        found = []
        for name, expected in self.project.expected.items():
            for fold, test in expected.test.items():
                for seed in SEEDS[:1] if entry == CHANCE else SEEDS:
                    found.append(self._result(entry, *name, fold, seed, test or ()))
        return found

    def _result(
        self, entry: str, task: str, split: str, fold: str, seed: int, test: Sequence[Recording]
    ) -> JobResult:
        ids = tuple(metric.id for metric in self.project.task(task, split).metrics)
        items = tuple(_item(self.project, entry, task, seed, r.id) for r in test)
        return JobResult(
            task=task,
            split=split,
            fold=fold,
            entry=entry,
            variant="default",
            seed=seed,
            data=self.project.expected[task, split].data,
            code=self.project.code(entry, "default", task, split),
            metrics=ids,
            status="good",
            isolation=Isolation.FROM_TARGETS if entry == CHANCE else Isolation.BUBBLEWRAP,
            finished="2026-01-01T00:00:00+00:00",
            cost=None if entry == CHANCE else COST,
            environment={"python": "3.13.0", "cores": 2},
            items=items,
            outcomes=scoring.outcomes(items),
        )

    def publish(self, entry: str, results: Sequence[JobResult]) -> None:
        """As an honest run does."""
        entry_results.merge(self.file(entry), results, self.project.tasks)

    def write(self, results: Sequence[PublishedResult], entry: str = ATTACKER) -> None:
        """Whatever it is, with seals and digests that are right."""
        self.write_lines([self.line(result) for result in results], entry)
        path = self.file(entry)
        columns.write(path.with_name(columns.name(path.stem, results)), results)

    def write_lines(self, lines: Sequence[str], entry: str = ATTACKER) -> None:
        self.file(entry).write_text("\n".join(["[", ",\n".join(lines), "]", ""]))

    def lines(self, entry: str = ATTACKER) -> list[str]:
        return [text.removesuffix(",") for text in self.file(entry).read_text().splitlines()[1:-1]]

    def line(self, result: PublishedResult) -> str:
        """Its line, with the scores that its recordings give where these give any."""
        scores: dict[str, float | None] = {}
        for metric in self.project.tasks[
            "toy" if result.head.task not in TASKS else result.head.task
        ].metrics:
            scores[metric.id] = _score(metric, result)
        return sealed(
            {
                "result": json.loads(result.head.dump()),
                "recordings": len(result.recordings.names),
                "statistics": result.digest,
                "scores": scores,
                "sums": {
                    m: {unit: total.tolist() for unit, total in units.items()}
                    for m, units in sums(result).items()
                },
            }
        )


def sealed(body: Mapping[str, Any] | str) -> str:
    """A line with the right seal; numbers such as NaN stand in it as Python writes them."""
    text = body if isinstance(body, str) else json.dumps(body, separators=(",", ":"))
    text = text.removesuffix("}")
    return f'{text},"seal":"{hashlib.sha256(text.encode()).hexdigest()}"}}'


def _score(metric: Any, result: PublishedResult) -> float | None:
    try:
        with np.errstate(all="ignore"):
            value = float(
                metric.reduce(result.recordings.measured[metric.id].statistics.sum(axis=0))
            )
    except (IndexError, ValueError, KeyError):
        return None
    return float(f"{value:.10g}") if np.isfinite(value) else None


def _item(project: Project, entry: str, task: str, seed: int, name: str) -> Item:
    speaker, number = (int(part) for part in name.removeprefix("s").split("-"))
    known = recording(speaker, number)
    target, metrics = project.tasks[task].target, project.tasks[task].metrics
    predicted = _prediction(entry, seed, known, target, speaker, number)
    return Item(
        recording=name,
        speaker=known.speaker,
        session=known.session,
        prediction=hashlib.sha256(f"{entry} {seed} {name}".encode()).hexdigest(),
        seconds=0.01,
        measurements={
            metric.id: _measurement(metric, predicted, known[target], CORPUS.signals[target])
            for metric in metrics
        },
    )


def _prediction(
    entry: str, seed: int, known: Recording, target: str, speaker: int, number: int
) -> np.ndarray:
    rng = np.random.default_rng([*entry.encode(), seed, speaker, number])
    value = known[target]
    if target == "y":
        noise = rng.normal(size=value.shape) * NOISE[entry]
        return (value + noise).astype(np.float32)
    wrong = rng.random() < min(0.5, NOISE[entry] / 6)
    if target == "word":
        return np.array(1 - int(value) if wrong else int(value))
    return np.frombuffer("maybe".encode("utf-32-le"), np.uint32) if wrong else value


def _measurement(
    metric: Any, predicted: np.ndarray, target: np.ndarray, signal: Any
) -> Measurement:
    try:
        return Measurement(statistics=tuple(metric.measure(predicted, target, signal).tolist()))
    except UndefinedTarget as error:
        return Measurement(statistics=(), status="left out", reason=str(error))
    except Undefined as error:
        worst = tuple(metric.worst(signal).tolist())
        return Measurement(statistics=worst, status="floored", reason=str(error))


def changed(result: JobResult, **fields: Any) -> PublishedResult:
    """The result with other fields, whether these are valid or not."""
    made = from_job(result)
    return replace(made, head=made.head.model_copy(update=fields))


def stored(of: Recordings) -> Recordings:
    """With the digits that a file keeps."""
    made = {}
    for name, measured in of.measured.items():
        values = np.array(measured.statistics, dtype=np.float64)
        values[:, EXACT:] = values[:, EXACT:].astype(np.float32)
        made[name] = replace(measured, statistics=values)
    return replace(of, measured=made)


def with_recordings(
    result: JobResult, change: Callable[[Recordings], Recordings], count: bool = True
) -> PublishedResult:
    """The result with other recordings, and with their digest and, with `count`, their outcomes."""
    made = from_job(result)
    recordings = stored(change(made.recordings))
    whole = replace(made, recordings=recordings, digest=recordings.digest())
    outcomes = fitness.outcomes(whole) if count else made.head.outcomes
    return replace(whole, head=made.head.model_copy(update={"outcomes": outcomes}))
