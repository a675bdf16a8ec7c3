"""Ridge recovers a linear map and chooses its penalty on validation recordings."""

# ruff: noqa: ARG002 - the signatures are given

from pathlib import Path

import numpy as np
import pytest

from benchmark.core import Asked
from benchmark.registry import header

PATH = Path(__file__).resolve().parents[2] / "baselines" / "ridge.py"
CHOICES = header.read(PATH)[0].tasks


class Given:
    """A view of recordings that are (x, y) already."""

    def fit(self, train):
        pass

    def count(self, shape):
        return shape[0]

    def features(self, inputs, frames):
        return inputs["x"]

    def rows(self, recording):
        return recording["y"]

    def answer(self, rows, inputs, shape):
        return rows.reshape(shape)


@pytest.fixture
def ridge(module, asked):
    entry = module("ridge")

    def make():
        model = entry.Model(asked("emg_to_articulation"), 0)
        model.view = Given()
        return model

    make.choices = entry.SHRINK
    return make


def made(seed, frames=60, noise=0.0, features=6):
    rng = np.random.default_rng(seed)
    x = rng.normal(3.0, [1, 2, 3, 4, 5, 0.1][:features], (frames, features)).astype(np.float32)
    y = x[:, :2] @ np.array([[1.0, -1.0, 0.5], [2.0, 0.0, 1.0]]) + 7
    return {"x": x, "y": (y + noise * rng.standard_normal(y.shape)).astype(np.float32)}


@pytest.mark.parametrize("choice", CHOICES)
def test_it_does_every_task_of_the_signals_in_its_header(choice, module, signals, recordings):
    inputs, target = header.signals(choice)
    asked = Asked("later", inputs, target, {name: signals[name] for name in (*inputs, target)})
    model = module("ridge").Model(asked, 0)
    model.fit(recordings[:8], recordings[8:10])
    for recording in recordings[10:]:
        given = {name: recording[name] for name in inputs}
        answer = np.asarray(model.predict(given, recording[target].shape))
        assert answer.shape == recording[target].shape
        assert np.isfinite(answer).all()


def test_it_recovers_a_linear_map(ridge):
    model = ridge()
    model.fit([made(1), made(2)], [made(3)])
    test = made(4)
    np.testing.assert_allclose(model.predict(test, test["y"].shape), test["y"], atol=0.02)
    assert model.parameters == 7 * 3


def test_noise_raises_the_penalty(ridge):
    calm, rough = ridge(), ridge()
    calm.fit([made(1)], [made(3, 400)])
    train = made(1, 10, noise=30.0)
    rough.fit([train], [made(3, 400, noise=30.0)])
    assert calm.strength == min(ridge.choices)
    assert rough.strength >= 0.1
    np.testing.assert_allclose(rough.weights[-1], train["y"].mean(axis=0), rtol=1e-4)


def test_the_error_it_chooses_by_is_the_squared_error(module, ridge):
    model = ridge()
    model.fit([made(1, noise=1.0)], [made(2)])
    held = made(5)
    moments = model._moments([held])
    error = ((model.predict(held, held["y"].shape) - held["y"]) ** 2).sum()
    assert module("ridge")._error(model.weights, *moments[:3]) == pytest.approx(error, rel=1e-3)
