"""Forged results behind the right mean, and results of another machine."""

import numpy as np
import pytest

from benchmark.core import Task
from benchmark.execution import reproduce
from benchmark.execution.agreement import compare
from benchmark.execution.reproduce import Pair, Verdict, judge
from benchmark.execution.score_agreement import compare_intervals
from benchmark.metrics import pearson, text
from benchmark.results.result import Cost, Item, JobResult, Measurement, Probes

R, WER = pearson.PER_RECORDING, text.WER
SPEAKERS, EACH, WORDS = 4, 10, 5
TASK = Task(
    title="Toy",
    inputs=("x",),
    target="y",
    splits=("toy.all",),
    smoke=("toy.all",),
    metrics=(R, WER),
    trivial_baselines=(),
    citation="",
    version="1",
)
COST = Cost(
    fit_seconds=20.0,
    predict_seconds=2.0,
    signal_seconds=100.0,
    real_time_factor=0.02,
    parameters=1000,
    flops=1e9,
    peak_memory_mb=300.0,
)


def scores(seed=0, mean=0.7, spread=0.1):
    drawn = np.random.default_rng(seed).normal(size=SPEAKERS * EACH)
    return mean + spread * (drawn - drawn.mean()) / drawn.std()


def item(number, score, prediction="", **changes):
    errors = float(number % 3)
    values = {
        "recording": f"r{number:02}",
        "speaker": f"s{number // EACH}",
        "session": "x",
        "prediction": (prediction or f"{number:02}") * 32,
        "seconds": 0.05,
        "measurements": {
            R.id: Measurement(statistics=(float(score), 1.0)),
            WER.id: Measurement(statistics=(errors, float(WORDS))),
        },
    }
    return Item(**{**values, **changes})


def result(values=None, prediction="", **changes):
    values = scores() if values is None else values
    items = tuple(item(n, v, prediction) for n, v in enumerate(values))
    return of_items(items, **changes)


def of_items(items, **changes):
    counted = len(items)
    fields = {
        "task": "toy",
        "split": "toy.all",
        "fold": "a",
        "entry": "mine",
        "variant": "default",
        "seed": 0,
        "data": "d" * 64,
        "code": "c" * 64,
        "metrics": (R.id, WER.id),
        "status": "good",
        "isolation": "bubblewrap",
        "cost": COST,
        "probes": Probes(),
        "items": items,
        "outcomes": {m: {"scored": counted} for m in (R.id, WER.id)},
    }
    return JobResult(**{**fields, **changes}).sealed()


def differences(expected, found=None):
    return compare(TASK, expected, result() if found is None else found).differences


def test_the_same_result_is_bit_equal():
    assert compare(TASK, result(), result()).how == "bit-equal"


def test_a_network_of_another_machine_is_within_tolerance():
    """As measured with other CPU instructions: every score moves, good ones stay the good ones."""
    moved = scores() + 0.3 * (scores(1) - 0.7)
    found = result(moved, "ff")
    assert compare(TASK, result(), found).how == "within tolerance"


FORGED = {
    "every recording has the mean": np.full(SPEAKERS * EACH, 0.7),
    "dealt out again": np.random.default_rng(3).permutation(scores()),
    "made up": scores(5),
    "in reverse": scores()[::-1],
}


@pytest.mark.parametrize("values", FORGED.values(), ids=FORGED)
def test_forged_scores_behind_the_right_mean_are_found(values):
    assert np.mean(values) == pytest.approx(0.7)
    (said, *_) = differences(result(values, "ee"))
    assert said.startswith(f"{R.id}: scores of single recordings differ")
    (said,) = differences(result(values))  # under the digests of the true predictions
    assert said.startswith(f"{R.id}: r00: expected")
    assert said.endswith("of the same prediction")


def test_a_score_beyond_the_tolerance_is_found():
    (said, *_) = differences(result(scores(mean=0.72), "ee"))
    assert said == f"{R.id}: expected 0.7200, found 0.7000, beyond 0.014"
    assert not differences(result(scores(mean=0.71), "ee"))


