"""What the project knows of a corpus without its files: `tasks/recordings/<corpus>.json`.

The leaderboard must be the same wherever it is made, with the recordings and without. So the
project keeps, of each corpus that results are published on, the digest of its files and a list of
its recordings: id, speaker, session, and a number that is the same where the text is. From that
and the files of today's splits follow the digest of the data and the test recordings of each fold.

Of a corpus that must stay confidential there are no recordings in it, only the digest.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from benchmark import registry, storage
from benchmark.core import Array, Calibration, Corpus, Paths, Recording, Split, Task, UserError
from benchmark.data import checks, folds, splits
from benchmark.registry import project


class CorpusIndex(BaseModel):
    """The file. `recordings` is None for a confidential corpus."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    corpus: str
    version: str
    content: str  # Corpus.digest() where the files are, checksums of this copy included
    recordings: list[tuple[str, str, str, int]] | None  # id, speaker, session, number of the text


@dataclass(frozen=True)
class Expected:
    """What a result of one task on one split must be about."""

    data: str  # digest of the data
    # By fold: its test recordings in the order of their ids; None where they are confidential.
    test: Mapping[str, tuple[Recording, ...] | None]
    calibration: Calibration | None = None  # of its split
    # By fold: the ids, or patterns, of its test recordings as the split lists them. Where two
    # splits of a corpus list the same, they test the same, whether the ids are known or not.
    listed: Mapping[str, frozenset[str]] = field(default_factory=dict)


def path(root: Path, corpus: str) -> Path:
    """Where the index of a corpus lies in the project, to be read."""
    return project.find(root, f"tasks/recordings/{corpus}.json")


def of(corpus: Corpus, recordings: Sequence[Recording] | None) -> CorpusIndex:
    """The index of a corpus that is here, its checksums included."""
    if recordings is None:
        return CorpusIndex(
            corpus=corpus.name, version=corpus.version, content=corpus.digest(), recordings=None
        )
    numbers: dict[str, int] = {}
    rows = [
        (r.id, r.speaker, r.session, numbers.setdefault(r.text, len(numbers)))
        for r in sorted(recordings, key=lambda r: r.id)
    ]
    return CorpusIndex(
        corpus=corpus.name, version=corpus.version, content=corpus.digest(), recordings=rows
    )


def write(root: Path, index: CorpusIndex) -> None:
    """Write the file, one recording a line, so that a change shows as changed lines."""
    rows = None
    if index.recordings is not None:
        rows = [json.dumps(row, ensure_ascii=False) for row in index.recordings]
    head = {"corpus": index.corpus, "version": index.version, "content": index.content}
    listed = "null" if rows is None else "[\n" + ",\n".join(rows) + "\n]"
    text = json.dumps(head, ensure_ascii=False)[:-1] + f', "recordings": {listed}}}\n'
    storage.write_whole(project.own(root, path(root, index.corpus)), text.encode())


def register(paths: Paths, corpus: Corpus, confidential: bool = False) -> bool:
    """Write the index of a corpus that is here, unless there is one of its version; True if so."""
    known = read(paths.root, corpus.name)
    if known is not None and known.version == corpus.version:
        return False
    recordings = checks.listed(corpus, folds.find(corpus, paths.data))
    write(paths.root, of(corpus, None if confidential else recordings))
    return True


def read(root: Path, corpus: str) -> CorpusIndex | None:
    """The index of a corpus; None where there is none, UserError where it is none."""
    file = path(root, corpus)
    return _read(file, file.stat().st_mtime_ns) if file.exists() else None


@lru_cache(maxsize=32)  # every split of a corpus asks for it
def _read(file: Path, _changed: int) -> CorpusIndex:
    try:
        return CorpusIndex.model_validate_json(storage.read_text(file))
    except ValidationError as error:
        first = error.errors()[0]
        raise UserError(f"{file}: not an index of recordings: {first['msg']}") from error


def expected(root: Path, name: str, task: Task, split: str, corpus: Corpus) -> Expected | None:
    """What results of a task on a split must be about today; None where nobody knows.

    Where the reader names the content itself, its word counts and not that of the file.
    """
    index = read(root, corpus.name)
    file = registry.split_file(root, split)
    if index is None or index.version != corpus.version or not file.exists():
        return None
    content = corpus.digest() if corpus.files is None else index.content
    whole, here = splits.load(file), replace(corpus, digest=lambda: content)
    data = folds.data_digest(name, task, whole, here)
    if index.recordings is None:
        none = dict.fromkeys(whole.folds)
        return Expected(data, none, whole.calibration, listed(whole))
    known = [
        Recording(r, speaker, session, f"text {text}", no_signal)
        for r, speaker, session, text in index.recordings
    ]
    resolved, _ = splits.resolve(whole, known)
    test = _test_recordings(resolved, {r.id: r for r in known})
    return Expected(data, test, whole.calibration, listed(whole))


def listed(split: Split) -> dict[str, frozenset[str]]:
    """What a split lists as the test recordings of each fold."""
    return {name: frozenset(fold.test) for name, fold in split.folds.items()}


def _test_recordings(
    split: Split, known: Mapping[str, Recording]
) -> dict[str, tuple[Recording, ...] | None]:
    found: dict[str, tuple[Recording, ...] | None] = {}
    for name, fold in split.folds.items():
        if unknown := [i for i in fold.test if i not in known]:
            raise UserError(f"{split.name}, fold {name}: {unknown[0]} is not in its corpus' index")
        found[name] = tuple(known[i] for i in sorted(fold.test))
    return found


def no_signal(signal: str) -> Array:
    """The reader of a recording of which only the name is known."""
    raise LookupError(f"an index of recordings has no {signal}")
