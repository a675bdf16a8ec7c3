"""Folds that hold each other's answers are never worked on at the same time."""

import itertools
import json
import os
import random
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

import toy
from benchmark.core import Job, MachineFault
from benchmark.data import conflicts, folds
from benchmark.execution import executors, plan, runner
from benchmark.execution import job as working
from benchmark.execution.executors import slurm
from benchmark.execution.job import KEPT_WAITING, LEASED, JobOutcome
from benchmark.execution.sharing import at_work, leases
from benchmark.execution.sharing.at_work import Work
from benchmark.results.result import read_result
from benchmark.sandbox import cores

ROOT = Path(__file__).resolve().parents[2]


def write_fold(folder, test, visible):
    for part, roles in (("answers", {"test": test}), ("visible", {"train": visible, "valid": []})):
        (folder / part).mkdir(parents=True)
        index = {role: [{"id": i} for i in ids] for role, ids in roles.items()}
        (folder / part / "index.json").write_text(json.dumps({"asked": {}, **index}))
    return folder


def meet(one, other, corpora=("c", "c")):
    return Work(corpora[0], one).may_meet(Work(corpora[1], other))


def test_a_conflict_is_a_test_recording_among_those_that_the_other_sees(tmp_path):
    one = write_fold(tmp_path / "1", ["a"], ["b", "c"])
    sees = write_fold(tmp_path / "2", ["d"], ["a"])
    seen = write_fold(tmp_path / "3", ["b"], ["e"])
    same_test = write_fold(tmp_path / "4", ["a"], ["c"])
    assert not meet(one, sees)
    assert not meet(sees, one)
    assert not meet(one, seen)
    assert meet(one, same_test)
    assert meet(sees, seen)
    assert meet(one, one)
    assert meet(one, sees, ("c", "other"))
    assert not meet(one, tmp_path / "not there")
    assert not Work("c", one, alone=True).may_meet(Work("other", sees))


def test_the_ids_are_those_of_the_corpus_whatever_a_model_sees(tmp_path):
    one = write_fold(tmp_path / "1", ["r1"], ["r2"])
    other = write_fold(tmp_path / "2", ["r3"], ["n1"])
    assert meet(one, other)
    conflicts._ids.cache_clear()
    conflicts._overlap.cache_clear()
    (other / "names.json").write_text(json.dumps({"n1": "r1"}))
    assert not meet(one, other)


@pytest.fixture
def place(tmp_path):
    place = toy.project(tmp_path, one=toy.entry(predict=toy.SUM), two=toy.entry())
    toy.three_folds(place)
    return place


def prepared(place, **choice):
    chosen = plan.plan(place, plan.RunSelection(**choice), {"toy": toy.corpus()})
    task, split, corpus = chosen.sources["toy", "toy.all"]
    folds.prepare(place.runs, place.data, "toy", task, split, corpus, lambda _: None)
    return toy.requests(place, chosen)


class Watched:
    """What an executor does in place of jobs: it notes which run at the same time."""

    def __init__(self, seconds):
        self.seconds, self.lock = seconds, threading.Lock()
        self.now, self.together, self.done = [], set(), []

    def run_job(self, request, may_start, _variables):
        may_start()
        with self.lock:
            self.now.append(request)
            self.together |= set(itertools.combinations(self.now, 2))
        time.sleep(self.seconds())
        with self.lock:
            self.now.remove(request)
            self.done.append(request.job)
        return JobOutcome(request.job, None, "over")


@pytest.mark.parametrize("seed", range(12))
def test_no_schedule_has_jobs_at_once_that_may_not_meet(tmp_path, seed):
    rng = random.Random(seed)
    ids = [str(number) for number in range(12)]
    place = toy.project(tmp_path, one=toy.entry())
    (template,) = toy.requests(place, plan.plan(place, plan.RunSelection(), {"toy": toy.corpus()}))[
        :1
    ]
    requests = []
    for number in range(rng.randint(1, 8)):
        test = rng.sample(ids, rng.randint(1, 3))
        fold = f"f{number}"
        rest = [i for i in ids if i not in test]
        for job_seed in range(rng.randint(1, 5)):
            job = replace(template.job, fold=fold, seed=job_seed)
            seconds = rng.choice([None, 1.0, 2.0, 30.0])
            memory_mb = rng.choice([1.0, 40.0, 80.0])
            requests.append(replace(template, job=job, seconds=seconds, memory_mb=memory_mb))
        write_fold(requests[-1].fold, test, rng.sample(rest, rng.randint(1, len(rest))))
    rng.shuffle(requests)
    watched = Watched(lambda: rng.uniform(0, 0.004))
    workers = rng.randint(1, 5)
    executor = executors.local_executor(workers, memory_mb=100, run_job=watched.run_job)
    outcomes = list(executor.run(iter(requests)))
    assert sorted(o.job.key for o in outcomes) == sorted(r.job.key for r in requests)
    assert len(watched.done) == len(requests)
    for one, other in watched.together:
        assert Work.of(one).may_meet(Work.of(other))


