"""Sums of a metric whose score depends on more statistics than the two that are kept in full."""

import json
from dataclasses import replace

import pytest

import toy
from benchmark import registry
from benchmark.results.line import dump, has_sums_of, parse
from benchmark.results.published import from_job
from benchmark.results.result import Measurement
from example_result import RESULT


@pytest.fixture
def task(tmp_path):
    return registry.tasks(toy.project(tmp_path).root)["toy"]


def line_of(task, reduce, statistics):
    metric = replace(task.metrics[0], id="m@1", reduce=reduce, parts=None)
    item = RESULT.items[0].model_copy(
        update={"measurements": {"m@1": Measurement(statistics=statistics)}}
    )
    result = from_job(RESULT.model_copy(update={"items": (item,), "data": "d" * 64}))
    text = dump(result, replace(task, metrics=(metric,)))
    assert has_sums_of(parse(text), result)
    return json.loads(text)


def test_a_score_of_three_statistics_keeps_all_of_them(task):
    line = line_of(task, lambda s: s[..., 0] / s[..., 1] + s[..., 2], (1.0, 2.0, 3.0))
    assert line["scores"] == {"m@1": 3.5}
    assert line["sums"] == {"m@1": {"s x": [1, 2, 3]}}


def test_statistics_that_a_score_ignores_are_left_out(task):
    line = line_of(task, lambda s: s[..., 0] / s[..., 1], (1.0, 2.0, 3.0, 4.0))
    assert line["sums"] == {"m@1": {"s x": [1, 2]}}


def test_a_score_of_one_statistic(task):
    assert line_of(task, lambda s: s[..., 0], (4.0,))["sums"] == {"m@1": {"s x": [4]}}
