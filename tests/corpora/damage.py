"""Damage to the files of a corpus, one at a time, and what is said of it.

`cases` lists what can be done to one file of each kind that a corpus has; `Bench.look` does it to a
miniature, asks `verify`, the reader and the checks of `data check`, and mends the file again. A
case is refused by one of them, harmless (no recording and no array is another than before), or
silent. What raises a doubt in `data check`, which refuses nothing for it, counts apart. What `data
prepare` would have stored before the damage is asked apart, too: its checksums see every changed
byte.
"""

from __future__ import annotations

import os
import re
import shutil
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import soundfile

from benchmark import registry, storage
from benchmark.core import Corpus, Recording, UserError
from benchmark.data import checks, checksums
from benchmark.data.checks import arrays, copies, corpus, courses, lengths
from benchmark.data.checks.reading import raw

TAKES = Path(__file__).parent / "simulated" / "takes"
MOST_LOOKED_AT = 12  # recordings of one file
FAINT, LOUD = 1e-6, 1e6
TEXTS = (".txt", ".json", ".TextGrid", ".tsv", ".csv", ".param", ".sync")
RAW = {".adc": "<i2", ".ult": "u1"}
SOUNDS = (".wav", ".flac")
Values = np.ndarray


def write_miniature(name: str, folder: Path) -> None:
    """Of `simulated` three takes as they were built, of each other corpus its own miniature."""
    if name == "simulated":
        shutil.copytree(TAKES, folder)
        (folder / checksums.MINIATURE_MARK).write_text("A miniature: three takes.\n", "utf-8")
    else:
        registry.fixtures()[name](folder)


@dataclass(frozen=True)
class Case:
    """One kind of damage to one file, and the file of another recording where that needs it."""

    corpus: str
    kind: str
    file: str
    other: str = ""


@dataclass(frozen=True)
class Verdict:
    """`by` is "verify", "reader", "check", "doubt", "harmless" or "silent"; and what was said.

    `after` is what `verify` says with the checksums that were stored before the damage.
    """

    by: str
    said: str
    after: tuple[str, ...] = ()


class NotApplicableError(Exception):
    """A file of this kind cannot have this damage."""


# Values of a file as an array (time, ...), and how they are written again.


def values_of(path: Path) -> tuple[Values, Callable[[Values], None]]:
    """The values of a file and what writes others in their place."""
    end = path.suffix.lower()
    if end == ".npy":
        return np.load(path), lambda new: np.save(path, new)
    if end == ".npz":
        with np.load(path) as stored:
            parts = dict(stored)
        name = max(parts, key=lambda each: parts[each].size)
        return parts[name], lambda new: np.savez(path, **{**parts, name: new})
    if end in SOUNDS:
        header = soundfile.info(path)
        found = soundfile.read(path, always_2d=True)[0]
        return found, lambda new: soundfile.write(
            path, new, header.samplerate, header.subtype, format=header.format
        )
    if end in RAW:
        kind = np.dtype(RAW[end])

        def write(new: Values) -> None:
            whole = np.iinfo(kind)
            path.write_bytes(np.clip(np.round(new), whole.min, whole.max).astype(kind).tobytes())

        return np.fromfile(path, kind), write
    if end == ".csv":
        return _table(path)
    raise NotApplicableError


def _table(path: Path) -> tuple[Values, Callable[[Values], None]]:
    lines = path.read_text("utf-8").splitlines()
    rows = {}
    for number, line in enumerate(lines):
        cells = line.split(",")
        try:
            rows[number] = [float(cell) for cell in cells]
        except ValueError:
            continue
    widths = {len(row) for row in rows.values()}
    if len(rows) < 10 or len(widths) != 1:
        raise NotApplicableError
    head = lines[: min(rows)]

    def write(new: Values) -> None:
        body = [",".join(f"{cell:.9g}" for cell in row) for row in new]
        path.write_text("\n".join([*head, *body]) + "\n", "utf-8")

    return np.array(list(rows.values())), write


