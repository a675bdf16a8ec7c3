"""The commands for entries: new, check."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict
from itertools import chain
from typing import Annotated

import typer

from benchmark import registry
from benchmark.cli.named.words import a_task, an_entry
from benchmark.cli.options import (
    ROOT,
    Data,
    Isolation,
    Json,
    Runs,
    as_example,
    backend_for,
    memory_mb,
    one_sentence,
    say,
    say_json,
    say_left_out,
)
from benchmark.core import Paths, Signal, Task, UserError
from benchmark.execution import preflight
from benchmark.execution.preflight import Finding
from benchmark.leaderboard import gate
from benchmark.registry import header, project
from benchmark.report.plots.answers import is_sound
from benchmark.sandbox.request import RunConfig
from benchmark.worker.limits import Limits

FAIL = "FAIL"


def register(app: typer.Typer) -> None:
    """Add the commands to a command line."""
    for verb, example in (
        (new, "new my_model --task emg_to_articulation"),
        (check, "check my_model"),
    ):
        app.command(epilog=as_example(example))(verb)


def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the new entry.")],
    task: Annotated[str, a_task("The task of the new entry.")],
) -> None:
    """Write a small working entry to start from."""
    with one_sentence():
        registry.read_tasks(ROOT).pick("task", task)
        path = ROOT / "submissions" / f"{name}.py"
        header.check_name(path, name)
        if name in registry.entries(ROOT).found or path.exists():
            raise UserError(f"an entry {name} exists: choose another name")
        path.parent.mkdir(exist_ok=True)
        path.write_text(template(task), "utf-8")
        say(f"wrote {path.relative_to(ROOT)}; next:")
        say(f"    silentbench check {name}")
        say(f"    silentbench run {name}")


def template(task: str) -> str:
    """The template for what a task asks for, by its target's signal; its header names the task."""
    target = _target(registry.task(ROOT, task))
    if target.free:
        kind = "_text"
    elif target.rate is None:
        kind = "_label"
    else:
        kind = "_sound" if is_sound(target) else ""
    text = project.find(ROOT, f"submissions/_template{kind}.py").read_text("utf-8")
    return re.sub(r"(?m)^# tasks = .*$", f'# tasks = ["{task}"]', text, count=1)


def _target(task: Task) -> Signal:
    """The signal that a task asks for, as the first corpus of its splits has it."""
    corpora = registry.corpora()
    named = [name.partition(".")[0] for name in (*task.smoke, *task.splits)]
    found = [corpora[name] for name in named if name in corpora]
    for corpus in found or corpora.values():
        if task.target in corpus.signals:
            return corpus.signals[task.target]
    raise UserError(f"no corpus has the target {task.target!r} of this task")


def check(
    entry: Annotated[str, an_entry("The entry to check.")],
    task: Annotated[str, a_task("Only this task of the entry.")] = "",
    data: Data = ROOT / "data",
    runs: Runs = ROOT / "runs",
    isolation: Isolation = "auto",
    as_json: Json = False,
) -> None:
    """Check an entry in seconds: header, imports, shapes, determinism, time, memory."""
    with one_sentence(runs, data):
        paths = Paths(ROOT, data.resolve(), runs.resolve())
        entries = registry.entries(ROOT)
        if problem := entries.problem(entry):
            raise UserError(problem)
        chosen = entries.pick(entry)
        say_left_out(entries)
        if chosen.kind == "predictions":
            raise UserError(f"{entry} has predictions and no code: `silentbench score` checks them")
        conditions = RunConfig(Limits(memory_mb=memory_mb(1)), backend_for(isolation))
        found: list[tuple[str, Finding]] = []
        for mark, finding in chain(_findings(paths, chosen, conditions, task), _no_row(chosen)):
            found.append((mark, finding))
            if not as_json:
                say(f"{mark:4} {finding.what}: {finding.said}")
        if as_json:
            say_json([{"state": mark, **asdict(finding)} for mark, finding in found])
    raise typer.Exit(1 if any(mark == FAIL for mark, _ in found) else 0)


def _findings(
    paths: Paths, entry: registry.Entry, conditions: RunConfig, task: str
) -> Iterator[tuple[str, Finding]]:
    for finding in preflight.check(paths, entry, conditions, task):
        yield ("ok" if finding.good else FAIL), finding


def _no_row(entry: registry.Entry) -> Iterator[tuple[str, Finding]]:
    """The published results that get no row.

    It is a note for stale and failed ones, which a run replaces; the others say what cannot be.
    """
    _, refused = gate.admit_beside(gate.read_project(ROOT), entry.name)
    for each, count in gate.by_reason(refused):
        usual = each.reason == gate.OTHER_CODE or each.reason.startswith(("failed", "timed out"))
        times = f" ({count} x)" if count > 1 else ""
        finding = Finding(usual, "no row", f"{each.where}: {each.reason}{times}")
        yield ("note" if usual else FAIL), finding
