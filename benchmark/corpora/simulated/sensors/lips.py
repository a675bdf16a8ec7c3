"""Grey pictures of the mouth from the front at 60 frames/s.

Four edges a column (outer and inner, upper and lower) bound skin, lips and mouth; they follow the
lip points' height and protrusion; a shadow under the lower lip moves with the jaw. Inside an open
mouth one sees the upper teeth and, where it is, the tongue: its tip's height is an edge between
dark cavity and tongue, which upper teeth and lips hide as they would, and it is the brighter, the
further forward it is. The head moves slowly and the camera adds noise. Geometry in round numbers; a
drawing, not a face.

What is a talker's own (face, size of the mouth), a session's (place of the camera) and a
recording's (movement of the head, noise) depends on the corpus's seed. The camera's noise is read
from one long draw a recording, each frame from a place of its own. Only the part of a picture in
which something can be is drawn: face, lips and mouth are each a band of rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmark.core import Array, Signal
from benchmark.corpora.noise import coloured
from benchmark.corpora.simulated.sensors.source import Source, limited, sampled


@dataclass(frozen=True)
class Parameters:
    version: int = 5
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
BATCH = 32  # frames drawn at a time, few enough for a processor's cache
DRAWN = 1 << 17  # values of camera noise a recording


def look(source: Source) -> tuple[float, float, float, float]:
    """Grey of skin and of lips, factor of width and of thickness: the talker's own."""
    rng = source.of_talker("face")
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
        "height": tip[:, 1] - (upper[:, 1] + lower[:, 1]) / 2,
        "advance": tip[:, 0] - rest[2, 0],
    }


def edges(source: Source, parameters: Parameters) -> Array:
    """Rows (4, T, 96) float32 of the lips' edges, top to bottom, in pixels."""
    face = shape(source, parameters)
    _, _, wide, thick = look(source)
    count = len(face["gap"])
    rng = source.random("head")
    head = parameters.motion * coloured(
        rng, (2, count), parameters.rate, lambda f: (f < 1) / (f + 0.2), 8.0
    )
    place = source.of_session("camera").standard_normal(2) * parameters.session
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


def camera(rng: np.random.Generator, count: int, level: float) -> Array:
    """Noise (count,) float32 of four summed bytes, about Gaussian, of deviation `level`."""
    words = rng.integers(0, 2**32, count, dtype=np.uint32)
    bytes_ = words.view(np.uint8).reshape(count, 4)
    total = bytes_[..., 0].astype(np.float32)
    for k in (1, 2, 3):
        total += bytes_[..., k]
    return (total - np.float32(510)) * np.float32(level / 147.8)


def lips(source: Source, parameters: Parameters = PARAMETERS) -> Array:
    """(T, 96, 96) uint8 at 60 frames/s."""
    face, lines = shape(source, parameters), edges(source, parameters)
    chin = shadow(face["jaw"], parameters)
    rng = source.random("camera")
    noise = np.rint(camera(rng, DRAWN, parameters.noise)).astype(np.int8)
    size, count = parameters.size, len(chin)
    base, tint = skin(source, size)[:, None], np.float32(look(source)[1])
    starts = rng.integers(0, DRAWN - size * size, count)
    out = np.empty((count, size, size), np.uint8)
    for first in range(0, count, BATCH):
        part = slice(first, first + BATCH)
        here = {name: values[part] for name, values in face.items()}
        grey = drawn(base, tint, lines[:, part], chin[part], here, parameters)
        out[part] = grey.swapaxes(0, 1)
    # Bytes wrap around, so negative noise may be added as what it is modulo 256; no sum is beyond
    # a byte, since nothing is so dark or so bright: see `skin`.
    for picture, start in zip(out.reshape(count, -1), starts.tolist(), strict=True):
        picture += noise[start : start + size * size].view(np.uint8)
    return out


def drawn(
    base: Array,
    tint: np.float32,
    lines: Array,
    chin: Array,
    face: dict[str, Array],
    parameters: Parameters,
) -> Array:
    """(96, B, 96) float32: pictures without noise of B frames, row by row.

    `base` (96, 1, 96) is the skin and `tint` the grey of the lips; `lines` (4, B, 96) and `chin`
    (B, 96) are the frames' edges, `face` their measures. Rows come first, so that what is done to a
    band of rows lies in one piece.
    """
    size, mm = parameters.size, np.float32(1 / parameters.scale)
    grey = np.repeat(base, len(chin), axis=1)
    upper, above, below, lower = lines
    rows, band = window(upper, lower, size)
    outer = cover(rows, upper)
    shade = outer - cover(rows, above)
    shade *= np.float32(14 * 0.3)
    shade += tint
    shade -= base[band]
    outer -= cover(rows, lower)
    shade *= outer
    grey[band] += shade
    rows, band = window(chin, np.full_like(chin, size), size)
    grey[band] -= np.float32(28) * cover(rows, chin)
    open_ = np.flatnonzero((below > above).any(axis=0))
    if not open_.size:
        return grey
    wide = slice(int(open_[0]), int(open_[-1]) + 1)
    above, below = above[:, wide], below[:, wide]
    rows, band = window(above, below, size)
    teeth = np.minimum(0.4 * face["gap"], 3.0).astype(np.float32)[:, None] * mm
    tip = np.clip(80 + 8 * face["advance"], 45, 130).astype(np.float32)[:, None]
    height = face["height"].astype(np.float32)[:, None] * mm
    dark = 30 + (tip - 30) * cover(rows, (above + below) / 2 - height)
    dark += (190 - dark) * (1 - cover(rows, above + teeth))
    mouth = grey[band, :, wide]
    mouth += (dark - mouth) * (cover(rows, above) - cover(rows, below))
    return grey


def skin(source: Source, size: int) -> Array:
    """Skin (size, size) float32 with a shade and blotches of the talker's own.

    It is nowhere near black or white. The mouth, lips and shadows are 30 to 190 grey levels, so
    noise, which is less than 20, keeps pictures between 0 and 255.
    """
    from scipy.ndimage import gaussian_filter

    noise = source.of_talker("skin").standard_normal((size, size))
    smooth = gaussian_filter(noise, 3, mode="wrap")
    fall = np.linspace(8, -12, size)[:, None]
    made = np.round(look(source)[0] + fall + 4 * smooth / smooth.std())
    return np.asarray(np.clip(made, 70, 230), np.float32)


def window(above: Array, below: Array, size: int) -> tuple[Array, slice]:
    """Rows (R,) float32, and their slice, that lie between two edges anywhere, or on one."""
    first = max(0, int(np.floor(above.min())) - 1)
    last = min(size, int(np.ceil(below.max())) + 2)
    return np.arange(first, max(first, last), dtype=np.float32), slice(first, max(first, last))


def cover(rows: Array, edge: Array) -> Array:
    """How much of each pixel lies below an edge (B, C): 0 to 1, (R, B, C) float32."""
    below = np.subtract.outer(rows, np.ascontiguousarray(edge))
    below += np.float32(0.5)
    return limited(below.reshape(len(rows), edge.size), 0, 1).reshape(below.shape)
