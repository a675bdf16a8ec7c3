"""Metrics as functions: each by its name, with the values of its definition."""

import doctest

import numpy as np
import pytest

from benchmark.core import Signal, Undefined
from benchmark.report import metrics_page
from silentbench import metrics


def test_every_metric_is_a_function_by_a_name_of_its_own():
    found = [getattr(metrics, name).metric for name in dir(metrics)]
    assert sorted(m.id for m in found) == sorted(m.id for m in metrics_page.all_metrics())
    for name in dir(metrics):
        assert name.startswith(getattr(metrics, name).metric.id.split("@")[0].split(".")[0])
        assert getattr(metrics, name).metric.definition in getattr(metrics, name).__doc__
    with pytest.raises(AttributeError, match=r"no metric is called 'rsme'; there are .*rmse"):
        _ = metrics.rsme


def test_the_examples_are_right():
    found = doctest.testmod(metrics)
    assert found.failed == 0 < found.attempted


def test_several_recordings_are_scored_as_the_board_scores_them():
    target = [np.zeros((4, 1)), np.zeros((9, 1))]
    prediction = [np.ones((4, 1)), np.full((9, 1), 3.0)]
    assert metrics.rmse(prediction, target) == 2.0  # each recording weighs the same
    assert metrics.wer(["a b", "c"], ["a b", "d"]) == pytest.approx(1 / 3)  # each word does


def test_a_metric_is_told_of_the_target_by_fields_or_by_its_signal():
    rng = np.random.default_rng(0)
    target = rng.normal(size=16_000)
    noisy = target + 0.1 * rng.normal(size=16_000)
    known = Signal(unit="", dtype="float64", rate=16_000.0)
    assert metrics.stoi(noisy, target, rate=16_000.0) == metrics.stoi(noisy, target, signal=known)
    with pytest.raises(ValueError, match="expected a sampling rate in whole Hz, got None"):
        metrics.stoi(noisy, target)


def test_a_further_signal_follows_the_target():
    rng = np.random.default_rng(0)
    target = rng.normal(size=(100, 4))
    speech = np.arange(100) < 50
    wrong_outside = np.where(speech[:, None], target, target + 1)
    assert metrics.mel_mse_in_speech(wrong_outside, target, speech) == 0.0
    assert metrics.mel_mse_mean(wrong_outside, target) == pytest.approx(0.5)
    both = metrics.mel_mse_in_speech([target, wrong_outside], [target, target], [speech, ~speech])
    assert both == pytest.approx(0.5)


def test_what_has_no_score_or_does_not_fit_is_raised():
    with pytest.raises(ValueError, match=r"expected shape \(4, 1\) of the target, got \(3, 1\)"):
        metrics.rmse(np.zeros((3, 1)), np.zeros((4, 1)))
    with pytest.raises(ValueError, match="expected 2 predictions, got 1"):
        metrics.wer(["a"], ["a", "b"])
    with pytest.raises(Undefined):
        metrics.pearson(np.zeros((4, 1)), np.arange(4.0)[:, None])
