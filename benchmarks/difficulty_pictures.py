"""How hard ultrasound from lips is: what a still picture, a line and a small network reach.

    OMP_NUM_THREADS=1 python benchmarks/difficulty_pictures.py FOLDER [--sentences N] [--network]

FOLDER holds a corpus `simulated` of development talkers: parameters of sensors are chosen by this
table, so no recording that is tested later may be among them. Every fifth of at most N sentences a
talker is tested, every fifth chooses strengths and epochs, the rest is trained on; all talkers
together. Answers: `mean`, the mean picture; `nuisance`; `line`, ridge regression; `network`,
`lips_conv`. What can be reached at best: `tongue`, the picture of the exact tongue without speckle
and with steady shadows. A cell is the mean over recordings and, behind ±, twice its standard error;
the last column is how far an answer gets on the way from the mean picture to the tongue.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "baselines"))

import lips_conv
import mean
import nuisance
import ridge
from difficulty import PARTS, cell, items_of
from difficulty_answers import Asked, Given, Item

from benchmark.core import Array
from benchmark.corpora.simulated import reader
from benchmark.corpora.simulated.sensors import ultrasound
from benchmark.metrics.image import msd, ssim

TARGET = reader.SIGNALS["ultrasound"]
ANSWERS = {"mean": mean.Model, "nuisance": nuisance.Model, "line": ridge.Model}


def chosen(items: Sequence[Item], most: int) -> tuple[list[Item], list[Item], list[Item]]:
    """Training, validation and test sentences."""
    parts: tuple[list[Item], ...] = ([], [], [])
    counts: dict[str, int] = defaultdict(int)
    for item in items:
        number = counts[item.speaker]
        if item.kind == "sentence" and number < most:
            counts[item.speaker] += 1
            parts[{0: 2, 1: 1}.get(number % PARTS, 0)].append(item)
    return parts[0], parts[1], parts[2]


def tongue(folder: Path, item: Item) -> Array:
    """The picture without what nobody can know: speckle, and where shadows are."""
    own = ultrasound.PARAMETERS
    band = own.band * (1 - own.dropout / 2)  # shadows as they are in the mean
    plain = replace(own, speckle=0.0, dropout=0.0, band=band)
    return ultrasound.ultrasound(reader.source(folder, item.id), plain)


def measured(item: Item, found: Array) -> dict[str, float]:
    answer = item["ultrasound"]
    return {
        metric.title: float(metric.reduce(metric.measure(found, answer, TARGET)))
        for metric in (ssim.SSIM, ssim.SSIM_FAN, msd.MSD)
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sentences", type=int, default=1000, metavar="N")
    parser.add_argument("--network", action="store_true")
    given = parser.parse_args()
    train, valid, test = chosen(items_of(given.folder), given.sentences)
    answers = {**ANSWERS, **({"network": lips_conv.Model} if given.network else {})}
    asked = Asked("lip_to_ultrasound", ("lips",), "ultrasound", reader.SIGNALS)
    table = {}
    for name, make in answers.items():
        begun = time.process_time()
        model = make(asked, 0)
        model.fit(train, valid)
        found = [model.predict(Given(i, "lips"), i["ultrasound"].shape) for i in test]
        table[name] = [measured(item, answer) for item, answer in zip(test, found, strict=True)]
        print(f"{name}: {time.process_time() - begun:.0f} s", flush=True)
    table["tongue"] = [measured(item, tongue(given.folder, item)) for item in test]
    print(f"\nlip_to_ultrasound: {len(train)} sentences to train on, {len(test)} tested\n")
    titles = list(table["tongue"][0])
    print(
        f"| answer | {' | '.join(titles)} | part of the way |\n|---|" + "---|" * (len(titles) + 1)
    )
    low, high = (np.mean([row[titles[0]] for row in table[n]]) for n in ("mean", "tongue"))
    for name, rows in table.items():
        way = (np.mean([row[titles[0]] for row in rows]) - low) / (high - low)
        cells = " | ".join(cell([row[title] for row in rows]) for title in titles)
        print(f"| {name} | {cells} | {way:.2f} |")


if __name__ == "__main__":
    main()
