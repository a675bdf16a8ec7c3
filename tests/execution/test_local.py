import random
import threading
import time
from dataclasses import replace

import pytest

import toy
from benchmark.data import folds
from benchmark.execution import estimates, executors, leases, plan, runner
from benchmark.execution import job as working
from benchmark.execution.job import HELD, LOST, Done, Work
from benchmark.sandbox.workspace import Order


@pytest.fixture
def place(tmp_path):
    return toy.project(tmp_path, one=toy.entry())


@pytest.fixture
def works(place):
    jobs = plan.plan(place, plan.Choice(seeds=4), {"toy": toy.corpus()}).jobs
    conditions = vars(toy.CONDITIONS)
    return [Work(Order(place.root, place.runs, place.data, job, **conditions)) for job in jobs]


def ending(do=lambda _work: None):
    """What an engine does instead of a job."""

    def perform(work, may_start, variables):
        may_start()
        return Done(work.job, None, do(replace(work, gpu=variables)) or "")

    return perform


@pytest.mark.parametrize("workers", [1, 3])
def test_every_job_is_done_once(works, workers):
    done = []
    results = list(executors.local(workers, do=ending(lambda w: done.append(w.job)))(iter(works)))
    keys = sorted(work.job.key for work in works)
    assert sorted(result.job.key for result in results) == sorted(job.key for job in done) == keys


def test_jobs_run_side_by_side_but_not_more_than_asked(works):
    barrier = threading.Barrier(2, timeout=10)  # two must be at work at once to pass
    running, most = [], []

    def do(work):
        running.append(work)
        most.append(len(running))
        barrier.wait()
        running.remove(work)

    assert len(list(executors.local(2, do=ending(do))(works))) == len(works)
    assert max(most) == 2


def test_the_next_job_makes_itself_ready_meanwhile(works):
    ready, started = threading.Event(), []

    def perform(work, may_start, _variables):
        if started:
            ready.set()  # before it may start
        may_start()
        started.append(work)
        assert ready.wait(10)
        return Done(work.job, None)

    assert len(list(executors.local(1, do=perform)(works[:2]))) == 2


def test_jobs_start_before_the_last_one_is_ready(works):
    started = threading.Event()

    def one_by_one():
        yield works[0]
        assert started.wait(10)
        yield works[1]

    do = ending(lambda _work: started.set())
    assert len(list(executors.local(2, do=do)(one_by_one()))) == 2


def test_what_a_job_raises_is_raised(works):
    def do(_work):
        raise KeyError("broken")

    with pytest.raises(KeyError):
        list(executors.local(2, do=ending(do))(works))


def test_the_longest_goes_first_and_the_unknown_before_it(works):
    lengths = [3.0, 9.0, None, 1.0]
    gate, order = threading.Event(), []

    def do(work):
        order.append(work.seconds)
        gate.wait(10)

    def given():
        yield replace(works[0], seconds=0.0)  # holds the only slot until all others wait
        yield replace(works[1], seconds=0.0)  # is made ready meanwhile
        time.sleep(0.2)
        for work, seconds in zip(works[2:], lengths, strict=False):
            yield replace(work, seconds=seconds)
        time.sleep(0.2)
        gate.set()

    list(executors.local(1, do=ending(do))(given()))
    assert order[2:] == [None, 9.0, 3.0, 1.0]


def test_memory_is_shared_out_and_a_small_job_does_not_wait_for_a_large_one(works):
    lock, used, most = threading.Lock(), [0.0], []
    large_done = threading.Event()

    def do(work):
        with lock:
            used[0] += work.memory_mb
            most.append(used[0])
        time.sleep(0.05)
        with lock:
            used[0] -= work.memory_mb
        if work.memory_mb == 900:
            large_done.set()

    given = [replace(w, memory_mb=mb) for w, mb in zip(works, (600, 900, 300, 300), strict=False)]
    list(executors.local(3, memory_mb=1000, do=ending(do))(given))
    assert large_done.is_set()
    assert max(most) <= 1000
    assert 900 in most  # 600 and 300 ran together, or the large one alone


