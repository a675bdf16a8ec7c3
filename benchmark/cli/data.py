"""The commands for corpora: data list, prepare, verify, fingerprint, fixture, targets, cards."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmark import registry, storage
from benchmark.cli.options import (
    ROOT,
    Data,
    Json,
    as_called,
    as_example,
    one_sentence,
    say,
    say_json,
)
from benchmark.cli.own import corpora as own
from benchmark.core import Corpus, UserError
from benchmark.corpora import sparc_targets
from benchmark.corpora.io.unpack import unpack
from benchmark.data import checks, checksums, folds
from benchmark.report import dataset_cards

MOST_FILES = 5_000_000  # in an archive
Name = Annotated[
    str, typer.Argument(metavar="CORPUS", help=as_called("See `silentbench data list`."))
]

app = typer.Typer(no_args_is_help=True, help="Find, download and check corpora.")


def register(parent: typer.Typer) -> None:
    """Add the commands to a command line, as `data COMMAND`."""
    parent.add_typer(app, name="data")


own.register(app)


@app.command("list", epilog=as_example("data list --data ~/corpora"))
def list_data(data: Data = ROOT / "data", as_json: Json = False) -> None:
    """List corpora with their licence, and where each is installed or how to get it."""
    corpora = {name: (c, c.locate(data.resolve())) for name, c in registry.corpora().items()}
    if as_json:
        say_json([_corpus(c, folder) for c, folder in corpora.values()])
        return
    for name, (corpus, folder) in corpora.items():
        say(f"{name} {corpus.version}: {corpus.title} ({corpus.licence})")
        say(f"    {folder or f'not installed: {corpus.advice}'}")
    for problem in registry.left_out(ROOT):
        say(f"left out: {problem}", error=True)


def _corpus(corpus: Corpus, folder: Path | None) -> dict[str, Any]:
    return {
        "id": corpus.name,
        "title": corpus.title,
        "version": corpus.version,
        "licence": corpus.licence,
        "citation": corpus.citation,
        "source": corpus.source,
        "size": corpus.size,
        "simulated": corpus.synthetic,
        "pinned": corpus.files is None,
        "folder": None if folder is None else str(folder),
        "advice": corpus.advice,
    }


@app.command(
    "prepare",
    epilog=as_example("data prepare gaddy2020 --from ~/emg --accept-licence"),
)
def prepare_data(
    name: Name,
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
) -> None:
    """Download a corpus, or use a local copy, and check every file."""
    with one_sentence(data):
        corpus = registry.pick_corpus(name, registry.corpora())
        root = data.resolve()
        _print_terms(corpus)
        if not accept:
            raise UserError(f"{name}: add --accept-licence if you accept its licence")
        if source is not None and source.is_file():
            _unpack(corpus, root, source)
        elif source is not None:
            checksums.link_folder(corpus, root, source)
        elif corpus.locate(root) is None:
            _download(corpus, root)
        folder = folds.find(corpus, root)
        say(f"checking {folder}")
        _fail_on(corpus, corpus.verify(folder), folder)
        if corpus.files is not None:
            _tell_report(corpus, folder, checks.check_corpus(corpus, folder, say))
            _compare_or_store_checksums(corpus, root, folder, overwrite)
        say(f"{name} is ready; fingerprint {checksums.fingerprint(corpus, root)}")


def _print_terms(corpus: Corpus) -> None:
    say(f"{corpus.name} {corpus.version}: {corpus.title}")
    say(f"    licence   {corpus.licence}")
    say(f"    citation  {corpus.citation}")
    for what, text in (("size", corpus.size), ("source", corpus.source)):
        if text:
            say(f"    {what:9} {text}")


def _download(corpus: Corpus, root: Path) -> None:
    if corpus.fetch is None:
        raise UserError(
            f"{corpus.name}: no automatic download: follow these steps. {corpus.advice}"
        )
    say(f"downloading {corpus.name} ({corpus.size or 'size not known'}) to {root}")
    corpus.fetch(root)
    say(f"{corpus.name} is now under {root}")


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


def _compare_or_store_checksums(corpus: Corpus, root: Path, folder: Path, overwrite: bool) -> None:
    """Trust on first use: store checksums where there are none, else compare with them."""
    stored = None if overwrite else checksums.read_manifest(corpus, root)
    if stored is None:
        manifest = checksums.make_manifest(corpus, folder)
        checksums.write_manifest(corpus, root, manifest)
        size = sum(size for size, _ in manifest.files.values())
        path = checksums.manifest_path(corpus, root)
        say(f"checksums of {len(manifest.files):,} files ({size:,} bytes) stored in {path}")
        if manifest.miniature:
            say("this is a miniature: scores on it are not published")
    else:
        _fail_on(corpus, checksums.mismatches(corpus, folder, stored), folder)
        say(f"{len(stored.files):,} files match their checksums")


def _tell_report(corpus: Corpus, folder: Path, report: checks.Report) -> None:
    """Print what a look at all signals found; UserError where one is not as declared."""
    for line in report.compared:
        say(f"compared: {line}")
    for line in report.doubts.lines():
        say(f"doubt: {line}")
    for line in report.tally.lines():
        say(line)
    say(report.line())
    if report.problems:
        raise UserError(f"{corpus.name} in {folder}: {report.problems:,} problems, see above")


def _end_in_json(corpus: Corpus, problems: Sequence[str], **more: Any) -> None:
    """Print what was found, and end with the status that says whether it is a problem."""
    about = {"corpus": corpus.name, "version": corpus.version}
    say_json({**about, "problems": [*problems], **more})
    raise typer.Exit(2 if problems else 0)


def _fail_on(corpus: Corpus, problems: list[str], folder: Path) -> None:
    """Print every problem; UserError if there is one."""
    for problem in problems:
        say(problem)
    if problems:
        raise UserError(f"{corpus.name} in {folder}: {len(problems)} problems found, see above")


@app.command("verify", epilog=as_example("data verify embedded"))
def verify_data(name: Name, data: Data = ROOT / "data", as_json: Json = False) -> None:
    """Compare every file of a corpus with its published or stored checksum."""
    with one_sentence():
        corpus = registry.pick_corpus(name, registry.corpora())
        root = data.resolve()
        folder = folds.find(corpus, root)
        problems = checksums.with_checksums(corpus, root).verify(folder)
        if as_json:
            _end_in_json(corpus, problems)
        _fail_on(corpus, problems, folder)
        checked = "published checksums" if corpus.files is None else "checksums stored by prepare"
        say(f"{name} {corpus.version} matches the {checked}")


@app.command("check", epilog=as_example("data check embedded"))
def check_data(name: Name, data: Data = ROOT / "data", as_json: Json = False) -> None:
    """Compare every signal of every recording with what the corpus declares.

    Types, shapes, finite values, labels, lengths, levels, channels that do not change, names of
    recordings, and recordings that are copies of others. What is odd beside that (streams that fit
    another moment or another recording better, a recording unlike its session) is named as a doubt
    and refuses nothing. `data prepare` does it too.
    """
    with one_sentence():
        corpus = registry.pick_corpus(name, registry.corpora())
        folder = folds.find(corpus, data.resolve())
        report = checks.check_corpus(corpus, folder, partial(say, error=as_json))
        if as_json:
            wrong = own.wrong(corpus, data.resolve()) if corpus.own else []
            more = {"doubts": report.doubts.lines(), "compared": report.compared}
            _end_in_json(corpus, [*report.tally.lines(), *wrong], **more)
        _tell_report(corpus, folder, report)
        if corpus.own:
            _fail_on(corpus, own.wrong(corpus, data.resolve()), folder)
        say(f"{name} {corpus.version} is as it declares")


@app.command("fingerprint", epilog=as_example("data fingerprint gaddy2020"))
def fingerprint_data(name: Name, data: Data = ROOT / "data") -> None:
    """Print the digest of a corpus (files and reader) that results contain."""
    with one_sentence():
        corpus = registry.pick_corpus(name, registry.corpora())
        root = data.resolve()
        folds.find(corpus, root)
        say(checksums.fingerprint(corpus, root))


@app.command("fixture", epilog=as_example("data fixture tal --data /tmp/data"))
def write_fixture(name: Name, data: Data = ROOT / "data") -> None:
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


@app.command("targets", epilog=as_example("data targets gaddy2020"))
def make_targets(
    name: Name,
    data: Data = ROOT / "data",
) -> None:
    """Estimate articulation from the audio of a corpus with SPARC (only what is missing)."""
    with one_sentence(data):
        chosen = registry.pick_corpus(name, registry.corpora())
        folder = folds.find(chosen, data.resolve())
        summary = sparc_targets.make(chosen, folder, folder / sparc_targets.CACHE, say)
        for problem in summary.failed:
            say(problem)
        say(summary.line())
        if summary.made:
            say("the corpus has new files; store their checksums:")
            say(f"    silentbench data prepare {name} --overwrite-checksums")
        if summary.failed:
            raise UserError(f"{len(summary.failed)} recordings have no articulation")


@app.command("cards", epilog=as_example("data cards --check"))
def write_cards(
    check: Annotated[
        bool, typer.Option("--check", help="Only check that the pages are current.")
    ] = False,
) -> None:
    """Write docs/corpora: a page and Croissant metadata for each corpus."""
    with one_sentence():
        pages = {ROOT / path: text for path, text in dataset_cards.pages(ROOT).items()}
        stale = [path for path, text in pages.items() if not _holds(path, text)]
        if check and stale:
            names = ", ".join(str(path.relative_to(ROOT)) for path in stale)
            raise UserError(f"not current: {names}; run `silentbench data cards`")
        for path in stale:
            storage.write_whole(path, pages[path].encode())
        say(f"{len(pages)} pages are current, {len(stale)} of them were rewritten")


def _holds(path: Path, text: str) -> bool:
    return path.exists() and path.read_text("utf-8") == text
