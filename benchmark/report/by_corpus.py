"""What is shown of a task, in the order of its pages: recorded corpora before simulated ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmark.core import Corpus
from benchmark.leaderboard.curves.calibration import CalibrationCurve
from benchmark.leaderboard.curves.transfer import Transfer
from benchmark.leaderboard.snapshot import Snapshot
from benchmark.leaderboard.tables import Table
from benchmark.report import formatting

# Whether corpora are simulated, and the head above what was measured on them.
KINDS = ((False, "Recorded corpora"), (True, "Simulated speakers"))


def by_kind(snapshot: Snapshot, tables: Sequence[Table]) -> list[tuple[str, list[Table]]]:
    """Tables of recordings of people, and then those of simulated speakers, each with its head."""
    pairs = [
        (head, [table for table in tables if snapshot.corpus(table).synthetic is synthetic])
        for synthetic, head in KINDS
    ]
    return [(head, some) for head, some in pairs if some]


@dataclass(frozen=True)
class Part:
    """All results of one task on one corpus."""

    corpus: Corpus
    curves: Sequence[CalibrationCurve]
    transfers: Sequence[Transfer]
    single: Sequence[Table]  # that are part of no curve and no transfer
    together: Sequence[Table]  # the others

    @property
    def title(self) -> str:
        return f"{self.corpus.name} ({'simulated' if self.corpus.synthetic else 'recorded'})"

    @property
    def about(self) -> str:
        """What there is of it, such as `a calibration curve, 3 tables`."""
        kinds = (self.curves, "calibration curve"), (self.transfers, "transfer")
        counted = [formatting.count(len(found), kind) for found, kind in kinds if found]
        if self.single:
            counted.append(formatting.count(len(self.single), "table"))
        return ", ".join(counted)


def parts(
    snapshot: Snapshot,
    task: str,
    curves: Sequence[CalibrationCurve],
    transfers: Sequence[Transfer],
) -> list[Part]:
    """The parts of a task, of those curves and transfers and of all its tables."""
    tables = [table for table in snapshot.tables if table.task == task]
    alone = {table.key for table in snapshot.single(tables)}
    corpora = {_corpus(table.split): snapshot.corpus(table) for table in tables}
    found = []
    for name, corpus in sorted(corpora.items(), key=lambda pair: (pair[1].synthetic, pair[0])):
        own = [table for table in tables if _corpus(table.split) == name]
        found.append(
            Part(
                corpus,
                [c for c in curves if c.task == task and _corpus(c.name) == name],
                [t for t in transfers if t.task == task and _corpus(t.name) == name],
                [table for table in own if table.key in alone],
                [table for table in own if table.key not in alone],
            )
        )
    return found


def _corpus(name: str) -> str:
    return name.partition(".")[0]
