"""The nearest training frame: exact on training data, and near the target elsewhere."""

import numpy as np
import pytest

from benchmark.core import Recording

TASK = "lip_to_ultrasound"


@pytest.fixture(scope="module")
def model(module, asked, recordings):
    made = module("nearest").Model(asked(TASK), 1)
    made.fit(recordings[:8], [])
    return made


def test_lips_of_the_training_set_get_their_own_ultrasound(model, recordings):
    for recording in recordings[:8]:
        truth = recording["ultrasound"]
        answer = model.predict({"lips": recording["lips"]}, truth.shape)
        assert answer.dtype == np.uint8
        assert (
            np.abs(answer.astype(int) - truth).max() <= 1
        )  # lips of one grey level may be several


def test_every_prediction_is_a_training_frame_near_the_target(model, recordings):
    known = {frame.tobytes() for r in recordings[:8] for frame in r["ultrasound"]}
    for recording in recordings[10:]:
        truth = recording["ultrasound"]
        answer = model.predict({"lips": recording["lips"]}, truth.shape)
        assert {frame.tobytes() for frame in answer} <= known
        assert np.abs(answer.astype(int) - truth).mean() < 3


def test_lips_may_be_slower_than_ultrasound(module, asked, recordings):
    def slow(recording):
        values = {"lips": recording["lips"][::2], "ultrasound": recording["ultrasound"]}
        return Recording(recording.id, "s", "s", "", values.__getitem__)

    made = module("nearest").Model(asked(TASK, lips={"rate": 30.0}), 1)
    made.fit([slow(recording) for recording in recordings[:8]], [])
    truth = recordings[3]["ultrasound"]
    answer = made.predict({"lips": recordings[3]["lips"][::2]}, truth.shape)
    assert np.abs(answer.astype(int) - truth)[:-1].max() < 12