def _changed(change: Callable[[Values], Values]) -> Callable[[Path], None]:
    def do(path: Path) -> None:
        if path.suffix in (".nwb", ".h5"):
            _in_hdf5(path, change)
            return
        found, write = values_of(path)
        if found.ndim == 0 or len(found) < 4:
            raise NotApplicableError
        new = change(found)
        if new.shape == found.shape and np.array_equal(new, found, equal_nan=True):
            raise NotApplicableError
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            write(new)

    return do


def _in_hdf5(path: Path, change: Callable[[Values], Values]) -> None:
    """The largest numbers of a file; only their values can change, not how many there are."""
    import h5py

    with h5py.File(path, "r+") as file:
        found: list[h5py.Dataset] = []
        file.visititems(
            lambda _name, each: (
                found.append(each)
                if isinstance(each, h5py.Dataset) and each.dtype.kind in "fiu" and each.ndim
                else None
            )
        )
        chosen = max(found, key=lambda each: each.size)
        values = chosen[:]
        new = change(values)
        if new.shape != values.shape:
            raise NotApplicableError
        if chosen.dtype.kind in "iu":
            limits = np.iinfo(chosen.dtype)
            new = np.clip(np.round(np.nan_to_num(new)), limits.min, limits.max)
        if np.array_equal(new, values, equal_nan=True):
            raise NotApplicableError
        chosen[...] = new.astype(chosen.dtype)


def _scaled(factor: float) -> Callable[[Values], Values]:
    def change(found: Values) -> Values:
        if found.dtype.kind not in "fiu":
            raise NotApplicableError
        if found.dtype.kind == "f":
            return found * found.dtype.type(factor)
        limits = np.iinfo(found.dtype)
        scaled = np.clip(np.round(found * factor), limits.min, limits.max)
        return np.asarray(scaled.astype(found.dtype))

    return change


def _nan(path: Path) -> None:
    """One value that is no number, where a file can hold it."""
    if path.suffix in SOUNDS and soundfile.info(path).subtype not in ("FLOAT", "DOUBLE"):
        raise NotApplicableError
    _changed(_with_nan)(path)


