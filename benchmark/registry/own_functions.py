"""What the functions of a user's corpus raise, as a sentence that names the file and the line.

They run in the process of whoever asks, so that a fault in them would otherwise end a command with
a traceback. What they give is held against what it must be.
"""

from __future__ import annotations

import errno
import traceback
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any

import numpy as np

from benchmark.core import Array, Corpus, Recording, UserError
from benchmark.plain_text import plain

FUNCTIONS = ("locate", "digest", "verify", "files", "state", "facets", "fetch")
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)  # the disk's fault


def guarded(path: Path, corpus: Corpus) -> Corpus:
    """The corpus of a file with functions that raise nothing but UserError."""
    made: dict[str, Any] = {
        name: _guarded(path, name, function)
        for name in FUNCTIONS
        if (function := getattr(corpus, name)) is not None
    }
    made["recordings"] = _recordings(path, _guarded(path, "recordings", corpus.recordings))
    made["splits"] = {
        name: replace(rule, folds=_guarded(path, f"split {name}", rule.folds))
        for name, rule in corpus.splits.items()
    }
    return replace(corpus, **made)


def fault(path: Path, error: BaseException) -> str:
    """An exception, with the last line of the file that it went through."""
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f[0] == str(path)]
    where = f"line {lines[-1]}: " if lines else ""
    kind = "" if isinstance(error, UserError) else f"{type(error).__name__}: "
    return plain(f"{where}{kind}{error}")


def _guarded(path: Path, what: str, function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def guarded(*arguments: object) -> Any:
        try:
            return function(*arguments)
        except UserError:
            raise
        except OSError as error:
            if error.errno in NO_ROOM:
                raise
            raise UserError(f"{path}: {what}: {fault(path, error)}") from error
        except (Exception, SystemExit) as error:
            raise UserError(f"{path}: {what}: {fault(path, error)}") from error

    return guarded


def _recordings(
    path: Path, function: Callable[[Path], list[Recording]]
) -> Callable[[Path], list[Recording]]:
    def listed(folder: Path) -> list[Recording]:
        found: dict[str, Recording] = {}
        said = f"{path}: recordings"
        returned = function(folder)
        if not isinstance(returned, list | tuple):
            raise UserError(f"{said}: expected a list, found {type(returned).__name__}")
        for recording in returned:
            if not isinstance(recording, Recording):
                kind = type(recording).__name__
                raise UserError(f"{said}: expected recordings, found {kind} among them")
            if not isinstance(recording.id, str) or not recording.id:
                raise UserError(f"{said}: expected a name for an id, found {recording.id!r}")
            if recording.id in found:
                raise UserError(f"{said}: two of them have the id {recording.id}")
            found[recording.id] = replace(recording, read=_read(path, recording))
        if not found:
            raise UserError(f"{said}: there are none in {folder}")
        return list(found.values())

    return listed


def _read(path: Path, recording: Recording) -> Callable[[str], Array]:
    def read(signal: str) -> Array:
        what = f"recording {recording.id}, {signal}"
        array = _guarded(path, what, recording.read)(signal)
        if not isinstance(array, np.ndarray):
            kind = type(array).__name__
            raise UserError(f"{path}: {what}: expected an array, found {kind}")
        return array

    return read
