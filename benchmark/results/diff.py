"""Why two results differ: what is not the same in them, the most likely cause first.

Whether their predictions are the same arrays comes before all: where they are, the models did the
same and only the scoring can differ; where they are not, the causes stand in the order in which
they have been found to matter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmark import registry
from benchmark.core import Task, UserError
from benchmark.results import published
from benchmark.results.result import JobResult, parse
from benchmark.results.scores import score_of

# Libraries that models are made with, then those that scores are made with.
LIBRARIES = ("torch", "scikit-learn", "numpy", "scipy", "pesq", "pystoi", "jiwer")
MACHINE = ("cpu", "cores", "os", "python")
SAME_SLOT = ("task", "split", "fold", "variant", "seed")
SHORT = 12  # characters of a digest


@dataclass(frozen=True)
class Cause:
    """One thing that differs, and what it is in either result."""

    what: str
    one: str
    other: str


def results(root: Path, text: str) -> list[JobResult]:
    """The results that `text` names: a file of one, a published file, or an entry.

    UserError where there are none.
    """
    path = Path(text)
    if path.suffix == ".json" or path.exists():
        if not path.is_file():
            raise UserError(f"{path}: no such file")
        content = path.read_bytes()
        found = published.published(path) if content.startswith(b"[") else [parse(content, path)]
    else:
        entry = registry.pick("entry", text, registry.entries(root).found)
        found = published.published(entry.results)
    if not found:
        raise UserError(f"{text}: holds no result")
    return found


def pairs(
    one: Sequence[JobResult], other: Sequence[JobResult]
) -> list[tuple[JobResult, JobResult]]:
    """Results of the same task, split, fold, variant and seed; two single ones in any case."""
    if len(one) == len(other) == 1:
        return [(one[0], other[0])]
    there = {_slot(result): result for result in other}
    found = [(result, there[_slot(result)]) for result in one if _slot(result) in there]
    if not found:
        raise UserError("no two of these results are of the same task, split, fold, variant, seed")
    return found


def _slot(result: JobResult) -> tuple[Any, ...]:
    return tuple(getattr(result, name) for name in SAME_SLOT)


def causes(
    one: JobResult, other: JobResult, settings: Mapping[str, Mapping[str, Mapping[str, Any]]]
) -> list[Cause]:
    """All that differs, likeliest first; `settings` are those of each entry's variants."""
    return [cause for cause in _differences(one, other, settings) if cause.one != cause.other]


def _differences(
    one: JobResult, other: JobResult, settings: Mapping[str, Mapping[str, Mapping[str, Any]]]
) -> Iterator[Cause]:
    yield Cause(
        "status", f"{one.status} {one.reason}".strip(), f"{other.status} {other.reason}".strip()
    )
    for name in ("task", "split", "fold"):
        yield Cause(name, getattr(one, name), getattr(other, name))
    yield Cause("data (task, split, corpus, sensors)", one.data[:SHORT], other.data[:SHORT])
    theirs = set(one.metrics) ^ set(other.metrics)
    yield Cause(
        "metric versions",
        ", ".join(sorted(theirs & set(one.metrics))),
        ", ".join(sorted(theirs & set(other.metrics))),
    )
    yield Cause("entry", one.entry, other.entry)
    yield Cause("variant", one.variant, other.variant)
    mine = [settings.get(r.entry, {}).get(r.variant, {}) for r in (one, other)]
    for name in sorted(set(mine[0]) | set(mine[1])):
        yield Cause(f"setting {name}", *(str(chosen.get(name, "–")) for chosen in mine))
    yield Cause("code of the entry", one.code[:SHORT], other.code[:SHORT])
    yield Cause("seed", str(one.seed), str(other.seed))
    for name in (*LIBRARIES, *MACHINE, "commit"):
        known = [str(result.environment.get(name, "–")) for result in (one, other)]
        yield Cause("commit of the project" if name == "commit" else name, *known)
    yield Cause("isolation", one.isolation, other.isolation)


def predictions(one: JobResult, other: JobResult) -> tuple[int, int]:
    """How many recordings both have, and for how many of them the predictions are the same."""
    kept = {item.recording: item.prediction for item in other.items}
    both = [item for item in one.items if item.recording in kept]
    return len(both), sum(item.prediction == kept[item.recording] for item in both)


def scores(task: Task, one: JobResult, other: JobResult) -> list[tuple[str, float, float]]:
    """Each metric that both were scored by, with its value in either; NaN where it has none."""
    shared = [m for m in task.metrics if m.id in one.metrics and m.id in other.metrics]
    return [(m.id, score_of(m, one), score_of(m, other)) for m in shared]
