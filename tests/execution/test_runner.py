import json
import signal
from dataclasses import replace

import pytest

import toy
from benchmark import registry
from benchmark.core import UserError
from benchmark.data import folds, splits
from benchmark.execution import executors, plan, runner
from benchmark.execution import job as working
from benchmark.results import entry_results
from benchmark.worker.limits import Limits


@pytest.fixture
def place(tmp_path):
    return toy.project(
        tmp_path, ridge=toy.entry(predict=toy.SUM), blind=toy.entry(predict=toy.BLIND)
    )


def planned(place, corpus=None, **choice):
    return plan.plan(place, plan.RunSelection(**choice), {"toy": corpus or toy.corpus()})


def go(place, chosen, conditions=toy.CONFIG, **options):
    seen = []
    summary = runner.run(
        *(place, chosen, executors.local_executor(2), conditions),
        seen=lambda job, _: seen.append(job),
        **options,
    )
    return summary, seen


def test_a_plan_is_every_fold_of_every_entry_and_seed(place):
    jobs = planned(place, seeds=2).jobs
    assert len({job.key for job in jobs}) == len(jobs) == 2 * 2 * 2
    assert planned(place, entries=["ridge"]).jobs == planned(place, tasks=["toy"]).jobs[2:]


def test_what_is_done_is_not_done_again(place):
    summary, seen = go(place, planned(place))
    assert summary.ok
    assert len(seen) == summary.planned == 4
    assert summary.found_done == 0
    before = {p: p.stat().st_mtime_ns for p in place.runs.rglob("results/**/*.json")}
    summary, seen = go(place, planned(place))
    assert summary.ok
    assert (summary.found_done, len(seen)) == (4, 4)
    assert before == {p: p.stat().st_mtime_ns for p in place.runs.rglob("results/**/*.json")}


def test_a_lost_result_is_made_again_with_the_same_scores(place):
    chosen = planned(place)
    go(place, chosen)
    before = runner.read_result(place.runs, chosen.jobs[0])
    (place.runs / "results" / chosen.jobs[0].key).unlink()
    summary, _ = go(place, chosen)
    assert summary.found_done == 3
    after = runner.read_result(place.runs, chosen.jobs[0])
    assert [i.measurements for i in after.items] == [i.measurements for i in before.items]


def test_whatever_can_change_a_score_changes_the_key(place):
    def keys(corpus=None):
        return {job.key for job in planned(place, corpus).jobs}

    before = keys()
    assert not before & keys(toy.corpus(version="2"))
    assert not before & keys(toy.corpus(digest=lambda: "1" * 64))
    signals = {**toy.SIGNALS, "x": toy.Signal("2", "float32", rate=10.0, frame=(2,))}
    assert not before & keys(toy.corpus(signals=signals))
    path = place.root / "tasks" / "splits" / "toy.all.json"
    path.write_text(path.read_text() + " ")
    assert not before & keys()
    path.write_text(path.read_text()[:-1])
    assert before == keys()
    entry = place.root / "baselines" / "ridge.py"
    entry.write_text(entry.read_text() + "\nimport _shared\n")
    changed = keys()
    assert len(before & changed) == 2  # those of the other entry
    (place.root / "baselines" / "_shared.py").write_text("A = 1\n")
    assert len(changed & keys()) == 2


def test_prepared_folds_follow_the_digest(place):
    corpus = toy.corpus()
    chosen = planned(place, corpus)
    go(place, chosen)
    folders = set((place.runs / "prepared").iterdir())
    assert len(folders) == 2
    go(place, planned(place, toy.corpus(digest=lambda: "1" * 64)))
    assert len(set((place.runs / "prepared").iterdir())) == 4


def test_a_failed_job_stays_failed_until_it_is_retried(place):
    path = place.root / "baselines" / "ridge.py"
    good = path.read_text()
    flag = place.root / "flag"
    fit = f"import pathlib; assert pathlib.Path({str(flag)!r}).exists()"
    path.write_text(toy.entry(fit, toy.SUM))
    assert good != path.read_text()
    chosen = planned(place)
    summary, _ = go(place, chosen, toy.OPEN)
    assert runner.states(summary) == {"planned": 4, "good": 2, "failed": 2}
    assert not summary.ok
    assert "AssertionError" in summary.bad["failed"][0]
    flag.touch()
    summary, _ = go(place, chosen, toy.OPEN)
    assert runner.states(summary)["failed"] == 2
    summary, _ = go(place, chosen, toy.OPEN, retry_failed=True)
    assert summary.ok


def test_an_evaluator_that_dies_is_a_fault_of_the_machine_and_runs_again(place, monkeypatch):
    chosen = planned(place, entries=["ridge"])
    with monkeypatch.context() as context:
        context.setattr(working.fork_server, "run", lambda *_: -signal.SIGKILL)
        summary, _ = go(place, chosen)
    assert runner.states(summary) == {"planned": 2, "good": 0, "not run": 2}
    assert "toy/toy.all/a/ridge/default-seed0" in summary.bad["not run"][0]
    summary, _ = go(place, chosen)
    assert summary.ok


