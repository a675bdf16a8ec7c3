"""What a run looks like: bars on a terminal, plain lines everywhere else, JSON on request."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Column
from rich.text import Text

from benchmark.cli.options import as_called, say, say_json
from benchmark.core import Job, Paths
from benchmark.execution.against_published import Report
from benchmark.execution.estimates import Estimates
from benchmark.execution.plan import Plan
from benchmark.execution.runner import NOT_RUN, Standing, Summary, states
from benchmark.leaderboard.tables import Row, Table
from benchmark.plain_text import LONGEST_LINE, plain
from benchmark.results.result import JobResult, read_result

EXAMPLES = 5  # of jobs that this machine could not run, and of failed ones with lines of their log
LINES = 3  # of a log


@dataclass(frozen=True)
class Display:
    tell: Callable[[str], None]
    seen: Callable[[Job, JobResult | None], None]


class Pace:
    """How long the rest of a run takes, if it goes on as it did.

    The longest jobs run first, so what they took before, by `seconds` of each job that is to be
    done (None where nothing is known), says how much of the work an ended one was.
    """

    def __init__(self, seconds: Mapping[Job, float | None], now: float) -> None:
        known = [spent for spent in seconds.values() if spent is not None]
        usual = sum(known) / len(known) if known else 1.0
        self._work = {job: usual if spent is None else spent for job, spent in seconds.items()}
        self._whole = self._left = sum(self._work.values())
        self._start = now

    def left(self, job: Job, now: float) -> float | None:
        """Seconds, now that `job` has ended; None before any that was to be done has."""
        self._left -= self._work.pop(job, 0.0)
        done = self._whole - self._left
        if not self._work:
            return 0.0
        return (now - self._start) / done * self._left if done else None


@contextmanager
def progress(paths: Paths, chosen: Plan, quiet: bool) -> Iterator[Display]:
    """Follow a run on standard error, so that standard output stays data."""
    console = Console(stderr=True, soft_wrap=True)
    planned = len(chosen.jobs)
    if quiet:
        yield Display(lambda _: None, lambda _job, _result: None)
        return
    estimates = Estimates(chosen.entries.values())
    needs = {job: estimates.of(job).seconds for job in _todo(paths, chosen.jobs)}
    pace = Pace(needs, time.monotonic())
    if console.is_terminal:
        with _bar(console) as bar:
            task = bar.add_task("", total=planned, left="")

            def seen(job: Job, result: JobResult | None) -> None:
                left = pace.left(job, time.monotonic())
                said = "" if left is None else f"{timedelta(seconds=round(left))}"
                bar.update(task, advance=1, description=_line(job, result), left=said)

            def tell(line: str) -> None:
                bar.console.print(Text(plain(as_called(line), LONGEST_LINE)))

            yield Display(tell, seen)
    else:
        yield _lines(planned, pace)


def _bar(console: Console) -> Progress:
    rest = Column(ratio=1, no_wrap=True, overflow="ellipsis")
    return Progress(
        MofNCompleteColumn(table_column=Column(min_width=7)),
        BarColumn(20, table_column=Column(min_width=20)),
        TextColumn("{task.fields[left]}", markup=False, table_column=Column(min_width=7)),
        TextColumn("{task.description}", markup=False, table_column=rest),
        console=console,
        expand=True,
    )


def _lines(planned: int, pace: Pace) -> Display:
    done = 0

    def tell(line: str) -> None:
        say(line, error=True)

    def seen(job: Job, result: JobResult | None) -> None:
        nonlocal done
        done += 1
        left = pace.left(job, time.monotonic())
        said = "" if left is None else f", about {left:.0f} s left"
        tell(f"{done}/{planned} {_line(job, result)}{said}")

    return Display(tell, seen)


def _line(job: Job, result: JobResult | None) -> str:
    state = result.status if result else NOT_RUN
    where = f"{job.task} {job.split} {job.fold}"
    return plain(f"{state} {job.entry} {job.variant} {job.seed}: {where}")


def summary(
    result: Summary,
    seconds: float,
    as_json: bool,
    ignored: Sequence[str] = (),
    report: Report | None = None,
    ranked: Sequence[tuple[Table, Row]] = (),
    logs: Path | None = None,
) -> None:
    """Print how a run ended: counts by state, then each job without a good result by name.

    `ignored` are sentences on options that some jobs did not follow. JSON also holds the scores of
    `ranked`, the rows of the run's jobs on the board. From the folder `logs` come the last lines of
    some failed jobs, which say where in an entry it was.
    """
    report = report or Report()
    if as_json:
        whole = {**states(result), "found_done": result.found_done, "bad": result.bad}
        reproduced = {**asdict(report), "reproduced": report.reproduced}
        more = {"ignored": list(ignored), "reproduction": reproduced, "seconds": round(seconds, 3)}
        say_json({**whole, **more, "scores": [_scores(table, row) for table, row in ranked]})
        return
    for sentence in ignored:
        say(sentence)
    counts = ", ".join(f"{count} {state}" for state, count in states(result).items())
    say(f"{counts}; {result.found_done} were done before; {seconds:.1f} s")
    for state, jobs in result.bad.items():
        # What the machine lacks is the same for many.
        named = jobs[:EXAMPLES] if state == NOT_RUN else jobs
        for number, job in enumerate(named):
            say(f"{state}: {job}")
            if logs and state != NOT_RUN and number < EXAMPLES:
                _tell_log((logs / job.partition(": ")[0]).with_suffix(".log"))
        if len(jobs) > len(named):
            say(f"{state}: {len(jobs) - len(named)} more")
    if failed := result.bad.get("failed"):
        say(
            f"{len(failed)} failed: mend the entry, or run them again as they are by --retry-failed"
        )
    for name, differences in report.differing.items():
        for difference in differences:
            say(f"not reproduced: {name}: {difference}")
    if report.compared:
        say(report.line())


def stopped(paths: Paths, chosen: Plan) -> None:
    """Print what a run that somebody interrupts has done, and how to go on."""
    done = sum(read_result(paths.runs, job) is not None for job in chosen.jobs)
    say(
        f"stopped: {done} of {len(chosen.jobs)} jobs have a result; run the same again to go on",
        error=True,
    )


def _tell_log(path: Path) -> None:
    """The last lines of a log, which are whatever an entry printed, and where the rest lies."""
    if not path.exists():
        return
    lines = path.read_text("utf-8", "replace").splitlines()
    # Below a line of code, Python marks the place with carets.
    for line in [line for line in lines if line.strip(" ~^")][-LINES:]:
        say(f"    {line.strip()}")
    say(f"    log: {path}")


def _scores(table: Table, row: Row) -> dict[str, Any]:
    metrics = {
        name: {"value": score.value, "low": score.low, "high": score.high}
        for name, score in row.scores.items()
    }
    place = {"task": table.task, "split": table.split, "entry": row.entry, "variant": row.variant}
    return {**place, "tier": row.tier or None, "metrics": metrics}


def foreseen(chosen: Plan, workers: int, stands: Standing) -> None:
    """Print what a run would do, by task and split, with the time that earlier results tell."""
    estimates = Estimates(chosen.entries.values())
    groups: dict[tuple[str, str], list[Job]] = defaultdict(list)
    for job in chosen.jobs:
        groups[job.task, job.split].append(job)
    times: list[float | None] = []
    for (task, split), jobs in groups.items():
        todo = [job for job in jobs if stands(job) is None]
        needs = [estimates.of(job).seconds for job in todo]
        times += needs
        say(f"{task} {split}: {len(todo)} of {len(jobs)} jobs to do, {_sum(needs)}")
    say(f"{len(times)} jobs, {_sum(times)} of work for {workers} at once")
    for note in chosen.notes:
        say(note)


def _todo(paths: Paths, jobs: Iterable[Job]) -> list[Job]:
    """Those without a result."""
    return [job for job in jobs if not (paths.runs / "results" / job.key).exists()]


def _sum(seconds: Sequence[float | None]) -> str:
    known = [s for s in seconds if s is not None]
    said = f"about {sum(known):.0f} s"
    return said + (f" and {len(seconds) - len(known)} unknown" if len(known) < len(seconds) else "")
