"""What a run looks like: bars on a terminal, plain lines everywhere else, JSON on request."""

from __future__ import annotations

import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Column

from benchmark.core import Job
from benchmark.estimates import Estimates
from benchmark.plan import Place, Plan
from benchmark.record import Record
from benchmark.runner import Summary, states


@dataclass(frozen=True)
class Display:
    tell: Callable[[str], None]
    seen: Callable[[Job, Record | None], None]


@contextmanager
def progress(planned: int, quiet: bool) -> Iterator[Display]:
    """Follow a run of `planned` jobs on standard error, so that standard output stays data."""
    console = Console(stderr=True, soft_wrap=True)
    if quiet:
        yield Display(lambda _: None, lambda _job, _record: None)
    elif console.is_terminal:
        with _bar(console) as bar:
            task = bar.add_task("", total=planned)

            def seen(job: Job, record: Record | None) -> None:
                bar.update(task, advance=1, description=_line(job, record))

            yield Display(lambda line: bar.console.print(line, markup=False), seen)
    else:
        yield _lines(planned)


def _bar(console: Console) -> Progress:
    rest = Column(ratio=1, no_wrap=True, overflow="ellipsis")
    return Progress(
        MofNCompleteColumn(table_column=Column(min_width=7)),
        BarColumn(20, table_column=Column(min_width=20)),
        TimeRemainingColumn(compact=True, table_column=Column(min_width=5)),
        TextColumn("{task.description}", table_column=rest),
        console=console,
        expand=True,
    )


def _lines(planned: int) -> Display:
    start, done = time.monotonic(), 0

    def tell(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    def seen(job: Job, record: Record | None) -> None:
        nonlocal done
        done += 1
        left = (time.monotonic() - start) / done * (planned - done)
        tell(f"{done}/{planned} {_line(job, record)}, about {left:.0f} s left")

    return Display(tell, seen)


def _line(job: Job, record: Record | None) -> str:
    state = record.status if record else "missing"
    return f"{state} {job.entry} {job.variant} {job.seed}: {job.task} {job.split} {job.fold}"


def summary(result: Summary, seconds: float, as_json: bool) -> None:
    """Print how a run ended: counts by state, then each job without a good record by name."""
    if as_json:
        whole = {**states(result), "found_done": result.found_done, "bad": result.bad}
        print(json.dumps({**whole, "seconds": round(seconds, 3)}, indent=1))
        return
    counts = ", ".join(f"{count} {state}" for state, count in states(result).items())
    print(f"{counts}; {result.found_done} were done before; {seconds:.1f} s")
    for state, jobs in result.bad.items():
        for job in jobs:
            print(f"{state}: {job}")


def foreseen(place: Place, chosen: Plan, workers: int) -> None:
    """Print what a run would do, by task and split, with the time that earlier records tell."""
    estimates = Estimates(chosen.entries.values())
    groups: dict[tuple[str, str], list[Job]] = defaultdict(list)
    for job in chosen.jobs:
        groups[job.task, job.split].append(job)
    times: list[float | None] = []
    for (task, split), jobs in groups.items():
        todo = [job for job in jobs if not (place.runs / "records" / job.key).exists()]
        needs = [estimates.of(job).seconds for job in todo]
        times += needs
        print(f"{task} {split}: {len(todo)} of {len(jobs)} jobs to do, {_sum(needs)}")
    print(f"{len(times)} jobs, {_sum(times)} of work for {workers} at once")
    for note in chosen.notes:
        print(note)


def _sum(seconds: Sequence[float | None]) -> str:
    known = [s for s in seconds if s is not None]
    said = f"about {sum(known):.0f} s"
    return said + (f" and {len(seconds) - len(known)} unknown" if len(known) < len(seconds) else "")
