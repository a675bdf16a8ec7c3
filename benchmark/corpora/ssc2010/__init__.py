"""SSC2010 (experimental): the Silent Speech Challenge archive, tongue and lips, one silent speaker.

One native speaker of English articulates without voice, 60 frames/s: 2,342 sentences of TIMIT to
train on (773,069 frames, 3.58 h) and 100 of WSJ0 5k to test on (35,339 frames), ultrasound of the
tongue and a camera before the lips, one BMP a frame.

The names of the folders in the archive of raw pictures are not documented and were not found. This
reader expects the pictures laid out as follows, so what was unpacked must be renamed by hand:

    <root>/ssc2010/{tongue,lips}/{train,test}/<sentence, 4 digits>/image (N).bmp    N from 1
    <root>/ssc2010/TIMIT_training/TIMIT_Transcripts.txt     lines like `12. text. (..)`
    <root>/ssc2010/WSJ05K_Test/WSJ0_5K_Transcripts.txt

Ultrasound is said to have 320 x 240 pixels and lips 640 x 480; any size from 96 x 96 is read.
Two kinds of recordings: sentences, such as `train-0012`, and windows of 7 frames of which every 4th
frame begins one, such as `win-train-0012-0033-c`: they begin at image (33) and end in one of ten
letters, drawn by a hash of the rest. Publications drew such windows at random; see `legacy_leaky`.

Known issues: the geometry of the pictures is ASSUMED, see there and `KNOWN_ISSUES`.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmark import storage
from benchmark.core import Array, Checks, Corpus, Recording, Signal, UserError
from benchmark.corpora.io.pictures import bmp
from benchmark.corpora.ssc2010 import files as at

NAME = "ssc2010"
RATE = 60.0  # frames/s
SIZE = 96  # pixels
WINDOW, HOP = 7, 4  # frames of a window, and from one window's beginning to the next
CLASSES = "abcdefghij"
READER = {"version": 2, "size": SIZE, "window": WINDOW, "hop": HOP}
FOLDER_OF = {"ultrasound": at.TONGUE, "lips": at.LIPS}


class Geometry(NamedTuple):
    """Where the rays of an ultrasound picture meet, as `Signal.fan` and `Signal.sector` say it."""

    fan: tuple[float, float, float]
    sector: tuple[float, float, float]


# Not measured and not published: the archive says nothing of the probe's place in the picture, of
# its depth or of millimetres. These are the figures of the embedded corpus, so that the two corpora
# are at least looked at in one way; squeezing 4:3 to a square makes them differ by direction, too.
ASSUMED = Geometry(fan=(47.5, 106.0, 0.9), sector=(46.0, 16.0, 94.0))


def locate(root: Path) -> Path | None:
    """The first of root/ssc2010 and root with tongue/train and lips/train."""
    for folder in (root / NAME, root):
        if all((folder / view / "train").is_dir() for view in (at.TONGUE, at.LIPS)):
            return folder
    return None


def recordings(folder: Path) -> list[Recording]:
    """Sentences and the windows of each, in the order of their numbers, test before train.

    `lips`, `ultrasound`: uint8 (T, 96, 96), grey levels at 60 Hz; T is 7 in a window. `text`:
    uint32 (letters,), code points, of sentences only. A session is a sentence, the longest time
    that is known to have been recorded in one go; `span` lies within it. Lists each tongue folder
    once and opens the transcripts. Reading pictures raises UserError where a sentence has unequal
    numbers of tongue and lip pictures, a gap in the numbers, or a file that is no sound BMP.
    """
    found = []
    for part in at.PARTS:
        texts = at.transcripts(folder / part.transcripts)
        for number in at.sentences(folder, at.TONGUE, part):
            sentence = f"{part.name}-{number:04}"
            if number not in texts:
                raise UserError(at.unsaid(folder / part.transcripts, number))
            text, count = texts[number], len(bmp.numbers(at.place(folder, at.TONGUE, sentence)))
            for id, first, length in _stretches(sentence, count):
                read = partial(_read, folder, id, text, sentence, first, length)
                span = ((first - 1) / RATE, (first - 1 + (length or count)) / RATE)
                found.append(Recording(id, "s1", sentence, text, read, span))
    return found


def _stretches(sentence: str, count: int) -> Iterator[tuple[str, int, int]]:
    """Id, first picture and number of pictures (0 for all) of a sentence and of its windows."""
    yield sentence, 1, 0
    for first in range(1, count - WINDOW + 2, HOP):
        yield window_id(sentence, first), first, WINDOW


def window_id(sentence: str, first: int) -> str:
    """Name of the window that begins at `image (first).bmp`, with one of ten equal classes."""
    name = f"win-{sentence}-{first:04}"
    drawn = int.from_bytes(hashlib.sha256(name.encode()).digest(), "big") % len(CLASSES)
    return f"{name}-{CLASSES[drawn]}"


def _read(
    folder: Path, id: str, text: str, sentence: str, first: int, length: int, signal: str
) -> Array:
    if signal == "text" and not length:
        return np.array([ord(letter) for letter in text], np.uint32)
    if signal not in FOLDER_OF:
        has = ", ".join(FOLDER_OF if length else SIGNALS)
        raise UserError(f"{id}: expected one of the signals {has}, got {signal}")
    count = at.frames_of(folder, sentence)
    pictures = at.place(folder, FOLDER_OF[signal], sentence)
    return bmp.sequence(pictures, first, length or count, SIZE)


def digest() -> str:
    """Of this reader alone: no checksums of the pictures were published."""
    return storage.digest([NAME, READER])


def verify(folder: Path) -> list[str]:
    """One sentence a problem of layout: sentences, texts, numbering, the first header of a folder.

    The other pictures are checked when they are read. Numbers of sentences and frames are compared
    with those published unless the folder holds a file FIXTURE.
    """
    problems: list[str] = []
    for part in at.PARTS:
        problems += at.problems(folder, part, published=not (folder / "FIXTURE").exists())
    return problems


def doubts(folder: Path) -> Iterator[str]:
    """Texts that both halves have, and pictures of another size than those of their view."""
    texts = {part.name: at.transcripts(folder / part.transcripts) for part in at.PARTS}
    known = {text: number for number, text in texts["train"].items()}
    for number, text in texts["test"].items():
        if text in known:
            yield (
                f"{folder}: expected test-{number:04} to say what nobody says in training, found "
                f"the text of train-{known[text]:04}"
            )
    for view in (at.TONGUE, at.LIPS):
        sizes = {
            sentence: bmp.read(bmp.path_of(at.place(folder, view, sentence), 1)).shape
            for part in at.PARTS
            for sentence in (f"{part.name}-{n:04}" for n in at.sentences(folder, view, part))
        }
        usual = Counter(sizes.values()).most_common(1)[0][0] if sizes else ()
        for sentence, size in sizes.items():
            if size != usual:
                yield (
                    f"{at.place(folder, view, sentence)}: expected pictures of {usual[1]} x "
                    f"{usual[0]} as in other sentences, found {size[1]} x {size[0]}"
                )


def facets(id: str) -> dict[str, str]:
    """Where the sentence comes from, which is in the name of its part."""
    name = id.removeprefix("win-").partition("-")[0]
    return {"material": next(part.material for part in at.PARTS if part.name == name)}


SIGNALS = {
    "lips": Signal("grey level", "uint8", RATE, (SIZE, SIZE), span=255.0),
    "ultrasound": Signal(
        "grey level",
        "uint8",
        RATE,
        (SIZE, SIZE),
        span=255.0,
        fan=ASSUMED.fan,
        sector=ASSUMED.sector,
    ),
    "text": Signal("code point", "uint32", free=True),
}


def has(id: str) -> tuple[str, ...]:
    """Signals of a recording: a window has no text."""
    return ("lips", "ultrasound") if id.startswith("win-") else ("lips", "ultrasound", "text")


KNOWN_ISSUES = (
    "Experimental: this reader was written without the archive at hand and has read only its own "
    "miniature. Layout, geometry and sizes below may not be those of the archive.",
    "The names of the raw folders in the archive are not documented: pictures have to be laid out "
    "by hand as tongue/train/0012/image (1).bmp, with lips and test likewise.",
    f"The geometry of the ultrasound is ASSUMED (apex {ASSUMED.fan[0]:g}, {ASSUMED.fan[1]:g}; "
    f"{ASSUMED.fan[2]:g} mm a pixel; sector of {ASSUMED.sector[0]:g} degrees to either side): "
    "millimetres of MSD and the region of SSIM inside the fan compare systems with each other, not "
    "with other corpora.",
    "Pictures of 4:3 are squeezed to 96 x 96 by averaging areas: a pixel is wider than high.",
    "`image (10).bmp` comes after `image (9).bmp`: sorted as texts they would be out of order.",
    "Publications cut windows at random: their test windows share frames with training. "
    "`ssc2010.legacy_leaky` does so too and serves comparison with them only.",
    "A window's file keeps 7 frames, so windows take up nearly twice the space of the sentences.",
    "What stands before the first numbered line of the transcripts, and in brackets at the end of "
    "a line, is not part of a text.",
    "One speaker; nothing says when sessions began, so a sentence counts as a session.",
    "Sizes of 320 x 240 (ultrasound) and 640 x 480 (lips) are not confirmed: others are read too.",
)
CORPUS = Corpus(
    name=NAME,
    title="SSC2010 (experimental): ultrasound of the tongue and video of the lips, silent speech "
    "of one speaker",
    version="2010",
    licence="not stated by its authors",
    citation=(
        "Y. Ji, L. Liu, H. Wang, Z. Liu, Z. Niu, B. Denby (2018). Updating the Silent Speech "
        "Challenge benchmark with deep learning. Speech Communication 98: 42-50, arXiv:1709.06818"
    ),
    advice=(
        "Get the raw pictures and transcripts from https://ftp.espci.fr/pub/sigma/, lay them out "
        "as ssc2010/{tongue,lips}/{train,test}/0012/image (1).bmp (the archive's own names of "
        "folders were not found) and say "
        f"silentbench data prepare {NAME} --from PATH --accept-licence"
    ),
    signals=SIGNALS,
    locate=locate,
    recordings=recordings,
    digest=digest,
    verify=verify,
    files=at.corpus_files,
    size="not published; 808,408 pairs of uncompressed 8-bit pictures make about 310 GB",
    source="https://ftp.espci.fr/pub/sigma/",
    known_issues=KNOWN_ISSUES,
    facets=facets,
    # A mouth may rest for the 7 frames of a window, and nothing moves beyond the fan.
    checks=Checks(signals=has, flat=("lips", "ultrasound"), shared=("text",), doubts=doubts),
)
