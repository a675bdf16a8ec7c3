"""ConvLSTM: parameter count, layers, temporal context, padding, and that it learns."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from lip_networks import TASK, answers, fitted, said

from benchmark.registry import read_entry

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
        view = partial(size.view.func, **dict.fromkeys(size.view.keywords, 8))
        small = replace(size, view=view, hidden=(4, 3), maps=1, recipe=recipe)
        monkeypatch.setitem(entry.SIZES, name, small)


@pytest.mark.parametrize("variant", VARIANTS)
def test_parameters_at_the_published_size(entry, variant):
    made = entry.published(**VARIANTS[variant])
    expected = 556_193 + 33 * (variant == "attention")
    assert sum(p.numel() for p in made.parameters()) == expected


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


@pytest.mark.parametrize(
    ("variant", "side", "batch"),
    [("paper", 96, 4), ("paper_faithful", 96, 16), ("faithful", 24, 16)],
)
def test_the_map_is_the_picture_where_pixels_are_learnt(entry, asked, variant, side, batch):
    model = entry.Model(asked(TASK), 1, **VARIANTS[variant])
    assert model.view.side == (side, side)
    assert model.recipe.batch == batch
    assert model.layers((1, side, side), side**2).draw is None
    assert entry.Model(asked(TASK), 1).layers((1, 6, 8), 48).draw.out_features == 48


def test_faithful_windows_are_the_8_frames_before_the_answered_one(entry, asked):
    model = entry.Model(asked(TASK), 1, faithful=True)
    assert model.place.signal(np.arange(40), 20).tolist() == list(range(12, 20))
    assert model.place.answer(np.arange(40), 20).tolist() == [20]


def test_the_faithful_network_answers_by_its_last_frame_alone(entry):
    torch.manual_seed(0)
    size = replace(entry.SIZES["ci"], maps=1)
    made = entry.LipsConvLSTM((6, 5), None, size, False, apart=True)
    torch.nn.init.constant_(made.map.bias, 1.0)  # above the ReLU
    x = torch.randn(2, 8, 1, 6, 5)
    with torch.no_grad():
        expected = made.map(made.recurrent(x)[:, -1]).flatten(1).relu()
    torch.testing.assert_close(said(made, x), expected[:, None])


def test_the_faithful_model_sees_pixels_as_they_are(entry, asked, recordings, short):  # noqa: ARG001
    for faithful in (True, False):
        model = fitted(entry, asked, recordings, faithful=faithful)
        plain = model.view.features(recordings[0], 4)
        assert np.array_equal(model.standard(plain), plain) == faithful


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


@pytest.fixture
def square(module, asked):
    return module("_lips").WholePictures(asked(TASK), 12)


def test_pixels_are_learnt_from_0_to_1_and_clipped(square, recordings):
    rows = square.rows(recordings[0])
    assert rows.shape == (len(recordings[0]["ultrasound"]), 12 * 12)
    assert 0 <= rows.min() < rows.max() <= 1
    shape = recordings[0]["ultrasound"].shape
    np.testing.assert_allclose(square.answer(rows, {}, shape), recordings[0]["ultrasound"], atol=1)
    assert square.answer(rows - 9, {}, shape).max() == 0
    assert square.answer(rows + 9, {}, shape).min() == 255


def test_pictures_of_the_same_size_stay_as_they_are(module, square):
    rng = np.random.default_rng(0)
    shown = rng.integers(0, 256, (3, 12, 12), dtype=np.uint8)
    np.testing.assert_array_equal(
        square.answer(square.rows({"ultrasound": shown}), {}, shown.shape), shown
    )
    seen = square.features({"lips": shown}, 3)
    np.testing.assert_array_equal(seen[:, 0], shown / np.float32(255))
    video = rng.random((2, 5, 7), dtype=np.float32)
    assert module("_lips").resized(video, (5, 7)) is video


def test_smaller_pictures_are_means_and_keep_their_place(module):
    resized = module("_lips").resized
    video = np.zeros((1, 24, 36), np.float32)
    video[:, :12, 24:] = 1  # the upper right corner
    small = resized(video, (6, 9))
    assert small.mean() == pytest.approx(video.mean(), abs=0.02)
    assert small[0, 0, 8] == pytest.approx(1)
    assert small[0, 1, 7] == pytest.approx(1)
    assert small[0, 5].max() == small[0, :, 0].max() == 0
    np.testing.assert_allclose(resized(small, (24, 36))[0, 2, 33:], 1, atol=1e-6)
    stripes = np.tile(np.eye(1, 4, dtype=np.float32), (1, 24, 9))  # every fourth column
    np.testing.assert_allclose(resized(stripes, (6, 9))[0, 1:-1, 1:-1], 0.25, atol=1e-6)
