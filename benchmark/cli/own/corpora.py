"""The commands `data new` and `data split`: write a corpus file, write down its splits."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from benchmark import registry, storage
from benchmark.cli.named.words import CorpusName
from benchmark.cli.options import ROOT, Data, Json, as_example, one_sentence, say, say_json
from benchmark.cli.own import look, template
from benchmark.core import Corpus, Inapplicable, UserError
from benchmark.data import checks, checksums, folds, installed_split, splits
from benchmark.plain_text import plain
from benchmark.registry import declarations, own_corpora


def register(app: typer.Typer) -> None:
    """Add the commands to those for corpora."""
    for verb, name, example in (
        (new, "new", "data new my_words --from ~/recordings"),
        (split, "split", "data split my_words"),
    ):
        app.command(name, epilog=as_example(example))(verb)


def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the new corpus.")],
    source: Annotated[
        Path | None, typer.Option("--from", help="The folder of its recordings.")
    ] = None,
    example: Annotated[
        bool, typer.Option("--example", help="Write a few recordings to try it with, too.")
    ] = False,
    data: Data = ROOT / "data",
) -> None:
    """Write the file of a corpus of your own, from what its folder looks like."""
    with one_sentence(data, *own_corpora.folders()):
        if not declarations.NAME.fullmatch(name):
            raise UserError(f"{plain(repr(name))} is no name: expected {declarations.NAMED}")
        places = own_corpora.folders()
        if not places:
            raise UserError(f"{own_corpora.VARIABLE} is set to nothing: unset it, or use --plugins")
        path = places[0] / f"{name}.py"
        if path.exists() or name.lower() in {each.lower() for each in registry.corpora()}:
            raise UserError(f"a corpus {name} exists: choose another name")
        folder = data.resolve() / name if source is None else source.expanduser().resolve()
        if example:
            if source is not None or folder.exists():
                raise UserError(f"{folder} exists: --example writes recordings to a new folder")
            template.write_example(folder)
            say(f"wrote {look.EXAMPLE.count} recordings to try, in {folder}")
        if source is not None and not folder.is_dir():
            raise UserError(f"{folder}: expected a folder of recordings, found none")
        seen = look.look_at(folder) if folder.is_dir() else look.EXAMPLE
        text = template.corpus_file(name, seen, str(folder) if source is not None else "")
        storage.write_whole(path, text.encode())
        say(f"wrote {path}")
        if folder.is_dir():
            say(f"    as {folder} looks: {seen.count} recordings {seen.path}")
        else:
            say(f"    for recordings {seen.path} in {folder}: change it to what yours look like")
        for doubt in seen.doubts:
            say(f"    check its {doubt}")
        say("next:")
        say(f"    silentbench data check {name}")
        say(f"    silentbench data split {name}")
        say(f"    silentbench run --corpus {name}")


def split(
    name: CorpusName,
    anew: Annotated[
        bool, typer.Option("--anew", help="Freeze splits again that are frozen already.")
    ] = False,
    data: Data = ROOT / "data",
    as_json: Json = False,
) -> None:
    """Write down the folds of each split of a corpus of your own: they count from then on."""
    with one_sentence(data, *own_corpora.folders()):
        corpus = registry.pick_corpus(name, registry.corpora())
        if corpus.own is None:
            raise UserError(f"{name} is no corpus of your own: its splits are in tasks/splits")
        if problems := declarations_of(corpus):
            raise UserError(problems[0])
        recordings = checks.listed(corpus, folds.find(corpus, data.resolve()))
        said = []
        for each, rule in corpus.splits.items():
            full = f"{name}.{each}"
            file = registry.split_file(ROOT, full)
            notes: list[str] = []
            frozen = anew or not file.exists()
            try:
                if frozen:
                    notes.append(installed_split.freeze(file, full, corpus, recordings))
            except Inapplicable as error:
                said.append({"split": full, "left_out": str(error), "folds": {}})
                if not as_json:
                    say(f"left out: {error}")
                continue
            notes += installed_split.changes(splits.load(file), rule, recordings)
            said.append(_split(file, frozen, notes))
            if not as_json:
                for note in notes:
                    say(note)
                _show(corpus, file)
        if as_json:
            say_json(said)


def declarations_of(corpus: Corpus) -> list[str]:
    """What is wrong with the tasks and splits that a corpus of the user names."""
    problems = [each for each in registry.misfits(ROOT) if each.startswith(f"{corpus.own}: ")]
    if not corpus.splits and not problems:
        problems.append(f"{corpus.own}: splits: expected at least one, found none")
    return problems


def wrong(corpus: Corpus, data: Path) -> list[str]:
    """What is wrong with a corpus of the user beside its signals: declarations, splits, files."""
    folder = folds.find(corpus, data)
    problems = declarations_of(corpus)
    for name in corpus.splits:
        try:
            installed_split.drawn(f"{corpus.name}.{name}", corpus, checks.listed(corpus, folder))
        except Inapplicable:
            continue
        except UserError as error:
            problems.append(f"{corpus.own}: {error}")
    manifest = checksums.read_manifest(corpus, data) if corpus.files else None
    return problems + (checksums.mismatches(corpus, folder, manifest) if manifest else [])


def _split(file: Path, frozen: bool, notes: list[str]) -> dict[str, Any]:
    """A split as JSON: how many recordings each fold has, by role."""
    found = splits.load(file)
    return {
        "split": found.name,
        "about": found.about,
        "file": str(file),
        "frozen_now": frozen,
        "notes": notes,
        "folds": {
            fold: {role: len(ids) for role, ids in roles.roles().items()}
            for fold, roles in found.folds.items()
        },
    }


def _show(corpus: Corpus, file: Path) -> None:
    found = splits.load(file)
    say(f"{found.name}: {found.about} ({corpus.own})")
    for fold, roles in found.folds.items():
        counts = ", ".join(f"{len(ids)} {role}" for role, ids in roles.roles().items())
        say(f"    {fold}: {counts}")
