import numpy as np
import pytest

from benchmark.core import Signal, Undefined
from benchmark.metrics.speech.pitch import VOICED_R, voiced_r

SIGNAL = Signal("mm", "float32", 50.0, (2,), channels=("loudness", "pitch"), units=("1", "Hz"))


@pytest.fixture
def tracks():
    """Prediction, target (40,) and voicing with 24 voiced frames, where the two agree in shape."""
    rng = np.random.default_rng(2)
    voicing = (np.arange(40) % 5 < 3).astype(np.uint8)
    target = rng.normal(120, 20, 40)
    prediction = np.where(voicing, 2 * target + 7, rng.normal(300, 90, 40))
    return prediction, target, voicing


def test_only_voiced_frames_count(tracks):
    prediction, target, voicing = tracks
    assert voiced_r(prediction, target, voicing) == pytest.approx(1.0, abs=1e-12)
    everywhere = voiced_r(prediction, target, np.ones(40))
    assert everywhere == pytest.approx(np.corrcoef(prediction, target)[0, 1], abs=1e-12)
    assert everywhere < 0.9


def test_the_channel_called_pitch_is_taken(tracks):
    prediction, target, voicing = tracks
    other = np.arange(40.0)
    two = [np.stack([way * other, track], axis=1) for way, track in ((1, prediction), (-1, target))]
    statistics = VOICED_R.measure(*two, SIGNAL, voicing)
    assert statistics == pytest.approx([1.0, 1.0], abs=1e-12)
    with pytest.raises(ValueError, match="called pitch"):
        VOICED_R.measure(*two, Signal("Hz", "float32", 50.0, (2,)), voicing)


def test_undefined_pitch_has_its_reason(tracks):
    prediction, target, voicing = tracks
    few = np.where(np.cumsum(voicing) > 9, 0, voicing)
    for given, reason in (
        ((prediction, target, few), "target: fewer than 10 voiced frames"),
        ((prediction, np.where(voicing, 100, target), voicing), "target: constant pitch"),
        ((np.where(voicing, 100, prediction), target, voicing), "^constant pitch"),
    ):
        with pytest.raises(Undefined, match=reason):
            voiced_r(*given)


def test_bad_input_is_refused(tracks):
    prediction, target, voicing = tracks
    for given in (
        (prediction, target, voicing[:-1]),
        (prediction, target, voicing * 2),
        (prediction[:-1], target, voicing),
        (np.where(voicing, np.nan, prediction), target, voicing),
    ):
        with pytest.raises(ValueError, match=r"expected|NaN"):
            voiced_r(*given)
