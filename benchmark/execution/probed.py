"""Which jobs of a run are probed: one of each entry, and nobody can foresee which."""

from __future__ import annotations

import hmac
import os
from collections import defaultdict
from collections.abc import Collection, Iterable
from pathlib import Path

from benchmark.core import Job
from benchmark.results.result import JobResult
from benchmark.sandbox.request import run_secret

Alike = tuple[str, ...]  # what jobs share of which one is probed


def was_probed(result: JobResult) -> bool:
    """Whether it says how far its predictions change in another order."""
    return result.probes is not None and result.probes.order_change is not None


def alike(job: Job) -> Alike:
    """Task, split, entry, variant and setup of a job."""
    return job.task, job.split, job.entry, job.variant, job.setup


def choose(runs: Path, todo: Iterable[Job], done: Collection[Alike]) -> set[Job]:
    """One job of all that are alike, unless one of them has been probed.

    By a secret of the working folder: the same one again when a run that was stopped goes on.
    """
    secret = run_secret(runs)
    groups: dict[Alike, list[Job]] = defaultdict(list)
    for job in todo:
        if alike(job) not in done:
            groups[alike(job)].append(job)
    return {
        min(jobs, key=lambda job: hmac.digest(secret, os.fsencode(job.key), "sha256"))
        for jobs in groups.values()
    }
