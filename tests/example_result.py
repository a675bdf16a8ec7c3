"""A result of one recording, complete and sealed."""

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
