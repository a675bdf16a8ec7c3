"""Time of deriving the signals of a corpus that computes them: a table in Markdown.

    OMP_NUM_THREADS=1 python benchmarks/sensors.py [FOLDER] [--corpus NAME] [--part N]

Reads every signal of every N-th recording (default: all) of `embedded`, or of `simulated` in
FOLDER, on one core, and estimates the processor time of the whole corpus. What the signals of a
recording start from is read for the first of them alone, as in a run. Mixtures count as `noisy` and
`clean`; their EMG is the clean recordings'.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmark.core import Corpus, Recording
from benchmark.corpora import embedded, simulated

CORPORA = {"embedded": embedded.CORPUS, "simulated": simulated.CORPUS}


def derived(corpus: Corpus, recording: Recording) -> list[str]:
    """Names of the signals of a recording that are its own."""
    if "+" in recording.id:
        return ["noisy", "clean"]
    has = corpus.checks.signals
    return [name for name in corpus.signals if has is None or name in has(recording.id)]


def warm(corpus: Corpus, recordings: list[Recording]) -> None:
    """Read every signal once, so that imports on first use are not counted."""
    for name in corpus.signals:
        first = next((r for r in recordings if name in derived(corpus, r)), None)
        if first is not None:
            first[name]


def measure(
    corpus: Corpus, recordings: list[Recording]
) -> tuple[dict[str, float], dict[str, int], float]:
    """Processor seconds and readings a signal, and seconds of recordings that are no mixtures."""
    spent: dict[str, float] = defaultdict(float)
    count: dict[str, int] = defaultdict(int)
    duration = 0.0
    for recording in recordings:
        for name in derived(corpus, recording):
            start = time.process_time()
            array = recording[name]
            spent[name] += time.process_time() - start
            count[name] += 1
            if name == "articulation":
                duration += len(array) / (corpus.signals[name].rate or 1)
    return spent, count, duration


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=embedded.FOLDER)
    parser.add_argument("--corpus", choices=CORPORA, default="embedded")
    parser.add_argument("--part", type=int, default=1)
    options = parser.parse_args()
    corpus = CORPORA[options.corpus]
    recordings = corpus.recordings(options.folder)[:: options.part]
    warm(corpus, recordings)
    spent, count, duration = measure(corpus, recordings)
    print(f"{duration / 60:.1f} min of clean recordings, every {options.part}. of the corpus\n")
    print("| signal | recordings | seconds | ms a recording |")
    print("|---|---|---|---|")
    for name in spent:
        each = 1000 * spent[name] / count[name]
        print(f"| {name} | {count[name]} | {spent[name]:.1f} | {each:.1f} |")
    total = sum(spent.values())
    print(f"| all | | {total:.1f} | |")
    if options.part > 1:
        print(f"\nabout {options.part * total:.0f} s for the whole corpus")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\n{memory:.0f} MB of memory at most")


if __name__ == "__main__":
    main()
