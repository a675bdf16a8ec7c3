"""A folder of recordings becomes a corpus: all that a user's own corpus file needs to import.

`from_folder` lists the recordings by their paths and reads WAV, CSV and NPY files by their ending.
What it cannot place is an error and never left out in silence; see docs/bringing_data.md.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import MappingProxyType

from benchmark import storage
from benchmark.core import Array, Checks, Corpus, Recording, SplitRule, UserError
from benchmark.corpora.calibration import calibrated
from benchmark.corpora.own_paths import FIELD, Fields, fields_of, files_below, filled, natural
from benchmark.corpora.own_signals import File, Label, Mel, Source, Text
from benchmark.corpora.own_table import read_rows
from benchmark.corpora.split_rules import contiguous, k_folds, leave_one_out, listed, repetitions

__all__ = [
    "File",
    "Label",
    "Mel",
    "Text",
    "calibrated",
    "contiguous",
    "from_folder",
    "k_folds",
    "leave_one_out",
    "listed",
    "repetitions",
]

NO_CHECKS = Checks()
READER = 1  # version of what is made of the files
UNFIT = re.compile(r"[^\w+-]+")  # for an id, which is the name of a file too
Correct = Callable[[dict[str, str]], Fields]


@dataclasses.dataclass(frozen=True)
class _Layout:
    """How the files of a corpus are named."""

    name: str
    path: str
    signals: Mapping[str, Source]
    correct: Correct | None
    ignore: tuple[str, ...]
    table: tuple[str, str] | None

    def files(self) -> dict[str, str]:
        """The path of each signal that has a file, with fields in braces."""
        return {
            name: source.name if "{" in source.name else self.path + source.name
            for name, source in self.signals.items()
            if isinstance(source, File)
        }


def from_folder(
    *,
    name: str,
    title: str,
    licence: str,
    path: str,
    signals: Mapping[str, Source],
    tasks: tuple[str, ...],
    splits: Mapping[str, SplitRule],
    folder: str = "",
    citation: str = "",
    version: str = "1",
    ignore: tuple[str, ...] = (),
    table: tuple[str, str] | None = None,
    correct: Correct | None = None,
    checks: Checks = NO_CHECKS,
    transfers: Mapping[str, tuple[str, str]] = MappingProxyType({}),
) -> Corpus:
    """A corpus in the folder `folder`, or else in one of its name below the data folder.

    `path` is that of a recording in it, without the ending of its files, with fields in braces:
    `{speaker}`, `{session}`, `{text}` and any others. A field stands for one or more characters but
    `/`, or for what an expression says: `{take:[0-9]+}`. Together they are the id. `table` is text
    in columns with a row for each recording, and the field that finds it, such as
    `("metadata.csv", "take")`: its other columns are fields too. `correct` may return other values
    for the fields of a recording, or more of them, such as a text by its number. `ignore` are
    patterns of files that are no recordings, such as "calibration/*". `transfers` says what splits
    test and what trains, where their names are not TEST_from_SOURCE.
    """
    if not any(isinstance(source, File) for source in signals.values()):
        raise UserError(f"{name}: expected a signal that is a File, found none")
    if not FIELD.search(path):
        raise UserError(f"{name}: path: expected fields such as {{speaker}}, found {path!r}")
    if table and table[1] not in dict(FIELD.findall(path)):
        raise UserError(f"{name}: table: expected a field of {path!r}, found {table[1]!r}")
    layout = _Layout(name, path, signals, correct, ignore, table)
    base = Path(folder).expanduser() if folder else None

    def locate(data: Path) -> Path | None:
        place = base if base is not None else data / name
        return place if place.is_dir() else None

    return Corpus(
        name=name,
        title=title,
        version=version,
        licence=licence,
        citation=citation or title,
        advice=(
            f"its file says that it is in {base}"
            if base
            else f"put its folder there, called {name}, or link it: silentbench data prepare"
            f" {name} --from FOLDER --accept-licence"
        ),
        signals={signal: source.signal() for signal, source in signals.items()},
        locate=locate,
        recordings=partial(_recordings, layout),
        digest=lambda: _digest(layout),
        verify=lambda _folder: [],
        files=partial(_every_file, layout),
        tasks=tasks,
        splits=splits,
        checks=checks,
        transfers=transfers,
    )


def _every_file(layout: _Layout, folder: Path) -> list[Path]:
    tables = [folder / layout.table[0]] if layout.table else []
    return [*tables, *(p for _, paths in _listed(layout, folder) for p in paths.values())]


def _recordings(layout: _Layout, folder: Path) -> list[Recording]:
    found: dict[str, Recording] = {}
    for fields, paths in _listed(layout, folder):
        speaker = fields.get("speaker", "s1")
        session = "-".join(filter(None, (speaker, fields.get("session", ""))))
        recording = Recording(
            id=fields["id"],
            speaker=speaker,
            session=session,
            text=fields.get("text", ""),
            read=partial(_read, layout, fields, paths),
        )
        if recording.id in found:
            raise UserError(
                f"{next(iter(paths.values()))}: a second recording with the id {recording.id}; add"
                " a field to `path` that tells the two apart"
            )
        found[recording.id] = recording
    return list(found.values())


def _read(layout: _Layout, fields: Fields, paths: Mapping[str, Path], signal: str) -> Array:
    source = layout.signals.get(signal)
    if source is None:
        raise UserError(
            f"{fields['id']}: expected one of {', '.join(layout.signals)}, got {signal}"
        )
    if isinstance(source, File):
        return source.read(paths[signal])
    if isinstance(source, Mel):
        return source.of_sound(fields["id"], _read(layout, fields, paths, source.of))
    if source.of not in fields:
        raise UserError(f"{fields['id']}: {signal} needs the field {source.of}, which it has not")
    return source.of_fields(fields["id"], fields)


def _listed(layout: _Layout, folder: Path) -> list[tuple[Fields, dict[str, Path]]]:
    """Fields and files of each recording, in the order of their paths with numbers as numbers."""
    there = files_below(folder, layout.ignore)
    patterns = layout.files()
    first = next(iter(patterns.values()))
    found: list[tuple[Fields, dict[str, Path]]] = []
    rows = read_rows(folder / layout.table[0], layout.table[1]) if layout.table else {}
    claimed = {layout.table[0]} if layout.table else set()
    for name in sorted(there, key=natural):
        fields = fields_of(first, name)
        if fields is None:
            continue
        names = {signal: filled(pattern, fields) for signal, pattern in patterns.items()}
        if missing := [each for each in names.values() if each not in there]:
            raise UserError(
                f"{folder / missing[0]}: expected this file of the recording {name}, found none"
            )
        claimed |= set(names.values())
        if layout.table:
            key = fields[layout.table[1]]
            if key not in rows:
                raise UserError(f"{folder / layout.table[0]}: expected a row {key!r}, found none")
            fields = {**rows.pop(key), **fields}
        corrected = {**fields, **layout.correct(dict(fields))} if layout.correct else fields
        stem = "-".join(corrected[n] for n, _ in dict.fromkeys(FIELD.findall(layout.path)))
        named = {"id": UNFIT.sub("-", stem), **{k: str(v) for k, v in corrected.items()}}
        found.append((named, {signal: there[each] for signal, each in names.items()}))
    endings = {Path(pattern).suffix.lower() for pattern in patterns.values()}
    lost = [n for n in there if n not in claimed and Path(n).suffix in endings]
    if lost:
        raise UserError(
            f"{folder / lost[0]}: fits no recording {first!r} ({len(lost)} such files); change"
            " `path`, or name it in `ignore`"
        )
    if rows and layout.table:
        key = next(iter(rows))
        raise UserError(f"{folder / layout.table[0]}: expected a recording {key!r}, found none")
    if not found:
        raise UserError(f"{folder}: expected files like {first!r}, found none")
    return found


def _digest(layout: _Layout) -> str:
    """Of all that decides what is made of the files; a function counts with the file it is in."""
    said: Sequence[object] = [
        READER,
        layout.path,
        {n: [type(s).__name__, dataclasses.asdict(s)] for n, s in layout.signals.items()},
        layout.ignore,
        layout.table,
    ]
    if layout.correct is None:
        return storage.digest(said)
    code = Path(layout.correct.__code__.co_filename).read_bytes()
    return storage.digest([said, hashlib.sha256(code).hexdigest()])
