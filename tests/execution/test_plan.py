"""Which entries and variants a plan takes."""

from dataclasses import replace
from pathlib import Path

import pytest

import toy
from benchmark import registry
from benchmark.core import Paths, UserError
from benchmark.execution import executors, plan, runner
from benchmark.results.result import read_result

VARIANTS = (
    "# [tool.silentbench.variants]\n# small = {}\n# large = { width = 5 }\n# none = { width = 0 }\n"
)


def test_entries_of_the_full_suite_run_when_asked_for(tmp_path):
    place = toy.project(tmp_path, small=toy.entry(), large=toy.entry(extra='# suite = "full"\n'))

    def names(**choice):
        chosen = plan.plan(place, plan.RunSelection(**choice), {"toy": toy.corpus()})
        return {job.entry for job in chosen.jobs}

    assert names() == {"small"}
    assert names(full=True) == names(entries=["small", "large"]) == {"small", "large"}
    assert names(smoke=True) == {"small"}
    assert names(smoke=True, entries=["large"]) == {"large"}
    assert names(entries=["large"]) == {"large"}
    (place.root / "baselines" / "small.py").unlink()
    with pytest.raises(UserError, match=r"a chosen task; those that would are .*: --suite full"):
        names()


def test_splits_of_the_full_suite_run_when_asked_for(tmp_path):
    place = toy.project(tmp_path, model=toy.entry())
    task, folder = place.root / "tasks" / "toy.py", place.root / "tasks" / "splits"
    (folder / "toy.more.json").write_bytes((folder / "toy.all.json").read_bytes())
    both = 'splits=("toy.all", "toy.more"), full=("toy.more",)'
    text = task.read_text("utf-8").replace('splits=("toy.all",)', both)
    task.write_text(text, "utf-8")

    def names(**choice):
        chosen = plan.plan(place, plan.RunSelection(["toy"], **choice), {"toy": toy.corpus()})
        return {job.split for job in chosen.jobs}

    assert names() == {"toy.all"}
    assert names(full=True) == {"toy.all", "toy.more"}
    assert names(splits=["toy.more"]) == {"toy.more"}
    with pytest.raises(
        UserError, match=r"no split is called 'toy\.mor'; there are: toy\.all, toy\.more"
    ):
        names(splits=["toy.mor"])
    task.write_text(text.replace('full=("toy.more",)', 'full=("toy.other",)'), "utf-8")
    (problem,) = registry.read_tasks(place.root).problems
    assert "full: expected some of its splits, found 'toy.other'" in problem


def test_an_unknown_suite_is_refused(tmp_path):
    toy.project(tmp_path, model=toy.entry(extra='# suite = "fast"\n'))
    (problem,) = registry.entries(tmp_path).problems
    assert "in the header, 'suite': Input should be 'main' or 'full'" in problem


def test_variants_are_run_by_name_and_published_sizes_only_so(tmp_path):
    extra = VARIANTS + '# paper = { size = "paper" }\n'
    place = toy.project(tmp_path, model=toy.entry(extra=extra), other=toy.entry())

    def names(variants):
        chosen = plan.plan(place, plan.RunSelection(variants=variants), {"toy": toy.corpus()})
        return {(job.entry, job.variant) for job in chosen.jobs}

    assert names("default") == {("model", "small"), ("other", "default")}
    assert ("model", "paper") not in names("all")
    assert len(names("all")) == 4
    assert names("large,paper") == {("model", "large"), ("model", "paper")}
    with pytest.raises(UserError, match="no variant is called 'larg'; there are: "):
        names("larg")
    with pytest.raises(
        UserError, match="no variant of other is called 'large'; there are: all, default"
    ):
        plan.plan(
            place, plan.RunSelection(entries=["other"], variants="large"), {"toy": toy.corpus()}
        )


def test_smoke_splits_are_audited_too_and_a_task_without_the_corpus_stops_nothing():
    root = Path(__file__).resolve().parents[2]
    paths = Paths(root, root / "data", root / "runs")
    found, _ = plan.every_source(paths, "emg_to_text", ["embedded"], registry.corpora())
    assert {"embedded.new_sentences", "embedded.silent_from_both"} < set(found)
    assert set(found) & set(registry.task(root, "emg_to_text").smoke) == {
        "embedded.smoke_sentences"
    }
    found, _ = plan.every_source(paths, "seeg_to_mel", ["somach"], registry.corpora())
    assert found == {}


def test_a_task_that_no_chosen_entry_does_costs_nothing(tmp_path):
    """No folds and no level of chance of it are made."""
    place = toy.project(tmp_path, model=toy.entry())
    tasks = place.root / "tasks"
    (tasks / "other.py").write_bytes((tasks / "toy.py").read_bytes())
    chosen = plan.plan(place, plan.RunSelection(entries=["model"]), {"toy": toy.corpus()})
    assert {job.task for job in chosen.jobs} == {"toy"}
    assert [*chosen.sources] == [("toy", "toy.all")]


def test_a_plan_of_what_ranks_alone_has_jobs_that_are_taken_for_no_others(tmp_path):
    place = toy.project(tmp_path, good=toy.entry(predict=toy.SUM))
    whole = plan.plan(place, plan.RunSelection(), {"toy": toy.corpus()})
    some = plan.ranking_only(whole)
    task, split, corpus = whole.sources["toy", "toy.all"]
    assert len(task.metrics) == 2
    assert some.sources == {
        ("toy", "toy.all"): (replace(task, metrics=task.metrics[:1]), split, corpus)
    }
    assert [replace(job, code="") for job in some.jobs] == [
        replace(job, code="") for job in whole.jobs
    ]
    assert not {job.key for job in some.jobs} & {job.key for job in whole.jobs}
    executor = executors.serial_executor()
    assert runner.run(place, some, executor, toy.CONFIG).ok
    for job in some.jobs:
        for item in read_result(place.runs, job).items:
            assert item.measurements.keys() == {task.metrics[0].id}
    assert runner.run(place, whole, executor, toy.CONFIG).found_done == 0
