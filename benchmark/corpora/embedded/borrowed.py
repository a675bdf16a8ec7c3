"""Speech that miniatures of other corpora are made from: recordings of this one, cut to the speech.

The rest before and after the phones is left out but for MARGIN, so that miniatures stay small.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from benchmark.core import Array
from benchmark.corpora.embedded import FOLDER
from benchmark.corpora.noise import AUDIO_RATE
from benchmark.corpora.simulated import reader, stored
from benchmark.corpora.simulated.sensors import contacts as electrodes
from benchmark.corpora.simulated.sensors.source import FRAME_RATE, Source
from benchmark.corpora.simulated.texts import lexicon

MARGIN = 0.05  # s, of rest that is kept
HOP = AUDIO_RATE // FRAME_RATE


def shortest(talker: str, kind: str, count: int) -> list[str]:
    """Ids of the talker's `count` recordings of a kind with the least speech, least first."""
    own = [
        (line["phones"][-1][2] - line["phones"][0][1], id)
        for id, line in stored.manifest(FOLDER)["recordings"].items()
        if (line["talker"], line["kind"]) == (talker, kind)
    ]
    return [id for _, id in sorted(own)[:count]]


def commands(talker: str) -> dict[str, list[str]]:
    """Ids of the talker's takes of each command word, the shortest first, by word."""
    found: dict[str, list[str]] = {word: [] for word in lexicon.WORDS}
    for id in shortest(talker, "word", len(stored.manifest(FOLDER)["recordings"])):
        found[lexicon.command(text(id))].append(id)
    return found


def contacts(talker: str) -> int:
    """How many channels the talker's sEEG has."""
    seed = stored.manifest(FOLDER)["sensor_seed"]
    return len(electrodes.contacts(seed, talker).good)


def talkers() -> list[str]:
    return [about["id"] for about in stored.manifest(FOLDER)["talkers"]]


def text(id: str) -> str:
    return str(stored.entry(FOLDER, id)["text"])


def source(id: str) -> Source:
    """A recording with voice, from shortly before its first phone to shortly after its last."""
    whole = reader.source(FOLDER, id)
    first = max(0, int((whole.phones[0][1] - MARGIN) * FRAME_RATE))
    last = min(len(whole.points), int(np.ceil((whole.phones[-1][2] + MARGIN) * FRAME_RATE)))
    return part(whole, first, last)


def part(whole: Source, first: int, last: int) -> Source:
    """Frames `first` to `last` of a recording with voice, as if nothing else had been recorded."""
    begin, end = first / FRAME_RATE, last / FRAME_RATE

    def cut(values: Array) -> Array:
        return values[first:last]

    return replace(
        whole,
        points=cut(whole.points),
        tongue=cut(whole.tongue),
        f0=cut(whole.f0),
        voiced=cut(whole.voiced),
        audio=whole.audio[first * HOP : last * HOP],
        phones=tuple(
            (label, max(start, begin) - begin, min(stop, end) - begin)
            for label, start, stop in whole.phones
            if stop > begin and start < end
        ),
    )
