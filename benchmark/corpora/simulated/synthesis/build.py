"""Building a corpus: the takes of a plan, each in a process of its own, and the files of them.

    building/lock                 held by the build that is at work, whose process it names
    building/<talker>-<digest>/   what is made of a talker that is not finished:
        speaker.json              the talker's speaker file, palate and length
        <take>.npz                a take
        record.json               the talker's part of the list, once all files are there
    <talker>.flac, <talker>.movement, manifest.json

All of it is whole or absent, so whatever ends a build, the next one goes on where it stopped. The
digest is of the talker, the takes and all settings: what others made is never taken for it.
"""

from __future__ import annotations

import resource
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmark import storage
from benchmark.core import UserError
from benchmark.corpora.simulated import files
from benchmark.corpora.simulated.plan import Plan
from benchmark.corpora.simulated.synthesis import parts, render, score, vtl
from benchmark.corpora.simulated.synthesis.lock import BUILDING, locked
from benchmark.corpora.simulated.synthesis.processes import Pool
from benchmark.corpora.simulated.takes import Take, Talker
from benchmark.corpora.simulated.texts import pitch, timing

VERSION = 2  # of all that makes a take besides the parameters: talkers, rendering, files
PARAMETERS = (render.PARAMETERS, score.PARAMETERS, pitch.PARAMETERS, timing.PARAMETERS)
VOICED, SILENT = 2.2, 0.77  # processor seconds a second, for the time that is left


def digest(talker: Talker, takes: Sequence[Take]) -> str:
    """sha256 (hex) of all that decides what a talker's files hold; it tells nothing of the seed."""
    said = [asdict(take) for take in takes]
    return storage.digest([VERSION, asdict(talker), said, [repr(p) for p in PARAMETERS]])


@dataclass
class Work:
    """A talker who is being built, and what is still to be done, in this order."""

    talker: Talker
    takes: Sequence[Take]
    folder: Path
    waiting: list[Take] = field(default_factory=list)
    running: int = 0
    stage: str = "speaker"  # then "takes", "files", "done"

    def __post_init__(self) -> None:
        self.waiting = [take for take in self.takes if not self.path(take).exists()]
        if (self.folder / parts.SPEAKER).exists():
            self.stage = "takes"

    def path(self, take: Take) -> Path:
        return self.folder / f"{take.id}.npz"


def build(
    plan: Plan,
    folder: Path,
    jobs: int,
    say: Callable[[str], None] = print,
    sealed: str | None = None,
) -> None:
    """Make the corpus of a plan in `folder`, with `jobs` processes at a time, and write its list.

    `sealed` is what the list of a sealed corpus says of its secret, in place of the seed's digest.
    What is there already is kept. UserError where a take cannot be made, where the disk is full,
    where another build is at work, and where the folder holds the talker of another plan.
    """
    with locked(folder):
        works = [
            Work(talker, takes, folder / BUILDING / f"{talker.id}-{code[:12]}")
            for talker, takes, code in _unfinished(plan, folder)
        ]
        if works:
            api = vtl.load()
            _run(api, works, folder, jobs, _Progress(plan, works, jobs, say))
        refused = _write_manifest(plan, folder, sealed)
        shutil.rmtree(folder / BUILDING)
    for id, reason in refused.items():
        say(f"{id} is left out, refused by the synthesiser: {reason}")
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    say(
        f"{folder / files.MANIFEST}: {len(plan.talkers)} talkers, {len(plan.takes)} recordings; "
        f"{(spent.ru_utime + spent.ru_stime) / 60:.1f} min of processors"
    )


