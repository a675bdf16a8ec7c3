"""Articulation as SPARC gives it: two forms of its streams on disk, and what is made of them.

Streams at 50 Hz: `ema` (L, 12) in SPARC's own coordinates, `loudness`, `pitch` in Hz and
`periodicity` (L,) or (L, 1). They differ in length by a frame or two, as the parts of SPARC cut
their windows in different ways: all are cut to the shortest.

- `<folder>/sparc-targets/<digest>/<recording>.npz`, made by
  `benchmark/corpora/sparc_targets.py`. One set of settings at a time: two are ambiguous.
- `<i>_audio_clean_ema.pkl` beside the sound, as published code writes it: a pickled dict. Nothing
  of it is run; numpy's arrays are put together here from their shapes and bytes.

Where there is a set of the first form, pickles are not looked at, so that the targets of one corpus
come from one place.
"""

from __future__ import annotations

import io
import pickle
import pickletools
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmark.core import Array, UserError
from benchmark.corpora.io.unpack import DAMAGED_ZIP

CACHE = "sparc-targets"  # below the folder of a corpus
RATE = 50  # Hz
VOICED = 0.4  # least periodicity of a voiced frame
SLACK = 2  # frames by which streams may differ
STRAY = 5  # frames by which they may differ from the sound: 0.1 s
POINTS = ("TD", "TB", "TT", "LI", "UL", "LL")  # tongue dorsum, blade, tip; lower incisor; lips
CHANNELS = (*(point + axis for point in POINTS for axis in "XY"), "loudness", "pitch")
STREAMS: Mapping[str, int] = {"ema": 12, "loudness": 1, "pitch": 1, "periodicity": 1}
MOST = 16 << 20  # bytes of one pickle; ten minutes take 4 MB
MOST_STEPS = 2000  # of a pickle; the published form takes about 150
CODES = {f"{kind}{size}" for kind in "fiu" for size in (1, 2, 4, 8)} - {"f1"} | {"b1"}
STEPS = (  # of the pickle language, that a dict of arrays takes
    "PROTO FRAME STOP MARK EMPTY_DICT EMPTY_LIST EMPTY_TUPLE LIST DICT TUPLE TUPLE1 TUPLE2 TUPLE3 "
    "APPEND APPENDS SETITEM SETITEMS MEMOIZE BINPUT LONG_BINPUT BINGET LONG_BINGET BINUNICODE "
    "SHORT_BINUNICODE BINUNICODE8 BINBYTES SHORT_BINBYTES BINBYTES8 BYTEARRAY8 BININT BININT1 "
    "BININT2 LONG1 BINFLOAT NONE NEWTRUE NEWFALSE GLOBAL STACK_GLOBAL REDUCE BUILD"
)
# What comes of steps that do not fit together.
WRONG = (ValueError, TypeError, AttributeError, LookupError, ArithmeticError, MemoryError)


@dataclass(frozen=True, eq=False)
class Streams:
    """The streams of one recording, equally long, and by how many frames each was cut."""

    ema: Array  # (L, 12) float32
    loudness: Array  # (L,) float32
    pitch: Array  # (L,) float32, Hz
    periodicity: Array  # (L,) float32
    cut: tuple[int, ...]  # in the order of STREAMS


def aligned(place: str, found: Mapping[str, Array], most: int = SLACK) -> Streams:
    """Streams cut to the shortest; UserError for other shapes or types, NaN, or unequal lengths."""
    whole: dict[str, Array] = {}
    for name, width in STREAMS.items():
        stream = np.asarray(found[name]) if name in found else np.zeros(0, object)
        if width == 1 and stream.shape[1:] == (1,):
            stream = stream[:, 0]
        expected = (12,) if width > 1 else ()
        if stream.dtype.kind != "f" or stream.ndim < 1 or stream.shape[1:] != expected:
            got = f"{stream.dtype} {stream.shape}" if name in found else "none"
            raise UserError(f"{place}: expected {name} float (time, {width}), got {got}")
        with np.errstate(over="ignore"):
            whole[name] = stream.astype(np.float32)
        if not np.isfinite(whole[name]).all():
            raise UserError(f"{place}: {name} holds NaN or infinity; make the targets again")
    lengths = [len(stream) for stream in whole.values()]
    shortest = min(lengths)
    if shortest < 1 or max(lengths) - shortest > most:
        told = ", ".join(f"{name} {n}" for name, n in zip(STREAMS, lengths, strict=True))
        raise UserError(f"{place}: expected streams that differ by {most} frames, got {told}")
    short = {name: stream[:shortest] for name, stream in whole.items()}
    return Streams(**short, cut=tuple(n - shortest for n in lengths))


