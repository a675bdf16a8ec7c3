"""How much systems gain from more training recordings, on validation recordings.

    OMP_NUM_THREADS=1 python benchmarks/training_size.py TASK ENTRY[:VARIANT]... [--split NAME]
        [--shares 0.125 0.25 0.5 1]

Each entry trains on a part of the first fold's training part, with its own settings and the whole
validation part, and is scored there by the task's first metric. Parts are drawn once for all, each
within the next larger one. Signals of test recordings are never read.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tools"), str(ROOT)]

import search_budget  # noqa: E402
from _trials import SEED, Data, score  # noqa: E402

from benchmark import registry  # noqa: E402
from benchmark.core import Paths  # noqa: E402
from benchmark.worker.model import make_model  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("task")
    parser.add_argument("entries", nargs="+", metavar="ENTRY[:VARIANT]")
    parser.add_argument("--split")
    parser.add_argument("--data", type=Path, default=ROOT / "data")
    parser.add_argument("--shares", type=float, nargs="+", default=(0.125, 0.25, 0.5, 1.0))
    parser.set_defaults(train=0, valid=0)  # all recordings are read, and thinned by share
    chosen = parser.parse_args()
    data = search_budget.load(Paths(ROOT, chosen.data, ROOT / "runs"), chosen)
    sizes = [round(share * len(data.train)) for share in chosen.shares]
    print(f"{data.task} on {data.split}, {data.metric.id}, {len(data.valid)} validation recordings")
    print(f"\n| recordings | {' | '.join(map(str, sizes))} |\n|---|{'---:|' * len(sizes)}")
    for name in chosen.entries:
        cells = []
        for size in sizes:
            value, seconds = trained(data, name, size)
            cells.append(f"{value} ({seconds:.0f} s)")
        print(f"| `{name}` | {' | '.join(cells)} |", flush=True)


def trained(data: Data, name: str, size: int) -> tuple[str, float]:
    """The score on validation recordings, or why there is none, and processor seconds to train."""
    name, _, variant = name.partition(":")
    entry = registry.entries(ROOT).pick(name)
    settings = entry.variants[variant] if variant else {}
    model = make_model(entry.path, data.asked, SEED, settings)
    start = time.process_time()
    drawn = sorted(np.random.default_rng(SEED).permutation(len(data.train))[:size])
    model.fit([data.train[place] for place in drawn], data.valid)
    value, problem = score(data, model)
    return problem if value is None else f"{value:.3f}", time.process_time() - start


if __name__ == "__main__":
    main()
