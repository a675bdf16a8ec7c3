"""The command that checks aggregated results before they leave a place: verify-private."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import Annotated

import typer

from benchmark import registry
from benchmark.cli.options import (
    ROOT,
    All,
    Data,
    Json,
    as_example,
    one_sentence,
    say,
    say_json,
    say_some,
)
from benchmark.core import Isolation, Task, UserError
from benchmark.data import checks, splits
from benchmark.results import aggregation, entry_results
from benchmark.results.result import JobResult, parse
from benchmark.sandbox import backends

ISOLATIONS = (
    *backends.BACKENDS,
    Isolation.PREDICTIONS_ONLY,
)  # what a result may say of its sandbox


def register(app: typer.Typer) -> None:
    """Add the command to a command line."""
    app.command(
        "verify-private",
        epilog=as_example("verify-private runs/results/TASK/SPLIT/../R.json"),
    )(verify_private)


def verify_private(
    path: Annotated[
        Path, typer.Argument(metavar="RESULT", help="A result, or a file of published results.")
    ],
    everything: All = False,
    data: Data = ROOT / "data",
    as_json: Json = False,
) -> None:
    """Check that a result contains no signal, text, label or id of the recordings."""
    with one_sentence(data):
        results = _read(path)
        tasks, entries = registry.known_tasks(ROOT), registry.entries(ROOT).found
        by_kind: dict[str, list[str]] = defaultdict(list)
        secrets: dict[tuple[str, str], set[str]] = {}  # by corpus and task
        absent: set[str] = set()  # corpora
        named: list[str] = []
        for result in results:
            task = registry.pick("task", result.task, tasks)
            entry = registry.pick("entry", result.entry, entries)
            split_file = registry.split_file(ROOT, result.split)
            if result.split not in (*task.splits, *task.smoke) or not split_file.is_file():
                raise UserError(f"{path}: {result.task} has no split {result.split[:40]!r}")
            split = splits.load(split_file)
            allowed = {result.entry, *entry.variants, *split.folds, result.split, *ISOLATIONS}
            key = split.corpus, result.task
            if key not in secrets:
                secrets[key] = _secret(split.corpus, task, data.resolve(), absent)
            secret = secrets[key]
            if result.fold in secret:
                named.append(
                    f"{result.job.key}: the fold has the name of a speaker, as the split has it"
                )
            reasons = aggregation.reveals(result, task, allowed, secret - allowed)
            for reason in reasons:
                by_kind[_kind(reason)].append(f"{result.job.key}: {reason}")
        count = sum(map(len, by_kind.values()))
        if as_json:
            say_json({"results": len(results), "named_folds": named, "problems": by_kind})
        else:
            say_some(named, everything)
            for kind, problems in by_kind.items():
                say(f"{len(problems)} x {kind}:")
                say_some([f"    {problem}" for problem in problems], everything)
        if count:
            raise UserError(f"{path}: {count} values describe single recordings")
        if not as_json:
            say(f"{len(results)} results: nothing in them describes a single recording")


def _kind(reason: str) -> str:
    """What is wrong, whatever the field: all of a sentence but its place, names and numbers."""
    said = re.sub(r"^\S+: ", "", reason)
    return " ".join(re.sub(r"'[^']*'|\S*\d\S*", "", said).split())


def _read(path: Path) -> list[JobResult]:
    if not path.is_file():
        raise UserError(f"{path}: expected a result, found no such file")
    content = path.read_bytes()
    return entry_results.read_all(path) if content[:1] == b"[" else [parse(content, path)]


def _secret(name: str, task: Task, data: Path, absent: set[str]) -> set[str]:
    """Every label of the task's signals; with the corpus, also ids, speakers, sessions, texts.

    A corpus that is not there is named, once: `absent` are those that have been.
    """
    corpus = registry.pick_corpus(name, registry.corpora())
    folder = corpus.locate(data)
    labels = {label for s in (*task.inputs, task.target) for label in corpus.signals[s].labels}
    if folder is None:
        if name not in absent:
            line = f"{name} is not under {data}: only the form of its results is checked"
            say(line, error=True)
        absent.add(name)
        return labels
    recordings = checks.listed(corpus, folder)
    return labels.union(*({r.id, r.speaker, r.session, r.text} for r in recordings))
