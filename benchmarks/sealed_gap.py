"""How often a sealed test marks entries: honest ones, and one whose weights hold public answers.

    python benchmarks/sealed_gap.py [SEEDS] [HONEST ENTRIES]

Simulated scores of honest entries between knowing nothing (error 1) and the best (0.45), on 12
public and 8 sealed talkers. Talkers differ in how hard they are, entries in how they get on with a
talker and with what is new; sealed recordings are harder, and the more so the better an entry is.
A lookup entry knows a share of the public answers; for what it does not know, it answers like one
of the honest entries, or knows nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmark.core import Array
from benchmark.metrics.speech import mel
from benchmark.results.sealed import gaps
from benchmark.results.sealed.file import SealedResult, Sums

METRIC = mel.MEL_MSE
PUBLIC, SEALED, EACH = 12, 8, 8  # talkers, and recordings of each
LOOKUPS = {  # share of public answers that it knows, and the error of what it does not know
    "knows all": (1.0, 1.0),
    "knows all, else like ridge": (1.0, 0.75),
    "knows half, else like ridge": (0.5, 0.75),
}


@dataclass(frozen=True)
class World:
    """What differs from one simulated test to another, the same for all of its entries."""

    rng: np.random.Generator
    public: Array  # how hard each talker is
    sealed: Array
    harder: float  # share of what an entry is better than nothing that is lost on what is new


def world(seed: int) -> World:
    rng = np.random.default_rng(seed)
    public, sealed = (np.exp(0.15 * rng.standard_normal(n)) for n in (PUBLIC, SEALED))
    return World(rng, public, sealed, float(rng.uniform(0.0, 0.4)))


def result(world: World, name: str, error: float, known: float = 0.0) -> SealedResult:
    """An entry that knows a share of public answers and has else an error from 0 to 1."""
    rng, better = world.rng, 1 - error
    lost = world.harder * np.exp(0.3 * rng.standard_normal())
    new = error + better * lost
    parts: dict[str, Any] = {}
    for part, hard, level, share in (
        ("public", world.public, error, known),
        ("sealed", world.sealed, new, 0.0),
    ):
        per_talker = level * hard * np.exp(0.1 * rng.standard_normal(len(hard)))
        each = per_talker[:, None] * np.exp(0.1 * rng.standard_normal((len(hard), EACH)))
        each[rng.random(each.shape) < share] = 0.0
        by_talker = {f"t{k}": (float(s), float(EACH)) for k, s in enumerate(each.sum(axis=1))}
        parts[part] = {METRIC.id: Sums(by_talker=by_talker, recordings=each.size)}
    zeros = dict.fromkeys(("data", "code", "secret", "content"), "0" * 64)
    head: dict[str, Any] = {
        "task": "t",
        "split": "s.t",
        "entry": name,
        "variant": "default",
        "seed": 0,
    }
    head |= zeros
    return SealedResult(**head, isolation="bubblewrap", day="2000-01-01", **parts)


def marked(seed: int, honest: int, lookup: tuple[float, float] | None) -> Mapping[str, bool]:
    """Which entries are marked, by name."""
    here = world(seed)
    errors = [1.0, 0.95, *here.rng.uniform(0.45, 0.9, honest - 2)]
    results = {f"honest {k}": [result(here, f"honest {k}", e)] for k, e in enumerate(errors)}
    if lookup:
        known, error = lookup
        results["lookup"] = [result(here, "lookup", error, known)]
    of = gaps.gaps(METRIC, {(name, "default"): r for name, r in results.items()})
    return {name: gap.marked for (name, _), gap in of.items()}


def main(seeds: int, honest: int) -> None:
    print("| lookup entry | unmasked | tests with an honest entry marked |")
    print("|---|---|---|")
    for name, lookup in {"none": None, **LOOKUPS}.items():
        found = [marked(seed, honest, lookup) for seed in range(seeds)]
        unmasked = sum(each.get("lookup", False) for each in found)
        wrong = sum(any(v for k, v in each.items() if k != "lookup") for each in found)
        print(f"| {name} | {unmasked if lookup else '–'} of {seeds} | {wrong} of {seeds} |")


if __name__ == "__main__":
    main(*(int(v) for v in sys.argv[1:3]), *(20, 8)[len(sys.argv) - 1 :])
