import json

import numpy as np
import pytest

import toy
from benchmark import registry
from benchmark.core import Paths
from benchmark.execution import chance, executors, plan, runner
from benchmark.leaderboard import build, row_scores
from benchmark.registry.from_answers import chance as chance_level
from benchmark.results import aggregation, entry_results
from benchmark.results.result import KILLED, Cost, Item, JobResult, Measurement, Probes, parse
from benchmark.sandbox.request import RunConfig

SALT = b"salt"
CURVE = (0.5, 0.25)
TASK = {"toy": None}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return toy.project(
        tmp_path_factory.mktemp("private"),
        ridge=toy.entry(predict=toy.SUM),
        blind=toy.entry(predict=toy.BLIND),
    )


@pytest.fixture(scope="module")
def task(place):
    return registry.tasks(place.root)["toy"]


def measured(value, status="scored"):
    return Measurement(statistics=(value, 1.0), status=status)


def result(speakers, metric, **changes):
    """One of as many recordings as there are letters in `speakers`."""
    items = tuple(
        Item(
            recording=f"secret-{number}",
            speaker=speaker,
            session="monday",
            prediction="f" * 64,
            seconds=0.5,
            measurements={metric: measured(float(number))},
        )
        for number, speaker in enumerate(speakers)
    )
    values = {
        "task": "toy",
        "split": "toy.all",
        "fold": "a",
        "entry": "ridge",
        "variant": "default",
        "seed": 0,
        "data": "0" * 64,
        "code": "1" * 64,
        "metrics": (metric,),
        "status": "good",
        "isolation": "bubblewrap",
        "finished": "2026-01-02T03:04:05+00:00",
        "environment": {"python": "3.11.7", "cpu": "a rare one", "commit": "2" * 40, "cores": 2},
        "cost": Cost(
            fit_seconds=1.0,
            predict_seconds=1.0,
            signal_seconds=2.0,
            real_time_factor=0.5,
            parameters=123_456,
            curve=CURVE,
            flops=1e9,
            peak_memory_mb=10.0,
        ),
        "items": items,
        "outcomes": {metric: {"scored": len(items)}},
    }
    return JobResult(**{**values, **changes}).sealed()


def sums(made, metric):
    return np.sum([i.measurements[metric].statistics for i in made.items], axis=0)


@pytest.mark.parametrize(
    "speakers", ["aaaaaa", "aaaaaabbbbbb", "aaaaaab", "abcdef", "a" * 203, "abbcccddddeeeee"]
)
def test_sums_are_kept_and_no_group_is_small(task, speakers):
    metric = task.metrics[0].id
    before = result(speakers, metric)
    made = aggregation.aggregated(before, SALT)
    assert sums(made, metric).tolist() == sums(before, metric).tolist()
    sizes = [item.measurements[metric].statistics[1] for item in made.items]
    assert min(sizes) >= aggregation.MIN_GROUP
    assert len(made.items) <= aggregation.MAX_GROUPS * len(set(speakers))
    assert len({item.recording for item in made.items}) == len(made.items)
    assert made.outcomes == {metric: {"scored": len(speakers)}}


def test_no_recording_can_be_identified(task):
    made = aggregation.aggregated(result("aaaaaabbbbbb", task.metrics[0].id), SALT)
    text = made.dump()
    for hidden in ("secret", "monday", "f" * 64, "rare", "2" * 40, "03:04", "123456", "0.25"):
        assert hidden not in text
    assert len({item.speaker for item in made.items}) == 2
    assert aggregation.reveals(made, task, {"ridge", "default", "a", "bubblewrap"}) == []


def test_pseudonyms_are_the_same_in_all_results_of_a_folder(task, tmp_path):
    metric = task.metrics[0].id
    salt = aggregation.salt(tmp_path)
    assert salt == aggregation.salt(tmp_path)
    assert len(salt) == 32
    one, two = (
        {i.speaker for i in aggregation.aggregated(result(who, metric), salt).items}
        for who in ("aaaaaabbbbbb", "bbbbbbcccccc")
    )
    assert len(one & two) == 1
    other = aggregation.aggregated(
        result("aaaaaabbbbbb", metric), aggregation.salt(tmp_path / "other")
    )
    assert not one & {i.speaker for i in other.items}


def test_too_few_recordings_become_a_failed_result(task):
    made = aggregation.aggregated(result("aaaa", task.metrics[0].id), SALT)
    assert (made.status, made.items, made.cost) == ("failed", (), None)
    assert made.reason == aggregation.TOO_FEW
    assert aggregation.reveals(made, task, {"ridge", "default", "a", "bubblewrap"}) == []


