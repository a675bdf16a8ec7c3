"""Steps of a build, each in a fork of this process.

The synthesiser is global to its process: in a fresh copy nothing is left over from what was made
before, so a take is the same whether it is made alone or among others.
"""

from __future__ import annotations

import multiprocessing
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Any

from benchmark.core import UserError

CONTEXT = multiprocessing.get_context("fork")


class Pool:
    """Processes at work, each known by a key; those that are left when it closes are ended."""

    def __init__(self) -> None:
        self._running: dict[Connection, tuple[BaseProcess, Any, str]] = {}

    def __len__(self) -> int:
        return len(self._running)

    def __enter__(self) -> Pool:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        for process, _, _ in self._running.values():
            process.terminate()
        for process, _, _ in self._running.values():
            process.join()

    def start(
        self, key: Any, name: str, function: Callable[..., None], args: tuple[Any, ...]
    ) -> None:
        """Begin `function(*args)`; `name` is what an error message calls it."""
        here, there = CONTEXT.Pipe(duplex=False)
        process = CONTEXT.Process(target=_perform, args=(there, function, args), daemon=True)
        process.start()
        there.close()
        self._running[here] = process, key, name

    def finished(self) -> Any:
        """Wait for the next one that ends, and give its key; UserError where it failed."""
        done = wait([*self._running])[0]
        assert isinstance(done, Connection)
        process, key, name = self._running.pop(done)
        try:
            said = done.recv()
        except EOFError:
            said = None
        done.close()
        process.join()
        if said is None:
            raise UserError(
                f"{name}: its process ended with status {process.exitcode} before it was done, "
                "as when memory runs out; build again to go on from here"
            )
        if said:
            raise UserError(f"{name}: {said}; build again to go on from here")
        return key


def _perform(there: Connection, function: Callable[..., None], args: tuple[Any, ...]) -> None:
    """Run a step and send what went wrong, or an empty text."""
    try:
        function(*args)
    except (UserError, OSError) as error:
        there.send(str(error))
    except ValueError as error:  # the synthesiser's own errors are of this kind
        traceback.print_exc()
        there.send(f"{type(error).__name__}: {' '.join(str(error).split())}")
    else:
        there.send("")
