"""Examples of a table: one recording, and what its entries predicted of it, side by side.

The recording is the middle one of the best entry by the first metric, so that nobody picks it. For
labels there are several: those that an entry got wrong. Predictions come from `runs/predictions`;
without those of any entry a table has no examples. Sounds are files beside the page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmark.core import Array, Paths, Recording, Signal, UserError
from benchmark.leaderboard.snapshot import Snapshot
from benchmark.leaderboard.tables import Row, is_trivial, title
from benchmark.report.listening import kept
from benchmark.report.listening.kept import OneSeed, Place
from benchmark.report.listening.sounds import Sound, can_be_heard, heard, note
from benchmark.report.plots import looks, panels
from benchmark.report.plots.answers import is_sound
from benchmark.report.plots.looks import DEFAULT, Look, Looks
from benchmark.report.plots.signal_plots import EDGE, OTHER
from benchmark.report.plots.svg import INK
from benchmark.report.site import sound_files
from benchmark.report.site.example import contour, edits, in_words
from benchmark.report.site.rendering import markup

MOST_ENTRIES = 5  # of a table, and its best trivial baseline
MOST_CONFUSIONS = 10  # recordings of labels
MOST_SCORES = 3  # metrics below a prediction
Examples = Mapping[tuple[str, str, bool], Mapping[str, Any]]  # by the key of a table


@dataclass(frozen=True)
class _Answer:
    """What one row predicted of some recordings."""

    row: Row
    one: OneSeed
    predictions: Mapping[str, Array]  # by the name of the recording


@dataclass(frozen=True)
class _Shown:
    """One recording, and what to show of it."""

    place: Place
    recording: Recording
    answers: Sequence[_Answer]
    looks: Looks
    folder: Path  # of the site

    @property
    def reference(self) -> Array:
        return self.recording[self.place.task.target]


def build(
    snapshot: Snapshot, paths: Paths, folder: Path, tell: Callable[[str], None]
) -> dict[tuple[str, str, bool], dict[str, Any]]:
    """What the page of a task shows below each table, by the key of the table.

    Sounds are written below `folder`, and those that neither these examples nor galleries have
    are removed. `tell` gets a line for each table without examples.
    """
    made = {}
    for table in snapshot.single(snapshot.tables):
        if table.aggregated:
            continue  # nobody may be told of a single recording
        try:
            made[table.key] = _examples(Place(snapshot, paths, table), folder)
        except UserError as error:
            tell(f"no examples on the page of {table.task} for {table.split}: {error}")
    sources = {Path(panel["source"]).name for one in made.values() for panel in one["panels"]}
    sound_files.remove_unused(folder, sources)
    return made


def _examples(place: Place, folder: Path) -> dict[str, Any]:
    """UserError where no prediction of an entry is here, or the recordings are not."""
    rows = place.snapshot.displayed(place.table).rows
    entries = [row for row in rows if not is_trivial(place.task, row)][:MOST_ENTRIES]
    if not entries:
        raise UserError("no entry but trivial baselines")
    best = kept.as_run_here(place.paths, kept.first_seed(entries[0]))
    names = kept.ordered(place.task.metrics[0], best.results)
    if not names:
        raise UserError("no test recording of the best entry has a score")
    wanted = names if place.target.labels else kept.middle(names, 1)
    answers, missing = _answers(place, entries, wanted)
    if not answers:
        raise UserError(missing[0])
    for row in kept.trivial_rows(place):
        if found := _answers(place, [row], wanted)[0]:
            answers += found
            break
    recordings = kept.references(place, answers[0].one.results, wanted)
    if place.target.labels:
        return _confusions(place, recordings, answers)
    known = looks.of(place.snapshot)
    return _of_one(_Shown(place, recordings[wanted[0]], answers, known, folder))


def _answers(
    place: Place, rows: Iterable[Row], names: Sequence[str]
) -> tuple[list[_Answer], list[str]]:
    """The rows whose predictions of these recordings are kept, and why the others are left out."""
    found: list[_Answer] = []
    missing: list[str] = []
    for row in rows:
        one = kept.as_run_here(place.paths, kept.first_seed(row))
        if not {*names} <= {name for each in one.results for name in each.recordings.names}:
            missing.append(f"{one.title} was not asked for all of them")
            continue
        try:
            found.append(_Answer(row, one, kept.read(place.paths, one, names)))
        except UserError as error:
            missing.append(str(error))
    return found, missing


def _confusions(
    place: Place, recordings: Mapping[str, Recording], answers: Sequence[_Answer]
) -> dict[str, Any]:
    """Recordings whose label at least one entry got wrong, equally far apart in their order."""
    target, rows = place.target, list[dict[str, Any]]()
    for name in answers[0].predictions:
        reference = in_words(recordings[name][place.task.target], target)
        said = [in_words(answer.predictions[name], target) for answer in answers]
        if any(word != reference for word in said):
            words = [{"text": word, "wrong": word != reference} for word in said]
            rows.append({"name": name, "reference": reference, "words": words})
    return {
        "about": f"{len(rows)} of {len(answers[0].predictions)} recordings have an answer that is"
        " wrong; shown are some of them, chosen automatically.",
        "entries": [answer.one.title for answer in answers],
        "confusions": kept.evenly(rows, MOST_CONFUSIONS),
        "panels": [],
        "transcripts": [],
    }


def _of_one(shown: _Shown) -> dict[str, Any]:
    target, recording = shown.place.target, shown.recording
    said = f": {recording.text}" if recording.text and not target.free else ""
    made: dict[str, Any] = {
        "about": f"Recording {recording.id}{said}, the middle one of"
        f" {shown.answers[0].one.title} by {shown.place.task.metrics[0].title}. {note(target)}",
        "confusions": [],
        "panels": [],
        "transcripts": [],
    }
    if target.free:
        reference = in_words(shown.reference, target)
        made["reference"] = reference
        made["transcripts"] = [
            {**_named(shown, answer), "edits": edits(reference, in_words(said, target))}
            for answer in shown.answers
            for said in answer.predictions.values()
        ]
        return made
    made["panels"] = _panels(shown)
    return made


def _named(shown: _Shown, answer: _Answer) -> dict[str, Any]:
    look = shown.looks.get(answer.row.entry, DEFAULT)
    return {
        "title": answer.one.title,
        "entry": title(*answer.row.name),
        "scores": kept.scores(
            shown.place.task, answer.one.results, shown.recording.id, MOST_SCORES
        ),
        "shape": look.shape,
        "colour": look.colour,
    }


def _panels(shown: _Shown) -> list[dict[str, Any]]:
    """Inputs, reference and predictions: a plot of each, and a sound where it can be heard."""
    place, recording = shown.place, shown.recording
    about, reference = f"recording {recording.id}", shown.reference
    made = []
    for name in place.task.inputs:
        if svg := _input(recording[name], place.signals[name], f"{name}, {about}"):
            sound = _sound(place.signals[name], name, recording[name])
            made.append(({"title": f"input: {name}", "plot": markup(svg)}, sound))
    made.append(
        (
            {
                "title": "reference",
                "plot": markup(_drawn(shown, reference, INK, f"reference, {about}")),
            },
            _sound(place.target, "reference", reference),
        )
    )
    for answer in shown.answers:
        prediction = answer.predictions[recording.id]
        colour = shown.looks.get(answer.row.entry, Look()).colour
        svg = _drawn(shown, prediction, colour, f"{answer.one.title}, {about}")
        panel = {**_named(shown, answer), "plot": markup(svg)}
        made.append((panel, _sound(place.target, answer.one.title, prediction)))
    return _with_sounds(made, shown.folder)


def _input(signal: Array, about: Signal, title: str) -> str:
    """A plot of an input over time; empty for one that needs none, such as a video."""
    if about.rate is None or signal.ndim > 2:
        return ""
    if is_sound(about):
        return panels.spectrogram(signal, about.rate, title)
    signal = signal.reshape(len(signal), -1)
    if signal.shape[1] > panels.LINES:
        scale = float(np.quantile(signal, 0.01)), float(np.quantile(signal, 0.99))
        return panels.image(signal, scale, about.rate, title)
    names = about.channels or tuple(str(number + 1) for number in range(signal.shape[1]))
    return panels.lines(signal, None, names, about.rate, INK, title)


def _drawn(shown: _Shown, answer: Array, colour: str, title: str) -> str:
    """A plot of the reference or of a prediction, on the scale of the reference."""
    target, reference = shown.place.target, shown.reference
    rate, values = target.rate or 1.0, np.asarray(answer)
    if is_sound(target):
        return panels.spectrogram(values, rate, title)
    if values.ndim == 3:
        edges = [(contour(reference, target), EDGE)]
        if answer is not reference:
            edges.append((contour(values, target), OTHER))
        return panels.frames(values, edges, rate, title)
    if target.channels:
        over = None if answer is reference else values
        return panels.lines(reference, over, target.channels, rate, colour, title)
    scale = float(np.min(reference)), float(np.max(reference))
    return panels.image(values.reshape(len(values), -1), scale, rate, title)


def _sound(signal: Signal, title: str, answer: Array) -> Sound | None:
    return heard(signal, title, title, answer) if can_be_heard(signal) else None


def _with_sounds(
    made: Sequence[tuple[dict[str, Any], Sound | None]], folder: Path
) -> list[dict[str, Any]]:
    """The panels with the files of their sounds, which are written; some can have none."""
    levelled = iter(sound_files.levelled([sound for _, sound in made if sound]))
    files = [next(levelled) if sound else None for _, sound in made]
    sound_files.write(folder, {file.name: file.content for file in files if file})
    empty = {"entry": "", "scores": "", "shape": "", "colour": ""}
    return [
        {**empty, **panel, "source": f"{sound_files.FOLDER}/{file.name}" if file else ""}
        for (panel, _), file in zip(made, files, strict=True)
    ]
