"""What is wrong with the machine leaves no result, and is told apart from what an entry does."""

import errno
import io
import json
import os
import re
import signal
import subprocess
import sys
from collections import namedtuple
from dataclasses import replace

import pytest

import toy
from benchmark.cli.running import messages
from benchmark.core import MachineFault
from benchmark.data import folds
from benchmark.evaluation import evaluator as evaluator_module
from benchmark.execution import executors, plan, runner
from benchmark.execution import job as working
from benchmark.execution.executors import debug
from benchmark.execution.job import LOST, MACHINE
from benchmark.execution.sharing import leases
from benchmark.results import environment
from benchmark.results.result import KILLED, MOST_ATTEMPTS

PYTHON = sys.executable
EVALUATOR = """#!{python}
import json, os, pathlib, signal, sys
count = pathlib.Path({folder!r}, "starts")
count.write_text(str(int(count.read_text()) + 1 if count.exists() else 1))
{what}
"""
GOOD = f"os.execv({sys.executable!r}, [{sys.executable!r}, *sys.argv[1:]])"
SLAIN = "os.kill(os.getpid(), signal.SIGKILL)"


@pytest.fixture
def place(tmp_path):
    return toy.project(tmp_path, ridge=toy.entry(predict=toy.SUM), other=toy.entry())


def planned(place, **choice):
    return plan.plan(place, plan.RunSelection(**choice), {"toy": toy.corpus()})


def go(place, chosen, **options):
    return runner.run(place, chosen, executors.serial_executor(), toy.CONFIG, **options)


@pytest.fixture
def evaluator(tmp_path, monkeypatch):
    """Have evaluators do this; what is returned counts how often one was started."""

    def use(what):
        path = tmp_path / "python"
        path.write_text(EVALUATOR.format(python=PYTHON, folder=str(tmp_path), what=what))
        path.chmod(0o755)

        def run(request, log, environment, may_start):
            command = [path, "-m", "benchmark.evaluation.evaluator", request, str(os.getpid())]
            options = {"stdin": subprocess.PIPE, "stderr": subprocess.STDOUT, "env": environment}
            with log.open("wb") as file, subprocess.Popen(command, stdout=file, **options) as done:
                done.communicate(json.dumps(may_start()).encode())
                return done.returncode

        monkeypatch.setattr(working.fork_server, "run", run)
        return lambda: int((tmp_path / "starts").read_text())

    return use


def one_job(place):
    chosen = planned(place, entries=["ridge"])
    task, split, corpus = chosen.sources["toy", "toy.all"]
    folds.prepare(place.runs, place.data, "toy", task, split, corpus, lambda _: None)
    return toy.requests(place, chosen)[0]


def assert_matches(pattern, text):
    assert re.search(pattern, text), text


def left(place):
    return [path for path in place.runs.rglob("results/**/*") if path.is_file()]


def test_an_evaluator_says_what_is_wrong_with_the_machine(place, evaluator):
    said = json.dumps({"machine_fault": "the disk is gone\x1b[2J"})
    evaluator(f"print('before'); print({said!r}); sys.exit({os.EX_TEMPFAIL})")
    request = one_job(place)
    done = working.run_job(request)
    assert (done.result, done.reason) == (None, f"{MACHINE}the disk is gone\\x1b[2J")
    assert not left(place)
    assert not leases.path_of(place.runs, request.job).exists()


@pytest.mark.parametrize("last", ["", "{}", "[]", '"text"', "no JSON"])
def test_a_status_without_its_sentence_is_a_lost_job(place, evaluator, last):
    evaluator(f"print({last!r}); sys.exit({os.EX_TEMPFAIL})")
    assert working.run_job(one_job(place)).reason.startswith(LOST)


