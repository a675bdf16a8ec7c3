"""Small networks of convolutions over time whose weights the project brings, in NumPy alone."""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np

from benchmark import storage
from benchmark.core import Array, UserError

Layers: TypeAlias = tuple[tuple[Array, Array], ...]  # weights (out, in, taps), bias (out,)
# What NumPy's reader says of a file that is none of its own, or a broken one, or not there.
DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OSError),
    *(ValueError, KeyError, TypeError, SyntaxError),
)


def applied(layers: Layers, dilations: Sequence[int], inputs: Array) -> Array:
    """Outputs (time, out) for `inputs` (time, in): zeros beyond both ends, ReLU between layers."""
    for place, ((weights, bias), dilation) in enumerate(zip(layers, dilations, strict=True)):
        taps = np.ascontiguousarray(weights.transpose(2, 1, 0))
        margin = dilation * (len(taps) // 2)
        padded = np.pad(inputs, ((margin, margin), (0, 0)))
        starts = range(0, len(taps) * dilation, dilation)
        # In place: arrays of this size are given back to the system each time.
        inputs = padded[: len(inputs)] @ taps[0]
        part = np.empty_like(inputs)
        for start, tap in zip(starts[1:], taps[1:], strict=True):
            inputs += np.matmul(padded[start : start + len(inputs)], tap, out=part)
        inputs += bias
        if place + 1 < len(layers):
            np.maximum(inputs, 0, out=inputs)
    return inputs


def write(path: Path, layers: Layers, more: Mapping[str, Array]) -> None:
    """Write layers, their weights in half precision, and further arrays as .npz."""
    arrays = dict(more)
    for place, (weights, bias) in enumerate(layers):
        arrays |= {f"weights{place}": weights.astype(np.float16), f"bias{place}": bias}
    made = io.BytesIO()
    np.savez_compressed(made, allow_pickle=False, **arrays)
    storage.write_whole(path, made.getvalue())


def read(path: Path, count: int, names: Sequence[str]) -> tuple[Layers, dict[str, Array]]:
    """The `count` layers of a file and the further arrays `names`; one of DAMAGED if it cannot."""
    with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as held:
        layers = tuple(
            (np.asarray(held[f"weights{k}"], np.float32), np.asarray(held[f"bias{k}"], np.float32))
            for k in range(count)
        )
        return layers, {name: np.asarray(held[name]) for name in names}


def compare(path: Path, sha256: str) -> None:
    """UserError unless a file of the project is the one with this digest: scores depend on it."""
    try:
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        found = str(error)
    if found != sha256:
        raise UserError(
            f"{path}: expected the weights with sha256 {sha256}, found {found}; restore the file, "
            "or install SilentBench again"
        )


def unlike(layers: Layers, inputs: int, outputs: int) -> str:
    """What is not as layers from `inputs` to `outputs` have it; nothing where all is."""
    before = inputs
    for place, (weights, bias) in enumerate(layers):
        if weights.ndim != 3 or weights.shape[1] != before or weights.shape[2] % 2 == 0:
            return f"layer {place}: expected weights (any, {before}, odd), found {weights.shape}"
        if bias.shape != weights.shape[:1]:
            return f"layer {place}: expected {len(weights)} biases, found {bias.shape}"
        if not all(np.isfinite(values).all() for values in (weights, bias)):
            return f"layer {place}: expected finite numbers, found others"
        before = len(bias)
    return "" if before == outputs else f"expected {outputs} outputs, found {before}"
