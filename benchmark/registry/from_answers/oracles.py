"""The oracles: rows that are made from the answers, to show what can be reached at best.

Like the chance level they have no code of an entry, and a file of results like one. They are
computed by execution/oracles from the answers, outside of every sandbox.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
    note: str = ""  # below its tables: how its scores are to be read
    limited: bool = False  # by the input, so that what it reaches is what could be reached from it


NOISELESS, RESYNTHESIS, TARGET = "oracle_noiseless", "oracle_resynthesis", "oracle_target"
TWICE = (
    f"{RESYNTHESIS} went through the vocoder twice, to a spectrogram again and to the sound that"
    " STOI hears, and is compared with sound made once: its STOI is no figure of sound made of true"
    " spectrograms against recorded sound, which is higher and stands with stoi.griffin_lim@1 in"
    " the list of metrics"
)
ORACLES = {
    "oracle_magnitude": Oracle(
        "The clean speech's magnitudes with the noisy speech's phase", 1, limited=True
    ),
    "oracle_gain": Oracle(
        "The best gain of the noisy speech from 0.01 to 1, band by band", 1, limited=True
    ),
    TARGET: Oracle("The answer itself, for what a recogniser hears in it", 1),
    RESYNTHESIS: Oracle("The answer made audible by the vocoder, and measured again", 1, TWICE),
    NOISELESS: Oracle("The exact answer, without what its sensor adds at random", 1),
}
LIMITED = frozenset(name for name, oracle in ORACLES.items() if oracle.limited)


def of(task: Task, corpus: Corpus) -> tuple[str, ...]:
    """The oracles of a task that recordings of a corpus can have."""
    possible = {
        NOISELESS: task.target in corpus.noiseless,
        RESYNTHESIS: vocoder.fits(corpus.signals[task.target]),
    }
    return tuple(name for name in task.oracles if possible.get(name, True))


def ends(names: Iterable[str]) -> tuple[str, ...]:
    """Which of the oracles of a task end its scales: those that its input limits, if there are any.

    Beside them the answer itself would say that everything can be reached.
    """
    every = tuple(dict.fromkeys(names))
    return tuple(name for name in every if name in LIMITED) or every


def code(name: str, metrics: Sequence[Metric]) -> str:
    """What stands for the digest of its code, by the metrics that score it."""
    return storage.digest([name, ORACLES[name].version, [metric.id for metric in metrics]])


def results(root: Path, name: str) -> Path:
    """Where its results lie."""
    return project.find(root, f"baselines/{name}.json")
