import tracemalloc

import numpy as np
import pytest

from benchmark.core import Signal, Undefined
from benchmark.metrics.speech.mcd import (
    MCD,
    MCD_DTW,
    MCD_LOG_MEL,
    MCD_LOG_MEL_DTW,
    dtw,
    mcd,
    mcd_dtw,
)
from benchmark.metrics.speech.mcd import cepstra as cepstra_of

DECIBELS = 6.141851463713754  # 10 sqrt(2) / ln 10
FIVE = Signal(unit="ln", dtype="float64", rate=200.0, frame=(5,))
BOTH = pytest.mark.parametrize("score", [mcd, mcd_dtw])


def cepstra(frames, coefficients=5, seed=0):
    return np.random.RandomState(seed).standard_normal((frames, coefficients))


def loop(u, v):
    """Every cell in turn: of the cheapest ways to it, the one with the fewest pairs."""
    cells = {(-1, -1): (0.0, 0)}
    for i in range(len(u)):
        for j in range(len(v)):
            ways = [cells.get(p, (np.inf, 0)) for p in ((i - 1, j - 1), (i - 1, j), (i, j - 1))]
            cost, pairs = min(ways)
            cells[i, j] = cost + float(np.sqrt(((u[i] - v[j]) ** 2).sum())), pairs + 1
    return cells[len(u) - 1, len(v) - 1]


def test_known_answer():
    target = np.zeros((2, 3))
    assert mcd(target, np.array([[9.0, 3, 4], [-9, 0, 1]])) == pytest.approx(3 * DECIBELS)
    assert mcd(target, target) == 0
    assert mcd_dtw(target, target) == 0


@BOTH
def test_c0_never_counts(score):
    target, prediction = cepstra(20), cepstra(20, seed=1)
    louder = prediction + np.array([100.0, 0, 0, 0, 0])
    assert score(target, louder) == score(target, prediction) > 1
    assert score(target, target + np.array([1.0, 0, 0, 0, 0])) == 0


def test_the_metrics_take_prediction_then_target():
    target, prediction = cepstra(20), cepstra(20, seed=1)
    assert MCD.measure(prediction, target, FIVE).tolist() == [mcd(target, prediction), 1]
    assert MCD_DTW.measure(prediction, target, FIVE).tolist() == [mcd_dtw(target, prediction), 1]
    assert MCD.worst is None
    assert MCD_DTW.worst is None


@pytest.mark.parametrize(
    ("n", "m"), [(1, 1), (1, 6), (6, 1), (2, 2), (3, 11), (11, 3), (30, 27), (27, 30)]
)
def test_warping_equals_a_plain_double_loop(n, m):
    for seed in range(3):
        u, v = cepstra(n, 4, seed), cepstra(m, 4, seed + 9)
        assert dtw(u, v) == pytest.approx(loop(u, v), rel=1e-12)
        u, v = (np.round(x[:, :1]) for x in (u, v))  # full of ties
        assert dtw(u, v) == loop(u, v) == dtw(v, u)
        expected = DECIBELS * np.divide(*loop(u, v))
        assert mcd_dtw(*(np.insert(x, 0, 7, axis=1) for x in (u, v))) == pytest.approx(expected)


def test_of_equally_cheap_paths_the_shortest_counts():
    u, v = np.array([[0.0], [1]]), np.array([[1.0], [0]])
    assert dtw(u, v) == (2.0, 2)


def test_warping_forgives_timing():
    target = cepstra(30)
    late = np.repeat(target, np.arange(30) % 3 + 1, axis=0)
    assert mcd_dtw(target, late) == 0
    assert mcd_dtw(late, target) == 0
    shifted = np.concatenate([target[3:], target[:3]])
    assert 0 < mcd_dtw(target, shifted) < 0.5 * mcd(target, shifted)


def test_warping_needs_no_matrix():
    u, v = cepstra(900), cepstra(800, seed=1)
    tracemalloc.start()
    dtw(u, v)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 900 * 800


@BOTH
@pytest.mark.parametrize(
    "wrong",
    [
        lambda x: x[:0],
        lambda x: x[:, :1],
        lambda x: x[:, :0],
        lambda x: x[:, :4],
        lambda x: x[:, 1],
        lambda x: x[None],
        lambda x: np.where(x == x[3, 2], np.nan, x),
        lambda x: np.where(x == x[3, 0], np.inf, x),
        lambda x: x + 0j,
    ],
)
def test_refuses_other_shapes_and_nan(score, wrong):
    target, prediction = cepstra(20), cepstra(20, seed=1)
    with pytest.raises(ValueError, match=r"prediction|expected"):
        score(target, wrong(prediction))
    with pytest.raises(ValueError, match=r"target|expected"):
        score(wrong(target), prediction)


