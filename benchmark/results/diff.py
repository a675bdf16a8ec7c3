"""What differs between two results, the most likely cause first.

Whether their predictions are the same arrays comes before all: where they are, the models did the
same and only the scoring can differ; where they are not, the differences stand in the order in
which they have been found to matter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmark import registry, storage
from benchmark.core import Task, UserError
from benchmark.results import entry_results
from benchmark.results.result import JobResult, parse
from benchmark.results.scores import score_of

# Libraries that models are made with, then those that scores are made with.
LIBRARIES = ("torch", "scikit-learn", "numpy", "scipy", "pesq", "pystoi", "jiwer")
MACHINE = ("cpu", "gpu", "cores", "os", "python")
EXACT = "cpu"  # a setup without a name
SHORT = 12  # characters of a digest


@dataclass(frozen=True)
class Difference:
    """One property that differs, and its value in either result."""

    what: str
    one: str
    other: str


def load(root: Path, text: str) -> list[JobResult]:
    """The results that `text` names: a file of one, a published file, or an entry.

    UserError where there are none.
    """
    path = Path(text)
    if path.suffix == ".json" or path.exists():
        if not path.is_file():
            raise UserError(f"{path}: no such file")
        content = path.read_bytes()
        loaded = (
            entry_results.read_all(path) if content.startswith(b"[") else [parse(content, path)]
        )
    else:
        entry = registry.pick("entry", text, registry.entries(root).found)
        loaded = entry_results.read_all(entry.results)
    if not loaded:
        raise UserError(f"{text}: holds no result")
    return loaded


def pairs(
    one: Sequence[JobResult], other: Sequence[JobResult]
) -> list[tuple[JobResult, JobResult]]:
    """Results of the same task, split, fold, variant and seed; two single ones in any case."""
    if len(one) == len(other) == 1:
        return [(one[0], other[0])]
    by_slot = {result.slot: result for result in other}
    paired = [(result, by_slot[result.slot]) for result in one if result.slot in by_slot]
    if not paired:
        raise UserError("no two of these results are of the same task, split, fold, variant, seed")
    return paired


def differences(
    one: JobResult, other: JobResult, settings: Mapping[str, Mapping[str, Mapping[str, Any]]]
) -> list[Difference]:
    """All that differs, likeliest cause first; `settings` are those of each entry's variants."""
    return [d for d in _compared(one, other, settings) if d.one != d.other]


def _compared(
    one: JobResult, other: JobResult, settings: Mapping[str, Mapping[str, Mapping[str, Any]]]
) -> Iterator[Difference]:
    yield Difference(
        "status", f"{one.status} {one.reason}".strip(), f"{other.status} {other.reason}".strip()
    )
    for name in ("task", "split", "fold"):
        yield Difference(name, getattr(one, name), getattr(other, name))
    yield Difference("data (task, split, corpus, sensors)", one.data[:SHORT], other.data[:SHORT])
    theirs = set(one.metrics) ^ set(other.metrics)
    yield Difference(
        "metric versions",
        ", ".join(sorted(theirs & set(one.metrics))),
        ", ".join(sorted(theirs & set(other.metrics))),
    )
    yield Difference("entry", one.entry, other.entry)
    yield Difference("variant", one.variant, other.variant)
    mine = [settings.get(r.entry, {}).get(r.variant, {}) for r in (one, other)]
    for name in sorted(set(mine[0]) | set(mine[1])):
        yield Difference(f"setting {name}", *(str(chosen.get(name, "–")) for chosen in mine))
    yield Difference("code of the entry", one.code[:SHORT], other.code[:SHORT])
    yield Difference("device and precision", one.setup or EXACT, other.setup or EXACT)
    yield Difference("seed", str(one.seed), str(other.seed))
    for name in (*LIBRARIES, *MACHINE, "commit"):
        known = [str(result.environment.get(name, "–")) for result in (one, other)]
        yield Difference("commit of the project" if name == "commit" else name, *known)
    yield Difference("isolation", one.isolation, other.isolation)


def same_predictions(one: JobResult, other: JobResult, kept: Path) -> tuple[int, int]:
    """How many recordings both have with a prediction, and for how many of them it is the same.

    Aggregated results have none that could be compared. Where only one of the two has names by
    today's rule, the array must lie in the folder `kept`.
    """
    named = {item.recording: item.prediction for item in other.items}
    pairs = [(i.prediction, named[i.recording]) for i in one.items if i.recording in named]
    both = [(a, b) for a, b in pairs if a and b]
    return len(both), sum(
        storage.is_named(kept, a, b) or storage.is_named(kept, b, a) for a, b in both
    )


def scores(task: Task, one: JobResult, other: JobResult) -> list[tuple[str, float, float]]:
    """Each metric that both were scored by, with its value in either; NaN where it has none."""
    shared = [m for m in task.metrics if m.id in one.metrics and m.id in other.metrics]
    return [(m.id, score_of(m, one), score_of(m, other)) for m in shared]
