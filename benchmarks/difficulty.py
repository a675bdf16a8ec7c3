"""How hard a simulated corpus is: what knowing nothing, a line and a small network reach.

    OMP_NUM_THREADS=1 python benchmarks/difficulty.py FOLDER [--network] [--parts N] [--only NAME]

FOLDER holds a corpus `simulated` of development talkers: parameters of sensors are chosen by these
tables, so no recording that is tested later may be among them, and the release and sealed
recordings are refused (docs/difficulty_protocol.md). Texts are dealt into five parts: one
is tested, one chooses strengths and epochs, the rest is trained on; a silent take is in the part of
its text. N parts are tested in turn, all of them unless told. EMG is pooled over talkers, sEEG is
of one talker each, and words are of a talker that is not trained on. NAME is part of a task's.

Answers: `stretched`, the mean training answer at relative time; `length`, the same of the training
answers that last most alike; `blind` and `nuisance`, the baselines; `line`, ridge regression with
0.2 s of context to either side; `network`, `articulation_conv`, half a minute of training a part,
and of words the recurrent network of `emg_words`. In the last two, of no words, log powers stand
beside themselves without their recording's mean. A cell is the mean over recordings and, behind ±,
twice its standard error; the last column is of paired differences, of MSE in parts of the line's.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from difficulty_answers import ANSWERS, OF_WORDS, Asked, Given, Item, Network

from benchmark.core import Array, Signal, UserError
from benchmark.corpora.simulated import reader
from benchmark.corpora.simulated.talkers import people

PARTS = 5  # of the texts


@dataclass(frozen=True)
class Task:
    input: str
    target: str
    train: tuple[str, ...] = ("sentence",)  # kinds of recordings
    test: str = "sentence"

    @property
    def name(self) -> str:
        if self.test == "sentence":
            return f"{self.input}_to_{self.target}"
        return f"{self.input}_to_{self.target}, {' and '.join(self.train)} to {self.test}"


TASKS = (
    Task("emg", "mel"),
    Task("emg", "articulation"),
    Task("seeg", "mel"),
    Task("emg", "mel", ("sentence",), "silent"),
    Task("emg", "mel", ("silent",), "silent"),
    Task("emg", "mel", ("sentence", "silent"), "silent"),
)


def correlation(found: Array, wanted: Array) -> Array:
    """Of each column; 0 where one does not change."""
    x, y = found - found.mean(axis=0), wanted - wanted.mean(axis=0)
    scale = np.sqrt((x**2).sum(axis=0) * (y**2).sum(axis=0))
    return np.where(scale > 1e-9, (x * y).sum(axis=0) / np.maximum(scale, 1e-12), 0.0)


def scores(item: Item, target: str, found: Array) -> dict[str, float]:
    wanted = np.asarray(item[target], np.float64)
    if target == "mel":
        error = np.square(found - wanted).mean(axis=1)
        inside = item["speech"] > 0
        return {
            "MSE": float(error.mean()),
            "MSE in speech": float(error[inside].mean()),
            "r": float(correlation(found, wanted).mean()),
            "r in speech": float(correlation(found[inside], wanted[inside]).mean()),
        }
    voiced = item["voicing"] > 0
    r = correlation(found, wanted)
    pitch = correlation(found[voiced, 13:], wanted[voiced, 13:])[0]
    return {"r": float(r[:12].mean()), "pitch r": float(pitch)}


def parts_of(items: Sequence[Item]) -> dict[str, int]:
    """The part of each text; those that are also said in silence are dealt first."""
    silent = {item.text for item in items if item.kind == "silent"}
    order = sorted({item.text for item in items}, key=lambda text: (text not in silent, text))
    return {text: number % PARTS for number, text in enumerate(order)}


def folds(items: Sequence[Item], task: Task, count: int) -> Iterator[tuple[list[Item], ...]]:
    """Training, validation and test recordings of `count` of the parts."""
    part = parts_of([item for item in items if item.kind != "word"])
    seen = [item for item in items if item.kind in task.train]
    for tested in range(count):
        yield (
            [item for item in seen if (part[item.text] - tested) % PARTS > 1],
            [item for item in seen if (part[item.text] - tested) % PARTS == 1],
            [item for item in items if item.kind == task.test and part[item.text] == tested],
        )


def measured(
    items: Sequence[Item], task: Task, signals: Mapping[str, Signal], network: bool, parts: int
) -> dict[str, dict[str, dict[str, float]]]:
    """Scores by answer, recording and metric."""
    answers = {**ANSWERS, "network": Network} if network else ANSWERS
    groups: dict[str, list[Item]] = defaultdict(list)
    for item in (item for item in items if item.kind != "word"):
        groups[item.speaker if task.input == "seeg" else "all"].append(item)
    asked = Asked(task.name, (task.input,), task.target, signals)
    table: dict[str, dict[str, dict[str, float]]] = defaultdict(dict)
    for group in groups.values():
        for train, valid, test in folds(group, task, parts):
            for name, make in answers.items():
                model = make(asked, 0)
                model.fit(train, valid)
                for item in test:
                    found = model.predict(Given(item, task.input), item[task.target].shape)
                    table[name][item.id] = scores(item, task.target, found)
    return table


def cell(values: Sequence[float]) -> str:
    error = 2 * np.std(values, ddof=1) / np.sqrt(len(values))
    return f"{np.mean(values):.3f} ± {error:.3f}"


def show(task: Task, table: Mapping[str, Mapping[str, Mapping[str, float]]]) -> None:
    line = table["line"]
    metrics = list(next(iter(line.values())))
    first = metrics[0]
    print(f"\n{task.name}: {len(line)} recordings\n")
    print(f"| answer | {' | '.join(metrics)} | {first} against the line |")
    print("|---|" + "---|" * (len(metrics) + 1), flush=True)
    for name, rows in table.items():
        cells = [cell([row[m] for row in rows.values()]) for m in metrics]
        total = sum(row[first] for row in line.values())
        if first == "MSE":  # in parts of the line's mean, so that no short recording decides
            against = [len(line) * row[first] / total for row in rows.values()]
            paired = [
                a - len(line) * line[id][first] / total for a, id in zip(against, rows, strict=True)
            ]
        else:
            paired = [row[first] - line[id][first] for id, row in rows.items()]
        print(f"| {name} | {' | '.join(cells)} | {cell(paired)} |", flush=True)


def words(items: Sequence[Item], signals: Mapping[str, Signal]) -> None:
    """Accuracy over talkers of whom nothing is trained on."""
    said = [item for item in items if item.kind == "word"]
    talkers = sorted({item.speaker for item in said})
    asked = Asked("emg_word_classification", ("emg",), "word", signals)
    print("\nemg_word_classification, new talker\n\n| tested | line | network |\n|---|---|---|")
    for talker in talkers if len(talkers) > 1 else ():
        rest = [item for item in said if item.speaker != talker]
        test = [item for item in said if item.speaker == talker]
        row = []
        for make in OF_WORDS:
            model = make(asked, 0)
            model.fit(rest[::5] + rest[1::5] + rest[2::5] + rest[3::5], rest[4::5])
            row.append(
                np.mean([int(model.predict(Given(i, "emg"), ())) == int(i["word"]) for i in test])
            )
        print(f"| {talker}, {len(test)} words | {row[0]:.2f} | {row[1]:.2f} |", flush=True)


def run(
    items: Sequence[Item], signals: Mapping[str, Signal], network: bool, only: str, parts: int
) -> None:
    kinds = {item.kind for item in items}
    for task in TASKS:
        if only in task.name and kinds >= {*task.train, task.test}:
            show(task, measured(items, task, signals, network, parts))
    if "word" in kinds and only in "words":
        words(items, signals)


def check_talkers(folder: Path) -> None:
    """UserError where a folder holds talkers of the release, or what is sealed.

    Release and development have one seed, so it is the seed's digest and the talkers' names that
    tell. Miniatures, whose list has no seed, are made of the release.
    """
    head = reader.manifest(folder)
    seed = hashlib.sha256(people.RELEASE[0].seed.encode()).hexdigest()
    named = {about["id"] for about in head["talkers"]} & {talker.id for talker in people.RELEASE}
    if head.get("sealed") or (named and head.get("seed_sha256", seed) == seed):
        what = f"{', '.join(sorted(named))} of the release" if named else "sealed recordings"
        raise UserError(
            f"{folder}: expected talkers on whom difficulty may be set, found {what}: see "
            "docs/difficulty_protocol.md"
        )


def items_of(folder: Path) -> list[Item]:
    """All clean recordings of talkers on whom difficulty may be set; UserError for others."""
    check_talkers(folder)
    entries = reader.manifest(folder)["recordings"]
    return [
        Item(r.id, r.speaker, r.session, r.text, entries[r.id]["kind"], r.read)
        for r in reader.recordings(folder)
        if r.id in entries
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--network", action="store_true")
    parser.add_argument("--parts", type=int, default=PARTS, choices=range(1, PARTS + 1))
    parser.add_argument("--only", default="", metavar="NAME")
    given = parser.parse_args()
    try:
        items = items_of(given.folder)
    except UserError as error:
        sys.exit(f"error: {error}")
    run(items, reader.SIGNALS, given.network, given.only, given.parts)


if __name__ == "__main__":
    main()