@BOTH
def test_c0_alone_is_not_enough(score):
    with pytest.raises(ValueError, match="c0"):
        score(np.ones((9, 1)), np.ones((9, 1)))


def test_only_warping_takes_unequal_lengths():
    with pytest.raises(ValueError, match="expected 20 frames"):
        mcd(cepstra(20), cepstra(19))
    with pytest.raises(ValueError, match="expected 20 frames"):
        mcd(cepstra(20), cepstra(1))
    assert mcd_dtw(cepstra(20), cepstra(19)) >= 0


@pytest.mark.parametrize("metric", [MCD, MCD_DTW])
def test_overflow_and_other_orders_raise(metric):
    target = cepstra(20)
    with pytest.raises(Undefined, match="too large"):
        metric.measure(np.full_like(target, 1e200), target, FIVE)
    with pytest.raises(ValueError, match="expected 5 channels"):
        metric.measure(target[:, :4], target[:, :4], FIVE)


@BOTH
@pytest.mark.parametrize("dtype", [np.float32, np.int8])
def test_inputs_of_any_type_stay_as_they_are(score, dtype):
    target, prediction = ((100 * x).clip(-128, 127).astype(dtype) for x in (cepstra(9), cepstra(9)))
    prediction = prediction[::-1]
    kept = target.copy(), prediction.copy()
    expected = score(target.astype(float), prediction.astype(float))
    assert score(target, prediction) == pytest.approx(expected, rel=1e-12)
    assert np.array_equal(kept, (target, prediction))


BANDS = Signal(unit="ln", dtype="float64", rate=86.0, frame=(30,))


def test_cepstra_of_spectra_are_in_decibels_of_the_smoothed_spectrum(inputs):
    """The root mean square over bands of a difference that 24 cosines can draw."""
    y, _ = inputs.spectra()
    wave = 0.3 * np.cos(3 * np.pi * (np.arange(30) + 0.5) / 30)
    expected = 20 / np.log(10) * np.sqrt(np.square(wave).mean())
    assert mcd(cepstra_of(y), cepstra_of(y + wave)) == pytest.approx(expected, rel=1e-12)
    fine = 0.3 * np.cos(25 * np.pi * (np.arange(30) + 0.5) / 30)
    assert mcd(cepstra_of(y), cepstra_of(y + fine + 7)) == pytest.approx(0, abs=1e-12)


def test_spectra_are_scored_by_their_cepstra(inputs, golden):
    y, x = inputs.spectra()
    assert MCD_LOG_MEL.measure(x, y, BANDS) == pytest.approx([golden["mcd_log_mel"], 1])
    slow = np.repeat(y, 2, axis=0)[: len(y)]
    for prediction in (x, slow):
        warped = mcd_dtw(cepstra_of(y), cepstra_of(prediction))
        assert MCD_LOG_MEL_DTW.measure(prediction, y, BANDS).tolist() == [warped, 1]
        assert warped <= MCD_LOG_MEL.measure(prediction, y, BANDS)[0]
    assert MCD_LOG_MEL_DTW.aligns
    assert not MCD_LOG_MEL.aligns


def test_refuses_spectra_that_have_no_such_cepstra(inputs):
    y, _ = inputs.spectra()
    for wrong in (y[:, :24], y[0], y.astype(complex)):
        with pytest.raises(ValueError, match="more than 24 bands"):
            cepstra_of(wrong)
    for metric in (MCD_LOG_MEL, MCD_LOG_MEL_DTW):
        assert metric.fits(BANDS)
        assert not metric.fits(Signal(unit="ln", dtype="float64", rate=100.0, frame=(24,)))
        assert not metric.fits(Signal(unit="mm", dtype="float64", rate=100.0, frame=(30,)))
        with pytest.raises(ValueError, match="NaN"):
            metric.measure(np.where(y > 0, np.inf, y), y, BANDS)
        for huge in (np.where(y > 0, 1.7e308, y), np.full_like(y, 1.7e308)):
            with pytest.raises(Undefined, match=r"^prediction too large"):
                metric.measure(huge, y, BANDS)
