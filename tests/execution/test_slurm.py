"""Against a real Slurm of one node, which these tests start themselves."""

import json
import os
import signal
import subprocess
import time
from dataclasses import replace

import pytest

import slurm_here
import toy
from benchmark.core import UserError
from benchmark.data import folds
from benchmark.execution import executors, plan, runner
from benchmark.execution.executors import slurm, slurm_ends
from benchmark.execution.job import LOST, MACHINE, JobOutcome
from benchmark.execution.sharing import leases
from benchmark.worker.limits import Limits
from launching import LINEAR, finish, result_files, results, start, wait_for, working
from parts import needs

pytestmark = [pytest.mark.timeout(900), pytest.mark.xdist_group("slurm")]
HOUR = replace(toy.CONFIG, limits=Limits(seconds=3600.0))
SOON = slurm.SlurmOptions(pause=0.0)
# Counts tenths of a second in its checkpoint and goes on where it was ended.
PATIENT = """
import os, pathlib
kept = pathlib.Path(os.environ["SILENTBENCH_CHECKPOINTS"], "tenths")
done = int(kept.read_text()) if kept.exists() else 0
while done < {tenths}:
    time.sleep(0.1)
    done += 1
    fresh = kept.with_name("fresh")
    fresh.write_text(str(done))
    fresh.replace(kept)  # whole, whenever it is killed
"""
# Ends as soon as it was ended once: both workers of a job need one attempt more each.
ONCE_STOPPED = """
import os, pathlib
kept = pathlib.Path(os.environ["SILENTBENCH_CHECKPOINTS"], "begun")
if not kept.exists():
    kept.write_text("")
    time.sleep(250)
"""


@pytest.fixture(scope="module")
def _queue(tmp_path_factory):
    needs("submitit", "slurm", "root")
    with slurm_here.slurm(tmp_path_factory.mktemp("slurm")):
        yield


def arrays():
    """Names of all arrays that the queue was ever given."""
    return {line for line in slurm_here.jobs("%j") if line.startswith("silentbench")}


@pytest.mark.usefixtures("_queue")
def test_a_launcher_that_dies_finds_its_jobs_again(tmp_path):
    place = toy.project(tmp_path, slow=toy.entry(PATIENT.format(tenths=20), LINEAR))
    before = arrays()
    launcher = start(place, "slurm", seeds=3)
    wait_for(lambda: len(result_files(place)) >= 1)
    launcher.kill()
    finish(launcher)
    mine = arrays() - before
    assert len(mine) == 1
    again = start(place, "slurm", seeds=3)
    code, said = finish(again)
    assert code == 0, said
    assert arrays() - before == mine  # nothing was submitted twice
    assert len(results(place)) == 6
    assert not working(place)


@pytest.mark.usefixtures("_queue")
def test_what_is_cancelled_or_killed_is_named_and_comes_back(tmp_path):
    place = toy.project(tmp_path, slow=toy.entry(PATIENT.format(tenths=40), LINEAR))
    launcher = start(place, "slurm")
    wait_for(lambda: len(working(place)) == 2)
    # One by the queue's own word, the other by a signal to its evaluator on the node.
    first, second = working(place)
    process = json.loads(second.read_text())["process"]
    key = first.relative_to(place.runs / "leases").as_posix()
    (batch,) = (place.runs / "queue").glob("*.json")
    number = json.loads(batch.read_text()).index(key)
    ids = [line for line in slurm_here.jobs("%F_%K %j") if batch.stem in line]
    (mine,) = [line.split()[0] for line in ids if line.split()[0].endswith(f"_{number}")]
    subprocess.run(["scancel", mine], check=True)
    os.kill(process, signal.SIGKILL)
    code, said = finish(launcher)
    assert code == 1
    assert f"not run: {key}: this machine: the queue ended it: CANCELLED" in said
    assert said.count("not run: ") == 2
    assert LOST in said
    code, said = finish(start(place, "slurm"))
    assert code == 0, said
    assert len(results(place)) == 2


@pytest.mark.usefixtures("_queue")
def test_one_failed_job_does_not_end_its_neighbours(tmp_path):
    fails = "raise RuntimeError('broken')"
    place = toy.project(tmp_path, bad=toy.entry(fails), good=toy.entry(predict=LINEAR))
    code, said = finish(start(place, "slurm"))
    assert code == 1
    assert said.count("failed: ") == 2
    assert "RuntimeError: broken" in said
    statuses = {json.loads(path.read_text())["status"] for path in result_files(place)}
    assert statuses == {"good", "failed"}


@pytest.mark.usefixtures("_queue")
def test_a_lost_node_leaves_no_result(tmp_path):
    place = toy.project(tmp_path, slow=toy.entry(PATIENT.format(tenths=600), LINEAR))
    node = os.uname().nodename.partition(".")[0]
    launcher = start(place, "slurm")
    wait_for(lambda: len(working(place)) == 2)
    for line in slurm_here.jobs("%i %T"):
        if "RUNNING" in line:
            job = f"JobId={line.split()[0]}"
            subprocess.run(["scontrol", "update", job, "Requeue=0"], check=True)
    down = ["scontrol", "update", f"NodeName={node}"]
    subprocess.run([*down, "State=DOWN", "Reason=test"], check=True)
    try:
        code, said = finish(launcher)
    finally:
        subprocess.run([*down, "State=RESUME"], capture_output=True, check=False)
        slurm_here.wait_until_idle()
    assert code == 1
    assert said.count("the queue ended it: NODE_FAIL") == 2
    assert not result_files(place)


