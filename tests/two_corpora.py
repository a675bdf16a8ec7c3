"""A snapshot of one task on two corpora, the first recorded and the second simulated."""

from dataclasses import replace

import toy
from benchmark.core import Recording, Task
from benchmark.data.corpus_index import Expected
from benchmark.leaderboard import build
from benchmark.leaderboard.gate import Admitted
from benchmark.leaderboard.snapshot import Snapshot
from benchmark.metrics.rmse import RMSE
from benchmark.results.published import from_job
from benchmark.results.result import Item, JobResult, Measurement

METRICS = tuple(replace(RMSE, id=f"rmse.{n}@1", title=f"Error {n}") for n in range(9))
SPLITS = ("people.s", "simulated.s")
TASK = Task("Toy", ("x",), "y", SPLITS, (), METRICS, ("blind",), citation="", version="1")
SPEAKERS = "abcdefgh"
# By entry: the first error, and all others.
ERRORS = {"model": (0.2, 0.3), "weaker": (0.4, 0.6), "blind": (0.5, 0.5)}


def result(entry, split, metrics=METRICS):
    first, others = ERRORS[entry]
    items = tuple(
        Item(
            recording=speaker,
            speaker=speaker,
            session="s",
            prediction="",
            seconds=0.0,
            measurements={
                metric.id: Measurement(statistics=((others if place else first) + n / 99, 1))
                for place, metric in enumerate(metrics)
            },
        )
        for n, speaker in enumerate(SPEAKERS)
    )
    where = {"task": "toy", "split": split, "fold": "all", "data": "d", "code": "c"}
    who = {"entry": entry, "variant": "default", "seed": 0}
    ids = tuple(metric.id for metric in metrics)
    return JobResult(**where, **who, metrics=ids, status="good", items=items)


def board(metrics=METRICS):
    """The same results on a recorded and on a simulated corpus, both scored by these metrics."""
    test = tuple(Recording(s, s, "s", "", lambda _signal: None) for s in SPEAKERS)
    expected = {("toy", split): Expected("d", {"all": test}) for split in SPLITS}
    results = tuple(from_job(result(entry, split, metrics)) for split in SPLITS for entry in ERRORS)
    corpora = {
        name: toy.corpus(name=name, synthetic=name == "simulated")
        for name in ("people", "simulated")
    }
    known = {"toy": replace(TASK, metrics=metrics)}
    return Snapshot(build.tables(Admitted(results, (), expected), known), known, corpora, {})
