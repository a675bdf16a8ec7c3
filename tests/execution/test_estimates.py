import json
from dataclasses import dataclass
from pathlib import Path

from benchmark.core import Job
from benchmark.execution.estimates import MARGIN, START, Estimates, Need

JOB = Job("t", "c.s", "f", "e", "default", 0, "d", "c")
HEAD = {"task": "t", "split": "c.s", "entry": "e", "variant": "default"}
COST = {"fit_seconds": 2.0, "predict_seconds": 1.0, "peak_memory_mb": 100.0}


@dataclass
class Entry:
    results: Path


def estimated(path, *results):
    path.write_text("[\n" + ",\n".join(json.dumps(r) for r in results) + "\n]\n")
    return Estimates([Entry(path)]).of(JOB)


def test_a_job_needs_what_one_like_it_took(tmp_path):
    need = estimated(tmp_path / "e.json", HEAD | {"fold": "other", "cost": COST})
    assert need == Need(START + 3.0, 100.0 * MARGIN)


def test_results_without_a_whole_cost_are_passed_over(tmp_path):
    short = {"fit_seconds": 2.0}
    broken = [HEAD, HEAD | {"cost": None}, HEAD | {"cost": short}, ["no result"]]
    assert estimated(tmp_path / "e.json", *broken) == Need()
    assert estimated(tmp_path / "e.json", *broken, HEAD | {"cost": COST}).seconds == START + 3.0
