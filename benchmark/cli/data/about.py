"""What corpora there are: data list, fingerprint, cards."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from benchmark import registry, storage
from benchmark.cli.named.words import CorpusName
from benchmark.cli.options import ROOT, Data, Json, one_sentence, say, say_json
from benchmark.core import Corpus, UserError
from benchmark.data import checksums, folds
from benchmark.report import dataset_cards


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


def fingerprint_data(name: CorpusName, data: Data = ROOT / "data", as_json: Json = False) -> None:
    """Print the digest of a corpus (files and reader) that results contain."""
    with one_sentence():
        corpus = registry.pick_corpus(name, registry.corpora())
        root = data.resolve()
        folds.find(corpus, root)
        digest = checksums.fingerprint(corpus, root)
        if as_json:
            say_json({"corpus": corpus.name, "version": corpus.version, "fingerprint": digest})
            return
        say(digest)


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
