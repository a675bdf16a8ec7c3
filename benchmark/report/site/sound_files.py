"""Sounds beside the pages of a site: FLAC, those that stand side by side of one mean level.

A file is named by its content, so pages that let the same sound be heard share it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmark import storage
from benchmark.core import Array
from benchmark.report.listening.sounds import Sound, encoded

FOLDER = "examples"  # of a site
LEVEL = 0.05  # root mean square that sounds are brought to, of full scale
HIGHEST = 0.99  # of full scale: no peak clips
MOST = 1e100  # whose square is finite
ABOUT = (
    "All sounds of a recording have the same mean level; one whose peaks are too high for it is"
    " quieter."
)
USED = re.compile(r'src="([0-9a-f]+\.flac)"')


@dataclass(frozen=True)
class SoundFile:
    name: str
    content: bytes


def levelled(sounds: Sequence[Sound]) -> list[SoundFile | None]:
    """Files of sounds that are compared, so that nothing sounds better by being louder.

    A sound whose peaks would clip is as loud as they allow, and changes no other. There is no file
    of one without samples, or with samples that are not finite.
    """
    return [_levelled(np.asarray(sound.wave, np.float64), sound.rate) for sound in sounds]


def _levelled(wave: Array, rate: float) -> SoundFile | None:
    peak = float(np.abs(wave).max(initial=0.0))
    if not wave.size or not peak < MOST:  # which NaN is not either
        return None
    gain = LEVEL / max(float(np.sqrt(np.mean(wave**2))), 1e-9)
    content = encoded(wave * (min(gain, HIGHEST / peak) if peak else gain), rate, "FLAC")
    return SoundFile(_name(content), content)


def _name(content: bytes) -> str:
    return f"{hashlib.sha256(content).hexdigest()[:16]}.flac"


def write(site: Path, files: Mapping[str, bytes]) -> None:
    """Write contents by their names; a file that is there with this content stays."""
    for name, content in files.items():
        if not _is_there(path := site / FOLDER / name):
            storage.write_whole(path, content)


def is_whole(page: Path) -> bool:
    """Whether a page in the folder of sounds is there, with all that it lets be heard."""
    return page.exists() and all(_is_there(page.parent / name) for name in _used(page))


def _is_there(path: Path) -> bool:
    """Whether a sound is there with the content that its name tells."""
    return path.is_file() and _name(path.read_bytes()) == path.name


def remove_unused(site: Path, used: Collection[str]) -> None:
    """Remove sounds that are not among `used`, nor heard on a page that lies beside them."""
    folder = site / FOLDER
    wanted = {*used}.union(*map(_used, folder.glob("*.html")))
    for path in folder.glob("*.flac"):
        if path.name not in wanted:
            path.unlink()


def _used(page: Path) -> list[str]:
    return USED.findall(page.read_text("utf-8"))
