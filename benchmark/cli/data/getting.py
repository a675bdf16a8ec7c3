"""A corpus, or its miniature, or its targets, to this machine: data prepare, fixture, targets."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmark import registry
from benchmark.cli.data.checking import compare_or_store_checksums, fail_on, tell_report
from benchmark.cli.named.words import CorpusName
from benchmark.cli.options import ROOT, Data, Json, one_sentence, say, say_json
from benchmark.core import Corpus, UserError
from benchmark.corpora import sparc_targets
from benchmark.corpora.io.unpack import unpack
from benchmark.data import checks, checksums, folds

MOST_FILES = 5_000_000  # in an archive


def prepare_data(
    name: CorpusName,
    data: Data = ROOT / "data",
    accept: Annotated[
        bool, typer.Option("--accept-licence", help="Accept the licence that is printed.")
    ] = False,
    source: Annotated[
        Path | None,
        typer.Option("--from", help="A local copy: its folder (linked, not copied) or an archive."),
    ] = None,
    overwrite: Annotated[
        bool,
        typer.Option("--overwrite-checksums", "--anew", help="Overwrite the stored checksums."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Download a corpus, or use a local copy, and check every file."""
    tell = partial(say, error=as_json)
    with one_sentence(data):
        corpus = registry.pick_corpus(name, registry.corpora())
        root = data.resolve()
        _print_terms(corpus, tell)
        if not accept:
            raise UserError(f"{name}: add --accept-licence if you accept its licence")
        if source is not None and source.is_file():
            _unpack(corpus, root, source)
        elif source is not None:
            checksums.link_folder(corpus, root, source)
        elif corpus.locate(root) is None:
            _download(corpus, root, tell)
        folder = folds.find(corpus, root)
        tell(f"checking {folder}")
        fail_on(corpus, corpus.verify(folder), folder, tell)
        found: dict[str, Any] = {}
        if corpus.files is not None:
            report = checks.check_corpus(corpus, folder, tell)
            tell_report(corpus, folder, report, tell)
            found = {"doubts": report.doubts.lines(), "compared": report.compared}
            found |= compare_or_store_checksums(corpus, root, folder, overwrite, tell)
        fingerprint = checksums.fingerprint(corpus, root)
        if as_json:
            about = {"corpus": name, "version": corpus.version, "folder": str(folder)}
            say_json({**about, "fingerprint": fingerprint, **found})
        else:
            say(f"{name} is ready; fingerprint {fingerprint}")


def _print_terms(corpus: Corpus, tell: Callable[[str], None]) -> None:
    tell(f"{corpus.name} {corpus.version}: {corpus.title}")
    tell(f"    licence   {corpus.licence}")
    tell(f"    citation  {corpus.citation}")
    for what, text in (("size", corpus.size), ("source", corpus.source)):
        if text:
            tell(f"    {what:9} {text}")


def _download(corpus: Corpus, root: Path, tell: Callable[[str], None]) -> None:
    if corpus.fetch is None:
        raise UserError(
            f"{corpus.name}: no automatic download: follow these steps. {corpus.advice}"
        )
    tell(f"downloading {corpus.name} ({corpus.size or 'size not known'}) to {root}")
    corpus.fetch(root)
    tell(f"{corpus.name} is now under {root}")


def _unpack(corpus: Corpus, root: Path, archive: Path) -> None:
    """Unpack a local archive into the data folder."""
    folder = root / corpus.name
    if folder.exists():
        raise UserError(f"{folder} exists: move it away to unpack {archive}")
    try:
        root.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(root).free
    except OSError as error:
        raise UserError(
            f"{root}: cannot be written ({error.strerror}); choose another folder with --data"
        ) from error
    unpack(archive, folder, at_most_bytes=free, at_most_files=MOST_FILES)
    if corpus.locate(root) is None:
        raise UserError(f"{folder} does not have the layout of {corpus.name}. {corpus.advice}")


def write_fixture(name: CorpusName, data: Data = ROOT / "data") -> None:
    """Write a miniature of a corpus with the layout of the real one, to try a model on."""
    with one_sentence(data):
        corpus = registry.pick_corpus(name, registry.corpora())
        write = registry.pick("miniature", name, registry.fixtures())
        root = data.resolve()
        for path in (root / name, checksums.manifest_path(corpus, root)):
            if os.path.lexists(path):
                raise UserError(f"{path} exists: choose another folder with --data")
        write(root / name)
        checksums.write_manifest(corpus, root, checksums.make_manifest(corpus, root / name))
        say(f"{root / name} is a miniature of {name}; scores on it are never published")


def make_targets(
    name: CorpusName,
    data: Data = ROOT / "data",
    as_json: Json = False,
) -> None:
    """Estimate articulation from the audio of a corpus with SPARC (only what is missing)."""
    with one_sentence(data):
        chosen = registry.pick_corpus(name, registry.corpora())
        folder = folds.find(chosen, data.resolve())
        tell = partial(say, error=as_json)  # JSON stands alone on standard output
        summary = sparc_targets.make(chosen, folder, folder / sparc_targets.CACHE, tell)
        if as_json:
            say_json({"corpus": name, **asdict(summary), "folder": str(summary.folder)})
        else:
            for problem in summary.failed:
                say(problem)
            say(summary.line())
        if summary.made and not as_json:
            say("the corpus has new files; store their checksums:")
            say(f"    silentbench data prepare {name} --overwrite-checksums")
        if summary.failed:
            raise UserError(f"{len(summary.failed)} recordings have no articulation")
