"""What a run would do, and would not: its jobs, how long they take, and what stands in their way.

By the same code as a run, as far as no signal is read: what reading them would show, only a run
finds.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any

from benchmark.cli.options import say, say_json
from benchmark.core import Job, Paths, UserError
from benchmark.data import first_use, folds
from benchmark.execution.estimates import Estimates
from benchmark.execution.plan import Plan
from benchmark.execution.runner import Standing
from benchmark.registry import requirements

MINUTE = 60.0  # seconds


@dataclass(frozen=True)
class Part:
    """The jobs of one task on one split."""

    task: str
    split: str
    jobs: int
    needs: Sequence[float | None]  # seconds of each job that is to be done, where results tell
    ready: bool  # whether its folds are made and audited
    problem: str  # why none of its jobs would run
    runs: Sequence[float | None]  # as `needs`, of the jobs that nothing stands in the way of


@dataclass(frozen=True)
class Foreseen:
    """All of them, and what entries lack on this machine."""

    parts: Sequence[Part]
    unmet: Mapping[str, str]  # by entry
    blocked: int  # jobs that would not run

    @property
    def runs(self) -> list[float | None]:
        """Seconds of each job that would run, where results tell."""
        return [seconds for part in self.parts for seconds in part.runs]

    @property
    def status(self) -> int:
        """The exit status of a run that ends like this: as `run`, of what is known before."""
        unready = sum(part.jobs for part in self.parts if part.problem)
        whole = unready == sum(part.jobs for part in self.parts)
        return 0 if not self.blocked else 2 if whole else 1


def look(paths: Paths, chosen: Plan, stands: Standing, here: bool, allow_leaks: bool) -> Foreseen:
    """What a run of this plan would do; `here`: whether its jobs run on this machine."""
    estimates = Estimates(chosen.entries.values())
    unmet = _unmet(chosen) if here else {}
    groups: dict[tuple[str, str], list[Job]] = defaultdict(list)
    for job in chosen.jobs:
        groups[job.task, job.split].append(job)
    parts, blocked = [], 0
    for (task, split), jobs in groups.items():
        todo = [job for job in jobs if stands(job) is None]
        ready, problem = _look_at_folds(paths, chosen, jobs[0], allow_leaks) if todo else (True, "")
        needs = [estimates.of(job).seconds for job in todo]
        free = [not problem and job.entry not in unmet for job in todo]
        parts.append(Part(task, split, len(jobs), needs, ready, problem, [*compress(needs, free)]))
        blocked += free.count(False)
    return Foreseen(parts, unmet, blocked)


def _unmet(chosen: Plan) -> dict[str, str]:
    """What is not installed here that entries of the plan declare."""
    names = dict.fromkeys(job.entry for job in chosen.jobs)
    found = {name: requirements.first_unmet(chosen.entries[name].dependencies) for name in names}
    return {name: lacking for name, lacking in found.items() if lacking}


def _look_at_folds(paths: Paths, chosen: Plan, job: Job, allow_leaks: bool) -> tuple[bool, str]:
    """Whether the folds of a job's split are made and audited, or why they cannot be."""
    task, split, corpus = chosen.sources[job.task, job.split]
    context = chosen.context(job.task)
    try:
        made = folds.look(paths.runs, paths.data, job.task, task, split, corpus)
        audited = first_use.look(paths, job.task, split, job.data, context, allow_leaks)
    except UserError as error:
        return False, str(error)
    return made and audited, ""


def tell(found: Foreseen, workers: int, notes: Sequence[str], lines: Sequence[str] = ()) -> None:
    """Print it by task and split; `lines` are the options as a file."""
    every = [seconds for part in found.parts for seconds in part.needs]
    for part in found.parts:
        first = "" if part.ready or part.problem else "; its folds are made and audited first"
        todo = f"{len(part.needs)} of {part.jobs} jobs to do, {_sum(part.needs)}"
        say(f"{part.task} {part.split}: {todo}{first}")
        if part.problem:
            say(f"    would not run: {part.problem}")
    say(f"{len(every)} jobs, {_sum(every)} of work{_said_wait(found.runs, workers)}")
    for entry, lacking in found.unmet.items():
        say(f"would not run: entry {entry} needs {lacking}")
    for line in (*notes, *lines):
        say(line)


def tell_json(
    found: Foreseen, workers: int, notes: Sequence[str], options: Mapping[str, Any]
) -> None:
    """The same as JSON."""
    every = [seconds for part in found.parts for seconds in part.needs]
    parts = [
        {
            "task": part.task,
            "split": part.split,
            "jobs": part.jobs,
            **_numbers(part.needs),
            "folds_ready": part.ready,
            "problem": part.problem or None,
        }
        for part in found.parts
    ]
    whole = {"planned": sum(part.jobs for part in found.parts), **_numbers(every)}
    more: dict[str, Any] = {"would_not_run": found.blocked, "needs": dict(found.unmet)}
    unknown = found.runs.count(None)  # with which the wait is the least that it can be
    more["wait"] = {"seconds": round(wait(found.runs, workers), 3), "of_unknown_time": unknown}
    more["at_once"] = workers
    say_json({**whole, **more, "parts": parts, "notes": [*notes], "options": dict(options)})


def _numbers(needs: Sequence[float | None]) -> dict[str, Any]:
    """Jobs to do, the seconds of those of which earlier results tell, and how many others are."""
    known = [seconds for seconds in needs if seconds is not None]
    unknown = len(needs) - len(known)
    return {"to_do": len(needs), "seconds": round(sum(known), 3), "of_unknown_time": unknown}


def _sum(needs: Sequence[float | None]) -> str:
    known = [seconds for seconds in needs if seconds is not None]
    said = f"about {sum(known):.0f} s"
    return said + (f" and {len(needs) - len(known)} unknown" if len(known) < len(needs) else "")


def wait(needs: Sequence[float | None], workers: int) -> float:
    """Seconds until the last job ends, where whichever worker is free takes the longest left.

    As executors do. Jobs of which no time is known count as none.
    """
    free = [0.0] * workers  # when each worker is
    for seconds in sorted((s for s in needs if s is not None), reverse=True):
        heapq.heapreplace(free, free[0] + seconds)
    return max(free)


def _said_wait(needs: Sequence[float | None], workers: int) -> str:
    """The wait in words; nothing where nobody knows it."""
    unknown, seconds = needs.count(None), wait(needs, workers)
    if unknown == len(needs):
        return ""
    said = f"{seconds / MINUTE:.0f} min" if seconds >= MINUTE else f"{seconds:.0f} s"
    return f": {'at least' if unknown else 'about'} {said} with {workers} at once"
