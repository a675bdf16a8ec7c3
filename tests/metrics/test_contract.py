"""What every metric promises, over all that the folder holds: a new file is tested by it."""

import numpy as np
import pytest

from benchmark.core import Signal
from benchmark.metrics import text
from benchmark.report import metrics_page

FOUND = metrics_page.every()
every = pytest.mark.parametrize("metric", FOUND, ids=lambda m: m.id)


@pytest.fixture
def example(inputs):
    """(prediction, target, signal) that a metric can score, by the first word of its id."""

    def make(metric):
        word = metric.id.partition("@")[0].partition(".")[0]
        beside = ()
        if word in {"pearson", "rmse", "mel_mse", "mel_r", "mcd"}:
            signal = Signal(unit="mm", dtype="float64", rate=100.0, frame=(4,))
            target, prediction = inputs.trajectories()
        elif word in {"pesq_wb", "pesq_nb", "stoi", "estoi", "si_sdr"}:
            if word.startswith("pesq"):
                pytest.importorskip("pesq")
            signal = Signal(unit="", dtype="float64", rate=16_000.0)
            target, prediction = inputs.speech(seconds=1.5)
        elif word in {"pitch_r", "voicing_error"}:
            signal = Signal(unit="Hz", dtype="float64", rate=100.0, frame=(1,))
            target, prediction = (x[:, :1] - np.median(x) for x in inputs.trajectories())
            beside = (np.arange(len(target)) % 3 > 0,) if metric.beside else ()
        elif word in {"wer", "cer", "per"}:
            signal = Signal(unit="text", dtype="uint32")
            target, prediction = text.encoded("a whole sentence"), text.encoded("a hole")
        elif word in {"ssim", "msd", "cw_ssim", "psnr", "pyssim_cw"}:
            signal = Signal(
                unit="",
                dtype="uint8",
                rate=60.0,
                frame=(96, 96),
                span=255.0,
                fan=(47.5, 110.0, 0.8),
                sector=(40.0, 20.0, 85.0),
            )
            target, prediction = inputs.ultrasound(), inputs.ultrasound(seed=5, centre=64.0)
        else:
            signal = Signal(unit="", dtype="int64", labels=("a", "b", "c"))
            target, prediction = np.array(2), np.array(1)
        return (prediction, target, signal, *beside)

    return make


def test_ids_are_unique_and_carry_a_version():
    ids = [metric.id for metric in FOUND]
    assert len(set(ids)) == len(ids) >= 26
    assert all(id_.partition("@")[2].isdigit() for id_ in ids)


@every
def test_statistics_are_finite_float64_in_one_dimension(metric, example):
    got = metric.measure(*example(metric))
    assert got.dtype == np.float64
    assert got.ndim == 1
    assert np.isfinite(got).all()


@every
def test_says_what_it_is_and_keeps_to_its_scale(metric, example):
    assert metric.title
    assert metric.definition
    assert metric.source
    low, high = (
        np.inf * sign if end is None else end
        for end, sign in zip(metric.scale, (-1, 1), strict=True)
    )
    given = example(metric)
    for prediction in (given[0], given[1].copy()):
        value = metric.reduce(metric.measure(prediction, *given[1:]))
        assert low - 1e-9 <= value <= high + 1e-9


@every
def test_reduce_takes_any_stack_of_sums(metric, example):
    got = metric.measure(*example(metric))
    one = metric.reduce(got)
    assert np.shape(one) == ()
    stack = np.broadcast_to(3 * got, (2, 5, got.size))
    assert metric.reduce(stack) == pytest.approx(np.full((2, 5), one))


@every
def test_floor_fits_the_statistics_and_is_worst(metric, example):
    given = example(metric)
    if metric.floor is None:
        return
    got, floor = metric.measure(*given), metric.floor(given[2])
    assert floor.shape == got.shape
    assert floor.dtype == np.float64
    value, worst = metric.reduce(got), metric.reduce(floor)
    assert worst < value if metric.better == "higher" else worst > value


@every
def test_inputs_and_the_global_generator_stay_as_they_were(metric, example):
    given = prediction, target, *_ = example(metric)
    kept = prediction.copy(), target.copy()
    np.random.seed(3)
    before = np.random.get_state()
    first = metric.measure(*given)
    after = np.random.get_state()
    assert before[2:] == after[2:]
    assert np.array_equal(before[1], after[1])
    assert all(np.array_equal(a, b) for a, b in zip(kept, (prediction, target), strict=True))
    for array in (prediction, target):
        array.flags.writeable = False
    for _ in range(19):
        assert metric.measure(*given).tobytes() == first.tobytes()


@every
def test_memory_layout_does_not_matter(metric, example):
    prediction, target, *rest = example(metric)
    strided = np.stack([prediction, prediction], axis=-1)[..., 0]
    first = metric.measure(prediction, target, *rest)
    again = metric.measure(strided, np.asfortranarray(target), *rest)
    assert again == pytest.approx(first, rel=1e-9)


@every
def test_a_better_prediction_scores_better(metric, example):
    prediction, target, *rest = example(metric)
    imperfect = metric.reduce(metric.measure(prediction, target, *rest))
    perfect = metric.reduce(metric.measure(target.copy(), target, *rest))
    assert perfect > imperfect if metric.better == "higher" else perfect < imperfect