def articulation(streams: Streams) -> Array:
    """(L, 14) float32 at 50 Hz: ema, loudness, pitch."""
    return np.column_stack([streams.ema, streams.loudness, streams.pitch])


def voicing(streams: Streams) -> Array:
    """(L,) uint8 at 50 Hz: 1 where the periodicity is 0.4 or more."""
    return (streams.periodicity >= np.float32(VOICED)).astype(np.uint8)


def sets(folder: Path) -> list[Path]:
    """The sets of targets of a corpus's folder, one for each settings they were made with."""
    return sorted(path for path in (folder / CACHE).glob("[!.]*") if path.is_dir())


def find(folder: Path, id: str, beside: Path, corpus: str, seconds: float) -> Streams:
    """The streams of a recording of so many `seconds`; UserError says how to make them.

    `folder` is the corpus's, `beside` where a pickle would lie.
    """
    made = sets(folder)
    if len(made) > 1:
        names = " and ".join(path.name for path in made)
        raise UserError(f"{folder / CACHE}: expected one set of targets, got {names}; remove one")
    path = made[0] / f"{id}.npz" if made else beside
    if not path.is_file():
        here = f" in {made[0]}" if made else ""
        raise UserError(
            f"{id} has no articulation{here}: run_benchmark.py data targets --corpus {corpus}, "
            "or put pickles beside the audio"
        )
    streams = read_npz(path) if made else read_pickle(path)
    if abs(len(streams.ema) - seconds * RATE) > STRAY:
        raise UserError(
            f"{path}: expected about {seconds * RATE:.0f} frames, as the sound lasts {seconds:.2f} "
            f"s, got {len(streams.ema)}; make the targets again"
        )
    return streams


def read_npz(path: Path) -> Streams:
    """Streams that `sparc_targets` has written; UserError naming the file for all else."""
    try:
        with zipfile.ZipFile(path) as members:
            if sum(member.file_size for member in members.infolist()) > MOST:
                raise UserError(f"{path}: expected at most {MOST} bytes, got more")
        with path.open("rb") as raw, np.lib.npyio.NpzFile(raw, allow_pickle=False) as archive:
            found = {name: np.asarray(archive[name]) for name in STREAMS}
    except (OSError, ValueError, KeyError, MemoryError, *DAMAGED_ZIP) as problem:
        why = f"{type(problem).__name__}: {problem}".splitlines()[0]
        raise UserError(f"{path}: not sound targets ({why}); remove it, make it again") from problem
    return aligned(str(path), found, 0)


