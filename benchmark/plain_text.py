"""Text that somebody else wrote, as a terminal or a page may show it: one line that hides nothing.

Titles, reasons, log lines, file names, exceptions: all of them go through `plain`. What it lets
through is neither obeyed by a terminal nor invisible, and does not change the order of letters
around it. Markdown and HTML are escaped by `report`, after it.

Nor does the locale decide what is read or printed. Names of files, arguments and the output of
other programs are UTF-8 everywhere: in a locale of another encoding the program starts itself again
in the UTF-8 mode of Python, which the processes that it starts inherit. What is printed keeps the
encoding of the terminal; what that has no sign for is written in ASCII.
"""

from __future__ import annotations

import codecs
import io
import json
import locale
import math
import os
import re
import sys
import unicodedata
from typing import Any

LONGEST = 300  # characters of a text in a sentence of ours
LONGEST_LINE = 10_000
MOST_MARKS = 4  # accents on one letter; more of them cover the lines above
# Letters and marks that Unicode calls printable, and that no font shows.
INVISIBLE = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
    + "".join(map(chr, range(0xFE00, 0xFE10)))
    + "".join(map(chr, range(0xE0100, 0xE01F0)))
)
MODE, OUTPUT = "PYTHONUTF8", "PYTHONIOENCODING"
HANDLER = "silentbench_ascii"
# How that is written in ASCII which stands in sentences and tables of ours.
LOOKS = dict(zip("↑↓–—−━·µμ‘’“”", "^v----.uu''\"\"", strict=True))
LOOKS |= {"→": "->", "←": "<-", "…": "...", "≤": "<=", "≥": ">=", "±": "+-", "×": "x"}
_ASCII = re.compile(r"[ -~]*")
_NOT_PLAIN_ASCII = re.compile(r"[^\n -~]")


def plain(text: object, longest: int = LONGEST) -> str:
    """A text on one line of at most `longest` characters; what cannot be shown as its escape.

    Controls, escapes, line ends, half surrogate pairs, what turns the direction of writing, what
    has no width, and too many accents on one letter become `\\x1b`, `\\u202e` and the like.
    """
    said = str(text)
    if len(said) > longest:
        said = said[: longest + 1]
    if not _ASCII.fullmatch(said):
        said = _escaped(said)
    return said if len(said) <= longest else f"{said[: longest - 1]}…"


def _escaped(text: str) -> str:
    pieces = []
    marks = 0
    for letter in text:
        marks = marks + 1 if _is_mark(letter) else 0
        if unicodedata.category(letter) == "Zs":
            pieces.append(" ")
        elif is_shown(letter) and marks <= MOST_MARKS:
            pieces.append(letter)
        else:
            pieces.append(escape(letter))
    return "".join(pieces)


def is_shown(letter: str) -> bool:
    """Whether a character has a form of its own."""
    return letter.isprintable() and letter not in INVISIBLE


def _is_mark(letter: str) -> bool:
    return unicodedata.category(letter).startswith("M")


def escape(letter: str) -> str:
    """A character as Python writes it in a string: `\\n`, `\\x9b`, `\\u200b`."""
    return letter.encode("unicode_escape", "surrogatepass").decode("ascii")


def plain_json(value: Any) -> str:
    """JSON, indented, that is shown as plain as other text and reads back as the same value.

    But for numbers that are none, which JSON has no word for: they become null.
    """
    text = json.dumps(_without_nan(value), indent=1, ensure_ascii=False, allow_nan=False)
    return _NOT_PLAIN_ASCII.sub(_in_json, text)


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nan(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _in_json(match: re.Match[str]) -> str:
    letter = match[0]
    if is_shown(letter) and not _is_mark(letter):
        return letter
    units = letter.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i : i + 2].hex()}" for i in range(0, len(units), 2))


def start_in_utf8() -> None:
    """Start this program again in UTF-8 mode, if it is not in that, and the locale is not UTF-8.

    Returns where there is nothing to do.
    """
    is_utf8 = codecs.lookup(locale.getencoding()).name == "utf-8"
    if sys.flags.utf8_mode or is_utf8 or os.environ.get(MODE) == "1":
        return
    output = os.environ.get(OUTPUT, locale.getencoding())
    changed = {**os.environ, MODE: "1", OUTPUT: output}
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], changed)


def print_anything() -> None:
    """No line that is printed fails, whatever its encoding has no sign for."""
    codecs.register_error(HANDLER, _in_ascii)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=HANDLER)
    # Of the terminal, not of the processes that this one starts and reads.
    os.environ.pop(OUTPUT, None)


def _in_ascii(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    found = error.object[error.start : error.end]
    shown = (LOOKS.get(c) or c.encode("ascii", "backslashreplace").decode("ascii") for c in found)
    return "".join(shown), error.end
