"""Grey pictures of the mouth from the front at 60 frames/s.

Four edges a column (outer and inner, upper and lower) bound skin, lips and mouth; they follow the
lip points' height and protrusion; a shadow under the lower lip moves with the jaw. Inside an open
mouth one sees the upper teeth and, the brighter the higher and the further forward it is, the
tongue tip. The head moves slowly and the camera adds noise. Geometry in round numbers; a drawing,
not a face.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmark.core import Array, Signal
from benchmark.corpora.embedded.sensors.source import Source, sampled
from benchmark.corpora.noise import coloured, generator


@dataclass(frozen=True)
class Parameters:
    version: int = 1
    rate: int = 60  # frames/s
    size: int = 96  # pixels
    scale: float = 0.62  # mm a pixel
    width: float = 24.0  # mm, half of a resting mouth
    rounding: float = 0.035  # part of the width lost with each mm of protrusion
    thickness: tuple[float, float] = (8.0, 10.0)  # mm, of the upper and the lower lip
    chin: float = 21.0  # mm below the middle, where the chin's shadow begins at rest
    contact: float = 0.5  # mm less than the points' distance is open
    motion: float = 0.8  # mm, deviation of head movement, below 1 Hz
    noise: float = 5.0  # grey levels, deviation of camera noise
    session: float = 1.0  # mm, deviation of the camera's place between sessions


PARAMETERS = Parameters()
SIGNALS = {
    "lips": Signal(
        "grey level", "uint8", PARAMETERS.rate, (PARAMETERS.size, PARAMETERS.size), span=255.0
    )
}
BATCH = 64  # frames drawn at a time


def look(speaker: str) -> tuple[float, float, float, float]:
    """Grey of skin and of lips, factor of width and of thickness: the speaker's own."""
    rng = generator(speaker, "face")
    skin = rng.uniform(150, 195)
    return skin, skin - rng.uniform(45, 65), rng.uniform(0.92, 1.08), rng.uniform(0.9, 1.15)


def shape(source: Source, parameters: Parameters) -> dict[str, Array]:
    """Lip measures a frame, each (T,) mm: what `edges` and `mouth` draw from."""
    points = sampled(source.points, source.times(parameters.rate), parameters.rate)
    rest = source.speaker.rest
    upper, lower, tip = points[:, 4], points[:, 5], points[:, 2]
    gap = upper[:, 1] - lower[:, 1] - parameters.contact
    forward = (upper[:, 0] + lower[:, 0]) / 2 - rest[4:6, 0].mean()
    middle = (upper[:, 1] + lower[:, 1]) / 2 - rest[4:6, 1].mean()
    return {
        "gap": np.maximum(gap, 0.0),
        "forward": forward,
        "jaw": points[:, 3, 1] - rest[3, 1],
        "middle": middle,
        "tip": (tip - rest[2]).sum(axis=1),
    }


def edges(source: Source, parameters: Parameters) -> Array:
    """Rows (4, T, 96) float32 of the lips' edges, top to bottom, in pixels."""
    face = shape(source, parameters)
    _, _, wide, thick = look(source.speaker.id)
    count = len(face["gap"])
    rng = generator(source.id, "head")
    head = parameters.motion * coloured(
        rng, (2, count), parameters.rate, lambda f: (f < 1) / (f + 0.2), 8.0
    )
    place = generator(source.session, "camera").standard_normal(2) * parameters.session
    offset = head.T + place
    columns = (np.arange(parameters.size) - (parameters.size - 1) / 2) * parameters.scale
    half = parameters.width * wide * np.clip(1 - parameters.rounding * face["forward"], 0.5, 1.3)
    across = (columns - offset[:, :1]) / half[:, None]
    arch = np.maximum(1 - across**2, 0.0)
    inner = np.maximum(1 - (across / 0.8) ** 2, 0.0)
    bow = 1 - 0.18 * np.maximum(1 - (across / 0.16) ** 2, 0.0)
    pout = (1 + 0.03 * face["forward"])[:, None] * thick
    middle = offset[:, 1:] - face["middle"][:, None]
    opening = face["gap"][:, None] / 2 * inner
    top, bottom = parameters.thickness
    rows = np.stack(
        [
            middle - opening - top * pout * arch * bow,
            middle - opening,
            middle + opening,
            middle + opening + bottom * pout * np.sqrt(arch),
        ]
    )
    pixels = rows / parameters.scale + (parameters.size - 1) / 2
    return np.asarray(pixels, np.float32)


