"""The child process that counts how many numbers each variant of an entry learns.

    python -m benchmark.worker.parameter_count ENTRY SETTINGS_BY_VARIANT LIMITS OWN_USER

It prints {variant: count}; null where the entry has no network to build: its file then has no
function `published`, or that one raises NotImplementedError. Nothing is trained.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmark.worker import limits, seccomp
from benchmark.worker.loading import load_module


def main(entry: str, settings: str, allowed: str, own_user: str) -> None:
    limits.die_with_parent()
    limits.bind(limits.Limits(**json.loads(allowed)), json.loads(own_user))
    seccomp.refuse()
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what the entry prints must not look like the counts
    print(json.dumps(count(Path(entry), json.loads(settings))), file=answer, flush=True)


def count(path: Path, variants: Mapping[str, Mapping[str, Any]]) -> dict[str, int | None]:
    """The trainable numbers of what `published` builds with the settings of each variant."""
    sys.path.insert(0, str(path.parent))
    build = getattr(load_module(path), "published", None)
    found: dict[str, int | None] = {}
    for name, settings in variants.items():
        try:
            network = build(**settings) if build else None
        except NotImplementedError:
            network = None
        found[name] = None if network is None else _learnt(network)
    return found


def _learnt(network: Any) -> int:
    """Those that torch keeps a gradient of; all of them where parameters do not say."""
    return sum(p.numel() for p in network.parameters() if getattr(p, "requires_grad", True))


if __name__ == "__main__":
    main(*sys.argv[1:])