def test_an_evaluator_that_a_signal_ends_is_started_once_more(place, evaluator):
    starts = evaluator(SLAIN)
    done = working.run_job(one_job(place))
    assert done.result is None
    assert done.reason == f"{LOST}: signal {signal.SIGKILL.value} ended it 2 times"
    assert starts() == 2
    starts = evaluator(f"{SLAIN} if count.read_text() == '3' else {GOOD}")
    slots = []
    done = working.run_job(one_job(place), lambda: slots.append(1) or ())
    assert done.result.status == "good"
    assert starts() == 4
    assert slots == [1]  # it kept its slot


def test_an_evaluator_that_raises_is_not_started_again(place, evaluator):
    starts = evaluator("raise RuntimeError('a bug')")
    done = working.run_job(one_job(place))
    assert done.reason.startswith(f"{LOST}: RuntimeError: a bug; see ")
    assert starts() == 1


def test_jobs_that_were_not_run_are_a_state_of_their_own_with_five_examples(
    place, evaluator, capsys
):
    evaluator(f"print(json.dumps({{'machine_fault': 'no room'}})); sys.exit({os.EX_TEMPFAIL})")
    summary = go(place, planned(place, seeds=2))
    assert runner.states(summary) == {"planned": 8, "good": 0, "not run": 8}
    assert not summary.ok
    messages.ended(summary, 1.0, as_json=False)
    said = capsys.readouterr().out
    assert said.count(": this machine: no room") == 5
    assert "not run: 3 more" in said
    messages.ended(summary, 1.0, as_json=True)
    assert len(json.loads(capsys.readouterr().out)["bad"]["not run"]) == 8


@pytest.mark.parametrize(
    ("needs", "sentence"),
    [
        ("nowhere_to_be_found", "nowhere_to_be_found, which is not installed here: pip install"),
        ("numpy>=999", r"numpy>=999, and numpy \S+ is installed here: pip install 'numpy>=999'"),
        ("numpy @ https://example.org/x", ""),
        ("numpy>=999; python_version < '3'", ""),
        ("numpy", ""),
        ("not a requirement", ""),
    ],
)
@pytest.mark.parametrize("kind", ["serial", "debug"])
def test_a_declared_library_that_is_not_here_is_a_fault_of_the_machine(
    place, needs, sentence, kind
):
    path = place.root / "baselines" / "ridge.py"
    text = path.read_text().replace("dependencies = []", f"dependencies = [{json.dumps(needs)}]")
    path.write_text(text)
    executor = executors.serial_executor() if kind == "serial" else debug.debug_executor()
    chosen = planned(place, entries=["ridge"])
    chosen = replace(chosen, jobs=chosen.jobs[:1])
    summary = runner.run(place, chosen, executor, toy.CONFIG)
    if not sentence:
        assert summary.ok
        return
    (reason,) = summary.bad["not run"]
    assert summary.good == 0
    assert_matches(f"this machine: entry ridge needs {sentence}", reason)
    assert not left(place)


def test_a_library_that_is_not_declared_is_the_entrys_own_failure(place):
    path = place.root / "baselines" / "ridge.py"
    path.write_text(toy.entry("import nowhere_to_be_found", toy.SUM))
    summary = go(place, planned(place, entries=["ridge"]))
    assert runner.states(summary)["failed"] == 2
    assert "No module named 'nowhere_to_be_found'" in summary.bad["failed"][0]


Usage = namedtuple("Usage", "total used free")


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, r"the disk of \S*here is full \(3 MB free\): make room"),
        (errno.EDQUOT, r"the disk of \S*here is full \(3 MB free\): make room"),
        (errno.EROFS, r"\S*here lies on a disk that can only be read"),
        (errno.EIO, r"the disk of \S*here fails: Input/output error"),
        (errno.EACCES, "^$"),
    ],
)
def test_a_disk_without_room_is_a_sentence(tmp_path, monkeypatch, number, said):
    usage = Usage(10**9, 10**9, 3 * 2**20)
    monkeypatch.setattr(environment.shutil, "disk_usage", lambda _path: usage)
    for error in (
        OSError(number, os.strerror(number)),
        OSError(number, os.strerror(number), str(tmp_path / "here" / "file")),
    ):
        assert_matches(said, environment.disk_problem(error, tmp_path / "here"))


