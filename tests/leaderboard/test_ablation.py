"""Variants of one entry are compared by the seeds that all of them have."""

from dataclasses import replace

import pytest

from benchmark.core import Task
from benchmark.leaderboard import build, ranking
from benchmark.leaderboard.tables import Score
from benchmark.metrics.classification import MACRO_F1
from benchmark.metrics.pearson import PER_RECORDING
from benchmark.report import export, formatting
from benchmark.results.result import Measurement
from example_result import SPEAKERS, of_speakers

TASK = Task(
    *("t", ("x",), "y", ("toy.s",), (), (PER_RECORDING,), ("blind",)), citation="", version="1"
)
METRIC = PER_RECORDING.id


def result(entry, variant, seed, level):
    levels = [level + place / 100 for place in range(len(SPEAKERS))]
    return of_speakers(METRIC, levels, "toy.s", entry, variant, seed)


def ablation(*jobs):
    blind = result("blind", "default", 0, 0.0)
    made = build.unchecked([blind, *(result("model", *job) for job in jobs)])
    (table,) = build.tables(made, {"toy": TASK})
    return ranking.ranked(build.ablation(table, TASK, "model"), TASK)


def test_seeds_that_a_variant_lacks_do_not_count_for_the_others():
    """The second seed of `whole` is bad; `half` has none to hold against it."""
    found = ablation(("whole", 0, 0.9), ("whole", 1, 0.1), ("half", 0, 0.6))
    assert found.shared_seeds == (0,)
    assert [row.variant for row in found.rows] == ["whole", "half"]
    assert [row.scores[METRIC].value for row in found.rows] == pytest.approx([0.935, 0.635])
    assert [row.n_seeds for row in found.rows] == [1, 1]
    assert [row.tier for row in found.rows] == [1, 2]
    assert found.rows[0].scores[METRIC].normalised.value == pytest.approx(0.9 / 0.965)
    assert "Compared by the seeds that all variants have: 0." in formatting.about_tiers(found)


def test_variants_of_the_same_seeds_are_compared_by_all_of_them():
    found = ablation(*[(v, s, 0.9 - s / 10) for v in ("whole", "half") for s in (0, 1)])
    assert found.shared_seeds is None
    assert [row.n_seeds for row in found.rows] == [2, 2]
    assert formatting.about_tiers(found).startswith("Paired by speaker")


def test_variants_without_a_common_seed_are_not_compared():
    found = ablation(("whole", 0, 0.9), ("half", 1, 0.1))
    assert found.shared_seeds == ()
    assert [(row.tier, row.p_best) for row in found.rows] == [(0, None), (0, None)]
    assert "there is no seed that all variants have" in formatting.about_tiers(found)


def test_a_score_is_followed_by_its_own_tier():
    score = Score(0.5, 0.4, 0.6, 8, {}, tier=2)
    assert (
        formatting.score_and_tier(score)
        == "0.500 [0.400,\N{NO-BREAK SPACE}0.600]\N{NO-BREAK SPACE}(2)"
    )
    assert formatting.score_and_tier(Score(None, None, None, 8, {})) == "undefined"


def test_what_has_no_value_or_is_compared_by_itself_is_said_under_the_table():
    found = ablation(("whole", 0, 0.9), ("half", 0, 0.6))
    odd = Score(0.5, None, None, 8, {}, tier=1, shared_units=7, undefined="too many")
    rows = [replace(found.rows[0], scores={METRIC: odd}), *found.rows[1:]]
    assert formatting.notes(TASK, replace(found, rows=tuple(rows))) == [
        "model (whole): Pearson r has no interval: too many",
        "model (whole): Pearson r shares 7 speakers with the other rows: its tier is by these, and"
        " it has no part in theirs",
    ]


@pytest.mark.parametrize(("metric", "drawn"), [(PER_RECORDING, True), (MACRO_F1, False)])
def test_texts_that_are_the_classes_of_a_task_are_not_drawn(metric, drawn):
    task = replace(TASK, metrics=(metric,))
    job = result("model", "default", 0, 0.5)
    statistics = Measurement(statistics=(0.5, 1.0) if drawn else (1.0, 0.0, 0.0, 1.0))
    items = tuple(replace_item(item, metric, statistics) for item in job.items)
    job = job.model_copy(update={"items": items, "metrics": (metric.id,)})
    made = build.unchecked([job])
    ((key, expected),) = made.expected.items()
    spoken = tuple(
        replace(r, text="same" if i < 4 else r.id) for i, r in enumerate(expected.test["all"])
    )
    made = replace(made, expected={key: replace(expected, test={"all": spoken})})
    (table,) = build.tables(made, {"toy": task})
    assert bool(table.rows[0].scores[metric.id].texts) == drawn


def replace_item(item, metric, measured):
    return item.model_copy(update={"measurements": {metric.id: measured}})


def test_the_export_has_the_tier_of_each_metric_and_why_a_score_is_missing():
    score = Score(None, None, None, 8, {}, tier=2, shared_units=7, undefined="too many")
    data = export.from_tables._score(PER_RECORDING, score, "")
    assert (data.metric_tier, data.shared_units, data.undefined) == (2, 7, "too many")
    assert export.from_tables._score(PER_RECORDING, replace(score, tier=0), "").metric_tier is None