def test_a_bad_corpus_stops_its_own_jobs_with_a_sentence(place):
    corpus = toy.corpus(verify=lambda _folder: ["s0.flac: sha256 is not that of version 1"])
    summary, seen = go(place, planned(place, corpus))
    assert runner.states(summary) == {"planned": 4, "good": 0, "missing": 4}
    assert "s0.flac: sha256" in summary.bad["missing"][0]
    assert len(seen) == 4


def test_a_split_that_names_a_stranger_is_told(place):
    path = place.root / "tasks" / "splits" / "toy.all.json"
    path.write_text(path.read_text().replace("s3-5", "s9-9"))
    summary, _ = go(place, planned(place))
    assert "names s9-9, which is not a recording" in summary.bad["missing"][0]


def test_corpora_that_are_not_here_are_told_in_one_line(tmp_path):
    place = toy.project(tmp_path, ridge=toy.entry())
    path = place.root / "tasks" / "toy.py"
    path.write_text(
        path.read_text().replace('splits=("toy.all",)', 'splits=("toy.all", "b.x", "c.x")')
    )
    gone = {name: toy.corpus(name=name, locate=lambda _root: None) for name in "bc"}
    chosen = plan.plan(place, plan.RunSelection(), {"toy": toy.corpus(), **gone})
    advice = f"are not under {place.data}: see `silentbench data list`"
    assert chosen.notes == (f"2 corpora (b, c) {advice}",)


def test_a_missing_corpus_is_told_or_refused(place):
    absent = toy.corpus(locate=lambda _root: None)
    with pytest.raises(UserError, match=r"toy is not under .*see `silentbench data list`"):
        planned(place, absent)
    with pytest.raises(UserError, match="toy is not under"):
        planned(place, absent, corpora=["toy"])
    with pytest.raises(UserError, match="not found under"):
        folds.find(absent, place.data)


@pytest.mark.parametrize(
    ("choice", "sentence"),
    [
        ({"tasks": ["toi"]}, "no task is called 'toi'; there are: "),
        ({"entries": ["rigde"]}, "no entry is called 'rigde'; there are: "),
        ({"corpora": ["tay"]}, "no corpus is called 'tay'; there are: "),
    ],
)
def test_an_unknown_name_gets_the_nearest(place, choice, sentence):
    with pytest.raises(UserError, match=sentence):
        planned(place, **choice)


def test_an_entry_without_a_header_is_told_and_the_others_run(place):
    (place.root / "submissions" / "mine.py").write_text("class Model: ...\n")
    chosen = planned(place)
    assert len(chosen.jobs) == 4
    assert "mine.py: has no header" in chosen.notes[0]


def test_a_check_that_is_asked_for_runs_jobs_again_that_were_done_without_it(place):
    chosen, asked = planned(place), replace(toy.CONFIG, shuffle=True)
    go(place, chosen)
    for job in chosen.jobs:  # as if training had taken too long to be probed
        unprobed = runner.read_result(place.runs, job).model_copy(update={"probes": None})
        path = place.runs / "results" / job.key
        path.write_text(unprobed.sealed().dump())
    assert go(place, chosen)[0].found_done == 4
    assert go(place, chosen, asked)[0].found_done == 0
    results = [runner.read_result(place.runs, job) for job in chosen.jobs]
    assert [result.probes.order_change for result in results] == [0.0] * 4
    assert go(place, chosen, asked)[0].found_done == go(place, chosen)[0].found_done == 4


def test_a_job_that_exceeded_a_limit_runs_again_once_that_is_higher(place):
    (place.root / "baselines" / "ridge.py").write_text(toy.entry("time.sleep(4)", toy.SUM))
    chosen = planned(place, entries=["ridge"])
    low, high = (replace(toy.CONFIG, limits=Limits(seconds=s)) for s in (0.5, 60.0))
    assert runner.states(go(place, chosen, low)[0])["timed out"] == 2
    assert go(place, chosen, low)[0].found_done == 2
    summary, _ = go(place, chosen, high)
    assert (summary.good, summary.found_done) == (2, 0)
    assert go(place, chosen, low)[0].found_done == 2  # a good result is no worse for it


def test_everything_runs_again_if_asked_and_other_isolation_is_counted(place):
    chosen = planned(place, entries=["ridge"])
    assert go(place, chosen, toy.OPEN)[0].otherwise_isolated == 0
    summary, _ = go(place, chosen)
    assert (summary.found_done, summary.otherwise_isolated) == (2, 2)
    summary, _ = go(place, chosen, everything=True)
    assert (summary.found_done, summary.otherwise_isolated) == (0, 0)
    summary, _ = go(place, chosen)
    assert (summary.found_done, summary.otherwise_isolated) == (2, 0)


TOLD = """
import os
device, fast = (os.environ.get(f"SILENTBENCH_{name}") for name in ("DEVICE", "FAST"))
raise SystemExit(f"{device} {fast} {os.environ.get('CUDA_VISIBLE_DEVICES')!r}")
"""


