"""Pictures within plots: PNG with a palette, as small as it gets without another pixel."""

from __future__ import annotations

import base64
import io
import struct
import zlib

import numpy as np

from benchmark.core import Array

MOST_COLOURS = 256  # of a palette
SIGNATURE = b"\x89PNG\r\n\x1a\n"
PALETTE = 3  # the type of PNG whose pixels are indices
LUMA = 0.299, 0.587, 0.114  # of red, green and blue


def indexed(encoded: str) -> str:
    """A PNG in base64 -> the same picture with an index into a palette for each pixel.

    Unchanged where it has too many colours for that, which those of a colour map never are, or
    transparent parts, or where that is shorter.
    """
    from PIL import Image

    picture = np.asarray(Image.open(io.BytesIO(base64.b64decode(encoded))).convert("RGBA"))
    colours, index = np.unique(picture.reshape(-1, 4), axis=0, return_inverse=True)
    if len(colours) > MOST_COLOURS or (colours[:, 3] < 255).any():
        return encoded
    # From dark to light, so that what looks alike has numbers that are near each other.
    order = np.argsort(colours[:, :3] @ np.array(LUMA), kind="stable")
    pixels = np.argsort(order)[index].reshape(picture.shape[:2])
    made = base64.b64encode(_png(pixels, colours[order, :3])).decode()
    return min(made, encoded, key=len)


def _png(pixels: Array, palette: Array) -> bytes:
    """Indices (height, width) into a palette (colours, 3) as the smallest of some files.

    Pillow writes indices as they are; of spectrograms, what differs from the neighbours is a third
    smaller.
    """
    height, width = pixels.shape
    header = struct.pack(">IIBBBBB", width, height, 8, PALETTE, 0, 0, 0)
    packed = min((_deflated(lines) for lines in _filtered(pixels)), key=len)
    parts = ((b"IHDR", header), (b"PLTE", palette.astype(np.uint8).tobytes()), (b"IDAT", packed))
    return SIGNATURE + b"".join(_chunk(*part) for part in (*parts, (b"IEND", b"")))


def _chunk(kind: bytes, content: bytes) -> bytes:
    sum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", sum)


def _deflated(lines: bytes) -> bytes:
    made = zlib.compressobj(9, zlib.DEFLATED, 15, 9, zlib.Z_FILTERED)
    return made.compress(lines) + made.flush()


def _filtered(pixels: Array) -> list[bytes]:
    """The lines as they are, less the pixel to the left, and less Paeth's guess (PNG, part 9)."""
    here = pixels.astype(np.int16)
    padded = np.pad(here, ((1, 0), (1, 0)))
    left, up, corner = padded[1:, :-1], padded[:-1, 1:], padded[:-1, :-1]
    to_left, to_up, to_corner = (abs(left + up - corner - near) for near in (left, up, corner))
    nearest = np.where(to_up <= to_corner, up, corner)
    paeth = np.where((to_left <= to_up) & (to_left <= to_corner), left, nearest)
    guesses = {0: np.zeros_like(here), 1: left, 4: paeth}  # by their numbers in PNG
    return [
        np.insert((here - guess) % 256, 0, number, axis=1).astype(np.uint8).tobytes()
        for number, guess in guesses.items()
    ]
