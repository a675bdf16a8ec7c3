import pytest

import toy
from benchmark.evaluation.validation import Breach
from benchmark.execution import executors, plan, runner
from benchmark.execution.executors.debug import debug_executor

DEBUG = debug_executor()


def run(place, executor=DEBUG):
    chosen = plan.plan(place, plan.RunSelection(), {"toy": toy.corpus()})
    return chosen, runner.run(place, chosen, executor, toy.CONFIG)


def test_scores_equal_those_of_a_sandboxed_run_and_nothing_is_kept(tmp_path):
    place = toy.project(tmp_path, ridge=toy.entry(predict=toy.SUM))
    chosen, summary = run(place)
    assert summary.ok
    assert not list(place.runs.glob("results/**/*.json"))
    _, sandboxed = run(place, executor=executors.serial_executor())
    assert sandboxed.ok
    results = [runner.read_result(place.runs, job) for job in chosen.jobs]
    for debugged, result in zip(summary.unsaved, results, strict=True):
        assert [i.measurements for i in debugged.items] == [i.measurements for i in result.items]
        assert debugged.isolation == "none"


def test_jobs_with_a_result_run_again(tmp_path):
    place = toy.project(tmp_path, ridge=toy.entry(predict=toy.SUM))
    run(place, executor=executors.serial_executor())
    _, summary = run(place)
    assert len(summary.unsaved) == 2
    assert summary.found_done == 0


def test_a_model_runs_in_this_very_process(tmp_path):
    fit = "import sys; sys.toy_was_here = True; raise KeyError('here')"
    place = toy.project(tmp_path, one=toy.entry(fit))
    with pytest.raises(KeyError, match="here"):
        run(place)
    import sys

    assert sys.toy_was_here
    del sys.toy_was_here


def test_a_wrong_shape_raises(tmp_path):
    place = toy.project(tmp_path, one=toy.entry(predict="return np.zeros((1, 1))"))
    with pytest.raises(Breach, match="expected shape"):
        run(place)
