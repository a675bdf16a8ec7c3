"""A gallery of examples: what an entry predicted, for recordings that nobody picked by hand.

Shown are the five best, the five middle and the five worst recordings of one seed by the first
metric of the task. Predictions come from `runs/predictions`, where each run keeps them under their
SHA-256; without them there is no gallery, and a line says so. A gallery is one page that holds all
that it shows and plays, below 10 MB.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmark import storage
from benchmark.core import Metric, Paths, Recording, Signal, Task, UserError
from benchmark.data import folds
from benchmark.data.installed_split import load_here
from benchmark.leaderboard import breakdowns
from benchmark.leaderboard.snapshot import Snapshot
from benchmark.leaderboard.tables import Row, Table, title
from benchmark.report import formatting
from benchmark.report.plots import signal_plots
from benchmark.report.site.example import Example, contents
from benchmark.report.site.rendering import asset, markup, render
from benchmark.results.published import SCORED, PublishedResult
from benchmark.results.result import read_result
from benchmark.worker import fold_reader

EACH = (5, 3, 1)  # recordings of each group: fewer where a page would be too large
MAX_BYTES = 10_000_000  # of a page
GROUPS = ("Best", "Middle", "Worst")
VERSION = 3  # of the plots
TEMPLATES = ("base.html", "macros.html", "gallery.html", "style.css")  # a change makes pages stale


def build(
    snapshot: Snapshot, paths: Paths, folder: Path, tell: Callable[[str], None]
) -> dict[str, list[tuple[str, str]]]:
    """Write a gallery for each entry on each table; titles and links of them, by entry.

    A page that is up to date stays. `tell` gets a line for each page that is written, and for each
    that cannot be.
    """
    links: dict[str, list[tuple[str, str]]] = {}
    pages = folder / "examples"
    version = [VERSION, *(asset(name) for name in TEMPLATES)]
    current: set[Path] = set()
    for table in snapshot.tables:
        for row in snapshot.displayed(table).rows:
            digest = storage.digest([version, *(result.digest for result in row.results)])[:12]
            path = pages / f"{table.task}-{row.entry}-{table.split}-{digest}.html"
            name = f"{title(*row.name)} on {table.split}"
            if not path.exists():
                try:
                    text = _page(snapshot, paths, table, row)
                except UserError as error:
                    tell(f"no examples of {name}: {error}")
                    continue
                storage.write_whole(path, text.encode())
                tell(f"examples of {name}")
            current.add(path)
            heading = f"{snapshot.task(table).title}, {table.split}"
            links.setdefault(row.entry, []).append((heading, f"../examples/{path.name}"))
    for path in pages.glob("*.html"):
        if path not in current:
            path.unlink()
    return links


def _page(snapshot: Snapshot, paths: Paths, table: Table, row: Row) -> str:
    """The page of one row of one table; UserError where data or predictions are missing."""
    task = snapshot.task(table)
    signals = snapshot.corpus(table).signals
    seed = min(result.head.seed for result in row.results)
    results = [result for result in row.results if result.head.seed == seed]
    ordered = _ordered(task.metrics[0], results)
    shown = [name for names in _ends_and_middle(ordered, max(EACH)) for name in names]
    predictions = {name: _prediction(paths, results, name) for name in shown}
    references = _references(snapshot, paths, table, results, shown)
    for each in EACH:
        groups = [
            {
                "title": heading,
                "recordings": [
                    contents(
                        _example(task, results, references[name], predictions[name]), task, signals
                    )
                    for name in names
                ],
            }
            for heading, names in zip(GROUPS, _ends_and_middle(ordered, each), strict=True)
        ]
        text = render(
            "gallery.html",
            snapshot,
            "../",
            title=f"{title(*row.name)}: {task.title}",
            entry=title(*row.name),
            back=f"../entry/{row.entry}.html",
            split=table.split,
            seed=seed,
            about=_about(task, each),
            style=markup(asset("style.css")),
            matrix=_matrix(table, task, signals[task.target], row, seed),
            groups=[group for group in groups if group["recordings"]],
        )
        if len(text.encode()) < MAX_BYTES:
            return text
    raise UserError(f"larger than {MAX_BYTES:,} bytes with one recording of each group")


def _matrix(table: Table, task: Task, target: Signal, row: Row, seed: int) -> Any:
    """The confusion matrix of one seed, where the target is a label; else nothing."""
    seeds = sorted({result.head.seed for result in row.results})
    only = slice(seeds.index(seed), seeds.index(seed) + 1)
    first = {
        name: replace(m, statistics=m.statistics[only], status=m.status[only])
        for name, m in row.measured.items()
    }
    of_seed = replace(row, measured=first)
    matrices = breakdowns.confusions(replace(table, rows=(of_seed,)), task, target)
    about = f"Confusion matrix of {title(*row.name)}, {table.split}"
    plots = [signal_plots.matrix(each.counts, each.labels, about) for each in matrices]
    return markup(plots[0]) if plots else ""


def _about(task: Task, each: int) -> str:
    metric = task.metrics[0]
    return (
        f"The {each} best, middle and worst recordings by {metric.title}"
        f" {formatting.arrow(metric)}, chosen automatically."
    )


def _ordered(metric: Metric, results: Sequence[PublishedResult]) -> list[str]:
    """Ids of all test recordings, best first; those without a score of their own last."""
    sign = -1.0 if metric.better == "higher" else 1.0
    keys = {}
    for result in results:
        measured = result.recordings.measured[metric.id]
        with np.errstate(invalid="ignore", divide="ignore"):
            values = metric.reduce(measured.statistics)
        rows = zip(result.recordings.names, values.tolist(), measured.counted, strict=True)
        for name, value, counted in rows:
            if counted:
                keys[name] = (not np.isfinite(value), sign * value, name)
    return sorted(keys, key=lambda name: keys[name])


def _ends_and_middle(ordered: Sequence[str], each: int) -> tuple[list[str], list[str], list[str]]:
    """The first, the middle and the last of them, the last one first; nothing twice."""
    best, rest = list(ordered[:each]), list(ordered[each:])
    cut = max(0, len(rest) - each)
    worst, rest = rest[cut:], rest[:cut]
    start = max(0, (len(rest) - each) // 2)
    return best, rest[start : start + each], worst[::-1]


def _references(
    snapshot: Snapshot,
    paths: Paths,
    table: Table,
    results: Sequence[PublishedResult],
    names: Sequence[str],
) -> dict[str, Recording]:
    """These test recordings with their targets, as these results were made of them.

    They are read from the folds that are prepared, else from the corpus: a fold is more than a page
    shows.
    """
    found: dict[str, Recording] = {}
    for result in results:
        folder = folds.fold_folder(paths.runs, result.head.data, result.head.fold) / "answers"
        if folder.exists():
            _, roles = fold_reader.read_part(folder)
            found.update({recording.id: recording for recording in roles["test"]})
    if found.keys() >= {*names}:
        return found
    split, corpus, _ = load_here(paths, table.split, snapshot.corpus(table))
    digest = folds.data_digest(table.task, snapshot.task(table), split, corpus)
    if any(result.head.data != digest for result in results):
        raise UserError("its results are of other data than the corpus, split and task of today")
    return folds.verified_recordings(paths.runs, paths.data, corpus)


def _result_of(results: Sequence[PublishedResult], name: str) -> tuple[PublishedResult, int]:
    """The result that tested a recording, and the place of the recording in it."""
    result = next(result for result in results if name in result.recordings.names)
    return result, result.recordings.names.index(name)


def _prediction(paths: Paths, results: Sequence[PublishedResult], name: str) -> Path:
    """The file of a prediction; UserError where it is not kept."""
    path = _kept(paths, *_result_of(results, name))
    if not path.exists():
        raise UserError(f"the prediction of {name} is not kept in {paths.runs.name}/predictions")
    return path


def _example(
    task: Task, results: Sequence[PublishedResult], reference: Recording, prediction: Path
) -> Example:
    result, index = _result_of(results, reference.id)
    scores = []
    for metric in task.metrics:
        measured = result.recordings.measured[metric.id]
        if measured.status[index] == SCORED:
            value = float(metric.reduce(measured.statistics[index]))
            scores.append(f"{metric.title} {value:.3f}")
        else:
            scores.append(f"{metric.title}: {measured.reason(index)}")
    text = reference.text
    heading = f"{reference.id}: {text}" if text else reference.id
    return Example(heading, ", ".join(scores), reference, storage.read_array(prediction))


def _kept(paths: Paths, result: PublishedResult, index: int) -> Path:
    """Where a prediction is kept; the result may be older than today's rule for names."""
    folder = paths.runs / "predictions"
    name = result.recordings.predictions[index].tobytes().hex()
    if not storage.kept(folder, name).exists() and (here := read_result(paths.runs, result.job)):
        recording = result.recordings.names[index]
        for item in here.items:
            if item.recording == recording and storage.is_named(folder, item.prediction, name):
                return storage.kept(folder, item.prediction)
    return storage.kept(folder, name)
