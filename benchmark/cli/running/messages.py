"""What a run prints when it ends: counts, failed jobs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmark.cli.options import ROOT, say, say_json
from benchmark.core import Paths, Task, UserError
from benchmark.execution.against_published import Report
from benchmark.execution.plan import Plan
from benchmark.execution.runner import NOT_RUN, Summary, states
from benchmark.leaderboard.tables import Row, Table
from benchmark.registry import Entry, project, source
from benchmark.results.result import read_result

EXAMPLES = 5  # jobs of each state that are named, failed ones with lines of their log
LINES = 3  # of a log
COPY = "entry"  # the folder of the entry's files in a sandbox
FRAME = re.compile(r'\s*File "([^"]+)", line (\d+)')  # of a traceback


def ended(
    result: Summary,
    seconds: float,
    as_json: bool,
    ignored: Sequence[str] = (),
    report: Report | None = None,
    ranked: Sequence[tuple[Task, Table, Row]] = (),
    logs: Path | None = None,
    entries: Mapping[str, Entry] | None = None,
) -> None:
    """Print how a run ended: counts by state, then the first jobs without a good result by name.

    `ignored` are sentences on options that some jobs did not follow. JSON also holds the scores of
    `ranked`, the rows of the run's jobs on the board. From the folder `logs` come the last lines of
    some failed jobs, and where in their `entries` it was.
    """
    report = report or Report()
    if as_json:
        whole = {**states(result), "found_done": result.found_done, "bad": result.bad}
        reproduced = {**asdict(report), "reproduced": report.reproduced}
        more = {"ignored": list(ignored), "reproduction": reproduced, "seconds": round(seconds, 3)}
        say_json({**whole, **more, "scores": [_scores(table, row) for _, table, row in ranked]})
        return
    for sentence in ignored:
        say(sentence)
    counts = ", ".join(f"{count} {state}" for state, count in states(result).items())
    say(f"{counts}; {result.found_done} reused; {seconds:.1f} s")
    for state, jobs in result.bad.items():
        for job in jobs[:EXAMPLES]:
            say(f"{state}: {job}")
            if logs and state != NOT_RUN:
                log = (logs / job.partition(": ")[0]).with_suffix(".log")
                _tell_log(log, (entries or {}).get(log.parent.name))
        if len(jobs) > EXAMPLES:
            say(f"{state}: {len(jobs) - EXAMPLES} more")
    if failed := result.bad.get("failed"):
        say(f"{len(failed)} failed: fix the entry, or run them again as they are by --retry-failed")
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


def _tell_log(path: Path, entry: Entry | None) -> None:
    """Where in the entry it was, the last lines of the log, and where the rest of it lies.

    A log is whatever an entry printed.
    """
    if not path.exists():
        return
    lines = path.read_text("utf-8", "replace").splitlines()
    if entry is not None and (place := _innermost(lines, entry)):
        say(f"    at {place}")
    # Below a line of code, Python marks the place with carets.
    for line in [line for line in lines if line.strip(" ~^")][-LINES:]:
        say(f"    {line.strip()}")
    say(f"    log: {path}")


def _innermost(lines: Sequence[str], entry: Entry) -> str:
    """The last place of tracebacks that lies in a file of the entry; nothing where none does.

    A log names the copies of these files that a worker had, or the files where there was none.
    """
    try:
        files = source.files(entry.path)
    except (UserError, OSError):  # it has changed meanwhile, and names no lines any more
        return ""
    own = {(folder, file.name): file for file in files for folder in (COPY, file.parent.name)}
    for line in reversed(lines):
        found = FRAME.match(line)
        if found and (file := own.get((Path(found[1]).parent.name, Path(found[1]).name))):
            return f"{project.shown(ROOT, file)}:{found[2]}"
    return ""


def _scores(table: Table, row: Row) -> dict[str, Any]:
    metrics = {
        name: {"value": score.value, "low": score.low, "high": score.high}
        for name, score in row.scores.items()
    }
    place = {"task": table.task, "split": table.split, "entry": row.entry, "variant": row.variant}
    return {**place, "tier": row.tier or None, "metrics": metrics}
