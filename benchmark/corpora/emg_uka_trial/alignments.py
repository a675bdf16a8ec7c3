"""What was said in the EMG-UKA Trial corpus: transcripts, and the times of phones and words."""

from __future__ import annotations

import re

import numpy as np

from benchmark.core import Array, UserError
from benchmark.corpora.emg_uka_trial.files import AGAIN, EMG_RATE, Utterance, cut, text

PHONE_RATE = 100  # Hz, of the frames of an alignment
MISSING = 0.03  # seconds that no frame of an alignment covers, at most
UNKNOWN = "unknown"
# Supplementary/phoneList: XL, XM and XN are a syllable of their own, SIL is silence.
PHONE_LIST = (
    "IY IH EH AE IX AX AH UW UH AO AA EY AY OY AW OW L R Y W ER AXR M N NG CH JH DH B D G P T K Z "
    "ZH V F TH S SH HH XL XM XN SIL"
)
PHONES = tuple(PHONE_LIST.split())


def transcript(one: Utterance) -> str:
    """What was said, in capital letters; UserError for none, or more than a line."""
    path = one.path("Transcripts")
    lines = [line.strip() for line in text(path).splitlines() if line.strip()]
    if len(lines) != 1 or not re.fullmatch(r"[A-Z' ]+", lines[0]):
        raise UserError(f"{path}: expected a line of words, found {lines!r:.60}; {AGAIN}")
    return lines[0]


def aligned(one: Utterance, of: str) -> list[tuple[int, int, str]]:
    """(first frame, last frame, name) in order, frames of 10 ms; none where there is no alignment.

    UserError: something between two rows, or not the length that the offsets say.
    """
    path = one.alignment(of)
    if not path.exists():
        return []
    rows: list[tuple[int, int, str]] = []
    for line in text(path).splitlines():
        first, last, name = line.split() if len(line.split()) == 3 else ("", "", "")
        begin = rows[-1][1] + 1 if rows else 0
        if not (first.isdecimal() and last.isdecimal() and begin == int(first) <= int(last)):
            raise UserError(
                f"{path}: expected frames from {begin} on and a name, found {line!r:.40}; {AGAIN}"
            )
        rows.append((int(first), int(last), name))
    part = cut(one).emg
    seconds = (part.stop - part.start) / EMG_RATE
    if rows and not 0 <= seconds - (rows[-1][1] + 1) / PHONE_RATE <= MISSING:
        raise UserError(
            f"{path}: expected {seconds:.2f} s, found {(rows[-1][1] + 1) / PHONE_RATE:.2f} s; "
            f"{AGAIN}"
        )
    return rows


def phones(one: Utterance) -> Array:
    """Number of the phone of each frame, uint8 (T,) at 100 Hz; 0 where there is no alignment.

    Its last phone lasts until the end of the signals. UserError for an unknown phone.
    """
    part, path = cut(one).emg, one.alignment("phones")
    out = np.zeros(int((part.stop - part.start) * PHONE_RATE / EMG_RATE), np.uint8)
    for first, _, name in aligned(one, "phones"):
        if name not in PHONES:
            raise UserError(f"{path}: expected phones of phoneList, found {name!r:.20}; {AGAIN}")
        out[first:] = 1 + PHONES.index(name)
    return out


def spoken(one: Utterance) -> str:
    """The words of the alignment, as in a transcript; nothing where there is no alignment."""
    names = (re.sub(r"\(\d+\)$", "", name) for _, _, name in aligned(one, "words"))
    return " ".join(name for name in names if name != "$")
