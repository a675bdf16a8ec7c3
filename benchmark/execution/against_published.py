"""Do the results of a run reproduce the published ones? Without running anything once more.

Costs differ from run to run and are not compared, unlike in `verify`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from benchmark.core import Job, Paths
from benchmark.execution.agreement import compare, named_as
from benchmark.execution.plan import Plan
from benchmark.results import aggregation
from benchmark.results.published import PublishedResult, from_job, to_job
from benchmark.results.result import read_result

# By the job of today that would replace it.
Published = Mapping[Job, PublishedResult]


@dataclass
class Report:
    """How many results were compared, and a sentence for each thing that differs, by job."""

    compared: int = 0
    bit_equal: int = 0  # all predictions are the same arrays
    differing: dict[str, list[str]] = field(default_factory=dict)

    @property
    def reproduced(self) -> int:
        return self.compared - len(self.differing)

    def line(self) -> str:
        """All of it in a line."""
        said = f"{self.reproduced} of {self.compared} results reproduce the published scores"
        close = self.reproduced - self.bit_equal
        return f"{said} ({self.bit_equal} with bit-equal predictions, {close} within tolerance)"


def compare_all(paths: Paths, chosen: Plan, published: Published) -> Report:
    """Compare each result of the plan with the one published of its job, in the same setup."""
    report = Report()
    for job in chosen.jobs:
        found = read_result(paths.runs, job)
        if found is None or job not in published or published[job].job.setup != job.setup:
            continue
        expected = to_job(published[job])
        if expected.aggregated and not found.aggregated:
            found = aggregation.aggregated(found, aggregation.salt(paths.runs))
        found = named_as(expected, found, paths.runs / "predictions")
        found = to_job(from_job(found)).model_copy(
            update={"cost": expected.cost, "probes": expected.probes}
        )
        agreement = compare(chosen.sources[job.task, job.split][0], expected, found)
        report.compared += 1
        report.bit_equal += agreement.how == "bit-equal"
        if agreement.differences:
            report.differing[str(job.key)] = list(agreement.differences)
    return report
