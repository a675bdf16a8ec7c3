"""Look at an entry before it is run: two tiny recordings, through the same path as a real run.

Each finding is one line, with how to fix what is wrong.
"""

from __future__ import annotations

import ast
import importlib.metadata
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmark import registry, storage
from benchmark.core import Corpus, Job, Paths, Split, Task, UserError
from benchmark.data import folds
from benchmark.evaluation import small_split
from benchmark.execution import executors, runner
from benchmark.execution.plan import Plan
from benchmark.registry import Entry, requirements
from benchmark.registry import source as source_module
from benchmark.results.result import JobResult, read_result
from benchmark.sandbox.request import RunConfig
from benchmark.worker.__main__ import AUDITED
from benchmark.worker.model import LEFT_OUT

SECONDS = 120.0  # that one of the two runs may take
SLOW = 1.0  # seconds a second of signal, from which on it is worth a word


@dataclass(frozen=True)
class Finding:
    good: bool
    what: str
    said: str


def check(
    paths: Paths, entry: Entry, conditions: RunConfig, only_task: str = ""
) -> Iterator[Finding]:
    """Everything that can be said about an entry in a few seconds, for each of its tasks."""
    yield Finding(True, "header", f"{entry.title!r}, {entry.licence}, {_variants(entry)}")
    if entry.brings_weights:
        said = "it is marked `brings weights`: it has weights, or much data in its code"
        yield Finding(True, "weights", said)
    yield from _dependencies(entry)
    tasks = registry.read_tasks(paths.root)
    for name in [only_task] if only_task else entry.tasks:
        try:
            task = tasks.pick("task", name)
        except UserError as error:
            yield Finding(False, name, str(error))
            continue
        yield from _on_task(paths, entry, name, task, conditions)


def _variants(entry: Entry) -> str:
    names = ", ".join(entry.variants)
    return f"variants {names}; checked is {entry.default}"


def _dependencies(entry: Entry) -> Iterator[Finding]:
    """Is all there that it declares, and does it declare all that it imports?"""
    problems = []
    declared: set[str] = set()
    for text in entry.dependencies:
        wanted = requirements.parse(text)
        if wanted is None:
            problems.append(f"{text!r} is no requirement; write it as `name>=1.0`")
            continue
        declared.add(wanted.name.lower().replace("_", "-"))
        version = requirements.installed(wanted.name)
        if version is None:
            problems.append(f"{wanted.name} is not installed; pip install '{text}'")
        elif not requirements.fits(wanted, version):
            problems.append(f"{wanted.name} {version} is here, {text} is asked for")
    owners = importlib.metadata.packages_distributions()
    for name in sorted(_imported(entry)):
        names = {owner.lower().replace("_", "-") for owner in owners.get(name, [name])}
        if not names & declared:
            problems.append(f"{name} is imported; add {sorted(names)[0]!r} to dependencies")
    for problem in problems:
        yield Finding(False, "dependencies", problem)
    if not problems:
        yield Finding(True, "dependencies", ", ".join(entry.dependencies) or "none")


def _imported(entry: Entry) -> set[str]:
    """First names of what its files import, without the standard library and its own layers."""
    names: set[str] = set()
    for path in source_module.files(entry.path):
        for node in ast.walk(ast.parse(source_module.source_text(path))):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.partition(".")[0])
    return {name for name in names - sys.stdlib_module_names if not name.startswith("_")}


def _on_task(
    paths: Paths, entry: Entry, name: str, task: Task, conditions: RunConfig
) -> Iterator[Finding]:
    try:
        split, corpus, whole = small_split.find(paths, task)
    except UserError as error:
        yield Finding(False, name, f"{error}; see `silentbench data list`")
        return
    task = task.on(corpus)
    apart = replace(paths, runs=paths.runs / "check")
    job = _job(name, task, split, corpus, entry)
    chosen = Plan((job,), {(name, split.name): (task, split, corpus)}, {entry.name: entry}, ())
    strict = replace(
        conditions, limits=replace(conditions.limits, seconds=SECONDS), audit=True, shuffle=True
    )
    results = []
    for number in range(2):
        (apart.runs / "results" / job.key).unlink(missing_ok=True)
        summary = runner.run(apart, chosen, executors.serial_executor(), strict)
        result = read_result(apart.runs, job)
        log = (apart.runs / "logs" / job.key).with_suffix(".log")
        if number == 0:
            yield from _audited(name, log)
            yield from _left_out(name, log)
        if result is None or result.status != "good":
            reason = result.reason if result else summary.not_run[job]
            yield Finding(False, name, f"{reason}; its output is in {log}")
            return
        results.append(result)
    yield from _compared(name, apart, results)
    yield from _estimated(name, results[0], len(split.folds["all"].train), whole)


