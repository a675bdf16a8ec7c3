"""SVG that takes its colour from the page: dark on light, light on dark.

matplotlib draws with a colour that nothing else has, which becomes `currentColor`. The same figures
give the same bytes. Each plot has a text alternative.
"""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from benchmark import plain_text
from benchmark.report.plots.short import TAG, shared_looks, short

INK = "#010203"  # becomes currentColor
# A phone shows 331 pt in 358 px, so that text of 9 pt has more than 9 px there.
WIDTH = 4.6  # inches
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


def _inline(text: str, about: str) -> str:
    """SVG for use within a page: no prologue, the colour of the page, a title, any width."""
    body = text[text.index("<svg") :]
    body = TAG.sub(lambda tag: tag[0].replace(INK, "currentColor"), body)
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body, looks = shared_looks(short(body))
    opening, rest = body.split(">", 1)
    opening = re.sub(r' (width|height)="[^"]*pt"', "", opening)
    label = html.escape(plain_text.plain(about, plain_text.LONGEST_LINE), quote=True)
    opening = f'{opening} role="img" aria-label="{label}" class="plot {looks}">'
    return f"{opening}<title>{label}</title>{rest}"
