"""A folder of files becomes a dict of things. Nothing is registered by hand, no entry code runs."""

from __future__ import annotations

import ast
import difflib
import hashlib
import importlib
import importlib.util
import re
import sys
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

from benchmark.core import Corpus, Task, UserError

_HEADER = re.compile(r"(?m)^# /// script$\s(?P<body>(^#(| .*)$\s)+)^# ///$")
Thing = TypeVar("Thing")
_NAME = re.compile(r"[a-z0-9][a-z0-9_]*")


@dataclass(frozen=True)
class Entry:
    """A baseline or a submission as its header describes it; the code stays unread."""

    name: str
    path: Path
    kind: str  # "baseline" or "submission"
    title: str
    authors: tuple[str, ...]
    tasks: tuple[str, ...]
    variants: Mapping[str, Mapping[str, Any]]  # name -> settings given to Model
    licence: str
    citation: str
    causal: bool
    trained_on: str
    dependencies: tuple[str, ...]
    suite: str = "main"  # or "full": not part of a run that does not ask for it

    @property
    def default(self) -> str:
        """The variant that stands for the entry."""
        return next(iter(self.variants))

    @property
    def records(self) -> Path:
        """Where its published records lie."""
        return self.path.with_suffix(".json")


@dataclass(frozen=True)
class Entries:
    """What was found: the good ones by name, and one sentence for each broken one."""

    found: Mapping[str, Entry]
    problems: tuple[str, ...]


def tasks(root: Path) -> dict[str, Task]:
    """Every `tasks/<name>.py` with its TASK."""
    return {
        path.stem: _attribute(path, "TASK", Task)
        for path in sorted((root / "tasks").glob("[a-z]*.py"))
    }


def corpora() -> dict[str, Corpus]:
    """Every `benchmark/corpora/<name>.py` with its CORPUS."""
    found = {}
    for path in sorted((Path(__file__).parent / "corpora").glob("[a-z]*.py")):
        corpus = importlib.import_module(f"benchmark.corpora.{path.stem}").CORPUS
        found[corpus.name] = corpus
    return found


def entries(root: Path) -> Entries:
    """Every `baselines/<name>.py` and `submissions/<name>.py`, read by header only."""
    found: dict[str, Entry] = {}
    problems = []
    for kind in ("baseline", "submission"):
        for path in sorted((root / f"{kind}s").glob("[!_.]*.py")):
            try:
                entry = read_entry(path, kind)
                if entry.name in found:
                    raise UserError(f"{path}: {found[entry.name].path} has that name already")
                found[entry.name] = entry
            except UserError as error:
                problems.append(str(error))
    return Entries(found, tuple(problems))


def read_entry(path: Path, kind: str) -> Entry:
    """Read the PEP 723 header of an entry's file; UserError says what to mend."""
    match = _HEADER.search(path.read_text())
    if match is None:
        raise UserError(f"{path}: has no header; start from submissions/_template.py")
    if not _NAME.fullmatch(path.stem):
        raise UserError(f"{path}: name the file with a-z, 0-9 and _ only")
    lines = match["body"].splitlines()
    try:
        header = tomllib.loads("\n".join(line[2:] for line in lines))
        ours = header["tool"]["silentbench"]
        return Entry(
            name=path.stem,
            path=path,
            kind=kind,
            title=str(ours["title"]),
            authors=tuple(ours.get("authors", ())),
            tasks=tuple(ours["tasks"]),
            variants=ours.get("variants", {"default": {}}),
            licence=str(ours["licence"]),
            citation=str(ours.get("citation", "")),
            causal=bool(ours.get("causal", False)),
            trained_on=str(ours.get("trained-on", "the training part of the task")),
            dependencies=tuple(header.get("dependencies", ())),
            suite=_one_of(str(ours.get("suite", "main")), ("main", "full"), f"{path}: suite"),
        )
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{path}: the header is not TOML: {error}") from error
    except KeyError as error:
        raise UserError(f"{path}: the header lacks {error.args[0]!r}") from error


@dataclass(frozen=True)
class Reported:
    """A table from the publication of a system, whose figures nobody has measured here."""

    entry: str
    source: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | float, ...], ...]


def published_tables(path: Path) -> list[Reported]:
    """Read `published.toml`: [[table]] with entry, source, columns, rows; none without the file."""
    if not path.exists():
        return []
    try:
        raw = tomllib.loads(path.read_text("utf-8"))["table"]
        found = [
            Reported(t["entry"], t["source"], tuple(t["columns"]), tuple(map(tuple, t["rows"])))
            for t in raw
        ]
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise UserError(f"{path.name}: not tables of published figures ({error!r})") from error
    for table in found:
        if any(len(row) != len(table.columns) for row in table.rows):
            raise UserError(f"{path.name}: {table.entry} has a row of another length")
    return found


def _one_of(value: str, known: tuple[str, ...], what: str) -> str:
    if value not in known:
        raise UserError(f"{what} is {value!r}, expected one of {', '.join(known)}")
    return value


def code_digest(entry: Entry, metrics: Iterable[str]) -> str:
    """sha256 over the entry's file, the `_*.py` beside it that it imports, and the metric ids."""
    summary = hashlib.sha256()
    for path in source_files(entry.path):
        summary.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    summary.update("\n".join(metrics).encode())
    return summary.hexdigest()


def source_files(path: Path) -> list[Path]:
    """The file and, through its imports, every `_*.py` beside it; sorted, without repeats."""
    seen: set[Path] = set()
    waiting = [path]
    while waiting:
        current = waiting.pop()
        if current not in seen:
            seen.add(current)
            waiting += [p for n in _imports(current) if (p := path.parent / f"{n}.py").is_file()]
    return sorted(seen)


def _imports(path: Path) -> set[str]:
    try:
        tree = ast.parse(path.read_text(), filename=str(path))
    except SyntaxError as error:
        raise UserError(f"{path}:{error.lineno}: not Python: {error.msg}") from error
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return {name for name in names if name.startswith("_")}


def pick(kind: str, name: str, available: Mapping[str, Thing]) -> Thing:
    """Look a name up; where there is none, UserError with the nearest names."""
    if name in available:
        return available[name]
    near = difflib.get_close_matches(name, available, n=3, cutoff=0.4) or sorted(available)[:3]
    raise UserError(f"no {kind} is called {name!r}; nearest: {', '.join(near) or 'there are none'}")


def _attribute(path: Path, name: str, kind: type[Thing]) -> Thing:
    thing = getattr(load_module(path), name, None)
    if not isinstance(thing, kind):
        raise UserError(f"{path}: expected a {kind.__name__} called {name}")
    return thing


def load_module(path: Path) -> ModuleType:
    """Run a file as a module of its own, without touching the import path."""
    name = f"{path.parent.name}.{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UserError(f"{path}: cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up by name
    spec.loader.exec_module(module)
    return module