def _job(name: str, task: Task, split: Split, corpus: Corpus, entry: Entry) -> Job:
    data = folds.data_digest(name, task, split, corpus)
    code = entry.code_digest(entry.default, (metric.id for metric in task.metrics))
    return Job(name, split.name, "all", entry.name, entry.default, 0, data, code)


def _audited(name: str, log: Path) -> Iterator[Finding]:
    """What the worker wrote down of network and of writing elsewhere."""
    said = _logged(log, AUDITED)
    for line in said:
        advice = "take it out: there is no network in a run, and TMPDIR is the only place to write"
        yield Finding(False, f"{name} habits", f"{line}; {advice}")
    if not said:
        yield Finding(True, f"{name} habits", "no network, no writing outside its scratch")


def _left_out(name: str, log: Path) -> Iterator[Finding]:
    """What the model says of itself that cannot be used."""
    for line in _logged(log, LEFT_OUT):
        yield Finding(False, f"{name} report", line)


def _logged(log: Path, prefix: str) -> list[str]:
    """Lines of that prefix, without it; an entry can write such lines itself."""
    lines = log.read_text("utf-8", "replace").splitlines() if log.exists() else []
    return [line.removeprefix(prefix) for line in lines if line.startswith(prefix)]


def _compared(name: str, paths: Paths, results: Sequence[JobResult]) -> Iterator[Finding]:
    one = results[0]
    yield Finding(True, f"{name} output", f"{len(one.items)} predictions of the asked shape")
    hashes = [[item.prediction for item in result.items] for result in results]
    if hashes[0] == hashes[1]:
        yield Finding(True, f"{name} repeats", "the same seed gives the same predictions")
    else:
        apart = max(_difference(paths, a, b) for a, b in zip(*hashes, strict=True))
        said = f"two runs of one seed differ by up to {apart:.2g}"
        yield Finding(False, f"{name} repeats", f"{said}; draw all random numbers from `seed`")
    probes = one.probes
    if probes and probes.order_change:
        said = f"answers change by {probes.order_change:.2g} deviations when asked again"
        yield Finding(False, f"{name} order", f"{said}; keep nothing between calls of predict")
    if probes and probes.claims_causal:
        yield _causal(name, probes.look_ahead_ms)


def _difference(paths: Paths, one: str, other: str) -> float:
    kept = paths.runs / "predictions"
    arrays = [storage.read_array(storage.kept(kept, sha)) for sha in (one, other)]
    if arrays[0].shape != arrays[1].shape:
        return float("inf")
    return float(np.abs(arrays[0].astype(float) - arrays[1].astype(float)).max(initial=0.0))


def _causal(name: str, seen: float | None) -> Finding:
    if seen is None:
        return Finding(False, f"{name} causal", "cannot be seen: no answer was the same twice")
    said = f"the header says causal; it looks {seen:.0f} ms ahead"
    fix = "" if seen < 1 else "; if that is more than a frame, set causal = false"
    return Finding(seen < 1, f"{name} causal", said + fix)


def _estimated(name: str, result: JobResult, trained: int, whole: int) -> Iterator[Finding]:
    cost = result.cost
    if cost is None:
        return
    yield Finding(True, f"{name} memory", f"{cost.peak_memory_mb:.0f} MB")
    total = cost.predict_seconds / max(1, len(result.items)) * whole
    said = f"{total:.1f} s for the {whole} recordings of a whole test"
    said += f"; fit on {trained} recordings took {cost.fit_seconds:.1f} s"
    factor = cost.real_time_factor
    if factor is not None:
        said = f"{factor:.2g} s a second of signal, about {said}"
    yield Finding(factor is None or factor < SLOW, f"{name} time", said)
