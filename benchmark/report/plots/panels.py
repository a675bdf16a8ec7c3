"""Small plots of one answer each, to stand side by side: what was to be said, and what was said.

All panels of one recording have one time axis and one scale, so that they can be compared by eye.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmark.core import Array
from benchmark.report.plots.signal_plots import (
    POINTS,
    Edge,
    draw_edge,
    draw_image,
    level_db,
)
from benchmark.report.plots.svg import INK, figure, plain

SIZE = 3.2, 1.5  # inches
ROW = 0.24  # inches of a channel
LETTERS = 14  # of the name of a channel
LINES = 16  # channels that are drawn as lines; more are an image


def spectrogram(sound: Array, rate: float, about: str) -> str:
    """A sound (samples,) at `rate` Hz as its level in dB over time and frequency."""
    with figure(*SIZE, about) as (canvas, svg):
        axes = canvas.subplots()
        extent = 0, len(sound) / rate, 0, rate / 2000
        level = level_db(np.asarray(sound, np.float64))
        draw_image(axes, level.T, extent, vmin=-80, vmax=0)
        axes.set_ylabel("[kHz]")
        axes.set_xlabel("time [s]")
    return svg[0]


def image(stack: Array, scale: tuple[float, float], rate: float, about: str) -> str:
    """An array (time, bins) at `rate` Hz; `scale` has the values of the first and last colour."""
    with figure(*SIZE, about) as (canvas, svg):
        axes = canvas.subplots()
        extent = 0, len(stack) / rate, 0, stack.shape[1]
        values = np.asarray(stack, np.float64).T
        draw_image(axes, values, extent, vmin=scale[0], vmax=scale[1])
        axes.set_ylabel("band")
        axes.set_xlabel("time [s]")
    return svg[0]


def lines(
    reference: Array,
    answer: Array | None,
    names: Sequence[str],
    rate: float,
    colour: str,
    about: str,
) -> str:
    """Channels (time, channels) at `rate` Hz one under the other, each on the reference's range.

    The reference is grey below an answer, which has `colour`.
    """
    low = reference.min(axis=0)
    span = np.maximum(reference.max(axis=0) - low, 1e-9) * 1.2
    step = max(1, -(-len(reference) // POINTS))
    with figure(SIZE[0], 0.6 + ROW * len(names), about) as (canvas, svg):
        axes = canvas.subplots()
        for values, look in ((reference, (INK, 1.4, 0.45)), (answer, (colour, 1.0, 1.0))):
            if values is None:
                continue
            shown = np.clip((values - low) / span, -0.3, 1.3)[::step]
            seconds = np.arange(len(values))[::step] / rate
            ink, width, alpha = look
            axes.plot(seconds, shown - np.arange(len(names)), color=ink, lw=width, alpha=alpha)
        axes.set_yticks(0.4 - np.arange(len(names)), [plain(_short(name)) for name in names])
        axes.set_ylim(0.1 - len(names) + 0.5, 1.2)
        axes.set_xlabel("time [s]")
        axes.margins(x=0)
    return svg[0]


def _short(name: str) -> str:
    return name if len(name) <= LETTERS else name[: LETTERS - 1] + "…"


def frames(stack: Array, edges: Sequence[tuple[Edge, str]], rate: float, about: str) -> str:
    """Three pictures of a stack (time, height, width) with contours in their colours."""
    chosen = [round(step * (len(stack) - 1) / 4) for step in (1, 2, 3)]
    with figure(*SIZE, about) as (canvas, svg):
        for axes, frame in zip(canvas.subplots(1, 3), chosen, strict=True):
            axes.imshow(stack[frame], cmap="gray", vmin=0, vmax=255, interpolation="nearest")
            axes.set_title(f"{frame / rate:.2f} s")
            axes.set_axis_off()
            for edge, colour in edges:
                draw_edge(axes, edge, frame, colour)
    return svg[0]
