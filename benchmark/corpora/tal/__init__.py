"""TaL, Tongue and Lips: ultrasound of the tongue, video of the lips and sound, 82 speakers.

TaL80 has 81 speakers in a session each, TaL1 a voice talent in six; either is enough. Layout:

    TaL80/core/<01fi>/<004>_<xaud>.{txt,wav,sync,ult,param,mp4}, .lab where speech is spontaneous
    TaL1/core/<day2>/...                                         the same

A speaker's name is number, sex (m f) and country (e s i n o). Tags: swa and cal are swallows and
calibration, which are no recordings here; aud sil whi spo is audible, silent, whispered and
spontaneous speech, with x before it where all speakers (TaL1: sessions) read the prompt.

What is made of it: one clock, that of the sound, with 60 moments a second. A recording lasts while
video, ultrasound and sound all run, so every signal of it has the same length. Lips are the video's
middle square, the same for everyone. Ultrasound is the raw frame taken next to each moment (of
81.5 a second: at most 6.1 ms away), brought upright on one grid in mm, tongue tip to the right.
That of the published scanner setting (64 lines 0.025 rad apart, 842 samples, 210 before them, 10 a
mm) reaches 45 degrees to either side and from 21 to 105.1 mm; what lies over 52 mm to a side, which
no tongue does, is beyond the picture. A smaller fan is black where it does not reach.
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np

from benchmark import storage
from benchmark.core import Array, Checks, Corpus, Recording, Signal, UserError
from benchmark.corpora.io import sound
from benchmark.corpora.io.pictures.fan import Grid, upright
from benchmark.corpora.io.pictures.ultrasound import frame_count, read_frames, read_parameters
from benchmark.corpora.io.pictures.video import centre_square, check_steps, grey, nearest
from benchmark.corpora.io.pictures.video import times as picture_times
from benchmark.corpora.tal.checks import doubts
from benchmark.corpora.tal.files import (
    Utterance,
    corpus_files,
    is_tal,
    prompt,
    utterances,
    verify,
    whole,
)

RATE, AUDIO_RATE = 60, 16000  # Hz
SIZE = 96  # pixels
GRID = Grid(size=SIZE, apex=(47.5, 98.0), pitch=1.1)
SECTOR = (45.12, 21.0, 105.1)  # degrees to either side, mm from, mm to
# Seconds by which video and ultrasound may end before the sound or after it; ultrasound ends last.
APART, LAST = 0.3, 1.0
SLACK = 0.01  # part of the video's rate by which it may differ from RATE

MANNERS = {"aud": "audible", "sil": "silent", "whi": "whispered", "spo": "spontaneous"}
POOR = {"17ms": "lips hidden by hair", "60ms": "poor ultrasound"}
SIGNALS = {
    "lips": Signal("grey level", "uint8", RATE, (SIZE, SIZE), span=255.0),
    "ultrasound": Signal(
        "grey level",
        "uint8",
        RATE,
        (SIZE, SIZE),
        span=255.0,
        fan=(*GRID.apex, GRID.pitch),
        sector=SECTOR,
    ),
    "audio": Signal("full scale", "float32", AUDIO_RATE, span=2.0),
}
READER = {
    "version": 2,
    "rate": RATE,
    "audio rate": AUDIO_RATE,
    "grid": [GRID.size, *GRID.apex, GRID.pitch],
    "ultrasound": "nearest frame, tent of a sample or a pixel",
    "lips": "green, centre square, by area",
}


def locate(root: Path) -> Path | None:
    """The first of root/tal, root/tal-corpus and root in which TaL80/core or TaL1/core lies."""
    folders = (root / "tal", root / "tal-corpus", root)
    return next((folder for folder in folders if is_tal(folder)), None)


def recordings(folder: Path) -> list[Recording]:
    """All speech that has video and ultrasound with a lip sync, by session and number.

    The id is 01fi-004-xaud, in TaL1 tal1_day2-004-xaud; `text` the prompt, which for spontaneous
    speech is not what was said. `lips`, `ultrasound`: uint8 (T, 96, 96) at 60 Hz; `audio`: float32
    at 16 kHz, T / 60 s of it. Opens the prompts only.
    """
    return [
        Recording(one.id, one.speaker, one.session, prompt(one), partial(_read, one))
        for one in utterances(folder)
        if one.is_speech and whole(one)
    ]


def digest() -> str:
    """That of this reader; the content's checksums are recorded where the corpus is prepared."""
    return storage.digest(["tal", READER])


def facets(id: str) -> dict[str, str]:
    """Manner of speaking, whether others read the prompt too, and whose pictures are poor."""
    session, _, tag = id.split("-")
    return {
        "manner": MANNERS[tag[-3:]],
        "prompt": "shared" if tag[0] == "x" else "own",
        "pictures": POOR.get(session, "as usual"),
    }


def moments(one: Utterance) -> tuple[int, int]:
    """The first moment of a recording and their number, in 60ths of a second of its sound.

    Pictures are looked for at the times that their stamps say.

    None is before the first or after the last frame of video and ultrasound, and the sound goes on
    for 1/60 s after the last one. UserError where there is no such moment, where one of the three
    ends long before another, and where a picture is missing.
    """
    scan = read_parameters(one.file("param"))
    last = scan.time(frame_count(one.file("ult"), scan.fan) - 1)
    shown = picture_times(one.file("mp4"))
    check_steps(one.file("mp4"), shown, RATE, SLACK)
    heard = sound.header(one.file("wav"))
    ends = (last * RATE, float(shown[-1]) * RATE, float(heard.seconds) * RATE - 1)
    _check_ends(one, *ends)
    begin = math.ceil(max(scan.first, float(shown[0])) * RATE - 1e-6)
    end = math.floor(min(ends) + 1e-6)
    if end < begin:
        raise UserError(
            f"{one.file('param')}: expected ultrasound, video and sound to overlap, got ultrasound "
            f"from {scan.first:.2f} s and another's end at {(min(ends) + 1) / RATE:.2f} s"
        )
    return begin, end - begin + 1


