"""Against values worked out by hand, and against mel.py on what is left."""

import numpy as np
import pytest

from benchmark.core import Signal, Undefined, UndefinedTarget
from benchmark.metrics.speech import mel
from benchmark.metrics.speech.mel_in_speech import (
    MSE_IN_SPEECH,
    R_IN_SPEECH,
    inside,
    mse,
    r_over_time,
)

TWO = Signal(unit="ln", dtype="float32", rate=100.0, frame=(2,))
SPEECH = np.array([0, 1, 1, 0, 1, 0], np.uint8)


def by_hand():
    """Six frames of two bins; in speech (frames 1, 2, 4) the errors are 1, -2, 3 and 0, 0, -2."""
    target = np.array([[9.0, 9], [1, 2], [3, 4], [-9, 9], [5, 8], [0, 0]])
    error = np.array([[50.0, -50], [1, 0], [-2, 0], [70, 70], [3, -2], [-90, 0]])
    return target + error, target


def test_the_error_is_that_of_the_frames_of_speech():
    prediction, target = by_hand()
    # (1 + 4 + 9) / 3 in the first bin, 4 / 3 in the second
    assert mse(prediction, target, SPEECH) == pytest.approx(3.0, abs=1e-15)
    got = MSE_IN_SPEECH.measure(prediction, target, TWO, SPEECH)
    assert got == pytest.approx([3.0, 1, 14 / 3, 4 / 3], abs=1e-14)
    assert MSE_IN_SPEECH.parts(2 * got) == pytest.approx([14 / 3, 4 / 3])


def test_r_is_over_the_frames_of_speech_in_each_bin():
    """The targets in speech are 1 to 10; r of a bin is worked out from sums of products."""
    speech = np.tile([1, 0], 10)
    target = np.full((20, 2), -11.5)
    prediction = np.random.RandomState(0).normal(size=(20, 2))
    target[::2] = np.arange(1.0, 11)[:, None]
    prediction[::2, 0] = [2, 1, 4, 3, 6, 5, 8, 7, 10, 9]  # sum of d^2 is 10: r = 1 - 6 * 10 / 990
    prediction[::2, 1] = -3.0 * np.arange(1.0, 11) + 7
    expected = (1 - 60 / 990 - 1) / 2
    assert r_over_time(prediction, target, speech) == pytest.approx(expected, abs=1e-14)
    got = R_IN_SPEECH.measure(prediction, target, TWO, speech.astype(bool))
    assert got == pytest.approx([expected, 1, 2, 2], abs=1e-14)


def test_frames_outside_speech_do_not_matter(inputs):
    target, prediction = inputs.trajectories()
    four = Signal(unit="ln", dtype="float32", rate=100.0, frame=(4,))
    speech = np.arange(len(target)) % 4 > 0
    for ours, whole in ((MSE_IN_SPEECH, mel.MEL_MSE), (R_IN_SPEECH, mel.MEL_R)):
        got = ours.measure(prediction, target, four, speech)
        assert got.tolist() == whole.measure(prediction[speech], target[speech], four).tolist()
        changed = np.where(speech[:, None], prediction, 1e3)
        assert ours.measure(changed, target, four, speech).tolist() == got.tolist()
        always = np.ones(len(target), np.uint8)
        every = ours.measure(prediction, target, four, always)
        assert every.tolist() == whole.measure(prediction, target, four).tolist()


def test_telling_speech_from_rest_is_worth_nothing():
    """The answer that knows when and not what: right on average in speech, and right in rest."""
    rng = np.random.RandomState(1)
    speech = np.repeat([0, 1, 1, 0], 25)
    target = np.where(speech[:, None] == 1, rng.normal(size=(100, 2)), -11.5)
    when = np.where(speech[:, None] == 1, target[speech == 1].mean(axis=0), -11.5)
    assert mel.r_over_time(when, target)[0] > 0.95
    with pytest.raises(Undefined, match=r"^constant prediction"):
        r_over_time(when, target, speech)


def test_without_speech_there_is_no_value():
    prediction, target = by_hand()
    for measure in (mse, r_over_time):
        with pytest.raises(UndefinedTarget, match="no frame of speech"):
            measure(prediction, target, np.zeros(6, np.uint8))
    with pytest.raises(UndefinedTarget, match="fewer than 10 frames of speech"):
        r_over_time(prediction, target, SPEECH)
    assert mse(prediction, target, [0, 0, 0, 0, 1, 0]) == pytest.approx((9 + 4) / 2)


def test_constants_inside_speech(inputs):
    target, prediction = inputs.trajectories()
    speech = np.arange(len(target)) % 4 > 0
    held = np.where(speech[:, None], 0.5, prediction)
    with pytest.raises(Undefined, match=r"^constant prediction"):
        r_over_time(held, target, speech)
    with pytest.raises(UndefinedTarget, match="constant"):
        r_over_time(prediction, np.where(speech[:, None], 0.5, target), speech)
    assert R_IN_SPEECH.worst(TWO).tolist() == [-1, 1, 2, 2]


def test_refuses_what_is_no_mark_of_speech():
    prediction, target = by_hand()
    for speech in (SPEECH[:-1], SPEECH * 2, SPEECH[:, None], SPEECH - 0.5, SPEECH * np.nan):
        with pytest.raises(ValueError, match="expected speech of 0 and 1 of shape"):
            inside(prediction, target, speech)
    for wrong in (prediction[:-1], prediction[:, 0], np.where(prediction > 40, np.nan, prediction)):
        with pytest.raises(ValueError, match=r"expected|NaN"):
            inside(wrong, target, SPEECH)
    with pytest.raises(ValueError, match="expected 3 channels"):
        MSE_IN_SPEECH.measure(
            prediction, target, Signal("ln", "float32", rate=100.0, frame=(3,)), SPEECH
        )
