"""A folder of files becomes a dict of things. Nothing is registered by hand, no entry code runs."""

from __future__ import annotations

import ast
import difflib
import functools
import hashlib
import importlib
import importlib.util
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, ValidationError

from benchmark.core import CHANCE, Corpus, Task, UserError
from benchmark.modules import load_module

Thing = TypeVar("Thing")
_NAME = re.compile(r"[a-z0-9][a-z0-9_]{0,63}")
RESERVED = (CHANCE,)  # no entry may be called that
LARGEST_FILE = 1_000_000  # bytes of source
LARGEST_HEADER = 16_384  # characters: parsing some takes the square of their length
LARGEST_WEIGHTS = 500_000_000  # bytes of all weights of an entry
FOLDER_FILE = "submission.py"  # of an entry that is a folder
MANIFEST = "manifest.json"  # of one that brings predictions and no code


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("only printable characters on one line, please")
    return text


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError("name it with a-z, 0-9 and _ only")
    return text


Line = Annotated[str, Field(max_length=300), AfterValidator(_printable)]
Name = Annotated[str, AfterValidator(_name)]
Settings = dict[Annotated[str, AfterValidator(_printable)], JsonValue]


class Header(BaseModel):
    """What stands in `[tool.silentbench]` of an entry."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    title: Annotated[Line, Field(min_length=1, max_length=100)]
    tasks: Annotated[list[Name], Field(min_length=1)]
    licence: Line
    authors: list[Line] = []
    citation: Line = ""
    causal: bool = False
    context: Annotated[float, Field(ge=0)] = 0.0
    trained_on: Annotated[Line, Field(alias="trained-on")] = "the training part of the task"
    suite: Literal["main", "full"] = "main"
    variants: Annotated[dict[Name, Settings], Field(min_length=1)] = {"default": {}}


class Manifest(BaseModel):
    """Who made predictions, from what, and for which data."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    title: Annotated[Line, Field(min_length=1, max_length=100)]
    authors: list[Line] = []
    licence: Line
    citation: Line = ""
    trained_on: Line = "the training part of the task"
    task: Name
    data: Annotated[dict[str, str], Field(min_length=1)]  # split -> digest


@dataclass(frozen=True)
class Entry:
    """A baseline or a submission as its header describes it; the code stays unread."""

    name: str
    path: Path  # of its code: NAME.py, or NAME/submission.py
    kind: str  # "baseline", "submission" or "predictions"
    title: str
    authors: tuple[str, ...]
    tasks: tuple[str, ...]
    variants: Mapping[str, Mapping[str, Any]]  # name -> settings given to Model
    licence: str
    citation: str
    causal: bool
    trained_on: str
    dependencies: tuple[str, ...]
    context: float = 0.0  # seconds to either side that an answer depends on, as the entry says
    suite: str = "main"  # or "full": not part of a run that does not ask for it

    @property
    def default(self) -> str:
        """The variant that stands for the entry."""
        return next(iter(self.variants))

    @property
    def is_folder(self) -> bool:
        return self.path.name in (FOLDER_FILE, MANIFEST)

    @property
    def records(self) -> Path:
        """Where its published records lie."""
        return (
            self.path.with_name("records.json")
            if self.is_folder
            else self.path.with_suffix(".json")
        )

    @property
    def weights(self) -> tuple[Path, ...]:
        """The files of a trained model; UserError for anything that is not safetensors."""
        folder = self.path.parent / "weights"
        return _weights(folder) if self.is_folder and folder.is_dir() else ()


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


def fixtures() -> dict[str, Callable[[Path], None]]:
    """What writes a miniature of a corpus: `write` of every `benchmark/fixtures/<corpus>.py`."""
    return {
        path.stem: importlib.import_module(f"benchmark.fixtures.{path.stem}").write
        for path in sorted((Path(__file__).parent / "fixtures").glob("[a-z]*.py"))
    }


def entries(root: Path) -> Entries:
    """Every `<name>.py` and `<name>/submission.py` of both kinds, read by header only."""
    found: dict[str, Entry] = {}
    problems = []
    for kind in ("baseline", "submission"):
        folder = root / f"{kind}s"
        patterns = "[!_.]*.py", f"[!_.]*/{FOLDER_FILE}", f"[!_.]*/{MANIFEST}"
        for path in sorted(path for pattern in patterns for path in folder.glob(pattern)):
            try:
                brings_code = path.name != MANIFEST
                entry = read_entry(path, kind) if brings_code else read_predictions(path)
                source_files(path)  # raises for what is not Python
                if entry.name in found:
                    raise UserError(f"{path}: {found[entry.name].path} has that name already")
                found[entry.name] = entry
            except (UserError, OSError) as error:
                problems.append(_shown(str(error)))
    return Entries(found, tuple(problems))


