"""Linear regression on stacked high gamma: envelopes, offsets in time, least squares."""

import numpy as np
import pytest

RATE = 1024.0


@pytest.fixture(scope="module")
def entry(module):
    return module("seeg_linear")


@pytest.fixture(scope="module")
def model(entry, asked, recordings):
    made = entry.Model(asked("seeg_to_mel"), 1)
    made.fit(recordings[:8], recordings[8:10])
    return made


def wave(frequency, seconds=2.0):
    time = np.arange(round(seconds * RATE)) / RATE
    return np.cos(2 * np.pi * frequency * time)[:, None]  # its mirror image has no kink


def test_the_envelope_is_the_amplitude(entry):
    time = np.arange(2048) / RATE
    amplitude = 2 + np.cos(2 * np.pi * 3 * time)
    found = entry.envelope(amplitude[:, None] * wave(120), RATE)[:, 0]
    np.testing.assert_allclose(found[200:-200], amplitude[200:-200], rtol=0.05)


@pytest.mark.parametrize("frequency", [10, 40, 50, 100, 150, 250, 400])
def test_mains_and_other_bands_are_left_out(entry, frequency):
    assert entry.envelope(wave(frequency), RATE)[300:-300].max() < 0.05


@pytest.mark.parametrize("frequency", [85, 110, 125, 140])
def test_high_gamma_passes(entry, frequency):
    assert entry.envelope(wave(frequency), RATE)[300:-300].min() > 0.8


def test_a_burst_is_not_delayed(entry):
    burst = wave(120) * 0
    burst[1000:1052] = wave(120)[:52]  # 50 ms around 1.002 s
    found = entry.stacked(np.hstack([burst, 0 * burst]), RATE, 200, 100.0).reshape(200, 9, 2)
    assert (found[:, :, 1] < 1e-9).all()
    for number in range(9):  # the earliest window sees the burst 200 ms after it
        expected = 1.002 - (number - 4) * 0.05
        assert found[:, number, 0].argmax() == pytest.approx(expected * 100, abs=1.5)


def test_signals_are_held_beyond_their_ends(entry):
    found = entry.stacked(wave(120, 0.5), RATE, 60, 100.0)
    assert found.shape == (60, 9)
    assert found.min() > 0.5


def test_the_beginning_does_not_see_the_end(entry):
    x = wave(120, 1.0)
    x[:512] *= 0.01
    found = entry.stacked(x, RATE, 100, 100.0)
    assert found[:25].max() < 0.1
    assert found[75:].min() > 0.5


def test_parameters_are_weights_and_offsets(model):
    assert model.parameters == 9 * 4 * 5 + 5


def test_predictions_have_the_requested_shape(model, recordings):
    for recording in recordings[10:]:
        found = model.predict({"seeg": recording["seeg"]}, recording["mel"].shape)
        assert found.shape == recording["mel"].shape
        assert found.dtype == np.float32
    assert np.isfinite(model.predict({"seeg": np.zeros((9, 4), np.float32)}, (2, 5))).all()


def test_it_learns(model, recordings):
    held = recordings[10:]
    found = [model.predict({"seeg": r["seeg"]}, r["mel"].shape) for r in held]
    errors = [np.square(f - r["mel"]).mean() for f, r in zip(found, held, strict=True)]
    variance = np.concatenate([r["mel"] for r in held]).var(axis=0).mean()
    assert np.mean(errors) < 0.7 * variance


@pytest.mark.parametrize(("components", "rank"), [(0, 30), (7, 7), (50, 30)])
def test_least_squares_within_components(entry, asked, components, rank):
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((400, 30)) * np.linspace(1, 3, 30), rng.standard_normal((400, 4))
    model = entry.Model(asked("seeg_to_mel"), 1, components=components)
    _, _, directions = np.linalg.svd(x, full_matrices=False)
    basis = directions[:rank].T
    expected = basis @ np.linalg.lstsq(x @ basis, y)[0]
    np.testing.assert_allclose(model._solved(x, y), expected, atol=1e-9)


def test_a_constant_contact_is_allowed(entry, asked, recordings):
    class Dead:
        def __init__(self, recording):
            self.recording = recording

        def __getitem__(self, name):
            value = self.recording[name]
            return value * np.array([1, 1, 1, 0], np.float32) if name == "seeg" else value

    dead = [Dead(recording) for recording in recordings]
    model = entry.Model(asked("seeg_to_mel"), 1, components=0)
    model.fit(dead[:8], [])
    found = model.predict({"seeg": dead[10]["seeg"]}, dead[10]["mel"].shape)
    assert np.abs(found).max() < 100


def test_it_is_no_network(entry):
    with pytest.raises(NotImplementedError):
        entry.published()
