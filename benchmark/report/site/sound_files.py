"""Sounds beside the pages of a site: FLAC, those that stand side by side of one loudness.

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
from benchmark.report.listening.sounds import Sound, encoded

FOLDER = "examples"  # of a site
LEVEL = 0.05  # root mean square that sounds are brought to, of full scale
ABOUT = "All sounds of a recording have the same loudness."
USED = re.compile(r'src="([0-9a-f]+\.flac)"')


@dataclass(frozen=True)
class SoundFile:
    name: str
    content: bytes


def levelled(sounds: Sequence[Sound]) -> list[SoundFile]:
    """Files of sounds that are compared, so that nothing sounds better by being louder."""
    waves = [np.asarray(sound.wave, np.float64) for sound in sounds]
    waves = [wave * (LEVEL / max(float(np.sqrt(np.mean(wave**2))), 1e-9)) for wave in waves]
    highest = max((float(np.abs(wave).max()) for wave in waves), default=0.0)
    scale = min(1.0, 0.99 / highest) if highest else 1.0  # quieter, all alike, where one would clip
    files = []
    for sound, wave in zip(sounds, waves, strict=True):
        content = encoded(wave * scale, sound.rate, "FLAC")
        files.append(SoundFile(f"{hashlib.sha256(content).hexdigest()[:16]}.flac", content))
    return files


def write(site: Path, files: Mapping[str, bytes]) -> None:
    """Write contents by their names; a file that is there has this content, and stays."""
    for name, content in files.items():
        if not (path := site / FOLDER / name).exists():
            storage.write_whole(path, content)


def is_whole(page: Path) -> bool:
    """Whether a page in the folder of sounds is there, with all that it lets be heard."""
    return page.exists() and all((page.parent / name).exists() for name in _used(page))


def remove_unused(site: Path, used: Collection[str]) -> None:
    """Remove sounds that are not among `used`, nor heard on a page that lies beside them."""
    folder = site / FOLDER
    wanted = {*used}.union(*map(_used, folder.glob("*.html")))
    for path in folder.glob("*.flac"):
        if path.name not in wanted:
            path.unlink()


def _used(page: Path) -> list[str]:
    return USED.findall(page.read_text("utf-8"))
