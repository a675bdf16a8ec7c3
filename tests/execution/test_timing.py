"""Jobs are timed one by one, alone; nothing but the costs of a result changes."""

import os
import subprocess
import threading
import time

import pytest

import toy
from benchmark.execution import executors, plan, runner
from benchmark.execution.executors import timing
from benchmark.execution.sharing import at_work, leases
from benchmark.execution.sharing.at_work import Work
from benchmark.results import aggregation
from benchmark.results.result import read_result


@pytest.fixture
def place(tmp_path):
    return toy.project(tmp_path, one=toy.entry(predict=toy.SUM), bad=toy.entry("raise KeyError"))


def done(place, **choice):
    chosen = plan.plan(place, plan.RunSelection(**choice), {"toy": toy.corpus()})
    runner.run(place, chosen, executors.serial_executor(), toy.CONFIG)
    return chosen


def timed(place, chosen):
    said = []
    return timing.time_all(place, chosen, toy.CONFIG, said.append), said


def test_good_results_are_timed_and_stay_what_they_are(place):
    chosen = done(place)
    before = {job: read_result(place.runs, job) for job in chosen.jobs}
    untimed, said = timed(place, chosen)
    assert not untimed
    assert len(said) == 2
    for job, old in before.items():
        new = read_result(place.runs, job)
        if old.status != "good":
            assert new == old
            continue
        assert (old.cost.timed, new.cost.timed) == (False, True)
        assert new.cost.predict_seconds == pytest.approx(sum(i.seconds for i in new.items))
        assert new.cost.real_time_factor == pytest.approx(
            new.cost.predict_seconds / new.cost.signal_seconds
        )
        assert [i.prediction for i in new.items] == [i.prediction for i in old.items]
        assert new.model_copy(
            update={"cost": old.cost, "items": old.items, "finished": old.finished, "seal": ""}
        ) == old.model_copy(update={"seal": ""})
    assert not list((place.runs / "timing" / "results").rglob("*.json"))
    assert timed(place, chosen) == ({}, [])  # they are not timed again


def test_a_model_that_answers_otherwise_is_named_and_stays_untimed(place):
    flag = place.root / "asked"
    predict = f"""
    import pathlib
    again = pathlib.Path({str(flag)!r}).exists()
    return np.full(shape, float(again)) + np.arange(len(inputs['x']))[:, None]
    """
    (place.root / "baselines" / "one.py").write_text(toy.entry(predict=predict))
    chosen = plan.plan(place, plan.RunSelection(entries=["one"]), {"toy": toy.corpus()})
    runner.run(place, chosen, executors.serial_executor(), toy.OPEN)
    before = read_result(place.runs, chosen.jobs[0])
    flag.touch()
    untimed = timing.time_all(place, chosen, toy.OPEN, lambda _: None)
    assert set(untimed.values()) == {timing.OTHER}
    assert read_result(place.runs, chosen.jobs[0]) == before


def test_a_job_that_is_timed_runs_on_one_core_and_beside_no_other(place, monkeypatch):
    chosen = done(place, entries=["one"])
    process = subprocess.Popen(["sleep", "60"])
    said = {**leases.ourselves(), "process": process.pid, "started": leases._started(process.pid)}
    folder = at_work._folder(place.runs)
    folder.mkdir(parents=True, exist_ok=True)
    other = {**said, "corpus": "another", "fold": "/x", "alone": False}
    at_work.storage.write_json(folder / "other.json", other)
    monkeypatch.setattr("benchmark.execution.job.AGAIN", 0.02)
    asked, entered = [], at_work.entered
    pins = []

    def noted(runs, work):
        asked.append(work)
        return entered(runs, work)

    def pinned(_request, _log, _environment, may_start):
        pins.append(may_start())
        return 1

    monkeypatch.setattr(at_work, "entered", noted)
    monkeypatch.setattr("benchmark.execution.job.fork_server.run", pinned)
    monkeypatch.setattr("benchmark.execution.job._why", lambda *_: "over")
    thread = threading.Thread(target=timed, args=(place, chosen))
    thread.start()
    time.sleep(0.2)
    assert not asked  # somebody is at work on another corpus
    process.kill()
    process.wait()
    thread.join(20)
    assert {work.alone for work in asked} == {True}
    assert not asked[0].may_meet(Work("another", asked[0].fold))
    assert pins == [(max(os.sched_getaffinity(0)),)] * 2


def test_a_result_of_aggregates_keeps_that_it_was_timed(place):
    chosen = done(place, entries=["one"])
    timed(place, chosen)
    result = read_result(place.runs, chosen.jobs[0])
    assert aggregation._plain(result.cost).timed is True
