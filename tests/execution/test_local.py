import random
import threading
import time
from dataclasses import replace

import pytest

import toy
from benchmark.data import folds
from benchmark.execution import estimates, executors, plan, runner
from benchmark.execution import job as working
from benchmark.execution.job import LEASED, LOST, Executor, JobOutcome
from benchmark.execution.sharing import leases


@pytest.fixture
def place(tmp_path):
    return toy.project(tmp_path, one=toy.entry())


@pytest.fixture
def requests(place):
    """Of two folds with the same recordings, which may meet."""
    chosen = plan.plan(place, plan.RunSelection(seeds=4), {"toy": toy.corpus()})
    task, split, corpus = chosen.sources["toy", "toy.all"]
    folds.prepare(place.runs, place.data, "toy", task, split, corpus, lambda _: None)
    return toy.requests(place, chosen)


def ending(do=lambda _request: None):
    """What an executor does instead of running a job."""

    def run_job(request, may_start, variables):
        may_start()
        return JobOutcome(request.job, None, do(replace(request, gpu=variables)) or "")

    return run_job


@pytest.mark.parametrize("workers", [1, 3])
def test_every_job_is_done_once(requests, workers):
    done = []
    results = list(
        executors.local_executor(workers, run_job=ending(lambda w: done.append(w.job))).run(
            iter(requests)
        )
    )
    keys = sorted(request.job.key for request in requests)
    assert sorted(result.job.key for result in results) == sorted(job.key for job in done) == keys


def test_jobs_run_side_by_side_but_not_more_than_asked(requests):
    barrier = threading.Barrier(2, timeout=10)  # two must be at work at once to pass
    running, most = [], []

    def do(request):
        running.append(request)
        most.append(len(running))
        barrier.wait()
        running.remove(request)

    assert len(list(executors.local_executor(2, run_job=ending(do)).run(requests))) == len(requests)
    assert max(most) == 2


def test_the_next_job_makes_itself_ready_meanwhile(requests):
    ready, started = threading.Event(), []

    def run_job(request, may_start, _variables):
        if started:
            ready.set()  # before it may start
        may_start()
        started.append(request)
        assert ready.wait(10)
        return JobOutcome(request.job, None)

    assert len(list(executors.local_executor(1, run_job=run_job).run(requests[:2]))) == 2


def test_jobs_start_before_the_last_one_is_ready(requests):
    started = threading.Event()

    def one_by_one():
        yield requests[0]
        assert started.wait(10)
        yield requests[1]

    do = ending(lambda _request: started.set())
    assert len(list(executors.local_executor(2, run_job=do).run(one_by_one()))) == 2


def test_what_a_job_raises_is_raised(requests):
    def do(_request):
        raise KeyError("broken")

    with pytest.raises(KeyError):
        list(executors.local_executor(2, run_job=ending(do)).run(requests))


def test_the_longest_goes_first_and_the_unknown_before_it(requests):
    lengths = [3.0, 9.0, None, 1.0]
    gate, order = threading.Event(), []

    def do(request):
        order.append(request.seconds)
        gate.wait(10)

    def given():
        yield replace(requests[0], seconds=0.0)  # holds the only slot until all others wait
        yield replace(requests[1], seconds=0.0)  # is made ready meanwhile
        time.sleep(0.2)
        for request, seconds in zip(requests[2:], lengths, strict=False):
            yield replace(request, seconds=seconds)
        time.sleep(0.2)
        gate.set()

    list(executors.local_executor(1, run_job=ending(do)).run(given()))
    assert order[2:] == [None, 9.0, 3.0, 1.0]


def test_memory_is_shared_out_and_a_small_job_does_not_wait_for_a_large_one(requests):
    lock, used, most = threading.Lock(), [0.0], []
    large_done = threading.Event()

    def do(request):
        with lock:
            used[0] += request.memory_mb
            most.append(used[0])
        time.sleep(0.05)
        with lock:
            used[0] -= request.memory_mb
        if request.memory_mb == 900:
            large_done.set()

    given = [
        replace(w, memory_mb=mb) for w, mb in zip(requests, (600, 900, 300, 300), strict=False)
    ]
    list(executors.local_executor(3, memory_mb=1000, run_job=ending(do)).run(given))
    assert large_done.is_set()
    assert max(most) <= 1000
    assert 900 in most  # 600 and 300 ran together, or the large one alone