def test_jobs_of_one_fold_run_side_by_side_while_others_wait(place):
    requests = prepared(place, seeds=2)
    barrier = threading.Barrier(2, timeout=10)
    folds_seen = []

    def run_job(request, may_start, _variables):
        may_start()
        barrier.wait()
        folds_seen.append(request.job.fold)
        barrier.wait()
        return JobOutcome(request.job, None, "over")

    assert len(list(executors.local_executor(2, run_job=run_job).run(requests))) == 12
    # Two were at work each time the barrier opened, always of one fold, whichever came first.
    assert folds_seen[::2] == folds_seen[1::2]
    assert sorted(folds_seen) == sorted(request.job.fold for request in requests)


def test_the_next_fold_makes_itself_ready_meanwhile(place):
    requests = prepared(place, entries=["one"])
    ready, begun = threading.Event(), []

    def run_job(request, may_start, _variables):
        if begun:
            ready.set()
        may_start()
        begun.append(request)
        assert ready.wait(10)
        return JobOutcome(request.job, None, "over")

    assert len(list(executors.local_executor(2, run_job=run_job).run(requests[:2]))) == 2


def test_a_real_run_with_folds_that_may_not_meet_ends(place):
    chosen = plan.plan(place, plan.RunSelection(), {"toy": toy.corpus()})
    summary = runner.run(place, chosen, executors.local_executor(2), toy.CONFIG)
    assert summary.ok
    assert summary.good == 6
    assert not list((place.runs / "at_work").rglob("*.json"))


HOLD = """
import sys, time
from pathlib import Path
from benchmark.execution.sharing.at_work import Work, entered
runs, fold, log, times = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
for _ in range(times):
    with entered(runs, Work("c", fold)):
        with log.open("a") as file: file.write(f"+{fold.name}\\n")
        time.sleep(0.01)
        with log.open("a") as file: file.write(f"-{fold.name}\\n")
"""


def holder(tmp_path, fold, times):
    command = [sys.executable, "-c", HOLD, *map(str, (tmp_path, fold, tmp_path / "log", times))]
    return subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(ROOT)})


def test_processes_that_share_a_folder_keep_apart_what_may_not_meet(tmp_path):
    made = [write_fold(tmp_path / f"{n}", [f"{n}"], [f"{m}" for m in range(3) if m != n])
            for n in range(3)]  # fmt: skip
    processes = [holder(tmp_path, made[n % 3], 15) for n in range(6)]
    assert [process.wait(60) for process in processes] == [0] * 6
    now = []
    lines = (tmp_path / "log").read_text().splitlines()
    assert len(lines) == 6 * 15 * 2
    for line in lines:
        if line[0] == "+":
            now.append(line[1:])
            assert len(set(now)) == 1, now
        else:
            now.remove(line[1:])


