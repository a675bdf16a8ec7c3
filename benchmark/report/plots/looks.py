"""One colour and one shape for each entry, the same in every plot.

Colours have a contrast of at least 3 to 1 on a white and on a near-black page (WCAG 1.4.11), and no
plot tells entries apart by colour alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from benchmark.core import CHANCE
from benchmark.leaderboard.snapshot import Snapshot
from benchmark.report.plots.svg import ENTRY, TRIVIAL

COLOURS = (*(ENTRY, "#d2691e", "#2b9a66", "#c2458d", "#8a63d2", "#a07d1c", "#d64545", "#1f93a3"),)
# Markers of matplotlib, and the same as paths around (0, 0) for what is drawn without it.
SHAPES = {
    "o": "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0Z",
    "D": "M0 -5L5 0L0 5L-5 0Z",
    "s": "M-3.6 -3.6H3.6V3.6H-3.6Z",
    "^": "M0 -4.6L4.6 3.8H-4.6Z",
    "v": "M0 4.6L4.6 -3.8H-4.6Z",
    "P": "M-1.6 -4.6H1.6V-1.6H4.6V1.6H1.6V4.6H-1.6V1.6H-4.6V-1.6H-1.6Z",
    "X": "M-4.6 -2.4L-2.4 -4.6L0 -2.2L2.4 -4.6L4.6 -2.4L2.2 0L4.6 2.4L2.4 4.6L0 2.2L-2.4 4.6"
    "L-4.6 2.4L-2.2 0Z",
}


@dataclass(frozen=True)
class Look:
    colour: str = ENTRY
    marker: str = "o"  # of matplotlib

    @property
    def shape(self) -> str:
        """The marker as the path of an SVG, around (0, 0)."""
        return SHAPES[self.marker]


Looks = Mapping[str, Look]  # by entry; what is not in it has the first of all looks
DEFAULT = Look()


def assign(boards: Sequence[Collection[str]], trivial: Collection[str]) -> Looks:
    """A look for each entry of some boards; entries of one board differ in colour where they can.

    No two entries have the same look, up to 56. Trivial baselines are grey, with shapes of their
    own. The order of boards and of their entries changes nothing.
    """
    times = Counter(name for board in boards for name in {*board})
    found: dict[str, Look] = {}
    for name in sorted(times, key=lambda name: (-times[name], name)):
        colours = (TRIVIAL,) if name in trivial else COLOURS
        beside = {other for board in boards if name in board for other in board}
        near = [found[other] for other in sorted(beside) if other in found]
        taken = [*found.values()]
        found[name] = min(
            (Look(colour, marker) for colour in colours for marker in SHAPES),
            key=lambda look: (
                taken.count(look),
                sum(look.colour == other.colour for other in near),
                sum(look.marker == other.marker for other in near),
                sum(look.colour == other.colour for other in taken),
                sum(look.marker == other.marker for other in taken),
            ),
        )
    return found


def of(snapshot: Snapshot) -> Looks:
    """The looks of all rows of a snapshot."""
    trivial = {name for task in snapshot.tasks.values() for name in task.trivial_baselines}
    boards = [{row.entry for row in (*table.rows, *table.oracles)} for table in snapshot.tables]
    return assign(boards, {*trivial, CHANCE})
