"""ConvLSTM: parameter count, layers, temporal context, padding, and that it learns."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmark.registry import read_entry

TASK = "lip_to_ultrasound"
PATH = Path(__file__).resolve().parents[2] / "baselines" / "conv_lstm.py"
VARIANTS = read_entry(PATH, "baseline").variants


@pytest.fixture(scope="module")
def entry(module):
    return module("conv_lstm")


@pytest.fixture
def short(entry, monkeypatch):
    """Both sizes for one epoch on a few channels."""
    for name, size in entry.SIZES.items():
        recipe = replace(size.recipe, epochs=1)
        small = replace(size, factor=8, hidden=(4, 3), maps=size.maps and 1, recipe=recipe)
        monkeypatch.setitem(entry.SIZES, name, small)


def fitted(entry, asked, recordings, valid=2, **settings):
    torch.manual_seed(1)
    model = entry.Model(asked(TASK), 1, **settings)
    model.fit(recordings[:8], recordings[8 : 8 + valid])
    return model


def answers(model, recordings):
    shapes = [(r["lips"], r["ultrasound"].shape) for r in recordings]
    return [model.predict({"lips": lips}, shape) for lips, shape in shapes]


@torch.no_grad()
def said(network, x):
    return network(x, torch.ones(x.shape[:2]))


@pytest.mark.parametrize("attention", [False, True])
def test_parameters_at_the_published_size(entry, attention):
    made = entry.published(attention=attention)
    assert sum(p.numel() for p in made.parameters()) == 556_193 + 33 * attention


def test_the_published_network_returns_images_of_its_input_size(entry):
    assert said(entry.published(), torch.randn(1, 2, 1, 16, 12)).shape == (1, 2, 16 * 12)


def test_a_layer_equals_its_equations(module):
    torch.manual_seed(0)
    layer = module("_convlstm").ConvLSTM(2, 3)
    x = torch.randn(2, 5, 2, 7, 6)
    state, cell, expected = torch.zeros(2, 3, 7, 6), torch.zeros(2, 3, 7, 6), []
    with torch.no_grad():
        for step in range(5):
            both = torch.cat([x[:, step], state], 1)
            gates = torch.nn.functional.conv2d(both, layer.both.weight, layer.both.bias, padding=1)
            write, forget, show = (gates[:, 3 * k : 3 * k + 3].sigmoid() for k in (0, 1, 2))
            cell = forget * cell + write * gates[:, 9:].tanh()
            state = show * cell.tanh()
            expected.append(state)
        torch.testing.assert_close(layer(x), torch.stack(expected, 1))


def test_the_last_frame_is_repeated_at_the_end(entry):
    x = torch.tensor([[1.0, 2, 3, 4], [5, 6, 0, 0]])
    mask = torch.tensor([[1.0, 1, 1, 1], [1, 1, 0, 0]])
    expected = [[1, 2, 3, 4, 4, 4], [5, 6, 6, 6, 6, 6]]
    assert entry.delayed(x, mask, 2).tolist() == expected


@pytest.mark.parametrize("attention", [False, True])
def test_it_sees_the_past_and_three_frames_ahead(entry, attention):
    torch.manual_seed(0)
    made = entry.LipsConvLSTM((6, 6), 5, entry.SIZES["ci"], attention)
    x = torch.randn(1, 20, 1, 6, 6)
    other = x.clone()
    other[:, 10] += 1
    changed = (said(made, other) != said(made, x)).any(-1)[0]
    assert changed.tolist() == [k >= 10 - entry.AHEAD for k in range(20)]


def test_padding_changes_nothing(entry):
    torch.manual_seed(0)
    made = entry.LipsConvLSTM((6, 6), 5, entry.SIZES["ci"], True)
    x, mask = torch.randn(2, 20, 1, 6, 6), torch.ones(2, 20)
    mask[1, 9:] = 0
    x[1, 9:] = 99.0
    with torch.no_grad():
        together = made(x, mask)[1:, :9]
    torch.testing.assert_close(together, said(made, x[1:, :9]), atol=1e-5, rtol=1e-4)


def test_attention_multiplies_the_last_map(entry):
    torch.manual_seed(0)
    made = entry.LipsConvLSTM((6, 5), 4, entry.SIZES["ci"], True)
    seen = {}
    made.recurrent.register_forward_hook(lambda _, __, out: seen.update(hidden=out))
    made.map.register_forward_pre_hook(lambda _, given: seen.update(gated=given[0]))
    said(made, torch.randn(2, 4, 1, 6, 5))
    hidden = seen["hidden"][:, entry.AHEAD :]
    with torch.no_grad():
        gate = made.attend(hidden.mean((3, 4))).sigmoid()
    torch.testing.assert_close(seen["gated"], (hidden * gate[..., None, None]).flatten(0, 1))


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("variant", VARIANTS)
def test_every_variant_fits_and_predicts(variant, entry, asked, recordings):
    model = fitted(entry, asked, recordings, **VARIANTS[variant])
    assert (model.network.attend is not None) == (variant == "attention")
    assert model.parameters == sum(p.numel() for p in model.network.parameters())
    assert len(model.history) == 1
    assert model.flops > 0
    for answer, recording in zip(answers(model, recordings[10:]), recordings[10:], strict=True):
        assert answer.shape == recording["ultrasound"].shape
        assert answer.dtype == np.uint8


def test_at_paper_size_the_map_is_the_picture_if_it_has_as_many_pixels(entry, asked):
    model = entry.Model(asked(TASK), 1, size="paper")
    assert model.layers((1, 6, 8), 48).draw is None
    assert model.layers((1, 6, 8), 50).draw.out_features == 50
    assert entry.Model(asked(TASK), 1).layers((1, 6, 8), 48).draw.out_features == 48


def test_it_learns(entry, asked, recordings):
    torch.manual_seed(1)
    model = entry.Model(asked(TASK), 1)
    model.recipe = replace(model.recipe, epochs=28)  # on as few recordings as these
    model.fit(recordings[:8], recordings[8:10])
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


def test_pixels_are_learnt_from_0_to_1_and_clipped(module, asked, recordings):
    view = module("_lips").WholePictures(asked(TASK), 4)
    rows = view.rows(recordings[0])
    assert rows.shape == (len(recordings[0]["ultrasound"]), 16 * 20)
    assert 0 <= rows.min() < rows.max() <= 1
    shape = recordings[0]["ultrasound"].shape
    np.testing.assert_array_equal(view.answer(rows, {}, shape), recordings[0]["ultrasound"])
    assert view.answer(rows - 9, {}, shape).max() == 0
    assert view.answer(rows + 9, {}, shape).min() == 255
