"""The verbs for who brings data: data list, prepare, verify, targets, ...; verify-private."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmark import registry, storage
from benchmark.cli.options import ROOT, Data, Json, one_sentence
from benchmark.core import Corpus, Task, UserError
from benchmark.corpora import sparc_targets
from benchmark.corpora.io.unpack import unpack
from benchmark.data import checksums, dataset_cards, folds, splits
from benchmark.results import aggregation, published
from benchmark.results.result import JobResult, parse

MOST_FILES = 5_000_000  # in an archive
WALLS = ("bubblewrap", "unshare", "process", "predictions only")  # how a result was isolated

app = typer.Typer(no_args_is_help=True, help="Find, fetch and check the corpora.")


def register(parent: typer.Typer) -> None:
    """Add the verbs to a command line, as `data VERB`."""
    parent.add_typer(app, name="data")
    parent.command(
        "verify-private",
        epilog="Example: python run_benchmark.py verify-private runs/results/TASK/SPLIT/../R.json",
    )(verify_private)


@app.command("list", epilog="Example: python run_benchmark.py data list --data ~/corpora")
def list_data(data: Data = ROOT / "data", as_json: Json = False) -> None:
    """Show every corpus, its licence and whether it is there."""
    found = {name: (c, c.locate(data.resolve())) for name, c in registry.corpora().items()}
    if as_json:
        print(json.dumps([_corpus(c, folder) for c, folder in found.values()], indent=1))
        return
    for name, (corpus, folder) in found.items():
        print(f"{name} {corpus.version}: {corpus.title} ({corpus.licence})")
        print(f"    {folder or f'not here: {corpus.advice}'}")


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
    epilog="Example: python run_benchmark.py data prepare gaddy2020 --from ~/emg --accept-licence",
)
def prepare_data(
    name: str,
    data: Data = ROOT / "data",
    accept: Annotated[
        bool, typer.Option("--accept-licence", help="You agree to the licence that is printed.")
    ] = False,
    there: Annotated[
        Path | None,
        typer.Option("--from", help="A folder that holds it already (not copied), or an archive."),
    ] = None,
    anew: Annotated[
        bool, typer.Option("--anew", help="Write its sums down again, whatever they were.")
    ] = False,
) -> None:
    """Fetch a corpus, or take one that is there already, and check every file of it."""
    with one_sentence():
        corpus = registry.pick("corpus", name, registry.corpora())
        root = data.resolve()
        _introduce(corpus)
        if not accept:
            raise UserError(f"{name}: say --accept-licence if you agree to its licence")
        if there is not None and there.is_file():
            _unpack(corpus, root, there)
        elif there is not None:
            checksums.link(corpus, root, there)
        elif corpus.locate(root) is None:
            _fetch(corpus, root)
        folder = folds.find(corpus, root)
        print(f"checking {folder}")
        _expect(corpus, corpus.verify(folder), folder)
        if corpus.files is not None:
            _sums(corpus, root, folder, anew)
        print(f"{name} is ready; fingerprint {checksums.fingerprint(corpus, root)}")


def _introduce(corpus: Corpus) -> None:
    print(f"{corpus.name} {corpus.version}: {corpus.title}")
    print(f"    licence   {corpus.licence}")
    print(f"    citation  {corpus.citation}")
    for what, said in (("size", corpus.size), ("source", corpus.source)):
        if said:
            print(f"    {what:9} {said}")


def _fetch(corpus: Corpus, root: Path) -> None:
    if corpus.fetch is None:
        raise UserError(f"{corpus.name} cannot be fetched by a program. {corpus.advice}")
    corpus.fetch(root)
    print(f"{corpus.name} is now under {root}")


def _unpack(corpus: Corpus, root: Path, archive: Path) -> None:
    """Unpack an archive that is there already into the data folder."""
    folder = root / corpus.name
    if folder.exists():
        raise UserError(f"{folder} is there already: move it away to unpack {archive}")
    try:
        root.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(root).free
    except OSError as error:
        raise UserError(
            f"{root}: cannot be used ({error.strerror}); name another --data"
        ) from error
    unpack(archive, folder, at_most_bytes=free, at_most_files=MOST_FILES)
    if corpus.locate(root) is None:
        raise UserError(f"{folder} is not laid out as {corpus.name} is. {corpus.advice}")


def _sums(corpus: Corpus, root: Path, folder: Path, anew: bool) -> None:
    """Compare with what was written down before, else write it down."""
    before = None if anew else checksums.written(corpus, root)
    if before is None:
        holding = checksums.take_stock(corpus, folder)
        checksums.write_down(corpus, root, holding)
        size = sum(size for size, _ in holding.files.values())
        where = checksums.place(corpus, root)
        print(f"{len(holding.files):,} files of {size:,} bytes written down in {where}")
        if holding.miniature:
            print("a miniature: what is scored on it is not published")
    else:
        _expect(corpus, checksums.check(corpus, folder, before), folder)
        print(f"{len(before.files):,} files are as they were")


def _expect(corpus: Corpus, problems: list[str], folder: Path) -> None:
    """Print every problem; UserError where there is one."""
    for problem in problems:
        print(problem)
    if problems:
        raise UserError(f"{corpus.name} in {folder} is not as expected, {len(problems)} found")


@app.command("verify", epilog="Example: python run_benchmark.py data verify embedded")
def verify_data(name: str, data: Data = ROOT / "data") -> None:
    """Compare every file of a corpus with the checksums of its version or of its preparing."""
    with one_sentence():
        corpus = registry.pick("corpus", name, registry.corpora())
        root = data.resolve()
        folder = folds.find(corpus, root)
        _expect(corpus, checksums.held(corpus, root).verify(folder), folder)
        before = "published" if corpus.files is None else "it was when it was prepared"
        print(f"{name} {corpus.version} is as {before}")


@app.command("fingerprint", epilog="Example: python run_benchmark.py data fingerprint gaddy2020")
def fingerprint_data(name: str, data: Data = ROOT / "data") -> None:
    """Print the digest of a corpus, bytes and reader, that goes into results."""
    with one_sentence():
        corpus = registry.pick("corpus", name, registry.corpora())
        root = data.resolve()
        folds.find(corpus, root)
        print(checksums.fingerprint(corpus, root))


@app.command("fixture", epilog="Example: python run_benchmark.py data fixture tal --data /tmp/data")
def write_fixture(name: str, data: Data = ROOT / "data") -> None:
    """Write a miniature of a corpus, laid out like the real one, to try a model out."""
    with one_sentence():
        corpus = registry.pick("corpus", name, registry.corpora())
        write = registry.pick("miniature", name, registry.fixtures())
        root = data.resolve()
        for there in (root / name, checksums.place(corpus, root)):
            if os.path.lexists(there):
                raise UserError(f"{there} is there already: name another folder with --data")
        write(root / name)
        checksums.write_down(corpus, root, checksums.take_stock(corpus, root / name))
        print(f"a miniature of {name} is in {root / name}; its scores are never published")


@app.command("targets", epilog="Example: python run_benchmark.py data targets --corpus gaddy2020")
def make_targets(
    corpus: Annotated[str, typer.Option(help="The corpus whose sound is listened to.")],
    data: Data = ROOT / "data",
) -> None:
    """Estimate articulation from sound with SPARC, once for each recording that has sound."""
    with one_sentence():
        chosen = registry.pick("corpus", corpus, registry.corpora())
        folder = folds.find(chosen, data.resolve())
        done = sparc_targets.make(chosen, folder, folder / sparc_targets.CACHE, print)
        for problem in done.failed:
            print(problem)
        print(done.line())
        if done.made:
            print(f"the corpus has new files: run_benchmark.py data prepare {corpus} --anew")
        if done.failed:
            raise UserError(f"{len(done.failed)} recordings have no articulation")


@app.command("cards", epilog="Example: python run_benchmark.py data cards --check")
def write_cards(
    check: Annotated[
        bool, typer.Option("--check", help="Only say if the pages are current.")
    ] = False,
) -> None:
    """Write docs/corpora: a page and Croissant metadata for each corpus."""
    with one_sentence():
        made = {ROOT / path: text for path, text in dataset_cards.pages(ROOT).items()}
        stale = [path for path, text in made.items() if not _says(path, text)]
        if check and stale:
            names = ", ".join(str(path.relative_to(ROOT)) for path in stale)
            raise UserError(f"not current: {names}; run run_benchmark.py data cards")
        for path in stale:
            storage.write_whole(path, made[path].encode())
        print(f"{len(made)} files are current, {len(stale)} were written")


def _says(path: Path, text: str) -> bool:
    return path.exists() and path.read_text("utf-8") == text


def verify_private(
    result: Annotated[Path, typer.Argument(help="A result, or a file of published ones.")],
    data: Data = ROOT / "data",
) -> None:
    """Show that a result holds no signal, text, label or id of the data it was made on."""
    with one_sentence():
        found = _results(result)
        tasks, entries = registry.tasks(ROOT), registry.entries(ROOT).found
        problems = []
        for one in found:
            task = registry.pick("task", one.task, tasks)
            entry = registry.pick("entry", one.entry, entries)
            path = ROOT / "tasks" / "splits" / f"{one.split}.json"
            if one.split not in (*task.splits, *task.smoke) or not path.is_file():
                raise UserError(
                    f"{result}: names the split {one.split[:40]!r}, which {one.task} lacks"
                )
            split = splits.load(path)
            known = {one.entry, *entry.variants, *split.folds, one.split, *WALLS}
            hidden = _hidden(split.corpus, task, data.resolve())
            if one.fold in hidden:
                print(f"{one.job.key}: its fold is named after a speaker, whom the split names")
            hidden -= known
            problems += [
                f"{one.job.key}: {said}" for said in aggregation.reveals(one, task, known, hidden)
            ]
        for problem in problems:
            print(problem)
        if problems:
            raise UserError(f"{result}: tells of single recordings, {len(problems)} found")
        print(f"{len(found)} results tell of no single recording")


def _results(path: Path) -> list[JobResult]:
    if not path.is_file():
        raise UserError(f"{path}: expected a result, found no such file")
    content = path.read_bytes()
    return published.published(path) if content[:1] == b"[" else [parse(content, path)]


def _hidden(name: str, task: Task, data: Path) -> set[str]:
    """Every id, speaker, session, text and label of a corpus, where it is at hand."""
    corpus = registry.pick("corpus", name, registry.corpora())
    folder = corpus.locate(data)
    labels = {label for s in (*task.inputs, task.target) for label in corpus.signals[s].labels}
    if folder is None:
        print(f"{name} is not under {data}: looked at the form of results only")
        return labels
    found = corpus.recordings(folder)
    return labels.union(*({r.id, r.speaker, r.session, r.text} for r in found))
