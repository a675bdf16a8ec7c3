"""The state of a run as its folder shows it, from any machine that sees the folder."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.live import Live
from rich.table import Table as Lines
from rich.text import Text

from benchmark.cli.options import say
from benchmark.core import Job, Paths
from benchmark.execution.estimates import Estimates
from benchmark.execution.plan import Plan
from benchmark.execution.sharing import leases
from benchmark.plain_text import plain

PAUSE = 2.0  # seconds from one look to the next
AT_FIRST = 10.0  # seconds that a watcher waits for anybody to be at work
NAMED = 8  # jobs at work that are named


@dataclass(frozen=True)
class State:
    """Jobs by how they ended, those at work with the machine that has them, and the rest."""

    ended: dict[str, int]  # by status
    at_work: dict[Job, str]
    waiting: int
    seconds: float | None  # that the rest took before, all together; None where nobody knows

    @property
    def over(self) -> bool:
        return not self.at_work and not self.waiting


def look(paths: Paths, chosen: Plan, estimates: Estimates, known: dict[Job, str]) -> State:
    """The state now. `known` keeps what has ended, so that no result is read twice."""
    rest: list[Job] = []
    for job in chosen.jobs:
        if job in known:
            continue
        if status := _status(paths.runs / "results" / job.key):
            known[job] = status
            continue
        rest.append(job)
    at_work = dict(leases.at_work(paths.runs, rest))
    needs = [estimates.of(job).seconds for job in rest]
    told = [seconds for seconds in needs if seconds is not None]
    seconds = sum(told) / len(told) * len(rest) if told else None
    return State(dict(Counter(known.values())), at_work, len(rest) - len(at_work), seconds)


def _status(path: Path) -> str:
    """How a job ended; nothing where it has no result, or none any more."""
    try:
        return str(json.loads(path.read_bytes())["status"])
    except FileNotFoundError:
        return ""


def line(state: State, planned: int) -> str:
    """All of it in a line."""
    ended = ", ".join(f"{count} {status}" for status, count in sorted(state.ended.items()))
    done = sum(state.ended.values())
    said = f"{done}/{planned} done" + (f" ({ended})" if ended else "")
    said += f", {len(state.at_work)} at work, {state.waiting} waiting"
    if state.seconds and state.at_work:
        said += f", about {state.seconds / len(state.at_work):.0f} s left"
    return said


def watch(paths: Paths, chosen: Plan, pause: float = PAUSE, patience: float = leases.STALE) -> bool:
    """Follow a run until all its jobs have results; bars on a terminal, else a line a change.

    It also ends when for `patience` seconds nobody was at work and nothing ended: jobs are left
    that nobody will do, such as those of a run that was stopped. If nobody ever was, no run is in
    progress, which is known sooner. Whether none is left.
    """
    states = _states(paths, chosen, pause, patience)
    planned = len(chosen.jobs)
    console = Console()
    if console.is_terminal:
        with Live(console=console, refresh_per_second=2) as live:
            for state in states:
                live.update(_table(state, planned))
    else:
        said = ""
        for state in states:
            if (now := line(state, planned)) != said:
                say(now)
                said = now
    if not state.over:
        say(f"no run in progress: {state.waiting} of {planned} jobs are left; run them again")
    return state.over


def _states(paths: Paths, chosen: Plan, pause: float, patience: float) -> Iterator[State]:
    """At least one state, the last one that of the end."""
    estimates, known = Estimates(chosen.entries.values()), dict[Job, str]()
    seen, ended, enough = time.monotonic(), -1, min(patience, AT_FIRST)
    while True:
        state = look(paths, chosen, estimates, known)
        yield state
        now = time.monotonic()
        if state.at_work:
            enough = patience
        if state.at_work or len(known) != ended:
            seen, ended = now, len(known)
        if state.over or now - seen > enough:
            return
        time.sleep(pause)


def _table(state: State, planned: int) -> Lines:
    lines = jobs_at_work(list(state.at_work.items()))
    lines.title, lines.title_justify = Text(plain(line(state, planned))), "left"
    return lines


def jobs_at_work(jobs: Sequence[tuple[Job, str]]) -> Lines:
    """A line for each job with the machine that has it; not more than a terminal has room for."""
    lines = Lines(show_header=False, box=None)
    for job, host in jobs[:NAMED]:
        cells = host, f"{job.entry} {job.variant} {job.seed}", f"{job.split} {job.fold}"
        lines.add_row(*(Text(plain(cell)) for cell in cells))
    return lines
