"""Which table, row and recordings the commands for sound are about."""

from __future__ import annotations

from typing import Annotated

import typer

from benchmark import registry
from benchmark.core import Paths, Signal, UserError
from benchmark.corpora import sparc_voice
from benchmark.leaderboard import snapshot
from benchmark.leaderboard.comparison.pairs import row_of
from benchmark.leaderboard.snapshot import Snapshot
from benchmark.report.listening import hooks, kept
from benchmark.report.listening.kept import OneSeed, Place
from benchmark.report.listening.sounds import NO_VOCODER, Vocoder, can_be_heard, note
from benchmark.report.plots.answers import is_sound
from benchmark.spectra import vocoder

OwnVocoder = Annotated[
    str, typer.Option(metavar="MODULE:FUNCTION", help="Your own vocoder, of spectrograms.")
]
SOURCES = "Sound is made of sound, and of spectrograms of the shared front end only."
NOT_DECODED = "SPARC's decoder makes sound of articulation in its own coordinates only."


def place_of(
    board: Snapshot, paths: Paths, entry: str, task: str, split: str, decoded: bool = False
) -> Place:
    """The table that has a row of ENTRY or ENTRY:VARIANT and whose target can be heard.

    `decoded`: whose target SPARC's decoder makes audible.

    Without `task`, the only one with sound that the entry does; without `split`, the first of the
    task. UserError where there is none, or several tasks.
    """
    if task:
        registry.pick("task", task, board.tasks)
    rows = {row.entry: None for table in board.tables for row in table.rows}
    registry.pick("entry with results", entry.partition(":")[0], rows)
    tables = [
        table
        for table in board.tables
        if not table.aggregated
        and (not task or table.task == task)
        and row_of(board, table, entry) is not None
    ]
    if not tables:
        done = f" of {task}" if task else ""
        raise UserError(f"{entry} has no results{done}: see `silentbench show {_name(entry)}`")
    fits = sparc_voice.fits if decoded else can_be_heard
    audible = [table for table in tables if fits(Place(board, paths, table).target)]
    if not audible:
        why = NOT_DECODED if decoded else _silence(Place(board, paths, tables[0]).target)
        raise UserError(f"{entry}: nothing can be heard of {tables[0].task}. {why}")
    names = sorted({table.task for table in audible})
    if len(names) > 1:
        raise UserError(f"{entry} does {', '.join(names)}: choose one with --task")
    by_split = {table.split: table for table in audible}
    if split:
        return Place(board, paths, registry.pick("split with its results", split, by_split))
    order = [name for name in board.tasks[names[0]].splits if name in by_split]
    return Place(board, paths, by_split[(order or sorted(by_split))[0]])


def _silence(target: Signal) -> str:
    why = note(target)
    return why if why == NO_VOCODER else SOURCES


def _name(entry: str) -> str:
    """The entry of ENTRY:VARIANT."""
    return entry.partition(":")[0]


def one_of(place: Place, entry: str) -> OneSeed:
    """The results of the lowest seed of an entry on a table, those of this machine first."""
    row = row_of(place.snapshot, place.table, entry)
    if row is None:
        table = place.table
        raise UserError(
            f"{entry} has no results of {table.task} on {table.split}: see `silentbench show"
            f" {_name(entry)}`"
        )
    return kept.as_run_here(place.paths, kept.first_seed(row))


def vocoder_of(place: Place, named: str) -> Vocoder:
    """The user's own vocoder MODULE:FUNCTION, or that of the project where none is named."""
    if named and is_sound(place.target):
        raise UserError("--vocoder: the answers are sound already, and need none")
    return hooks.vocoder(named) if named else vocoder.sound


def board_of(paths: Paths, own: bool) -> Snapshot:
    """The published results, or those on corpora of the user."""
    return snapshot.read_own(paths) if own else snapshot.read(paths.root)