def _with_nan(found: Values) -> Values:
    if found.dtype.kind != "f":
        raise NotApplicableError
    new = found.copy()
    new.reshape(len(new), -1)[len(new) // 2, 0] = np.nan
    return new


def _one_channel(found: Values) -> Values:
    if found.ndim != 2 or found.shape[1] < 2:
        raise NotApplicableError
    new = found.copy()
    new[:, 0] = 0
    return new


def _retyped(path: Path) -> None:
    """The same values in another type of number, or another coding of a text."""
    if path.suffix in SOUNDS:
        header = soundfile.info(path)
        more = {"PCM_16": "PCM_24", "FLOAT": "DOUBLE"}
        if header.subtype not in more:
            raise NotApplicableError
        samples, rate = soundfile.read(path)
        soundfile.write(path, samples, rate, more[header.subtype], format=header.format)
    elif path.suffix == ".npy":
        found = np.load(path)
        if found.dtype.kind not in "fiu":
            raise NotApplicableError
        np.save(path, found.astype(">f8"))
    elif path.suffix in TEXTS:
        path.write_bytes(_decoded(path).encode("utf-16"))
    elif path.suffix == ".bmp":
        import cv2

        picture = cv2.imread(str(path))
        path.write_bytes(cv2.imencode(".jpg", picture)[1].tobytes())
    else:
        raise NotApplicableError


def _other_rate(path: Path) -> None:
    """The same samples, said to be twice as fast."""
    if path.suffix not in SOUNDS:
        raise NotApplicableError
    header = soundfile.info(path)
    samples, rate = soundfile.read(path)
    soundfile.write(path, samples, rate * 2, header.subtype, format=header.format)


def _decoded(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise NotApplicableError from None


def _texts(change: Callable[[str], str]) -> Callable[[Path], None]:
    def do(path: Path) -> None:
        if path.suffix not in TEXTS:
            raise NotApplicableError
        text = _decoded(path)
        new = change(text)
        if new == text:
            raise NotApplicableError
        path.write_bytes(new.encode("utf-8"))

    return do


def _fewer_lines(text: str) -> str:
    lines = text.splitlines(keepends=True)
    return "".join(lines[: max(1, len(lines) * 6 // 10)])


def _tripled(text: str) -> str:
    """Every decimal number three times as large: times of another clock."""
    return re.sub(r"\d+\.\d+", lambda found: f"{3 * float(found[0]):.6f}", text)


def _rename(path: Path) -> None:
    """By its last figure, or by its last letter where it has none."""
    figures = list(re.finditer(r"\d", path.stem))
    at = figures[-1].start() if figures else len(path.stem) - 1
    for new in "9876543210z":
        target = path.with_name(f"{path.stem[:at]}{new}{path.stem[at + 1 :]}{path.suffix}")
        if not target.exists():
            path.rename(target)
            return
    raise NotApplicableError


DAMAGES: dict[str, Callable[[Path], None]] = {
    "broken off": lambda path: os.truncate(path, path.stat().st_size * 6 // 10),
    "empty": lambda path: os.truncate(path, 0),
    "dropped": lambda path: path.unlink(),
    "renamed": _rename,
    "cut": _changed(lambda found: found[: len(found) * 6 // 10]),
    "stretched": _changed(lambda found: np.repeat(found, 2, axis=0)),
    "halved rate": _changed(lambda found: found[::2]),
    "shifted": _changed(lambda found: np.roll(found, len(found) // 4, axis=0)),
    "nan": _nan,
    "1e-6": _changed(_scaled(FAINT)),
    "1e6": _changed(_scaled(LOUD)),
    "dead channel": _changed(_one_channel),
    "re-encoded": _retyped,
    "other rate": _other_rate,
    "fewer lines": _texts(_fewer_lines),
    "tripled times": _texts(_tripled),
    "byte order mark": _texts(lambda text: "\ufeff" + text),
    "crlf": _texts(lambda text: text.replace("\r\n", "\n").replace("\n", "\r\n")),
}
WITH_ANOTHER = ("duplicated", "swapped")


def _with_another(kind: str, path: Path, other: Path) -> None:
    one, two = path.read_bytes(), other.read_bytes()
    if one == two:
        raise NotApplicableError
    path.write_bytes(two)
    if kind == "swapped":
        other.write_bytes(one)


@dataclass
class Bench:
    """A miniature, and what it gives as long as it is whole."""

    corpus: Corpus
    folder: Path  # moved for each case, since readers remember what they read by its path
    count: int = 0

    def __post_init__(self) -> None:
        self.manifest = checksums.make_manifest(self.corpus, self.folder)
        self.problems, self.unmarked = self._verify(), self._unmarked()
        self.files = self._files()
        self.digests: dict[tuple[str, str], str] = {}
        self.profiles: dict[str, courses.Profile] = {}
        self.streams = courses.streams(self.corpus.signals, self.corpus.checks)
        self.of_file: dict[str, list[str]] = defaultdict(list)
        self.owners: dict[bytes, str] = {}
        listed = self.corpus.recordings(self.folder)
        self.listed = {one.id: _named(one) for one in listed}
        self.recorded = [one.id for one in listed if not self.corpus.checks.made(one.id)]
        self._read_all()
        self.doubtful = self._doubts(self.profiles)

    def _doubts(self, profiles: dict[str, courses.Profile]) -> set[str]:
        """What `data check` finds odd."""
        found, _ = corpus.doubts(self.corpus, list(profiles.values()))
        # A recording that fits yet another one is told by name and problem, not by how well.
        said = {f"{id}, {signal}: {problem.kind}" for id, signal, problem in found}
        lines = corpus.doubts_of_files(self.corpus, self.folder)
        return said | {line.replace(str(self.folder), "") for line in lines}

    def _profile(self, one: Recording, taken: dict[str, courses.Course]) -> None:
        if taken:
            self.profiles[one.id] = courses.Profile(one.id, one.session, taken)

    def _course(self, name: str, array: np.ndarray) -> dict[str, courses.Course]:
        found = courses.course(self.corpus.signals[name], array) if name in self.streams else None
        return {name: found} if found else {}

    def _files(self) -> list[str]:
        paths = (path for path in self.folder.rglob("*") if path.is_file())
        return sorted(
            str(path.relative_to(self.folder))
            for path in paths
            if path.name != checksums.MINIATURE_MARK
        )

    def _read_all(self) -> None:
        """Digests of all arrays, and by the time of access which recordings are of which file."""
        touched: list[str] = []
        recordings = {one.id: one for one in self.corpus.recordings(self.folder)}
        for id in self.recorded:
            for name in self.files:
                path = self.folder / name
                os.utime(path, (0, path.stat().st_mtime))
            taken: dict[str, courses.Course] = {}
            for signal in self.corpus.signals:
                try:
                    array = recordings[id][signal]
                except UserError:
                    continue
                self.digests[id, signal] = storage.array_name(array)
                taken |= self._course(signal, array)
                if copies.is_own(signal, self.corpus):
                    for key in copies.keys(signal, self.corpus, array):
                        self.owners.setdefault(key, id)
            self._profile(recordings[id], taken)
            # Where nothing was opened, the reader remembers the file from the recording before.
            touched = [n for n in self.files if (self.folder / n).stat().st_atime > 0] or touched
            for name in touched:
                self.of_file[name].append(id)

    def _verify(self) -> list[str]:
        found = self.corpus.verify(self.folder)
        return [problem.replace(str(self.folder), "") for problem in found]

    def _unmarked(self) -> list[str]:
        """What `verify` says of the counts of a corpus that claims to be the real one."""
        mark = self.folder / checksums.MINIATURE_MARK
        content = mark.read_bytes()
        mark.unlink()
        try:
            return self._verify()
        finally:
            mark.write_bytes(content)

    def cases(self, each: int = 1) -> Iterator[Case]:
        """What can be done to `each` files of every kind; a kind is a name without its figures."""
        kinds: dict[str, list[str]] = defaultdict(list)
        for name in self.files:
            kinds[re.sub(r"[\d]+", "#", Path(name).name)].append(name)
        merged: dict[str, list[str]] = defaultdict(list)
        for kind, names in kinds.items():
            merged[kind if len(names) > 1 else Path(kind).suffix or kind] += names
        for names in merged.values():
            used = [name for name in names if self.of_file[name]] or names
            for name in used[len(used) // 2 :][:each]:
                for kind in DAMAGES:
                    yield Case(self.corpus.name, kind, name)
                others = [n for n in used if n != name and n.endswith(Path(name).suffix)]
                for kind in WITH_ANOTHER if others else ():
                    yield Case(self.corpus.name, kind, name, others[0])

    def look(self, case: Case) -> Verdict | None:
        """What is said of a case; None where its file cannot have it. The file is mended again."""
        self.count += 1
        moved = self.folder.with_name(f"{self.corpus.name}-{self.count}")
        self.folder = self.folder.rename(moved)
        places = [self.folder / name for name in (case.file, case.other) if name]
        kept = {path: (path.read_bytes(), path.stat()) for path in places}
        try:
            if case.other:
                _with_another(case.kind, *places)
            else:
                DAMAGES[case.kind](places[0])
            verdict = self._judged(case)
            return replace(verdict, after=self.said_after_prepare())
        except NotApplicableError:
            return None
        finally:
            known = {self.folder / name for name in self.files}
            for path in set(self.folder.rglob("*")) - known:
                if path.is_file() and path.name != checksums.MINIATURE_MARK:
                    path.unlink()
            for path, (content, stat) in kept.items():
                path.write_bytes(content)
                os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))

    def said_after_prepare(self) -> tuple[str, ...]:
        """What the stored checksums say of what is changed at the moment."""
        try:
            return tuple(checksums.mismatches(self.corpus, self.folder, self.manifest))
        except UserError as error:  # its files cannot even be listed
            return (str(error),)

    def _judged(self, case: Case) -> Verdict:
        if new := [each for each in self._verify() if each not in self.problems]:
            return Verdict("verify", new[0])
        try:
            found = {one.id: one for one in checks.listed(self.corpus, self.folder)}
        except UserError as error:
            return Verdict("reader", str(error))
        touched = (case.file, case.other) if case.kind == "swapped" else (case.file,)
        of_file = dict.fromkeys(i for name in touched for i in self.of_file[name])
        made = self.corpus.checks.made
        new_ids = [id for id in found if id not in self.listed and not made(id)]
        changed = [f"lost {id}" for id in self.recorded if id not in found]
        changed += [f"new {id}" for id in new_ids]
        changed += [
            f"{i} is another"
            for i in self.recorded
            if i in found and _named(found[i]) != self.listed[i]
        ]
        ids = [id for id in of_file if id in found]
        step = max(1, len(ids) // MOST_LOOKED_AT)
        looked_at = dict.fromkeys([*ids[::step], *new_ids[:MOST_LOOKED_AT]])
        owners = {key: id for key, id in self.owners.items() if id not in of_file}
        profiles = dict(self.profiles)
        for id in looked_at:
            if verdict := self._read(found[id], changed, owners, profiles):
                return verdict
        profiles = {id: one for id, one in profiles.items() if id in found}
        if new := sorted(self._doubts(profiles) - self.doubtful):
            return Verdict("doubt", new[0])
        if changed and (new := [p for p in self._unmarked() if p not in self.unmarked]):
            return Verdict("verify", new[0])
        return Verdict("silent", changed[0]) if changed else Verdict("harmless", "")

    def _read(
        self,
        recording: Recording,
        changed: list[str],
        owners: dict[bytes, str],
        profiles: dict[str, courses.Profile],
    ) -> Verdict | None:
        """The verdict on one recording, where it is clear; else what changed is added."""
        declared, counts = self.corpus.checks, {}
        taken: dict[str, courses.Course] = {}
        has = declared.signals
        for name, signal in self.corpus.signals.items():
            before = self.digests.get((recording.id, name))
            if before is None and (
                recording.id in self.listed or (has and name not in has(recording.id))
            ):
                continue
            try:
                array = raw(recording, name)
            except UserError as error:
                return Verdict("reader", str(error))
            for problem in arrays.problems(name, signal, array, declared):
                return Verdict("check", problem.of(recording.id, name))
            assert isinstance(array, np.ndarray)
            counts |= {name: len(array)} if array.ndim else {}
            taken |= self._course(name, array)
            digest = storage.array_name(array)
            if digest == before:
                continue
            for key in (
                copies.keys(name, self.corpus, array) if copies.is_own(name, self.corpus) else ()
            ):
                if (owner := owners.setdefault(key, recording.id)) != recording.id:
                    return Verdict("check", copies.problem(owner).of(recording.id, name))
            changed.append(f"{recording.id}, {name}")
        if taken:
            profiles[recording.id] = courses.Profile(recording.id, recording.session, taken)
        for name, problem in lengths.problems(recording, self.corpus.signals, counts, declared):
            return Verdict("check", problem.of(recording.id, name))
        return None


def _named(one: Recording) -> tuple[object, ...]:
    return one.speaker, one.session, one.text, one.span
