"""Look and listen: what an entry answered beside what is right, of recordings that nobody picked.

The harness takes the five best, the five in the middle and the five worst recordings of one run by
the first metric of the task. Predictions come from `runs/predictions`, where each run keeps them
under their sha256; without them there is no card, and that is said. A card is one page with all
that it shows and plays, below 10 MB.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmark import storage
from benchmark.core import Array, Metric, Paths, Recording, Signal, Task, UserError
from benchmark.data import folds
from benchmark.data.local_split import load_here
from benchmark.leaderboard import breakdowns
from benchmark.leaderboard.snapshot import Board
from benchmark.leaderboard.tables import Row, Table, title
from benchmark.report import formatting
from benchmark.report.plots import signal_plots
from benchmark.report.plots.signal_plots import Edge
from benchmark.report.site import pages
from benchmark.results.result import JobResult
from benchmark.results.scores import measured_items
from benchmark.worker import fold_reader

EACH = (5, 3, 1)  # recordings of each group: fewer where a page would be too large
LARGEST = 10_000_000  # bytes of a page
LOWEST_SOUND = 4000.0  # Hz; what is slower is nothing to listen to
GROUPS = ("Best", "In the middle", "Worst")
VERSION = 1  # of the pictures
LOOKS = ("base.html", "macros.html", "card.html", "style.css")  # what makes an old card stale


@dataclass(frozen=True)
class Shown:
    """One recording of a card: what was asked, what is right, what was answered."""

    title: str
    scores: str
    recording: Recording
    prediction: Array


def build(
    board: Board, place: Paths, folder: Path, tell: Callable[[str], None]
) -> dict[str, list[tuple[str, str]]]:
    """Write a card for each entry on each table; titles and links of them, by entry.

    A card that is there and still current stays. What has no kept predictions is told.
    """
    links: dict[str, list[tuple[str, str]]] = {}
    old = folder / "cards"
    looks = [VERSION, *(pages.asset(name) for name in LOOKS)]
    current: set[Path] = set()
    for table in board.tables:
        for row in board.shown(table).rows:
            name = f"{row.entry}-{table.split}"
            digest = storage.digest([looks, *(result.seal for result in row.results)])[:12]
            path = old / f"{table.task}-{name}-{digest}.html"
            if not path.exists():
                try:
                    text = _card(board, place, table, row)
                except UserError as error:
                    tell(f"no card of {title(*row.name)} on {table.split}: {error}")
                    continue
                storage.write_whole(path, text.encode())
                tell(f"card of {title(*row.name)} on {table.split}")
            current.add(path)
            said = f"{board.tasks[table.task].title}, {table.split}"
            links.setdefault(row.entry, []).append((said, f"../cards/{path.name}"))
    for path in old.glob("*.html"):
        if path not in current:
            path.unlink()
    return links


def _card(board: Board, place: Paths, table: Table, row: Row) -> str:
    """The page of one row on one table; UserError where something for it is not here."""
    task = board.tasks[table.task]
    signals = board.corpus(table).signals
    target = signals[task.target]
    seed = min(result.seed for result in row.results)
    results = [result for result in row.results if result.seed == seed]
    ordered = _ordered(task.metrics[0], results)
    answers = _answers(board, place, table, results)
    for each in EACH:
        groups = [
            {
                "title": heading,
                "recordings": [
                    _item(_shown(place, task, results, answers, name), task, target, signals)
                    for name in some
                ],
            }
            for heading, some in zip(GROUPS, _chosen(ordered, each), strict=True)
        ]
        text = pages.render(
            "card.html",
            board,
            "../",
            title=f"{title(*row.name)}: {task.title}",
            entry=title(*row.name),
            back=f"../entry/{row.entry}.html",
            split=table.split,
            seed=seed,
            about=_about(task, each),
            style=pages.markup(pages.asset("style.css")),
            matrix=_matrix(table, task, target, row, seed),
            groups=[group for group in groups if group["recordings"]],
        )
        if len(text.encode()) < LARGEST:
            return text
    raise UserError(f"larger than {LARGEST:,} bytes with one recording of each kind")


def _matrix(table: Table, task: Task, target: Signal, row: Row, seed: int) -> Any:
    """The confusion matrix of the run, where the target is a label; else nothing."""
    one = replace(row, results=tuple(result for result in row.results if result.seed == seed))
    found = breakdowns.confusions(replace(table, rows=(one,)), task, target)
    about = f"Confusion matrix of {title(*row.name)}, {table.split}"
    plots = [signal_plots.matrix(each.counts, each.labels, about) for each in found]
    return pages.markup(plots[0]) if plots else ""


def _about(task: Task, each: int) -> str:
    metric = task.metrics[0]
    return (
        f"The {each} best, middle and worst recordings by {metric.title}"
        f" {formatting.arrow(metric)}, chosen by the program."
    )


def _ordered(metric: Metric, results: Sequence[JobResult]) -> list[str]:
    """Ids of all test recordings, best first; those without a score of their own last."""
    sign = -1.0 if metric.better == "higher" else 1.0
    keys = {}
    for item, measured in measured_items(metric, results):
        value = float(metric.reduce(np.array(measured.statistics)))
        keys[item.recording] = (not np.isfinite(value), sign * value, item.recording)
    return sorted(keys, key=lambda name: keys[name])


def _chosen(ordered: Sequence[str], each: int) -> tuple[list[str], list[str], list[str]]:
    """The first, the middle and the last of them; nothing twice."""
    best, rest = list(ordered[:each]), list(ordered[each:])
    cut = max(0, len(rest) - each)
    worst, rest = rest[cut:], rest[:cut]
    start = max(0, (len(rest) - each) // 2)
    return best, rest[start : start + each], worst[::-1]


def _answers(
    board: Board, place: Paths, table: Table, results: Sequence[JobResult]
) -> dict[str, Recording]:
    """The test recordings with their answers, as they were prepared for these results."""
    found = {}
    for result in results:
        folder = folds.fold_folder(place.runs, result.data, result.fold) / "answers"
        if not folder.exists():
            _prepare(board, place, table, result)
        _, roles = fold_reader.read_part(folder)
        found.update({recording.id: recording for recording in roles["test"]})
    return found


def _prepare(board: Board, place: Paths, table: Table, result: JobResult) -> None:
    task = board.tasks[table.task]
    split, corpus, _ = load_here(place, table.split, board.corpus(table))
    if folds.data_digest(table.task, task, split, corpus) != result.data:
        raise UserError("its data are not today's")
    folds.prepare(place.runs, place.data, table.task, task, split, corpus, lambda _: None)


def _shown(
    place: Paths,
    task: Task,
    results: Sequence[JobResult],
    answers: Mapping[str, Recording],
    name: str,
) -> Shown:
    item = next(item for result in results for item in result.items if item.recording == name)
    kept = storage.kept(place.runs / "predictions", item.prediction)
    if not kept.exists():
        raise UserError(f"the prediction of {name} is not kept in {place.runs.name}/predictions")
    said = []
    for metric in task.metrics:
        measured = item.measurements[metric.id]
        if measured.status == "scored":
            value = float(metric.reduce(np.array(measured.statistics)))
            said.append(f"{metric.title} {value:.3f}")
        else:
            said.append(f"{metric.title}: {measured.reason}")
    text = answers[name].text
    heading = f"{name}: {text}" if text else name
    return Shown(heading, ", ".join(said), answers[name], storage.read_array(kept))


def _item(
    shown: Shown, task: Task, target: Signal, signals: Mapping[str, Signal]
) -> dict[str, Any]:
    """What the page shows of one recording."""
    answer = shown.recording[task.target]
    item: dict[str, Any] = {"title": shown.title, "scores": shown.scores, "sounds": (), "words": ()}
    if target.labels or target.free:
        pair = _words(answer, target), _words(shown.prediction, target)
        return {**item, "words": list(zip(("said", "understood"), pair, strict=True))}
    if _audible(target):
        heard = {name: shown.recording[name] for name in task.inputs if _audible(signals[name])}
        sounds = {**heard, task.target: answer, "prediction": shown.prediction}
        rate = target.rate or 0.0
        item["sounds"] = [{"title": n, "source": _flac(w, rate)} for n, w in sounds.items()]
        caption = f"Spectrograms of {', '.join(sounds)}"
        svg = signal_plots.spectrograms(sounds, rate, f"{caption}, {shown.title}")
    else:
        caption, svg = _picture(shown, answer, target)
    return {**item, "plot": pages.markup(svg), "caption": caption}


def _audible(signal: Signal) -> bool:
    return signal.rate is not None and signal.rate >= LOWEST_SOUND and not signal.frame


def _flac(wave: Array, rate: float) -> str:
    """Sound (samples,) as an address that holds it; what is beyond full scale is cut off."""
    import soundfile

    out = io.BytesIO()
    clipped = np.clip(np.asarray(wave, np.float64), -1.0, 1.0)
    soundfile.write(out, clipped, round(rate), format="FLAC", subtype="PCM_16")
    return "data:audio/flac;base64," + base64.b64encode(out.getvalue()).decode()


def _picture(shown: Shown, answer: Array, target: Signal) -> tuple[str, str]:
    """A caption and the plot that suits the target."""
    prediction, rate = np.asarray(shown.prediction), target.rate or 1.0
    if answer.ndim == 3:
        caption = "Target, prediction and difference, with the edge of the tongue in both"
        about, edges = f"{caption}, {shown.title}", _edges(answer, prediction, target)
        return caption, signal_plots.frames(answer, prediction, edges, rate, about)
    if target.channels:
        caption = "Trajectories: grey is right, blue was predicted"
        units = target.units or (target.unit,) * len(target.channels)
        names = [f"{n} [{u}]" for n, u in zip(target.channels, units, strict=True)]
        about = f"{caption}, {shown.title}"
        return caption, signal_plots.trajectories(answer, prediction, names, rate, about)
    caption = "Target and prediction over time"
    pair = {"target": answer, "prediction": prediction}
    return caption, signal_plots.images(pair, rate, target.unit, f"{caption}, {shown.title}")


def _words(value: Array, target: Signal) -> str:
    if target.labels:
        return target.labels[int(value)]
    return "".join(map(chr, np.ravel(value).tolist()))


def _edges(answer: Array, prediction: Array, target: Signal) -> tuple[Edge, Edge]:
    """What gives the edge of the tongue in a frame, of the target and of the prediction."""
    return _edge(answer, target), _edge(prediction, target)


def _edge(stack: Array, target: Signal) -> Edge:
    from benchmark.metrics.image._ultrasound import contours

    if target.fan is None or target.span is None:
        return None
    points, counted = contours(stack, target.fan[:2], target.span)
    return lambda frame: np.asarray(points[frame][counted[frame]])
