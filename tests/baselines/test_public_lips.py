"""Networks from lips to ultrasound against a public program, or formulas of their own.

How the outputs were made is in `public/convlstm_ultrasound.json`. TS-CNN-LSTM has no public
program: it is written down once more here, window by window.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from seeded import fill, numbers

PUBLIC = Path(__file__).parent / "public"
CLOSE = {"rtol": 0, "atol": 1e-5}


@torch.no_grad()
def test_the_convlstm_equals_the_public_program(module):
    entry = module("conv_lstm")
    size = replace(entry.SIZES["paper"], hidden=(7, 6, 5))
    network = fill(entry.LipsConvLSTM((20, 24), None, size, False, apart=True), 17)
    found = network((numbers(2, 8, 1, 20, 24, seed=2) + 1) / 2, None)
    with np.load(PUBLIC / "convlstm_ultrasound.npz") as stored:
        expected = torch.from_numpy(stored["picture"])
    assert 0.1 < (expected == 0).float().mean() < 0.9  # the ReLU shows
    torch.testing.assert_close(found, expected.flatten(2) / 255, **CLOSE)


def made(entry, apart):
    size = replace(entry.SIZES["paper"], tower=(4, 6), hidden=5, full=7, code=6)
    return fill(entry.TwoStreams((3, 12, 10), 20, size, 7, True, apart=apart), 1).eval()


def tower(x, layers):
    """(windows, frames, channels, height, width) through a tower at rest."""
    out = x.flatten(0, 1)
    for convolution, norm in zip(layers[:-1:4], layers[1:-1:4], strict=True):
        out = functional.conv2d(out, convolution.weight, convolution.bias, stride=2, padding=1)
        scale = norm.weight / (norm.running_var + norm.eps).sqrt()
        out = (out - norm.running_mean[:, None, None]) * scale[:, None, None]
        out = functional.leaky_relu(out + norm.bias[:, None, None], 0.01)
    return out.flatten(1).unflatten(0, x.shape[:2])


def drawn(network, x):
    """The pictures of windows, by the publication's description."""
    lips, flow = tower(x[:, :, :1], [*network.lips]), tower(x[:, 1:, 1:], [*network.flow])
    both = torch.cat([lips, functional.pad(flow, (0, 0, 1, 0))], 2)
    lstm = torch.nn.LSTM(both.shape[2], 5, batch_first=True)
    lstm.weight_ih_l0.copy_(torch.cat([network.lstm.lips.weight, network.lstm.flow.weight], 1))
    lstm.weight_hh_l0.copy_(network.lstm.carry.weight)
    lstm.bias_ih_l0.copy_(network.lstm.lips.bias)
    lstm.bias_hh_l0.zero_()
    states = lstm(both)[0]
    gate = 1 / (1 + torch.exp(-(states @ network.attend.weight.T + network.attend.bias)))
    full, norm, _, _, code, other, _, picture = network.draw
    out = (states * gate).flatten(1) @ full.weight.T + full.bias
    out = (out - norm.running_mean) / (norm.running_var + norm.eps).sqrt() * norm.weight + norm.bias
    out = torch.where(out > 0, out, 0.01 * out) @ code.weight.T + code.bias
    out = (out - other.running_mean) / (other.running_var + other.eps).sqrt()
    return (out * other.weight + other.bias) @ picture.weight.T + picture.bias


@pytest.fixture
def entry(module):
    return module("ts_cnn_lstm")


@torch.no_grad()
def test_windows_apart_equal_the_formula(entry):
    network, x = made(entry, True), numbers(3, 7, 3, 12, 10, seed=2)
    torch.testing.assert_close(network(x, None)[:, 0], drawn(network, x), **CLOSE)


@torch.no_grad()
def test_windows_of_recordings_equal_windows_apart_at_rest(entry, module):
    place, x = module("_windows").Place(1, 7), numbers(11, 3, 12, 10, seed=2)
    cut = torch.stack([torch.from_numpy(place.signal(x.numpy(), frame)) for frame in range(11)])
    together = made(entry, False)(x[None], torch.ones(1, 11))[0]
    torch.testing.assert_close(together, made(entry, True)(cut, None)[:, 0], **CLOSE)
