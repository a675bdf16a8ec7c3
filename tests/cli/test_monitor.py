import json
import threading
import time
from dataclasses import replace

import pytest

import toy
from benchmark.cli.running import foreseen, monitor
from benchmark.execution import estimates, executors, plan, runner
from benchmark.execution.sharing import leases
from benchmark.results import entry_results


@pytest.fixture
def place(tmp_path):
    return toy.project(tmp_path, ridge=toy.entry(predict=toy.SUM), bad=toy.entry("raise KeyError"))


def planned(place, **choice):
    return plan.plan(place, plan.RunSelection(**choice), {"toy": toy.corpus()})


def looked(place, chosen, known):
    return monitor.look(place, chosen, estimates.Estimates(chosen.entries.values()), known)


def test_the_state_is_what_lies_in_the_folder(place):
    chosen, known = planned(place), {}
    state = looked(place, chosen, known)
    assert (state.ended, state.at_work, state.waiting, state.over) == ({}, {}, 4, False)
    with leases.acquire(place.runs, chosen.jobs[0]):
        state = looked(place, chosen, known)
        assert list(state.at_work) == [chosen.jobs[0]]
        assert state.waiting == 3
        assert "0/4 done, 1 at work, 3 waiting" in monitor.line(state, 4)
    runner.run(place, chosen, executors.local_executor(2), toy.CONFIG)
    state = looked(place, chosen, known)
    assert state.ended == {"good": 2, "failed": 2}
    assert state.over
    assert monitor.line(state, 4) == "4/4 done (2 failed, 2 good), 0 at work, 0 waiting"


def test_watching_ends_with_the_run(place, capsys):
    chosen = planned(place)
    watcher = threading.Thread(target=monitor.watch, args=(place, chosen, 0.05))
    watcher.start()
    runner.run(place, chosen, executors.local_executor(2), toy.CONFIG)
    watcher.join(20)
    assert not watcher.is_alive()
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1].startswith("4/4 done")
    assert len(lines) == len(set(lines))  # a line a change


@pytest.mark.parametrize("done", [0, 1])
def test_watching_ends_when_nobody_will_do_what_is_left(place, capsys, done):
    chosen = planned(place, entries=["ridge"])
    some = replace(chosen, jobs=chosen.jobs[:done])
    runner.run(place, some, executors.serial_executor(), toy.CONFIG)
    start = time.monotonic()
    assert not monitor.watch(place, chosen, 0.01, patience=0.3)
    assert time.monotonic() - start >= 0.3
    left = capsys.readouterr().out.splitlines()[-1]
    assert left == f"no run in progress: {2 - done} of 2 jobs are left; run them again"


def test_a_watcher_knows_sooner_that_nobody_ever_was_at_work(place, monkeypatch):
    monkeypatch.setattr(monitor, "AT_FIRST", 0.1)
    start = time.monotonic()
    assert not monitor.watch(place, planned(place, entries=["ridge"]), 0.01, patience=60.0)
    assert time.monotonic() - start < 30


def test_watching_goes_on_as_long_as_somebody_is_at_work(place):
    chosen = planned(place, entries=["ridge"])
    watcher = threading.Thread(target=monitor.watch, args=(place, chosen, 0.01, 0.2))
    with leases.acquire(place.runs, chosen.jobs[0]):
        watcher.start()
        watcher.join(0.6)
        assert watcher.is_alive()
    watcher.join(5)
    assert not watcher.is_alive()


def test_time_is_told_from_earlier_results(place):
    chosen = planned(place, entries=["ridge"])
    runner.run(place, chosen, executors.local_executor(2), toy.CONFIG)
    assert runner.publish(place, chosen)
    found = estimates.Estimates(planned(place).entries.values())
    (first, *_) = entry_results.read_all(place.root / "baselines" / "ridge.json")
    need = found.of(chosen.jobs[0])
    assert need.seconds > estimates.START
    assert need.memory_mb >= first.cost.peak_memory_mb * estimates.MARGIN
    assert found.of(planned(place, entries=["bad"]).jobs[0]) == estimates.Need()


