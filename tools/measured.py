"""What was measured on the embedded corpus, from the pages of results into its document.

    python tools/measured.py

Writes the table of docs/embedded_corpus.md between its marks, from docs/results/. Run it after
`silentbench leaderboard`, which writes those.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESULTS, PAGE = ROOT / "docs" / "results", ROOT / "docs" / "embedded_corpus.md"
BEGIN, END = "<!-- made by tools/measured.py -->", "<!-- end -->"
TITLE = re.compile(r"`(\w+)` on `embedded\.(\w+)`")
LINEAR = ("ridge", "text_linear")  # the first of them that a table has
ALSO = ("Mel MSE in speech",)  # metrics that are shown beside the first
TRIVIAL, ORACLE = "*trivial baseline*", "*oracle*"
WANTED = 1.25  # times the error of ridge that knowing nothing is to have, in tables of MSE


@dataclass(frozen=True)
class Row:
    entry: str
    kind: str  # TRIVIAL, ORACLE or nothing
    scores: tuple[str, ...]  # with their intervals, by column

    def value(self, column: int) -> float | None:
        """None where there is no number."""
        found = re.match(r"-?\d+\.\d+", self.scores[column])
        return None if found is None else float(found[0])


@dataclass(frozen=True)
class Table:
    task: str
    split: str
    metrics: tuple[str, ...]
    rows: tuple[Row, ...]

    def best(self, rows: list[Row], column: int) -> Row | None:
        """The row with the best score of a column; an arrow in its head says which way."""
        sign = 1 if "↑" in self.metrics[column] else -1
        scored = [row for row in rows if row.value(column) is not None]
        return max(scored, key=lambda row: sign * (row.value(column) or 0.0), default=None)


def tables(text: str) -> Iterator[Table]:
    """The tables of results on single splits of the embedded corpus, of one page."""
    for section in text.split("\n### ")[1:]:
        title = TITLE.search(section)
        head = re.search(r"^\| tier \| entry \|.*$", section, re.MULTILINE)
        if title is None or head is None:
            continue
        lines = section[head.start() :].split("\n\n")[0].splitlines()
        columns = _cells(lines[0])[2:]
        metrics = tuple(name for name in columns if "↑" in name or "↓" in name)
        rows = tuple(_row(_cells(line), len(metrics)) for line in lines[2:])
        yield Table(title[1], title[2], metrics, rows)


def _cells(line: str) -> list[str]:
    """The cells of a line, in which spaces that break no line are spaces as any."""
    return [" ".join(cell.split()) for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def _row(cells: list[str], count: int) -> Row:
    name, _, kind = cells[1].replace("\\", "").partition(" ")
    scores = (re.sub(r" \((?:–|\d+)\)†?$", "", cell.strip("* ")) for cell in cells[2 : 2 + count])
    return Row(name, kind if kind in (TRIVIAL, ORACLE) else "", tuple(scores))


def lines(table: Table) -> Iterator[str]:
    """The lines of a table in the document: by its first metric, and by some others."""
    for column, metric in enumerate(table.metrics):
        if column and not metric.startswith(ALSO):
            continue
        linear = next((r for name in LINEAR for r in table.rows if r.entry == name), None)
        models = [row for row in table.rows if not row.kind and row is not linear]
        network = table.best(models, column)
        nothing = table.best([row for row in table.rows if row.kind == TRIVIAL], column)
        if linear is None or network is None or nothing is None:
            continue
        cells = (f"{row.scores[column]} `{row.entry}`" for row in (network, linear, nothing))
        gap = _gap(metric, linear.value(column), nothing.value(column))
        yield f"| {table.task} | {table.split} | {metric} | {' | '.join(cells)} | {gap} |"


def _gap(metric: str, linear: float | None, nothing: float | None) -> str:
    """How far knowing nothing is from the linear entry: of MSE in parts of its, else a difference.

    In bold where that is less than what was wanted.
    """
    if linear is None or nothing is None:
        return ""
    if "MSE" in metric:
        part = f"{100 * (nothing / linear - 1):+.1f} %"
        return part if nothing / linear >= WANTED else f"**{part}**"
    worse = nothing < linear if "↑" in metric else nothing > linear
    return f"{nothing - linear:+.3f}" if worse else f"**{nothing - linear:+.3f}**"


def block() -> str:
    """What stands between the marks."""
    head = (
        "| task | split | metric | best network | linear | best that knows nothing | its distance |"
    )
    found = [
        line
        for path in sorted(RESULTS.glob("*_*.md"))
        for table in tables(path.read_text("utf-8"))
        for line in lines(table)
    ]
    return "\n".join((BEGIN, head, "|---|---|---|---|---|---|---:|", *found, END))


def renewed(text: str) -> str:
    """The document with the table of today."""
    before, _, rest = text.partition(BEGIN)
    return f"{before}{block()}{rest.partition(END)[2]}"


def main() -> None:
    PAGE.write_text(renewed(PAGE.read_text("utf-8")), "utf-8")
    print(f"{PAGE.relative_to(ROOT)} has the table of today")


if __name__ == "__main__":
    main()
