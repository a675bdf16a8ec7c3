"""docs/suite.md: what a named suite is, and what the score of each of its tables is.

A suite has tasks, splits and metrics, each at one version, so results of one suite can be compared,
whoever made them. Its digest changes with any of them. A corpus of a user is no part of it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmark import registry
from benchmark.core import CHANCE, Corpus, Metric, Split, Task, UserError
from benchmark.data import splits
from benchmark.registry.from_answers import oracles
from benchmark.report.markdown.markdown_table import escaped, markdown_table

PATH = "docs/suite.md"
NAME = "SilentBench 2.0"
# Of what was released by that name, from then on; what differs from it is shown as changed, and is
# released by a new name. Empty before the first release.
DIGEST = ""
SHORT = 16  # characters of a digest of a split

PREFACE = f"""\
# Suite: {NAME}

Made by `silentbench leaderboard` from `tasks/`; do not edit.

A suite is a named set of tasks, splits and metrics, each at one version: results of one suite can
be compared, whoever made them. A metric, task or corpus that changes has another version, a split
that changes another digest, and the suite another name.
"""
SCORE = """\
## What the score is

- A **table** is one task on one split. **The score** of an entry in it is the task's first metric,
  named below, over the test recordings of all folds, by the entry's first variant, averaged over
  seeds; with its 95% confidence interval ([statistics](statistics.md)).
- Between tables, compare the **normalised score**: 0% is the best trivial baseline of the table,
  100% its best oracle or, without one, the best possible value of the metric. A row that is not
  above the best trivial baseline has not shown that it reads its input.
- Scores are **not averaged over tables**. Ranks are, where at least three entries share five tasks.
- **Recorded and simulated** corpora stand apart: a claim about people needs a recorded one.
- All other metrics describe; they do not rank.

In a publication, say: the suite and its digest, the task and the split, the id of the metric, score
and interval, normalised score, number of seeds. For example: "SilentBench 2.0 (digest), emg_to_mel
on embedded.new_sentences, `mel_mse.mean@1`, 1 seed". How to cite is in
[CITATION.cff](../CITATION.cff); cite the corpora and the entries as well.
"""


@dataclass(frozen=True)
class Place:
    """A split of a task, with what is known of it and of its corpus without any recording."""

    split: Split
    version: str  # of the corpus
    simulated: bool
    full: bool  # whether a run has it only with the full suite


def places(root: Path, task: Task, corpora: Mapping[str, Corpus]) -> list[Place]:
    """The splits of a task that are the project's; those that cannot be read are left out."""
    found = []
    for name in task.splits:
        corpus = corpora.get(name.partition(".")[0])
        if corpus is None or corpus.own:
            continue
        try:
            split = splits.load(registry.split_file(root, name))
        except UserError:  # `list` says so, and the digest of the suite is another one
            continue
        found.append(Place(split, corpus.version, corpus.synthetic, name in task.full))
    return found


def suite(
    root: Path, tasks: Mapping[str, Task], corpora: Mapping[str, Corpus]
) -> dict[str, object]:
    """All that the suite consists of, as JSON has it."""
    return {
        name: {
            "version": task.version,
            "inputs": task.inputs,
            "target": task.target,
            "privileged": task.privileged,
            "metrics": [metric.id for metric in task.metrics],
            "trivial_baselines": task.trivial_baselines,
            "oracles": task.oracles,
            "unprocessed": task.unprocessed,
            "splits": {
                place.split.name: [place.split.digest, place.version, place.full]
                for place in places(root, task, corpora)
            },
        }
        for name, task in sorted(tasks.items())
    }


def digest(root: Path, tasks: Mapping[str, Task], corpora: Mapping[str, Corpus]) -> str:
    """The sha256 of the suite; the order of metrics matters, that of tasks and splits does not."""
    text = json.dumps(suite(root, tasks, corpora), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def page(root: Path, tasks: Mapping[str, Task], corpora: Mapping[str, Corpus]) -> str:
    """docs/suite.md of the project at `root`; it needs neither recordings nor results."""
    found = digest(root, tasks, corpora)
    lines = [PREFACE, f"Digest: `{found}`."]
    if not DIGEST:
        lines += ["", "**Not released yet**: until then it may change."]
    elif found != DIGEST:
        lines += ["", f"**Changed**: not {NAME} as it was named, which has the digest `{DIGEST}`."]
    lines += ["", SCORE, "## Tables", ""]
    for name, task in tasks.items():
        lines += [*_task(name, task, places(root, task, corpora)), ""]
    return "\n".join(lines).rstrip() + "\n"


def _task(name: str, task: Task, found: Sequence[Place]) -> list[str]:
    first, *others = task.metrics
    ends = "the best possible value of the metric"
    if task.oracles:
        last = oracles.ends(task.oracles)
        ends = f"the best oracle of {_named(last)}, or else {ends}"
        if beside := [name for name in task.oracles if name not in last]:
            ends += f"; {_named(beside)} is shown beside"
    lines = [
        f"### {escaped(task.title)}",
        "",
        f"`{name}`, version {task.version}: {_named(task.inputs)} to `{task.target}`.",
        "",
        f"- **The score**: {_metric(first)}.",
        f"- Trivial baselines: {_named((*task.trivial_baselines, CHANCE))}.",
        f"- 100% of the normalised score: {ends}.",
    ]
    if task.unprocessed:
        lines.append(f"- Gains are over `{task.unprocessed}`, which hands the input through.")
    if others:
        lines.append(f"- Also measured, where the corpus allows: {_named(m.id for m in others)}.")
    heads = ["split", "corpus version", "data", "in a run", "folds", "digest of the split"]
    rows = [
        [
            f"`{place.split.name}`",
            place.version,
            "simulated" if place.simulated else "recorded",
            "full suite" if place.full else "always",
            len(place.split.folds),
            f"`{place.split.digest[:SHORT]}`",
        ]
        for place in found
    ]
    return [*lines, "", *markdown_table(heads, rows, right=[4])]


def _metric(metric: Metric) -> str:
    return f"`{metric.id}` ({metric.title}, {metric.better} is better)"


def _named(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
