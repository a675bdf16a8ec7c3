"""Settings changed for a run: what a model is given, how its job is named, what is published."""

import pytest

import toy
from benchmark.core import UserError
from benchmark.execution import executors, plan, rescore, runner
from benchmark.leaderboard import build, gate
from benchmark.results.entry_results import Contents
from benchmark.results.published import from_job

VARIANTS = "# [tool.silentbench.variants]\n# default = { sign = 1.0 }\n"
SIGNED = (
    "return (self.settings['sign'] * (inputs['x'] @ np.float32([[2.0], [-1.0]]))).reshape(shape)"
)


@pytest.fixture
def place(tmp_path):
    return toy.project(tmp_path, signed=toy.entry(predict=SIGNED, extra=VARIANTS))


def chosen(place, *settings, entries=("signed",)):
    selection = plan.RunSelection(entries=entries, settings=settings)
    return plan.plan(place, selection, {"toy": toy.corpus()})


def test_the_model_is_given_what_is_set_and_the_row_is_named_by_it(place):
    plain, changed = chosen(place), chosen(place, "sign=-1.0")
    for each in (plain, changed):
        assert runner.run(place, each, executors.serial_executor(), toy.CONFIG).ok
    results = [runner.read_result(place.runs, job) for p in (plain, changed) for job in p.jobs]
    assert {r.variant for r in results} == {"default", "default+sign=-1.0"}
    task = toy.known(place).tasks["toy"]
    (table,) = build.tables(build.unchecked(results), {"toy": task})
    values = {row.variant: row.scores[task.metrics[0].id].value for row in table.rows}
    assert values["default"] > 0.5
    assert values["default+sign=-1.0"] == pytest.approx(-values["default"])


def test_a_changed_result_is_never_taken_for_the_default_or_published(place):
    plain, changed = chosen(place), chosen(place, "sign=-1.0")
    assert not {job.key for job in plain.jobs} & {job.key for job in changed.jobs}
    assert not {job.code for job in plain.jobs} & {job.code for job in changed.jobs}
    assert runner.run(place, changed, executors.serial_executor(), toy.CONFIG).ok
    stands = runner.standing(place, toy.CONFIG)
    assert all(stands(job) for job in chosen(place, "sign=-1.0").jobs)
    assert not any(stands(job) for job in plain.jobs)
    assert runner.publish(place, changed) == []
    assert all(runner.is_published(plain, job) for job in plain.jobs)
    (job, *_) = changed.jobs
    forged = Contents((from_job(runner.read_result(place.runs, job)),))
    fit, unfit = gate.admit_contents(toy.known(place), "signed", forged)
    assert not fit
    assert "no variant default+sign=-1.0" in unfit[0].reason


def test_setting_what_is_so_already_is_the_job_of_the_variant(place):
    assert chosen(place, "sign=1").jobs == chosen(place).jobs


def test_kept_predictions_of_changed_settings_are_scored_again(place):
    changed = chosen(place, "sign=-1.0")
    runner.run(place, changed, executors.serial_executor(), toy.CONFIG)
    summary = rescore.rescore(place, changed, 1, True, lambda _: None)
    assert summary.left == {}


def test_what_is_set_needs_an_entry_that_has_it(place):
    with pytest.raises(UserError, match="--set changes settings of an entry: say which"):
        chosen(place, "sign=2", entries=())
    with pytest.raises(UserError, match="no such setting of signed: it has sign"):
        chosen(place, "size=2")
    with pytest.raises(UserError, match="signed expects a number"):
        chosen(place, "sign=high")
