"""Power of a paired comparison on simulated talkers: is half the gap to the best network found?

    python benchmarks/power.py [SIMULATIONS]

Gaps and spreads are those of published results on the corpus `embedded`: recording by recording,
the difference between `ridge` and the entry that is best on average, whose mean over a talker's
recordings varies between talkers and whose recordings vary within one. In a simulation 12 talkers
differ by half the gap, with the whole spread, and the leaderboard's sign-flip test of talkers looks
at their means. Writes a table in Markdown, a row a protocol: power with the recordings that test
there, and with other numbers of them a talker.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmark import registry
from benchmark.core import CHANCE, COURSES, Metric
from benchmark.core import TRIVIAL as EVERYWHERE
from benchmark.results import entry_results
from benchmark.results.result import JobResult
from benchmark.results.scores import reduced

ROOT = Path(__file__).resolve().parent.parent
TALKERS, LEVEL = 12, 0.05
# Of a talker: 7 silent sentences test, 16 with voice, 36 mixtures, 60 words.
RECORDINGS = (7, 16, 36, 60)
LINEAR = "ridge"
TRIVIAL = {*EVERYWHERE, *COURSES, CHANCE, "nearest", "noisy_speech", "blurred", "negative"}
Scores = Mapping[tuple[str, str], float]  # by talker and recording


@dataclass(frozen=True)
class Spread:
    """Differences between two entries: their mean, standard deviations between and within talkers,
    and the recordings of a talker, the fewest that one has."""

    gap: float
    between: float
    within: float
    recordings: int


def spread(one: Scores, other: Scores) -> Spread:
    """Of two entries' scores of the same recordings."""
    by_talker = defaultdict(list)
    for key in one.keys() & other.keys():
        by_talker[key[0]].append(other[key] - one[key])
    groups = [np.array(values) for values in by_talker.values()]
    means = np.array([group.mean() for group in groups])
    within = float(np.mean([group.var(ddof=1) for group in groups]))
    noise = float(np.mean([within / len(group) for group in groups]))
    between = max(float(means.var(ddof=1)) - noise, 0.0)
    fewest = min(map(len, groups))
    return Spread(float(means.mean()), between**0.5, within**0.5, fewest)


def power(effect: float, found: Spread, recordings: int, simulations: int, seed: int = 0) -> float:
    """Share of simulations whose sign-flip p of 12 talkers' means is below 0.05."""
    rng = np.random.default_rng(seed)
    deviation = (found.between**2 + found.within**2 / recordings) ** 0.5
    means = effect + deviation * rng.standard_normal((simulations, TALKERS))
    signs = 1 - 2 * (np.arange(2 ** (TALKERS - 1))[:, None] >> np.arange(TALKERS) & 1)
    observed = np.abs(means.sum(axis=1))
    p = (np.abs(means @ signs.T) >= observed[:, None] - 1e-12 * observed[:, None]).mean(axis=1)
    return float((p < LEVEL).mean())


def scores(results: list[JobResult], metric: Metric) -> Scores:
    """Mean over seeds of each recording's score."""
    found = defaultdict(list)
    for result in results:
        for item in result.items:
            measured = item.measurements.get(metric.id)
            if measured is not None and measured.status != "left out":
                value = reduced(metric, np.asarray(measured.statistics))
                found[item.speaker, item.recording].append(value)
    return {key: float(np.mean(values)) for key, values in found.items()}


def tables() -> Iterator[tuple[str, str, str, Spread]]:
    """Task, split, best network, and what differs between it and the linear entry."""
    by_slot: dict[tuple[str, str], dict[str, list[JobResult]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for name, entry in registry.entries(ROOT).found.items():
        if name in TRIVIAL or not entry.results.exists():
            continue
        for result in entry_results.read_all(entry.results):
            if result.split.startswith("embedded.") and "smoke" not in result.split:
                variant = f"{result.entry} {result.variant}".strip()
                by_slot[result.task, result.split][variant].append(result)
    tasks = registry.tasks(ROOT)
    for (task, split), entries in sorted(by_slot.items()):
        if task not in tasks:
            continue
        metric = tasks[task].metrics[0]
        scored = {name: scores(results, metric) for name, results in entries.items()}
        linear = [name for name in scored if name.split()[0] == LINEAR]
        others = [name for name in scored if name not in linear and scored[name]]
        if not linear or not others:
            continue
        sign = 1 if metric.better == "higher" else -1
        best = max(others, key=lambda name: sign * np.mean([*scored[name].values()]))
        yield task, split, best, spread(scored[linear[0]], scored[best])


def main() -> None:
    simulations = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    columns = " | ".join(f"{n}" for n in RECORDINGS)
    print(f"| task | split | network | gap | between talkers | within | n | power | {columns} |")
    print("|" + "---|" * (8 + len(RECORDINGS)))
    for task, split, best, found in tables():
        numbers = (found.recordings, *RECORDINGS)
        powers = [power(found.gap / 2, found, n, simulations) for n in numbers]
        spreads = (f"{x:.3f}" for x in (found.gap, found.between, found.within))
        cells = (task, split.partition(".")[2], best, *spreads, str(found.recordings))
        print("| " + " | ".join((*cells, *(f"{x:.2f}" for x in powers))) + " |")


if __name__ == "__main__":
    main()
