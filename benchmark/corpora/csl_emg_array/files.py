"""Read the files of CSL-EMG_Array: sessions, prompts, EMG with its marker, sound with its marker.

Spk5_Block1-Initial/recordingLog.json                          prompts
Spk5_Block1-Initial/0042/Spk5_Block1-Initial_0042_emg.npy      (T, 41), 2048 Hz
Spk5_Block1-Initial/0042/Spk5_Block1-Initial_0042_audio.wav    16 kHz: speech, marker
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmark.core import Array, UserError
from benchmark.corpora.io import sound
from benchmark.corpora.io.files import found, mapped

BLOCK = re.compile(r"Spk([1-9]\d?)(-Sil)?_Block([1-9])-(\w+)")
NUMBER = re.compile(r"\d{4}")
LOG = "recordingLog.json"
EMG_RATE, AUDIO_RATE = 2048, 16000  # Hz; 16 samples of EMG last as long as 125 of sound
COLUMNS = 41  # of which the last is the marker
ELECTRODES = tuple(k for k in range(COLUMNS - 1) if k % 8 != 7)  # 35
EMG_JUMP, AUDIO_JUMP = 10.0, 0.5  # by more than this the marker rises when it is set
LEAST = 128  # samples of EMG after the marker, 62.5 ms
SLACK = 0.3  # seconds by which EMG and sound may differ from their markers to their ends
WHOLE = 1.0  # seconds by which they may differ from beginning to end, as `data verify` sees them


@dataclass(frozen=True)
class Utterance:
    """One folder with a recorded prompt; a file that is not there is None."""

    name: str  # "Spk5_Block1-Initial_0042"
    number: int
    emg: Path | None
    audio: Path | None


@dataclass(frozen=True)
class Block:
    """One folder of utterances, `Spk<speaker>[-Sil]_Block<number>-<name>`."""

    path: Path
    speaker: int
    silent: bool
    number: int
    name: str

    @property
    def id(self) -> str:
        return f"{self.session}-b{self.number}"

    @property
    def session(self) -> str:
        return f"spk{self.speaker}{'sil' if self.silent else ''}"

    def utterances(self) -> list[Utterance]:
        """By number, which is the prompt's place in a list and says nothing about time."""
        folders = sorted(p for p in self.path.iterdir() if NUMBER.fullmatch(p.name) and p.is_dir())
        return [self._utterance(folder) for folder in folders]

    def _utterance(self, folder: Path) -> Utterance:
        name = f"{self.path.name}_{folder.name}"
        paths = (found(folder / f"{name}_{what}") for what in ("emg.npy", "audio.wav"))
        emg, audio = (path if path.is_file() else None for path in paths)
        return Utterance(name, int(folder.name), emg, audio)

    def files(self) -> Iterator[Path]:
        """Its log, and all that is called after its utterances, also what is not read here."""
        if (self.path / LOG).is_file():
            yield self.path / LOG
        for one in self.utterances():
            yield from sorted((self.path / f"{one.number:04}").glob(f"{one.name}_*"))


