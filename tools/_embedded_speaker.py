"""Speaker files of other sizes, made from the bundled speaker at run time.

``set_anatomy_from_age`` of the API drops all vowel and consonant shapes (every phone then
comes out as the same schwa), so the speakers of the corpus are scaled copies of the bundled one:
every length of the anatomy and of the articulatory targets is multiplied by one factor, angles
and relative parameters stay. Contacts between articulators survive such a scaling.
"""

from __future__ import annotations

import re
from pathlib import Path

# Relative parameters, angles and the velic area have no length to scale.
UNSCALED = frozenset(("HX", "JA", "LP", "VS", "VO"))
_POWERS = {"max_nasal_port_area": 2, "volume": 3}
_KEEP = re.compile(r"_deg$|_slope$|^automatic_calc$|^index$|velocity_factor$|^name$|^unit$|^desc")
_ATTRIBUTE = re.compile(r'(\w+)="([^"]*)"')


def _scale_numbers(text: str, factor: float) -> str:
    """All numbers of a blank-separated list times ``factor``."""
    return " ".join(f"{float(x) * factor:.6f}" for x in text.split())


def _scale_line(line: str, scale: float) -> str:
    """One line of the anatomy or of a shape, scaled."""
    name = re.search(r'name="(\w+)"', line)
    if "<shape" in line or (name and name[1] in UNSCALED):
        return line

    def attribute(match: re.Match[str]) -> str:
        if _KEEP.search(match[1]):
            return match[0]
        return f'{match[1]}="{_scale_numbers(match[2], scale ** _POWERS.get(match[1], 1))}"'

    return _ATTRIBUTE.sub(attribute, line)


def scaled_speaker(source: Path, scale: float, glottis: float) -> str:
    """The text of a speaker file with the vocal tract scaled by ``scale``.

    ``glottis`` scales the neutral length of the vocal folds alone.
    """
    text = source.read_text("utf-8")
    tract, mark, rest = text.partition("</vocal_tract_model>")
    lines = [_scale_line(line, scale) for line in tract.splitlines()]
    length = re.compile(r'(name="RL".*?neutral=")([\d.]+)(")')
    rest = length.sub(lambda m: f"{m[1]}{float(m[2]) * glottis:.6f}{m[3]}", rest)
    return "\n".join(lines) + mark + rest