def full(*_, **__):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_disk_that_is_full_stops_no_run_with_a_traceback(place, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(folds.storage, "keep", full)  # while folds are made
        summary = go(place, planned(place))
    assert runner.states(summary) == {"planned": 4, "good": 0, "not run": 4}
    assert_matches(r"this machine: the disk of \S+ is full", summary.bad["not run"][0])
    one_job(place)
    with monkeypatch.context() as patch:
        patch.setattr(leases.storage, "write_first", full)  # while a job begins
        summary = go(place, planned(place))
    assert runner.states(summary) == {"planned": 4, "good": 0, "not run": 4}
    assert go(place, planned(place)).ok


def test_an_error_that_is_no_full_disk_keeps_its_traceback(place, monkeypatch):
    def broken(*_):
        raise PermissionError(errno.EACCES, "not allowed")

    monkeypatch.setattr(folds.storage, "keep", broken)
    with pytest.raises(PermissionError, match="not allowed"):
        go(place, planned(place))


@pytest.mark.parametrize(
    ("reason", "attempts", "again", "carried"),
    [
        (KILLED, 1, True, 1),
        (KILLED, MOST_ATTEMPTS - 1, True, MOST_ATTEMPTS - 1),
        (KILLED, MOST_ATTEMPTS, False, 0),  # who asks has it tried from the start
        ("RuntimeError: broken", 1, False, 0),
    ],
)
def test_a_model_that_a_signal_ended_is_tried_a_bounded_number_of_times(
    place, reason, attempts, again, carried
):
    chosen = planned(place, entries=["ridge"])
    chosen = replace(chosen, jobs=chosen.jobs[:1])
    given = []

    def run(requests):
        given.extend(requests)
        for request in given:
            result = working.record_failure(request, "failed", reason)
            result = result.model_copy(update={"attempts": attempts}).sealed()
            request.result.write_text(result.dump())
            yield working.JobOutcome(request.job, result)

    stub = working.Executor(run)
    summary = runner.run(place, chosen, stub, toy.CONFIG)
    assert summary.bad["failed"][0].endswith("run it again)") is again
    # What may be tried again may have been the machine's fault, and is not published.
    published = {path.name for path in runner.publish(place, chosen)}
    assert published == (set() if again else {"ridge.json"})
    given.clear()
    runner.run(place, chosen, stub, toy.CONFIG)
    assert [request.attempts for request in given] == ([attempts] if again else [])
    given.clear()
    runner.run(place, chosen, stub, toy.CONFIG, retry_failed=True)
    assert [request.attempts for request in given] == [carried]


def test_what_a_model_fails_of_on_a_full_disk_is_not_its_fault(place, monkeypatch):
    path = place.root / "baselines" / "ridge.py"
    path.write_text(toy.entry("raise OSError(28, 'No space left on device')", toy.SUM))
    request = one_job(place)
    assert working.run_job(request).result.status == "failed"  # there is room: it made that up
    request.result.unlink()
    monkeypatch.setattr(evaluator_module.environment, "LEAST_FREE", 2**62)
    monkeypatch.setattr("sys.stdin", io.StringIO("[]"))
    with pytest.raises(MachineFault, match="is full"):
        evaluator_module.evaluate(request)
    assert not left(place)


@pytest.mark.needs("root")
def test_a_disk_that_is_really_full_leaves_no_result_and_with_room_the_run_goes_on(place):
    place.runs.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o"]
    subprocess.run([*mount, "size=128k", "tmpfs", str(place.runs)], check=True)
    try:
        summary = go(place, planned(place))
        assert runner.states(summary) == {"planned": 4, "good": 0, "not run": 4}
        assert_matches(r"the disk of \S+ is full \(0 MB free\)", summary.bad["not run"][0])
        assert not left(place)
        subprocess.run(["mount", "-o", "remount,size=64m", str(place.runs)], check=True)
        assert go(place, planned(place)).ok
    finally:
        subprocess.run(["umount", "--lazy", str(place.runs)], check=True)
