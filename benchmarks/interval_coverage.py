"""Coverage of nominal 95 % confidence intervals on simulated speakers.

    python benchmarks/interval_coverage.py [SIMULATIONS]

A simulation is a test set of a few speakers, drawn from a population whose score is known. `here`
is the interval of the leaderboard; the others are percentile bootstraps of recordings, of whole
speakers, and of speakers and then of their recordings.

A second table is of speakers who say texts: all of them the same, some of them the same, or each
text once. Which of the two differ, in a score or in its errors by words, is drawn apart. `speakers`
is the leaderboard's interval where texts do not repeat, `here` the one where they do.
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


TEXTS = 18
VARIANCES = {  # of speakers and of texts, by that of a recording
    "speakers": (1.0, 0.0),
    "speakers a little": (0.2, 0.0),
    "texts": (0.0, 1.0),
    "texts a little": (0.0, 0.2),
    "both": (1.0, 1.0),
    "both a little": (0.2, 0.2),
    "both, most": (5.0, 5.0),
    "neither": (0.0, 0.0),
}


def some(speakers: int) -> tuple[Array, Array]:
    """Every text is said by two or three speakers in turn: speaker and text of each recording."""
    said = np.repeat(np.arange(TEXTS), np.where(np.arange(TEXTS) % 3, 3, 2))
    return np.arange(len(said)) % speakers, said


def every(speakers: int) -> tuple[Array, Array]:
    """Every speaker says every text."""
    return np.repeat(np.arange(speakers), TEXTS), np.tile(np.arange(TEXTS), speakers)


def once(speakers: int) -> tuple[Array, Array]:
    """No two recordings have the same text."""
    return np.repeat(np.arange(speakers), EACH), np.arange(speakers * EACH)


DESIGNS = {"2 or 3 speakers a text": some, "all texts by all": every, "every text once": once}


def main() -> None:
    simulations = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    of_speakers(simulations)
    print()
    of_texts(simulations)


def of_texts(simulations: int) -> None:
    print("| texts | what differs | speakers | speakers only | here |")
    print("|---|---|---:|---:|---:|")
    for design, spoken in DESIGNS.items():
        for name, variances in VARIANCES.items():
            rng = np.random.default_rng(2)
            for speakers in (4, 8, 20):
                hits = np.zeros(2)
                for _ in range(simulations):
                    of, said = spoken(speakers)
                    level = rng.normal(size=speakers)[of] * np.sqrt(variances[0])
                    level += rng.normal(size=said.max() + 1)[said] * np.sqrt(variances[1])
                    ends = crossed_intervals(
                        rng, counted(level + rng.normal(size=len(of))), of, said
                    )
                    hits += [low <= 0 <= high for low, high in ends]
                shares = " | ".join(f"{h / simulations:.1%}" for h in hits)
                print(f"| {design} | {name} | {speakers} | {shares} |", flush=True)


def crossed_intervals(
    rng: np.random.Generator, statistics: Array, of: Array, said: Array
) -> Iterator[tuple[float, float]]:
    """The interval over speakers, and the leaderboard's, of statistics (recordings, k)."""
    seed = int(rng.integers(2**31))
    by_speaker, by_text, by_cell = (
        bootstrap.summed(statistics, names)[0][None] for names in (of, said, of * 10_000 + said)
    )
    point, speakers = bootstrap.score(by_cell, reduce_mean), by_speaker.shape[1]
    drawn = bootstrap.resampled(by_speaker, reduce_mean, DRAWS, seed)
    yield bootstrap.interval(drawn, point, speakers)
    if by_text.shape[1] == by_cell.shape[1]:  # as the leaderboard does where no text repeats
        yield bootstrap.interval(drawn, point, speakers)
        return
    drawn, correction = bootstrap.crossed(by_speaker, by_text, by_cell, reduce_mean, DRAWS, seed)
    yield bootstrap.ends(drawn, point, correction)


def of_speakers(simulations: int) -> None:
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
