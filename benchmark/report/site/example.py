"""One example of a gallery: reference and prediction of a recording as text, sound or plot."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmark.core import Array, Recording, Signal, Task
from benchmark.plain_text import is_shown
from benchmark.report.plots import signal_plots
from benchmark.report.plots.signal_plots import Edge
from benchmark.report.site.rendering import markup

MIN_SOUND_RATE = 4000.0  # Hz; slower signals cannot be listened to


@dataclass(frozen=True)
class Example:
    title: str
    scores: str
    recording: Recording  # with its target
    prediction: Array


def contents(example: Example, task: Task, signals: Mapping[str, Signal]) -> dict[str, Any]:
    """What the template shows of one recording: sounds, words, or a plot with its caption."""
    target = signals[task.target]
    reference = example.recording[task.target]
    shown: dict[str, Any] = {
        "title": example.title,
        "scores": example.scores,
        "sounds": (),
        "words": (),
    }
    if target.labels or target.free:
        words = _words(reference, target), _words(example.prediction, target)
        return {**shown, "words": list(zip(("reference", "predicted"), words, strict=True))}
    if _audible(target):
        inputs = {name: example.recording[name] for name in task.inputs if _audible(signals[name])}
        sounds = {**inputs, task.target: reference, "prediction": example.prediction}
        rate = target.rate or 0.0
        shown["sounds"] = [{"title": n, "source": _flac(w, rate)} for n, w in sounds.items()]
        caption = f"Spectrograms of {', '.join(sounds)} in dB re full scale"
        svg = signal_plots.spectrograms(sounds, rate, f"{caption}, {example.title}")
    else:
        caption, svg = _plot(example, reference, target)
    return {**shown, "plot": markup(svg), "caption": caption}


def _audible(signal: Signal) -> bool:
    return signal.rate is not None and signal.rate >= MIN_SOUND_RATE and not signal.frame


def _flac(wave: Array, rate: float) -> str:
    """Sound (samples,) at `rate` Hz as a data URL; clipped at full scale."""
    import soundfile

    out = io.BytesIO()
    clipped = np.clip(np.asarray(wave, np.float64), -1.0, 1.0)
    soundfile.write(out, clipped, round(rate), format="FLAC", subtype="PCM_16")
    return "data:audio/flac;base64," + base64.b64encode(out.getvalue()).decode()


def _plot(example: Example, reference: Array, target: Signal) -> tuple[str, str]:
    """A caption and the plot that suits the target."""
    prediction, rate = np.asarray(example.prediction), target.rate or 1.0
    if reference.ndim == 3:
        caption = "Target, prediction and difference, with the tongue contour of both"
        about, edges = f"{caption}, {example.title}", _contours(reference, prediction, target)
        return caption, signal_plots.frames(reference, prediction, edges, rate, about)
    if target.channels:
        caption = "Trajectories over time [s]; grey: target, blue: prediction"
        units = target.units or (target.unit,) * len(target.channels)
        names = [f"{n} [{u}]" for n, u in zip(target.channels, units, strict=True)]
        about = f"{caption}, {example.title}"
        return caption, signal_plots.trajectories(reference, prediction, names, rate, about)
    caption = "Target and prediction over time, on the colour scale of the target"
    pair = {"target": reference, "prediction": prediction}
    return caption, signal_plots.images(pair, rate, target.unit, f"{caption}, {example.title}")


def _words(value: Array, target: Signal) -> str:
    if target.labels:
        return target.labels[int(value)]
    # What is no printable character, such as half a surrogate pair, cannot stand on a page.
    text = "".join(map(chr, np.ravel(value).tolist()))
    return "".join(c if is_shown(c) else "\N{REPLACEMENT CHARACTER}" for c in text)


def _contours(reference: Array, prediction: Array, target: Signal) -> tuple[Edge, Edge]:
    """What gives the tongue contour of a frame, of the reference and of the prediction."""
    return _contour(reference, target), _contour(prediction, target)


def _contour(stack: Array, target: Signal) -> Edge:
    from benchmark.metrics.image._ultrasound import contours

    if target.fan is None or target.span is None:
        return None
    points, counted = contours(stack, target.fan[:2], target.span)
    return lambda frame: np.asarray(points[frame][counted[frame]])
