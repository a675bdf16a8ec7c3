"""The verb listen: what an entry predicted, as sound."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmark.cli.listening.choice import board_of, one_of, place_of, vocoder_of
from benchmark.cli.named.words import a_split, a_task, an_entry
from benchmark.cli.options import ROOT, Data, Json, Runs, as_example, one_sentence, say, say_json
from benchmark.core import Paths
from benchmark.report.listening import decoding, hooks, kept, page, people_heard, quality
from benchmark.report.listening.kept import OneSeed, Place
from benchmark.report.listening.sounds import Vocoder, note, sounds_of
from benchmark.spectra import vocoder as built_in

EXAMPLE = "listen articulation_conv --task emg_to_mel"


def register(app: typer.Typer) -> None:
    """Make this function a verb of the command line."""
    app.command(epilog=as_example(EXAMPLE))(listen)


def listen(
    entry: Annotated[str, an_entry("An entry with results, or ENTRY:VARIANT.")],
    task: Annotated[str, a_task("Its task, where it does several with sound.")] = "",
    split: Annotated[
        str, a_split("A split that it has results on; if not given, the task's first.")
    ] = "",
    count: Annotated[
        int, typer.Option(min=1, help="Recordings, evenly from the best to the worst.")
    ] = 5,
    out: Annotated[Path, typer.Option(help="Folder for WAV files and page.")] = Path("listen"),
    vocoder: Annotated[
        str,
        typer.Option(
            metavar="MODULE:FUNCTION|sparc",
            help="Your own vocoder, of spectrograms; or SPARC's decoder, of people's articulation.",
        ),
    ] = "",
    recogniser: Annotated[
        str,
        typer.Option(
            metavar="MODULE:FUNCTION|pocketsphinx",
            help="Your own recogniser, or pocketsphinx with the corpus's texts: what it hears.",
        ),
    ] = "",
    rated: Annotated[
        bool, typer.Option("--quality", help="DNSMOS of each sound (extra dnsmos).")
    ] = False,
    own: Annotated[
        bool, typer.Option("--own", help="Results on corpora of your own, instead.")
    ] = False,
    data: Data = ROOT / "data",
    runs: Runs = ROOT / "runs",
    as_json: Json = False,
) -> None:
    """Write what an entry predicted as WAV files and a page to compare them by ear.

    Columns: recorded sound, audible inputs, target, prediction, best trivial baseline; of
    spectrograms and articulation by a vocoder. Predictions are those that `run` has kept.
    """
    with one_sentence(runs, data, out.parent):
        paths = Paths(ROOT, data.resolve(), runs.resolve())
        tell = partial(say, error=as_json)  # JSON stands alone on standard output
        decoded = vocoder == decoding.NAME
        place = place_of(board_of(paths, own), paths, entry, task, split, decoded)
        one = one_of(place, entry)
        by = built_in.sound if decoded else vocoder_of(place, vocoder)
        ears = _ears(place, recogniser) if recogniser else None
        rate = quality.rater() if rated else None
        if decoded:
            place = replace(place, decoder=decoding.decoder(place, tell))
        lines = _lines(place, one, count, by, vocoder or built_in.NAME)
        if ears:
            lines = [_with_words(line, ears, recogniser) for line in lines]
        if rate:
            lines = [replace(x, ratings={s.name: rate(s) for s in x.sounds}) for x in lines]
        about = [
            f"{place.table.split}, seed {one.seed}: {len(lines)} test recordings, evenly from the"
            f" best to the worst by {place.task.metrics[0].title}.",
            note(place.target, vocoder, decoded),
            *_figures(lines, recogniser, rated, tell),
        ]
        told = " ".join(filter(None, about))
        written = page.write(out, f"{one.title}: {place.task.title}", told, lines)
        if as_json:
            say_json(_as_json(place, one, written, lines))
            return
        say(f"{sum(len(line.sounds) for line in lines)} sounds; open {written}")


def _as_json(
    place: Place, one: OneSeed, written: Path, lines: Sequence[page.Line]
) -> dict[str, Any]:
    recordings = [
        {
            "recording": line.recording.id,
            "scores": kept.values(place.task, one.results, line.recording.id),
            "sounds": [
                {
                    "column": sound.name,
                    "file": str(written.with_name(page.sound_file(line.recording.id, sound))),
                    "vocoder": sound.vocoder or None,
                    "words": line.words.get(sound.name),
                    "quality": line.ratings.get(sound.name),
                }
                for sound in line.sounds
            ],
        }
        for line in lines
    ]
    return {
        "entry": one.title,
        "task": place.table.task,
        "split": place.table.split,
        "seed": one.seed,
        "page": str(written),
        "recordings": recordings,
    }


def _ears(place: Place, named: str) -> Callable[..., Any]:
    if named == people_heard.NAME:
        return people_heard.recogniser(people_heard.texts(place))
    return hooks.function(named, "--recogniser")


def _figures(
    lines: Sequence[page.Line], recogniser: str, rated: bool, tell: Callable[[str], None]
) -> list[str]:
    """What was found over all recordings, in sentences for the page; they are said as well."""
    about = []
    if recogniser:
        rates = hooks.error_rates([(one.recording.text, dict(one.words)) for one in lines])
        rates = rates or "none, no recording has a text"
        about.append(f"Word error rates of these recordings by {recogniser}: {rates}.")
        about += [people_heard.NOTE] if recogniser == people_heard.NAME else []
        tell(f"word error rates by {recogniser}: {rates}")
    if rated:
        means = quality.means([line.ratings for line in lines])
        about += [f"Mean DNSMOS of these recordings: {means}.", quality.NOTE]
        tell(f"mean DNSMOS: {means}")
    return about


def _with_words(line: page.Line, ears: Callable[..., Any], named: str) -> page.Line:
    """The line with what a recogniser hears in each of its sounds."""
    return replace(line, words={s.name: hooks.words(ears, named, s) for s in line.sounds})


def _lines(place: Place, one: OneSeed, count: int, by: Vocoder, named: str) -> list[page.Line]:
    names = kept.evenly(kept.ordered(place.task.metrics[0], one.results), count)
    answers = kept.answers(place, one, kept.best_trivial(place, one, names), names)
    return [
        page.Line(
            of.recording,
            kept.scores(place.task, one.results, name),
            sounds_of(place.task, place.signals, of, by, named, place.decoder),
        )
        for name, of in answers.items()
    ]