def test_a_job_that_needs_more_than_there_is_runs_alone(works):
    done = list(executors.local(2, memory_mb=10, do=ending())(works[:3]))
    assert len(done) == 3


def test_memory_is_given_back_to_the_last_bit(works):
    rng = random.Random(0)
    small = [replace(work, memory_mb=rng.uniform(1, 3) * 1.3) for work in works * 4]
    large = replace(works[0], memory_mb=1e6)
    assert len(list(executors.local(2, memory_mb=10, do=ending())([*small, large]))) == 33


def test_each_job_that_can_use_a_gpu_has_one_for_itself(works):
    given = [replace(work, gpu=number % 2 == 0) for number, work in enumerate(works)]
    lock, held, seen = threading.Lock(), set(), []

    def do(work):
        mine = work.gpu.get("CUDA_VISIBLE_DEVICES")
        with lock:
            assert mine is None or mine not in held
            held.add(mine)
            seen.append(mine)
        time.sleep(0.02)
        with lock:
            held.discard(mine)

    list(executors.local(4, gpus=2, do=ending(do))(given))
    assert seen.count(None) == 4
    assert set(seen) == {None, "0", "1"}
    seen.clear()
    list(executors.local(2, do=ending(do))(given))
    assert set(seen) == {None}


def test_what_somebody_else_does_is_looked_at_again(works, monkeypatch):
    monkeypatch.setattr("benchmark.execution.executors.local.AGAIN", 0.05)
    said = [HELD, HELD, "over"]
    (done,) = executors.local(2, do=ending(lambda _work: said.pop(0)))(works[:1])
    assert done.reason == "over"


@pytest.fixture
def ready(place, works):
    chosen = plan.plan(place, plan.Choice(seeds=4), {"toy": toy.corpus()})
    task, split, corpus = chosen.sources["toy", "toy.all"]
    folds.prepare(place.runs, place.data, "toy", task, split, corpus, lambda _: None)
    return works


def test_a_job_is_done_once_whoever_asks(ready):
    work = ready[0]
    first = working.perform(work)
    assert first.result.status == "good"
    path = work.order.runs / "results" / work.job.key
    before = path.stat().st_mtime_ns
    assert working.perform(work).result == first.result
    assert path.stat().st_mtime_ns == before
    assert not leases.place(work.order.runs, work.job).exists()


def test_two_at_once_do_it_once(ready):
    work, results = ready[0], []
    threads = [
        threading.Thread(target=lambda: results.append(working.perform(work))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(done.reason == HELD for done in results) == 3
    assert sum(done.result is not None for done in results) == 1


def test_a_process_that_ends_without_a_result_is_said(ready, monkeypatch):
    monkeypatch.setattr(working.sys, "executable", "/bin/false")
    assert working.perform(ready[0]) == Done(ready[0].job, None, LOST)
    assert not leases.place(ready[0].order.runs, ready[0].job).exists()


def test_a_run_hands_the_longest_over_first(place, monkeypatch):
    given = []

    def engine(works):
        given.extend(works)
        return iter(())

    needs = {0: 5.0, 1: 50.0, 2: None, 3: 1.0}

    class Known:
        def __init__(self, _entries):
            pass

        def of(self, job):
            return estimates.Need(needs[job.seed], 77.0)

    monkeypatch.setattr(runner, "Estimates", Known)
    chosen = plan.plan(place, plan.Choice(seeds=4), {"toy": toy.corpus()})
    runner.run(place, chosen, engine, toy.CONDITIONS)
    assert [work.seconds for work in given] == [None, None, 50.0, 50.0, 5.0, 5.0, 1.0, 1.0]
    assert {work.memory_mb for work in given} == {77.0}
