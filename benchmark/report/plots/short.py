"""The SVG of a drawing library, shorter: the same picture to a tenth of a point.

Names that nothing refers to, groups that say nothing and digits that nobody sees are left out, and
looks that repeat are said once for each plot.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from string import ascii_lowercase

from benchmark.report.plots.pictures import indexed

FONTS = re.compile(r"font-family: 'DejaVu Sans'[^;\"]*")
NAMED_GROUP = re.compile(r'<g id="[^"]*"')
BETWEEN = re.compile(r">\s+<")
PICTURE = re.compile(r"(data:image/png;base64,)\s*([A-Za-z0-9+/=\s]+)")
STYLE = re.compile(r'style="[^"]*"')
UNSEEN = re.compile(r'<g><path d="[^"]*" style="fill:none"/></g>')  # without a line of its own
UNTURNED = re.compile(r' transform="rotate\(-0 [^"]*\)"')
SMALL = 10.0  # points
STEP = re.compile(r" ?\n([LCQ]?) ?")  # from one point of a path to the next
TAG = re.compile(r"<[^>]*>")
LONG_NUMBER = re.compile(r"(?<![\w.])-?\d+\.\d{2,}\b(?!\.)")
LINE = re.compile(r' d="M ((?:-?[\d.]+[ L]){7,}-?[\d.]+)"')  # straight pieces, from end to end
DEFINED = re.compile(r"(<defs>.*?</defs>)", re.DOTALL)
END = re.compile(r"(/?>)$")
LOOK = re.compile(r' (clip-path|style)="([^"]*)"')


def short(body: str) -> str:
    """SVG without what does not show. Only tags change: texts between them are of others."""
    body = NAMED_GROUP.sub("<g", body)  # all plots of a page would name them alike
    body = TAG.sub(_short_tag, BETWEEN.sub("><", body))
    return _without_groups(UNSEEN.sub("", body))


def _short_tag(found: re.Match[str]) -> str:
    tag = FONTS.sub("font-family: sans-serif", found[0])
    tag = STYLE.sub(lambda style: style[0].replace("; ", ";").replace(": ", ":"), tag)
    tag = PICTURE.sub(lambda found: found[1] + indexed(found[2]), UNTURNED.sub("", tag))
    tag = STEP.sub(r"\1", LONG_NUMBER.sub(_rounded, tag))
    return LINE.sub(lambda line: f' d="{_stepwise(line[1])}"', tag)


def _rounded(found: re.Match[str]) -> str:
    """A tenth of a point is less than a screen shows; what is small may be the shape of a mark."""
    value = float(found[0])
    digits = 1 if abs(value) >= SMALL else 2
    return f"{value:.{digits}f}".rstrip("0").rstrip(".")


def _without_groups(body: str) -> str:
    """Without the marks of groups that have no attribute; what is in them stays."""
    kept = list[bool]()

    def needed(tag: re.Match[str]) -> str:
        if tag[0].startswith(("<g>", "<g ")) and not tag[0].endswith("/>"):
            kept.append(tag[0] != "<g>")
            return tag[0] if kept[-1] else ""
        return "" if tag[0] == "</g>" and not kept.pop() else tag[0]

    return TAG.sub(needed, body)


def _stepwise(points: str) -> str:
    """Points "x yLx y..." as where the first is, and how far it is from each to the next.

    In tenths of a point, so that no error adds up.
    """
    places = [[round(10 * float(n)) for n in point.split()] for point in points.split("L")]
    steps = [b - a for pair in pairwise(places) for a, b in zip(*pair, strict=True)]
    return f"M{_joined(places[0])}l{_joined(steps)}"


def _joined(tenths: Iterable[int]) -> str:
    """Numbers of a path; a sign parts them as well as a space."""
    return " ".join(map(_number, tenths)).replace(" -", "-")


def _number(tenths: int) -> str:
    """-5 tenths are -.5, and 20 are 2."""
    whole, rest = divmod(abs(tenths), 10)
    sign = "-" if tenths < 0 else ""
    return f"{sign}{whole or ''}.{rest}" if rest else f"{sign}{whole}"


def shared_looks(body: str) -> tuple[str, str]:
    """The body with classes for looks that repeat, and the class that the whole plot has to have.

    A rule is of that class alone, which says all rules of the plot: no other plot of a page has
    another rule of this name. What is in `defs` keeps its style, since where it is used it is no
    descendant of the plot.
    """
    parts = DEFINED.split(body)
    found = Counter(_look(tag) for part in parts[::2] for tag in TAG.findall(part))
    repeated = [look for look, count in found.items() if look and count > 1]
    names = {look: _name(place) for place, look in enumerate(repeated)}
    scope = f"p{hashlib.sha256(repr(repeated).encode()).hexdigest()[:8]}"

    def classed(tag: re.Match[str]) -> str:
        if not (name := names.get(_look(tag[0]))):
            return tag[0]
        return END.sub(rf' class="{name}"\1', LOOK.sub("", tag[0]))

    parts[::2] = [TAG.sub(classed, part) for part in parts[::2]]
    rules = "".join(f".{scope} .{name}{{{look}}}" for look, name in names.items())
    return "".join(parts).replace("</style>", f"{rules}</style>", 1), scope


def _look(tag: str) -> str:
    """What a tag says of its look, as declarations of a style sheet; empty if nothing."""
    said = dict(LOOK.findall(tag))
    clip = f"clip-path:{said['clip-path']}" if "clip-path" in said else ""
    return ";".join(filter(None, (clip, said.get("style", ""))))


def _name(place: int) -> str:
    """a, b, ..., z, a1, b1, ..."""
    turn, letter = divmod(place, len(ascii_lowercase))
    return f"{ascii_lowercase[letter]}{turn or ''}"
