"""A split resolved to the recordings that are on this machine.

The split of a user's corpus is a rule until it is first used: then it is frozen, that is, its folds
are written down beside the file of the corpus, and count from then on. The checksums of the files
are stored at that moment too, if they are not yet. Both are said, and a corpus that has changed
since is noticed.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from benchmark import registry
from benchmark.core import (
    Corpus,
    Fold,
    Inapplicable,
    Paths,
    Recording,
    Split,
    SplitRule,
    UserError,
)
from benchmark.data import checks, checksums, folds, splits


def load_here(paths: Paths, name: str, corpus: Corpus) -> tuple[Split, Corpus, list[str]]:
    """The split with ids, the corpus with its checksums, and a note for each fold left out.

    Of a user's corpus, notes also say what was written down just now, and what has changed.
    """
    notes = _first_use(corpus, paths.data) if corpus.own else []
    file = registry.split_file(paths.root, name)
    checked = checksums.with_checksums(corpus, paths.data)
    if corpus.files is None and not corpus.own and not splits.has_patterns(splits.load(file)):
        return splits.load(file), checked, notes
    recordings = _listed(corpus.name, corpus.recordings, folds.find(corpus, paths.data))
    rule = corpus.splits.get(name.partition(".")[2]) if corpus.own else None
    if rule is not None and not file.exists():
        notes.append(freeze(file, name, corpus, recordings))
    split = splits.load(file)
    if rule is not None:
        notes += changes(split, rule, recordings)
    resolved, left_out = splits.resolve(split, recordings)
    return resolved, checked, [*notes, *left_out]


def freeze(file: Path, name: str, corpus: Corpus, recordings: Sequence[Recording]) -> str:
    """Write down the folds that the rule of a split gives today; what was done, in a sentence.

    UserError as `drawn`.
    """
    rule, made = corpus.splits[name.partition(".")[2]], drawn(name, corpus, recordings)
    splits.write(file, rule.about, rule.disjoint, made, rule.guard, rule.calibration)
    return f"{name}: {len(made)} folds over {len(recordings)} recordings frozen in {file}"


def drawn(name: str, corpus: Corpus, recordings: Sequence[Recording]) -> dict[str, Fold]:
    """The folds that the rule of a split gives today.

    UserError where it gives none, they share what it says is kept apart, or a class is tested that
    no training recording is of. Inapplicable where it says that these recordings are too few.
    """
    rule = corpus.splits[name.partition(".")[2]]
    made = _folds(name, rule, recordings)
    split = Split(name, rule.about, rule.disjoint, made, "", rule.guard)
    known = {r.id: r for r in recordings}
    splits.check(split, known)
    classes = [s for s, signal in corpus.signals.items() if signal.labels and signal.rate is None]
    named = {i for fold in made.values() for ids in fold.roles().values() for i in ids}
    has = corpus.checks.signals
    for signal in classes:
        having = named if has is None else {i for i in named if signal in has(i)}
        of = {i: int(checks.read(corpus, known[i], signal)) for i in having}
        for fold, roles in made.items():
            tested, learned = ({of[i] for i in ids if i in of} for ids in (roles.test, roles.train))
            if alone := tested - learned:
                label = corpus.signals[signal].labels[min(alone)]
                raise UserError(
                    f"{name}, fold {fold}: expected training recordings of each class that is"
                    f" tested, found none of {label!r}; choose another rule, such as repetitions"
                )
    return made


def changes(split: Split, rule: SplitRule, recordings: Sequence[Recording]) -> list[str]:
    """A sentence where a rule would give other folds today than those that were frozen.

    UserError where a recording is gone that the split names.
    """
    known = {r.id for r in recordings}
    named = {i for fold in split.folds.values() for ids in fold.roles().values() for i in ids}
    anew = f"silentbench data split {split.corpus} --anew"
    if gone := sorted(named - known):
        raise UserError(
            f"{split.name} was frozen with the recording {gone[0]}, which is not here"
            f" ({len(gone)} such); restore it, or freeze the split again: {anew}"
        )
    if _sets(_folds(split.name, rule, recordings)) == _sets(split.folds):
        return []
    new = sorted(known - named)
    what = f"{len(new)} recordings are not in it, such as {new[0]}" if new else "its rule changed"
    return [f"{split.name} counts as it was frozen; {what}; to freeze it again: {anew}"]


def _folds(name: str, rule: SplitRule, recordings: Sequence[Recording]) -> dict[str, Fold]:
    try:
        made = dict(rule.folds(recordings))
    except Inapplicable as error:
        raise Inapplicable(f"{name}: {error}") from error
    except UserError as error:
        raise UserError(f"{name}: {error}") from error
    if not made or not all(isinstance(fold, Fold) for fold in made.values()):
        raise UserError(f"{name}: expected folds from its rule, found {made!r:.100}")
    return made


def _sets(made: Mapping[str, Fold]) -> dict[str, dict[str, set[str]]]:
    return {
        name: {role: set(ids) for role, ids in fold.roles().items()} for name, fold in made.items()
    }


def _first_use(corpus: Corpus, data: Path) -> list[str]:
    """Store the checksums of a corpus that has none yet, as `data prepare` does.

    UserError where it has some, and a file has changed since: folds that were made before would
    otherwise be used on.
    """
    if corpus.files is None:
        return []
    folder, known = folds.find(corpus, data), checksums.read_manifest(corpus, data)
    if known is not None:
        _check_files(corpus, folder, known, checksums.manifest_path(corpus, data))
        return []
    manifest = checksums.make_manifest(corpus, folder)
    checksums.write_manifest(corpus, data, manifest)
    path = checksums.manifest_path(corpus, data)
    return [
        f"{corpus.name}: checksums of {len(manifest.files):,} files stored in {path}; files that"
        " change from now on are noticed"
    ]


def _check_files(corpus: Corpus, folder: Path, known: checksums.Manifest, stored: Path) -> None:
    """Compare names and sizes, and the content where a file is younger than its checksum."""
    listed = corpus.files(folder) if corpus.files else ()
    there = {str(path.relative_to(folder)): path.stat() for path in listed}
    since = stored.stat().st_mtime_ns
    if known.files.keys() - {checksums.MINIATURE_MARK} == there.keys() and all(
        stat.st_size == known.files[name][0] and max(stat.st_mtime_ns, stat.st_ctime_ns) <= since
        for name, stat in there.items()
    ):
        return
    if problems := checksums.mismatches(corpus, folder, known):
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise UserError(f"{corpus.name} in {folder}: {problems[0]}{more}")
    stored.touch()  # all of it was looked at again


@functools.lru_cache(maxsize=4)  # several tasks ask for the same one
def _listed(
    name: str, recordings: Callable[[Path], list[Recording]], folder: Path
) -> list[Recording]:
    return checks.given_by(name, recordings, folder)
