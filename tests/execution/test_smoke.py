"""The main suite on every task, small, through the same path as a real run; two entries on Slurm.

That every other entry runs is tried on miniatures of corpora (tests/corpora/test_fixtures.py).
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import slurm_here
from benchmark.results.result import parse
from parts import needs

ROOT = Path(__file__).resolve().parents[2]
ON_SLURM = ("words_conv", "ridge")  # with torch, and without
pytestmark = [pytest.mark.timeout(900), pytest.mark.xdist_group("slurm")]


def smoke(runs, *words):
    command = ["run", "--suite", "smoke", "--runs", str(runs), "--json", *words]
    done = subprocess.run(
        [sys.executable, ROOT / "run_benchmark.py", *command],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout, done.stderr
    summary = json.loads(done.stdout)
    assert summary["bad"] == {}
    assert summary["good"] == summary["planned"] > 0
    assert done.returncode == 0
    return {path.relative_to(runs): parse(path.read_bytes(), path) for path in results(runs)}


def results(runs):
    return sorted((runs / "results").rglob("[!.]*.json"))


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    return smoke(tmp_path_factory.mktemp("smoke"))


def test_the_smoke_suite_is_all_good(local):
    assert len(local) > 20


def test_the_smoke_suite_on_slurm_leaves_the_same_results(local, tmp_path):
    needs("submitit", "slurm", "root")
    with slurm_here.slurm(tmp_path / "slurm"):
        chosen = (*ON_SLURM, "--task", "emg_word_classification")
        queued = smoke(tmp_path / "runs", "--engine", "slurm", "--memory", "3000", *chosen)
    assert {result.entry for result in queued.values()} == {*ON_SLURM}
    for path, result in queued.items():
        assert timeless(result) == timeless(local[path]), path


def timeless(result):
    """Without what time, memory and the machine change."""
    items = [item.model_copy(update={"seconds": 0.0}) for item in result.items]
    measured = (name for name in type(result.cost).model_fields if name.endswith("_seconds"))
    measured = (*measured, "real_time_factor", "peak_memory_mb")
    cost = result.cost.model_copy(update=dict.fromkeys(measured, 0.0))
    changed = {"items": tuple(items), "cost": cost, "finished": "", "seal": "", "environment": {}}
    return result.model_copy(update=changed)