def test_looking_and_entering_is_one_step(tmp_path, monkeypatch):
    one = Work("c", write_fold(tmp_path / "1", ["a"], ["b"]))
    other = Work("c", write_fold(tmp_path / "2", ["b"], ["a"]))
    monkeypatch.setattr(at_work, "LOOK", 0.005)
    living, now, together = at_work._living, [], []

    def slow(folder):
        found = living(folder)
        time.sleep(0.05)
        return found

    def work(what):
        with at_work.entered(tmp_path, what):
            now.append(what)
            together.append(len(now))
            time.sleep(0.02)
            now.remove(what)

    monkeypatch.setattr(at_work, "_living", slow)
    threads = [threading.Thread(target=work, args=(what,)) for what in (one, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert together == [1, 1]


def test_a_process_that_is_gone_keeps_nobody_waiting(tmp_path):
    one = write_fold(tmp_path / "1", ["a"], ["b"])
    other = write_fold(tmp_path / "2", ["b"], ["a"])
    folder = at_work._folder(tmp_path)
    folder.mkdir(parents=True)
    gone = subprocess.Popen(["true"])
    gone.wait()
    said = {**leases.ourselves(), "corpus": "c", "fold": str(one), "alone": False}
    (folder / "x.json").write_text(json.dumps({**said, "process": gone.pid, "started": "1"}))
    assert not at_work.is_kept_waiting(tmp_path, Work("c", other))
    assert not list(folder.iterdir())
    (folder / "x.json").write_text(json.dumps(said))  # of this process, which schedules by itself
    assert not at_work.is_kept_waiting(tmp_path, Work("c", other))


def other_process(runs, fold):
    """Have a living process of this machine be at work on a fold; returns it and its file."""
    process = subprocess.Popen(["sleep", "60"])
    said = {**leases.ourselves(), "process": process.pid, "started": leases._started(process.pid)}
    folder = at_work._folder(runs)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "other.json"
    path.write_text(json.dumps({**said, "corpus": "toy", "fold": str(fold), "alone": False}))
    return process, path


def test_a_job_waits_for_another_process_with_a_fold_that_it_may_not_meet(place, monkeypatch):
    requests = {request.job.fold: request for request in prepared(place, entries=["one"])}
    process, path = other_process(place.runs, requests["0"].fold.resolve())
    try:
        assert working.run_job(requests["1"]).reason == KEPT_WAITING
        assert not requests["1"].log.with_suffix(".evaluator.log").exists()  # nothing was started
        assert not leases.path_of(place.runs, requests["1"].job).exists()
        assert working.run_job(requests["0"]).result.status == "good"  # that fold may go on
        monkeypatch.setattr(working, "AGAIN", 0.05)
        threading.Timer(0.3, process.kill).start()
        assert working.run_job_when_free(requests["1"]).result.status == "good"
    finally:
        process.kill()
        process.wait()
    assert not path.exists()


def test_who_cannot_look_at_the_list_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(at_work, "LONGEST_STEP", 0.05)
    one = Work("c", write_fold(tmp_path / "1", ["a"], ["b"]))
    with (
        at_work._step(at_work._folder(tmp_path)),
        pytest.raises(MachineFault, match="keeps the list of running jobs"),
        at_work.entered(tmp_path, one),
    ):
        pass


def test_a_slurm_job_that_has_to_wait_is_handed_over_again(place, monkeypatch):
    request = prepared(place, entries=["one"])[0]
    said = [JobOutcome(request.job, None, LEASED), JobOutcome(request.job, None, KEPT_WAITING)]
    submitted = []

    def submit(_queue, requests, _options):
        """What waits twice and is done then."""
        submitted.append([r.job for r in requests])
        for one in requests:
            if said:
                monkeypatch.setattr(slurm, "run_job_when_free", lambda *_: said.pop(0))
            else:
                monkeypatch.setattr(slurm, "run_job_when_free", lambda r, *_: working.run_job(r))
            slurm.Task()(one.dump())
        return f"n{len(submitted)}"

    monkeypatch.setattr(slurm, "GRACE", 0.0)
    monkeypatch.setattr(slurm, "_submit", submit)
    monkeypatch.setattr(slurm, "_states", lambda names: {(n, 0): "COMPLETED" for n in names})
    options = slurm.SlurmOptions(pause=0.0)
    queue = place.runs / "queue"
    first = {request.job.key.as_posix(): (submit(queue, [request], options), 0)}
    (done,) = slurm._follow(queue, [request], first, options)
    assert done.result == read_result(place.runs, request.job)
    assert submitted == [[request.job]] * 3


def test_cores_are_shared_out_from_those_that_the_process_may_use(monkeypatch):
    monkeypatch.setattr(cores.os, "sched_getaffinity", lambda _: {7, 2, 4, 5, 9})
    assert cores.shares(2) == [(2, 4), (5, 7)]
    assert cores.shares(5) == [(2,), (4,), (5,), (7,), (9,)]
    assert cores.shares(6) == [()] * 6


def test_all_threads_and_children_of_a_process_are_pinned():
    (core, *_) = sorted(os.sched_getaffinity(0))
    text = (
        "import subprocess, sys, threading, time\n"
        "threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
        "child = subprocess.Popen(['sleep', '60'])\n"
        "print(child.pid, flush=True); sys.stdin.read(); child.kill()\n"
        "import os; print(sorted(os.sched_getaffinity(0)), flush=True)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", text], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        child = int(process.stdout.readline())
        cores.pin(process.pid, (core,))
        threads = [int(p.name) for p in Path(f"/proc/{process.pid}/task").iterdir()]
        assert len(threads) == 2
        for one in (*threads, child):
            assert os.sched_getaffinity(one) == {core}
        process.stdin.close()
        assert process.stdout.read().strip() == f"[{core}]"


def test_each_running_job_has_cores_of_its_own(place, monkeypatch):
    requests = prepared(place, seeds=2)
    monkeypatch.setattr(cores.os, "sched_getaffinity", lambda _: {1, 3, 5, 8})
    lock, held, seen = threading.Lock(), set(), set()

    def run_job(request, may_start, _variables):
        mine = may_start()
        with lock:
            assert held.isdisjoint(mine)
            held.update(mine)
            seen.add(mine)
        time.sleep(0.01)
        with lock:
            held.difference_update(mine)
        return JobOutcome(request.job, None, "over")

    list(executors.local_executor(2, run_job=run_job).run(requests))
    assert seen == {(1, 3), (5, 8)}
    seen.clear()
    alone = [replace(request, processes=2) for request in requests[:1]]
    list(executors.local_executor(2, run_job=run_job).run(alone))
    assert {tuple(sorted(mine)) for mine in seen} == {(1, 3, 5, 8)}


def test_a_model_runs_on_the_cores_of_its_job(place):
    (core, *_) = sorted(os.sched_getaffinity(0))
    fit = "import os; self.mine = sorted(os.sched_getaffinity(0))"
    predict = f"assert self.mine == [{core}], self.mine; return np.zeros(shape)"
    (place.root / "baselines" / "one.py").write_text(toy.entry(fit, predict))
    request = prepared(place, entries=["one"])[0]
    assert working.run_job(request, lambda: (core,)).result.reason == ""


def test_a_job_has_the_place_of_its_fold(tmp_path):
    place = toy.project(tmp_path, one=toy.entry())
    request = toy.requests(place, plan.plan(place, plan.RunSelection(), {"toy": toy.corpus()}))[0]
    assert isinstance(request.job, Job)
    assert Work.of(request) == Work("toy", request.fold.resolve())
