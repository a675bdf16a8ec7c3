"""Answers that know nothing of a recording, or that only deform its input, by kind of target."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from benchmark.core import Array, Recording, Signal, Task
from benchmark.metrics.text import decoded, encoded

MEAN, BLIND, INPUT = "mean", "blind", "noisy input"
OUTLINE = 64  # frames of a mean course
Predictions = Iterator[tuple[str, Array]]


@dataclass(frozen=True)
class Fold:
    """One fold of a task, its test recordings thinned."""

    task: Task
    signal: Signal
    train: Sequence[Recording]
    test: Sequence[Recording]


def predictions(fold: Fold) -> Callable[[Recording, Array], Predictions]:
    """What to answer a recording of a fold with."""
    if fold.signal.free:
        return _texts(fold)
    if fold.signal.rate is None:
        return _labels(fold)
    if not fold.signal.frame:
        return _sounds(fold)
    return _pictures(fold) if len(fold.signal.frame) == 2 else _curves(fold)


def _noise(recording: Recording, shape: tuple[int, ...]) -> Array:
    return np.random.default_rng(zlib.crc32(recording.id.encode())).standard_normal(shape)


def _giver(fold: Fold, recording: Recording) -> Recording:
    """A training recording, another one for each test recording."""
    return fold.train[zlib.crc32(recording.id.encode()) % len(fold.train)]


def another(fold: Fold, recording: Recording, answer: Array) -> Array:
    """Its answer, cut or begun again as the entry `blind` does."""
    other = _giver(fold, recording)[fold.task.target]
    if fold.signal.free or other.ndim == 0:
        return other
    return other[np.arange(len(answer)) % len(other)]


def _stretched(answer: Array, length: int) -> Array:
    """An answer (time, ...) drawn out or pressed together to `length`, the nearest frames."""
    return answer[np.arange(length) * len(answer) // length]


def _sounds(fold: Fold) -> Callable[[Recording, Array], Predictions]:
    rate = int(fold.signal.rate or 0)
    task = fold.task
    mean = sum(float(r[task.target].mean()) for r in fold.train) / len(fold.train)

    def make(recording: Recording, answer: Array) -> Predictions:
        noisy = recording[task.inputs[0]].astype(np.float64)
        n = np.arange(len(answer))
        t, click, zero = n / rate, (n == len(n) // 2).astype(float), np.zeros(len(n))
        white, hertz = _noise(recording, n.shape), np.fft.rfftfreq(n.size, 1 / rate)
        spectrum = np.fft.rfft(white)
        peak, half, late = np.abs(noisy).max(), n < n.size // 2, rate // 20
        loudness = np.convolve(np.abs(noisy), np.ones(400) / 400, "same")
        yield from {
            INPUT: noisy,
            "silence": zero,
            "constant": zero + 0.1,
            MEAN: zero + mean,
            "one sample": click,
            "one sample on a constant": 0.1 + 1e-3 * click,
            "Nyquist tone": 1.0 - 2 * (n % 2),
            **{f"tone of {f} Hz": np.sin(2 * np.pi * f * t) for f in (5, 50, 1_000, 3_000, 7_900)},
            "two tones": np.sin(1e3 * np.pi * t) + np.sin(3e3 * np.pi * t),
            "tone, louder and softer": np.sin(2e3 * np.pi * t) * (1 + np.sin(8 * np.pi * t) / 2),
            "sweep": np.sin(2 * np.pi * (300 * t + 1_000 * t**2)),
            "ramp": t,
            "square": np.sign(np.sin(400 * np.pi * t) + 1e-9),
            "impulses": (n % (rate // 100) == 0).astype(float),
            "white noise": white / 10,
            "pink noise": np.fft.irfft(spectrum / np.sqrt(np.maximum(hertz, 20)), n.size),
            "noise 200 Hz wide": np.fft.irfft(spectrum * (np.abs(hertz - 1e3) < 100), n.size),
            "noise 1 kHz wide": np.fft.irfft(spectrum * (np.abs(hertz - 1e3) < 500), n.size),
            "tiny noise": (white * 1e-42).astype(np.float32),
            "noise as loud as the input": loudness * white,
            "input x 0.1": noisy * 0.1,
            "input x 10": noisy * 10,
            "input x 1e-42": (noisy * 1e-42).astype(np.float32),
            "input 50 ms late": np.concatenate([zero[:late], noisy[:-late]]),
            "input reversed": noisy[::-1],
            "input clipped": np.clip(noisy, -peak / 10, peak / 10),
            "sign of the input": np.sign(noisy),
            "input on a ramp": noisy + 100 * peak * t,
            "input on a constant": noisy + 30 * peak,
            "input and a click": noisy + 100 * peak * click[::-1],
            "input below a Nyquist tone": noisy * 1e-4 + 1.0 - 2 * (n % 2),
            "first 40 % of the input": noisy * (n < 0.4 * n.size),
            "first 60 % of the input": noisy * (n < 0.6 * n.size),
            "input after a bang": noisy * np.where(n < late, 10, 1),
            "input, then 40 dB less": noisy * np.where(half, 1.0, 0.01),
        }.items()

    return make


def _curves(fold: Fold) -> Callable[[Recording, Array], Predictions]:
    target = fold.task.target
    answers = [r[target].astype(np.float64) for r in fold.train]
    mean = np.concatenate(answers).mean(axis=0)
    curve = np.mean([_stretched(answer, OUTLINE) for answer in answers], axis=0)

    def make(recording: Recording, answer: Array) -> Predictions:
        length = len(answer)
        t = (np.arange(length) + 0.5)[:, None] / length
        drawn = _stretched(curve, length)
        sensor = recording[fold.task.inputs[0]].astype(np.float64)
        parts = np.array_split(sensor, length)
        level = np.log(np.array([p.std() if len(p) else 0.0 for p in parts]) + 1e-3)[:, None]
        noise, ones = _noise(recording, answer.shape), np.ones(answer.shape)
        yield from {
            MEAN: mean * ones,
            "zero": 0 * ones,
            "one constant": mean.mean() * ones,
            "mean, one frame not": mean + (np.arange(length)[:, None] == length // 2),
            "mean, alternating": mean + (np.arange(length) % 2)[:, None] * ones * 1e-3,
            "mean and noise": mean + 0.1 * noise,
            "noise": noise,
            "ramp": mean - t * ones,
            "arc": mean + np.sin(np.pi * t) * ones,
            "mean course": drawn,
            "mean course, tiny": 1e-6 * (drawn - mean),
            "mean course, reversed": drawn[::-1],
            "mean course of all channels": mean + drawn.mean(axis=1, keepdims=True) - mean.mean(),
            "blind, stretched": _stretched(_giver(fold, recording)[target], length),
            "level of the input": mean + (level - level.mean()) * ones,
        }.items()

    return make


def _pictures(fold: Fold) -> Callable[[Recording, Array], Predictions]:
    target = fold.task.target
    frames = np.concatenate([r[target] for r in fold.train])
    mean = frames.mean(axis=0, dtype=np.float64)
    middle = np.median(frames[:: len(frames) // 200], axis=0)
    y, x = np.indices(mean.shape)
    board = (x // 8 + y // 8) % 2

    def make(recording: Recording, answer: Array) -> Predictions:
        noise = _noise(recording, mean.shape)
        shown = {
            MEAN: mean,
            "black": 0 * mean,
            "grey": 0 * mean + 128,
            "white": 0 * mean + 255,
            "mean grey": 0 * mean + mean.mean(),
            "checkerboard": 255.0 * board,
            "faint checkerboard": mean.mean() + 2.0 * board,
            "noise": 128 + 50 * noise,
            "mean and noise": mean + 10 * noise,
            "mean, twice the contrast": 2 * mean - mean.mean(),
            "mean, half the contrast": mean / 2,
            "negative of the mean": 255 - mean,
            "median": middle,
            "brightest of the mean": 255.0 * (mean > np.quantile(mean, 0.95)),
            "one training frame": frames[len(frames) // 2],
        }
        yield from ((name, np.broadcast_to(p, answer.shape)) for name, p in shown.items())
        yield "blind, stretched", _stretched(_giver(fold, recording)[target], len(answer))
        yield "the lips", recording[fold.task.inputs[0]][: len(answer)]

    return make


def _texts(fold: Fold) -> Callable[[Recording, Array], Predictions]:
    texts = [decoded(r[fold.task.target]) for r in fold.train]
    words = Counter(word for text in texts for word in text.split())
    common = words.most_common(1)[0][0]
    places: list[Counter[str]] = [Counter() for _ in range(max(len(s.split()) for s in texts))]
    for text in texts:
        for place, word in zip(places, text.split(), strict=False):
            place[word] += 1
    count = round(sum(words.values()) / len(texts))
    letter = Counter("".join(texts).replace(" ", "")).most_common(1)[0][0]
    made = {
        MEAN: Counter(texts).most_common(1)[0][0],
        "empty": "",
        "space": " ",
        "one letter": letter,
        "one word": common,
        "one word, repeated": " ".join([common] * count),
        "one word, 1,000 times": " ".join([common] * 1_000),
        "one letter, repeated": letter * (len("".join(texts)) // len(texts)),
        "all words": " ".join(words),
        "commonest word of each place": " ".join(
            place.most_common(1)[0][0] for place in places[:count]
        ),
        "punctuation": "?!" * 20,
    }
    return lambda _recording, _answer: iter([(k, encoded(v)) for k, v in made.items()])


def _labels(fold: Fold) -> Callable[[Recording, Array], Predictions]:
    seen = Counter(int(r[fold.task.target]) for r in fold.train)

    def make(recording: Recording, answer: Array) -> Predictions:  # noqa: ARG001
        yield MEAN, np.array(seen.most_common(1)[0][0])
        yield "rarest class", np.array(seen.most_common()[-1][0])
        yield "last class", np.array(len(fold.signal.labels) - 1)
        yield "a class by lot", np.array(zlib.crc32(recording.id.encode()) % len(seen))

    return make
