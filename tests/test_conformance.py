"""Our metrics against a conformance checker, where one is at hand: $SILENTBENCH_CONFORMANCE."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from parts import CONFORMANCE

HERE = Path(__file__).resolve().parent


@pytest.mark.needs("conformance kit")
def test_every_required_case_holds():
    done = subprocess.run(
        [sys.executable, Path(CONFORMANCE) / "check.py", HERE / "conformance_adapter.py"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(HERE.parent)},
        timeout=280,
        check=False,
    )
    last = (done.stdout.strip().splitlines() or [""])[-1]
    assert last.endswith(" 0 failed"), done.stdout[-3000:] + done.stderr[-1000:]
    assert done.returncode == 0
    assert int(last.split()[0]) > 100
