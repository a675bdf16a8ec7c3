"""Plots of recordings: the prediction beside the target."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from benchmark.core import Array
from benchmark.report.plots.svg import ENTRY, INK, WIDTH, figure, plain

EDGE, OTHER = "#ffd24d", "#5ad1ff"  # of the target and of the prediction, on grey pictures
POINTS = 240  # of a line over time: more are not seen
WINDOW = 512  # samples of a spectrogram
Edge = Callable[[int], Array] | None  # frame -> points (n, 2), x and y


def spectrograms(sounds: Mapping[str, Array], rate: float, about: str) -> str:
    """Each sound (samples,) at `rate` Hz as its level in dB over time and frequency."""
    with figure(WIDTH, 0.3 + 1.3 * len(sounds), about) as (canvas, svg):
        rows = canvas.subplots(len(sounds), 1, sharex=True, squeeze=False)[:, 0]
        for axes, (name, sound) in zip(rows, sounds.items(), strict=True):
            level = level_db(np.asarray(sound, np.float64))
            seconds = len(sound) / rate
            draw_image(axes, level.T, (0, seconds, 0, rate / 2000), vmin=-80, vmax=0)
            axes.set_title(plain(name), fontsize=9)
            axes.set_ylabel("[kHz]")
        rows[-1].set_xlabel("time [s]")
    return svg[0]


def level_db(sound: Array) -> Array:
    """dB below full scale (frames, bins) of windows of 512 samples."""
    padded = np.pad(sound, (0, max(0, WINDOW - len(sound))))
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[:: WINDOW // 4]
    power = np.abs(np.fft.rfft(frames * np.hanning(WINDOW), axis=1)) * 4 / WINDOW
    return np.asarray(20 * np.log10(np.maximum(power, 1e-6)))


def trajectories(
    target: Array, prediction: Array, names: Sequence[str], rate: float, about: str
) -> str:
    """Channels (time, channels) of both at `rate` Hz, one small plot each."""
    rows = -(-len(names) // 2)
    with figure(WIDTH, 1.1 * rows, about, layout=None) as (canvas, svg):
        # Fitting fourteen plots to each other would take most of the time of a card.
        canvas.subplots_adjust(0.09, 0.25 / rows, 0.99, 1 - 0.2 / rows, 0.2, 0.5)
        grid = canvas.subplots(rows, 2, sharex=True, squeeze=False).ravel()
        step = max(1, -(-len(target) // POINTS))
        seconds = (np.arange(len(target)) / rate)[::step]
        for channel, axes in enumerate(grid):
            axes.set_visible(channel < len(names))
            if channel < len(names):
                axes.plot(seconds, target[::step, channel], color=INK, lw=1.4, alpha=0.45)
                axes.plot(seconds, prediction[::step, channel], color=ENTRY, lw=1)
                axes.set_title(plain(names[channel]), fontsize=9)
    return svg[0]


def images(stacks: Mapping[str, Array], rate: float, unit: str, about: str) -> str:
    """Arrays (time, bins) at `rate` Hz beside each other, on the colour scale of the first."""
    first = np.asarray(next(iter(stacks.values())), np.float64)
    low, high = float(first.min()), float(first.max())
    with figure(WIDTH, 0.3 + 1.5 * len(stacks), about) as (canvas, svg):
        rows = canvas.subplots(len(stacks), 1, sharex=True, squeeze=False)[:, 0]
        for axes, (name, stack) in zip(rows, stacks.items(), strict=True):
            extent = 0, len(stack) / rate, 0, stack.shape[1]
            shown = draw_image(axes, np.asarray(stack, np.float64).T, extent, vmin=low, vmax=high)
            axes.set_title(plain(name), fontsize=9)
            axes.set_ylabel("band")
        rows[-1].set_xlabel("time [s]")
        canvas.colorbar(shown, ax=list(rows), label=plain(unit))
    return svg[0]


def frames(
    target: Array,
    prediction: Array,
    edges: tuple[Edge, Edge],
    rate: float,
    about: str,
) -> str:
    """Four frames of two stacks (time, height, width) and their difference, with both contours."""
    chosen = [round(step * (len(target) - 1) / 3) for step in range(4)]
    difference = np.asarray(prediction, np.float64) - np.asarray(target, np.float64)
    with figure(WIDTH, 3.6, about) as (canvas, svg):
        grid = canvas.subplots(3, 4, squeeze=False)
        for column, frame in enumerate(chosen):
            for row, stack in zip(grid[:, column], (target, prediction), strict=False):
                row.imshow(stack[frame], cmap="gray", vmin=0, vmax=255, interpolation="nearest")
            grid[2, column].imshow(
                difference[frame], cmap="PuOr", vmin=-128, vmax=128, interpolation="nearest"
            )
            grid[0, column].set_title(f"{frame / rate:.2f} s")
            draw_edge(grid[0, column], edges[0], frame, EDGE)
            draw_edge(grid[1, column], edges[0], frame, EDGE)
            draw_edge(grid[1, column], edges[1], frame, OTHER)
        for axes, name in zip(grid[:, 0], ("target", "prediction", "difference"), strict=True):
            axes.set_ylabel(name)
        for axes in grid.ravel():
            axes.set_xticks([])
            axes.set_yticks([])
    return svg[0]


def draw_edge(axes: Any, points: Edge, frame: int, colour: str) -> None:
    if points is not None and len(points(frame)):
        axes.plot(*points(frame).T, color=colour, lw=1)


def matrix(counts: Array, labels: Sequence[str], about: str) -> str:
    """Confusion matrix: counts (reference, predicted) in cells shaded by their share of the row."""
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    side = 1.2 + 0.34 * min(len(labels), 10) + 0.2 * max(0, len(labels) - 10)  # inches
    with figure(side, side, about) as (canvas, svg):
        axes = canvas.subplots()
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=1.2)
        for row, column in np.ndindex(shares.shape):
            axes.text(
                x=column,
                y=row,
                s=f"{counts[row, column]:.0f}",
                ha="center",
                va="center",
                color="white" if shares[row, column] > 0.6 else "black",
            )
        names = [plain(label) for label in labels]
        axes.set_xticks(range(len(labels)), names, rotation=90)
        axes.set_yticks(range(len(labels)), names)
        axes.set_xlabel("predicted class")
        axes.set_ylabel("reference class")
    return svg[0]


def draw_image(axes: Any, values: Array, extent: tuple[float, ...], **scale: float) -> Any:
    return axes.imshow(
        values,
        origin="lower",
        aspect="auto",
        extent=extent,
        cmap="magma",
        interpolation="nearest",
        **scale,
    )
