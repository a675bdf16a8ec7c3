"""What a run looks like: bars on a terminal, plain lines everywhere else, JSON on request."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from rich.console import Console, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Column
from rich.text import Text

from benchmark.cli.options import as_called, say
from benchmark.cli.running import monitor
from benchmark.core import Job, Paths
from benchmark.execution.estimates import Estimates
from benchmark.execution.plan import Plan
from benchmark.execution.runner import NOT_RUN
from benchmark.execution.sharing import leases
from benchmark.plain_text import LONGEST_LINE, plain
from benchmark.results.result import JobResult
from benchmark.results.scores import score_of


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
def progress(paths: Paths, chosen: Plan, quiet: bool, verbose: bool = False) -> Iterator[Display]:
    """Follow a run on standard error, so that standard output stays data.

    A terminal shows a bar and the jobs at work; all else, and a terminal if `verbose`, gets a line
    for each job that has ended.
    """
    console = Console(stderr=True, soft_wrap=True)
    planned = len(chosen.jobs)
    if quiet:
        yield Display(lambda _: None, lambda _job, _result: None)
        return
    estimates = Estimates(chosen.entries.values())
    todo = _todo(paths, chosen.jobs)
    needs = {job: estimates.of(job).seconds for job in todo}
    pace = Pace(needs, time.monotonic())
    if console.is_terminal:
        with _Bar(console, paths, chosen.jobs) as bar:
            task = bar.add_task("", total=planned, left="")

            def seen(job: Job, result: JobResult | None) -> None:
                left = pace.left(job, time.monotonic())
                said = "" if left is None else f"{timedelta(seconds=round(left))}"
                line = _line(chosen, job, result)
                bar.waiting.pop(job, None)
                bar.update(task, advance=1, description=line, left=said)
                if verbose:
                    tell(line)

            def tell(line: str) -> None:
                bar.console.print(Text(plain(as_called(line), LONGEST_LINE)))

            yield Display(tell, seen)
    else:
        yield _lines(chosen, pace)


class _Bar(Progress):
    """A bar, and below it the jobs at work, as their leases say."""

    def __init__(self, console: Console, paths: Paths, jobs: Iterable[Job]) -> None:
        self.waiting = dict.fromkeys(jobs)  # that have not ended, in their order
        self._paths = paths
        self._at_work: list[tuple[Job, str]] = []
        self._next_look = 0.0
        rest = Column(ratio=1, no_wrap=True, overflow="ellipsis")
        super().__init__(
            MofNCompleteColumn(table_column=Column(min_width=7)),
            BarColumn(20, table_column=Column(min_width=20)),
            TextColumn("{task.fields[left]}", markup=False, table_column=Column(min_width=7)),
            TextColumn("{task.description}", markup=False, table_column=rest),
            console=console,
            expand=True,
        )

    def get_renderables(self) -> Iterator[RenderableType]:
        """The bar, and a line for each job at work."""
        yield from super().get_renderables()
        if time.monotonic() > self._next_look:
            # A copy: jobs end while this thread of the library looks.
            self._at_work = leases.at_work(self._paths.runs, list(self.waiting))
            self._next_look = time.monotonic() + monitor.PAUSE
        if shown := [(job, host) for job, host in self._at_work if job in self.waiting]:
            yield monitor.jobs_at_work(shown)


def _lines(chosen: Plan, pace: Pace) -> Display:
    done = 0

    def tell(line: str) -> None:
        say(line, error=True)

    def seen(job: Job, result: JobResult | None) -> None:
        nonlocal done
        done += 1
        left = pace.left(job, time.monotonic())
        said = "" if left is None else f", about {left:.0f} s left"
        tell(f"{done}/{len(chosen.jobs)} {_line(chosen, job, result)}{said}")

    return Display(tell, seen)


def _line(chosen: Plan, job: Job, result: JobResult | None) -> str:
    """How a job ended, with its score by the metric that ranks."""
    state = result.status if result else NOT_RUN
    said = f"{state} {job.entry} {job.variant} {job.seed}: {job.task} {job.split} {job.fold}"
    if result and result.status == "good":
        metric = chosen.sources[job.task, job.split][0].metrics[0]
        if metric.id in result.metrics:
            said += f", {metric.title} {score_of(metric, result):.3f}"
    return plain(said)


def _todo(paths: Paths, jobs: Iterable[Job]) -> list[Job]:
    """Those without a result."""
    return [job for job in jobs if not (paths.runs / "results" / job.key).exists()]
