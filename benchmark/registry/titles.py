"""What an entry calls itself: nothing blank, nothing hidden, no title that looks like another's."""

from __future__ import annotations

import os
import subprocess
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from benchmark.plain_text import plain
from benchmark.registry import project

# Alphabets that have letters in common, as they look.
ALPHABETS = {"LATIN", "GREEK", "CYRILLIC", "ARMENIAN", "CHEROKEE", "COPTIC"}
MICRO = "\N{MICRO SIGN}"  # of units, beside Latin letters
LOOK_ALIKES = {
    "АВЕЅІЈКМНОРСТУХԌԚԜҮЗ": "ABESIJKMHOPCTYXGQWY3",
    "аеѕіјорсухһԁԛԝѵӏвкмнтгь": "aesijopcyxhdqwvlbkmhtrb",
    "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ": "ABEZHIKMNOPTYX",
    "αικνορτυχωγεημβ": "aikvoptuxwyenub",
    "օսոհցզՕՍ": "ounhgqOU",
    "ᎪᏴᏟᎠᎬᏀᎻᎫᏦᏞᎷᏢᎡᏚᎢᏙᎳᏃ": "ABCDEGHJKLMPRSTVWZ",
    "ıɑɡłøđħƖǀ": "iaglodhll",
}
LATIN = {
    ord(letter): latin
    for letters, latins in LOOK_ALIKES.items()
    for letter, latin in zip(letters, latins, strict=True)
}
DIGITS = str.maketrans("01i|", "olll")  # after case is folded


def problem(text: str) -> str:
    """Why a text names nothing on a page, in a few words; empty for one that does."""
    if text.strip() != text or "  " in text:
        return "no spaces at its ends, and one at a time, please"
    if not any(unicodedata.category(letter)[0] in "LN" for letter in text):
        return "write at least a letter or a digit"
    if unicodedata.category(text[0]).startswith("M") or plain(text, len(text)) != text:
        return "only characters that are seen, please"
    for word in _words(text):
        if len(alphabets := _alphabets(word)) > 1:
            return f"a word of {' and '.join(sorted(alphabets))} letters looks like another"
    return ""


def _words(text: str) -> list[str]:
    kept = (c if c.isalnum() or unicodedata.category(c).startswith("M") else " " for c in text)
    return "".join(kept).split()


def _alphabets(word: str) -> set[str]:
    letters = unicodedata.normalize("NFKC", word.replace(MICRO, ""))
    return {unicodedata.name(letter, "").partition(" ")[0] for letter in letters} & ALPHABETS


def skeleton(title: str) -> str:
    """What is left of a title for somebody who looks at it quickly: equal for look-alikes."""
    letters = unicodedata.normalize("NFKC", title).translate(LATIN)
    letters = unicodedata.normalize("NFKD", letters.casefold()).translate(LATIN).casefold()
    return "".join(c for c in letters if c.isalnum()).translate(DIGITS).replace("rn", "m")


def oldest_first(root: Path, paths: Sequence[Path]) -> list[Path]:
    """Files in the order in which the project got them, the others after them, by name.

    By the history of the branch, in whose order nobody else's dates count.
    """
    clean = {name: text for name, text in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", "-C", str(root), "log", "--reverse", "--first-parent", "-m", "--relative"]
    command += ["--diff-filter=A", "--name-only", "-z", "--format=", "--", *map(str, paths)]
    try:
        done = subprocess.run(command, capture_output=True, check=False, env=clean)
        added = [os.fsdecode(name).strip("\n") for name in done.stdout.split(b"\0")]
    except FileNotFoundError:  # without git nobody knows
        added = []
    order = {name: number for number, name in reversed([*enumerate(filter(None, added))])}
    return sorted(paths, key=lambda p: (order.get(project.shown(root, p), len(order)), str(p)))
