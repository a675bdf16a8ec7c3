"""EMG2EMA, EMGSE and the word networks give what public programs gave for the same weights.

`public/README.md` says how the expected numbers were made.
"""

import numpy as np
import pytest
import torch

from seeded import expected, filled, numbers

CLOSE = {"rtol": 1e-5, "atol": 1e-5}


# EMG2EMA


@pytest.fixture(scope="module")
def articulation():
    return expected("emg2ema")


@pytest.fixture(scope="module")
def movement(module):
    return module("_movement")


@pytest.fixture
def network(module):
    sizes = {"width": 64, "feed": 3072, "heads": 8, "layers": 2, "dropout": 0.0}
    made = module("emg2ema").ArticulationNetwork(4, 12, 2, 48, **sizes, published=True)
    return filled(made, "emg2ema")


def test_emg2ema_at_rest(network, articulation):
    """230 frames, of which none sees those at 100 or more from it."""
    x = torch.from_numpy(numbers("emg2ema x", 2, 1840, 4)[:1])
    with torch.no_grad():
        found = network(x, torch.ones(1, 1840))[0, ::23]
    np.testing.assert_allclose(found, articulation["rest"], **CLOSE)


def test_emg2ema_in_training_its_loss_and_gradients(module, network, articulation, monkeypatch):
    """Training in double precision: rounding may put a ReLU on the other side of zero."""
    entry = module("emg2ema")
    x = torch.from_numpy(numbers("emg2ema x", 2, 1840, 4)[:, :512])
    phones = (np.abs(numbers("emg2ema phones", 2, 64)) * 20).astype(np.int64) % 48
    rows = torch.from_numpy(np.dstack([numbers("emg2ema rows", 2, 64, 14), phones]))
    mask = torch.ones(2, 512)
    loss = entry.ArticulationLoss(12, (0.5, 1.0), True)
    with torch.no_grad():
        assert float(loss(network(x, mask), rows, mask)) == pytest.approx(
            float(articulation["loss"]), rel=1e-5
        )
    monkeypatch.setattr(entry.torch, "randint", lambda *_: torch.tensor(3))
    output = network.double().train()(x.double(), mask.double())
    np.testing.assert_allclose(output[:, ::8].detach(), articulation["training"], **CLOSE)
    error = loss(output, rows, mask)
    assert float(error.detach()) == pytest.approx(float(articulation["training_loss"]), rel=1e-5)
    error.backward()
    first, attention = network.blocks.blocks[0], network.transformer.layers[0].attention
    found = first.halve.weight.grad.flatten()[::7]
    np.testing.assert_allclose(found, articulation["gradient_halve"], **CLOSE)
    found = attention.leave.weight.grad[::8]
    np.testing.assert_allclose(found, articulation["gradient_leave"], **CLOSE)
    assert attention.distances.grad is None
    found = network.blocks.blocks[1].norms[0].running_var
    np.testing.assert_allclose(found, articulation["running_var"], **CLOSE)


def test_emg2ema_filters_and_reads_the_wave(movement, articulation, asked):
    """Far from both ends, where the public filters would see the neighbours of a recording."""
    time = np.arange(9000)[:, None] / 1000
    emg = numbers("emg2ema emg", 9000, 2) * [20.0, 400.0]
    for frequency, level in ((60, 30), (480, 5), (0.3, 200)):
        emg += level * np.sin(2 * np.pi * frequency * time)
    view = movement.PublishedMovement(asked("emg_to_articulation"), mains=60.0)
    found = view.features({"emg": emg}, 774)[8 * 340 : 8 * 420]
    np.testing.assert_allclose(found, articulation["wave"], **CLOSE)


def test_emg2ema_brings_targets_to_its_frames_and_back(movement, articulation, asked):
    view = movement.PublishedMovement(asked("emg_to_articulation"))
    found = view.at_frames(numbers("emg2ema target", 60, 3))
    np.testing.assert_allclose(found, articulation["target"], **CLOSE)
    view.order, view.standard = [0, 1, 2], movement.features.Standard.unchanged()
    back = view.answer(found, {}, (60, 3))
    np.testing.assert_allclose(back[:59], articulation["target_back"], **CLOSE)
