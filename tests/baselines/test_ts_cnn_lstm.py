"""TS-CNN-LSTM: sizes, windows, the shared LSTM, attention, padding, and that it learns."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from lip_networks import TASK, answers, fitted, said

from benchmark.core import Recording
from benchmark.registry import read_entry
from parts import needs

needs("cv2")

PATH = Path(__file__).resolve().parents[2] / "baselines" / "ts_cnn_lstm.py"
VARIANTS = read_entry(PATH, "baseline").variants
PARAMETERS = {
    "lips_12x12": 15_474_337,
    "no_flow": 12_725_953,
    "no_attention": 15_473_824,
    "raw": 12_725_440,
    "frames_3": 13_377_185,
    "frames_5": 14_425_761,
    "frames_9": 16_522_913,
    "paper": 15_474_337,
    "faithful": 15_474_337,
    "paper_faithful": 15_474_337,
}


@pytest.fixture(scope="module")
def entry(module):
    return module("ts_cnn_lstm")


@pytest.fixture(scope="module")
def network(entry):
    """A small network in evaluation mode, for 12 x 12 images, whose batch norms have seen noise."""
    torch.manual_seed(0)
    made = entry.TwoStreams((3, 12, 12), 5, entry.SIZES["ci"], 7, True)
    with torch.no_grad():
        made.train()(torch.randn(4, 30, 3, 12, 12), torch.ones(4, 30))
    return made.eval()


@pytest.fixture
def short(entry, monkeypatch):
    """Both sizes for one epoch on a few filters."""
    for name, size in entry.SIZES.items():
        small = replace(
            size,
            view=partial(size.view.func, **dict.fromkeys(size.view.keywords, 8)),
            tower=(4, 6),
            hidden=8,
            full=16,
            code=size.code and 8,
            recipe=replace(size.recipe, epochs=1),
        )
        monkeypatch.setitem(entry.SIZES, name, small)


@pytest.mark.parametrize("variant", VARIANTS)
def test_parameters_at_the_published_shapes(entry, variant):
    made = entry.published(**VARIANTS[variant])
    assert sum(p.numel() for p in made.parameters()) == PARAMETERS[variant]


def test_the_published_network_has_the_published_layers(entry):
    made = entry.published().eval()
    kinds = [type(layer).__name__ for layer in made.modules()]
    assert kinds.count("Conv2d") == kinds.count("BatchNorm2d") == 2 * 5
    assert kinds.count("LeakyReLU") == 2 * 5 + 1
    rates = [layer.p for layer in made.modules() if isinstance(layer, torch.nn.Dropout)]
    assert sorted(rates) == [0.25] * 10 + [0.5] * 2
    for sequence in (made.lips, made.flow, made.draw):
        order = [type(layer).__name__ for layer in sequence]
        at = [k for k, name in enumerate(order) if name == "LeakyReLU"]
        assert all(order[k - 1].startswith("BatchNorm") and order[k + 1] == "Dropout" for k in at)
    assert said(made, torch.randn(1, 2, 3, 96, 96)).shape == (1, 2, 96 * 96)


def test_windows_stay_in_their_recording_and_repeat_its_ends(entry):
    mask = torch.tensor([[1.0, 1, 1, 1], [1, 1, 0, 0]])
    expected = [[0, 0, 1], [0, 1, 2], [1, 2, 3], [2, 3, 3], [4, 4, 5], [4, 5, 5]]
    assert entry.windows(mask, 3).tolist() == expected


def test_the_shared_lstm_is_an_lstm_in_each_window(entry):
    torch.manual_seed(0)
    shared, plain = entry.WindowLSTM(4, 3, 5), torch.nn.LSTM(7, 5, batch_first=True)
    with torch.no_grad():
        weights = shared.lips.weight, shared.flow.weight, shared.carry.weight
        plain.weight_ih_l0.copy_(torch.cat(weights[:2], 1))
        plain.weight_hh_l0.copy_(weights[2])
        plain.bias_ih_l0.copy_(shared.lips.bias)
        plain.bias_hh_l0.zero_()
        lips, flow = torch.randn(9, 4), torch.randn(9, 3)
        index = torch.tensor([[0, 1, 2, 3], [5, 6, 7, 8], [2, 2, 3, 4]])
        moved = flow[index]
        moved[:, 0] = 0
        torch.testing.assert_close(
            shared(lips, flow, index), plain(torch.cat([lips[index], moved], -1))[0]
        )


@pytest.mark.parametrize("training", [False, True])
def test_padding_changes_nothing(entry, network, training):
    torch.manual_seed(0)
    x, mask = torch.randn(2, 20, 3, 12, 12), torch.ones(2, 20)
    mask[1, 9:] = 0
    made = entry.TwoStreams((3, 12, 12), 5, replace(entry.SIZES["ci"], dropout=(0.0, 0.0)), 7, True)
    made.load_state_dict(network.state_dict())
    other = x.clone()
    other[1, 9:] = 99.0
    made.train(training)
    with torch.no_grad():
        one, two = made(x, mask), made(other, mask)
        torch.testing.assert_close(one, two, rtol=0, atol=0)
        assert not one[1, 9:].any()
        if not training:
            torch.testing.assert_close(one[1:, :9], said(made, x[1:, :9]), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize(
    ("variant", "side", "batch", "hop"),
    [("paper", 96, 4, 1), ("paper_faithful", 96, 32, 1), ("faithful", 24, 32, 6)],
)
def test_sizes_of_pictures_and_batches(entry, asked, variant, side, batch, hop):
    model = entry.Model(asked(TASK), 1, **VARIANTS[variant])
    assert (model.view.side, model.recipe.batch, model.hop) == ((side, side), batch, hop)
    assert model.apart == ("faithful" in variant)
    assert model.size.dropout == (0.25, 0.5)


def test_faithful_training_weighs_a_frame_by_the_windows_that_hold_it(entry):
    torch.manual_seed(0)
    size = replace(entry.SIZES["ci"], dropout=(0.0, 0.0))
    made = entry.TwoStreams((3, 12, 12), 5, size, 7, True, apart=True).train()
    x = torch.randn(4, 7, 3, 12, 12)
    for tower, seen in ((made.lips, x[:, :, :1]), (made.flow, x[:, 1:, 1:])):
        made(x, None)
        norm = tower[1]
        expected = tower[0](seen.flatten(0, 1)).mean((0, 2, 3))  # no flow into the first frame
        norm.reset_running_stats()
        made(x, None)
        torch.testing.assert_close(norm.running_mean / norm.momentum, expected)


def test_a_batch_of_one_window_trains(entry):
    torch.manual_seed(0)
    made = entry.TwoStreams((3, 12, 12), 5, entry.SIZES["ci, faithful"], 7, True, apart=True)
    assert made.train()(torch.randn(1, 7, 3, 12, 12), None).shape == (1, 1, 5)
    assert not made.draw.training
    made(torch.randn(2, 7, 3, 12, 12), None)
    assert made.draw.training


@pytest.mark.parametrize("frames", [3, 7])
def test_a_prediction_depends_on_its_window_only(entry, frames):
    torch.manual_seed(0)
    made = entry.TwoStreams((3, 12, 12), 5, entry.SIZES["ci"], frames, True).eval()
    x = torch.randn(1, 30, 3, 12, 12)
    for channels, before in ((slice(0, 1), frames // 2), (slice(1, 3), frames // 2 - 1)):
        other = x.clone()
        other[:, 15, channels] += 1
        changed = (said(made, other) != said(made, x)).any(-1)[0]
        expected = [15 - frames // 2 <= k <= 15 + before for k in range(30)]
        assert changed.tolist() == expected  # 6 fields for 7 frames: none leads into the first


def test_attention_multiplies_the_lstm_output(network):
    seen = []
    handle = network.draw.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    x = torch.randn(1, 6, 3, 12, 12)
    weight, bias = network.attend.weight.detach().clone(), network.attend.bias.detach().clone()
    with torch.no_grad():
        said(network, x)
        network.attend.weight.zero_()
        for value in (0.0, 50.0):
            network.attend.bias.fill_(value)
            said(network, x)
        network.attend.weight.copy_(weight)
        network.attend.bias.copy_(bias)
    handle.remove()
    gated, half, whole = (one.unflatten(1, (7, -1)) for one in seen)
    torch.testing.assert_close(half, whole / 2)
    gate = (whole @ weight.T + bias).sigmoid()
    assert gate.shape == (6, 7, 1)
    torch.testing.assert_close(gated, whole * gate)


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("variant", VARIANTS)
def test_every_variant_fits_and_predicts(variant, entry, asked, recordings):
    settings = VARIANTS[variant]
    model = fitted(entry, asked, recordings, **settings)
    assert (model.network.flow is None) == (variant in ("no_flow", "raw"))
    assert (model.network.attend is None) == (variant in ("no_attention", "raw"))
    assert model.network.frames == settings.get("frames", 7)
    assert len(model.history) == 1
    assert model.flops > 0
    assert model.parameters == sum(p.numel() for p in model.network.parameters())
    for answer, recording in zip(answers(model, recordings[10:]), recordings[10:], strict=True):
        assert answer.shape == recording["ultrasound"].shape
        assert answer.dtype == np.uint8


def test_it_learns(entry, asked, recordings):
    model = fitted(entry, asked, recordings)
    mean = np.concatenate([r["ultrasound"] for r in recordings[:8]]).mean(axis=0)
    for answer, recording in zip(answers(model, recordings[10:]), recordings[10:], strict=True):
        truth = recording["ultrasound"].astype(float)
        assert np.square(answer - truth).mean() < 0.6 * np.square(mean - truth).mean()


@pytest.mark.usefixtures("short")
def test_equal_seeds_give_equal_predictions(entry, asked, recordings):
    one, other = (answers(fitted(entry, asked, recordings), recordings[10:]) for _ in range(2))
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.usefixtures("short")
def test_it_fits_without_valid_recordings(entry, asked, recordings):
    model = fitted(entry, asked, recordings, valid=0)
    assert model.predict({"lips": recordings[9]["lips"][:1]}, (1, 16, 20)).shape == (1, 16, 20)


@pytest.mark.usefixtures("short")
def test_other_sizes_and_rates(entry, asked, recordings):
    def slow(recording):
        values = {"lips": recording["lips"][::2, :20, :17], "ultrasound": recording["ultrasound"]}
        return Recording(recording.id, "s", "s", "", values.__getitem__)

    told = asked(TASK, lips={"rate": 30.0, "frame": (20, 17)})
    model = fitted(entry, lambda _: told, [slow(r) for r in recordings])
    shape = recordings[11]["ultrasound"].shape
    lips = {"lips": slow(recordings[11])["lips"]}
    assert model.predict(lips, shape).shape == shape
    seen = model.view.features(lips, shape[0])[:, 0] * 255
    assert seen.shape == (shape[0], 2, 2)
    np.testing.assert_allclose(
        seen[::2], lips["lips"][:, :16, :16].reshape(-1, 2, 8, 2, 8).mean((2, 4)), atol=0.01
    )


def test_flow_is_found_in_the_lips_own_size(module, asked):
    view = module("_lips").WholePictures(asked(TASK), 12, flow=True)
    rows, columns = np.mgrid[:48, :48]
    moving = [127 + 120 * np.sin((rows + k) / 4) * np.cos((columns - 2 * k) / 5) for k in range(4)]
    lips = np.stack(moving).astype(np.uint8)  # 2 pixels a frame to the right, one up
    seen, own = view.features({"lips": lips}, 4), module("_flow").flow(lips)
    assert seen.shape == (4, 3, 12, 12)
    assert own[1:].mean((0, 2, 3)) == pytest.approx([2, -1], abs=0.3)
    np.testing.assert_allclose(seen[:, 1:].mean((2, 3)), own.mean((2, 3)), atol=0.05)