def test_one_speaker_made_better_at_the_cost_of_another_is_found():
    values = scores()
    values[:EACH] += 0.07
    values[EACH : 2 * EACH] -= 0.07
    said = differences(result(values, "ee"))
    assert any(s.startswith(f"{R.id}: speaker s0: expected") for s in said)


def change(index, **changes):
    items = list(result(prediction="ee").items)
    items[index] = items[index].model_copy(update=changes)
    return tuple(items)


def measured(index, **changes):
    item = result().items[index]
    good = item.measurements[R.id].model_copy(update=changes)
    return change(index, measurements={**item.measurements, R.id: good})


STRANGE = {
    "twice": ((*change(0)[:-1], change(0)[0]), "missing 'r39'"),
    "missing": (change(0)[1:], "missing 'r00'"),
    "too many": ((*change(0), item(40, 0.7)), "too many: 'r40'"),
    "order": (change(0)[::-1], "in another order"),
    "speaker": (change(3, speaker="s9"), "r03: expected the speaker 's9', found 's0'"),
    "session": (change(3, session="y"), "r03: expected the session 'y', found 'x'"),
    "metrics": (change(3, measurements={}), "r03: measured by other metrics"),
    "no statistics": (measured(3, statistics=()), f"r03: {R.id}: 0 statistics"),
    "more": (measured(3, statistics=(0.7, 1.0, 0.0)), f"r03: {R.id}: 3 statistics"),
}


@pytest.mark.parametrize(("items", "sentence"), STRANGE.values(), ids=STRANGE)
def test_other_recordings_are_found(items, sentence):
    (said,) = differences(of_items(items))
    assert sentence in said


def many(count, **changes):
    items = list(result(prediction="ee").items)
    for index in range(count):
        name = items[index].measurements
        forged = name[R.id].model_copy(update=changes)
        items[index] = items[index].model_copy(update={"measurements": {**name, R.id: forged}})
    return tuple(items)


def test_statuses_and_reasons_of_many_recordings_must_agree():
    floored = {"status": "floored", "reason": "silence"}
    for count, found in ((2, False), (3, True)):
        said = differences(of_items(many(count, **floored)))
        assert any("differ in status, reason or weight" in s for s in said) is found
        assert "its outcomes are not those of its recordings" in said
    same = result().items  # the digests of today's predictions: not one may differ
    one = same[0].measurements
    forged = {**one, R.id: one[R.id].model_copy(update={"reason": "unlucky"})}
    (first, *_) = [
        s
        for s in differences(
            of_items((same[0].model_copy(update={"measurements": forged}), *same[1:]))
        )
        if s.startswith(R.id)
    ]
    assert first.startswith(f"{R.id}: r00: expected")


def test_a_recording_cannot_be_made_to_count_more():
    said = differences(of_items(many(5, statistics=(70.0, 100.0))))
    assert any("5 recordings differ in status, reason or weight" in s for s in said)


OTHER = {
    "parameters": ({"parameters": 999}, "expected 999 parameters, found 1000"),
    "fit time": ({"fit_seconds": 1.9}, "fit time [s]: expected 1.9, found 20"),
    "prediction time": ({"predict_seconds": 0.19, "real_time_factor": 0.0019}, "prediction time"),
    "memory": ({"peak_memory_mb": 3001.0}, "memory [MB]: expected 3e+03, found 300"),
    "operations": ({"flops": 1e7}, "operations of training"),
    "no operations": ({"flops": None}, "operations of training: expected None"),
    "signal": ({"signal_seconds": 200.0, "real_time_factor": 0.01}, "expected 200.0 s of signal"),
    "factor": ({"real_time_factor": 0.01}, "its real-time factor is not"),
}


@pytest.mark.parametrize(("changes", "sentence"), OTHER.values(), ids=OTHER)
def test_costs_that_cannot_be_are_found(changes, sentence):
    (said,) = differences(result(cost=COST.model_copy(update=changes)))
    assert sentence in said


