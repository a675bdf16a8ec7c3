"""A transfer as Markdown, whole or narrow."""

from __future__ import annotations

from collections.abc import Iterable

from benchmark.leaderboard.curves.transfer import Transfer
from benchmark.leaderboard.snapshot import Snapshot
from benchmark.report.markdown import table_parts
from benchmark.report.markdown.markdown_table import escaped, markdown_table
from benchmark.report.markdown.table_parts import name_cell, short_name_cell
from benchmark.report.transfer import transfer_section


def lines(
    snapshot: Snapshot, one: Transfer, shown: Iterable[int], columns: int | None = None
) -> list[str]:
    """Heading and tables of a transfer with some of its lines, by their places.

    With `columns` a table has its first columns only, without intervals of scores: for narrow
    pages.
    """
    shown = list(shown)
    task, heads = snapshot.task(one.made[0]), transfer_section.heads(one)
    cell = name_cell if columns is None else short_name_cell
    rows = [
        table_parts.narrow(
            heads,
            [
                cell(snapshot, task, one.lines[index].last),
                *transfer_section.cells(snapshot, one, index),
            ],
            columns,
        )
        for index in shown
    ]
    note = transfer_section.note(snapshot, one)
    return [
        f"### {transfer_section.heading(snapshot, one)}",
        "",
        transfer_section.about(snapshot, one, "`"),
        "",
        f"**{transfer_section.columns(snapshot, one)}**",
        "",
        *markdown_table(table_parts.narrow_heads(heads, columns), rows, range(1, len(heads))),
        "",
        *_beside(snapshot, one, shown, columns),
        escaped(note if columns is None else f"{table_parts.INTERVALS} {note}"),
        "",
    ]


def _beside(
    snapshot: Snapshot, one: Transfer, shown: Iterable[int], columns: int | None
) -> list[str]:
    """A table of the further metrics, which has no differences; nothing where there are none."""
    if columns is not None:  # all sources of a metric, or none
        columns -= (columns - 1) % len(one.sources)
    if not one.beside or columns == 1:
        return []
    task, cell = snapshot.task(one.made[0]), name_cell if columns is None else short_name_cell
    heads = ["entry", *transfer_section.beside_heads(one)]
    rows = [
        table_parts.narrow(
            heads,
            [
                cell(snapshot, task, one.lines[index].last),
                *transfer_section.beside_cells(one, index),
            ],
            columns,
        )
        for index in shown
    ]
    return [
        f"**{transfer_section.BESIDE}**",
        "",
        *markdown_table(table_parts.narrow_heads(heads, columns), rows, range(1, len(heads))),
        "",
    ]
