"""Accuracy and macro-F1 of class labels, and their confusion matrix.

    accuracy = sum_k TP_k / N            macro-F1 = mean_k 2 TP_k / (2 TP_k + FP_k + FN_k)

Macro-F1 goes over the fixed classes of `signal.labels`; a class that neither occurs nor is
predicted has F1 0. A label is its index, 0 to K - 1, 0-d. Statistics of one recording: for
accuracy [right or not, 1], for the others the K x K confusion matrix, rows the target, flattened;
matrices add up, so that both bootstrap exactly. No unit, 0 to 1.
Always defined for a label of the list, hence no worst score; any other label is a ValueError.
Source: sklearn.metrics.f1_score(labels=..., average="macro", zero_division=0). The mean of F1, not
the F1 of mean precision and recall (Opitz & Burst 2019).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from benchmark.core import Array, Metric, Signal
from benchmark.metrics._measurement import mean_statistics, plausible_mean, reduce_mean

Label = int | str


def accuracy(target: Array, prediction: Array) -> float:
    """Share of equal labels of two arrays (n,); ValueError as in `confusion`."""
    target, prediction = _labels(target, prediction)
    return float((target == prediction).mean())


def balanced_accuracy(target: Array, prediction: Array) -> float:
    """Mean over the classes in `target` of their recall; ValueError as in `confusion`.

    sklearn.metrics.balanced_accuracy_score. A function without a Metric: no task is scored by it.
    """
    target, prediction = _labels(target, prediction)
    return float(np.mean([(prediction[target == k] == k).mean() for k in np.unique(target)]))


def macro_f1(target: Array, prediction: Array, labels: Sequence[Label]) -> float:
    """Mean F1 over `labels`. A prediction outside them is a false negative of its target's class.

    Raises ValueError as in `confusion`, save for such predictions.
    """
    target, prediction = _labels(target, prediction)
    _only(target, labels, "target")
    hits = np.array([((target == k) & (prediction == k)).sum() for k in labels])
    named = np.array([(target == k).sum() + (prediction == k).sum() for k in labels])
    return float(_f1(hits, named).mean())


def confusion(target: Array, prediction: Array, labels: Sequence[Label]) -> NDArray[np.int64]:
    """Counts (K, K) in the order of `labels`, rows the target; they sum to the number of items.

    Labels are names or whole numbers. Raises ValueError for others, for names mixed with numbers,
    unequal lengths, no items, a repeated label in the list, or an item outside the list.
    """
    target, prediction = _labels(target, prediction)
    rows = _only(target, labels, "target")
    columns = _only(prediction, labels, "prediction")
    count = len(labels)
    cells = np.bincount(rows * count + columns, minlength=count * count)
    return cells.reshape(count, count).astype(np.int64)


def _labels(target: Array, prediction: Array) -> tuple[Array, Array]:
    both = _names(target, "target"), _names(prediction, "prediction")
    if both[0].shape != both[1].shape:
        raise ValueError(f"{both[0].size} targets but {both[1].size} predictions")
    if both[0].dtype.kind != both[1].dtype.kind:
        raise ValueError("expected labels of one kind, got names and numbers")
    return both


def _names(labels: Array | Sequence[Label], name: str) -> Array:
    """Labels (n,) as names or as int64; ValueError for other things, and for broken numbers."""
    array = np.asarray(labels)
    if array.ndim != 1 or array.size == 0:
        raise ValueError(f"{name}: expected labels (n,), got shape {array.shape}")
    if array.dtype.kind == "U" or all(isinstance(label, str) for label in array.tolist()):
        return array.astype(str)
    # Comparing with 2^53 also finds NaN; infinity has no integer.
    if array.dtype.kind not in "biuf" or not (np.abs(array.astype(float)) < 2**53).all():
        raise ValueError(f"{name}: expected names or whole numbers as labels")
    if (array != np.floor(array)).any():
        raise ValueError(f"{name}: expected names or whole numbers as labels")
    return array.astype(np.int64)


def _only(items: Array, labels: Sequence[Label], name: str) -> NDArray[np.int64]:
    """The index in `labels` of each item; ValueError for an item outside the list."""
    if not len(labels) or len(set(labels)) != len(labels):
        raise ValueError("expected a list of different labels")
    listed = _names(list(labels), "list")
    if listed.dtype.kind != items.dtype.kind:
        raise ValueError(f"{name}: expected labels of one kind, got names and numbers")
    order = np.argsort(listed)
    index = order[np.searchsorted(listed, items, sorter=order).clip(max=listed.size - 1)]
    if (outside := items[listed[index] != items]).size:
        raise ValueError(f"{name}: {outside[0]} is not one of the {listed.size} labels")
    return np.asarray(index)


def _f1(hits: Array, named: Array) -> NDArray[np.float64]:
    """F1 from TP and 2 TP + FP + FN, 0 where the latter is 0."""
    return np.asarray(2.0 * hits / np.where(named > 0, named, 1.0))


def _measure_matrix(prediction: Array, target: Array, signal: Signal) -> Array:
    """Two 0-d label indices -> the flattened confusion matrix of this one recording."""
    matrix = confusion(np.ravel(target), np.ravel(prediction), range(len(signal.labels)))
    return matrix.ravel().astype(np.float64)


def _measure_accuracy(prediction: Array, target: Array, signal: Signal) -> Array:
    matrix = confusion(np.ravel(target), np.ravel(prediction), range(len(signal.labels)))
    return mean_statistics(float(matrix.trace()))


def _matrices(sums: Array) -> NDArray[np.float64]:
    sums = np.asarray(sums, dtype=np.float64)
    count = round(np.sqrt(sums.shape[-1]))
    return sums.reshape(*sums.shape[:-1], count, count)


def _reduce_f1(sums: Array) -> Array:
    matrices = _matrices(sums)
    hits = np.diagonal(matrices, axis1=-2, axis2=-1)
    return np.asarray(_f1(hits, matrices.sum(axis=-1) + matrices.sum(axis=-2)).mean(axis=-1))


def _parts_f1(sums: Array) -> Array:
    """F1 of each class."""
    matrices = _matrices(sums)
    hits = np.diagonal(matrices, axis1=-2, axis2=-1)
    return _f1(hits, matrices.sum(axis=-1) + matrices.sum(axis=-2))


def _plausible_accuracy(statistics: Array, signal: Signal) -> Array:
    right = np.isin(statistics[:, :1], (0.0, 1.0)).all(axis=1)
    return np.asarray(plausible_mean(statistics, signal) & right)


def _plausible_confusion(statistics: Array, signal: Signal) -> Array:
    """One cell is 1, the others are 0."""
    if statistics.shape[1] != len(signal.labels) ** 2:
        return np.zeros(len(statistics), bool)
    return np.asarray(np.isin(statistics, (0.0, 1.0)).all(axis=1) & (statistics.sum(axis=1) == 1.0))


ACCURACY = Metric(
    id="accuracy@1",
    title="Accuracy",
    unit="",
    tolerance=0.02,
    better="higher",
    measure=_measure_accuracy,
    reduce=reduce_mean,
    plausible=_plausible_accuracy,
    definition="share of correct labels",
    source="the definition",
    scale=(0.0, 1.0),
)
MACRO_F1 = Metric(
    id="macro_f1@1",
    title="Macro F1",
    unit="",
    tolerance=0.02,
    better="higher",
    measure=_measure_matrix,
    reduce=_reduce_f1,
    plausible=_plausible_confusion,
    parts=_parts_f1,
    has_confusion=True,
    definition="mean over the fixed list of classes of 2 TP / (2 TP + FP + FN)",
    source="sklearn.metrics.f1_score; Opitz & Burst 2019",
    scale=(0.0, 1.0),
)