def _check_ends(one: Utterance, raw: float, video: float, sound: float) -> None:
    """UserError where ultrasound, video and sound do not end together, in 60ths of a second."""
    for ending, got, slack in (("mp4", video, APART), ("ult", raw, LAST)):
        if not -APART <= (got - sound) / RATE <= slack:
            raise UserError(
                f"{one.file(ending)}: expected it to end with the sound, at {sound / RATE:.2f} s, "
                f"within {APART:g} s before and {slack:g} s after, found {got / RATE:.2f} s; get "
                "the utterance again"
            )


def lips(one: Utterance) -> Array:
    """(T, 96, 96) uint8 at 60 Hz: the picture next to each moment, its middle square."""
    path = one.file("mp4")
    begin, count = moments(one)
    chosen = nearest(picture_times(path), np.arange(begin, begin + count) / RATE)
    out = np.empty((count, SIZE, SIZE), np.uint8)
    for frame, picture in zip(out, grey(path, chosen), strict=True):
        frame[:] = centre_square(picture, SIZE)
    return out


def ultrasound(one: Utterance) -> Array:
    """(T, 96, 96) uint8 at 60 Hz: the raw frame next to each moment, upright."""
    begin, count = moments(one)
    path, scan = one.file("ult"), read_parameters(one.file("param"))
    times = np.arange(begin, begin + count) / RATE
    chosen = scan.nearest(times, frame_count(path, scan.fan))
    return upright(read_frames(path, scan.fan, chosen), count, scan.fan, GRID)


def audio(one: Utterance) -> Array:
    """(N,) float32 at 16 kHz, N = round(T / 60 * 16000), from the first moment on."""
    from scipy.signal import resample_poly

    path = one.file("wav")
    begin, count = moments(one)
    samples, told = sound.read(path, "float32")
    if told.channels != 1:
        raise UserError(f"{path}: expected one channel, got {told.channels}; get the file again")
    if not 8000 <= told.rate <= 192000:
        raise UserError(f"{path}: expected about 48000 samples a second, got {told.rate}")
    step = Fraction(AUDIO_RATE, told.rate)
    down = resample_poly(samples[:, 0], step.numerator, step.denominator)
    first, length = begin * AUDIO_RATE // RATE, round(Fraction(count * AUDIO_RATE, RATE))
    return np.asarray(down[first : first + length], np.float32)


READERS = {"lips": lips, "ultrasound": ultrasound, "audio": audio}


def _read(one: Utterance, signal: str) -> Array:
    if signal not in READERS:
        raise UserError(f"{one.id}: expected one of {', '.join(READERS)}, got {signal}")
    return READERS[signal](one)


CORPUS = Corpus(
    name="tal",
    title="TaL: tongue ultrasound, lip video and sound, 82 speakers of English",
    version="as published in 2021",
    licence="CC BY-NC 4.0",
    citation=(
        "Ribeiro, Sanger, Zhang, Eshky, Wrench, Richmond and Renals (2021). TaL: a synchronised "
        "multi-speaker corpus of ultrasound tongue imaging, audio, and lip videos. IEEE SLT"
    ),
    advice=(
        "rsync -av ultrasuite-rsync.inf.ed.ac.uk::tal-corpus/TaL80 tal/ (and TaL1), then "
        "silentbench data prepare tal --from tal --accept-licence"
    ),
    signals=SIGNALS,
    locate=locate,
    recordings=recordings,
    digest=digest,
    verify=verify,
    files=corpus_files,
    size="TaL80 498 GB, TaL1 49 GB; either will do",
    source="https://ultrasuite.github.io/data/tal_corpus/",
    known_issues=(
        "TaL1's day1_no_vid_sync has no lip sync and gives no recordings.",
        "17ms hides his lips behind hair and 60ms has poor ultrasound: both are recordings, "
        "named by the facet pictures.",
        "Decimals in .param have a point or a comma.",
        "Ultrasound begins about 0.9 s after sound and video and ends last: frame j was taken "
        "TimeInSecsOfFirstFrame + j / FramesPerSec seconds into the sound, picture k when its time "
        "stamp says, about k / 60. A video that lacks a picture in between is refused.",
        f"Video and ultrasound that end more than {APART:g} s before the sound are refused: "
        "by how much they do as published was not seen.",
        "Stored ultrasound has one row a scan line, not an upright picture; sizes and rates of "
        "frames may differ, so it is brought onto one grid in mm and to 60 Hz.",
        "The video is grey but stored in colour: summing channels gives values up to 765.",
        "The video is wider than high and only its middle square is used: mouths that are off the "
        "middle are cut, by the same rule for everyone.",
        "Prompts with an x are read by all speakers, and many of TaL1's by the first of TaL80: "
        "split by prompt as well as by speaker.",
        "Silent speech has a sound file too, with no speech in it.",
        "The prompt of spontaneous speech is not what was said: that is in .lab, which is not read "
        "here.",
    ),
    facets=facets,
    checks=Checks(
        slack=1 / RATE,
        levels={"audio": (5e-5, 0.71)},
        flat=("ultrasound",),  # beyond the fan
        doubts=doubts,
    ),
)
