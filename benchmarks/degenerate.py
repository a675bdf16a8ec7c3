"""Which predictions without content score better than doing nothing, on every task.

    pip install -e '.[pesq]'
    OMP_NUM_THREADS=1 python benchmarks/degenerate.py [EVERY]

Every EVERYth test recording (default 7) of each task's split of the embedded corpus is
answered by silence, constants, tones, noise, means and other things that know nothing of it, or
that only deform the input. Doing nothing is the noisy input in enhancement, elsewhere the best of
`mean`, `blind` and the chance level. What is better goes into docs/degenerate.md, with both scores;
tests/metrics/test_degenerate.py holds a list from fewer recordings.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from degenerate_answers import BLIND, INPUT, MEAN, Fold, another, predictions

from benchmark import registry
from benchmark.core import CHANCE, Array, Metric, Task
from benchmark.data import splits
from benchmark.evaluation import scoring
from benchmark.execution import chance
from benchmark.report.markdown.markdown_table import markdown_table

ROOT = Path(__file__).resolve().parent.parent
TRIVIAL = (MEAN, BLIND, CHANCE)  # as the entries of these names and the chance level
HEADS = ["metric", "prediction", "score", "doing nothing"]
PREFACE = """\
# Predictions without content

Made by `benchmarks/degenerate.py` from every {every}th test recording; do not edit. What is better
than doing nothing although it knows nothing, of about 40 sounds, 15 courses, 20 pictures, 12 texts
and 4 labels for each recording. Doing nothing is the noisy input in enhancement, elsewhere the best
of `mean`, `blind` and the chance level. What a metric refuses, such as silence, has the worst
score; see [metrics.md](metrics.md). A *mean course* is the mean of all training answers, stretched
to the same length."""
LEAST = 0.005  # better by less is not better: it differs from machine to machine


@dataclass(frozen=True)
class Hole:
    """A prediction without content that a metric prefers to doing nothing."""

    metric: str
    prediction: str
    score: float
    nothing: float

    @property
    def margin(self) -> float:
        return abs(self.score - self.nothing)


def folds(name: str, every: int, most: int = 8) -> Iterator[Fold]:
    """The folds of the split of a task on the embedded corpus, `most` at most."""
    corpus = registry.corpora()["embedded"]
    task = registry.task(ROOT, name).on(corpus)
    folder = corpus.locate(ROOT / "data")
    assert folder is not None
    known = {r.id: r for r in corpus.recordings(folder)}
    split_name = next(s for s in task.splits if s.startswith("embedded."))
    split, _ = splits.resolve(
        splits.load(ROOT / "tasks" / "splits" / f"{split_name}.json"), list(known.values())
    )
    for fold in list(split.folds.values())[:most]:
        step = min(every, max(1, len(fold.test) - 1))  # two at least: chance takes another's answer
        train, test = ([known[i] for i in ids] for ids in (fold.train, fold.test[::step]))
        yield Fold(task, corpus.signals[task.target], train, test)


def scores(made: Sequence[Fold]) -> dict[str, dict[str, float]]:
    """By prediction and metric id: the score over all folds."""
    sums: dict[tuple[str, str], Array] = {}
    for fold in made:
        make = predictions(fold)
        wrong = chance.displaced(list(fold.test), fold.task, fold.signal)
        for recording in fold.test:
            answer = recording[fold.task.target]
            found = {
                CHANCE: wrong[recording.id],
                BLIND: another(fold, recording, answer),
                **dict(make(recording, answer)),
            }
            for name, prediction in found.items():
                if fold.signal.dtype.startswith(("int", "uint")):
                    info = np.iinfo(fold.signal.dtype)
                    prediction = np.clip(np.rint(prediction), info.min, info.max)
                prediction = np.asarray(prediction).astype(fold.signal.dtype)
                for metric in fold.task.metrics:
                    value = scoring.measure(metric, prediction, recording, answer, fold.signal)
                    if value.statistics:
                        key = name, metric.id
                        sums[key] = sums.get(key, 0.0) + np.array(value.statistics)
    reduce = {metric.id: metric.reduce for metric in made[0].task.metrics}
    table: dict[str, dict[str, float]] = {}
    for (name, metric_id), total in sums.items():
        table.setdefault(name, {})[metric_id] = float(reduce[metric_id](total))
    return table


def holes(task: Task, table: Mapping[str, Mapping[str, float]]) -> list[Hole]:
    """What is better than doing nothing, for each metric the best first."""
    found = []
    for metric in task.metrics:
        nothing = _nothing(metric, table)
        better = [
            Hole(metric.id, name, by_metric[metric.id], nothing)
            for name, by_metric in table.items()
            if _is_better(metric, by_metric[metric.id], nothing)
        ]
        found += sorted(better, key=lambda hole: -hole.margin)
    return found


def _nothing(metric: Metric, table: Mapping[str, Mapping[str, float]]) -> float:
    if INPUT in table:
        return table[INPUT][metric.id]
    pick = max if metric.better == "higher" else min
    return pick(table[name][metric.id] for name in TRIVIAL)


def _is_better(metric: Metric, score: float, than: float) -> bool:
    sign = 1 if metric.better == "higher" else -1
    return sign * (score - than) > LEAST * max(1.0, abs(than))


def page(every: int) -> str:
    """docs/degenerate.md, from every so manieth recording."""
    lines = [PREFACE.format(every=every)]
    for name in registry.tasks(ROOT):
        made = list(folds(name, every))
        task, count = made[0].task, sum(len(fold.test) for fold in made)
        rows = holes(task, scores(made))
        lines += ["", f"## {task.title} ({count} recordings)", ""]
        titles = {metric.id: metric.title for metric in task.metrics}
        cells = [
            [titles[h.metric], h.prediction, f"{h.score:.3f}", f"{h.nothing:.3f}"] for h in rows
        ]
        lines += markdown_table(HEADS, cells) if rows else ["Nothing."]
    return "\n".join(lines) + "\n"


def main(every: int = 7) -> None:
    (ROOT / "docs" / "degenerate.md").write_text(page(every), "utf-8")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
