"""Training steps of every network beside the same mathematics written the obvious way.

    OMP_NUM_THREADS=1 python benchmarks/training.py

Calls the scripts beside it, one a family of networks; each says what its reference does and checks
that both answer alike. Takes some minutes; ratios mean something only where nothing else runs.
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
