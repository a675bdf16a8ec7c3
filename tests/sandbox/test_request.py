from dataclasses import replace

import toy
from benchmark.data import folds
from benchmark.execution import plan
from benchmark.execution.job import run_job
from benchmark.sandbox.request import JobRequest


def requests(place):
    chosen = plan.plan(place, plan.RunSelection(), {"toy": toy.corpus()})
    return toy.requests(place, chosen)


def test_a_request_is_the_same_after_its_trip_as_text(tmp_path):
    (one, _) = requests(toy.project(tmp_path / "project", one=toy.entry()))
    other = replace(one, config=toy.OPEN, seconds=1.5, gpu=True, processes=3)
    assert JobRequest.parse(one.dump()) == one
    assert JobRequest.parse(other.dump()) == other


def test_a_job_reads_its_own_task_and_entry_only(tmp_path):
    place = toy.project(tmp_path / "project", one=toy.entry())
    chosen = plan.plan(place, plan.RunSelection(), {"toy": toy.corpus()})
    (place.root / "tasks" / "other.py").write_text("raise RuntimeError('imported')\n")
    task, split, corpus = chosen.sources["toy", "toy.all"]
    folds.prepare(place.runs, place.data, "toy", task, split, corpus, print)
    outcome = run_job(toy.requests(place, chosen)[0])
    assert outcome.result.status == "good", outcome
