"""Results: one of one recording, complete and sealed; those of eight speakers by their scores."""

from benchmark.core import Job
from benchmark.results.result import Cost, Item, JobResult, Measurement

JOB = Job("toy", "toy.all", "a", "ridge", "default", 0, "d" * 64, "c" * 64)
RESULT = JobResult(
    **vars(JOB),
    metrics=("m@1",),
    status="good",
    cost=Cost(
        fit_seconds=1.5,
        predict_seconds=0.1,
        signal_seconds=None,
        real_time_factor=None,
        parameters=7,
        peak_memory_mb=80.0,
    ),
    items=(
        Item(
            recording="r",
            speaker="s",
            session="x",
            prediction="0" * 64,
            seconds=0.1,
            measurements={
                "m@1": Measurement(statistics=(0.1 + 0.2, 1.0)),
                "n@1": Measurement(statistics=(-1.0, 1.0), status="floored", reason="silence"),
            },
        ),
    ),
).sealed()
SPEAKERS = "abcdefgh"


def of_speakers(metric, levels, split, entry, variant="default", seed=0):
    """A good result: the score by speaker, and nothing else that matters."""
    items = tuple(
        Item(
            recording=f"{speaker}1",
            speaker=speaker,
            session="s",
            prediction="",
            seconds=0.0,
            measurements={metric: Measurement(statistics=(level, 1.0))},
        )
        for speaker, level in zip(SPEAKERS, levels, strict=True)
    )
    who = {"entry": entry, "variant": variant, "seed": seed, "data": "d", "code": "c"}
    place = {"task": "toy", "split": split, "fold": "all"}
    return JobResult(**place, **who, metrics=(metric,), status="good", items=items)
