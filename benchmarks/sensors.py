"""Time of deriving the signals of the embedded corpus: a table in Markdown.

    OMP_NUM_THREADS=1 python benchmarks/sensors.py [FOLDER] [--part N]

Reads every signal of every N-th recording (default: all) on one core, and estimates the time of the
whole corpus. Mixtures count as `noisy` and `clean`; their EMG is the clean recordings'.
"""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmark.corpora import embedded


def warm(folder: Path) -> None:
    """Read every signal once, so that imports on first use are not counted."""
    for name in embedded.DERIVED:
        embedded.recordings(folder)[0][name]


def measure(folder: Path, part: int) -> tuple[dict[str, float], dict[str, int], float]:
    """Seconds and readings a signal over every `part`-th recording, and seconds of clean sound."""
    spent: dict[str, float] = defaultdict(float)
    count: dict[str, int] = defaultdict(int)
    clean = embedded.manifest(folder)["recordings"]
    duration = 0.0
    for recording in embedded.recordings(folder)[::part]:
        mixed = recording.id not in clean
        duration += 0 if mixed else clean[recording.id]["frames"][1] / 100
        for name in ("noisy", "clean") if mixed else embedded.DERIVED:
            start = time.perf_counter()
            recording[name]
            spent[name] += time.perf_counter() - start
            count[name] += 1
    return spent, count, duration


def main(folder: Path, part: int) -> None:
    warm(folder)
    spent, count, duration = measure(folder, part)
    print(f"{duration / 60:.1f} min of clean recordings, every {part}. of the corpus\n")
    print("| signal | recordings | seconds | ms a recording |")
    print("|---|---|---|---|")
    for name in spent:
        each = 1000 * spent[name] / count[name]
        print(f"| {name} | {count[name]} | {spent[name]:.1f} | {each:.1f} |")
    total = sum(spent.values())
    print(f"| all | | {total:.1f} | |")
    if part > 1:
        print(f"\nabout {part * total:.0f} s for the whole corpus")


if __name__ == "__main__":
    given = sys.argv[1:]
    every = int(given.pop(given.index("--part") + 1)) if "--part" in given else 1
    paths = [Path(item) for item in given if item != "--part"]
    main(paths[0] if paths else embedded.FOLDER, every)