@pytest.mark.parametrize("changes", [{"fit_seconds": 2.1}, {"fit_seconds": 190.0}])
def test_costs_of_another_machine_are_accepted(changes):
    assert not differences(result(cost=COST.model_copy(update=changes)))


def test_what_takes_no_time_is_not_compared():
    quick = COST.model_copy(update={"fit_seconds": 1e-6})
    found = result(cost=COST.model_copy(update={"fit_seconds": 0.5}))
    assert not differences(result(cost=quick), found)


FACTS = {
    "data": ({"data": "e" * 64}, "of other data than today's"),
    "code": ({"code": "e" * 64}, "of other code than today's"),
    "metrics": ({"metrics": (R.id,)}, "other metrics or metric versions"),
    "status": ({"status": "failed", "reason": "no"}, "expected a failed result, found good"),
    "aggregated": ({"aggregated": True}, "only one of the two is aggregated"),
    "isolation": ({"isolation": "predictions only"}, "expected isolation predictions only"),
    "no cost": ({"cost": None}, "only one of the two has costs"),
    "outcomes": ({"outcomes": {}}, "its outcomes are not those of its recordings"),
    "causal": ({"probes": Probes(claims_causal=True)}, "claims to be causal"),
}


@pytest.mark.parametrize(("changes", "sentence"), FACTS.values(), ids=FACTS)
def test_other_facts_are_found(changes, sentence):
    (said,) = differences(result(**changes))
    assert sentence in said


PROBED = {"claims_causal": True, "order_change": 0.0}


@pytest.mark.parametrize(("ahead", "said"), [(0.0, []), (None, ["None"]), (200.0, ["200.0"])])
def test_a_look_ahead_is_compared_where_it_was_looked_for(ahead, said):
    claim = result(probes=Probes(claims_causal=True, look_ahead_ms=0.0))
    found = result(probes=Probes(look_ahead_ms=ahead, **PROBED))
    assert differences(claim, found) == tuple(
        f"look-ahead: expected 0.0 ms, found {s}" for s in said
    )
    unprobed = result(probes=Probes(claims_causal=True))
    assert not differences(claim, unprobed)
    assert not differences(unprobed, found)


def test_a_failed_result_is_reproduced_by_a_failure():
    failed = of_items((), status="failed", reason="no", cost=None, outcomes={})
    assert compare(TASK, failed, failed).how == "bit-equal"


def test_an_interval_that_is_too_narrow_is_found():
    """Each fold has one speaker, so the units show only over all of them."""
    rng = np.random.default_rng(0)
    shifts = (-0.1, -0.03, 0.03, 0.1)

    def fold(k, shift):
        values = 0.7 + shift + 1e-3 * rng.normal(size=EACH)
        items = (item(n, value, speaker=f"s{k}") for n, value in enumerate(values))
        return of_items(tuple(items), fold=f"f{k}")

    def folds(factor):
        return [fold(k, factor * shift) for k, shift in enumerate(shifts)]

    wide, narrow = folds(1.0), folds(0.1)
    assert not compare_intervals(TASK, wide, folds(1.0))
    (said,) = compare_intervals(TASK, narrow, wide)
    assert said.startswith(f"{R.id}: expected the interval [0.6")


def test_a_result_of_a_row_with_another_interval_is_not_reproduced(monkeypatch):
    monkeypatch.setattr(reproduce, "compare_intervals", lambda *_: ["another interval"])
    other = of_items((), variant="other", status="failed", cost=None, outcomes={})
    better = result(scores(mean=0.8), "ee", fold="c")
    pairs = [
        Pair(result(), result()),
        Pair(other, other),
        Pair(result(fold="b"), None, "gone"),
        Pair(better, result(fold="c")),
    ]
    lines = list(judge({"toy": TASK}, pairs))
    assert [line.verdict for line in lines] == [
        Verdict.REPRODUCED,
        Verdict.REPRODUCED,
        Verdict.NOT_VERIFIABLE,
        Verdict.DIFFERS,
        Verdict.DIFFERS,
    ]
    assert [r.variant for r, _ in reproduce.reproduced(lines)] == ["other"]