def _unfinished(plan: Plan, folder: Path) -> Iterator[tuple[Talker, list[Take], str]]:
    """Talkers without a finished part, their takes, and the digest of both."""
    finished = parts.finished(folder, folder / BUILDING)
    if others := sorted(finished.keys() - {talker.id for talker in plan.talkers}):
        raise UserError(
            f"{folder}: it holds {', '.join(others)}, who is not of this plan; choose another "
            "folder"
        )
    by_talker: dict[str, list[Take]] = {talker.id: [] for talker in plan.talkers}
    for take in plan.takes:
        by_talker[take.talker].append(take)
    for talker in plan.talkers:
        takes = by_talker[talker.id]
        code = digest(talker, takes)
        if talker.id not in finished:
            yield talker, takes, code
            continue
        record = finished[talker.id]
        if record["digest"] != code:
            raise UserError(
                f"{folder}: it holds {talker.id} as another plan or version made it; choose "
                "another folder, or empty this one"
            )
        left = [take.id for take in parts.left(takes, record["refused"].keys())]
        if [entry["id"] for entry in record["recordings"]] != left:
            raise UserError(
                f"{folder}: expected the {len(left)} takes of {talker.id} in the order of the "
                f"plan, found a list of {len(record['recordings'])} that is not of them; choose "
                "another folder, or empty this one"
            )


def _run(api: Any, works: list[Work], folder: Path, jobs: int, progress: _Progress) -> None:
    """Do all that is left: speaker files, takes, and files of talkers whose takes are there."""
    with Pool() as pool:
        while any(work.stage != "done" for work in works):
            while len(pool) < jobs and (step := _next(api, works, folder)):
                pool.start(*step)
            work, take = pool.finished()
            work.running -= 1
            if take is not None:
                progress.made(take)
            elif work.stage == "speaker":
                work.stage = "takes"
            else:
                work.stage = "done"
                shutil.rmtree(work.folder, ignore_errors=True)


Step = tuple[tuple[Work, Take | None], str, Callable[..., None], tuple[Any, ...]]


def _next(api: Any, works: list[Work], folder: Path) -> Step | None:
    """The first step that can be done now: its key, its name, the function and its arguments."""
    for work in works:
        if work.stage == "speaker" and not work.running:
            work.running += 1
            path = work.folder / parts.SPEAKER
            return (work, None), work.talker.id, parts.make_speaker, (api, work.talker, path)
        if work.stage == "takes" and work.waiting:
            work.running += 1
            take = work.waiting.pop(0)
            made = (api, take, work.talker, work.folder / parts.SPEAKER, work.path(take))
            return (work, take), take.id, parts.make_take, made
        if work.stage == "takes" and not work.running:
            work.running, work.stage = 1, "files"
            code = digest(work.talker, work.takes)
            paths = [work.path(take) for take in work.takes]
            args = (work.talker, work.takes, paths, work.folder, folder, code)
            return (work, None), f"files of {work.talker.id}", parts.make_files, args
    return None


class _Progress:
    """Says what has been made, and about how long the rest will take."""

    def __init__(
        self, plan: Plan, works: Sequence[Work], jobs: int, say: Callable[[str], None]
    ) -> None:
        waiting = {take.id for work in works for take in work.waiting}
        self._seconds = {id: lasts for id, lasts in plan.seconds().items() if id in waiting}
        self._costs = {
            take.id: self._seconds[take.id] * (SILENT if take.kind == "silent" else VOICED)
            for work in works
            for take in work.waiting
        }
        self._left, self._spent = sum(self._costs.values()), 0.0
        self._number, self._all = len(plan.takes) - len(waiting), len(plan.takes)
        self._begun, self._say = time.monotonic(), say
        seconds = sum(self._seconds.values())
        say(
            f"{self._number} of {self._all} takes are there; the others last {seconds / 60:.1f} "
            f"min and need about {self._left / 60:.0f} min of {jobs} processors together"
        )

    def made(self, take: Take) -> None:
        cost = self._costs[take.id]
        self._left, self._spent = self._left - cost, self._spent + cost
        self._number += 1
        left = (time.monotonic() - self._begun) * self._left / self._spent
        self._say(
            f"{self._number}/{self._all} {take.id} ({self._seconds[take.id]:.1f} s); "
            f"about {max(left, 0) / 60:.1f} min left"
        )


def _write_manifest(plan: Plan, folder: Path, sealed: str | None) -> dict[str, str]:
    """Write the list of a folder whose talkers are all finished; which takes are left out, why."""
    finished = parts.finished(folder, folder / BUILDING)
    records = [finished[talker.id] for talker in plan.talkers]
    head = parts.header(plan.talkers[0].seed, records, sealed)
    lines = [files.line(entry) for record in records for entry in record["recordings"]]
    files.write_manifest(folder, head, lines)
    return {id: reason for record in records for id, reason in record["refused"].items()}
