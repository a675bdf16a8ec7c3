"""The commands `ratings make` and `ratings score`: a listening test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmark import storage
from benchmark.cli.listening.choice import OwnVocoder, board_of, one_of, place_of, vocoder_of
from benchmark.cli.named.words import a_split, a_task, an_entry
from benchmark.cli.options import (
    ROOT,
    Data,
    Json,
    Runs,
    as_example,
    one_sentence,
    say,
    say_json,
)
from benchmark.core import Array, Paths, Signal, UserError
from benchmark.report.listening import kept, rating_files, rating_key, rating_page, rating_scores
from benchmark.report.listening.kept import OneSeed, Place
from benchmark.report.listening.sounds import Sound, heard
from benchmark.spectra import vocoder as built_in

app = typer.Typer(
    no_args_is_help=True, help="A listening test: sounds are rated without knowing what made them."
)
MAKE = (
    "ratings make articulation_conv mean --task emg_to_mel --items 40 --seed 1 --target --out"
    " test.html"
)
Hear = Callable[[Signal, str, str, Array], Sound]  # as `heard`, by one vocoder
SCORE = "ratings score test.key.json ratings-*.csv"


def register(parent: typer.Typer) -> None:
    """Add the group to a command line."""
    app.command("make", epilog=as_example(MAKE))(make)
    app.command("score", epilog=as_example(SCORE))(score)
    parent.add_typer(app, name="ratings")


def make(
    entry: Annotated[list[str], an_entry("Entries with results, or ENTRY:VARIANT.")],
    task: Annotated[str, a_task("A task with sound.")],
    out: Annotated[Path, typer.Option(help="The page, one HTML file.")],
    split: Annotated[
        str, a_split("A split with results of all; if not given, the task's first.")
    ] = "",
    items: Annotated[
        int, typer.Option(min=1, help="Sounds to rate, shared evenly by the systems.")
    ] = 40,
    seed: Annotated[int, typer.Option(help="Draws recordings, and the order of items.")] = 0,
    target: Annotated[
        bool, typer.Option("--target", help="Rate the target, too, as one more system.")
    ] = False,
    recorded: Annotated[
        bool, typer.Option("--recorded", help="Rate recorded sound, too, as one more system.")
    ] = False,
    key: Annotated[
        Path | None,
        typer.Option(help="Which item is which; if not given, beside the page.", show_default=""),
    ] = None,
    vocoder: OwnVocoder = "",
    own: Annotated[
        bool, typer.Option("--own", help="Results on corpora of your own, instead.")
    ] = False,
    data: Data = ROOT / "data",
    runs: Runs = ROOT / "runs",
) -> None:
    """Write a page on which listeners rate sounds from 1 to 5, and the key to it.

    Every system is heard with the same recordings. Give raters the page only.
    """
    with one_sentence(runs, data, out.parent):
        if len(set(entry)) < len(entry):
            raise UserError("an entry is named twice: name each once")
        apart = key or out.with_suffix(".key.json")
        if apart == out:
            raise UserError(f"--key {apart}: expected another file than the page")
        paths = Paths(ROOT, data.resolve(), runs.resolve())
        place = place_of(board_of(paths, own), paths, entry[0], task, split)
        hear = partial(heard, by=vocoder_of(place, vocoder), named=vocoder or built_in.NAME)
        rows = [one_of(place, name) for name in entry]
        names = sorted(set.intersection(*map(_tested, rows)))
        count = len(rows) + target + recorded
        if recorded:
            names = kept.with_recorded_sound(place, names)
        drawn = rating_page.draw(names, count, items, seed)
        systems = _systems(place, rows, drawn, target, recorded, hear)
        html, made = rating_page.make(place.table.task, place.table.split, seed, systems, drawn)
        storage.write_whole(out, html.encode())
        rating_key.write(apart, made)
        say(f"{out}: {items} sounds of {', '.join(made.systems)}; give it to raters")
        say(f"{apart}: which is which; keep it from them, and score with")
        say(f"    silentbench ratings score {apart} CSV")


def _tested(one: OneSeed) -> set[str]:
    return {name for result in one.results for name in result.recordings.names}


def _systems(
    place: Place,
    rows: list[OneSeed],
    names: list[str],
    target: bool,
    recorded: bool,
    hear: Hear,
) -> dict[str, Callable[[str], Sound]]:
    """What gives the sound of a recording, by system."""
    found: dict[str, Callable[[str], Sound]] = {}
    for one in rows:
        answers = kept.read(place.paths, one, names)
        found[one.title] = partial(_heard, hear, place, answers.__getitem__)
    if target:
        recordings = kept.references(place, rows[0].results, names)
        found["target"] = partial(
            _heard, hear, place, lambda name: recordings[name][place.task.target]
        )
    if recorded:
        sounds = kept.recorded(place, rows[0].results, names)
        if len(sounds) < len(names):
            corpus = place.snapshot.corpus(place.table)
            raise UserError(
                f"--recorded: {corpus.name} is not here as it was when these results were made;"
                f" {corpus.advice}"
            )
        found["recorded"] = sounds.__getitem__
    return found


def _heard(hear: Hear, place: Place, answer: Callable[[str], Array], name: str) -> Sound:
    return hear(place.target, "item", "item", answer(name))


def score(
    key: Annotated[Path, typer.Argument(metavar="KEY", help="The key beside the page of a test.")],
    files: Annotated[list[Path], typer.Argument(metavar="CSV", help="What raters have saved.")],
    as_json: Json = False,
) -> None:
    """Print mean, standard deviation and 95% interval of the ratings of each system."""
    with one_sentence():
        found = rating_scores.scores(rating_files.read(rating_key.read(key), files))
        if as_json:
            say_json([asdict(one) for one in found])
            return
        Console().print(rating_scores.table(found))
        if found[0].raters == 1:
            say("one rater: the interval is over recordings, and says nothing of other raters")
