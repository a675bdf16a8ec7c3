"""Speed and memory of the speech metrics, compared with common alternatives.

    OMP_NUM_THREADS=1 python benchmarks/speech_metrics.py [--seconds 3600] [--repeats 3]

1. Peak memory of one process for a single recording of `--seconds`, float32 at 16 kHz,
   interpreter and input included.
2. STOI and ESTOI compared with pystoi, MCD with time warping compared with a plain double loop.
3. All metrics of speech over a test set of `--seconds`, by one process and by two. Workers load
   audio and libraries before the time is taken.

Audio: the mixtures of the embedded corpus, concatenated, in items of 4 s. The fastest of
`--repeats` counts.
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import resource
import sys
import time
from collections.abc import Callable
from functools import partial
from multiprocessing.synchronize import Barrier
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmark.core import Array
from benchmark.corpora.embedded import CORPUS, FOLDER
from benchmark.metrics.speech import mcd, pesq, sisdr, stoi

RATE, ITEM = 16_000, 4  # Hz, seconds
MINUTE = 60 * RATE
SOUND = CORPUS.signals["clean"]
METRICS = (pesq.PESQ_WB, pesq.PESQ_NB, stoi.STOI, stoi.ESTOI, sisdr.SI_SDR)
LONG: dict[str, Callable[[Array, Array], object]] = {
    "none, the input alone": lambda _clean, _noisy: None,
    "STOI and ESTOI": lambda clean, noisy: stoi.both(clean, noisy, RATE),
    "PESQ-WB": lambda clean, noisy: pesq.pesq(clean, noisy, RATE, "wb"),
    "PESQ-NB": lambda clean, noisy: pesq.pesq(clean, noisy, RATE, "nb"),
    "SI-SDR": sisdr.si_sdr,
}
SPAWN = multiprocessing.get_context("spawn")  # a fork would inherit its parent's memory
items: list[Array] = []  # of a worker: clean and noisy sound, (2, samples) each


def main() -> None:
    parser = argparse.ArgumentParser(description="Speed and memory of the speech metrics.")
    parser.add_argument("--seconds", type=int, default=3600, help="length of the test set")
    parser.add_argument("--repeats", type=int, default=3, help="how often each time is taken")
    given = parser.parse_args()
    memory(given.seconds)
    libraries(given.repeats)
    warping(given.repeats)
    test_set(given.seconds, given.repeats)


def mixtures(samples: int | None = None) -> Array:
    """Clean and noisy sound (2, samples) of as many mixtures as needed, or of all."""
    parts: list[list[Array]] = []
    for recording in CORPUS.recordings(FOLDER):
        if "+" in recording.id and (samples is None or sum(len(c) for c, _ in parts) < samples):
            parts.append([recording[name] for name in ("clean", "noisy")])
    return np.array([np.concatenate(side) for side in zip(*parts, strict=True)])[:, :samples]


def memory(seconds: int) -> None:
    for name in LONG:
        with SPAWN.Pool(1) as pool:
            spent, peak = pool.apply(one_long_recording, (name, seconds))
        print(f"| peak memory, {seconds} s in one piece, {name} | {peak:.0f} MiB, {spent:.1f} s |")


def one_long_recording(name: str, seconds: int) -> tuple[float, float]:
    """Seconds, and the peak of this process in MiB."""
    clean, noisy = (np.resize(side, seconds * RATE) for side in mixtures(MINUTE))
    start = time.perf_counter()
    LONG[name](clean, noisy)
    spent = time.perf_counter() - start
    return spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def libraries(repeats: int) -> None:
    from pystoi import stoi as library

    clean, noisy = mixtures(MINUTE)
    for what, size in (("4 s", ITEM * RATE), ("60 s", MINUTE)):
        x, y = clean[:size].astype(np.float64), noisy[:size].astype(np.float64)
        # Not the metrics, which remember the last pair.
        for score, extended in ((stoi.stoi, False), (stoi.estoi, True)):
            ours = best(partial(score, x, y, RATE), repeats)
            theirs = best(partial(library, x, y, RATE, extended=extended), repeats)
            apart = abs(score(x, y, RATE) - library(x, y, RATE, extended=extended))
            show(f"{score.__name__}, {what}", ours, f"pystoi, {apart:.0e} apart,", theirs)


def warping(repeats: int) -> None:
    """3 s at a frame shift of 5 ms, c0 to c24."""
    u, v = np.random.default_rng(0).normal(size=(2, 621, 25))

    def loop() -> float:
        """The textbook recursion; also counts the pairs of the path."""
        cells = {(-1, -1): (0.0, 0)}
        for i in range(len(u)):
            for j in range(len(v)):
                before = (i - 1, j - 1), (i - 1, j), (i, j - 1)
                cost, pairs = min(cells.get(cell, (math.inf, 0)) for cell in before)
                cells[i, j] = cost + float(np.linalg.norm(u[i, 1:] - v[j, 1:])), pairs + 1
        cost, pairs = cells[len(u) - 1, len(v) - 1]
        return float(mcd.DECIBELS * cost / pairs)

    apart = abs(mcd.mcd_dtw(u, v) - loop())
    ours, plain = best(lambda: mcd.mcd_dtw(u, v), 2 * repeats), best(loop, 1)
    show("MCD-DTW, 621 x 621 frames", ours, f"loop, {apart:.0e} apart,", plain)


def test_set(seconds: int, repeats: int) -> None:
    """Alternates the numbers of processes, so that other load on the machine affects both."""
    spent: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(repeats):
        for workers, times in spent.items():
            times.append(timed(workers, seconds // ITEM))
    one, two = (min(times) for times in spent.values())
    what = f"all five metrics, {seconds} s in items of {ITEM} s, processes:"
    for workers, fastest in ((1, one), (2, two)):
        print(f"| {what} {workers} | {fastest:.1f} s, {seconds / fastest:.1f} x real time |")
    print(f"| 2 processes : 1 process | {one / two:.2f} x |")


def timed(workers: int, count: int) -> float:
    """Seconds that `workers` processes take for `count` items."""
    ready = SPAWN.Barrier(workers + 1)
    with SPAWN.Pool(workers, prepare, (ready,)) as pool:
        ready.wait()
        start = time.perf_counter()
        scores = pool.map(score, range(count), chunksize=5)
        spent = time.perf_counter() - start
    if not np.isfinite(scores).all():
        raise RuntimeError("a score is not finite")
    return spent


def prepare(ready: Barrier) -> None:
    sound = mixtures()
    size = ITEM * RATE
    items.extend(sound[:, at : at + size] for at in range(0, sound.shape[1] - size, size))
    score(0)
    ready.wait()


def score(number: int) -> list[float]:
    clean, noisy = items[number % len(items)]
    return [float(m.reduce(m.measure(noisy, clean, SOUND))) for m in METRICS]


def best(do: Callable[[], object], repeats: int) -> float:
    """Seconds of the fastest of `repeats` calls, after one warm-up call."""
    do()
    spent = []
    for _ in range(repeats):
        start = time.perf_counter()
        do()
        spent.append(time.perf_counter() - start)
    return min(spent)


def show(what: str, seconds: float, other: str, reference: float) -> None:
    compared = f"{other} {reference * 1e3:.3g} ms ({reference / seconds:.1f} x)"
    print(f"| {what} | {seconds * 1e3:.3g} ms; {compared} |")


if __name__ == "__main__":
    main()
