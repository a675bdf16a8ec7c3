"""How long a run still takes."""

import re
from dataclasses import replace
from types import SimpleNamespace

import pytest
from rich.console import Console

import toy
from benchmark import registry
from benchmark.cli import run as run_verb
from benchmark.cli.running import messages, progress
from benchmark.cli.running.progress import Pace
from benchmark.core import Job
from benchmark.execution import executors, plan, runner
from benchmark.execution.runner import Summary
from benchmark.execution.sharing import leases
from benchmark.results.result import read_result
from benchmark.results.scores import score_of


def job(name):
    return Job("task", "split", name, "entry", "default", 0, "data", "code")


def test_a_long_job_first_does_not_make_the_rest_long():
    needs = {job("long"): 90.0, **{job(f"short{i}"): 1.0 for i in range(10)}}
    pace = Pace(needs, now=100.0)
    assert pace.left(job("long"), now=145.0) == pytest.approx(5.0)  # twice as fast as before
    assert pace.left(job("short0"), now=146.0) == pytest.approx(46 / 91 * 9)


def test_what_was_done_before_says_nothing():
    pace = Pace({job("a"): 2.0, job("b"): 2.0}, now=0.0)
    assert pace.left(job("found done"), now=0.0) is None
    assert pace.left(job("a"), now=3.0) == pytest.approx(3.0)
    assert pace.left(job("b"), now=6.0) == 0.0


def logged(tmp_path, capsys, entry, log):
    """What is printed of a failed job that left this log."""
    key = job("all").key
    path = (tmp_path / key).with_suffix(".log")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(log)
    summary = Summary(1, bad={"failed": [f"{key}: fit raised IndexError"]})
    messages.ended(summary, 1.0, as_json=False, logs=tmp_path, entries={"entry": entry})
    first, *said = capsys.readouterr().out.splitlines()[1:]
    assert first == f"failed: {key}: fit raised IndexError"
    assert said[-2:-1] == [f"    log: {path}"]
    assert "--retry-failed" in said[-1]
    return said[:-2]


def test_a_failed_job_is_shown_with_the_end_of_its_log(tmp_path, capsys):
    place = toy.project(tmp_path / "project", entry=toy.entry())
    log = (
        'Traceback\n  File "/w/worker.py", line 2\n  File "/c/entry/entry.py", line 7, in fit\n'
        "    x[3]\n    ~^^^\n\x1b[2JIndexError\n"
    )
    entry = registry.entries(place.root).found["entry"]
    assert logged(tmp_path, capsys, entry, log) == [
        f"    at {entry.path}:7",
        '    File "/c/entry/entry.py", line 7, in fit',
        "    x[3]",
        "    \\x1b[2JIndexError",
    ]


def test_the_place_of_a_failure_is_the_innermost_line_of_any_file_of_the_entry(tmp_path, capsys):
    place = toy.project(tmp_path / "project")
    folder = place.root / "submissions" / "entry"
    folder.mkdir(parents=True)
    (folder / "submission.py").write_text(toy.entry() + "\nimport _layers\n")
    (folder / "_layers.py").write_text("")
    entry = registry.entries(place.root).found["entry"]
    frames = [("entry", "submission.py", 9), ("entry", "_layers.py", 4), ("numpy", "_layers.py", 1)]
    log = "".join(f'  File "/c/{f}/{name}", line {at}, in x\n' for f, name, at in frames)
    assert logged(tmp_path, capsys, entry, log)[0] == f"    at {folder / '_layers.py'}:4"
    outer = log.replace("/c/entry/_layers", "/c/lib/_layers")
    assert logged(tmp_path, capsys, entry, outer)[0] == f"    at {folder / 'submission.py'}:9"
    beside = log.replace("/c/entry/", f"{folder}/")  # where nothing was copied
    assert logged(tmp_path, capsys, entry, beside)[0] == f"    at {folder / '_layers.py'}:4"


def test_a_stopped_run_says_what_is_done_and_how_to_go_on(tmp_path, capsys):
    place = toy.project(tmp_path, linear=toy.entry())
    chosen = plan.plan(place, plan.RunSelection(), {"toy": toy.corpus()})
    messages.stopped(place, chosen)
    said = "stopped: 0 of 2 jobs have a result; run the same again to go on\n"
    assert capsys.readouterr().err == said