def read_pickle(path: Path) -> Streams:
    """Streams of the published form: a pickled dict of numpy arrays, whose code is never run.

    UserError naming the file, and the global if it asks for one that no array needs, for anything
    else: other steps of the pickle language, more than 2000 of them, more than 16 MiB.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MOST + 1)
        if len(content) > MOST:
            raise UserError(f"{path}: expected at most {MOST} bytes, got more")
        _looked_over(path, content)
        found = _Reader(path, content).load()
    except OSError as problem:
        raise UserError(f"{path}: cannot be read ({problem.strerror})") from problem
    except (pickle.UnpicklingError, EOFError, *WRONG) as problem:
        why = f"{type(problem).__name__}: {problem}".splitlines()[0][:120]
        raise UserError(f"{path}: not a pickle of SPARC's streams ({why})") from problem
    if not isinstance(found, dict):
        raise UserError(f"{path}: expected a dict of streams, got another object")
    arrays = {name: found[name].array for name in STREAMS if isinstance(found.get(name), _Array)}
    return aligned(str(path), arrays)


def _looked_over(path: Path, content: bytes) -> None:
    """Refuse what makes reading run code, take long or take room that the file does not have."""
    for number, (step, given, _) in enumerate(pickletools.genops(content)):
        if number == MOST_STEPS:
            raise UserError(f"{path}: expected a pickle of {MOST_STEPS} steps at most, got more")
        if step.name == "GLOBAL":
            _stand_in(path, *str(given).split(" ", 1))
        if step.name not in STEPS.split():
            raise UserError(f"{path}: a pickle of arrays has no step {step.name}; not read")
        if step.name == "LONG_BINPUT" and int(str(given)) > MOST_STEPS:
            raise UserError(f"{path}: a place {given} in its memory; not read")


class _Reader(pickle.Unpickler):
    """Builds what `_stand_in` allows and nothing of anybody else's."""

    def __init__(self, path: Path, content: bytes) -> None:
        super().__init__(io.BytesIO(content))
        self.path = path

    def find_class(self, module: str, name: str) -> Any:
        return _stand_in(self.path, module, name)


class _Dtype:
    """numpy.dtype("f4", align, copy): a number of a known size."""

    def __init__(self, code: str, *_: object) -> None:
        if code not in CODES:
            raise ValueError(f"an array of {code!r}")
        self.code, self.order = code, "|"

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        if state[1] not in ("<", ">", "|", "="):
            raise ValueError(f"a byte order {state[1]!r}")
        self.order = state[1]

    def filled(self, data: bytes, shape: tuple[int, ...]) -> Array:
        flat = np.frombuffer(data, np.dtype(self.order.strip("|") + self.code))
        if any(type(n) is not int or n < 0 for n in shape):
            raise ValueError("an array whose shape is no shape")
        return flat.reshape(shape)


class _Array:
    """numpy.ndarray, and the function that makes an empty one for its state to be filled in."""

    array: Array = np.zeros(0, object)  # until there is a state

    def __init__(self, *_: object) -> None:
        pass

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, shape, dtype, columns_first, data = state
        self._fill(data, dtype, shape, "F" if columns_first else "C")

    def _fill(self, data: bytes, dtype: _Dtype, shape: tuple[int, ...], order: str) -> None:
        if not isinstance(dtype, _Dtype) or not isinstance(data, bytes | bytearray):
            raise TypeError("an array without numbers")
        backwards = shape[::-1] if order == "F" else shape
        array = dtype.filled(bytes(data), backwards)
        self.array = array.T if order == "F" else array


class _Buffer(_Array):
    """numpy._core.numeric._frombuffer(bytes, dtype, shape, order), of protocol 5."""

    def __init__(self, data: bytes, dtype: _Dtype, shape: tuple[int, ...], order: str) -> None:
        self._fill(data, dtype, shape, order)


class _Scalar(_Array):
    """numpy._core.multiarray.scalar(dtype, bytes); none of them is a stream."""

    def __init__(self, dtype: _Dtype, data: bytes) -> None:
        self._fill(data, dtype, (), "C")


ALLOWED: Mapping[tuple[str, str], type] = {
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _Dtype,
    **{
        (f"numpy.{core}.{module}", name): made
        for core in ("core", "_core")
        for module, name, made in (
            ("multiarray", "_reconstruct", _Array),
            ("multiarray", "scalar", _Scalar),
            ("numeric", "_frombuffer", _Buffer),
        )
    },
}


def _stand_in(path: Path, module: str, name: str) -> Any:
    if (made := ALLOWED.get((module, name))) is None:
        raise UserError(f"{path}: a pickle that asks for {module}.{name}; it is not read")
    return made
