"""How many numbers each variant of an entry learns at the published shapes; nothing is trained.

    python -m benchmark.registry.parameter_count ENTRY SETTINGS_BY_VARIANT

A process of its own, since it runs an entry's code. It prints {variant: count}; null where the
entry has no network to build: its file then has no function `published`, or that one raises
NotImplementedError.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmark.core import UserError
from benchmark.registry import Entry
from benchmark.worker.loading import load_module

Sizes = dict[str, int | None]


def of(entry: Entry) -> Sizes:
    """Ask a child process; UserError with its last words where it fails."""
    command = [
        sys.executable,
        "-m",
        "benchmark.registry.parameter_count",
        str(entry.path.resolve()),
    ]
    done = subprocess.run(
        [*command, json.dumps(dict(entry.variants))],
        capture_output=True,
        text=True,
        cwd=Path(__file__).resolve().parents[2],
        check=False,
    )
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or ["it ended without a word"]
        raise UserError(f"{entry.name}: its size cannot be counted: {lines[-1]}")
    found: Sizes = json.loads(done.stdout)
    return found


def count(path: Path, variants: Mapping[str, Mapping[str, Any]]) -> Sizes:
    sys.path.insert(0, str(path.parent))
    build = getattr(load_module(path), "published", None)
    found: Sizes = {}
    for name, settings in variants.items():
        try:
            network = build(**settings) if build else None
        except NotImplementedError:
            network = None
        found[name] = None if network is None else sum(p.numel() for p in network.parameters())
    return found


if __name__ == "__main__":
    print(json.dumps(count(Path(sys.argv[1]), json.loads(sys.argv[2]))))
