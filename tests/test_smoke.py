"""Every entry on every task, small, through the same path as a real run."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.timeout(300)
def test_the_smoke_suite_is_all_good(tmp_path):
    words = ["run", "--suite", "smoke", "--runs", str(tmp_path), "--json"]
    done = subprocess.run(
        [sys.executable, ROOT / "run_benchmark.py", *words],
        capture_output=True,
        text=True,
        check=False,
    )
    summary = json.loads(done.stdout)
    assert summary["bad"] == {}
    assert summary["good"] == summary["planned"] > 20
    assert done.returncode == 0