def read_entry(path: Path, kind: str) -> Entry:
    """Read the PEP 723 header of an entry's file; UserError says what to mend."""
    name = path.parent.name if path.name == FOLDER_FILE else path.stem
    check_name(path, name)
    header_text = _header_text(_source(path))
    if not header_text:
        raise UserError(f"{path}: has no header; start from submissions/_template.py")
    if len(header_text) > LARGEST_HEADER:
        raise UserError(f"{path}: the header is longer than {LARGEST_HEADER:,} characters")
    try:
        raw = tomllib.loads(header_text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UserError(f"{path}: the header is not TOML: {error}") from error
    header = _header(path, raw)
    entry = Entry(
        name=name,
        path=path,
        kind=kind,
        title=header.title,
        authors=tuple(header.authors),
        tasks=tuple(header.tasks),
        variants=header.variants,
        licence=header.licence,
        citation=header.citation,
        causal=header.causal,
        trained_on=header.trained_on,
        dependencies=_dependencies(path, raw),
        context=header.context,
        suite=header.suite,
    )
    _ = entry.weights  # raises for what must not lie there
    return entry


def check_name(path: Path, name: str) -> None:
    """UserError unless it is a name that a path and a table can hold."""
    if name in RESERVED:
        raise UserError(f"{path}: the leaderboard has a row called {name} already")
    if not _NAME.fullmatch(name):
        raise UserError(f"{path}: name the entry with a-z, 0-9 and _ only")


def read_predictions(path: Path) -> Entry:
    """An entry that is a manifest and records; nothing of it can be run."""
    manifest = read_manifest(path)
    return Entry(
        name=path.parent.name,
        path=path,
        kind="predictions",
        title=manifest.title,
        authors=tuple(manifest.authors),
        tasks=(manifest.task,),
        variants={"default": {}},
        licence=manifest.licence,
        citation=manifest.citation,
        causal=False,
        trained_on=manifest.trained_on,
        dependencies=(),
    )


def read_manifest(path: Path) -> Manifest:
    """Read and check a manifest; UserError says what to mend."""
    try:
        return Manifest.model_validate_json(_source(path))
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"])) or "the whole"
        raise UserError(f"{path}: {_quoted(field)}: {first['msg']}") from error


def _header_text(source: str) -> str:
    """What PEP 723 calls the content of the block `script`; nothing where there is none.

    By lines: the regular expression there takes the square of the length to find nothing.
    """
    lines = source.split("\n")
    if "# /// script" not in lines:
        return ""
    del lines[: lines.index("# /// script") + 1]
    block = list(takewhile(lambda line: line == "#" or line.startswith("# "), lines))
    while block and block.pop() != "# ///":
        pass
    return "\n".join(line[2:] for line in block)


def _header(path: Path, raw: Mapping[str, Any]) -> Header:
    tool = raw.get("tool")
    if not isinstance(tool, dict) or "silentbench" not in tool:
        raise UserError(f"{path}: the header lacks 'silentbench': a table [tool.silentbench]")
    try:
        return Header.model_validate(tool["silentbench"])
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"])) or "it"
        if first["type"] == "missing":
            raise UserError(f"{path}: the header lacks {field!r}") from error
        said = first["msg"].removeprefix("Value error, ")
        raise UserError(f"{path}: in the header, {_quoted(field)}: {said}") from error


def _dependencies(path: Path, raw: Mapping[str, Any]) -> tuple[str, ...]:
    found = raw.get("dependencies", [])
    if not isinstance(found, list) or not all(
        isinstance(name, str) and name.isprintable() for name in found
    ):
        raise UserError(f"{path}: in the header, dependencies: expected a list of names")
    return tuple(found)


def _quoted(text: str) -> str:
    """Somebody else's text in a sentence of ours: no terminal obeys it."""
    return repr(text[:60])


def _shown(text: str) -> str:
    """A sentence that may name somebody's file: no terminal obeys it, and each can show it."""
    return "".join(c if c.isprintable() else "?" for c in text)


def _source(path: Path) -> str:
    """The text of a file of an entry; a link could lead to what an entry must not see."""
    if path.is_symlink() or path.parent.is_symlink() or not path.is_file():
        raise UserError(f"{path}: must be a file, not a link or anything else")
    if path.stat().st_size > LARGEST_FILE:
        raise UserError(f"{path}: longer than {LARGEST_FILE:,} bytes")
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8: {error.reason} at byte {error.start}") from error


def _weights(folder: Path) -> tuple[Path, ...]:
    if folder.is_symlink():
        raise UserError(f"{folder}: must be a folder, not a link")
    found = tuple(sorted(folder.iterdir()))
    for path in found:
        if path.suffix != ".safetensors" or path.is_symlink() or not path.is_file():
            raise UserError(f"{path}: weights are files NAME.safetensors and nothing else")
    size = sum(path.stat().st_size for path in found)
    if size > LARGEST_WEIGHTS:
        raise UserError(f"{folder}: {size:,} bytes, at most {LARGEST_WEIGHTS:,} are allowed")
    return found


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


def code_digest(entry: Entry, metrics: Iterable[str]) -> str:
    """sha256 over the entry's file, the `_*.py` beside it that it imports, weights, metric ids."""
    summary = hashlib.sha256()
    for path in (*source_files(entry.path), *entry.weights):
        summary.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    summary.update("\n".join(metrics).encode())
    return summary.hexdigest()


def source_files(path: Path) -> list[Path]:
    """The file and, through its imports, every `_*.py` beside it; sorted, without repeats."""
    if path.name == MANIFEST:
        return [path]
    seen: set[Path] = set()
    waiting = [path]
    while waiting:
        current = waiting.pop()
        if current not in seen:
            seen.add(current)
            names = _imports(current, current.lstat().st_mtime_ns)
            waiting += [p for name in names if (p := path.parent / f"{name}.py").exists()]
    return sorted(seen)


@functools.lru_cache(maxsize=1000)
def _imports(path: Path, _changed: int) -> set[str]:
    """Names of the layers that a file imports; read again only when it has changed."""
    try:
        tree = ast.parse(_source(path), filename=str(path))
    except SyntaxError as error:
        raise UserError(f"{path}:{error.lineno}: not Python: {error.msg}") from error
    except (RecursionError, MemoryError, ValueError) as error:
        raise UserError(f"{path}: not Python that can be read: {error}") from error
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