@pytest.mark.usefixtures("_queue")
def test_a_job_that_meets_its_time_limit_goes_on_from_its_checkpoint(tmp_path):
    # In jobs of one minute. Slurm looks at its clock twice a minute, so that they are told of their
    # end 10 to 40 s before it: once Python is there to hear it, however busy we are.
    place = toy.project(tmp_path, slow=toy.entry(ONCE_STOPPED, LINEAR))
    split = place.root / "tasks" / "splits" / "toy.all.json"
    raw = json.loads(split.read_text())
    del raw["folds"]["b"]
    split.write_text(json.dumps(raw))
    launcher = start(place, "slurm1")
    while launcher.poll() is None:
        for line in slurm_here.jobs("%i %r"):
            if "BeginTime" in line:  # Slurm would wait two minutes before it starts it again
                time.sleep(3)  # the first attempt is still being cleared away
                job = f"JobId={line.split()[0]}"
                subprocess.run(["scontrol", "update", job, "StartTime=now"], check=False)
        time.sleep(0.5)
    code, said = finish(launcher)
    assert code == 0, said
    assert len(results(place)) == 1
    logs = "".join(p.read_text() for p in (place.runs / "queue" / "submitit").glob("*.out"))
    assert "timed-out" in logs
    assert "Requeued job" in logs


@pytest.mark.usefixtures("_queue")
def test_results_are_the_same_wherever_jobs_ran(tmp_path):
    found = []
    for name in ("slurm", "local"):
        noise = "self.noise = np.random.normal()"
        predict = LINEAR.replace("reshape(shape)", "reshape(shape) + self.noise")
        place = toy.project(tmp_path / name, one=toy.entry(noise, predict), two=toy.entry())
        code, said = finish(start(place, name, seeds=2))
        assert code == 0, said
        found.append(results(place))
    assert found[0] == found[1]
    assert len(found[0]) == 8


@pytest.mark.usefixtures("_queue")
def test_folds_that_may_not_meet_take_turns_on_a_node(tmp_path):
    place = toy.project(tmp_path, one=toy.entry(PATIENT.format(tenths=3), LINEAR))
    toy.three_folds(place)
    launcher = start(place, "slurm")
    most = 0
    while launcher.poll() is None:
        most = max(most, len(list((place.runs / "at_work").rglob("[!.]*.json"))))
        time.sleep(0.02)
    code, said = finish(launcher)
    assert code == 0, said
    assert len(results(place)) == 3
    assert most == 1


@pytest.fixture
def requests(tmp_path):
    place = toy.project(tmp_path, one=toy.entry())
    chosen = plan.plan(place, plan.RunSelection(seeds=2), {"toy": toy.corpus()})
    task, split, corpus = chosen.sources["toy", "toy.all"]
    folds.prepare(place.runs, place.data, "toy", task, split, corpus, lambda _: None)
    return toy.requests(place, chosen)


@pytest.mark.parametrize(
    ("state", "status", "reason"),
    [
        ("OUT_OF_MEMORY", "failed", "the queue ended it: OUT_OF_MEMORY"),
        ("TIMEOUT", "timed out", "the queue ended it: TIMEOUT"),
        ("NODE_FAIL", None, "this machine: the queue ended it: NODE_FAIL"),
        ("CANCELLED", None, "this machine: the queue ended it: CANCELLED"),
        ("FAILED", None, LOST),
        ("", None, LOST),
    ],
)
def test_a_limit_of_the_queue_is_the_jobs_and_all_else_the_machines(
    requests, state, status, reason
):
    done = slurm_ends.lost(requests[0], state)
    if status is None:
        assert (done.result, done.reason) == (None, reason)
        assert runner.read_result(requests[0].paths.runs, requests[0].job) is None
    else:
        assert (done.result.status, done.result.reason) == (status, reason)
        assert runner.read_result(requests[0].paths.runs, requests[0].job) == done.result


@pytest.mark.parametrize(
    ("state", "options", "changes", "said"),
    [
        (
            "TIMEOUT",
            {"minutes": 119},
            {"config": HOUR},
            "--minutes are fewer than twice its --timeout",
        ),
        ("OUT_OF_MEMORY", {}, {"seconds": 3.0, "memory_mb": 40.0}, "earlier results needed 40 MB"),
    ],
)
def test_a_queue_that_gave_less_than_a_job_may_use_says_nothing_of_the_job(
    requests, state, options, changes, said
):
    request = replace(requests[0], **changes)
    done = slurm_ends.lost(request, state, **options)
    assert done.result is None
    assert done.reason.startswith(MACHINE)
    assert said in done.reason
    assert runner.read_result(request.paths.runs, request.job) is None


