"""A gallery of examples: what an entry predicted, for recordings that nobody picked by hand.

Shown are the five best, the five middle and the five worst recordings of one seed by the first
metric of the task; of labels, the confusions among them. Predictions come from `runs/predictions`,
where each run keeps them under their SHA-256; without them there is no gallery, and a line says so.
A gallery is one page, with its sounds as files beside it, below 10 MB. Spectrograms are heard by
a vocoder, beside what was recorded and what the best trivial baseline says, as far as these are
here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmark import storage
from benchmark.core import Paths, Signal, Task, UserError
from benchmark.leaderboard import breakdowns
from benchmark.leaderboard.snapshot import Snapshot
from benchmark.leaderboard.tables import Row, Table, leaders, title
from benchmark.report import formatting
from benchmark.report.listening import kept
from benchmark.report.listening.kept import Place
from benchmark.report.listening.sounds import Answers, note
from benchmark.report.plots import signal_plots
from benchmark.report.site import sound_files
from benchmark.report.site.docs_pages import Project
from benchmark.report.site.example import Example, contents
from benchmark.report.site.rendering import asset, markup, render
from benchmark.results.published import PublishedResult

EACH = (5, 3, 1)  # recordings of each group: fewer where a page would be too large
EACH_OF_BEST = (1,)  # so that a site of the best entries is below 15 MB
MAX_BYTES = 10_000_000  # of a page and its sounds
GROUPS = ("Best", "Middle", "Worst")
VERSION = 8  # of plots and sounds
TEMPLATES = ("base.html", "macros.html", "gallery.html")  # a change makes pages stale


def build(
    snapshot: Snapshot,
    paths: Paths,
    folder: Path,
    tell: Callable[[str], None],
    best: bool = False,
    step: Callable[[int, int], None] = lambda _done, _all: None,
) -> dict[str, list[tuple[str, str]]]:
    """Write a gallery for each entry on each table; titles and links of them, by entry.

    With `best` only for the best entry of each table of the main suite that is by itself, in no
    curve or transfer. A page that is up to date, with all its sounds, stays. Sounds that no page
    has any more are left to `task_examples.build`, since pages of tasks share them. `tell` gets a
    line for each page that is written, and for each that cannot be; `step` is told, before each
    page, how many are behind it and how many there are.
    """
    links: dict[str, list[tuple[str, str]]] = {}
    pages = folder / "examples"
    each = EACH_OF_BEST if best else EACH
    version = [VERSION, *each, *(asset(name) for name in TEMPLATES)]
    current: set[Path] = set()
    asked = rows(snapshot, best)
    for number, (table, row) in enumerate(asked):
        step(number, len(asked))
        chosen = _choose(Place(snapshot, paths, table), row, each)
        beside = chosen.trivial.results if chosen.trivial else ()
        shown = (*row.results, *chosen.one.results, *beside)
        digests = [result.digest for result in shown]
        digest = storage.digest([version, *digests])[:12]
        path = pages / f"{table.task}-{row.entry}-{table.split}-{digest}.html"
        name = f"{title(*row.name)} on {table.split}"
        if not sound_files.is_whole(path):
            try:
                text, sounds = _page(chosen)
            except UserError as error:
                tell(f"no examples of {name}: {error}")
                continue
            sound_files.write(folder, sounds)
            storage.write_whole(path, text.encode())
            tell(f"examples of {name}")
        current.add(path)
        heading = f"{snapshot.task(table).title}, {table.split}"
        links.setdefault(row.entry, []).append((heading, f"../examples/{path.name}"))
    for path in pages.glob("*.html"):
        if path not in current:
            path.unlink()
    return links


def rows(snapshot: Snapshot, best: bool) -> list[tuple[Table, Row]]:
    """Whose examples are shown; an aggregated table tells of no single recording."""
    tables = snapshot.tables
    if best:
        single = snapshot.single(tables)
        tables = tuple(t for t in single if t.split not in snapshot.task(t).full)
    found: list[tuple[Table, Row]] = []
    for table in (table for table in tables if not table.aggregated):
        displayed = snapshot.displayed(table)
        every = leaders(snapshot.task(table), displayed)[:1] if best else displayed.rows
        found += [(table, row) for row in every]
    return found


@dataclass(frozen=True)
class _Chosen:
    """What the page of one row shows."""

    place: Place
    row: Row
    each: Sequence[int]  # recordings of each group, as many as the page has room for
    one: kept.OneSeed
    ordered: Sequence[str]  # all test recordings, best first
    names: Sequence[str]  # those that may be shown
    trivial: kept.OneSeed | None  # what is heard beside it


def _choose(place: Place, row: Row, each: Sequence[int]) -> _Chosen:
    one = kept.as_run_here(place.paths, kept.first_seed(row))
    ordered = kept.ordered(place.task.metrics[0], one.results)
    names = [name for names in _ends_and_middle(ordered, max(each)) for name in names]
    return _Chosen(place, row, each, one, ordered, names, kept.best_trivial(place, one, names))


def _page(chosen: _Chosen) -> tuple[str, dict[str, bytes]]:
    """The page of one row of one table, and its sounds by the names of their files.

    UserError where data or predictions are missing.
    """
    place, table = chosen.place, chosen.place.table
    task, target = place.task, place.target
    recordings = _recordings(chosen)
    for each in chosen.each:
        groups = [group for group in _groups(chosen, recordings, each) if group["recordings"]]
        heard = [s for group in groups for one in group["recordings"] for s in one["sounds"]]
        sounds = {sound["source"]: sound["content"] for sound in heard}
        said = _about(task, target, each), note(target), sound_files.ABOUT if sounds else ""
        text = render(
            "gallery.html",
            place.snapshot,
            "../",
            project=Project(),  # so that a page is the same whatever the commit
            title=f"{chosen.one.title}: {task.title}",
            entry=chosen.one.title,
            back=f"../entry/{chosen.row.entry}.html",
            split=table.split,
            seed=chosen.one.seed,
            about=" ".join(filter(None, said)),
            transcripts=target.free,
            matrix=_matrix(table, task, target, chosen.row, chosen.one.seed),
            groups=groups,
        )
        if len(text.encode()) + sum(map(len, sounds.values())) < MAX_BYTES:
            return text, sounds
    raise UserError(f"larger than {MAX_BYTES:,} bytes with one recording of each group")


def _groups(
    chosen: _Chosen, recordings: dict[str, dict[str, Any]], each: int
) -> list[dict[str, Any]]:
    """What the page shows under which heading; of labels, those that are wrong."""
    named = zip(GROUPS, _ends_and_middle(chosen.ordered, each), strict=True)
    groups = {heading: [recordings[name] for name in names] for heading, names in named}
    if chosen.place.target.labels:
        groups = {"Confusions": [r for group in groups.values() for r in group if _is_wrong(r)]}
    return [{"title": heading, "recordings": found} for heading, found in groups.items()]


def _is_wrong(recording: dict[str, Any]) -> bool:
    (_, reference), (_, predicted) = recording["words"]
    return bool(reference != predicted)


def _recordings(chosen: _Chosen) -> dict[str, dict[str, Any]]:
    """What the template shows of each recording."""
    place, results = chosen.place, chosen.one.results
    answers = kept.answers(place, chosen.one, chosen.trivial, chosen.names)
    return {
        name: contents(_example(place.task, results, of), place.task, place.signals)
        for name, of in answers.items()
    }


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


def _about(task: Task, target: Signal, each: int) -> str:
    metric = task.metrics[0]
    some = f"{each} best, middle and worst recordings"
    some = "best, the middle and the worst recording" if each == 1 else some
    return (
        f"{'Confusions among the' if target.labels else 'The'} {some} by {metric.title}"
        f" {formatting.arrow(metric)}, chosen automatically."
    )


def _ends_and_middle(ordered: Sequence[str], each: int) -> tuple[list[str], list[str], list[str]]:
    """The first, the middle and the last of them, the last one first; nothing twice."""
    best, rest = list(ordered[:each]), list(ordered[each:])
    cut = max(0, len(rest) - each)
    worst, rest = rest[cut:], rest[:cut]
    return best, kept.middle(rest, each), worst[::-1]


def _example(task: Task, results: Sequence[PublishedResult], answers: Answers) -> Example:
    reference = answers.recording
    text = reference.text
    heading = f"{reference.id}: {text}" if text else reference.id
    return Example(heading, kept.scores(task, results, reference.id), answers)
