"""What the vocoder loses, how fast it is, and how much rounding matters.

    OMP_NUM_THREADS=1 python benchmarks/vocoder.py [--every 1]

Every so manieth test sentence of `embedded.new_sentences`: the sound made of its true spectrogram
against the recorded sound (STOI, ESTOI), processor time against duration, 20 repeats of one
sentence bit by bit, and the same in float64 instead of float32, which stands for a machine that
rounds otherwise: the sound, and the scores of a spectrogram with noise of 1.5 nepers.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmark.core import Array
from benchmark.corpora import embedded
from benchmark.corpora.simulated import reader
from benchmark.data import splits
from benchmark.metrics.speech import stoi, vocoded
from benchmark.spectra import vocoder

ROOT = Path(__file__).resolve().parent.parent
SPLIT = ROOT / "tasks" / "splits" / "embedded.new_sentences.json"
REPEATS, NOISE = 20, 1.5  # times, nepers
RATE = vocoder.rate(vocoded.DIVISOR)


class _Double:
    """NumPy whose single precision is double."""

    float32, complex64 = np.float64, np.complex128

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)


@contextmanager
def double() -> Iterator[None]:
    """The vocoder in float64."""
    vars(vocoder)["np"] = _Double()
    try:
        yield
    finally:
        vars(vocoder)["np"] = np


def sentences(every: int) -> list[str]:
    known = embedded.CORPUS.recordings(embedded.FOLDER)
    split, _ = splits.resolve(splits.load(SPLIT), known)
    return list(split.folds["all"].test[::every])


def recorded(id: str) -> Array:
    """The recorded sound of a sentence at the rate at which metrics hear it."""
    from scipy.signal import resample_poly

    sound = reader.waveform(embedded.FOLDER, id)
    return np.asarray(resample_poly(sound, 441, 320 * vocoded.DIVISOR))


def scores(clean: Array, made: Array) -> tuple[float, float]:
    count = min(len(clean), len(made))
    return stoi.both(clean[:count], made[:count], RATE)


def of_rounding(mel: Array) -> list[float]:
    """Largest difference of sound relative to its peak, and of STOI and ESTOI."""
    noisy = mel + np.random.default_rng(0).normal(0, NOISE, mel.shape)
    sounds = [vocoder.sound(x, vocoded.DIVISOR) for x in (mel, noisy)]
    with double():
        others = [vocoder.sound(x, vocoded.DIVISOR) for x in (mel, noisy)]
    apart = np.abs(sounds[0] - others[0]).max() / np.abs(sounds[0]).max()
    return [float(apart), *np.abs(np.subtract(scores(*sounds), scores(*others))).tolist()]


def main() -> None:
    parser = argparse.ArgumentParser(description="Quality and speed of the vocoder.")
    parser.add_argument("--every", type=int, default=1, help="take every so manieth sentence")
    ids = sentences(parser.parse_args().every)
    spent = {1: 0.0, 2: 0.0}
    seconds, found, rounding = 0.0, [], []
    for number, id in enumerate(ids):
        mel = reader.read(embedded.FOLDER, id, "mel")
        for divisor in spent:
            start = time.process_time()
            made = vocoder.sound(mel, divisor)
            spent[divisor] += time.process_time() - start
        seconds += len(made) / RATE
        found.append(scores(recorded(id), made))
        if number % 8 == 0:
            rounding.append(of_rounding(mel))
    mean, least = np.mean(found, axis=0), np.min(found, axis=0)
    print(f"{len(ids)} sentences, {seconds:.0f} s")
    print(f"against recorded sound: STOI {mean[0]:.4f}, ESTOI {mean[1]:.4f}")
    print(f"    the worst sentence: {least[0]:.3f}, {least[1]:.3f}")
    for divisor, time_spent in spent.items():
        print(f"{vocoder.rate(divisor)} Hz: {seconds / time_spent:.0f} x real time")
    again = {vocoder.sound(mel).tobytes() for _ in range(REPEATS)}
    print(f"{REPEATS} repeats: {len(again)} different")
    sound, by_stoi, by_estoi = np.max(rounding, axis=0)
    print(f"float64: sound {sound:.1e} of its peak, STOI {by_stoi:.1e}, ESTOI {by_estoi:.1e}")


if __name__ == "__main__":
    main()
