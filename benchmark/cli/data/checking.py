"""Whether a corpus is as it should be: data verify, check."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import typer

from benchmark import registry
from benchmark.cli.named.words import CorpusName
from benchmark.cli.options import ROOT, Data, Json, one_sentence, say, say_json
from benchmark.cli.own import corpora as own
from benchmark.core import Corpus, UserError
from benchmark.data import checks, checksums, folds

Tell = Callable[[str], None]


def verify_data(name: CorpusName, data: Data = ROOT / "data", as_json: Json = False) -> None:
    """Compare every file of a corpus with its published or stored checksum."""
    with one_sentence():
        corpus = registry.pick_corpus(name, registry.corpora())
        root = data.resolve()
        folder = folds.find(corpus, root)
        problems = checksums.with_checksums(corpus, root).verify(folder)
        if as_json:
            _end_in_json(corpus, problems)
        fail_on(corpus, problems, folder)
        checked = "published checksums" if corpus.files is None else "checksums stored by prepare"
        say(f"{name} {corpus.version} matches the {checked}")


def check_data(name: CorpusName, data: Data = ROOT / "data", as_json: Json = False) -> None:
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
        tell_report(corpus, folder, report)
        if corpus.own:
            fail_on(corpus, own.wrong(corpus, data.resolve()), folder)
        say(f"{name} {corpus.version} is as it declares")


def compare_or_store_checksums(
    corpus: Corpus, root: Path, folder: Path, overwrite: bool, tell: Tell = say
) -> dict[str, Any]:
    """Trust on first use: store checksums where there are none, else compare with them.

    How many files they are of, whether they are new, and whether the corpus is a miniature.
    """
    stored = None if overwrite else checksums.read_manifest(corpus, root)
    if stored is None:
        manifest = checksums.make_manifest(corpus, folder)
        checksums.write_manifest(corpus, root, manifest)
        size = sum(size for size, _ in manifest.files.values())
        path = checksums.manifest_path(corpus, root)
        tell(f"checksums of {len(manifest.files):,} files ({size:,} bytes) stored in {path}")
        if manifest.miniature:
            tell("this is a miniature: scores on it are not published")
    else:
        manifest = stored
        fail_on(corpus, checksums.mismatches(corpus, folder, stored), folder, tell)
        tell(f"{len(stored.files):,} files match their checksums")
    return {
        "files": len(manifest.files),
        "stored": stored is None,
        "miniature": bool(manifest.miniature),
    }


def tell_report(corpus: Corpus, folder: Path, report: checks.Report, tell: Tell = say) -> None:
    """Print what a look at all signals found; UserError where one is not as declared."""
    for line in report.compared:
        tell(f"compared: {line}")
    for line in report.doubts.lines():
        tell(f"doubt: {line}")
    for line in report.tally.lines():
        tell(line)
    tell(report.line())
    if report.problems:
        raise UserError(f"{corpus.name} in {folder}: {report.problems:,} problems, see above")


def _end_in_json(corpus: Corpus, problems: Sequence[str], **more: Any) -> None:
    """Print what was found, and end with the status that says whether it is a problem."""
    about = {"corpus": corpus.name, "version": corpus.version}
    say_json({**about, "problems": [*problems], **more})
    raise typer.Exit(2 if problems else 0)


def fail_on(corpus: Corpus, problems: list[str], folder: Path, tell: Tell = say) -> None:
    """Print every problem; UserError if there is one."""
    for problem in problems:
        tell(problem)
    if problems:
        raise UserError(f"{corpus.name} in {folder}: {len(problems)} problems found, see above")
