"""The command `predict`: a kept model on files of the user."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from benchmark import storage
from benchmark.cli.kept.training import Memory, Timeout, entry_for
from benchmark.cli.options import (
    ROOT,
    Data,
    Isolation,
    Json,
    Names,
    Runs,
    as_example,
    backend_for,
    check_folder,
    memory_mb,
    one_sentence,
    say,
    say_json,
)
from benchmark.cli.panels import MUCH, SAFETY, in_panels
from benchmark.core import Array, Paths, Setup, Signal, UserError
from benchmark.corpora.own_table import Columns
from benchmark.evaluation.kept import description, inputs
from benchmark.evaluation.kept.description import Description
from benchmark.evaluation.kept.inputs import Given, Reading
from benchmark.evaluation.kept.prediction import answering
from benchmark.execution import plan
from benchmark.report.listening.sounds import can_be_heard, encoded, heard
from benchmark.report.plots import answers
from benchmark.sandbox.request import RunConfig
from benchmark.worker.limits import Limits

EXAMPLE = "predict kept/words recording.csv --out answers"


def register(app: typer.Typer) -> None:
    """Make this function a verb of the command line."""
    panels = {
        "How files are read": ("stored", "scale", "columns", "time"),
        MUCH: ("timeout", "memory"),
        SAFETY: ("isolation",),
    }
    app.command(epilog=as_example(EXAMPLE))(in_panels(predict, panels))


def predict(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Folder of a model that `train` has kept.")
    ],
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FILE",
            help="WAV, FLAC, CSV or NPY files, or SIGNAL=FILE for each input of a model that has"
            " several; without any, the model is described.",
        ),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for the answers.")] = Path("answers"),
    stored: Annotated[
        Names, typer.Option(help="SIGNAL=HZ: rate of its files, if it must be resampled.")
    ] = [],  # noqa: B006
    scale: Annotated[
        Names, typer.Option(help="SIGNAL=FACTOR: on its numbers, to come to the model's unit.")
    ] = [],  # noqa: B006
    columns: Annotated[
        Names, typer.Option(help="SIGNAL=A,B: columns of its CSV files, or numbers from 0.")
    ] = [],  # noqa: B006
    time: Annotated[
        Names, typer.Option(help="SIGNAL=COLUMN: its time stamps, which are checked.")
    ] = [],  # noqa: B006
    plot: Annotated[bool, typer.Option("--plot", help="Draw each answer, as SVG.")] = False,
    timeout: Timeout = 1800.0,
    memory: Memory = 0,
    isolation: Isolation = "auto",
    data: Data = ROOT / "data",
    runs: Runs = ROOT / "runs",
    as_json: Json = False,
) -> None:
    """Let a kept model answer for files of your own, in the sandbox.

    Each answer is an array OUT/NAME.npy; sound and a mel spectrogram are also a WAV, a label
    or a text also a TXT file.
    """
    with one_sentence(runs, out.parent):
        paths = Paths(ROOT, data.resolve(), runs.resolve())
        kept = description.read(folder)
        entry = entry_for(kept.entry, kept.task)
        description.check_code(kept, entry)
        for note in description.other_versions(kept):
            say(f"note: {note}", error=True)
        if not files and as_json:
            say_json(kept.model_dump(mode="json", exclude={"files", "digest"}))
            return
        if not files:
            for line in kept.in_words():
                say(line)
            return
        how = Reading(
            _options("stored", stored, _number),
            _options("scale", scale, _number),
            _options("columns", columns, _columns),
            _options("time", time, str),
        )
        how.check(kept.inputs)
        given = inputs.grouped(files, kept.inputs)
        if plot and importlib.util.find_spec("matplotlib") is None:
            raise UserError("--plot needs matplotlib: pip install -e '.[report]'")
        # All are looked at before the first is answered: mistakes show at once.
        for one in given:
            for doubt in inputs.read(one, kept, how)[1]:
                say(f"doubt: {doubt}", error=True)
        check_folder("--runs", paths.runs)
        config = RunConfig(Limits(timeout, memory or memory_mb(1)), backend_for(isolation))
        written: list[dict[str, Any]] = []
        with answering(paths, folder, kept, entry, config, _setup(kept)) as worker:
            for one in given:
                arrays, _ = inputs.read(one, kept, how)
                answer, seconds = worker.answer(one.name, arrays)
                made = _write(out, one, kept, answer, arrays if plot else None)
                written.append({"name": one.name, **asdict(made), "seconds": round(seconds, 4)})
                if not as_json:
                    say(f"{one.name}: {made.line(out)} ({seconds:.2f} s)")
        if as_json:
            say_json({"model": str(folder), "out": str(out), "answers": written})


def _options(option: str, words: Sequence[str], value: Callable[[str], Any]) -> dict[str, Any]:
    """NAME=VALUE, ... as a dict; UserError for what is none."""
    found = {}
    for word in words:
        name, sign, text = word.partition("=")
        try:
            found[name] = value(text) if sign else None
        except ValueError:
            found[name] = None
        if found[name] is None:
            raise UserError(f"--{option} {word}: expected SIGNAL=VALUE, such as {EXAMPLES[option]}")
    return found


EXAMPLES = {
    "stored": "emg=2000",
    "scale": "emg=1e6",
    "columns": "emg=CH1,CH2",
    "time": "emg=Timestamp",
}


def _number(text: str) -> float:
    found = float(text)
    if not np.isfinite(found) or not found:
        raise ValueError(text)
    return found


def _columns(text: str) -> Columns:
    if not all(text.split(",")):
        raise ValueError(text)
    return tuple(int(part) if part.isdecimal() else part for part in text.split(","))


def _setup(kept: Description) -> Setup:
    """Where it answers: a model of a GPU on one if that is asked for, any other on the CPU."""
    if "cuda" not in kept.setup or "cuda" in plan.asked_setup(os.environ):
        return kept.setup
    say(
        "note: it was trained on a GPU and answers on the CPU, which may change the last digits;"
        " set SILENTBENCH_DEVICE=cuda where there is one",
        error=True,
    )
    return "fast" if "fast" in kept.setup else ""


@dataclass(frozen=True)
class Written:
    """An answer: its array, its words if it has any, and the files that hold it."""

    dtype: str
    shape: tuple[int, ...]
    words: str | None
    files: list[str]

    def line(self, out: Path) -> str:
        if self.words is not None:
            return self.words
        return f"{self.dtype} {self.shape} in {out}: {', '.join(self.files)}"


def _write(
    out: Path, given: Given, kept: Description, answer: Array, shown: Mapping[str, Array] | None
) -> Written:
    """Write an answer in each form that it has."""
    asked = kept.asked()
    target = asked.signals[asked.target]
    place = out / given.name
    storage.write_array(place.with_name(f"{given.name}.npy"), answer)
    written = [f"{given.name}.npy"]
    if target.labels or target.free:
        words = _words(answer, target)
        storage.write_whole(place.with_name(f"{given.name}.txt"), f"{words}\n".encode())
        return Written(str(answer.dtype), answer.shape, words, [*written, f"{given.name}.txt"])
    if can_be_heard(target):
        sound = heard(target, given.name, given.name, answer)
        # Clipped at full scale; the array beside it has the values as they are.
        content = encoded(sound.wave, sound.rate, "WAV")
        storage.write_whole(out / f"{given.name}.wav", content)
        written.append(f"{given.name}.wav")
    if shown is not None:
        sounds = {n: a for n, a in shown.items() if _is_alike(asked.signals[n], target)}
        svg = answers.drawn(answer, target, sounds, f"{kept.target} of {given.name}")
        if svg is not None:
            storage.write_whole(place.with_name(f"{given.name}.svg"), svg.encode())
            written.append(f"{given.name}.svg")
    return Written(str(answer.dtype), answer.shape, None, written)


def _is_alike(signal: Signal, target: Signal) -> bool:
    return answers.is_sound(signal) and signal.rate == target.rate


def _words(answer: Array, target: Signal) -> str:
    if target.labels and answer.ndim == 0:
        return target.labels[int(answer)]
    if target.free:
        return "".join(map(chr, answer.tolist()))
    return " ".join(target.labels[int(value)] for value in answer.ravel())