def shadow(jaw: Array, parameters: Parameters) -> Array:
    """Rows (T, 96) float32 where the chin's shadow begins; the jaw's height (T,) is in mm."""
    middle = (parameters.size - 1) / 2
    across = (np.arange(parameters.size) - middle) / parameters.size
    below = (parameters.chin - 1.5 * jaw)[:, None] - 8 * across**2
    return np.asarray(below / parameters.scale + middle, np.float32)


def cover(rows: Array, edge: Array) -> Array:
    """How much of each pixel lies below an edge: 0 to 1, (B, 96, 96), over one pixel's height."""
    return np.clip(rows[None, :, None] - edge[:, None, :] + np.float32(0.5), 0, 1)


def skin(speaker: str, size: int) -> Array:
    """Skin (size, size) float32 with a shade and blotches of the speaker's own."""
    from scipy.ndimage import gaussian_filter

    noise = generator(speaker, "skin").standard_normal((size, size))
    smooth = gaussian_filter(noise, 3, mode="wrap")
    fall = np.linspace(8, -12, size)[:, None]
    return np.asarray(np.round(look(speaker)[0] + fall + 4 * smooth / smooth.std()), np.float32)


def camera(rng: np.random.Generator, shape: tuple[int, int, int], level: float) -> Array:
    """Noise of four summed bytes, about Gaussian, of deviation `level`; float32."""
    words = rng.integers(0, 2**32, shape, dtype=np.uint32)
    bytes_ = words.view(np.uint8).reshape(*shape, 4)
    total = bytes_[..., 0].astype(np.float32)
    for k in (1, 2, 3):
        total += bytes_[..., k]
    return (total - np.float32(510)) * np.float32(level / 147.8)


def lips(source: Source, parameters: Parameters = PARAMETERS) -> Array:
    """(T, 96, 96) uint8 at 60 frames/s."""
    face = shape(source, parameters)
    lines = edges(source, parameters)
    base = skin(source.speaker.id, parameters.size)
    tint = np.float32(look(source.speaker.id)[1])
    rng = generator(source.id, "camera")
    rows = np.arange(parameters.size, dtype=np.float32)
    mm = np.float32(1 / parameters.scale)
    chin = shadow(face["jaw"], parameters)
    teeth = np.minimum(0.4 * face["gap"], 3.0).astype(np.float32)[:, None] * mm
    tongue = np.clip(60 + 8 * face["tip"], 35, 120).astype(np.float32)[:, None, None]
    out = np.empty((len(teeth), parameters.size, parameters.size), np.uint8)
    for start in range(0, len(out), BATCH):
        part = slice(start, start + BATCH)
        a, b, c, d = lines[:, part]
        below = [cover(rows, edge) for edge in (a, b, c, d)]
        shade = tint + 14 * (below[0] - below[1]) * np.float32(0.3)
        grey = base + (shade - base) * (below[0] - below[3])
        inside = below[1] - below[2]
        grey -= np.float32(28) * cover(rows, chin[part])
        dark = np.float32(30) + (tongue[part] - 30) * cover(rows, (b + 2 * c) / 3)
        dark += (np.float32(190) - dark) * (1 - cover(rows, b + teeth[part]))
        grey += (dark - grey) * inside
        grey += camera(rng, grey.shape, parameters.noise)
        out[part] = np.clip(grey, 0, 255)
    return out
