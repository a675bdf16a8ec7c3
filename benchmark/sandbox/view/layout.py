"""What lies where in a sandbox: what is mounted or made at which path, the deeper ones last."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal

from benchmark.core import MachineFault
from benchmark.sandbox.view import libraries

LINKS = 40  # on the way to a path, as many as the kernel follows

# read, write: mounted at this path; link, folder: made; hide: an empty folder or file over it.
Action = Literal["read", "write", "link", "folder", "hide"]
Step = tuple[Action, Path]
OPEN = (Path("/tmp"), Path("/dev/shm"))  # new and empty in a sandbox, which may write there


@dataclass(frozen=True)
class View:
    """What a command sees besides the system and the interpreter, each path where it really is."""

    readable: tuple[Path, ...]
    writable: tuple[Path, ...] = ()
    elsewhere: Mapping[Path, Path] = field(default_factory=dict)  # where such a one really lies
    hidden: tuple[Path, ...] = ()  # no folder of libraries that holds one is shown either
    copies: tuple[Path, ...] = ()  # hidden too, but what they lie among is shown
    scratch_mb: int = 1024

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """What is mounted or made where, as the file systems are when this is first asked for.

        The deeper paths come last: they lie over what is above them.
        """
        return _planned(self)


def _planned(view: View) -> tuple[Step, ...]:
    hidden, copies = ({path.resolve() for path in each} for each in (view.hidden, view.copies))
    steps: set[Step] = {("hide", path) for path in (*hidden, *copies, *libraries.unused())}
    for path in (*libraries.needed(hidden, copies), *view.readable):
        steps |= set(_way(path))
    steps |= {("write", path.resolve()) for path in view.writable}
    visible = {path for action, path in steps if action in ("read", "write")}
    if both := (hidden | copies) & visible:
        raise MachineFault(
            f"{min(both)} holds answers and would be visible to every model: move it, or run by an "
            "interpreter that lies elsewhere"
        )
    done: dict[Path, Action] = {}
    kept: list[Step] = []
    for action, path in sorted(steps, key=lambda step: (len(step[1].parts), step)):
        nothing: Action = "write" if _is_in(path, OPEN) else "hide"  # of a new root
        above = next((done[p] for p in path.parents if p in done), nothing)
        match action:
            case "hide" if above == "hide" or not path.exists():
                continue  # there is nothing to be seen
            case "hide" if above == "write" and not path.is_dir():
                continue  # nor of a file, where a folder would only be made so that it is closed
            case "read" if above == "read":
                continue  # it is visible as a part of that
            case "link" | "folder" if above == "read":
                continue
            case "read" | "write" | "hide":
                done[path] = action
        kept.append((action, path))
    return tuple(kept)


def visible(hidden: Collection[Path]) -> list[Path]:
    """The folders of the system and of libraries that every view shows, the outermost ones."""
    return [path for action, path in View((), hidden=tuple(hidden)).steps if action == "read"]


def closed(view: View) -> dict[str, list[str]]:
    """Hidden path -> the names in it that a command with this view may see nevertheless.

    They lead to something visible that lies within, as do those of the folders on the way there.
    """
    kept_away = (*view.hidden, *view.copies)
    if not kept_away:
        return {}
    names: dict[Path, set[str]] = {folder: set() for folder in kept_away}
    for action, path in view.steps:
        within = {folder for folder in kept_away if str(path).startswith(f"{folder}/")}
        for step in (path, *path.parents) if within and action != "hide" else ():
            if not within.isdisjoint(step.parents):
                names.setdefault(step.parent, set()).add(step.name)
    return {str(folder): sorted(found) for folder, found in names.items()}


def _is_in(path: Path, folders: Collection[Path]) -> bool:
    return any(path.is_relative_to(folder) for folder in folders)


def _way(path: Path) -> Iterator[Step]:
    """How the kernel walks to a path: links on the way, folders that `..` leaves, and its end."""
    reached, parts, links = "", list(path.absolute().parts[:0:-1]), 0
    while parts:
        part = parts.pop()
        step = f"{reached}/{part}"
        if part == "..":
            yield "folder", Path(reached or "/")
            reached = reached.rpartition("/")[0]
        elif (target := _target(step)) and links < LINKS:
            yield "link", Path(step)
            reached = "" if target.startswith("/") else reached
            parts += [part for part in reversed(target.split("/")) if part not in ("", ".")]
            links += 1
        else:
            reached = step
    if os.path.exists(reached):
        yield "read", Path(reached)


def _target(path: str) -> str:
    """Where a link leads to; an empty string for what is no link."""
    try:
        return os.readlink(path)
    except OSError:
        return ""
