"""Draw the figures of docs/embedded_corpus.md.

    python tools/plot_embedded.py [FOLDER] [ID]

Needs matplotlib. FOLDER is the corpus's data (default: the package's), ID a sentence of it that is
also moved without voice (default: the first). Writes three PNG files to docs/images.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmark.core import Recording
from benchmark.corpora import embedded

IMAGES = Path(__file__).parents[1] / "docs" / "images"


def rate(signal: str) -> float:
    value = embedded.CORPUS.signals[signal].rate
    assert value is not None
    return value


def seconds(values: Any, signal: str) -> Any:
    return np.arange(len(values)) / rate(signal)


def movement(aloud: Recording, silent: Recording) -> None:
    """Mel, heights of the points, F0 and one EMG channel of a sentence, aloud and silent."""
    figure, axes = plt.subplots(4, 2, figsize=(11, 8), sharex="col", sharey="row")
    names = embedded.CORPUS.signals["articulation"].channels
    for take, (top, heights, tone, muscle) in zip((aloud, silent), axes.T, strict=True):
        mel, moves, emg = take["mel"], take["articulation"], take["emg"]
        end = len(mel) / rate("mel")
        top.imshow(mel.T, origin="lower", aspect="auto", extent=(0, end, 0, 80), cmap="magma")
        top.step(seconds(take["speech"], "speech"), 78 * take["speech"], color="w", linewidth=0.6)
        top.set(title=f'{take.id}: "{take.text}"')
        for name in ("TDY", "TBY", "TTY", "LIY", "ULY", "LLY"):
            at = moves[:, names.index(name)]
            heights.plot(seconds(moves, "articulation"), at, label=name)
        voiced = np.where(take["voicing"] > 0, moves[:, 13], np.nan)
        tone.plot(seconds(moves, "articulation"), moves[:, 13], color="0.8", label="unvoiced too")
        tone.plot(seconds(moves, "articulation"), voiced, label="voiced")
        muscle.plot(seconds(emg, "emg"), emg[:, 5], linewidth=0.4)
        muscle.set(xlabel="time (s)")
    axes[0, 0].set(ylabel="mel band")
    axes[1, 0].set(ylabel="height (mm)")
    axes[1, 0].legend(ncol=6, fontsize="x-small", loc="lower center", bbox_to_anchor=(0.5, 1.0))
    axes[2, 0].set(ylabel="F0 (Hz)")
    axes[2, 0].legend(fontsize="x-small")
    axes[3, 0].set(ylabel="EMG, right cheek\nbelow mouth (µV)")
    figure.tight_layout()
    figure.savefig(IMAGES / "embedded_movement.png", dpi=80)
    plt.close(figure)


def pictures(recording: Recording) -> None:
    """Six frames of the ultrasound, every second one with its contour, and of the lips."""
    tongue, lips, line = recording["ultrasound"], recording["lips"], recording["contour"]
    fan = embedded.CORPUS.signals["ultrasound"].fan
    assert fan is not None
    figure, axes = plt.subplots(2, 6, figsize=(12, 4.3), layout="constrained")
    for column, frame in enumerate(np.linspace(8, len(tongue) - 9, 6).astype(int)):
        for row, image in enumerate((tongue, lips)):
            axes[row, column].imshow(image[frame], cmap="gray", vmin=0, vmax=255)
            axes[row, column].set_axis_off()
        if column % 2:
            axes[0, column].plot(*(line[frame] / fan[2]).T, color="tab:orange", linewidth=0.8)
        axes[0, column].set_title(f"{frame / rate('lips'):.2f} s", fontsize="small")
    figure.savefig(IMAGES / "embedded_pictures.png", dpi=80)
    plt.close(figure)


def brain(recording: Recording) -> None:
    """High-gamma power of all contacts, most variable first, averaged over 0.1 s."""
    from scipy.signal import butter, sosfiltfilt

    field = recording["seeg"].astype(np.float64)
    band = butter(4, (70, 170), "bandpass", fs=rate("seeg"), output="sos")
    power = sosfiltfilt(band, field, axis=0) ** 2
    block = 51
    count = len(power) // block
    level = np.log(power[: count * block].reshape(count, block, -1).mean(axis=1))
    level -= level.mean(axis=0)
    order = np.argsort(-level.std(axis=0))
    figure, axis = plt.subplots(figsize=(8, 3), layout="constrained")
    extent = (0, count * block / rate("seeg"), level.shape[1], 0)
    shown = axis.imshow(level[:, order].T, aspect="auto", extent=extent, cmap="viridis")
    axis.set(xlabel="time (s)", ylabel="contact, by variation")
    figure.colorbar(shown, label="ln high-gamma power, centred")
    figure.savefig(IMAGES / "embedded_seeg.png", dpi=80)
    plt.close(figure)


def main(folder: Path, wanted: str | None) -> None:
    by_id = {recording.id: recording for recording in embedded.CORPUS.recordings(folder)}
    id = wanted or next(id for id in by_id if f"{id}-silent" in by_id)
    IMAGES.mkdir(parents=True, exist_ok=True)
    movement(by_id[id], by_id[f"{id}-silent"])
    pictures(by_id[id])
    brain(by_id[id])


if __name__ == "__main__":
    given = sys.argv[1:]
    main(Path(given[0]) if given else embedded.FOLDER, given[1] if len(given) > 1 else None)
