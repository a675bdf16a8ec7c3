"""What was measured on the embedded corpus, from the results into its document.

    python tools/measured.py

Writes the table of docs/embedded_corpus.md between its marks, from the published results that have
a row today; tables are in the order of the pages in docs/results.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmark.core import Metric
from benchmark.leaderboard import snapshot
from benchmark.leaderboard.snapshot import Snapshot
from benchmark.leaderboard.tables import Row, Table, is_trivial, order
from benchmark.report import by_corpus, formatting
from benchmark.report.calibration import calibration_section

ROOT = Path(__file__).resolve().parent.parent
PAGE, CORPUS = ROOT / "docs" / "embedded_corpus.md", "embedded"
BEGIN, END = "<!-- made by tools/measured.py -->", "<!-- end -->"
HEADS = ("task", "split", "metric", "best network", "linear", "best that knows nothing")
LINEAR = ("ridge", "text_linear")  # the first of them that a table has
ALSO = ("mel_mse.in_speech",)  # metrics that are shown beside the first
WANTED = 1.25  # times the error of ridge that knowing nothing is to have, in tables of MSE


def renewed(text: str, board: Snapshot) -> str:
    """The document with the table of today."""
    before, _, rest = text.partition(BEGIN)
    head = f"| {' | '.join(HEADS)} | its distance |", f"|{'---|' * len(HEADS)}---:|"
    found = [line for table in tables(board) for line in lines(board, table)]
    made = (before + BEGIN, *head, *found)  # and a line that ends the table for every reader
    return "\n".join((*made, "", END + rest.partition(END)[2]))


def tables(board: Snapshot) -> Iterator[Table]:
    """What is displayed of every split of the corpus, task by task."""
    for task in sorted({table.task for table in board.tables}):
        curves = calibration_section.of_task(board, task)
        for part in by_corpus.parts(board, task, curves, board.transfers):
            if part.corpus.name == CORPUS:
                for several in (*part.curves, *part.transfers):
                    yield from several.made
                yield from map(board.displayed, part.single)


def lines(board: Snapshot, table: Table) -> Iterator[str]:
    """The lines of a table in the document: by its first metric, and by some others.

    There are none where it lacks a network, a linear entry or one that knows nothing.
    """
    task = board.task(table)
    target = board.corpus(table).signals[task.target]
    linear = next((r for name in LINEAR for r in table.rows if r.entry == name), None)
    trivial = [row for row in table.rows if is_trivial(task, row)]
    models = [r for r in table.rows if not is_trivial(task, r) and r is not linear]
    for place, metric in enumerate(task.metrics):
        if place and metric.id.partition("@")[0] not in ALSO:
            continue
        network, nothing = best(models, metric), best(trivial, metric)
        if linear is None or network is None or nothing is None:
            continue
        cells = [table.task, table.split.partition(".")[2], formatting.head(metric, target)]
        rows = (network, linear, nothing)
        cells += [f"{formatting.score(row.scores[metric.id])} `{row.entry}`" for row in rows]
        cells.append(distance(metric, shown(linear, metric), shown(nothing, metric)))
        yield f"| {' | '.join(cells)} |".replace(formatting.NBSP, " ")


def best(rows: Sequence[Row], metric: Metric) -> Row | None:
    """The row with the best score, if any has one."""
    scored = [row for row in rows if row.scores[metric.id].value is not None]
    return min(scored, key=lambda row: order(metric, row), default=None)


def shown(row: Row, metric: Metric) -> float | None:
    """A score as it stands in the table, so that its reader computes the same distances."""
    value = row.scores[metric.id].value
    return None if value is None else round(value, 3)


def distance(metric: Metric, linear: float | None, nothing: float | None) -> str:
    """How far knowing nothing is from the linear entry: of MSE in parts of its, else a difference.

    Empty where one of them is not known, or has no such distance. In bold where that is less than
    what was wanted.
    """
    if linear is None or nothing is None or not math.isfinite(nothing - linear):
        return ""
    if "mse" in re.split(r"[_.@]", metric.id):
        if not linear:
            return ""  # nothing has a part of it
        text, enough = f"{100 * (nothing / linear - 1):+.1f} %", nothing / linear >= WANTED
    else:
        enough = nothing < linear if metric.better == "higher" else nothing > linear
        text = f"{nothing - linear:+.3f}"
    return text if enough else f"**{text}**"


def main() -> None:
    board = snapshot.read(ROOT)
    PAGE.write_text(renewed(PAGE.read_text("utf-8"), board), "utf-8")
    print(f"{PAGE.relative_to(ROOT)} has the table of today")


if __name__ == "__main__":
    main()
