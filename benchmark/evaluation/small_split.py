"""A few recordings of a task to try an entry on: of any corpus that is here, with all classes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest

from benchmark import registry, storage
from benchmark.core import Corpus, Fold, Paths, Split, Task, UserError
from benchmark.data import checks, folds, splits
from benchmark.data.installed_split import load_here
from benchmark.registry import declarations

TRAIN, VALID, TEST = 6, 2, 2  # recordings, more to train on where there are more classes
MOST_LOOKED = 300  # recordings of a part whose class is read


def find(paths: Paths, task: Task) -> tuple[Split, Corpus, int]:
    """A tiny split out of one whose corpus is here, and how many recordings a whole one tests.

    Smoke splits first. UserError says why each of the others cannot be used.
    """
    corpora = registry.corpora()
    reasons = []
    for name in (*task.smoke, *task.splits):
        corpus = corpora.get(name.partition(".")[0])
        if corpus is None:
            reasons.append(f"{name}: there is no corpus of that name")
        elif missing := declarations.missing_signal(task, corpus):
            reasons.append(f"{name}: {missing}")
        elif corpus.locate(paths.data) is None:
            reasons.append(f"{name}: {corpus.name} is not under {paths.data}")
        else:
            try:
                split, held, _ = load_here(paths, name, corpus)
            except UserError as error:
                reasons.append(str(error))
                continue
            whole = split
            if name in task.smoke and task.splits:
                whole = splits.load(registry.split_file(paths.root, task.splits[0]))
                if whole.corpus == corpus.name:  # whose recordings tell what patterns mean
                    whole, _, _ = load_here(paths, whole.name, corpus)
            return (
                _tiny(paths, task, split, held),
                held,
                sum(len(f.test) for f in whole.folds.values()),
            )
    raise UserError(f"none of its splits can be used here: {'; '.join(dict.fromkeys(reasons))}")


def _tiny(paths: Paths, task: Task, split: Split, corpus: Corpus) -> Split:
    """A few recordings of the first fold, among them all classes of a label, as far as it has them.

    Those to test on are of classes that those to train on have.
    """
    fold = next(iter(split.folds.values()))
    recordings = {r.id: r for r in checks.listed(corpus, folds.find(corpus, paths.data))}
    target = corpus.signals[task.target]
    classed = target.rate is None and not target.free

    def kind(name: str) -> str:
        recording = recordings[name]
        return str(recording[task.target]) if classed else recording.text

    looked = _evenly(fold.train, MOST_LOOKED if classed else len(fold.train))
    by_kind = _by(looked, kind)
    train = _in_rounds(by_kind)[: max(TRAIN, len(by_kind) if classed else 0)]
    rest = [name for name in (*fold.valid, *fold.train) if name not in train]
    test = [n for n in _evenly(fold.test, MOST_LOOKED) if not classed or kind(n) in by_kind]
    small = Fold(train, tuple(rest[:VALID]), _in_rounds(_by(test or fold.test, kind))[:TEST])
    digest = storage.digest([split.digest, small.roles()])
    return replace(split, name=f"{corpus.name}.check", folds={"all": small}, digest=digest)


def _evenly(names: Sequence[str], most: int) -> Sequence[str]:
    """At most so many of them, from the first to the last."""
    return names[:: -(-len(names) // most)] if len(names) > most else names


def _by(names: Iterable[str], kind: Callable[[str], str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(kind(name), []).append(name)
    return found


def _in_rounds(by_kind: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """One of each kind, then another one of each, and so on."""
    rounds = zip_longest(*by_kind.values())
    return tuple(name for names in rounds for name in names if name is not None)
