"""Ridge recovers a linear map and chooses its penalty and its context on validation recordings."""

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

    frame_rate = 50.0

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
    assert model.parameters == model.weights.size == (7 + 12 * len(model.steps)) * 3


def delayed(seed, by, frames=300, noise=0.3, features=4):
    """Answers that follow features by so many frames; white, so that only that frame tells."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((frames, features)).astype(np.float32)
    y = np.roll(x[:, :2], by, axis=0) + noise * rng.standard_normal((frames, 2))
    return {"x": x, "y": y.astype(np.float32)}


@pytest.mark.parametrize(("by", "reach"), [(0, 0), (2, 1), (-5, 2), (8, 3), (10, 4)])
def test_context_reaches_as_far_as_validation_gains_by_it(ridge, by, reach):
    model = ridge()
    train = [delayed(n, by, 100, noise=1.0) for n in (1, 2)]  # few: what is needless costs
    model.fit(train, [delayed(n, by, 2000) for n in (3, 4)])
    assert model.steps == [2, 5, 8, 10][:reach]  # 50 ms at 50 Hz, rounded
    test = delayed(6, by, noise=0)
    error = model.predict(test, test["y"].shape) - test["y"]
    assert np.square(error).mean() < 0.5  # knowing nothing has 1


@pytest.mark.parametrize(
    ("rate", "steps"),
    [(50.0, [2, 5, 8, 10]), (125.0, [6, 12, 19, 25]), (15.0, [1, 2, 3]), (2.0, []), (None, [])],
)
def test_context_is_fifty_milliseconds_apart_at_any_rate(module, rate, steps):
    assert module("ridge")._steps(rate, 0.2) == steps


def test_its_size_is_bounded_whatever_the_number_of_features(module, ridge):
    model = ridge()
    rng = np.random.default_rng(0)
    wide = [{"x": rng.standard_normal((200, 100)).astype(np.float32)} for _ in range(2)]
    for recording in wide:
        recording["y"] = np.roll(recording["x"][:, :1], 10, axis=0)
    model.fit(wide[:1], wide[1:])
    width = module("ridge").WIDTH
    assert model.components.shape == (100, width)
    np.testing.assert_allclose(model.components.T @ model.components, np.eye(width), atol=1e-5)
    assert len(model.weights) == 100 + 2 * len(model.steps) * width + 1


def test_a_recording_in_blocks_is_answered_as_a_whole(ridge, monkeypatch):
    model, blocked = ridge(), ridge()
    train, valid, test = delayed(1, 5), delayed(2, 5), delayed(3, 5)
    model.fit([train], [valid])
    whole = model.predict(test, test["y"].shape)
    monkeypatch.setitem(type(model).fit.__globals__, "BLOCK", 7)
    blocked.fit([train], [valid])
    np.testing.assert_allclose(blocked.predict(test, test["y"].shape), whole, atol=1e-5)


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