def test_the_reason_of_a_failure_is_withheld(task):
    before = result("", task.metrics[0].id, status="failed", reason="KeyError: 'open the door'")
    made = aggregation.aggregated(before, SALT)
    assert made.reason == aggregation.REASON
    assert "door" not in made.dump()


def test_recordings_without_a_score_are_counted_without_their_reason(task):
    metric = task.metrics[0].id
    before = result("aaaaaaa", metric)
    left = measured(99.0, "left out").model_copy(update={"reason": "target: secret"})
    items = (before.items[0].model_copy(update={"measurements": {metric: left}}), *before.items[1:])
    made = aggregation.aggregated(before.model_copy(update={"items": items}), SALT)
    assert made.outcomes[metric] == {"left out": 1, "scored": 6}
    assert sums(made, metric).tolist() == [21.0, 6.0]


KNOWN = {"ridge", "default", "a", "bubblewrap"}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"aggregated": False}, "not aggregated"),
        ({"reason": "the door is open"}, "reason: the text 'the door is open'"),
        ({"isolation": "secret"}, "isolation: the text 'secret'"),
        ({"environment": {"secret": 1}}, "environment: the text 'secret'"),
        ({"environment": {"os": "open the door"}}, "environment.os: the text"),
        ({"outcomes": {"m": {"open the door": 12}}}, "the text 'open the door'"),
        ({"finished": "2026-01-02T03:04:05+00:00"}, "finished: the text"),
        ({"data": "open the door"}, "data: the text"),
    ],
)
def test_texts_that_are_not_needed_are_named(task, change, expected):
    made = aggregation.aggregated(result("aaaaaabbbbbb", task.metrics[0].id), SALT)
    problems = aggregation.reveals(made.model_copy(update=change), task, KNOWN)
    assert any(expected in problem for problem in problems), problems


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"recording": "secret-1"}, "items.recording: the text 'secret-1'"),
        ({"speaker": "ada"}, "items.speaker: the text 'ada'"),
        ({"session": "monday"}, "names a prediction or a session"),
        ({"prediction": "f" * 64}, "names a prediction or a session"),
    ],
)
def test_fields_of_items_that_are_not_needed_are_named(task, change, expected):
    made = aggregation.aggregated(result("aaaaaabbbbbb", task.metrics[0].id), SALT)
    items = (made.items[0].model_copy(update=change), *made.items[1:])
    problems = aggregation.reveals(made.model_copy(update={"items": items}), task, KNOWN)
    assert any(expected in problem for problem in problems), problems


def test_small_groups_and_precise_costs_are_named(task):
    metric = task.metrics[0].id
    made = aggregation.aggregated(result("aaaaaabbbbbb", metric), SALT)
    few = made.model_copy(update={"outcomes": {metric: {"scored": 9}}})
    assert any("too few in a group" in problem for problem in aggregation.reveals(few, task, KNOWN))
    for more in ({"curve": CURVE}, {"fit_seconds": 1.23456}, {"parameters": 1234}):
        precise = made.model_copy(update={"cost": made.cost.model_copy(update=more)})
        assert any(
            "two digits" in problem for problem in aggregation.reveals(precise, task, KNOWN)
        ), more


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"seed": 1_818_585_198}, "seed: larger"),
        ({"environment": {"cores": 7_105_633}}, "environment.cores: not a number"),
        ({"environment": {"numpy": "sp1-utt3.word17"}}, "environment.numpy: the text"),
        ({"outcomes": {"m": {"scored": 10**9}}}, "outcomes: not numbers"),
        ({"probes": Probes(look_ahead_ms=12.345)}, "probes: measured"),
    ],
)
def test_numbers_that_could_encode_a_text_are_named(task, change, expected):
    made = aggregation.aggregated(result("aaaaaabbbbbb", task.metrics[0].id), SALT)
    problems = aggregation.reveals(made.model_copy(update=change), task, KNOWN)
    assert any(expected in problem for problem in problems), problems


def test_sums_of_several_lengths_are_named(task):
    metric = task.metrics[0].id
    made = aggregation.aggregated(result("aaaaaabbbbbb", metric), SALT)
    long = Measurement(statistics=(1.0, 2.0, 3.0))
    items = (made.items[0].model_copy(update={"measurements": {metric: long}}), *made.items[1:])
    problems = aggregation.reveals(made.model_copy(update={"items": items}), task, KNOWN)
    assert any("sums of several lengths" in problem for problem in problems)


