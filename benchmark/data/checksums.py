"""What there is of a corpus on this machine, written down at first sight and checked ever after.

The content of a corpus that travels with no checksums (`Corpus.files` is given) becomes known when
it is prepared: `<data>/<corpus>.sums.json` lists every file with its size and sha256. From then on
the digest of that list is part of every job, so no result of other bytes is taken for one of these.
A folder with a file FIXTURE is a miniature, made to try things out: its scores are never published.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from benchmark import storage
from benchmark.core import Corpus, UserError

MARK = "FIXTURE"  # at the top of a miniature
SHOWN = 5  # problems of one kind that are named


class Holding(BaseModel):
    """The files of one corpus below its folder: size in bytes and sha256."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    corpus: str
    version: str
    miniature: bool
    files: dict[str, tuple[int, str]]


def place(corpus: Corpus, data: Path) -> Path:
    """Where the list of a corpus lies."""
    return data / f"{corpus.name}.sums.json"


def held(corpus: Corpus, data: Path) -> Corpus:
    """The corpus as it is here: its digest covers the bytes. UserError where it is not prepared."""
    if corpus.files is None:
        return corpus
    holding = written(corpus, data)
    if holding is None:
        raise UserError(
            f"{corpus.name} is under {data} but was never checked: "
            f"run_benchmark.py data prepare {corpus.name} --accept-licence"
        )
    digest = storage.digest([corpus.digest(), holding.files])

    def verify(folder: Path) -> list[str]:
        return [*corpus.verify(folder), *check(corpus, folder, holding)]

    def state(folder: Path) -> str:
        looks = [(path, path.stat()) for path in _files(corpus, folder)]
        return storage.digest([[str(p), look.st_size, look.st_mtime_ns] for p, look in looks])

    return replace(
        corpus,
        digest=lambda: digest,
        verify=verify,
        state=state,
        miniature=holding.miniature,
    )


def written(corpus: Corpus, data: Path) -> Holding | None:
    """The list of a corpus; None where there is none yet, UserError where it is not such a list."""
    path = place(corpus, data)
    if not path.exists():
        return None
    try:
        holding = Holding.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise UserError(
            f"{path}: not a list of sums ({error.error_count()} mistakes); remove it and "
            f"prepare {corpus.name} again"
        ) from error
    if (holding.corpus, holding.version) != (corpus.name, corpus.version):
        raise UserError(
            f"{path}: expected {corpus.name} {corpus.version}, found {holding.corpus} "
            f"{holding.version}; remove it and prepare {corpus.name} again"
        )
    return holding


def take_stock(corpus: Corpus, folder: Path) -> Holding:
    """Read every file once and list it; UserError where there is none."""
    files = dict(_sums(corpus, folder))
    if not files:
        raise UserError(f"{corpus.name}: no file of it in {folder}. {corpus.advice}")
    return Holding(
        corpus=corpus.name,
        version=corpus.version,
        miniature=(folder / MARK).exists(),
        files=files,
    )


def write_down(corpus: Corpus, data: Path, holding: Holding) -> None:
    """Keep a list; UserError where the data folder cannot be written to."""
    path = place(corpus, data)
    try:
        storage.write_json(path, holding.model_dump())
    except OSError as error:
        raise UserError(
            f"{path}: cannot be written ({error.strerror}); name a data folder of your own with "
            "--data and the corpus with --from"
        ) from error


def check(corpus: Corpus, folder: Path, holding: Holding) -> list[str]:
    """One sentence for each file that is missing, more than was there, or has other bytes."""
    now = {str(path.relative_to(folder)): path for path in _files(corpus, folder)}
    missing = [name for name in holding.files if name not in now]
    problems = _named(missing, "expected a file, found none")
    problems += _named([n for n in now if n not in holding.files], "was not there before")
    for name, (size, sha256) in holding.files.items():
        if name not in now:
            continue
        if (got := now[name].stat().st_size) != size:
            problems.append(f"{name}: expected {size:,} bytes, found {got:,}")
        elif (found := sum_of(now[name])) != sha256:
            problems.append(f"{name}: expected sha256 {sha256[:12]}, found {found[:12]}")
    return [f"{problem}; get it again, or prepare {corpus.name} anew" for problem in problems]


def fingerprint(corpus: Corpus, data: Path) -> str:
    """64 hex digits that go into results: of the reader and of every byte it reads."""
    return held(corpus, data).digest()


def link(corpus: Corpus, data: Path, folder: Path) -> None:
    """Make a folder elsewhere the corpus of this data folder; nothing is copied."""
    target = data / corpus.name
    folder = folder.resolve()
    if not folder.is_dir():
        raise UserError(f"{folder}: expected the folder of {corpus.name}, found none")
    if target.is_symlink() and target.resolve() == folder:
        return
    if os.path.lexists(target):
        raise UserError(f"{target} is there already: move it away to use {folder}")
    try:
        data.mkdir(parents=True, exist_ok=True)
        target.symlink_to(folder, target_is_directory=True)
    except OSError as error:
        raise UserError(
            f"{target}: cannot be made ({error.strerror}); name a data folder of your own with "
            "--data"
        ) from error
    if corpus.locate(data) is None:
        target.unlink()
        raise UserError(f"{folder} is not laid out as {corpus.name} is. {corpus.advice}")


def sum_of(path: Path) -> str:
    """sha256 of a file, in pieces; UserError where it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from error


def _files(corpus: Corpus, folder: Path) -> list[Path]:
    listed = corpus.files(folder) if corpus.files else ()
    return sorted({*listed, *((folder / MARK,) if (folder / MARK).exists() else ())})


def _sums(corpus: Corpus, folder: Path) -> Iterator[tuple[str, tuple[int, str]]]:
    for path in _files(corpus, folder):
        yield str(path.relative_to(folder)), (path.stat().st_size, sum_of(path))


def _named(names: list[str], said: str) -> list[str]:
    """The first few by name, the others as a number."""
    problems = [f"{name}: {said}" for name in names[:SHOWN]]
    if len(names) > SHOWN:
        problems.append(f"and {len(names) - SHOWN} other files: {said}")
    return problems