def test_a_file_that_is_no_result_tells_no_time(place):
    (place.root / "baselines" / "ridge.json").write_text('[\n{"task": 1}\nnonsense,\n[1]\n]\n')
    assert (
        estimates.Estimates(planned(place).entries.values()).of(planned(place).jobs[0])
        == estimates.Need()
    )


def stands(place, **choice):
    return runner.standing(place, toy.CONFIG, **choice)


def foresee(place, chosen, of, **more):
    found = foreseen.look(place, chosen, of, **{"here": True, "allow_leaks": False, **more})
    foreseen.tell(found, 2, chosen.notes)
    return found


def test_what_would_run_is_told_without_running(place, capsys):
    chosen = planned(place)
    foresee(place, chosen, stands(place))
    said = capsys.readouterr().out
    assert "toy toy.all: 4 of 4 jobs to do, about 0 s and 4 unknown" in said
    assert not (place.runs / "results").exists()
    runner.run(place, chosen, executors.local_executor(2), toy.CONFIG)
    runner.publish(place, chosen)
    foresee(place, planned(place, seeds=2), stands(place))
    said = capsys.readouterr().out
    assert "toy toy.all: 4 of 8 jobs to do" in said
    assert "and 2 unknown" in said  # what failed left no time
    foresee(place, chosen, stands(place, retry_failed=True))
    assert "toy toy.all: 2 of 4 jobs to do" in capsys.readouterr().out


def told(needs, workers, runs=None):
    runs = needs if runs is None else runs
    part = foreseen.Part("toy", "toy.all", len(needs), needs, ready=True, problem="", runs=runs)
    return foreseen.Foreseen([part], {}, len(needs) - len(runs)), workers


def test_the_wait_is_that_of_several_jobs_at_once(capsys):
    def last_line(*given):
        foreseen.tell(*told(*given), [])
        return capsys.readouterr().out.splitlines()[-1]

    # Three of them one after the other, beside two.
    assert last_line([240.0] * 5, 2).endswith("about 1200 s of work: about 12 min with 2 at once")
    assert last_line([600.0] * 3, 2).endswith(": about 20 min with 2 at once")
    assert last_line([60.0, 60.0, 600.0], 2).endswith(": about 10 min with 2 at once")
    assert last_line([3.0], 2).endswith(": about 3 s with 2 at once")
    assert last_line([600.0, None], 2).endswith(": at least 10 min with 2 at once")
    assert last_line([3.0, None], 2).endswith(": at least 3 s with 2 at once")
    assert last_line([None], 2) == "1 jobs, about 0 s and 1 unknown of work"
    assert last_line([600.0, 60.0], 2, [60.0]).endswith(": about 1 min with 2 at once")
    assert last_line([600.0], 2, []).endswith("1 jobs, about 600 s of work")


def test_the_wait_is_in_the_json(capsys):
    foreseen.tell_json(*told([600.0] * 3 + [None] * 2, 2, [600.0] * 3 + [None]), [], {})
    found = json.loads(capsys.readouterr().out)
    assert found["wait"] == {"seconds": 1200.0, "of_unknown_time": 1}
    assert found["seconds"] == 1800.0


def test_no_more_jobs_than_asked_for(place):
    chosen = planned(place, entries=["ridge"], seeds=3)
    some = runner.limit_jobs(chosen, 2, stands(place))
    assert some.jobs == chosen.jobs[:2]
    runner.run(place, some, executors.local_executor(2), toy.CONFIG)
    more = runner.limit_jobs(chosen, 2, stands(place))
    assert more.jobs == chosen.jobs[:4]  # what is done counts for nothing
    for choice in ({"keeps_results": False}, {"everything": True}):
        assert runner.limit_jobs(chosen, 2, stands(place, **choice)).jobs == chosen.jobs[:2]
    assert runner.limit_jobs(chosen, 0, stands(place)) is chosen
