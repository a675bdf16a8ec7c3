"""The verb audit: what test recordings share with what a model sees."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import Any

import typer

from benchmark import registry, storage
from benchmark.cli.named.words import OnlyCorpora, OnlyTasks
from benchmark.cli.options import (
    ROOT,
    DataThere,
    Json,
    Runs,
    as_example,
    one_sentence,
    say,
    say_json,
)
from benchmark.core import Corpus, Paths, Split, UserError
from benchmark.data import folds, leakage, nuisance, splits
from benchmark.execution import plan
from benchmark.registry import project
from benchmark.report import formatting


def register(app: typer.Typer) -> None:
    """Make this function a verb of the command line."""
    app.command("audit", epilog=as_example("audit --task emg_to_text"))(audit_splits)


def audit_splits(
    task: OnlyTasks = [],  # noqa: B006
    corpus: OnlyCorpora = [],  # noqa: B006
    data: DataThere = ROOT / "data",
    runs: Runs = ROOT / "runs",
    as_json: Json = False,
) -> None:
    """Audit splits: what test recordings share with training data, and what nuisance cues tell."""
    with one_sentence(runs, data):
        paths = Paths(ROOT, data.resolve(), runs.resolve())
        corpora, tasks = registry.corpora(), registry.known_tasks(ROOT)
        for name in corpus:
            folds.find(registry.pick_corpus(name, corpora), paths.data)
        for name in task:
            registry.pick("task", name, tasks)
        found = [(name, *plan.every_source(paths, name, corpus, corpora)) for name in task or tasks]
        if not any(sources for _, sources, _ in found):
            notes = dict.fromkeys(note for _, _, notes in found for note in notes)
            raise UserError(f"no split to audit has its corpus here. {' '.join(notes)}")
        tell = partial(say, error=as_json)
        for note in dict.fromkeys(note for _, _, notes in found for note in notes):
            tell(note)
        audited: list[dict[str, Any]] = []
        for name, sources, _ in found:
            for split, source in sources.values():
                about = {"task": name, "split": split.name}
                try:
                    audited.append({**about, **_audit(paths, name, split, source, tell)})
                except UserError as error:  # the other splits are audited all the same
                    tell(f"{name} on {split.name}: not audited: {error}")
                    audited.append({**about, "passed": False, "error": str(error)})
        if as_json:
            say_json(audited)
        passed = all(one["passed"] for one in audited)
    raise typer.Exit(0 if passed else 1)


def _audit(
    paths: Paths, name: str, split: Split, source: Corpus, tell: Callable[[str], None]
) -> dict[str, Any]:
    """Audit one split for one task, tell and store what is found; all of it, for `--json`."""
    task = registry.task(ROOT, name)
    folds.prepare(paths.runs, paths.data, name, task, split, source, tell)
    digest = folds.data_digest(name, task, split, source)
    entries = registry.entries(ROOT).found.values()
    context = max((entry.context for entry in entries if name in entry.tasks), default=0.0)
    findings = list(leakage.audit(paths, split, digest, context))
    audit = leakage.summary(findings, digest)
    cues = nuisance.told(paths, split, digest)
    tell(f"{name} on {split.name}: {formatting.audited(audit)}")
    for line in (*leakage.lines(findings), nuisance.line(cues)):
        if line:
            tell(f"    {line}")
    if not source.miniature:
        place = registry.split_file(ROOT, split.name).with_name(splits.AUDITS)
        file = project.own(ROOT, project.current(place))
        audits = {**splits.audits(file.parent), f"{name} {split.name}": audit}
        content = {key: each.model_dump() for key, each in sorted(audits.items())}
        storage.write_json(file, content)
    return {
        "passed": not set(audit.leaks) - set(split.leaks),
        "leaks": audit.leaks,
        "shares": audit.shares,
        "findings": [asdict(finding) for finding in findings],
        "nuisance": [asdict(cue) for cue in cues],
    }
