"""SVG that takes its colour from the page: dark on light, light on dark.

matplotlib draws with a colour that nothing else has, which becomes `currentColor`. The same figures
give the same bytes. Each plot has a text alternative.
"""

from __future__ import annotations

import base64
import html
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from benchmark import plain_text

INK = "#010203"  # becomes currentColor
# A phone shows 331 pt in 358 px, so that text of 9 pt has more than 9 px there.
WIDTH = 4.6  # inches
FONTS = re.compile(r"font-family: 'DejaVu Sans'[^;\"]*")
NAMED_GROUP = re.compile(r'<g id="[^"]*"')
BETWEEN = re.compile(r">\s+<")
PICTURE = re.compile(r"(data:image/png;base64,)\s*([A-Za-z0-9+/=\s]+)")
STYLE = re.compile(r'style="[^"]*"')
UNSEEN = re.compile(r'<g><path d="[^"]*" style="fill:none"/></g>')  # without a line of its own
MOST_COLOURS = 256  # of a palette
SMALL = 10.0  # points
STEP = re.compile(r" ?\n([LCQ]?) ?")  # from one point of a path to the next
TAG = re.compile(r"<[^>]*>")
LONG_NUMBER = re.compile(r"(?<![\w.])-?\d+\.\d{3,}\b(?!\.)")
ENTRY, TRIVIAL = "#2f7ed8", "#8a8f98"  # readable on white and on near-black


def plain(text: str) -> str:
    """Text of others: nothing in it is mathematical notation, or hides."""
    return plain_text.plain(text).replace("$", r"\$")


@contextmanager
def figure(
    width: float, height: float, about: str, layout: Literal["constrained"] | None = "constrained"
) -> Iterator[tuple[Any, list[str]]]:
    """A figure of that size in inches, and a list that holds its SVG when the block has ended."""
    import matplotlib
    from matplotlib.figure import Figure

    settings: dict[Any, Any] = {
        **dict.fromkeys(("text.color", "axes.labelcolor", "axes.edgecolor"), INK),
        "xtick.color": INK,
        "ytick.color": INK,
        "font.size": 9,
        "svg.fonttype": "none",
        "svg.hashsalt": about,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "font.family": ["sans-serif"],
    }
    with matplotlib.rc_context(settings):
        figure, svg = Figure(figsize=(width, height), layout=layout), [""]
        yield figure, svg
        out = io.StringIO()
        # Without a date the same figures give the same bytes.
        metadata = {"Date": None, "Creator": None, "Format": None, "Type": None}
        figure.savefig(out, format="svg", transparent=True, metadata=metadata)
        svg[0] = _inline(out.getvalue(), about)


def _short(body: str) -> str:
    """The same picture without names that nothing refers to, and with as many digits as show."""
    body = FONTS.sub("font-family: sans-serif", body)
    body = NAMED_GROUP.sub("<g", body)  # all plots of a page would name them alike
    body = BETWEEN.sub("><", body)
    body = STYLE.sub(lambda style: style[0].replace("; ", ";").replace(": ", ":"), body)
    body = UNSEEN.sub("", body)
    body = PICTURE.sub(lambda found: found[1] + _indexed(found[2]), body)
    return TAG.sub(lambda tag: STEP.sub(r"\1", LONG_NUMBER.sub(_rounded, tag[0])), body)


def _indexed(encoded: str) -> str:
    """A picture with an index into a palette for each pixel, where its colours are few enough.

    Those of a colour map always are; a picture with transparent parts stays as it is.
    """
    import numpy as np
    from PIL import Image

    picture = Image.open(io.BytesIO(base64.b64decode(encoded)))
    pixels = np.asarray(picture.convert("RGBA"))
    colours, index = np.unique(pixels.reshape(-1, 4), axis=0, return_inverse=True)
    if len(colours) > MOST_COLOURS or (colours[:, 3] < 255).any():
        return encoded
    made = Image.fromarray(index.reshape(pixels.shape[:2]).astype(np.uint8), "P")
    made.putpalette(colours[:, :3].tobytes())
    out = io.BytesIO()
    made.save(out, "PNG", optimize=True)
    return base64.b64encode(out.getvalue()).decode()


def _rounded(found: re.Match[str]) -> str:
    """A tenth of a point is less than a screen shows; what is small may be the shape of a mark."""
    value = float(found[0])
    return f"{value:.1f}" if abs(value) >= SMALL else f"{value:.2f}"


def _inline(text: str, about: str) -> str:
    """SVG for use within a page: no prologue, the colour of the page, a title, any width."""
    body = text[text.index("<svg") :].replace(INK, "currentColor")
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = _short(body)
    opening, rest = body.split(">", 1)
    opening = re.sub(r' (width|height)="[^"]*pt"', "", opening)
    label = html.escape(plain_text.plain(about, plain_text.LONGEST_LINE), quote=True)
    return f'{opening} role="img" aria-label="{label}" class="plot"><title>{label}</title>{rest}'
