"""What only one test process of a machine may have at a time."""

from __future__ import annotations

import fcntl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def exclusive(name: str) -> Iterator[None]:
    """Wait until nobody else on this machine has `name`, and have it."""
    with Path(tempfile.gettempdir(), f"silentbench-{name}.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
