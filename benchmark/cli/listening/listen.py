"""The verb listen: what an entry predicted, as sound."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmark.cli.listening.choice import OwnVocoder, board_of, one_of, place_of, vocoder_of
from benchmark.cli.options import ROOT, Data, Runs, as_example, one_sentence, say
from benchmark.core import Paths
from benchmark.report.listening import hooks, kept, page
from benchmark.report.listening.kept import OneSeed, Place
from benchmark.report.listening.sounds import Vocoder, note, sounds_of
from benchmark.spectra import vocoder as built_in

EXAMPLE = "listen articulation_conv --task emg_to_mel"


def register(app: typer.Typer) -> None:
    """Make this function a verb of the command line."""
    app.command(epilog=as_example(EXAMPLE))(listen)


def listen(
    entry: Annotated[str, typer.Argument(help="An entry with results, or ENTRY:VARIANT.")],
    task: Annotated[str, typer.Option(help="Its task, where it does several with sound.")] = "",
    split: Annotated[
        str, typer.Option(help="A split that it has results on; if not given, the task's first.")
    ] = "",
    count: Annotated[
        int, typer.Option(min=1, help="Recordings, evenly from the best to the worst.")
    ] = 5,
    out: Annotated[Path, typer.Option(help="Folder for WAV files and page.")] = Path("listen"),
    vocoder: OwnVocoder = "",
    recogniser: Annotated[
        str,
        typer.Option(metavar="MODULE:FUNCTION", help="Your own recogniser: what it hears."),
    ] = "",
    own: Annotated[
        bool, typer.Option("--own", help="Results on corpora of your own, instead.")
    ] = False,
    data: Data = ROOT / "data",
    runs: Runs = ROOT / "runs",
) -> None:
    """Write what an entry predicted as WAV files and a page to compare them by ear.

    Columns: recorded sound, audible inputs, target, prediction, best trivial baseline; of
    spectrograms and articulation by a vocoder. Predictions are those that `run` has kept.
    """
    with one_sentence(runs, data, out.parent):
        paths = Paths(ROOT, data.resolve(), runs.resolve())
        place = place_of(board_of(paths, own), paths, entry, task, split)
        one = one_of(place, entry)
        by = vocoder_of(place, vocoder)
        ears = hooks.function(recogniser, "--recogniser") if recogniser else None
        lines = [
            _with_words(line, ears, recogniser) for line in _lines(place, one, count, by, vocoder)
        ]
        about = (
            f"{place.table.split}, seed {one.seed}: {len(lines)} test recordings, evenly from the"
            f" best to the worst by {place.task.metrics[0].title}. "
        )
        about += note(place.target, vocoder) + " "
        if ears:
            rates = hooks.error_rates([(one.recording.text, dict(one.words)) for one in lines])
            rates = rates or "none, no recording has a text"
            about += f"Word error rates of these recordings by {recogniser}: {rates}."
            say(f"word error rates by {recogniser}: {rates}")
        written = page.write(out, f"{one.title}: {place.task.title}", about.strip(), lines)
        say(f"{sum(len(line.sounds) for line in lines)} sounds; open {written}")


def _with_words(line: page.Line, ears: Callable[..., Any] | None, named: str) -> page.Line:
    """The line with what a recogniser hears in each of its sounds, if there is one."""
    if not ears:
        return line
    return replace(line, words={s.name: hooks.words(ears, named, s) for s in line.sounds})


def _lines(place: Place, one: OneSeed, count: int, by: Vocoder, vocoder: str) -> list[page.Line]:
    names = kept.evenly(kept.ordered(place.task.metrics[0], one.results), count)
    answers = kept.answers(place, one, kept.best_trivial(place, one, names), names)
    return [
        page.Line(
            of.recording,
            kept.scores(place.task, one.results, name),
            sounds_of(place.task, place.signals, of, by, vocoder or built_in.NAME),
        )
        for name, of in answers.items()
    ]