def blocks(folder: Path) -> list[Block]:
    """All blocks of a corpus folder by speaker, manner and number; UserError for a number twice."""
    found: dict[tuple[int, bool, int], Block] = {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        match = BLOCK.fullmatch(path.name)
        if match is None or not path.is_dir():
            continue
        block = Block(path, int(match[1]), bool(match[2]), int(match[3]), match[4])
        key = (block.speaker, block.silent, block.number)
        if key in found:
            raise UserError(
                f"{path}: expected one block {block.number}, but {found[key].path.name} is another;"
                " move one of them away"
            )
        found[key] = block
    return [found[key] for key in sorted(found)]


def prompts(path: Path) -> dict[int, str]:
    """Texts by number of utterance, from the log's `promptList`, an object or a list of pairs."""
    try:
        log: Any = json.loads(path.read_bytes())
    except OSError as problem:
        raise UserError(f"{path}: expected the prompts, found {problem.strerror}") from problem
    except (ValueError, RecursionError) as problem:
        raise UserError(f"{path}: not sound JSON ({problem}); get the file again") from problem
    listed = log.get("promptList") if isinstance(log, dict) else None
    pairs = list(listed.items()) if isinstance(listed, dict) else listed
    if not isinstance(pairs, list):
        raise UserError(f"{path}: expected promptList, found none; get the file again")
    texts: dict[int, str] = {}
    for pair in pairs:
        number, text = pair if isinstance(pair, list | tuple) and len(pair) == 2 else (None, None)
        digits = f"{number:04}" if type(number) is int else number
        if not (isinstance(digits, str) and NUMBER.fullmatch(digits)):
            raise UserError(f"{path}: expected a number and a text, got {pair!r:.60}")
        if not (isinstance(text, str) and _encodes(text)) or int(digits) in texts:
            raise UserError(f"{path}: expected one text for prompt {digits}, got {text!r:.60}")
        texts[int(digits)] = text
    return texts


def _encodes(text: str) -> bool:
    """Whether it holds no half of a character, as JSON allows."""
    return not any(0xD800 <= ord(letter) < 0xE000 for letter in text)


def emg_array(path: Path) -> Array:
    """(T, 41) floats of an .npy file, not yet read into memory; UserError where it is no such."""
    array = mapped(path)
    if array.dtype.kind != "f" or array.ndim != 2 or array.shape[1] != COLUMNS:
        raise UserError(
            f"{path}: expected floats (time, {COLUMNS}), found {array.dtype} {array.shape}; get "
            "the file again"
        )
    return array


def read_emg(path: Path) -> Array:
    """(T, 35) float32 in mV at 2048 Hz from the marker on; UserError for NaN or no marker."""
    with np.errstate(over="ignore", invalid="ignore"):  # what float32 cannot hold is found below
        read = emg_array(path)[:, [*ELECTRODES, COLUMNS - 1]].astype(np.float32)
    if not np.isfinite(read).all():
        at = int(np.flatnonzero(~np.isfinite(read).all(axis=1))[0])
        raise UserError(f"{path}: expected finite samples, found {at} is not; get the file again")
    return np.asarray(read[_start(path, read[:, -1], EMG_JUMP, "its last column") :, :-1])


def read_audio(path: Path) -> Array:
    """Speech (N,) float64 at 16 kHz, full scale 1, from the marker on; UserError as in `read_emg`.

    Stored as 16 bits or as floats, two channels of which the second is the marker.
    """
    samples, told = sound.read(path)
    _check_header(path, told)
    return np.asarray(samples[_start(path, samples[:, 1], AUDIO_JUMP, "channel 2") :, 0])


def check_audio(path: Path) -> None:
    """UserError where a wav file is not whole, or its header not that of speech and marker."""
    _check_header(path, sound.header(path))


def _check_header(path: Path, told: sound.Header) -> None:
    if (told.rate, told.channels) != (AUDIO_RATE, 2):
        raise UserError(
            f"{path}: expected 2 channels (speech, marker) at {AUDIO_RATE} Hz, found "
            f"{told.channels} at {told.rate} Hz; get the file again"
        )


def unlike(one: Utterance) -> list[str]:
    """A sentence if EMG and sound of an utterance cannot belong together by their whole lengths."""
    if one.emg is None or one.audio is None:
        return []
    seconds = len(emg_array(one.emg)) / EMG_RATE, float(sound.header(one.audio).seconds)
    return _unlike(one.emg, one.audio, seconds, WHOLE)


def _unlike(emg: Path, audio: Path, seconds: tuple[float, float], slack: float) -> list[str]:
    if abs(seconds[0] - seconds[1]) <= slack:
        return []
    return [
        f"{audio}: expected {seconds[0]:.2f} s of sound within {slack:g} s, as {emg.name} has, "
        f"found {seconds[1]:.2f} s; get the utterance again"
    ]


def _start(path: Path, marker: Array, jump: float, where: str) -> int:
    """The first sample at which the marker is up."""
    rises = np.flatnonzero(np.diff(marker) > jump)
    if len(rises) and marker[0] > max(jump, marker[rises[0] + 1] - jump / 2):
        raise UserError(
            f"{path}: expected a marker in {where} that is down at first, found it up: the file "
            "does not begin where it did; get it again"
        )
    if not len(rises):
        raise UserError(
            f"{path}: expected a marker in {where} that rises by more than {jump:g}, found none; "
            "get the file again"
        )
    return int(rises[0]) + 1


def aligned(emg: Path, audio: Path | None) -> tuple[Array, Array | None]:
    """EMG (T, 35) and speech (N,), which begin at their markers and last equally long.

    The longer one is cut to what both have, N = 125 T / 16 rounded down. Without a file of sound
    the EMG is not cut. UserError where they differ by more than SLACK, or less than 128 samples of
    EMG are left.
    """
    muscles = read_emg(emg)
    speech = None if audio is None else read_audio(audio)
    if audio is not None and speech is not None:
        seconds = len(muscles) / EMG_RATE, len(speech) / AUDIO_RATE
        for told in _unlike(emg, audio, seconds, SLACK):
            raise UserError(told)
        muscles = muscles[: len(speech) * 16 // 125]
        speech = speech[: len(muscles) * 125 // 16]
    if len(muscles) < LEAST:
        raise UserError(
            f"{emg}: expected {LEAST} samples or more after the marker, found {len(muscles)}; get "
            "the utterance again"
        )
    return muscles, speech


def resampled(emg: Array) -> Array:
    """(T, C) at 2048 Hz -> (ceil(125 T / 128), C) float32 at 2000 Hz, by a polyphase filter."""
    from scipy.signal import resample_poly

    # Beyond its ends the signal is taken to be at its mean: electrodes have an offset.
    found = resample_poly(emg.astype(np.float64), 125, 128, axis=0, padtype="mean")
    return np.asarray(found.astype(np.float32))


def deleted(emg: Array) -> Array:
    """(T, C) at 2048 Hz -> about 2000 Hz as published: of 128 samples the 43rd, 86th and 128th go.

    Of the R samples after the last whole 128 the 42nd and the 84th go, where R is larger than that.
    """
    whole, rest = divmod(len(emg), 128)
    gone = [128 * k + place for k in range(whole) for place in (42, 85, 127)]
    gone += [128 * whole + place for place in (41, 83) if place + 1 < rest]
    return np.delete(emg, gone, axis=0)
