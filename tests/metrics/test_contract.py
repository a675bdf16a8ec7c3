"""What every metric promises, over all that the folder holds: a new file is tested by it."""

import importlib
import pkgutil

import numpy as np
import pytest

from benchmark import metrics
from benchmark.core import Metric, Signal

NAMES = [name for _, name, _ in pkgutil.iter_modules(metrics.__path__) if not name.startswith("_")]
FOUND = [
    value
    for name in NAMES
    for value in vars(importlib.import_module(f"benchmark.metrics.{name}")).values()
    if isinstance(value, Metric)
]
every = pytest.mark.parametrize("metric", FOUND, ids=lambda m: m.id)


@pytest.fixture
def example(inputs):
    """(prediction, target, signal) that a metric can score, by the first word of its id."""

    def make(metric):
        word = metric.id.partition("@")[0].partition(".")[0]
        if word in {"pearson", "rmse", "mel_mse", "mel_r"}:
            signal = Signal(unit="mm", dtype="float64", rate=100.0, frame=(4,))
            target, prediction = inputs.trajectories()
        elif word in {"pesq_wb", "pesq_nb", "stoi", "estoi", "si_sdr"}:
            if word.startswith("pesq"):
                pytest.importorskip("pesq")
            signal = Signal(unit="", dtype="float64", rate=16_000.0)
            target, prediction = inputs.speech(seconds=1.5)
        elif word in {"ssim", "msd"}:
            fan = (47.5, 110.0, 0.8)
            signal = Signal(unit="", dtype="uint8", rate=60.0, frame=(96, 96), span=255.0, fan=fan)
            target, prediction = inputs.ultrasound(), inputs.ultrasound(seed=5, centre=64.0)
        else:
            signal = Signal(unit="", dtype="int64", labels=("a", "b", "c"))
            target, prediction = np.array(2), np.array(1)
        return prediction, target, signal

    return make


def test_ids_are_unique_and_carry_a_version():
    ids = [metric.id for metric in FOUND]
    assert len(set(ids)) == len(ids) >= 12
    assert all(id_.partition("@")[2].isdigit() for id_ in ids)


@every
def test_statistics_are_finite_float64_in_one_dimension(metric, example):
    got = metric.measure(*example(metric))
    assert got.dtype == np.float64
    assert got.ndim == 1
    assert np.isfinite(got).all()


@every
def test_reduce_takes_any_stack_of_sums(metric, example):
    got = metric.measure(*example(metric))
    one = metric.reduce(got)
    assert np.shape(one) == ()
    stack = np.broadcast_to(3 * got, (2, 5, got.size))
    assert metric.reduce(stack) == pytest.approx(np.full((2, 5), one))


@every
def test_floor_fits_the_statistics_and_is_worst(metric, example):
    prediction, target, signal = example(metric)
    if metric.floor is None:
        return
    got, floor = metric.measure(prediction, target, signal), metric.floor(signal)
    assert floor.shape == got.shape
    assert floor.dtype == np.float64
    value, worst = metric.reduce(got), metric.reduce(floor)
    assert worst < value if metric.better == "higher" else worst > value


@every
def test_inputs_and_the_global_generator_stay_as_they_were(metric, example):
    prediction, target, signal = example(metric)
    kept = prediction.copy(), target.copy()
    np.random.seed(3)
    before = np.random.get_state()
    first = metric.measure(prediction, target, signal)
    after = np.random.get_state()
    assert before[2:] == after[2:]
    assert np.array_equal(before[1], after[1])
    assert all(np.array_equal(a, b) for a, b in zip(kept, (prediction, target), strict=True))
    for array in (prediction, target):
        array.flags.writeable = False
    for _ in range(19):
        assert metric.measure(prediction, target, signal).tobytes() == first.tobytes()


@every
def test_memory_layout_does_not_matter(metric, example):
    prediction, target, signal = example(metric)
    strided = np.stack([prediction, prediction], axis=-1)[..., 0]
    first = metric.measure(prediction, target, signal)
    again = metric.measure(strided, np.asfortranarray(target), signal)
    assert again == pytest.approx(first, rel=1e-9)


@every
def test_a_better_prediction_scores_better(metric, example):
    prediction, target, signal = example(metric)
    imperfect = metric.reduce(metric.measure(prediction, target, signal))
    perfect = metric.reduce(metric.measure(target.copy(), target, signal))
    assert perfect > imperfect if metric.better == "higher" else perfect < imperfect
