"""Noisy speech through a gain: how far it may be taken down, and what is learnt of it."""

import numpy as np
import pytest


@pytest.fixture
def views(module, asked):
    """The view of `ridge`, whose rows are gains, and of the mask network, of their logits."""
    told = asked("emg_speech_enhancement")
    return {
        "ridge": module("ridge").Model(told, 0).view,
        "mask": module("enhancement_mask").Model(told, 0).view,
    }


@pytest.mark.parametrize(("name", "low", "high"), [("ridge", -1.0, 2.0), ("mask", -50.0, 50.0)])
def test_a_gain_lies_between_one_hundredth_and_one(views, recordings, name, low, high):
    view, noisy = views[name], recordings[0]["noisy"]
    rows = np.ones((view.count(noisy.shape), 257))
    for factor, gain in ((low, 0.01), (high, 1.0)):
        answer = view.answer(factor * rows, {"noisy": noisy}, noisy.shape)
        np.testing.assert_allclose(answer, gain * noisy, atol=1e-6)


def test_what_ridge_learns_is_as_bounded_as_what_it_answers(views, recordings):
    silent = {"clean": 0 * recordings[0]["clean"], "noisy": recordings[0]["noisy"]}
    loud = {"clean": 3 * silent["noisy"], "noisy": silent["noisy"]}
    assert views["ridge"].rows(silent) == pytest.approx(0.01)
    assert views["ridge"].rows(loud) == pytest.approx(1.0)
