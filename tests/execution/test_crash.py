"""Killed at any moment and run again, a run ends with the scores of one that was never killed.

What is killed is the launcher, an evaluator, a model, or everything at once.
"""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import toy
from benchmark.execution.sharing import leases
from benchmark.results import entry_results
from benchmark.worker import limits

ROOT = Path(__file__).resolve().parents[2]
MARK = "TOY_RUN"
KILLS = 24
JOBS = 60
PATIENCE = 20  # seconds for what takes one


def start(folder):
    environment = {**os.environ, MARK: str(folder), "PYTHONPATH": str(ROOT), "SEEDS": "10"}
    environment |= limits.ONE_THREAD
    command = [sys.executable, str(ROOT / "tests" / "crash_run.py"), str(folder)]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def project(folder):
    noise = "time.sleep(0.05); self.noise = np.random.normal()"
    predict = "return (inputs['x'] @ np.float32([[2.0], [-1.0]]) + self.noise).reshape(shape)"
    return toy.project(folder, **dict.fromkeys(("a", "b", "c"), toy.entry(noise, predict)))


def living(folder):
    """Every process of this run, models included: they work in its folder or carry its mark."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            text = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        except OSError:
            continue
        if str(folder).encode() in text and int(process.name) != os.getpid():
            found.append(int(process.name))
    return found


def workers(folder):
    """Those of them that are models, or the sandbox around one; they sleep a minute."""
    said = [Path(f"/proc/{pid}/cmdline") for pid in living(folder)]
    return [path for path in said if path.exists() and b"benchmark.worker" in path.read_bytes()]


def kill_everything(folder, launcher):
    launcher.kill()
    launcher.wait()
    while pids := living(folder):  # until none was born meanwhile
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def kill_one(folder, launcher, rng):
    """Kill the launcher, an evaluator or a model, by chance; True if the launcher stays."""
    pids = [pid for pid in living(folder) if pid != launcher.pid]
    # Every fourth time the launcher, however many others there are at that moment.
    victim = launcher.pid if rng.random() < 0.25 or not pids else rng.choice(pids)
    with contextlib.suppress(ProcessLookupError):
        os.kill(victim, signal.SIGKILL)
    return victim != launcher.pid


def end_of(launcher, folder, deadline=60):
    """Wait for the launcher, and for what it left: nobody outlives it."""
    launcher.wait(deadline)
    end = time.monotonic() + 20
    while living(folder) and time.monotonic() < end:
        time.sleep(0.02)


def outcome(place):
    """All that a run is for: every job with its measurements, without times."""
    return {
        (r.entry, r.fold, r.seed): [(i.recording, i.prediction, i.measurements) for i in r.items]
        for path in sorted((place.root / "baselines").glob("*.json"))
        for r in entry_results.read_all(path)
    }


def results(place):
    """The good ones, which stay; what a kill made fail is done again."""
    found = {p: p.stat().st_mtime_ns for p in place.runs.glob("results/**/[!.]*.json")}
    return {p: when for p, when in found.items() if '"status":"good"' in p.read_text()}


@pytest.mark.timeout(900)
@pytest.mark.xdist_group("crash")
def test_nothing_is_lost_or_done_twice_when_killed_at_any_moment(tmp_path):
    calm = project(tmp_path / "calm")
    begin = time.monotonic()
    assert start(calm.root).wait(240) == 0
    whole = time.monotonic() - begin
    expected = outcome(calm)
    assert len(expected) == JOBS

    place = project(tmp_path / "stormy")
    rng = random.Random(50)
    before = {}
    kills = {"everything": 0, "launcher": 0, "other": 0}
    launcher = start(place.root)
    for number in range(4 * KILLS):  # as many as it takes on a machine that has got busier
        if number >= KILLS and len(before) > 5:
            break
        time.sleep(rng.uniform(0.05, whole / 8))
        if rng.random() < 0.3:
            kills["everything"] += 1
            kill_everything(place.root, launcher)
        elif kill_one(place.root, launcher, rng):
            kills["other"] += 1
        else:
            kills["launcher"] += 1
            end_of(launcher, place.root)
        if launcher.poll() is not None:
            assert living(place.root) == []
            launcher = start(place.root)
        now = results(place)
        assert before.items() <= now.items()  # what was done stays, and is not done again
        before = now
    assert min(kills.values()) > 2
    assert len(before) > 5  # the kills fell into the work, not before it
    launcher.wait(240)  # some jobs may have lost their process just now
    assert start(place.root).wait(240) == 0
    assert outcome(place) == expected
    assert before.items() <= results(place).items()
    assert not list(place.runs.rglob("results/**/.*"))  # no half file
    claimed = [json.loads(p.read_text()) for p in place.runs.glob("leases/**/[!.]*.json")]
    assert not [said for said in claimed if leases._started(said["process"]) == said["started"]]
    assert living(place.root) == []


@pytest.mark.timeout(300)
@pytest.mark.xdist_group("crash")
def test_killing_the_launcher_alone_ends_its_jobs(tmp_path):
    place = toy.project(tmp_path, slow=toy.entry("time.sleep(60)"))
    launcher = start(place.root)
    deadline = time.monotonic() + PATIENCE
    # Not any processes: an evaluator asks git for its commit before it starts a worker.
    while len(workers(place.root)) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(workers(place.root)) >= 2
    launcher.kill()
    launcher.wait()
    deadline = time.monotonic() + PATIENCE
    while living(place.root) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert living(place.root) == []
