"""Checksum manifests: trust on first use for corpora whose checksums were never published.

Where `Corpus.files` is given, `data prepare` writes `<data>/<corpus>.sums.json`, which lists every
file with its size and sha256. From then on files are compared with it, and its digest is part of
every job: a result on other bytes is never taken for one on these. A folder that holds a file named
FIXTURE is a miniature, made to try things out: scores on it are never published.
"""

from __future__ import annotations

import errno
import hashlib
import os
from dataclasses import replace
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from benchmark import storage
from benchmark.core import Corpus, UserError

MINIATURE_MARK = "FIXTURE"  # a file at the top of a miniature
FULL = errno.ENOSPC, errno.EDQUOT
SHOWN = 5  # files with the same problem that are named


class Manifest(BaseModel):
    """The files of one corpus, by path below its folder: size in bytes and sha256 (hex)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    corpus: str
    version: str
    miniature: bool
    files: dict[str, tuple[int, str]]


def manifest_path(corpus: Corpus, data: Path) -> Path:
    """Where the manifest of a corpus is stored."""
    return data / f"{corpus.name}.sums.json"


def with_checksums(corpus: Corpus, data: Path) -> Corpus:
    """The corpus with the checksums stored here in its digest and its check.

    A corpus with published checksums is returned unchanged. UserError where it is not prepared.
    """
    if corpus.files is None:
        return corpus
    manifest = read_manifest(corpus, data)
    if manifest is None:
        raise UserError(
            f"{corpus.name} is under {data} but has no stored checksums: "
            f"silentbench data prepare {corpus.name} --accept-licence"
        )
    digest = storage.digest([corpus.digest(), manifest.files])

    def verify(folder: Path) -> list[str]:
        return [*corpus.verify(folder), *mismatches(corpus, folder, manifest)]

    def state(folder: Path) -> str:
        stats = [(path, path.stat()) for path in _files(corpus, folder)]
        return storage.digest([[str(p), stat.st_size, stat.st_mtime_ns] for p, stat in stats])

    return replace(
        corpus,
        digest=lambda: digest,
        verify=verify,
        state=state,
        miniature=manifest.miniature,
    )


def read_manifest(corpus: Corpus, data: Path) -> Manifest | None:
    """The stored manifest of a corpus; None where there is none, UserError where it is invalid."""
    path = manifest_path(corpus, data)
    if not path.exists():
        return None
    try:
        manifest = Manifest.model_validate_json(storage.read_text(path))
    except ValidationError as error:
        raise UserError(
            f"{path}: not a checksum manifest ({error.error_count()} errors); remove it and run "
            f"silentbench data prepare {corpus.name} --accept-licence"
        ) from error
    if (manifest.corpus, manifest.version) != (corpus.name, corpus.version):
        raise UserError(
            f"{path}: expected {corpus.name} {corpus.version}, found {manifest.corpus} "
            f"{manifest.version}; remove it and run "
            f"silentbench data prepare {corpus.name} --accept-licence"
        )
    return manifest


def make_manifest(corpus: Corpus, folder: Path) -> Manifest:
    """Hash every file of a corpus; UserError where there is none."""
    files = {
        str(path.relative_to(folder)): (path.stat().st_size, sha256_of(path))
        for path in _files(corpus, folder)
    }
    if not files:
        raise UserError(f"{corpus.name}: no file of it in {folder}. {corpus.advice}")
    return Manifest(
        corpus=corpus.name,
        version=corpus.version,
        miniature=(folder / MINIATURE_MARK).exists(),
        files=files,
    )


def write_manifest(corpus: Corpus, data: Path, manifest: Manifest) -> None:
    """Store a manifest; UserError where the data folder cannot be written to."""
    path = manifest_path(corpus, data)
    try:
        storage.write_json(path, manifest.model_dump())
    except OSError as error:
        if error.errno in FULL:  # another folder of the same disk would not help
            raise
        raise UserError(
            f"{path}: cannot be written ({error.strerror}); choose another folder with --data and "
            "name the corpus with --from"
        ) from error


def mismatches(corpus: Corpus, folder: Path, manifest: Manifest) -> list[str]:
    """A sentence for each file that is missing, new or changed since the manifest was made."""
    paths = {str(path.relative_to(folder)): path for path in _files(corpus, folder)}
    missing = [name for name in manifest.files if name not in paths]
    problems = _named(missing, "expected a file, found none")
    new = [name for name in paths if name not in manifest.files]
    problems += _named(new, "expected no file of this name, found one")
    for name, (size, sha256) in manifest.files.items():
        if name not in paths:
            continue
        if (size_now := paths[name].stat().st_size) != size:
            problems.append(f"{name}: expected {size:,} bytes, found {size_now:,}")
        elif (sha256_now := sha256_of(paths[name])) != sha256:
            problems.append(f"{name}: expected sha256 {sha256[:12]}, found {sha256_now[:12]}")
    command = f"silentbench data prepare {corpus.name} --accept-licence --overwrite-checksums"
    return [f"{problem}; restore it, or accept the change: {command}" for problem in problems]


def fingerprint(corpus: Corpus, data: Path) -> str:
    """64 hex digits for results: a digest of the reader and of every byte that it reads."""
    return with_checksums(corpus, data).digest()


def link_folder(corpus: Corpus, data: Path, folder: Path) -> None:
    """Link a corpus folder into the data folder, without a copy; UserError where that fails."""
    target = data / corpus.name
    folder = folder.resolve()
    if not folder.is_dir():
        raise UserError(f"{folder}: expected the folder of {corpus.name}, found none")
    if target.is_symlink() and target.resolve() == folder:
        return
    if os.path.lexists(target):
        raise UserError(f"{target} exists: move it away to use {folder}")
    try:
        data.mkdir(parents=True, exist_ok=True)
        target.symlink_to(folder, target_is_directory=True)
    except OSError as error:
        raise UserError(
            f"{target}: cannot be written ({error.strerror}); choose another folder with --data"
        ) from error
    if corpus.locate(data) is None:
        target.unlink()
        raise UserError(f"{folder} does not have the layout of {corpus.name}. {corpus.advice}")


def sha256_of(path: Path) -> str:
    """sha256 of a file (hex); UserError where it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from error


def _files(corpus: Corpus, folder: Path) -> list[Path]:
    listed = corpus.files(folder) if corpus.files else ()
    mark = folder / MINIATURE_MARK
    # A list in the corpus may name what is not there.
    return sorted(path for path in {*listed, mark} if path.is_file())


def _named(names: list[str], problem: str) -> list[str]:
    """The problem of the first few files by name, of the others by number."""
    problems = [f"{name}: {problem}" for name in names[:SHOWN]]
    if len(names) > SHOWN:
        problems.append(f"and {len(names) - SHOWN} other files: {problem}")
    return problems