def test_what_a_task_says_of_its_node_reaches_the_launcher(requests, monkeypatch):
    reason = f"{MACHINE}no disk"
    said = [JobOutcome(requests[0].job, None, reason)]
    monkeypatch.setattr(slurm, "run_job_when_free", lambda *_: said[0])
    assert slurm.Task()(requests[0].dump()) == reason
    assert slurm_ends.lost(requests[0], "COMPLETED") == said[0]
    said[0] = JobOutcome(requests[0].job, None)
    slurm.Task()(requests[0].dump())  # what was said of an earlier attempt is gone
    assert slurm_ends.lost(requests[0], "COMPLETED").reason == LOST


def test_a_job_that_is_put_back_is_waited_for(requests, monkeypatch):
    monkeypatch.setattr(slurm, "GRACE", 0.05)
    key = requests[0].job.key.as_posix()
    said = ["PREEMPTED", "RUNNING", "PREEMPTED", "RUNNING", "PREEMPTED", "RUNNING"]
    now = [0.0]

    def states(_names):
        now[0] += 0.04  # less than the grace from one look to the next, more than that in all
        if not said:
            list(executors.serial_executor().run(requests[:1]))
            return {("n", 0): "COMPLETED"}
        return {("n", 0): said.pop(0)}

    monkeypatch.setattr(slurm, "_states", states)
    monkeypatch.setattr(slurm.time, "monotonic", lambda: now[0])
    queue = requests[0].paths.runs / "queue"
    (done,) = slurm._follow(queue, requests[:1], {key: ("n", 0)}, SOON)
    assert done.result.status == "good"


def test_a_queue_that_does_not_answer_is_asked_again(requests, monkeypatch):
    asked = []

    def states(_names):
        asked.append(1)
        if len(asked) == 3:
            list(executors.serial_executor().run(requests[:1]))
        if len(asked) < 4:
            raise UserError("squeue does not answer")
        return {}

    monkeypatch.setattr(slurm, "_states", states)
    key = requests[0].job.key.as_posix()
    (done,) = slurm._follow(requests[0].paths.runs / "queue", requests[:1], {key: ("n", 0)}, SOON)
    assert done.result.status == "good"
    monkeypatch.setattr(slurm, "PATIENCE", 2)
    (requests[0].paths.runs / "results" / requests[0].job.key).unlink()
    asked.clear()
    monkeypatch.setattr(slurm, "_states", lambda _names: (_ for _ in ()).throw(UserError("no")))
    with pytest.raises(UserError, match="no"):
        list(slurm._follow(requests[0].paths.runs / "queue", requests[:1], {key: ("n", 0)}, SOON))


def test_a_result_that_came_at_last_is_what_counts(requests):
    (good,) = executors.serial_executor().run(requests[:1])
    assert slurm_ends.lost(requests[0], "NODE_FAIL").result == good.result


def test_jobs_of_like_needs_share_an_array(requests):
    sizes = (100.0, 400.0, 600.0, 499.0)
    given = [
        replace(request, memory_mb=mb, gpu=number == 3)
        for number, (request, mb) in enumerate(zip(requests, sizes, strict=True))
    ]
    parts = list(slurm._parts(given))
    assert [[request.memory_mb for request in part] for part in parts] == [
        [100.0, 400.0],
        [600.0],
        [499],
    ]
    many = list(slurm._parts(given[:1] * (slurm.LARGEST_ARRAY + 1)))
    assert [len(part) for part in many] == [slurm.LARGEST_ARRAY, 1]


def test_what_is_asked_for_is_what_jobs_need_or_what_the_user_says(requests):
    needed = slurm._parameters("n", requests, slurm.SlurmOptions())
    # Nobody knows what they need: as much as they may have.
    allowed = toy.CONFIG.limits.memory_mb
    most = -(-allowed // slurm.STEP_MB) * slurm.STEP_MB + slurm.EVALUATOR_MB
    assert (needed["time"], needed["mem"]) == (2 + slurm.START_MINUTES, f"{most}M")
    known = [replace(request, seconds=1.0, memory_mb=700.0) for request in requests]
    assert (
        slurm._parameters("n", known, slurm.SlurmOptions())["mem"]
        == f"{1000 + slurm.EVALUATOR_MB}M"
    )
    assert needed["array_parallelism"] == 100
    assert "partition" not in needed
    asked = slurm.SlurmOptions("gpu", 30, 8000, 2, 5, ("account=me",))
    said = slurm._parameters("n", [replace(requests[0], gpu=True)], asked)
    assert (said["partition"], said["time"], said["mem"]) == ("gpu", 30, "9000M")
    assert (said["gpus_per_node"], said["array_parallelism"]) == (2, 5)
    assert said["additional_parameters"] == {"account": "me"}


def test_without_slurm_it_says_so(requests, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(UserError, match="there is no sbatch on this machine"):
        list(slurm.slurm_executor().run(requests))
    assert not leases.path_of(requests[0].paths.runs, requests[0].job).exists()
