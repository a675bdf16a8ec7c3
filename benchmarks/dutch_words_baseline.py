"""The published linear baseline of SingleWordProductionDutch on its ten folds: a table.

    python benchmarks/dutch_words_baseline.py FOLDER

FOLDER holds the corpus, or a miniature of it. Features are nine high-gamma frames, -200 to +200 ms
in steps of 50 ms, cut where a block has no such frames; they are standardised with the training
blocks, reduced to 50 principal components and mapped to 23 bins of mel by least squares. Scores are
Pearson's r over time in each bin of each tested block, then means. Chance is the same with the
target circularly shifted by 10 to 90 % of its length, at random, 100 times; published is
another one, where the shifted target is compared with the target itself.

There each fold trains on nine tenths; the guard gaps between blocks and nothing else are missing
here (`--valid` leaves out the block that the splits of this benchmark keep for choosing).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmark.core import Array, Recording
from benchmark.corpora import dutch_words_23

ORDER, STEP = 4, 5  # frames to either side, and 10 ms each
COMPONENTS = 50
TURNS = 100


def main() -> None:
    folder, valid = Path(sys.argv[1]), "--valid" in sys.argv
    print("| participant | contacts | r | lowest fold | highest fold | chance |")
    print("|---|---:|---:|---:|---:|---:|")
    recordings = dutch_words_23.recordings(folder)
    for name in sorted({r.speaker for r in recordings}):
        blocks = [r for r in recordings if r.speaker == name]
        scores, chance = folds(blocks, valid)
        print(
            f"| {name} | {blocks[0]['seeg'].shape[1]} | {scores.mean():.3f} | {scores.min():.3f}"
            f" | {scores.max():.3f} | {chance.mean():.3f} |",
            flush=True,
        )


def folds(blocks: Sequence[Recording], valid: bool = False) -> tuple[Array, Array]:
    """Mean r of each fold (10,), and at chance level; with `valid`, from eight training blocks."""
    x, y = [stacked(b["high_gamma"]) for b in blocks], [middle(b["mel"]) for b in blocks]
    rng = np.random.default_rng(0)
    scores, chance = [], []
    for test in range(len(blocks)):
        out = {test, (test + 1) % len(blocks)} if valid else {test}
        train = [k for k in range(len(blocks)) if k not in out]
        predicted = fitted(
            np.concatenate([x[k] for k in train]), np.concatenate([y[k] for k in train]), x[test]
        )
        scores.append(r_of_bins(predicted, y[test]))
        length = len(predicted)
        turns = rng.integers(int(0.1 * length), int(0.9 * length), TURNS)
        chance.append(np.mean([r_of_bins(predicted, np.roll(y[test], -turn, 0)) for turn in turns]))
    return np.array(scores), np.array(chance)


def stacked(features: Array) -> Array:
    """(T, contacts) -> (T - 40, 9 * contacts): nine frames around each frame."""
    edge = ORDER * STEP
    shifts = range(-edge, edge + 1, STEP)
    return np.hstack([features[edge + s : len(features) - edge + s] for s in shifts])


def middle(target: Array) -> Array:
    """The frames that `stacked` keeps."""
    return target[ORDER * STEP : len(target) - ORDER * STEP]


def fitted(x: Array, y: Array, test: Array) -> Array:
    """Predictions (T, 23) for `test` of a linear regression fitted to x and y."""
    from sklearn.decomposition import PCA
    from sklearn.linear_model import LinearRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    components = PCA(COMPONENTS, svd_solver="covariance_eigh")
    pipeline = make_pipeline(StandardScaler(), components, LinearRegression())
    return np.asarray(pipeline.fit(x.astype(np.float64), y).predict(test.astype(np.float64)))


def r_of_bins(predicted: Array, target: Array) -> float:
    """Pearson's r over time, mean over bins."""
    a, b = predicted - predicted.mean(axis=0), target - target.mean(axis=0)
    r = (a * b).sum(axis=0) / np.sqrt((a**2).sum(axis=0) * (b**2).sum(axis=0))
    return float(r.mean())


if __name__ == "__main__":
    main()
