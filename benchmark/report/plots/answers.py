"""Plots of what a model said of a recording that nobody has a target for."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from benchmark.core import Array, Signal
from benchmark.report.plots import signal_plots
from benchmark.report.plots.svg import ENTRY, figure, plain

SOUND = 4000.0  # Hz, from which on a signal of one channel is a sound
MOST_LINES = 24  # channels that are drawn as lines; more are an image


def is_sound(signal: Signal) -> bool:
    return signal.rate is not None and signal.rate >= SOUND and not signal.frame


def drawn(answer: Array, signal: Signal, inputs: Mapping[str, Array], about: str) -> str | None:
    """SVG of an answer (time, ...); None for a label and a text, which need none.

    `inputs` are sounds of the same rate, shown beside it.
    """
    if signal.rate is None:
        return None
    if is_sound(signal):
        return signal_plots.spectrograms({**inputs, "answer": answer}, signal.rate, about)
    if answer.ndim == 3:
        return _pictures(answer, signal.rate, about)
    columns = answer.reshape(len(answer), -1)
    if columns.shape[1] > MOST_LINES:
        return signal_plots.images({"answer": columns}, signal.rate, signal.unit, about)
    return _lines(columns, signal, about)


def _lines(columns: Array, signal: Signal, about: str) -> str:
    """Each channel over time, one under the other, with its name."""
    count = columns.shape[1]
    names = signal.channels or tuple(map(str, range(count)))
    seconds = np.arange(len(columns)) / (signal.rate or 1.0)
    with figure(6.0, 0.6 + 0.6 * count, about) as (canvas, svg):
        rows = canvas.subplots(count, 1, sharex=True, squeeze=False)[:, 0]
        for axes, column, name in zip(rows, columns.T, names, strict=True):
            axes.plot(seconds, column, color=ENTRY, lw=1)
            axes.set_ylabel(plain(name), fontsize=6)
            axes.tick_params(labelsize=6)
        rows[-1].set_xlabel(f"time [s]; values in {plain(signal.unit)}")
    return svg[0]


def _pictures(stack: Array, rate: float, about: str) -> str:
    """Four pictures (height, width), from the first to the last."""
    chosen = [round(step * (len(stack) - 1) / 3) for step in range(4)]
    with figure(6.4, 1.9, about) as (canvas, svg):
        for axes, frame in zip(canvas.subplots(1, 4), chosen, strict=True):
            axes.imshow(stack[frame], cmap="gray", interpolation="nearest")
            axes.set_title(f"{frame / rate:.2f} s")
            axes.set_axis_off()
    return svg[0]
