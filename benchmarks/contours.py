"""How far the contours that metrics find in true pictures are from those that made the pictures.

    OMP_NUM_THREADS=1 python benchmarks/contours.py [--every 4]

Every so manieth test sentence of `embedded.new_sentences`, all frames: mean, median and 95th
percentile over frames of the distances of `msd.tongue_edge@1`, `hausdorff.tongue_edge@1` and
`tip.tongue_edge@1`, in mm.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmark.core import Array
from benchmark.corpora import embedded
from benchmark.corpora.simulated import reader
from benchmark.data import splits
from benchmark.metrics.image import _contours, _ultrasound

ROOT = Path(__file__).resolve().parent.parent
SPLIT = ROOT / "tasks" / "splits" / "embedded.new_sentences.json"
SIGNAL = embedded.CORPUS.signals["ultrasound"]


def of_recording(id: str) -> tuple[Array, int]:
    """Distances (3, frames with a contour) in mm, and how many frames have none."""
    pictures = reader.read(embedded.FOLDER, id, "ultrasound")
    true = reader.read(embedded.FOLDER, id, "contour").astype(np.float64)
    x, y, pitch = SIGNAL.fan or (0.0, 0.0, 0.0)
    points, counts = _ultrasound.contours(pictures, (x, y), SIGNAL.span or 0.0)
    has = counts.any(axis=1)
    kept = counts[has]
    found = _contours.resample_all(pitch * points[has][kept], kept.sum(axis=1), _contours.POINTS)
    return _contours.distances(found, true[has]), int((~has).sum())


def main() -> None:
    parser = argparse.ArgumentParser(description="The error of the rule that finds contours.")
    parser.add_argument("--every", type=int, default=4, help="take every so manieth sentence")
    known = embedded.CORPUS.recordings(embedded.FOLDER)
    split, _ = splits.resolve(splits.load(SPLIT), known)
    ids = split.folds["all"].test[:: parser.parse_args().every]
    made = [of_recording(id) for id in ids]
    found = np.concatenate([values for values, _ in made], axis=1)
    without = sum(count for _, count in made)
    print(f"{len(ids)} sentences, {found.shape[1]} frames, {without} without contour")
    for name, values in zip(("MSD", "Hausdorff", "tip"), found, strict=True):
        middle, high = np.percentile(values, (50, 95))
        print(f"{name}: mean {values.mean():.2f}, median {middle:.2f}, 95 % {high:.2f} mm")


if __name__ == "__main__":
    main()
