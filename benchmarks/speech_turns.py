"""Processor time of the five metrics of enhancement in two versions of the project, in turns.

    git worktree add ../before COMMIT
    OMP_NUM_THREADS=1 python benchmarks/speech_turns.py ../before . [--items 30] [--rounds 3]

Each version has a process of its own, which scores an item of 4 s when it is its turn; so other
work on the machine meets both alike. Of each item and metric the fastest round counts. Metrics are
asked in the order of the task, as a job is scored: what one leaves for the next counts for that.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

RATE, ITEM = 16_000, 4  # Hz, seconds
METRICS = ("stoi@1", "pesq_wb@1", "pesq_nb@1", "estoi@2", "si_sdr.zero_mean@1")
TASK = "emg_speech_enhancement"


def serve(root: str) -> None:
    """For each number of an item on standard input: seconds and scores of the metrics, in JSON."""
    sys.path.insert(0, root)
    from benchmark import registry
    from benchmark.corpora.embedded import CORPUS, FOLDER

    known = {metric.id: metric for metric in registry.task(Path(root), TASK).metrics}
    sides: list[list[np.ndarray]] = [[], []]
    size = ITEM * RATE
    for recording in CORPUS.recordings(FOLDER):
        if "+" in recording.id:
            for side, name in zip(sides, ("clean", "noisy"), strict=True):
                side.append(recording[name])
        if len(sides[0]) == 100:
            break
    clean, noisy = (np.concatenate(side) for side in sides)
    for line in sys.stdin:
        first = int(line) * size % (len(clean) - size)
        target, prediction = (x[first : first + size] for x in (clean, noisy))
        spent, scores = [], []
        for name in METRICS:
            start = time.process_time()
            sums = known[name].measure(prediction, target, CORPUS.signals["clean"])
            spent.append(time.process_time() - start)
            scores.append(float(known[name].reduce(sums)))
        print(json.dumps([spent, scores]), flush=True)


def ask(process: subprocess.Popen[str], item: int) -> tuple[list[float], list[float]]:
    assert process.stdin
    assert process.stdout
    process.stdin.write(f"{item}\n")
    process.stdin.flush()
    spent, scores = json.loads(process.stdout.readline())
    return spent, scores


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("roots", nargs="+", help="checkouts, the older one first")
    parser.add_argument("--items", type=int, default=30, help="of 4 s each")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        serve(given.roots[0])
        return
    roots = [str(Path(root).resolve()) for root in given.roots]
    command = [sys.executable, __file__, "--serve"]
    processes = [
        subprocess.Popen([*command, root], stdin=-1, stdout=-1, encoding="utf-8") for root in roots
    ]
    spent = np.empty((given.rounds, given.items, len(roots), len(METRICS)))
    scores = np.empty((given.items, len(roots), len(METRICS)))
    for process in processes:
        ask(process, given.items)  # libraries and filters
    for turn in range(given.rounds):
        for item in range(given.items):
            for place, process in enumerate(processes):
                spent[turn, item, place], scores[item, place] = ask(process, item)
    for process in processes:
        process.communicate("")
    best = spent.min(axis=0).mean(axis=0)  # of each version and metric
    print("| ms for 4 s | " + " | ".join(given.roots) + " |")
    for name, times in zip((*METRICS, "all"), [*best.T, best.sum(axis=1)], strict=True):
        print(f"| {name} | " + " | ".join(f"{1e3 * x:.1f}" for x in times) + " |")
    print("| x real time | " + " | ".join(f"{ITEM / x:.1f}" for x in best.sum(axis=1)) + " |")
    print(f"scores differ by {np.ptp(scores, axis=1).max():.1e} at most")


if __name__ == "__main__":
    main()
