import threading

import pytest

import toy
from benchmark import engines, plan


@pytest.fixture
def jobs(tmp_path):
    place = toy.project(tmp_path, one=toy.entry())
    return plan.plan(place, plan.Choice(seeds=4), {"toy": toy.corpus()}).jobs


@pytest.mark.parametrize("engine", [engines.here, engines.local(1), engines.local(3)])
def test_every_job_is_done_once(jobs, engine):
    done = []
    results = list(engine(iter(jobs), done.append))
    assert sorted(job.key for job, _ in results) == sorted(job.key for job in jobs)
    assert sorted(job.key for job in done) == sorted(job.key for job in jobs)


def test_jobs_run_side_by_side_but_not_more_than_asked(jobs):
    barrier = threading.Barrier(2, timeout=10)  # two must be at work at once to pass
    running, most = [], []

    def do(job):
        running.append(job)
        most.append(len(running))
        barrier.wait()
        running.remove(job)

    assert len(list(engines.local(2)(jobs, do))) == len(jobs)
    assert max(most) == 2


def test_jobs_start_before_the_last_one_is_ready(jobs):
    started = threading.Event()

    def one_by_one():
        yield jobs[0]
        assert started.wait(10)
        yield jobs[1]

    assert len(list(engines.local(2)(one_by_one(), lambda _job: started.set()))) == 2


def test_what_a_job_raises_is_raised(jobs):
    def do(_job):
        raise KeyError("broken")

    with pytest.raises(KeyError):
        list(engines.local(2)(jobs, do))