def test_a_job_that_needs_more_than_there_is_runs_alone(requests):
    done = list(executors.local_executor(2, memory_mb=10, run_job=ending()).run(requests[:3]))
    assert len(done) == 3


def test_memory_is_given_back_to_the_last_bit(requests):
    rng = random.Random(0)
    small = [replace(request, memory_mb=rng.uniform(1, 3) * 1.3) for request in requests * 4]
    large = replace(requests[0], memory_mb=1e6)
    assert (
        len(list(executors.local_executor(2, memory_mb=10, run_job=ending()).run([*small, large])))
        == 33
    )


def test_each_job_that_can_use_a_gpu_has_one_for_itself(requests):
    given = [replace(request, gpu=number % 2 == 0) for number, request in enumerate(requests)]
    lock, held, seen = threading.Lock(), set(), []

    def do(request):
        mine = request.gpu.get("CUDA_VISIBLE_DEVICES")
        with lock:
            assert mine is None or mine not in held
            held.add(mine)
            seen.append(mine)
        time.sleep(0.02)
        with lock:
            held.discard(mine)

    list(executors.local_executor(4, gpus=2, run_job=ending(do)).run(given))
    assert seen.count(None) == 4
    assert set(seen) == {None, "0", "1"}
    seen.clear()
    list(executors.local_executor(2, run_job=ending(do)).run(given))
    assert set(seen) == {None}


def test_what_somebody_else_does_is_looked_at_again(requests, monkeypatch):
    monkeypatch.setattr("benchmark.execution.executors.local.AGAIN", 0.05)
    said = [LEASED, LEASED, "over"]
    (done,) = executors.local_executor(2, run_job=ending(lambda _request: said.pop(0))).run(
        requests[:1]
    )
    assert done.reason == "over"


def test_a_job_is_done_once_whoever_asks(requests):
    request = requests[0]
    first = working.run_job(request)
    assert first.result.status == "good"
    path = request.paths.runs / "results" / request.job.key
    before = path.stat().st_mtime_ns
    assert working.run_job(request).result == first.result
    assert path.stat().st_mtime_ns == before
    assert not leases.path_of(request.paths.runs, request.job).exists()


def test_two_at_once_do_it_once(requests):
    request, results = requests[0], []
    threads = [
        threading.Thread(target=lambda: results.append(working.run_job(request))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(done.reason == LEASED for done in results) == 3
    assert sum(done.result is not None for done in results) == 1


def test_a_process_that_ends_without_a_result_is_said(requests, monkeypatch):
    monkeypatch.setattr(working.fork_server, "run", lambda _, log, *__: log.write_bytes(b"") or 1)
    done = working.run_job(requests[0])
    assert done.result is None
    assert done.reason.startswith(LOST)
    assert not leases.path_of(requests[0].paths.runs, requests[0].job).exists()


def test_a_run_hands_the_longest_over_first(place, monkeypatch):
    given = []

    def run(requests):
        given.extend(requests)
        return iter(())

    needs = {0: 5.0, 1: 50.0, 2: None, 3: 1.0}

    class Known:
        def __init__(self, _entries):
            pass

        def of(self, job):
            return estimates.Need(needs[job.seed], 77.0)

    monkeypatch.setattr(runner, "Estimates", Known)
    chosen = plan.plan(place, plan.RunSelection(seeds=4), {"toy": toy.corpus()})
    runner.run(place, chosen, Executor(run), toy.CONFIG)
    assert [request.seconds for request in given] == [None, None, 50.0, 50.0, 5.0, 5.0, 1.0, 1.0]
    assert {request.memory_mb for request in given} == {77.0}
