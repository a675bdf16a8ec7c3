"""What is kept of a model comes back as it was, and what cannot be kept says so."""

import io
import sys

import numpy as np
import pytest
import torch
from safetensors import safe_open
from torch import nn

from benchmark.worker import keeping
from benchmark.worker.keeping import attributes


class Plain:
    """A model as most are: attributes, and no word of its own about being kept."""


class Own:
    fitted = "no"

    def save(self, folder):
        (folder / "mine").write_text(self.fitted)

    def load(self, folder):
        self.fitted = (folder / "mine").read_text()


def kept(model, folder):
    keeping.save(model, folder)
    return keeping.load(type(model)(), folder)


def test_arrays_come_back_with_type_shape_order_and_identity(tmp_path):
    model = Plain()
    model.one = np.arange(6.0).reshape(2, 3)
    model.turned = np.asfortranarray(np.arange(6, dtype=np.int16).reshape(3, 2))
    model.strided = np.arange(10.0)[::2]
    model.number, model.empty = np.array(7.5), np.zeros((0, 4), np.float32)
    model.text, model.complex = np.array(["a", "bc"]), np.array([1j])
    model.same = {"again": model.one}
    found = kept(model, tmp_path)
    for name in ("one", "turned", "strided", "number", "empty", "text", "complex"):
        before, after = getattr(model, name), getattr(found, name)
        np.testing.assert_array_equal(after, before)
        assert (after.dtype, after.shape) == (before.dtype, before.shape)
    assert found.turned.flags.f_contiguous
    assert not found.turned.flags.c_contiguous
    assert found.same["again"] is found.one


def test_arrays_lie_in_safetensors_and_not_in_the_pickle(tmp_path):
    model = Plain()
    model.one, model.tensor = np.arange(1000.0), torch.arange(1000.0)
    keeping.save(model, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {attributes.ARRAYS, attributes.REST}
    assert (tmp_path / attributes.REST).stat().st_size < 1000
    with safe_open(tmp_path / attributes.ARRAYS, framework="np") as file:
        assert sorted(len(file.get_tensor(name)) for name in file.keys()) == [1000, 1000]  # noqa: SIM118


def test_a_model_of_arrays_is_written_and_read_without_torch(tmp_path, monkeypatch):
    monkeypatch.delitem(sys.modules, "torch")
    monkeypatch.setattr("builtins.__import__", _no_torch(__import__))
    model = Plain()
    model.one = np.arange(3)
    np.testing.assert_array_equal(kept(model, tmp_path).one, model.one)


def _no_torch(true_import):
    def imported(name, *rest):
        assert name.partition(".")[0] != "torch"
        return true_import(name, *rest)

    return imported


@pytest.mark.parametrize(
    "layer",
    [
        lambda: nn.Sequential(nn.Conv1d(2, 3, 3), nn.BatchNorm1d(3)),
        lambda: nn.LSTM(4, 5, 2, batch_first=True, bidirectional=True),
        lambda: nn.TransformerEncoderLayer(8, 2, 16, batch_first=True),
    ],
)
def test_a_network_answers_bit_by_bit_as_before(tmp_path, layer):
    torch.manual_seed(0)
    model = Plain()
    model.network = layer().eval()
    x = torch.randn(2, 2, 9) if isinstance(model.network, nn.Sequential) else None
    if x is None:
        x = torch.randn(2, 6, 4 if isinstance(model.network, nn.LSTM) else 8)
    found = kept(model, tmp_path)
    before, after = model.network(x), found.network(x)
    if isinstance(before, tuple):
        before, after = before[0], after[0]
    assert torch.equal(before, after)
    assert [type(p) for p in found.network.parameters()] == [
        nn.Parameter for _ in model.network.parameters()
    ]


def test_weights_that_layers_share_stay_shared_and_types_stay(tmp_path):
    model = Plain()
    model.a, model.b = nn.Linear(3, 3, bias=False), nn.Linear(3, 3, bias=False)
    model.b.weight = model.a.weight
    model.frozen = nn.Parameter(torch.ones(2, dtype=torch.bfloat16), requires_grad=False)
    found = kept(model, tmp_path)
    assert found.b.weight is found.a.weight
    assert found.a.weight.requires_grad
    assert not found.frozen.requires_grad
    assert found.frozen.dtype is torch.bfloat16


def test_what_lay_on_a_gpu_goes_where_the_worker_computes(tmp_path, monkeypatch):
    monkeypatch.setenv("SILENTBENCH_DEVICE", "meta")
    reader = attributes._Reader(io.BytesIO(), tmp_path / "arrays")
    from safetensors.torch import save_file

    save_file({"a0": torch.ones(2), "a1": torch.ones(2)}, tmp_path / "arrays")
    assert reader.persistent_load(("tensor", "a0", "cuda", "False")).device.type == "meta"
    assert reader.persistent_load(("tensor", "a1", "cpu", "False")).device.type == "cpu"


def test_an_entry_may_keep_its_model_itself(tmp_path):
    model = Own()
    model.fitted = "yes"
    assert kept(model, tmp_path).fitted == "yes"
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


@pytest.mark.parametrize("what", [lambda: 0, sys.stdout, (n for n in "a")])
def test_what_cannot_be_kept_names_itself_and_the_way_out(tmp_path, what):
    model = Plain()
    model.thing = what
    with pytest.raises(SystemExit, match=r"cannot be kept .*: give its class `Model` two methods"):
        keeping.save(model, tmp_path)


def test_a_model_of_another_class_is_refused(tmp_path):
    keeping.save(Plain(), tmp_path)

    class Other:
        pass

    with pytest.raises(SystemExit, match="expected a kept Other, found a Plain"):
        keeping.load(Other(), tmp_path)
