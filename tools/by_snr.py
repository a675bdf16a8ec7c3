"""Enhancement by signal-to-noise ratio: two rows of the leaderboard and their paired difference.

    python tools/by_snr.py ENTRY VARIANT OTHER_VARIANT

From the published results; means over seeds, intervals by bootstrap of speakers.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path

import numpy as np

from benchmark.corpora.mixtures import facets
from benchmark.metrics._measurement import reduce_mean
from benchmark.results import bootstrap, entry_results

ROOT = Path(__file__).resolve().parent.parent
TASK, SPLIT = "emg_speech_enhancement", "embedded.new_mixtures"
METRICS = {"pesq_wb": "PESQ-WB", "stoi": "STOI", "estoi": "ESTOI", "si_sdr": "SI-SDR"}
Values = dict[str, dict[str, list[float]]]  # by metric and recording, one value per seed


def main() -> None:
    entry, *variants = sys.argv[1:]
    found = [values(entry, variant) for variant in variants]
    print(f"| SNR (dB) | metric | {variants[0]} | {variants[1]} | difference |")
    print("|---:|---|---:|---:|---:|")
    for name, title in METRICS.items():
        sides = [side[name] for side in found]
        recordings = sorted(sides[0].keys() & sides[1].keys())
        snr = {id: int(facets(id)["SNR [dB]"]) for id in recordings}
        for level in sorted({snr[i] for i in recordings}):
            chosen = [i for i in recordings if snr[i] == level]
            one, other = (np.array([np.mean(side[i]) for i in chosen]) for side in sides)
            cells = [mean(x, chosen) for x in (one, other, one - other)]
            print(f"| {level} | {title} | " + " | ".join(cells) + " |")


def values(entry: str, variant: str) -> Values:
    out: Values = defaultdict(lambda: defaultdict(list))
    for result in entry_results.read_all(ROOT / "baselines" / f"{entry}.json"):
        if (result.task, result.split, result.variant) == (TASK, SPLIT, variant):
            for item in result.items:
                for name, measured in item.measurements.items():
                    short = name.partition("@")[0].partition(".")[0]
                    if measured.status != "left out":
                        value, count = measured.statistics[:2]
                        out[short][item.recording].append(value / count)
    if not out:
        sys.exit(f"no published result of {entry} ({variant})")
    return out


def mean(x: np.ndarray, recordings: list[str]) -> str:
    speakers = [i.partition("-")[0] for i in recordings]
    sums, names = bootstrap.summed(np.stack([x, np.ones_like(x)], axis=-1), speakers)
    drawn = bootstrap.resampled(sums[None], reduce_mean)
    low, high = bootstrap.interval(drawn, float(x.mean()), len(names))
    return f"{x.mean():.3f} [{low:.3f}, {high:.3f}]"


if __name__ == "__main__":
    main()
