"""The folders of TaL: which utterances there are, what belongs to each, and what is amiss."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from benchmark.core import UserError
from benchmark.corpora.io import files as listing
from benchmark.corpora.io import sound
from benchmark.corpora.io.pictures.ultrasound import frame_count, read_parameters

ENDINGS = ("txt", "wav", "sync", "ult", "param", "mp4")
SEEN = ("txt", "wav", "ult", "param", "mp4")  # what a recording cannot do without
SETS = {"TaL80": r"[0-9]{2}[mf][esino]", "TaL1": r"day[0-9]+(_no_vid_sync)?"}
PUBLISHED = {"TaL80": (81, "speakers"), "TaL1": (6, "sessions")}
UNSYNCED = "day1_no_vid_sync"
SPEECH = ("aud", "sil", "whi", "spo", "xaud", "xsil", "xwhi")
NAME = re.compile(rf"([0-9]{{3}})_({'|'.join((*SPEECH, 'swa', 'cal'))})")
FAN = (45.1, 21.0, 105.1)  # degrees to either side, mm from, mm to
NEAR = (3.0, 3.0, 12.0)  # by how much a fan may differ from that
NEAR_SYNC = 0.05  # seconds by which sound and its pulses may differ in length
SHOWN = 20  # problems of a kind that are told; the rest is counted


@dataclass(frozen=True)
class Utterance:
    """One utterance of a speaker (TaL80) or of a day (TaL1)."""

    folder: Path
    tag: str
    number: str
    single: bool  # of TaL1

    @property
    def session(self) -> str:
        return f"tal1_{self.folder.name}" if self.single else self.folder.name

    @property
    def speaker(self) -> str:
        return "tal1" if self.single else self.folder.name

    @property
    def id(self) -> str:
        return f"{self.session}-{self.number}-{self.tag}"

    @property
    def is_speech(self) -> bool:
        """Whether it is speech whose video is in time with the rest."""
        return self.tag in SPEECH and self.folder.name != UNSYNCED

    def file(self, ending: str) -> Path:
        return listing.found(self.folder / f"{self.number}_{self.tag}.{ending}")


def is_tal(folder: Path) -> bool:
    """Whether TaL80/core or TaL1/core is there."""
    return any((folder / name / "core").is_dir() for name in SETS)


def sessions(folder: Path) -> Iterator[Path]:
    """Folders of speakers and days, sorted, TaL80 first; not what else lies beside them."""
    for name, pattern in SETS.items():
        for path in sorted((folder / name / "core").glob("*")):
            if re.fullmatch(pattern, path.name) and path.is_dir():
                yield path


def utterances(folder: Path) -> list[Utterance]:
    """Everything recorded, swallows and calibration too, by session and number."""
    found = []
    for session in sessions(folder):
        single = session.parent.parent.name == "TaL1"
        stems = {path.name.partition(".")[0] for path in session.iterdir() if _ours(path)}
        for match in (NAME.fullmatch(stem) for stem in sorted(stems)):
            if match:
                found.append(Utterance(session, match[2], match[1], single))
    return found


def whole(one: Utterance) -> bool:
    """Whether the files are there that signals are read from."""
    return all(one.file(ending).is_file() for ending in SEEN)


def prompt(one: Utterance) -> str:
    """The first line of the prompt's file; Windows-1252 where it is neither UTF-8 nor 16."""
    try:
        content = one.file("txt").read_bytes()
    except OSError as problem:
        why = problem.strerror
        raise UserError(f"{one.file('txt')}: cannot be read ({why}); get it again") from problem
    first = next(iter(_decoded(content).splitlines()), "").strip()
    if not first or "\0" in first:
        raise UserError(f"{one.file('txt')}: expected the prompt in line 1, got {first[:20]!r}")
    return first


