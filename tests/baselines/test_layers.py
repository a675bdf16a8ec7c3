"""Shared layers: recurrent networks stop at the last real frame, wherever the signal is."""

import ast
from pathlib import Path

import pytest
import torch

BASELINES = Path(__file__).resolve().parents[2] / "baselines"


@pytest.fixture(scope="module")
def layers(module):
    return module("_layers")


@pytest.fixture
def as_on_a_gpu(monkeypatch):
    """Packing refuses lengths that were not fetched with `cpu()`, as it does those on a GPU."""
    fetched, pack, cpu = set(), torch.nn.utils.rnn.pack_padded_sequence, torch.Tensor.cpu

    def fetching(tensor):
        copy = cpu(tensor).clone()
        fetched.add(copy.data_ptr())
        return copy

    def packing(x, lengths, **others):
        if isinstance(lengths, torch.Tensor) and lengths.data_ptr() not in fetched:
            raise RuntimeError("'lengths' argument should be a 1D CPU int64 tensor")
        return pack(x, lengths, **others)

    monkeypatch.setattr(torch.Tensor, "cpu", fetching)
    monkeypatch.setattr(torch.nn.utils.rnn, "pack_padded_sequence", packing)


@pytest.mark.usefixtures("as_on_a_gpu")
def test_lengths_of_packed_sequences_are_on_the_cpu(layers):
    network = layers.Recurrent(3, 2, width=4).eval()
    assert network(torch.randn(2, 5, 3), torch.ones(2, 5)).shape == (2, 5, 2)


def test_all_networks_pack_sequences_in_one_place():
    named = [
        path.name
        for path in BASELINES.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and node.attr == "pack_padded_sequence"
    ]
    assert named == ["_layers.py"]


def test_a_recurrent_network_sees_no_padding(layers):
    torch.manual_seed(0)
    network = torch.nn.GRU(3, 4, batch_first=True, bidirectional=True)
    x, mask = torch.randn(2, 6, 3), torch.ones(2, 6)
    mask[1, 4:] = 0
    found = layers.over_real_frames(network, x, mask)
    torch.testing.assert_close(found[0], network(x[:1])[0][0])
    torch.testing.assert_close(found[1, :4], network(x[1:, :4])[0][0])
    assert not found[1, 4:].any()