@pytest.mark.parametrize(
    ("setup", "told"),
    [
        ("", "cpu None ''"),
        ("fast", "cpu 1 ''"),
        ("cuda", "cuda None '3'"),
        ("cuda fast", "cuda 1 '3'"),
    ],
)
def test_a_model_is_told_of_the_setup_of_its_job_and_of_no_other(place, setup, told, monkeypatch):
    monkeypatch.setenv("SILENTBENCH_DEVICE", "other")
    monkeypatch.setenv("SILENTBENCH_FAST", "other")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3")
    text = toy.entry(TOLD).replace("dependencies = []", 'dependencies = ["torch>=2"]')
    (place.root / "baselines" / "ridge.py").write_text(text)
    summary, _ = go(place, planned(place, entries=["ridge"], setup=setup))
    assert summary.bad["failed"][0].endswith(f": {told}")


def test_another_setup_is_another_job_for_entries_that_can_use_it(place):
    path = place.root / "baselines" / "ridge.py"
    path.write_text(path.read_text().replace("dependencies = []", 'dependencies = ["torch>=2"]'))
    exact, fast = planned(place), planned(place, setup="fast")
    assert {job.entry for job in {*fast.jobs} - {*exact.jobs}} == {"ridge"}
    go(place, exact)
    summary, _ = go(place, fast)
    assert (summary.good, summary.found_done) == (4, 2)
    runner.publish(place, fast)
    assert not path.with_suffix(".json").exists()  # less exact results stay where they are
    assert path.with_name("blind.json").exists()
    go(place, planned(place, setup="cuda"))
    runner.publish(place, planned(place, setup="cuda"))
    assert [r.setup for r in entry_results.read_all(path.with_suffix(".json"))] == ["cuda", "cuda"]


@pytest.mark.parametrize(
    ("device", "fast", "gpus", "setup"),
    [
        ("", "", 0, ""),
        ("", "0", 2, "cuda"),
        ("cpu", "", 2, ""),
        ("cuda", "", 0, "cuda"),
        ("", "1", 0, "fast"),
        ("cuda", "1", 0, "cuda fast"),
    ],
)
def test_the_setup_is_what_variables_and_gpus_ask_for(device, fast, gpus, setup):
    variables = {"SILENTBENCH_DEVICE": device, "SILENTBENCH_FAST": fast}
    assert plan.asked_setup({k: v for k, v in variables.items() if v}, gpus) == setup


@pytest.mark.parametrize("variable", ["SILENTBENCH_DEVICE", "SILENTBENCH_FAST"])
def test_a_setup_that_nobody_knows_is_refused(variable):
    with pytest.raises(UserError, match=f"{variable} is 'mps'; expected"):
        plan.asked_setup({variable: "mps"})


def test_publishing_merges(place):
    go(place, planned(place))
    written = {path.name for path in runner.publish(place, planned(place))}
    assert written == {"ridge.json", "blind.json"}
    path = place.root / "baselines" / "ridge.json"
    first = entry_results.read_all(path)
    assert [r.fold for r in first] == ["a", "b"]
    assert runner.publish(place, planned(place)) == []
    other = first[0].model_copy(update={"task": "another"}).sealed()
    entry_results.merge(path, [other], {"another": registry.task(place.root, "toy")})
    go(place, planned(place, toy.corpus(version="2")))
    runner.publish(place, planned(place, toy.corpus(version="2")))
    kept = entry_results.read_all(path)
    assert [r.task for r in kept] == ["another", "toy", "toy"]
    assert {r.data for r in kept[1:]} != {r.data for r in first}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda text: text[:-30], r"ridge\.json:3: not a result"),
        (lambda text: text.replace('"fold":"a"', '"fold":3'), r"ridge\.json:2: changed after"),
    ],
)
def test_a_damaged_file_of_results_is_named(place, change, sentence):
    go(place, planned(place, entries=["ridge"]))
    runner.publish(place, planned(place, entries=["ridge"]))
    path = place.root / "baselines" / "ridge.json"
    path.write_text(change(path.read_text()))
    with pytest.raises(UserError, match=sentence):
        entry_results.read_all(path)


def test_headers_are_data(place):
    entries = registry.entries(place.root).found
    assert entries["ridge"].variants == {"default": {}}
    extra = "# [tool.silentbench.variants]\n# small = { width = 2 }\n# large = { width = 9 }\n"
    (place.root / "baselines" / "ridge.py").write_text(toy.entry(extra=extra))
    assert len(planned(place, entries=["ridge"], variants="all").jobs) == 4
    assert {j.variant for j in planned(place, entries=["ridge"]).jobs} == {"small"}


def test_settings_of_the_variant_reach_the_model(place):
    extra = "# [tool.silentbench.variants]\n# wide = { width = 3.0 }\n"
    text = toy.entry(predict="return inputs['x'][:, :1] * self.settings['width']", extra=extra)
    (place.root / "baselines" / "ridge.py").write_text(text)
    summary, _ = go(place, planned(place, entries=["ridge"]))
    assert summary.ok


def test_the_split_file_is_what_the_fold_says(place):
    split = splits.load(place.root / "tasks" / "splits" / "toy.all.json")
    assert json.loads((place.root / "tasks/splits/toy.all.json").read_text())["folds"].keys() == {
        *split.folds
    }
