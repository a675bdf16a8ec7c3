"""The judge's questions: their order says nothing, and no model knows when it is probed."""

import contextlib
import os
import time

import pytest

import toy
from benchmark import storage
from benchmark.data import folds
from benchmark.evaluation import checkpoints
from benchmark.execution import executors, plan, runner
from benchmark.execution.job import run_job
from benchmark.results.result import KILLED, MOST_ATTEMPTS

CLAIMS = "# causal = true\n"
TOOLS = """
import os, signal
from pathlib import Path
KEPT = Path(os.environ["SILENTBENCH_CHECKPOINTS"])
AHEAD = 3  # frames

def ahead(x):
    return np.concatenate([x[AHEAD:, :1], np.zeros((AHEAD, 1))])

def honest(x):
    return x[:, :1]
"""


def go(place, conditions=toy.CONFIG, retry_failed=False):
    chosen = plan.plan(place, plan.RunSelection(), {"toy": toy.corpus()})
    runner.run(place, chosen, executors.local_executor(2), conditions, retry_failed)
    return chosen


def results(folder, entry, conditions=toy.CONFIG):
    """The results of one entry's jobs, two folds with the same test recordings."""
    place = toy.project(folder, model=entry)
    return place, [runner.read_result(place.runs, job) for job in go(place, conditions).jobs]


def test_no_entry_learns_anything_from_the_order_of_asking(tmp_path):
    """One that counted its calls had scored 1.000 on words that came in the split's cycle."""
    count = "self.count = self.__dict__.get('count', -1) + 1; return np.full(shape, self.count)"
    place = toy.project(tmp_path, model=toy.entry(predict=count))
    chosen = plan.plan(place, plan.RunSelection(seeds=4), {"toy": toy.corpus()})
    runner.run(place, chosen, executors.local_executor(2), toy.CONFIG)
    orders = set()
    for job in chosen.jobs:
        result = runner.read_result(place.runs, job)
        kept = [storage.kept(place.runs / "predictions", i.prediction) for i in result.items]
        orders.add(tuple(int(storage.read_array(path)[0, 0]) for path in kept))
    assert all(sorted(order) == [0, 1, 2, 3] for order in orders)
    assert len(orders) > 1  # of 24, in 8 jobs


@pytest.mark.parametrize(
    "predict",
    [
        # By what it was asked before, in its memory or in a file.
        "key = inputs['x'][:5].tobytes(); known = self.__dict__.setdefault('known', {})\n"
        "return known.setdefault(key, ahead(inputs['x']))",
        "path = Path('/tmp', str(abs(hash(inputs['x'][:5].tobytes()))))\n"
        "if path.exists(): return np.load(path)\n"
        "answer = ahead(inputs['x']); np.save(open(path, 'wb'), answer); return answer",
        # Honest from the moment on that every recording was asked once.
        "self.count = self.__dict__.get('count', 0) + 1\n"
        "return (ahead if self.count <= 4 else honest)(inputs['x'])",
        # Honest where the later half is not as the first one.
        "x = inputs['x']; return (ahead if abs(x[:25].std() / x[25:].std() - 1) < 0.3"
        " else honest)(x)",
        # Honest at random, which is not the same twice.
        "return (ahead if os.urandom(1)[0] < 128 else honest)(inputs['x'])",
    ],
)
def test_who_looks_ahead_is_not_believed_to_be_causal(tmp_path, predict):
    _, found = results(tmp_path, toy.entry(predict=predict, extra=CLAIMS) + TOOLS)
    for result in found:
        assert result.status == "good", result.reason
        assert result.probes.claims_causal
        seen = result.probes.look_ahead_ms
        assert seen is None or seen >= 100, seen


def test_who_does_not_look_ahead_is_believed(tmp_path):
    text = toy.entry(predict="return honest(inputs['x'])", extra=CLAIMS) + TOOLS
    for result in results(tmp_path, text)[1]:
        assert result.probes.look_ahead_ms == 0
        assert result.probes.order_change == 0


def test_who_remembers_recordings_is_seen_though_it_keeps_its_answers(tmp_path):
    predict = """
    key = inputs["x"].tobytes()
    known = self.__dict__.setdefault("known", {})
    return known.setdefault(key, np.full(shape, len(known)) + inputs["x"][:, :1])
    """
    changes = [
        result.probes.order_change for result in results(tmp_path, toy.entry("pass", predict))[1]
    ]
    assert max(changes) > 0.1


def test_the_two_workers_look_alike(tmp_path):
    look = """
    import re
    mounts = open("/proc/self/mountinfo").read() + open("/proc/self/cgroup").read()
    own = "[0-9a-f]{32}|silentbench-[^/ ]*|[0-9]+:[0-9]+|^[0-9]+ [0-9]+"  # numbers and names by lot
    print(re.sub(own, "", mounts, flags=re.M))
    print(sorted(os.environ), os.getcwd(), os.listdir(KEPT), KEPT)
    print(len(os.listdir("/tmp")), os.listdir("/proc/self/fd"), os.getpid(), os.getppid())
    (KEPT / "mark").touch()
    """
    text = toy.entry(look, toy.SUM) + TOOLS
    place, found = results(tmp_path, text)
    assert [result.status for result in found] == ["good", "good"]
    for result in found:
        log = (place.runs / "logs" / result.job.key).with_suffix(".log")
        one, other = log.read_text(), log.with_suffix(".second.log").read_text()
        assert one == other
        assert "mark" not in one  # the second has checkpoints of its own


