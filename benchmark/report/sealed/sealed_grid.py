"""The table of a sealed test on the site."""

from __future__ import annotations

from typing import Any

from benchmark.leaderboard.snapshot import Snapshot
from benchmark.leaderboard.tables import Table, title
from benchmark.report.sealed import sealed_table
from benchmark.report.site.grid import Cell, Grid, GridRow, Head, slug, with_links

DEFINITIONS = (
    "variant of an entry",
    "score on recordings that nobody has seen, made from a secret",
    "score of the same models on the public test recordings",
    "by how much the public score is better, with its 95% interval over talkers of both tests",
    "seeds that the scores are averaged over",
)


def section(snapshot: Snapshot, table: Table) -> dict[str, Any] | None:
    """What the page of a task shows of a sealed test: a sentence, a table, and how to read it."""
    found = sealed_table.standing(snapshot, table)
    if found is None:
        return None
    better = snapshot.task(table).metrics[0].better
    names = ["entry", *sealed_table.heads(snapshot, table)]
    rows = []
    for name, gap in found.gaps.items():
        mark = sealed_table.MARK if gap.marked else ""
        first = Cell(title(*name), link=f"entry/{name[0]}.html", mark=mark)
        numbers = [Cell(text, number=True) for text in sealed_table.cells(better, gap)]
        rows.append(GridRow([first, *numbers]))
    columns = [Head(text, about) for text, about in zip(names, DEFINITIONS, strict=True)]
    return {
        "about": sealed_table.about(found),
        "grid": with_links(Grid(columns, rows, "Sealed test", "sealed"), slug(table.split)),
        "note": " ".join(sealed_table.notes(found)).replace("*", ""),
    }
