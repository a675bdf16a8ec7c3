from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from benchmark import registry
from benchmark.core import Job
from benchmark.evaluation.examination import PATIENCE
from benchmark.execution.estimates import MARGIN, START, Estimates, Need
from benchmark.results import entry_results
from benchmark.results.result import Cost, JobResult

JOB = Job("emg_to_text", "embedded.all", "f", "e", "default", 0, "d" * 64, "c" * 64)
COST = Cost(
    fit_seconds=2.0,
    predict_seconds=1.0,
    signal_seconds=None,
    real_time_factor=None,
    parameters=None,
    peak_memory_mb=100.0,
)


@dataclass
class Entry:
    results: Path


@pytest.fixture
def published(tmp_path):
    """A file of two results: one without a cost, and one of another fold than JOB's."""
    path = tmp_path / "e.json"
    results = [
        JobResult(**vars(job), metrics=(), status="failed", reason="why", cost=cost)
        for job, cost in ((replace(JOB, fold="e"), None), (replace(JOB, fold="g"), COST))
    ]
    task = registry.task(Path(__file__).resolve().parents[2], JOB.task)
    entry_results.merge(path, results, {JOB.task: task})
    return path


def test_a_job_needs_what_one_like_it_took(published):
    estimates = Estimates([Entry(published)])
    assert estimates.of(JOB) == Need(START + 2 * 2.0 + 1.0, 100.0 * MARGIN)
    assert estimates.of(replace(JOB, variant="large")) == Need()
    assert estimates.of(replace(JOB, setup="cuda")) == Need()


def test_a_second_worker_trains_for_a_minute_at_most(tmp_path):
    path = tmp_path / "e.json"
    cost = COST.model_copy(update={"fit_seconds": 500.0})
    result = JobResult(**vars(JOB), metrics=(), status="failed", reason="why", cost=cost)
    task = registry.task(Path(__file__).resolve().parents[2], JOB.task)
    entry_results.merge(path, [result], {JOB.task: task})
    assert Estimates([Entry(path)]).of(JOB).seconds == START + 500.0 + PATIENCE + 1.0


def test_what_scoring_takes_is_known_by_any_entry_of_the_split(tmp_path):
    task = registry.task(Path(__file__).resolve().parents[2], JOB.task)
    scored = COST.model_copy(update={"score_seconds": 40.0})
    others = replace(JOB, entry="other"), replace(JOB, entry="other", split="embedded.none")
    for job, cost in ((JOB, COST), (others[0], scored), (others[1], COST)):
        result = JobResult(**vars(job), metrics=(), status="failed", reason="why", cost=cost)
        entry_results.merge(tmp_path / f"{job.entry}{job.split}.json", [result], {JOB.task: task})
    estimates = Estimates(map(Entry, sorted(tmp_path.iterdir())))
    model = START + 2 * 2.0 + 1.0
    assert estimates.of(JOB).seconds == estimates.of(others[0]).seconds == model + 40.0
    assert estimates.of(others[1]).seconds == model


@pytest.mark.parametrize(
    ("written", "damaged"),
    [
        ('"predict_seconds":1.0,', ""),
        ('"fit_seconds":2.0', '"fit_seconds":"?"'),
        ('"cost":{', '"costs":{'),
        ('{"result"', '"result"'),
    ],
)
def test_a_result_that_cannot_be_read_is_passed_over(published, written, damaged):
    text = published.read_text()
    assert text.count(written)
    published.write_text(text.replace(written, damaged))
    assert Estimates([Entry(published)]).of(JOB) == Need()
