import numpy as np
import pytest

from benchmark.core import Signal, Undefined
from benchmark.metrics.stoi import ESTOI, STOI, estoi, stoi

AUDIO = Signal(unit="", dtype="float32", rate=16_000.0)
BOTH = pytest.mark.parametrize("score", [stoi, estoi])


@pytest.fixture(scope="module")
def audio(inputs):
    return inputs.speech()


def test_equals_the_library(audio, golden):
    assert stoi(*audio, 16_000) == pytest.approx(golden["stoi"], abs=1e-9)
    assert estoi(*audio, 16_000) == pytest.approx(golden["estoi"], abs=1e-9)


def test_the_metrics_take_prediction_then_target(audio, golden):
    clean, noisy = audio
    assert STOI.measure(noisy, clean, AUDIO) == pytest.approx([golden["stoi"], 1], abs=1e-9)
    assert ESTOI.measure(noisy, clean, AUDIO) == pytest.approx([golden["estoi"], 1], abs=1e-9)
    assert stoi(noisy, clean, 16_000) != pytest.approx(golden["stoi"], abs=1e-3)


@BOTH
@pytest.mark.parametrize("gain", [1e-30, 1e-4, 8.0, 1e12, -1.0])
def test_neither_gain_nor_polarity_matters(audio, score, gain):
    clean, noisy = audio
    expected = score(clean, noisy, 16_000)
    assert score(clean, gain * noisy, 16_000) == pytest.approx(expected, abs=1e-9)
    assert score(gain * clean, noisy, 16_000) == pytest.approx(expected, abs=1e-9)


@BOTH
def test_the_rate_given_is_the_rate_used(audio, score):
    assert score(*audio, 16_000.0) == score(*audio, 16_000)
    assert abs(score(*audio, 10_000) - score(*audio, 16_000)) > 1e-3
    for rate in (None, 0, -8_000, 16_000.5, np.nan):
        with pytest.raises(ValueError, match="rate"):
            score(*audio, rate)


def test_a_half_silent_prediction_scores_the_same_whatever_the_global_seed(audio):
    clean, noisy = audio
    noisy = np.where(np.arange(noisy.size) < noisy.size // 2, noisy, 0.0)
    scores = set()
    for seed in range(3):
        np.random.seed(seed)
        before = np.random.get_state()[1].copy()
        scores.add(estoi(clean, noisy, 16_000))
        assert np.array_equal(np.random.get_state()[1], before)
    assert len(scores) == 1


@BOTH
def test_says_whose_fault_it_is(audio, score):
    clean, noisy = audio
    for silence in (np.zeros_like(clean), np.full_like(clean, 0.3)):
        with pytest.raises(Undefined, match=r"^silent prediction"):
            score(clean, silence, 16_000)
        with pytest.raises(Undefined, match=r"^target: silent"):
            score(silence, noisy, 16_000)
    with pytest.raises(Undefined, match=r"^target: too short"):
        score(clean[2000:2100], noisy[2000:2100], 16_000)
    with pytest.raises(Undefined, match=r"^target: less than 30 frames"):
        score(clean[1000:7000], noisy[1000:7000], 16_000)


@BOTH
def test_little_speech_in_a_long_target_is_undefined(audio, score):
    clean, noisy = audio
    brief = np.where((np.arange(clean.size) > 2000) & (np.arange(clean.size) < 4000), clean, 0.0)
    with pytest.raises(Undefined, match=r"^target: less than 30 frames"):
        score(brief, noisy, 16_000)


@BOTH
def test_a_prediction_silent_where_the_target_speaks_is_silent(audio, score):
    clean, _ = audio
    late = np.concatenate([clean, np.zeros(16_000)])
    prediction = np.zeros_like(late)
    prediction[-8_000:] = np.sin(np.arange(8_000.0))
    with pytest.raises(Undefined, match=r"^silent prediction"):
        score(late, prediction, 16_000)


@BOTH
@pytest.mark.parametrize(
    "wrong",
    [
        lambda x: x[:-1],
        lambda x: x[:, None],
        lambda x: x[None],
        lambda x: x[:0],
        lambda x: np.where(np.arange(x.size) == 9, np.nan, x),
    ],
)
def test_refuses_other_shapes_and_nan(audio, score, wrong):
    clean, noisy = audio
    with pytest.raises(ValueError, match=r"prediction|expected"):
        score(clean, wrong(noisy), 16_000)
    with pytest.raises(ValueError, match=r"target|expected"):
        score(wrong(clean), wrong(noisy) if wrong(clean).ndim == 2 else noisy, 16_000)


def test_floors():
    assert STOI.floor(AUDIO).tolist() == [0, 1]
    assert ESTOI.floor(AUDIO).tolist() == [-1, 1]
