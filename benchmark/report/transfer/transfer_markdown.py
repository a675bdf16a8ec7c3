"""A transfer as Markdown, whole or narrow."""

from __future__ import annotations

from collections.abc import Iterable

from benchmark.leaderboard.curves.transfer import Transfer
from benchmark.leaderboard.snapshot import Snapshot
from benchmark.report.markdown.markdown_table import escaped, markdown_table
from benchmark.report.markdown.table_parts import name_cell, short_name_cell
from benchmark.report.transfer import transfer_section


def lines(
    snapshot: Snapshot, one: Transfer, shown: Iterable[int], columns: int | None = None
) -> list[str]:
    """Heading and tables of a transfer with some of its lines, by their places.

    With `columns` a table has its first columns only, and is for narrow pages.
    """
    shown = list(shown)
    task, heads = snapshot.task(one.made[0]), transfer_section.heads(one)[:columns]
    cell = name_cell if columns is None else short_name_cell
    rows = [
        [
            cell(snapshot, task, one.lines[index].last),
            *transfer_section.cells(snapshot, one, index),
        ][:columns]
        for index in shown
    ]
    return [
        f"### {transfer_section.heading(snapshot, one)}",
        "",
        transfer_section.about(snapshot, one, "`"),
        "",
        f"**{transfer_section.columns(snapshot, one)}**",
        "",
        *markdown_table(heads, rows, range(1, len(heads))),
        "",
        *_beside(snapshot, one, shown, columns),
        escaped(transfer_section.note(snapshot, one)),
        "",
    ]


def _beside(
    snapshot: Snapshot, one: Transfer, shown: Iterable[int], columns: int | None
) -> list[str]:
    """A table of the further metrics, which has no differences; nothing where there are none."""
    if not one.beside:
        return []
    task, cell = snapshot.task(one.made[0]), name_cell if columns is None else short_name_cell
    heads = ["entry", *transfer_section.beside_heads(one)][:columns]
    rows = [
        [cell(snapshot, task, one.lines[index].last), *transfer_section.beside_cells(one, index)][
            :columns
        ]
        for index in shown
    ]
    return [
        f"**{transfer_section.BESIDE}**",
        "",
        *markdown_table(heads, rows, range(1, len(heads))),
        "",
    ]
