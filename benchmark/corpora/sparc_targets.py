"""Make articulation out of sound: SPARC's streams of every recording of a corpus that can be heard.

SPARC (Cho et al. 2024, arXiv:2406.12998) estimates at 50 Hz how the articulators moved, how loud
and how high the voice was. It is the package `speech-articulatory-coding`, which is imported as
`sparc`; what the registry calls `sparc` is something else. The package needs torchaudio, and its
weights and those of WavLM come from Hugging Face.

One file a recording, `<cache>/<digest of the settings>/<recording>.npz`: the four streams, equally
long, the speaker's embedding and the statistics of pitch, and as text what made them. Files that
are there are left alone, so that an interrupted run resumes; `benchmark/corpora/io/sparc.py` reads
them. Those of before have no embedding: their streams are the same, so they belong to the same set.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import io
import json
import pickle
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmark import storage
from benchmark.core import Array, Corpus, Recording, UserError
from benchmark.corpora.io import sparc

PACKAGE = "speech-articulatory-coding"
MODEL = "en+"
CACHE = sparc.CACHE
FORMAT = 1  # of the files
RATE = 16000  # Hz, of the sound
INSTALL = f"pip install {PACKAGE}==0.1.0"
# Of imports and downloads that fail: no module, no shared library, no file, no network, no room.
MISSING = (ImportError, OSError, RuntimeError, ValueError, KeyError, pickle.UnpicklingError)

Tell = Callable[[str], None]
Encode = Callable[[Array], Mapping[str, Array]]


@dataclass(frozen=True)
class Summary:
    """What was done: recordings made, there before, without a sound of their own, and failed."""

    folder: Path
    made: int
    kept: int
    without: int
    cut: Mapping[int, int]  # so many of those made had so many frames cut from their longest stream
    failed: tuple[str, ...]  # a sentence each

    def line(self) -> str:
        """All of it in a sentence."""
        cut = ", ".join(f"{frames} of {number}" for frames, number in sorted(self.cut.items()))
        return (
            f"{self.made} made, {self.kept} there before, {self.without} without sound, "
            f"{len(self.failed)} failed; frames cut: {cut or 'none'}; in {self.folder}"
        )


def sparc_available() -> str:
    """Nothing where the package can be imported, else a line that says why not and what to do.

    Whether its weights can be had shows only when they are asked for.
    """
    try:
        importlib.metadata.version(PACKAGE)
    except importlib.metadata.PackageNotFoundError:
        return f"{PACKAGE} is not installed: {INSTALL} (the package called sparc is something else)"
    try:
        importlib.import_module("sparc").load_model  # noqa: B018
    except (*MISSING, AttributeError) as problem:
        return f"{PACKAGE} is installed and cannot be imported ({first_line(problem)})"
    return ""


def settings() -> dict[str, Any]:
    """What the streams depend on, besides the sound."""
    return {
        "model": MODEL,
        "package": PACKAGE,
        "version": importlib.metadata.version(PACKAGE),
        "rate": sparc.RATE,
        "format": FORMAT,
    }


def make(corpus: Corpus, folder: Path, cache: Path, tell: Tell) -> Summary:
    """Write the streams of every recording in `folder` that was spoken aloud and is not there yet.

    `cache` is `folder / _sparc.CACHE`, where the corpus looks for them. `tell` gets a line for each
    recording. A recording that cannot be encoded is named in the summary, and the others are made;
    mixtures, whose ids hold a `+`, are made of others and have none. UserError where there is no
    sound of 16 kHz in the corpus, no package, no weights, and where nothing can be written.
    """
    sound = corpus.signals.get("audio")
    if sound is None or sound.rate != RATE:
        raise UserError(f"{corpus.name}: expected a signal audio at {RATE} Hz to make targets of")
    if why := sparc_available():
        raise UserError(why)
    place = cache / storage.digest(settings())[:16]
    # Of mixtures nobody wants to know how they were articulated.
    everything = [one for one in corpus.recordings(folder) if "+" not in one.id]
    heard = [one for one in everything if _is_heard(corpus, one)]
    missing = [one for one in heard if not (place / f"{one.id}.npz").exists()]
    cut: Counter[int] = Counter()
    failed = []
    encode = _encoder(place, tell) if missing else None
    for number, one in enumerate(missing, start=1):
        assert encode is not None
        try:
            streams, samples = _encoded(one, encode)
        except UserError as problem:
            failed.append(str(problem))
        else:
            _write(place / f"{one.id}.npz", _packed(streams, samples))
            cut[max(streams.cut)] += 1
        tell(f"{number} of {len(missing)}: {one.id}")
    made, kept = len(missing) - len(failed), len(heard) - len(missing)
    return Summary(place, made, kept, len(everything) - len(heard), dict(cut), tuple(failed))


def _is_heard(corpus: Corpus, recording: Recording) -> bool:
    return corpus.facets(recording.id).get("manner") != "silent"


def _encoded(recording: Recording, encode: Encode) -> tuple[sparc.Streams, int]:
    """The streams of a recording, and how many samples of sound they were made of."""
    audio = np.asarray(recording["audio"], np.float32)
    if audio.min() == audio.max():
        raise UserError(f"{recording.id}: expected sound, got silence; SPARC cannot scale it")
    try:
        found = encode(audio)
    except (RuntimeError, ValueError, TypeError, LookupError) as problem:
        raise UserError(
            f"{recording.id}: SPARC could not encode it ({first_line(problem)})"
        ) from problem
    names = (*sparc.STREAMS, *sparc.WHOLE)
    arrays = {name: np.asarray(found[name]) for name in names if name in found}
    return sparc.aligned(f"{recording.id} (SPARC)", arrays), len(audio)


def _write(path: Path, content: bytes) -> None:
    try:
        storage.write_whole(path, content)
    except OSError as problem:
        raise UserError(
            f"{path}: cannot be written ({problem.strerror}); make a folder of your own with links "
            "to the folders of the corpus, and prepare that"
        ) from problem


def _packed(streams: sparc.Streams, samples: int) -> bytes:
    content = io.BytesIO()
    names = (*sparc.STREAMS, *sparc.WHOLE)
    arrays: dict[str, Any] = {n: a for n in names if (a := getattr(streams, n)) is not None}
    np.savez_compressed(
        content,
        **arrays,
        cut=np.array(streams.cut),
        samples=np.array(samples),
        settings=np.array(json.dumps(settings(), sort_keys=True)),
    )
    return content.getvalue()


def _encoder(place: Path, tell: Tell) -> Encode:
    """SPARC's encoder; what made the streams is written down in `place` first.

    Where that fails, nothing need be run.
    """
    _write(place / "settings.json", json.dumps(settings(), indent=1).encode())
    encode: Encode = load(tell).encode
    return encode


def load(tell: Tell) -> Any:
    """SPARC, on the accelerator where there is one; UserError without package or weights."""
    import torch

    if why := sparc_available():
        raise UserError(why)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    tell(f"loading {PACKAGE} {MODEL} on {device}")
    try:
        with _loading_on(device):
            return importlib.import_module("sparc").load_model(MODEL, device=device)
    except MISSING as problem:
        raise UserError(
            f"the weights of {PACKAGE} {MODEL} cannot be had ({first_line(problem)}); they come "
            "from Hugging Face: is there a network, and is HF_HUB_OFFLINE not set?"
        ) from problem


@contextmanager
def _loading_on(device: str) -> Iterator[None]:
    """Have `torch.load` put all on one device, whatever the device it was saved on.

    The package names none, so that what was saved on an accelerator loads nowhere else.
    """
    import torch

    whole = torch.load

    def load(*given: Any, **named: Any) -> Any:
        if len(given) < 2:
            named.setdefault("map_location", device)
        return whole(*given, **named)

    torch.load = load
    try:
        yield
    finally:
        torch.load = whole


def first_line(problem: BaseException) -> str:
    said = f"{type(problem).__name__}: {problem}".strip()
    return said.splitlines()[0][:160]