@pytest.fixture
def ran(tmp_path):
    """A plan, with a good result of one job, and another job that somebody is at work on."""
    place = toy.project(tmp_path, linear=toy.entry(predict=toy.SUM), slow=toy.entry())
    chosen = plan.plan(place, plan.RunSelection(), {"toy": toy.corpus()})
    done = [job for job in chosen.jobs if job.entry == "linear"][:1]
    runner.run(place, replace(chosen, jobs=tuple(done)), executors.serial_executor(), toy.CONFIG)
    (other, *_) = [job for job in chosen.jobs if job.entry == "slow"]
    with leases.acquire(place.runs, other):
        yield place, chosen, done[0]


def test_a_terminal_shows_the_last_score_and_who_is_at_work(ran, monkeypatch, capsys):
    place, chosen, job = ran
    monkeypatch.setenv("FORCE_COLOR", "1")
    result = read_result(place.runs, job)
    score = score_of(chosen.sources[job.task, job.split][0].metrics[0], result)
    with progress.progress(place, chosen, quiet=False, verbose=True) as display:
        display.seen(job, result)
        for other in chosen.jobs:  # all but the one that is at work
            if other not in (job, chosen.jobs[-1]) and other.entry == "linear":
                display.seen(other, None)
    shown = re.sub("\x1b\\[[0-9;?]*[a-zA-Z]", "", capsys.readouterr().err)
    assert f"good linear default 0: toy toy.all {job.fold}, Pearson r {score:.3f}" in shown
    assert "slow default 0" in shown.split("Pearson r")[-1]


def test_jobs_that_have_ended_are_not_at_work_and_nobody_stumbles_over_them(ran, monkeypatch):
    place, chosen, _ = ran
    monkeypatch.setattr(progress.monitor, "PAUSE", 0.0)
    (slow,) = [job for job, _ in leases.at_work(place.runs, chosen.jobs)]
    bar = progress._Bar(Console(force_terminal=True), place, chosen.jobs)
    assert len([*bar.get_renderables()]) == 2
    del bar.waiting[slow]  # it ended, and its lease is not looked at again yet
    monkeypatch.setattr(progress.leases, "at_work", lambda *_: [(slow, "here")])
    assert len([*bar.get_renderables()]) == 1

    def ends_meanwhile(_runs, jobs):
        for job in jobs:  # of a dict that changes, the second step would fail
            bar.waiting.pop(job, None)
        return [(job, "here") for job in chosen.jobs]

    bar.waiting.update(dict.fromkeys(chosen.jobs))
    monkeypatch.setattr(progress.leases, "at_work", ends_meanwhile)
    assert len([*bar.get_renderables()]) == 1


def test_the_unknown_is_as_long_as_the_others():
    pace = Pace({job("a"): 2.0, job("b"): 4.0, job("c"): None}, now=0.0)
    assert pace.left(job("a"), now=2.0) == pytest.approx(7.0)
    nothing_known = Pace({job("a"): None, job("b"): None}, now=0.0)
    assert nothing_known.left(job("a"), now=8.0) == pytest.approx(8.0)


def test_of_many_failed_jobs_five_are_named(capsys):
    bad = {"failed": [f"{job(f'fold{n}').key}: fit raised" for n in range(200)]}
    messages.ended(Summary(200, bad=bad), 1.0, as_json=False)
    said = capsys.readouterr().out
    assert said.count("fit raised") == messages.EXAMPLES == 5
    assert "failed: 195 more" in said
    assert "200 failed: fix the entry" in said


@pytest.mark.parametrize(
    ("entries", "named"), [(["blind", "mine"], "mine"), (["blind", "mean"], "blind")]
)
def test_what_to_do_next_is_said_of_an_entry_that_is_no_trivial_baseline(entries, named, capsys):
    trivial = SimpleNamespace(trivial_baselines=("blind", "mean"))
    jobs = tuple(replace(job("all"), entry=entry) for entry in entries)
    run_verb._tell_next(plan.Plan(jobs, {("task", "split"): (trivial, None, None)}, {}, ()), True)
    assert f"silentbench show {named}" in capsys.readouterr().out.replace("\n", " ")
