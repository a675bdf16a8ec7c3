"""Coverage of nominal 95 % confidence intervals on simulated speakers.

    python benchmarks/coverage.py [SIMULATIONS]

A simulation is a test set of a few speakers, drawn from a population whose score is known. `here`
is the interval of the leaderboard; the others are percentile bootstraps of recordings, of whole
speakers, and of speakers and then of their recordings.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmark.core import Array
from benchmark.metrics._measurement import reduce_mean
from benchmark.metrics.classification import MACRO_F1
from benchmark.results import bootstrap

EACH = 20  # recordings a speaker
DRAWS = 1000
INTERVALS = ("recordings", "speakers", "both", "here")
Draw = Callable[[np.random.Generator, int], Array]  # -> statistics (speakers, recordings, k)


def normal(between: float) -> Draw:
    """A mean; `between` is the variance of speakers divided by that of their recordings."""

    def draw(rng: np.random.Generator, speakers: int) -> Array:
        level = rng.normal(size=(speakers, 1)) * np.sqrt(between)
        return counted(level + rng.normal(size=(speakers, EACH)))

    return draw


def skewed(rng: np.random.Generator, speakers: int) -> Array:
    """A mean of log-normal errors, such as MSE, with a long upper tail."""
    level = rng.lognormal(0.0, 0.3, (speakers, 1))
    return counted(level * rng.lognormal(0.0, 0.5, (speakers, EACH)))


def accuracy(rng: np.random.Generator, speakers: int) -> Array:
    """Accuracy near the end of its scale: 0.85 on average."""
    chance = rng.beta(17.0, 3.0, (speakers, 1))
    return counted((rng.random((speakers, EACH)) < chance).astype(float))


def word_errors(rng: np.random.Generator, speakers: int) -> Array:
    """A ratio of sums: errors over words, sentences of 4 to 12 words."""
    rate = rng.beta(8.0, 12.0, (speakers, 1))
    words = rng.integers(4, 13, (speakers, EACH))
    return np.stack([rng.binomial(words, np.broadcast_to(rate, words.shape)), words], axis=-1)


def macro_f1(rng: np.random.Generator, speakers: int) -> Array:
    """Confusion matrices of five equally frequent classes; errors fall on the next class."""
    right = rng.random((speakers, EACH)) < rng.beta(14.0, 6.0, (speakers, 1))
    target = np.tile(np.arange(EACH) % 5, (speakers, 1))
    cells = target * 5 + (target + ~right) % 5
    return np.eye(25)[cells]


def counted(values: Array) -> Array:
    return np.stack([values, np.ones_like(values)], axis=-1)


POPULATIONS: dict[str, tuple[Draw, Callable[[Array], Array], tuple[float | None, float | None]]] = {
    "mean, speakers vary as much as recordings": (normal(1.0), reduce_mean, (None, None)),
    "mean, speakers vary half as much": (normal(0.25), reduce_mean, (None, None)),
    "mean, speakers hardly vary": (normal(0.01), reduce_mean, (None, None)),
    "mean of errors, skewed": (skewed, reduce_mean, (0.0, None)),
    "accuracy of 0.85": (accuracy, reduce_mean, (0.0, 1.0)),
    "word error rate of 0.4": (word_errors, reduce_mean, (0.0, None)),
    "macro-F1 of 0.7": (macro_f1, MACRO_F1.reduce, (0.0, 1.0)),
}


def main() -> None:
    simulations = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    print("| simulation | speakers | " + " | ".join(INTERVALS) + " |")
    print("|---|---:|" + "---:|" * len(INTERVALS))
    for name, (draw, reduce, scale) in POPULATIONS.items():
        rng = np.random.default_rng(1)
        truth = float(reduce(draw(rng, 100_000).sum(axis=(0, 1))))
        for speakers in (4, 8, 20):
            hits = np.zeros(len(INTERVALS))
            for _ in range(simulations):
                ends = intervals(rng, draw(rng, speakers), reduce, scale)
                hits += [low <= truth <= high for low, high in ends]
            print(
                f"| {name} | {speakers} | "
                + " | ".join(f"{h / simulations:.1%}" for h in hits)
                + " |"
            )


def intervals(
    rng: np.random.Generator,
    statistics: Array,
    reduce: Callable[[Array], Array],
    scale: tuple[float | None, float | None],
) -> Iterator[tuple[float, float]]:
    """The four intervals of one simulation, in the order of `INTERVALS`."""
    speakers, each, width = statistics.shape
    seed = int(rng.integers(2**31))
    for whole in (statistics.reshape(1, -1, width), statistics.sum(axis=1)[None]):
        yield bootstrap.percentiles(bootstrap.resampled(whole, reduce, DRAWS, seed))
    taken = rng.integers(speakers, size=(DRAWS, speakers))
    inner = rng.integers(each, size=(DRAWS, speakers, each))
    yield bootstrap.percentiles(reduce(statistics[taken[:, :, None], inner].sum(axis=(1, 2))))
    sums = statistics.sum(axis=1)[None]
    drawn, point = bootstrap.resampled(sums, reduce, DRAWS, seed), bootstrap.score(sums, reduce)
    yield bootstrap.interval(drawn, point, speakers, scale=scale)


if __name__ == "__main__":
    main()
