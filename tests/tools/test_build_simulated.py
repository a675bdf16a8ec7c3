"""The command that builds a simulated corpus: what it can be asked for."""

import subprocess
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).resolve().parents[2] / "tools" / "build_simulated.py"


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "--talkers 2 --minutes 1",
        "--plan development --seed x",
        "--plan release --jobs 0",
        "--plan none",
    ],
)
def test_half_a_corpus_is_no_corpus(asked, tmp_path):
    out = tmp_path / "out"
    command = [sys.executable, TOOL, "--out", out, *asked.split()]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "usage" in done.stderr
    assert not out.exists()
