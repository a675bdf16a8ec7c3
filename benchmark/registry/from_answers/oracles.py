"""The oracles: rows that are made from the answers, to show what can be reached at best.

Like the chance level they have no code of an entry, and a file of results like one. They are
computed by execution/oracles from the answers, outside of every sandbox.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmark import storage
from benchmark.core import Corpus, Metric, Task
from benchmark.registry import project
from benchmark.spectra import vocoder


@dataclass(frozen=True)
class Oracle:
    title: str
    version: int  # of what is done with the answers


NOISELESS, RESYNTHESIS = "oracle_noiseless", "oracle_resynthesis"
ORACLES = {
    "oracle_magnitude": Oracle("The clean speech's magnitudes with the noisy speech's phase", 1),
    "oracle_gain": Oracle("The best gain of the noisy speech from 0.01 to 1, band by band", 1),
    "oracle_target": Oracle("The answer itself, for what a recogniser hears in it", 1),
    RESYNTHESIS: Oracle("The answer made audible by the vocoder, and measured again", 1),
    NOISELESS: Oracle("The exact answer, without what its sensor adds at random", 1),
}


def of(task: Task, corpus: Corpus) -> tuple[str, ...]:
    """The oracles of a task that recordings of a corpus can have."""
    possible = {
        NOISELESS: task.target in corpus.noiseless,
        RESYNTHESIS: vocoder.fits(corpus.signals[task.target]),
    }
    return tuple(name for name in task.oracles if possible.get(name, True))


def code(name: str, metrics: Sequence[Metric]) -> str:
    """What stands for the digest of its code, by the metrics that score it."""
    return storage.digest([name, ORACLES[name].version, [metric.id for metric in metrics]])


def results(root: Path, name: str) -> Path:
    """Where its results lie."""
    return project.find(root, f"baselines/{name}.json")
