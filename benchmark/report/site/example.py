"""One example of a gallery: reference and prediction of a recording as text, sound or plot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmark.core import Array, Signal, Task
from benchmark.metrics import text
from benchmark.plain_text import is_shown
from benchmark.report.listening.sounds import Answers, sounds_of
from benchmark.report.plots import signal_plots
from benchmark.report.plots.answers import is_sound
from benchmark.report.plots.signal_plots import Edge
from benchmark.report.site.rendering import markup
from benchmark.report.site.sound_files import levelled

NOT_DRAWN = ("recorded", "trivial")  # of the sounds: spectrograms are of input, target, prediction


@dataclass(frozen=True)
class Edit:
    """Words of a reference beside those of a transcript that stand for them."""

    kind: str  # equal, substitute, insert or delete
    reference: str
    predicted: str


@dataclass(frozen=True)
class Example:
    title: str
    scores: str
    answers: Answers


def contents(example: Example, task: Task, signals: Mapping[str, Signal]) -> dict[str, Any]:
    """What the template shows of one recording: words, or a plot with its caption, and sounds.

    A sound is a file beside the page, with its content.
    """
    target = signals[task.target]
    reference, prediction = example.answers.recording[task.target], example.answers.prediction
    shown: dict[str, Any] = {
        "title": example.title,
        "scores": example.scores,
        "sounds": (),
        "words": (),
        "edits": (),
    }
    if target.labels or target.free:
        words = in_words(reference, target), in_words(prediction, target)
        shown["edits"] = edits(*words) if target.free else ()
        return {**shown, "words": list(zip(("reference", "predicted"), words, strict=True))}
    sounds = sounds_of(task, signals, example.answers)
    files = levelled(sounds)
    shown["sounds"] = [
        {"title": sound.title, "source": file.name, "content": file.content}
        for sound, file in zip(sounds, files, strict=True)
        if file is not None
    ]
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


def in_words(value: Array, target: Signal) -> str:
    """A label, or the characters of a text that a page can hold."""
    if target.labels:
        return target.labels[int(value)]
    # What is no printable character, such as half a surrogate pair, cannot stand on a page.
    characters = map(chr, np.ravel(value).tolist())
    return "".join(c if is_shown(c) else "\N{REPLACEMENT CHARACTER}" for c in characters)


def edits(reference: str, predicted: str) -> list[Edit]:
    """What turns the words of a reference into those of a transcript, as word errors count them."""
    import jiwer

    one, other = (" ".join(text.normalised(each).split()) for each in (reference, predicted))
    if not one:
        return [Edit("insert", "", other)]
    found = jiwer.process_words(one, other)
    (words,), (said,) = found.references, found.hypotheses
    return [
        Edit(
            chunk.type,
            " ".join(words[chunk.ref_start_idx : chunk.ref_end_idx]),
            " ".join(said[chunk.hyp_start_idx : chunk.hyp_end_idx]),
        )
        for chunk in found.alignments[0]
    ]


def _contours(reference: Array, prediction: Array, target: Signal) -> tuple[Edge, Edge]:
    """What gives the tongue contour of a frame, of the reference and of the prediction."""
    return contour(reference, target), contour(prediction, target)


def contour(stack: Array, target: Signal) -> Edge:
    """What gives the tongue contour of a frame; None where it has none."""
    from benchmark.metrics.image._ultrasound import contours

    if target.fan is None or target.span is None:
        return None
    points, counted = contours(stack, target.fan[:2], target.span)
    return lambda frame: np.asarray(points[frame][counted[frame]])
