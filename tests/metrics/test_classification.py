import numpy as np
import pytest

from benchmark.core import Signal
from benchmark.metrics.classification import (
    ACCURACY,
    MACRO_F1,
    accuracy,
    balanced_accuracy,
    confusion,
    macro_f1,
)

FIVE = Signal(unit="", dtype="int64", labels=("a", "b", "c", "d", "e"))


def test_sums_of_single_recordings_reduce_to_the_same(inputs, golden):
    pairs = [(np.array(p), np.array(t)) for t, p in zip(*inputs.labels(), strict=True)]
    for metric, name in ((ACCURACY, "accuracy"), (MACRO_F1, "macro_f1")):
        parts = [metric.measure(p, t, FIVE) for p, t in pairs]
        assert metric.reduce(sum(parts)) == pytest.approx(golden[name], abs=1e-15)
        stack = np.stack([sum(parts), sum(parts[:9])])[None]
        assert metric.reduce(stack).shape == (1, 2)
        assert metric.reduce(stack)[0, 0] == pytest.approx(golden[name], abs=1e-15)


def test_accuracy_counts_hits():
    assert ACCURACY.measure(np.array(3), np.array(3), FIVE).tolist() == [1.0, 1.0]
    assert ACCURACY.measure(np.array(3), np.array(1), FIVE).tolist() == [0.0, 1.0]


def test_rows_are_the_target():
    got = MACRO_F1.measure(np.array(3), np.array(1), FIVE).reshape(5, 5)
    assert got[1, 3] == 1
    assert got.sum() == 1
    assert confusion(np.array([0, 0, 1, 2]), np.array([0, 1, 1, 2]), [2, 0, 1]).tolist() == [
        [1, 0, 0],
        [0, 1, 1],
        [0, 0, 1],
    ]


def test_f1_by_hand_where_mean_precision_and_recall_mislead():
    target = np.array([0] * 9 + [1])
    prediction = np.array([0] * 8 + [1, 1])
    assert macro_f1(target, prediction, [0, 1]) == pytest.approx((16 / 17 + 2 / 3) / 2)
    assert macro_f1(target, prediction, [0, 1, 2]) == pytest.approx((16 / 17 + 2 / 3) / 3)


def test_balanced_accuracy_weighs_classes_alike():
    target = np.array([0] * 9 + [1])
    assert balanced_accuracy(target, np.zeros(10, int)) == 0.5
    assert balanced_accuracy(np.array([0, 0, 1, 1]), np.array([0, 2, 1, 1])) == 0.75


def test_labels_may_be_names():
    target, prediction = ["yes", "no", "yes", "go"], ["yes", "yes", "yes", "go"]
    assert accuracy(target, prediction) == 0.75
    assert balanced_accuracy(target, prediction) == pytest.approx(2 / 3)
    names = ["yes", "no", "go"]
    assert confusion(target, prediction, names).tolist() == [[2, 0, 0], [1, 0, 0], [0, 0, 1]]
    assert macro_f1(target, prediction, names) == pytest.approx((0.8 + 0 + 1) / 3)
    with pytest.raises(ValueError, match="target: no is not one of the 2 labels"):
        confusion(target, prediction, ["yes", "go"])
    objects = np.array(target, dtype=object), np.array(prediction, dtype=object)
    assert accuracy(*objects) == 0.75
    with pytest.raises(ValueError, match="names and numbers"):
        confusion(target, prediction, [0, 1, 2])


def test_a_prediction_outside_the_list_costs_recall_but_adds_no_class():
    target, prediction = np.array([0, 0, 1, 1]), np.array([0, 2, 1, 1])
    assert macro_f1(target, prediction, [0, 1]) == pytest.approx((2 / 3 + 1) / 2)
    assert accuracy(target, prediction) == 0.75
    with pytest.raises(ValueError, match="2 is not one of the 2 labels"):
        confusion(target, prediction, [0, 1])


@pytest.mark.parametrize("stray", [5, -1, 0.5, np.nan, np.inf, 2**60])
@pytest.mark.parametrize("metric", [ACCURACY, MACRO_F1])
def test_a_metric_refuses_a_prediction_outside_the_labels(metric, stray):
    with pytest.raises(ValueError, match="prediction"):
        metric.measure(np.array(stray), np.array(1), FIVE)


def test_targets_outside_the_list_are_refused():
    with pytest.raises(ValueError, match="target: 7"):
        macro_f1(np.array([0, 7]), np.array([0, 1]), [0, 1])


@pytest.mark.parametrize("labels", [[], [0, 0, 1]])
def test_the_list_must_hold_different_labels(labels):
    with pytest.raises(ValueError, match="list of different labels"):
        confusion(np.array([0]), np.array([0]), labels)


@pytest.mark.parametrize(
    ("target", "prediction"),
    [
        ([], []),
        ([0, 1], [0]),
        ([[0]], [[0]]),
        (["a"], [0]),
        (["a"], [None]),
        ([0.5], [0.5]),
    ],
)
def test_refuses_other_shapes_and_types(target, prediction):
    with pytest.raises(ValueError, match=r"expected|targets"):
        accuracy(np.array(target), np.array(prediction))


def test_always_defined_so_without_a_worst_score():
    assert ACCURACY.worst is MACRO_F1.worst is None
