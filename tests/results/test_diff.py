from pathlib import Path

import pytest

import toy
from benchmark.core import UserError
from benchmark.execution import executors, plan, runner
from benchmark.registry import tasks
from benchmark.results import diff, entry_results


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    place = toy.project(
        tmp_path_factory.mktemp("diff"),
        model=toy.entry(predict=toy.SUM),
        other=toy.entry(predict="return np.zeros(shape)"),
    )
    chosen = plan.plan(place, plan.RunSelection(), {"toy": toy.corpus()})
    runner.run(place, chosen, executors.local_executor(2), toy.CONFIG)
    runner.publish(place, chosen)
    return place


def model(place):
    return entry_results.read_all(place.root / "baselines" / "model.json")


def what(one, other, settings=None):
    return [difference.what for difference in diff.differences(one, other, settings or {})]


def test_a_result_does_not_differ_from_itself(place):
    (one, *_) = model(place)
    assert what(one, one) == []
    assert diff.same_predictions(one, one, Path()) == (len(one.items), len(one.items))


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        ({"data": "other"}, "data (task, split, corpus, sensors)"),
        ({"metrics": ("pearson.per_recording@2",)}, "metric versions"),
        ({"code": "other"}, "code of the entry"),
        ({"seed": 7}, "seed"),
        ({"setup": "fast"}, "device and precision"),
        ({"isolation": "process"}, "isolation"),
        ({"environment": {"torch": "1.0"}}, "torch"),
        ({"status": "failed", "reason": "why"}, "status"),
    ],
)
def test_each_change_is_found(place, change, difference):
    (one, *_) = model(place)
    other = one.model_copy(update=change)
    assert difference in what(one, other)


def test_the_likeliest_cause_comes_first(place):
    (one, *_) = model(place)
    environment = {**one.environment, "numpy": "0", "cpu": "another"}
    change = {"data": "other", "code": "other", "seed": 3, "environment": environment}
    found = what(one, one.model_copy(update=change))
    assert found == [
        "data (task, split, corpus, sensors)",
        "code of the entry",
        "seed",
        "numpy",
        "cpu",
    ]


def test_settings_of_variants_are_compared(place):
    (one, *_) = model(place)
    other = one.model_copy(update={"variant": "large"})
    settings = {"model": {"default": {"batch": 8}, "large": {"batch": 32, "dtype": "bf16"}}}
    found = diff.differences(one, other, settings)
    assert [(c.what, c.one, c.other) for c in found] == [
        ("variant", "default", "large"),
        ("setting batch", "8", "32"),
        ("setting dtype", "–", "bf16"),
    ]


def test_scores_and_predictions_are_compared(place):
    root = place.root
    pairs = diff.pairs(diff.load(root, "model"), diff.load(root, "other"))
    assert len(pairs) == 2
    both, same = diff.same_predictions(*pairs[0], Path())
    assert (both, same) == (4, 0)
    ((name, good, bad), *_) = diff.scores(tasks(root)["toy"], *pairs[0])
    assert name == "pearson.per_recording@1"
    assert good > 0.5
    assert bad == -1.0


def test_predictions_that_were_not_kept_are_not_called_the_same(place):
    one = model(place)[0]
    nameless = replace_predictions(one)
    assert diff.same_predictions(nameless, nameless, Path()) == (0, 0)
    assert diff.same_predictions(one, nameless, Path()) == (0, 0)


def replace_predictions(result):
    """The result as aggregation leaves it: its items have no prediction."""
    items = tuple(item.model_copy(update={"prediction": ""}) for item in result.items)
    return result.model_copy(update={"items": items})


def test_a_file_of_one_result_is_compared_with_any_other(place, tmp_path):
    one, other = model(place)
    path = tmp_path / "result.json"
    path.write_text(one.dump())
    assert diff.load(place.root, str(path)) == [one]
    assert diff.pairs([one], [other]) == [(one, other)]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("nothing.json", "no such file"),
        ("modle", "there are: model, other"),
        ("EMPTY", "holds no result"),
    ],
)
def test_missing_results_are_named(place, tmp_path, text, sentence):
    if text == "EMPTY":
        text = str(tmp_path / "empty.json")
        entry_results.merge(tmp_path / "empty.json", [], {})
    with pytest.raises(UserError, match=sentence):
        diff.load(place.root, text)


def test_results_of_different_jobs_are_refused(place):
    one, other = model(place)
    changed = [r.model_copy(update={"seed": 9}) for r in (one, other)]
    with pytest.raises(UserError, match="no two of these"):
        diff.pairs([one, other], changed)
