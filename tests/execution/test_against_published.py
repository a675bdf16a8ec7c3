"""A run says which published results it reproduces, and leaves these as they are."""

import json

import pytest

import toy
from benchmark import storage
from benchmark.cli.running import messages
from benchmark.execution import against_published, executors, plan, runner
from benchmark.results import entry_results
from benchmark.results.published import from_job


@pytest.fixture
def place(tmp_path):
    return toy.project(tmp_path, ridge=toy.entry(predict=toy.SUM))


@pytest.fixture
def chosen(place):
    chosen = plan.plan(place, plan.RunSelection(), {"toy": toy.corpus()})
    assert runner.run(place, chosen, executors.serial_executor(), toy.OPEN).ok
    runner.publish(place, chosen)
    return chosen


def published(place):
    contents = entry_results.read(place.root / "baselines" / "ridge.json")
    return {result.job: result for result in contents.results}


def test_the_same_predictions_reproduce_whatever_they_cost(place, chosen):
    before = published(place)
    runner.run(place, chosen, executors.serial_executor(), toy.OPEN, everything=True)
    report = against_published.compare_all(place, chosen, before)
    assert (report.compared, report.reproduced, report.bit_equal) == (2, 2, 2)
    assert report.line().startswith("2 of 2 results reproduce the published scores (2 with bit-eq")
    assert runner.publish(place, chosen, keep=before) == []
    assert runner.publish(place, chosen) != []  # the costs are others


def test_another_score_is_named_with_what_was_expected_and_found(place, chosen, capsys):
    before = published(place)
    (place.root / "baselines" / "ridge.py").write_text(toy.entry(predict=toy.BLIND))
    other = plan.plan(place, plan.RunSelection(), {"toy": toy.corpus()})
    summary = runner.run(place, other, executors.serial_executor(), toy.OPEN)
    for job, old in zip(other.jobs, chosen.jobs, strict=True):
        found = runner.read_result(place.runs, job).model_copy(update={"code": old.code})
        (place.runs / "results" / old.key).write_text(found.sealed().dump())
    report = against_published.compare_all(place, chosen, before)
    assert (report.compared, report.reproduced, report.bit_equal) == (2, 0, 0)
    assert report.differing.keys() == {str(job.key) for job in chosen.jobs}
    messages.ended(summary, 1.0, False, report=report)
    said = capsys.readouterr().out
    assert f"not reproduced: {chosen.jobs[0].key}: " in said
    assert "expected" in said
    assert "0 of 2 results reproduce the published scores" in said
    messages.ended(summary, 1.0, True, report=report)
    told = json.loads(capsys.readouterr().out)["reproduction"]
    assert (told["compared"], told["reproduced"]) == (2, 0)


def test_what_is_not_published_is_not_compared(place, chosen):
    assert against_published.compare_all(place, chosen, {}).compared == 0


def test_published_names_of_predictions_may_be_those_of_an_older_rule(place, chosen):
    kept = place.runs / "predictions"
    older = {}
    for job in chosen.jobs:
        found = runner.read_result(place.runs, job)
        arrays = [storage.read_array(storage.kept(kept, i.prediction)) for i in found.items]
        names = [storage.older_names(array)[0] for array in arrays]
        pairs = zip(found.items, names, strict=True)
        items = [item.model_copy(update={"prediction": name}) for item, name in pairs]
        older[job] = from_job(found.model_copy(update={"items": tuple(items)}))
    report = against_published.compare_all(place, chosen, older)
    assert (report.compared, report.bit_equal) == (2, 2)
    storage.write_array(storage.kept(kept, found.items[0].prediction), arrays[0] + 1)
    report = against_published.compare_all(place, chosen, older)
    assert report.bit_equal < 2
