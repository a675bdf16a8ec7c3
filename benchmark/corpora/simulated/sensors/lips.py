"""Grey pictures of the mouth from the front at 60 frames/s, as the embedded corpus draws them.

Other than there, the tongue is seen through the open mouth where it is: its tip's height is an
edge between dark cavity and tongue, which upper teeth and lips hide as they would, and it is the
brighter, the further forward it is.

What is a talker's own (face, size of the mouth), a session's (place of the camera) and a
recording's (movement of the head, noise) depends on the corpus's seed. The camera's noise is read
from one long draw a recording, each frame from a place of its own. Only the part of a picture in
which something can be is drawn: face, lips and mouth are each a band of rows.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np

from benchmark.core import Array
from benchmark.corpora.embedded.sensors import lips as plain
from benchmark.corpora.embedded.sensors import source as plain_source
from benchmark.corpora.simulated.sensors.source import Source, limited

PARAMETERS = replace(plain.PARAMETERS, version=3)
SIGNALS = plain.SIGNALS
DRAWN = 1 << 17  # values of camera noise a recording
BATCH = 32  # frames drawn at a time, few enough for a processor's cache


def under_seed(source: Source) -> plain_source.Source:
    """The recording for functions that draw by the names of recording, session and talker.

    The names hold the corpus's seed, and a session's that of its talker.
    """
    talker = f"{source.seed}/talker/{source.speaker.id}"
    return replace(
        source,
        id=f"{source.seed}/{source.id}",
        session=f"{talker}/{source.session}",
        speaker=replace(source.speaker, id=talker),
    )


def lips(source: Source, parameters: plain.Parameters = PARAMETERS) -> Array:
    """(T, 96, 96) uint8 at 60 frames/s."""
    named = under_seed(source)
    face = plain.shape(named, parameters) | tongue(source, parameters)
    lines = plain.edges(named, parameters)
    chin = plain.shadow(face["jaw"], parameters)
    rng = source.random("camera")
    noise = np.rint(plain.camera(rng, (1, 1, DRAWN), parameters.noise)).astype(np.int8).ravel()
    size, count = parameters.size, len(chin)
    starts = rng.integers(0, DRAWN - size * size, count)
    out = np.empty((count, size, size), np.uint8)
    for first in range(0, count, BATCH):
        part = slice(first, first + BATCH)
        grey = drawn(named.speaker.id, lines[:, part], chin[part], face, part, parameters)
        out[part] = grey.swapaxes(0, 1)
    # Bytes wrap around, so negative noise may be added as what it is modulo 256; no sum is beyond
    # a byte, since nothing is so dark or so bright: see `skin`.
    for picture, start in zip(out.reshape(count, -1), starts.tolist(), strict=True):
        picture += noise[start : start + size * size].view(np.uint8)
    return out


def tongue(source: Source, parameters: plain.Parameters = PARAMETERS) -> dict[str, Array]:
    """Where the tongue's tip is, each (T,) mm: height above the mouth's middle, way forward."""
    points = plain_source.sampled(source.points, source.times(parameters.rate), parameters.rate)
    tip, lips = points[:, 2], (points[:, 4] + points[:, 5]) / 2
    return {
        "height": tip[:, 1] - lips[:, 1],
        "advance": tip[:, 0] - source.speaker.rest[2, 0],
    }


def drawn(
    talker: str,
    lines: Array,
    chin: Array,
    face: dict[str, Array],
    part: slice,
    parameters: plain.Parameters,
) -> Array:
    """(96, B, 96) float32: pictures without noise of the frames `part`, row by row.

    `lines` (4, B, 96) and `chin` (B, 96) are those frames' edges, `face` the whole recording's
    measures. Rows come first, so that what is done to a band of rows lies in one piece.
    """
    size, mm = parameters.size, np.float32(1 / parameters.scale)
    base, tint = skin(talker, size)
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
    teeth = np.minimum(0.4 * face["gap"][part], 3.0).astype(np.float32)[:, None] * mm
    tip = np.clip(80 + 8 * face["advance"][part], 45, 130).astype(np.float32)[:, None]
    height = face["height"][part].astype(np.float32)[:, None] * mm
    dark = 30 + (tip - 30) * cover(rows, (above + below) / 2 - height)
    dark += (190 - dark) * (1 - cover(rows, above + teeth))
    mouth = grey[band, :, wide]
    mouth += (dark - mouth) * (cover(rows, above) - cover(rows, below))
    return grey


@lru_cache(maxsize=16)
def skin(talker: str, size: int) -> tuple[Array, np.float32]:
    """Skin (size, 1, size) float32 as `plain.skin`, and grey of lips, of all frames of a talker.

    The skin is nowhere near black or white. Mouth, lips and shadows are 30 to 190 grey levels, so
    noise, which is less than 20, keeps pictures between 0 and 255.
    """
    made = np.clip(plain.skin(talker, size), 70, 230)[:, None]
    made.flags.writeable = False
    return made, np.float32(plain.look(talker)[1])


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
