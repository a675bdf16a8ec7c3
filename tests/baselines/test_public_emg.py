"""EMG2EMA, EMGSE and the word networks give what public programs gave for the same weights.

The files beside the numbers in `public` say how these were made.
"""

from pathlib import Path

import numpy as np
import pytest
import torch

from seeded import fill, numbers

CLOSE = {"rtol": 1e-5, "atol": 1e-5}


def expected(system):
    """The outputs of a system by name, float32."""
    with np.load(Path(__file__).parent / "public" / f"{system}.npz") as file:
        return dict(file)


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
    fill(made, 1).eval()
    for seed, layer in enumerate(made.transformer.layers, 2):
        distances = layer.attention.distances
        distances.data = numbers(*distances.shape, seed=seed)
    return made


def test_emg2ema_at_rest(network, articulation):
    """230 frames, of which none sees those at 100 or more from it."""
    x = numbers(2, 1840, 4, seed=10)[:1]
    with torch.no_grad():
        found = network(x, torch.ones(1, 1840))[0, ::23]
    np.testing.assert_allclose(found, articulation["rest"], **CLOSE)


def test_emg2ema_in_training_its_loss_and_gradients(module, network, articulation, monkeypatch):
    """Training in double precision: rounding may put a ReLU on the other side of zero."""
    entry = module("emg2ema")
    x = numbers(2, 1840, 4, seed=10)[:, :512]
    phones = (numbers(2, 64, 1, seed=12).abs() * 48).floor()
    rows = torch.cat([numbers(2, 64, 14, seed=11), phones], dim=-1)
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
    emg = numbers(9000, 2, seed=13).numpy() * [40.0, 800.0]
    for frequency, level in ((60, 30), (480, 5), (0.3, 200)):
        emg += level * np.sin(2 * np.pi * frequency * time)
    view = movement.PublishedMovement(asked("emg_to_articulation"), mains=60.0)
    found = view.features({"emg": emg}, 774)[8 * 340 : 8 * 420]
    np.testing.assert_allclose(found, articulation["wave"], **CLOSE)


def test_emg2ema_brings_targets_to_its_frames_and_back(movement, articulation, asked):
    view = movement.PublishedMovement(asked("emg_to_articulation"))
    found = view.at_frames(numbers(60, 3, seed=14).numpy())
    np.testing.assert_allclose(found, articulation["target"], **CLOSE)
    view.order, view.standard = [0, 1, 2], movement.features.Standard.unchanged()
    back = view.answer(found, {}, (60, 3))
    np.testing.assert_allclose(back[:59], articulation["target_back"], **CLOSE)


# EMGSE

ENHANCEMENT = "emg_speech_enhancement"


@pytest.fixture(scope="module")
def enhancement():
    return expected("emgse")


@pytest.fixture
def faithful(module, asked):
    told = asked(ENHANCEMENT, emg={"rate": 2048.0, "frame": (35,)})
    return module("emgse").Model(told, 0, faithful=True)


@pytest.mark.parametrize(("name", "electrodes"), [("all", 35), ("cheek", 28), ("audio", 0)])
def test_emgse_at_rest(module, enhancement, name, electrodes):
    entry = module("emgse")
    features = electrodes * 5
    network = entry.EnhancementNetwork(features, entry.Widths(), gain=False)
    x = np.zeros((1, 42, 257 + features), np.float32)
    x[:, 15:27, :257] = 3 * numbers(1, 12, 257, seed=15).abs()
    if electrodes:
        x[0, :, 257:] = numbers(42, features, seed=200 + electrodes).abs()
    with torch.no_grad():
        found = fill(network, 20 + electrodes).eval()(torch.from_numpy(x), torch.ones(1, 42))
    np.testing.assert_allclose(found[0, :, ::4], enhancement[name], **CLOSE)


def test_emgse_spectra_and_sound(module, faithful, enhancement):
    """Of sound, the first and last 512 samples are not scored in the public program."""
    entry, sound = module("emgse"), 0.1 * numbers(6000, seed=16).numpy()
    found = faithful.spectrum_of(sound, {"noisy": sound})
    np.testing.assert_allclose(found[::6, ::4], enhancement["spectrum"], **CLOSE)
    np.testing.assert_allclose(entry.inverted(found)[::6, ::4], enhancement["inverted"], **CLOSE)
    whole = faithful.spectrum(sound)
    softer = np.expm1(0.7 * np.log1p(np.abs(whole))) * np.exp(1j * np.angle(whole))
    heard = entry.istft(softer, faithful.window)[512:5488:4]
    np.testing.assert_allclose(heard, enhancement["sound"], **CLOSE)


def test_emgse_features_of_emg(module, faithful, enhancement):
    raw = 10 * numbers(1500, 40, seed=17) * numbers(40, seed=18).exp()
    emg = np.delete(raw.numpy(), [7, 15, 23, 31, 39], axis=1)
    np.testing.assert_allclose(faithful.muscles(emg)[::5], enhancement["unit_range"], **CLOSE)
    domain = module("_time_domain")
    found = domain.time_domain(domain.at_2000_hz(emg), 2000.0, published=True)
    np.testing.assert_allclose(found[::5], enhancement["features"], **CLOSE)


@pytest.mark.parametrize("count", [10_240, 10_300, 10_325, 10_367, 90])
def test_emgse_leaves_out_these_samples_last(module, enhancement, count):
    kept = module("_time_domain").at_2000_hz(np.arange(count))
    gone = np.setdiff1d(np.arange(count), kept)
    np.testing.assert_array_equal(gone[-8:], enhancement[f"gone_{count}"])


# Words


@pytest.mark.parametrize("name", ["cnn", "transformer", "fft"])
def test_word_networks_at_rest(module, name):
    """On 100 samples of 8 channels, the example of the text."""
    network = fill(module("emg_words").published(network=name), 31).eval()
    if name == "transformer":
        for seed, layer in enumerate(network.encoder.layers, 32):
            entering = layer.self_attn.in_proj_weight
            entering.data = numbers(*entering.shape, seed=seed) / 5
    with torch.no_grad():
        found = network(3 * numbers(4, 100, 8, seed=30), torch.ones(4, 100))
    np.testing.assert_allclose(found, expected("emg_words")[name], **CLOSE)
