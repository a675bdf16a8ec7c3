"""One example of a gallery: reference and prediction of a recording as text, sound or plot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmark.core import Array, Signal, Task
from benchmark.plain_text import is_shown
from benchmark.report.listening.sounds import Answers, data_url, sounds_of
from benchmark.report.plots import signal_plots
from benchmark.report.plots.answers import is_sound
from benchmark.report.plots.signal_plots import Edge
from benchmark.report.site.rendering import markup

NOT_DRAWN = ("recorded", "trivial")  # of the sounds: spectrograms are of input, target, prediction


@dataclass(frozen=True)
class Example:
    title: str
    scores: str
    answers: Answers


def contents(example: Example, task: Task, signals: Mapping[str, Signal]) -> dict[str, Any]:
    """What the template shows of one recording: sounds, words, or a plot with its caption."""
    target = signals[task.target]
    reference, prediction = example.answers.recording[task.target], example.answers.prediction
    shown: dict[str, Any] = {
        "title": example.title,
        "scores": example.scores,
        "sounds": (),
        "words": (),
    }
    if target.labels or target.free:
        words = _words(reference, target), _words(prediction, target)
        return {**shown, "words": list(zip(("reference", "predicted"), words, strict=True))}
    sounds = sounds_of(task, signals, example.answers)
    shown["sounds"] = [{"title": sound.title, "source": data_url(sound)} for sound in sounds]
    if is_sound(target):
        drawn = {sound.title: sound.wave for sound in sounds if sound.name not in NOT_DRAWN}
        caption = f"Spectrograms of {', '.join(drawn)} in dB re full scale"
        svg = signal_plots.spectrograms(drawn, target.rate or 0.0, f"{caption}, {example.title}")
    else:
        caption, svg = _plot(example, reference, target)
    return {**shown, "plot": markup(svg), "caption": caption}


def _plot(example: Example, reference: Array, target: Signal) -> tuple[str, str]:
    """A caption and the plot that suits the target."""
    prediction, rate = np.asarray(example.answers.prediction), target.rate or 1.0
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
