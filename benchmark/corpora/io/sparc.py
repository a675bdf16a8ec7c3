"""Articulation as SPARC gives it: two forms of its streams on disk, and what is made of them.

Streams at 50 Hz: `ema` (L, 12) in SPARC's own coordinates, `loudness`, `pitch` in Hz and
`periodicity` (L,) or (L, 1). They differ in length by a frame or two, as the parts of SPARC cut
their windows in different ways: all are cut to the shortest.

- `<folder>/sparc-targets/<digest>/<recording>.npz`, made by
  `benchmark/corpora/sparc_targets.py`. One set of settings at a time: two are ambiguous. Files
  hold the speaker's embedding and the statistics of pitch as well; older ones have neither, and
  are read all the same.
- `<i>_audio_clean_ema.pkl` beside the sound, as published code writes it: a pickled dict, of
  which only arrays are built.

Where there is a set of the first form, pickles are not looked at, so that the targets of one corpus
come from one place.
"""

from __future__ import annotations

import pickle
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
# Of the whole recording, under SPARC's own names; None: of any length.
WHOLE: Mapping[str, int | None] = {"spk_emb": None, "pitch_stats": 2}
MOST = 16 << 20  # bytes of one pickle; ten minutes take 4 MB
ALLOWED = {
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "scalar"),
    ("numpy._core.numeric", "_frombuffer"),  # of protocol 5
}
# What unpickling raises where the steps of a pickle do not fit together.
WRONG = (ValueError, TypeError, AttributeError, LookupError, ArithmeticError, MemoryError)


@dataclass(frozen=True, eq=False)
class Streams:
    """The streams of one recording, equally long, and by how many frames each was cut."""

    ema: Array  # (L, 12) float32
    loudness: Array  # (L,) float32
    pitch: Array  # (L,) float32, Hz
    periodicity: Array  # (L,) float32
    cut: tuple[int, ...]  # in the order of STREAMS
    # What SPARC's decoder and its conversion of voices need besides; None in older files.
    spk_emb: Array | None = None  # (E,) float32: the speaker, 64 numbers with the model en+
    pitch_stats: Array | None = None  # (2,) float32, Hz: mean and deviation, by periodicity


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
    whole.update({name: _of_whole(place, name, found[name]) for name in WHOLE if name in found})
    more = {name: whole[name] for name in WHOLE if name in whole}
    return Streams(**short, cut=tuple(n - shortest for n in lengths), **more)


def _of_whole(place: str, name: str, found: Array) -> Array:
    """What SPARC says of a whole recording, float32 (n,); UserError for anything else."""
    array, length = np.asarray(found), WHOLE[name]
    fits = array.dtype.kind == "f" and array.ndim == 1 and 0 < len(array) == (length or len(array))
    if not fits or not np.isfinite(array).all():
        shown = "NaN or infinity" if fits else f"{array.dtype} {array.shape}"
        raise UserError(f"{place}: expected {name} finite float ({length or 'n'},), got {shown}")
    return array.astype(np.float32)


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
            f"{id} has no articulation{here}: silentbench data targets {corpus}, "
            "or put pickles beside the audio"
        )
    streams = read_npz(path) if made else read_pickle(path)
    if abs(len(streams.ema) - seconds * RATE) > STRAY:
        raise UserError(
            f"{path}: expected about {seconds * RATE:.0f} frames, as the sound lasts {seconds:.2f} "
            f"s, got {len(streams.ema)}; make the targets again"
        )
    return streams


def speaker(folder: Path, id: str, corpus: str) -> Array:
    """(E,) float32: the embedding of the speaker of a recording, as SPARC heard it there.

    `folder` is the corpus's. UserError says how to have it made: pickles beside the sound are not
    looked at, and files of before have none.
    """
    made, again = sets(folder), f"silentbench data targets {corpus}"
    paths = [path for place in made if (path := place / f"{id}.npz").is_file()]
    if len(paths) != 1:
        found = f"{len(paths)} files" if paths else f"none in {folder / CACHE}"
        raise UserError(f"{id}: expected one file of SPARC's targets, got {found}: {again}")
    if (embedding := read_npz(paths[0]).spk_emb) is None:
        raise UserError(
            f"{paths[0]} was made before the speaker's embedding was kept, without which nothing "
            f"can be decoded; remove the file and make it again: {again}"
        )
    return embedding


def read_npz(path: Path) -> Streams:
    """Streams that `sparc_targets` has written; UserError naming the file for all else."""
    try:
        with zipfile.ZipFile(path) as members:
            if sum(member.file_size for member in members.infolist()) > MOST:
                raise UserError(f"{path}: expected at most {MOST} bytes, got more")
        with path.open("rb") as raw, np.lib.npyio.NpzFile(raw, allow_pickle=False) as archive:
            there = (*STREAMS, *(name for name in WHOLE if name in archive))
            found = {name: np.asarray(archive[name]) for name in there}
    except (OSError, ValueError, KeyError, MemoryError, *DAMAGED_ZIP) as problem:
        why = f"{type(problem).__name__}: {problem}".splitlines()[0]
        raise UserError(f"{path}: not sound targets ({why}); remove it, make it again") from problem
    return aligned(str(path), found, 0)


def read_pickle(path: Path) -> Streams:
    """Streams of the published form: a pickled dict of numpy arrays.

    UserError naming the file for anything else, for more than 16 MiB, and for a pickle that asks
    for a function or class that no array needs: none of it is imported or run.
    """
    try:
        if path.stat().st_size > MOST:
            raise UserError(f"{path}: expected at most {MOST} bytes, got more")
        with path.open("rb") as file:
            content = _ArraysOnly(file).load()
    except OSError as problem:
        raise UserError(f"{path}: cannot be read ({problem.strerror})") from problem
    except (pickle.UnpicklingError, EOFError, *WRONG) as problem:
        why = f"{type(problem).__name__}: {problem}".splitlines()[0][:120]
        raise UserError(f"{path}: not a pickle of SPARC's streams ({why})") from problem
    if not isinstance(content, dict):
        raise UserError(f"{path}: expected a dict of streams, got another object")
    names = (*STREAMS, *WHOLE)
    arrays = {n: content[n] for n in names if isinstance(content.get(n), np.ndarray)}
    return aligned(str(path), arrays)


class _ArraysOnly(pickle.Unpickler):
    """Finds what numpy's arrays and numbers are made with, and refuses all other names."""

    def find_class(self, module: str, name: str) -> Any:
        module = module.replace("numpy.core.", "numpy._core.")  # its name before numpy 2
        if (module, name) not in ALLOWED:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        return super().find_class(module, name)
