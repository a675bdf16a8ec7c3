"""The lower limit of the gain in enhancement, chosen on validation: `softest` of `Speech`.

    OMP_NUM_THREADS=1 python benchmarks/gain_limit.py [EVERY]

`ridge` and `enhancement_mask` learn from every EVERYth training mixture (default 4) of the embedded
corpus, the network for EPOCHS, and enhance every second validation mixture with each limit. No test
mixture is read. A network's limit applies to its answers alone, so it is trained once.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "baselines"))

import enhancement_mask
import ridge

from benchmark import registry
from benchmark.core import Array, Asked, Corpus, Metric, Recording, Undefined
from benchmark.data import splits
from benchmark.data.checks.listing import listed
from benchmark.report.markdown.markdown_table import markdown_table

ROOT = Path(__file__).resolve().parent.parent
TASK, SPLIT = "emg_speech_enhancement", "embedded.new_mixtures"
LIMITS = (0.1, 0.03, 0.01, 0.003, 0.0)
EPOCHS = 4


class Kept(dict[str, Array]):
    """A recording whose signals are read once."""

    def __init__(self, recording: Recording, names: tuple[str, ...]) -> None:
        super().__init__({name: recording[name] for name in names})


def main() -> None:
    every = int(sys.argv[1]) if len(sys.argv) > 1 else 4
    task, corpus = registry.task(ROOT, TASK), registry.corpora()["embedded"]
    names = (*task.inputs, task.target)
    folder = corpus.locate(ROOT / "data")
    assert folder is not None
    recordings = listed(corpus, folder)
    split, _ = splits.resolve(splits.load(registry.split_file(ROOT, SPLIT)), recordings)
    (fold,) = split.folds.values()
    known = {recording.id: recording for recording in recordings}
    train = [Kept(known[i], names) for i in sorted(fold.train)[::every]]
    valid = [Kept(known[i], names) for i in sorted(fold.valid)]
    asked = Asked(TASK, task.inputs, task.target, {n: corpus.signals[n] for n in names})
    lines = []
    for limit in LIMITS:
        line = ridge.Model(asked, 0)
        line.view.softest = limit
        line.fit(train, valid)
        lines.append(["ridge", limit, *scores(line, valid[::2], task.metrics, corpus)])
    network = enhancement_mask.Model(asked, 0)
    network.recipe = replace(network.recipe, epochs=EPOCHS)
    network.fit(train, valid)
    for limit in LIMITS:
        network.view.softest = limit
        lines.append(
            ["enhancement_mask", limit, *scores(network, valid[::2], task.metrics, corpus)]
        )
    heads = ["entry", "limit", *(metric.title for metric in task.metrics)]
    print("\n".join(markdown_table(heads, lines, range(1, len(heads)))))


def scores(
    model: Any, recordings: list[Kept], metrics: tuple[Metric, ...], corpus: Corpus
) -> list[str]:
    """The score by every metric."""
    target = corpus.signals["clean"]
    sums: dict[str, Array] = {}
    for recording in recordings:
        inputs = {name: recording[name] for name in ("noisy", "emg")}
        answer = model.predict(inputs, recording["clean"].shape)
        for metric in metrics:
            try:
                measured = metric.measure(answer, recording["clean"], target)
            except Undefined:
                assert metric.worst is not None
                measured = metric.worst(target)
            sums[metric.id] = sums.get(metric.id, np.zeros(1)) + measured
    return [f"{float(metric.reduce(sums[metric.id])):.3f}" for metric in metrics]


if __name__ == "__main__":
    main()