def test_a_secret_within_a_text_is_found(task):
    made = aggregation.aggregated(result("aaaaaabbbbbb", task.metrics[0].id), SALT)
    changed = made.model_copy(update={"reason": "it was the open door"})
    problems = aggregation.reveals(changed, task, KNOWN, {"open door"})
    assert "it holds 'open door' of the data" in problems


def test_a_killed_model_stays_known_as_killed(task):
    before = result("", task.metrics[0].id, status="failed", reason=KILLED)
    assert aggregation.aggregated(before, SALT).reason == KILLED  # or it would not be run again


def test_a_secret_is_found_even_where_it_is_a_known_name(task):
    made = aggregation.aggregated(result("aaaaaabbbbbb", task.metrics[0].id), SALT)
    assert aggregation.reveals(made, task, KNOWN, {"ridge"}) == ["it holds 'ridge' of the data"]


def test_earlier_results_of_a_run_are_aggregated_too(place, tmp_path):
    fresh = Paths(place.root, place.data, tmp_path / "runs")
    chosen = plan.plan(fresh, plan.RunSelection(entries=["ridge"]), {"toy": toy.corpus()})
    assert runner.run(fresh, chosen, executors.local_executor(2), toy.CONFIG).ok
    conditions = RunConfig(toy.CONFIG.limits, aggregates=True)
    runner.run(fresh, chosen, executors.local_executor(2), conditions)
    assert all(runner.read_result(fresh.runs, job).aggregated for job in chosen.jobs)


def test_the_chance_level_is_aggregated_too(place, tmp_path):
    fresh = Paths(tmp_path / "p", place.data, tmp_path / "runs")
    toy.project(fresh.root, blind=toy.entry(predict=toy.BLIND))
    chosen = plan.plan(fresh, plan.RunSelection(), {"toy": toy.corpus()})
    assert chance.renew(fresh, chosen)
    assert chance.renew(fresh, chosen, aggregates=True)  # they replace the others
    found = entry_results.read_all(chance_level.results(fresh.root))
    assert found
    assert all(result.aggregated for result in found)


@pytest.mark.parametrize(
    ("status", "said"), [("left out", row_scores.NOTHING_COUNTS), ("floored", "")]
)
def test_a_row_of_groups_without_any_score_says_why(task, status, said):
    made = result(
        "aaaaaaaaaa", "pearson.per_recording@1", metrics=tuple(m.id for m in task.metrics)
    )
    nothing = {m.id: measured(-1.0, status) for m in task.metrics}
    items = tuple(item.model_copy(update={"measurements": nothing}) for item in made.items)
    grouped = aggregation.aggregated(made.model_copy(update={"items": items}), SALT)
    (table,) = build.tables(build.unchecked([grouped]), {"toy": task})
    score = table.rows[0].scores["pearson.per_recording@1"]
    assert (score.value, score.undefined) == (None, said)
    assert score.recordings == (10 if status == "floored" else 0)


def test_a_run_of_aggregates_has_the_same_scores(place, task):
    corpora = {"toy": toy.corpus()}
    chosen = plan.plan(place, plan.RunSelection(), corpora)
    tables = []
    for aggregates in (False, True):
        conditions = RunConfig(toy.CONFIG.limits, aggregates=aggregates)
        for job in chosen.jobs:
            (place.runs / "results" / job.key).unlink(missing_ok=True)
        # Four test recordings a fold are too few for a group: the result fails.
        assert runner.run(place, chosen, executors.local_executor(2), conditions).planned == 4
        tables.append([runner.read_result(place.runs, job) for job in chosen.jobs])
    plain, aggregated = tables
    assert all(r.status == "good" and not r.aggregated for r in plain)
    assert all(r.status == "failed" and r.reason == aggregation.TOO_FEW for r in aggregated)
    assert all(parse(r.dump(), place.root) == r for r in aggregated)
    grouped = [
        aggregation.aggregated(r.model_copy(update={"items": r.items * 2}), SALT) for r in plain
    ]
    tasks = {"toy": task}
    (one,), (other,) = (
        build.tables(build.unchecked(results), tasks) for results in (plain, grouped)
    )
    for a, b in zip(one.rows, other.rows, strict=True):
        for metric in task.metrics:
            assert a.scores[metric.id].value == pytest.approx(b.scores[metric.id].value)
    assert other.recordings == 8 * 2
    assert json.loads(grouped[0].dump())["aggregated"] is True