def _decoded(content: bytes) -> str:
    """UTF-8, UTF-16 that says so in its first bytes, or Windows-1252."""
    wide = content[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    try:
        return content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def moment(one: Utterance) -> datetime | None:
    """When an utterance was recorded, as the second line of its prompt says; None without one."""
    lines = _decoded(one.file("txt").read_bytes()).splitlines()
    try:
        return datetime.strptime(lines[1].strip(), "%d/%m/%Y %H:%M:%S")
    except (IndexError, ValueError):
        return None


def corpus_files(folder: Path) -> Iterator[Path]:
    """Every file of an utterance and all of doc, sorted."""
    paths = [path for session in sessions(folder) for path in session.iterdir() if _ours(path)]
    for name in SETS:
        paths += (folder / name / "doc").rglob("*")
    yield from sorted(path for path in paths if path.is_file() and listing.counts(path))


def verify(folder: Path) -> list[str]:
    """One sentence a problem: sessions and files missing, sizes that are not as .param says.

    One of TaL80 and TaL1 is enough. Reads .param, .txt and the sizes of .ult.
    """
    if not is_tal(folder):
        return [f"{folder}: expected TaL80/core or TaL1/core, found neither; get one of them"]
    problems = []
    for name in SETS:
        if (folder / name / "core").is_dir():
            problems += _counted(folder, name)
    kinds: dict[str, list[str]] = {"files missing": [], "unsound files": []}
    for one in utterances(folder):
        lacking = [end for end in ENDINGS if not one.file(end).is_file()]
        if lacking:
            kinds["files missing"].append(
                f"{one.folder}/{one.number}_{one.tag}: expected {', '.join(ENDINGS)}, missing "
                f"{', '.join(lacking)}; get it again"
            )
        kinds["unsound files"] += _unsound(one, lacking)
    for kind, told in kinds.items():
        problems += told[:SHOWN]
        if len(told) > SHOWN:
            problems.append(f"{folder}: and {len(told) - SHOWN} more utterances with {kind}")
    return problems


def _counted(folder: Path, name: str) -> list[str]:
    core = folder / name / "core"
    found = [path for path in sessions(folder) if path.parent == core]
    problems = [
        f"{path}: expected a folder named like {SETS[name]}; move it away"
        for path in sorted(core.iterdir())
        if path not in found and path.is_dir() and listing.counts(path)
    ]
    problems += [
        f"{path}: expected utterances, found none; get it again"
        for path in found
        if not any(NAME.fullmatch(file.stem) for file in path.iterdir())
    ]
    expected, what = PUBLISHED[name]
    if len(found) != expected and not (folder / "FIXTURE").exists():
        problems.append(
            f"{core}: expected {expected} {what}, found {len(found)}; get the missing ones"
        )
    return problems


def _unsound(one: Utterance, lacking: list[str]) -> list[str]:
    """What is amiss inside the small files of an utterance and with the size of its ultrasound."""
    try:
        if one.is_speech and "txt" not in lacking:
            prompt(one)
        if "wav" not in lacking and "sync" not in lacking:
            _check_sync(one)
        if "param" in lacking:
            return []
        fan = read_parameters(one.file("param")).fan
        if "ult" not in lacking:
            frame_count(one.file("ult"), fan)
    except UserError as problem:
        return [str(problem)]
    found = (fan.half, fan.near, fan.far)
    if any(abs(a - b) > near for a, b, near in zip(found, FAN, NEAR, strict=True)):
        return [
            f"{one.file('param')}: expected a fan of about {FAN[0]} degrees to either side, "
            f"{FAN[1]} to {FAN[2]} mm, got {found[0]:.1f} degrees, {found[1]:.1f} to "
            f"{found[2]:.1f} mm; its pictures would not be to scale"
        ]
    return []


def _check_sync(one: Utterance) -> None:
    """UserError where the pulses, which the recorder took with the sound, last longer or less."""
    heard, pulses = one.file("wav"), one.file("sync")
    with pulses.open("rb") as file:
        if file.read(4) != b"RIFF":  # of another form, which is not known here
            return
    seconds = [float(sound.header(path).seconds) for path in (heard, pulses)]
    if abs(seconds[0] - seconds[1]) > NEAR_SYNC:
        raise UserError(
            f"{heard}: expected {seconds[1]:.2f} s of sound, as long as {pulses.name}, found "
            f"{seconds[0]:.2f} s; get the utterance again"
        )


def _ours(path: Path) -> bool:
    stem, _, ending = listing.name(path).partition(".")
    return NAME.fullmatch(stem) is not None and ending in (*ENDINGS, "lab") and path.is_file()
