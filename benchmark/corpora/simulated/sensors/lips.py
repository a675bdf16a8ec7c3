"""Grey pictures of the mouth from the front at 60 frames/s, as the embedded corpus draws them.

What is a talker's own (face, size of the mouth), a session's (place of the camera) and a
recording's (movement of the head, noise) depends on the corpus's seed. The camera's noise is read
from one long draw a recording, each frame from a place of its own. Only the part of a picture in
which something can be is drawn: face, lips and mouth are each a band of rows.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from benchmark.core import Array
from benchmark.corpora.embedded.sensors import lips as plain
from benchmark.corpora.embedded.sensors import source as plain_source
from benchmark.corpora.simulated.sensors.source import Source

PARAMETERS = replace(plain.PARAMETERS, version=2)
SIGNALS = plain.SIGNALS
DRAWN = 1 << 17  # values of camera noise a recording


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
    face, lines = plain.shape(named, parameters), plain.edges(named, parameters)
    chin = plain.shadow(face["jaw"], parameters)
    rng = source.random("camera")
    noise = plain.camera(rng, (1, 1, DRAWN), parameters.noise).ravel()
    size, count = parameters.size, len(chin)
    starts = rng.integers(0, DRAWN - size * size, count)
    out = np.empty((count, size, size), np.uint8)
    for first in range(0, count, plain.BATCH):
        part = slice(first, first + plain.BATCH)
        grey = drawn(named.speaker.id, lines[:, part], chin[part], face, part, parameters)
        for picture, start in zip(grey, starts[part], strict=True):
            picture += noise[start : start + size * size].reshape(size, size)
        np.clip(grey, 0, 255, out=grey)
        out[part] = grey
    return out


def drawn(
    talker: str,
    lines: Array,
    chin: Array,
    face: dict[str, Array],
    part: slice,
    parameters: plain.Parameters,
) -> Array:
    """(B, 96, 96) float32: pictures without noise, of the frames `part` of a recording.

    `lines` (4, B, 96) and `chin` (B, 96) are those frames' edges, `face` the whole recording's
    measures.
    """
    size, mm = parameters.size, np.float32(1 / parameters.scale)
    base, tint = plain.skin(talker, size), np.float32(plain.look(talker)[1])
    grey = np.repeat(base[None], len(chin), axis=0)
    upper, above, below, lower = lines
    rows, band = window(upper, lower, size)
    a, b, d = (plain.cover(rows, lines[k]) for k in (0, 1, 3))
    grey[:, band] += (tint + np.float32(14 * 0.3) * (a - b) - base[band]) * (a - d)
    rows, band = window(chin, np.full_like(chin, size), size)
    grey[:, band] -= np.float32(28) * plain.cover(rows, chin)
    open_ = np.flatnonzero((below > above).any(axis=0))
    if not open_.size:
        return grey
    wide = slice(int(open_[0]), int(open_[-1]) + 1)
    above, below = above[:, wide], below[:, wide]
    rows, band = window(above, below, size)
    teeth = np.minimum(0.4 * face["gap"][part], 3.0).astype(np.float32)[:, None] * mm
    tip = np.clip(60 + 8 * face["tip"][part], 35, 120).astype(np.float32)[:, None, None]
    dark = 30 + (tip - 30) * plain.cover(rows, (above + 2 * below) / 3)
    dark += (190 - dark) * (1 - plain.cover(rows, above + teeth))
    mouth = grey[:, band, wide]
    mouth += (dark - mouth) * (plain.cover(rows, above) - plain.cover(rows, below))
    return grey


def window(above: Array, below: Array, size: int) -> tuple[Array, slice]:
    """Rows (R,) float32, and their slice, that lie between two edges anywhere, or on one."""
    first = max(0, int(np.floor(above.min())) - 1)
    last = min(size, int(np.ceil(below.max())) + 2)
    return np.arange(first, max(first, last), dtype=np.float32), slice(first, max(first, last))
