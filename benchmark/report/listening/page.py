"""A plain page with the sounds of a few recordings in columns, and a WAV file of each beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from benchmark import storage
from benchmark.core import Recording
from benchmark.report.listening import quality
from benchmark.report.listening.sounds import Sound, encoded
from benchmark.report.site.rendering import asset, environment, markup
from benchmark.spectra import vocoder

NAME = "index.html"


@dataclass(frozen=True)
class Line:
    """What can be heard of one recording."""

    recording: Recording
    scores: str
    sounds: Sequence[Sound]
    words: Mapping[str, str] = field(default_factory=dict)  # by column: what was heard in a sound
    ratings: Mapping[str, quality.Ratings] = field(default_factory=dict)  # by column: DNSMOS


def write(folder: Path, title: str, about: str, lines: Sequence[Line]) -> Path:
    """Write WAV files and the page that plays them, without any other file; where the page is.

    A column that a recording has no sound for says so. Files are named RECORDING.COLUMN.wav, or
    RECORDING.COLUMN.MODULE.FUNCTION.wav where a vocoder of the user's own made the sound.
    """
    columns = list({s.name: {"title": s.title} for line in lines for s in line.sounds}.items())
    order = sorted(columns, key=lambda column: column[0] != "recorded")
    rows = []
    for line in lines:
        id, text = line.recording.id, line.recording.text
        there = {sound.name: sound for sound in line.sounds}
        for sound in line.sounds:
            content = encoded(sound.wave, sound.rate, "WAV")
            storage.write_whole(folder / sound_file(id, sound), content)
        sources = [
            {
                "source": quote(sound_file(id, there[name])),
                "vocoder": there[name].vocoder,
                "label": f"{id}: {there[name].title}",
                "words": line.words.get(name, ""),
                "ratings": quality.words(line.ratings.get(name, {})),
            }
            if name in there
            else None
            for name, _ in order
        ]
        said = f"{id}: {text}" if text else id
        rows.append({"title": said, "scores": line.scores, "sounds": sources})
    page = environment("benchmark.report.listening").get_template("listen.html")
    text = page.render(
        title=title,
        about=about,
        style=markup(asset("style.css")),
        columns=[column for _, column in order],
        rows=rows,
    )
    storage.write_whole(folder / NAME, text.encode())
    return folder / NAME


def sound_file(id: str, sound: Sound) -> str:
    """The name of the file of a sound, beside the page."""
    own = sound.vocoder not in ("", vocoder.NAME)
    made = f".{sound.vocoder.replace(':', '.')}" if own else ""
    return f"{id}.{sound.name}{made}.wav"
