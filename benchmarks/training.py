"""Time of a training step of every network, compared with a straightforward reference.

    OMP_NUM_THREADS=1 python benchmarks/training.py

Runs the `training_*.py` scripts in this folder, one per family of networks; each describes its
reference and checks that both give the same outputs. Takes several minutes; ratios are reliable
only on an idle machine.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def main() -> None:
    for script in sorted(HERE.glob("training_*.py")):
        print(f"\n{script.stem.removeprefix('training_')}\n", flush=True)
        subprocess.run([sys.executable, script], env={**os.environ, **ONE_THREAD}, check=True)


if __name__ == "__main__":
    main()
