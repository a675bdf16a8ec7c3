"""The blurred trivial baseline: it reads no input; its Gaussian blur preserves constant images."""

import numpy as np
import pytest

TASK = "lip_to_ultrasound"


class Forbidden(dict):
    def __getitem__(self, name):
        raise AssertionError(f"a trivial baseline read input {name}")


@pytest.fixture(scope="module")
def entry(module):
    return module("blurred")


@pytest.fixture
def model(entry, asked, recordings):
    made = entry.Model(asked(TASK), 3)
    made.fit(recordings[:8], recordings[8:10])
    return made


def test_predictions_are_blurred_training_targets_repeated_or_cut(entry, model, recordings):
    known = [entry.blur(recording["ultrasound"]) for recording in recordings[:8]]
    for count in (5, 3 * len(known[0])):
        answer = model.predict(Forbidden(), (count, 16, 20))
        assert answer.dtype == np.uint8
        assert any(np.array_equal(answer, np.concatenate([k] * 4)[:count]) for k in known)


def test_each_recording_gets_a_draw_of_its_own_in_any_order(entry, model, asked, recordings):
    again = entry.Model(asked(TASK), 3)
    again.fit(recordings[:8], [])
    inputs = [{"lips": np.full((30, 4, 4), number, np.uint8)} for number in range(10)]
    series = [model.predict(given, (30, 16, 20)).tobytes() for given in inputs]
    assert len(set(series)) > 2
    backwards = [again.predict(given, (30, 16, 20)).tobytes() for given in inputs[::-1]]
    assert series == backwards[::-1]


def test_a_constant_video_is_unchanged(entry):
    video = np.full((9, 12, 14), 77, np.uint8)
    np.testing.assert_array_equal(entry.blur(video), video)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_point_becomes_a_gaussian_along_each_axis(entry, axis):
    video = np.zeros((41, 41, 41), np.uint8)
    video[20, 20, 20] = 255
    deviations = [1e-3, 1e-3]
    if axis == 0:
        deviations[0] = 2.0
    else:
        deviations[1] = 2.0
    seen = np.moveaxis(entry.blur(video, *deviations), axis, 0)[:, 20, 20]
    shape = np.exp(-0.5 * (np.arange(-20, 21) / 2) ** 2)
    height = shape[20] / shape.sum() if axis == 0 else (shape[20] / shape.sum()) ** 2
    np.testing.assert_array_equal(seen, np.rint(255 * height * shape).astype(np.uint8))