def test_what_is_kept_ends_with_the_first_test_input(tmp_path):
    fit = 'print("FOUND", sorted(os.listdir(KEPT))); (KEPT / "trained").touch()'
    predict = '(KEPT / "seen").write_bytes(inputs["x"].tobytes()); os.kill(os.getpid(), 9)'
    place = toy.project(tmp_path, model=toy.entry(fit, predict) + TOOLS)
    for attempt in range(1, MOST_ATTEMPTS + 2):
        chosen = go(place)
        for job in chosen.jobs:
            result = runner.read_result(place.runs, job)
            assert (result.status, result.reason) == ("failed", KILLED)
            assert result.attempts == min(attempt, MOST_ATTEMPTS)
            log = (place.runs / "logs" / job.key).with_suffix(".log")
            assert log.read_text() == "FOUND []\n"  # of the worker that ended first
    assert not [path for path in (place.runs / "checkpoints").rglob("*") if path.is_file()]


def test_what_was_kept_before_a_test_input_came_both_workers_find_again(tmp_path):
    fit = """
    if (KEPT / "trained").exists():
        print("RESUMED")
    else:
        (KEPT / "trained").touch()
        raise RuntimeError("again")
    """
    place = toy.project(tmp_path, model=toy.entry(fit, toy.SUM) + TOOLS)
    assert all(runner.read_result(place.runs, j).status == "failed" for j in go(place).jobs)
    for job in go(place, retry_failed=True).jobs:
        result = runner.read_result(place.runs, job)
        log = (place.runs / "logs" / job.key).with_suffix(".log")
        assert result.status == "good"
        assert log.read_text() == log.with_suffix(".second.log").read_text() == "RESUMED\n"


@pytest.mark.parametrize("left", ["open", "closed"])
def test_what_a_killed_judge_leaves_is_taken_over_unless_a_test_input_came(tmp_path, left):
    job = tmp_path / "default-0"
    abandoned = tmp_path / f".default-0.{left}.0"
    abandoned.mkdir()
    (abandoned / "trained").touch()
    kept = ["trained"] if left == "open" else []
    with contextlib.suppress(KeyboardInterrupt), checkpoints.for_two(job) as folders:
        assert [os.listdir(folder) for folder in folders] == [kept, kept]
        assert sorted(os.listdir(tmp_path)) == sorted(folder.name for folder in folders)
        raise KeyboardInterrupt
    assert [path.name for path in tmp_path.rglob("*")] == (["default-0", "trained"] if kept else [])


def test_what_either_worker_kept_is_kept_unless_it_was_asked(tmp_path):
    job = tmp_path / "default-0"
    for asked, kept in (((), True), ((0,), True), ((1,), True), ((0, 1), False)):
        with contextlib.suppress(KeyboardInterrupt), checkpoints.for_two(job) as folders:
            for folder in folders:
                (folder / "trained").touch()
            with contextlib.ExitStack() as after:
                for number in asked:
                    after.enter_context(checkpoints.closed(job, folders[number]))
            raise KeyboardInterrupt
        assert bool(list(tmp_path.rglob("trained"))) == kept, asked
    with checkpoints.for_two(job) as folders:
        (folders[1] / "trained").touch()
    assert not os.listdir(tmp_path)


def test_the_import_of_an_entry_counts_as_training(tmp_path):
    slow = "end = time.process_time() + 0.5\nwhile time.process_time() < end: pass\n"
    _, found = results(tmp_path, toy.entry(predict=toy.SUM) + slow)
    for result in found:
        assert result.cost.fit_seconds > 0.5
        assert result.cost.fit_cpu_seconds > 0.45
        assert 0 <= result.cost.predict_cpu_seconds < 0.45
        assert 0 < result.cost.score_seconds < 0.45


def test_nothing_of_an_entry_runs_before_its_job_may_start(tmp_path):
    """Its time is counted from that moment on, so what ran earlier would be free."""
    place = toy.project(tmp_path, model=toy.entry(predict=toy.SUM) + 'print("RAN", flush=True)\n')
    chosen = plan.plan(place, plan.RunSelection(), {"toy": toy.corpus()})
    request = toy.requests(place, chosen)[0]
    task, split, corpus = chosen.sources[request.job.task, request.job.split]
    folds.prepare(place.runs, place.data, "toy", task, split, corpus, lambda _: None)
    log, printed = request.log, []

    def may_start():
        end = time.monotonic() + 20.0
        while not log.exists() and time.monotonic() < end:
            time.sleep(0.1)
        time.sleep(1.0)  # enough to do what the worker should not do yet
        printed.append(log.read_text())

    assert run_job(request, may_start).result.status == "good"
    assert printed == [""]
    assert log.read_text() == "RAN\n"
