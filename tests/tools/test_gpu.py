"""benchmarks/gpu.py counts a step as it is, and finds a tensor that lies on another device."""

import importlib.util
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from parts import ROOT


@pytest.fixture(scope="module")
def gpu():
    path = ROOT / "benchmarks" / "gpu.py"
    spec = importlib.util.spec_from_file_location("gpu", path)
    with pytest.MonkeyPatch.context() as patch:
        for folder in ("baselines", "benchmarks"):
            patch.syspath_prepend(str(ROOT / folder))
        module = importlib.util.module_from_spec(spec)
        patch.setitem(__import__("sys").modules, "gpu", module)
        spec.loader.exec_module(module)
        yield module


class Line(nn.Module):
    """One linear layer, so that its operations are known."""

    def __init__(self, extra=None):
        super().__init__()
        self.map, self.extra = nn.Linear(3, 2, bias=False), extra

    def forward(self, x, mask):
        said = self.map(x) * mask[..., None]
        return said if self.extra is None else said + self.extra(x)


def case(gpu, network, length=10):
    import _training

    rng = np.random.default_rng(0)
    made = [
        _training.Example(*(rng.standard_normal((length, n)).astype(np.float32) for n in (3, 2)))
        for _ in range(3)
    ]
    return gpu.Case(network, made, _training.squared, _training.Recipe(epochs=1, batch=4))


def test_a_step_is_counted_in_operations_of_forward_and_backward(gpu, monkeypatch):
    monkeypatch.setenv("SILENTBENCH_DEVICE", "cpu")
    monkeypatch.setitem(gpu.SIDE, "cpu", 64)
    found = gpu.measured(case(gpu, Line()), 3)
    # A product of 4 x 10 rows with 3 x 2 weights; backwards, that of the weights alone.
    assert found["flops"] == 2 * (2 * 4 * 10 * 3 * 2)
    assert (found["batch"], found["parameters"]) == (4, 6)
    assert 0 < found["loading"] < 1
    assert 0 < found["floor"] < 1
    assert found["seconds"] > 0
    assert 2**20 < found["memory"] < 2**36
    line = gpu.row("tiny", {**found, "seconds": 2.0, "flops": 1e12, "floor": 0.5})
    assert "| 2000.0 ms |" in line
    assert "| 0.500 TFLOP/s | 500.0 ms | 25% |" in line
    assert line.count("|") == len(gpu.COLUMNS) + 1


def test_the_matrix_rate_is_that_of_the_precision_that_trains(gpu, monkeypatch):
    seen = []
    true = torch.randn
    monkeypatch.setattr(torch, "randn", lambda *s, **how: seen.append(how["dtype"]) or true(*s))
    monkeypatch.setitem(gpu.SIDE, "cpu", 32)
    for value in ("0", "1"):
        monkeypatch.setenv("SILENTBENCH_FAST", value)
        assert gpu.matrix_rate(torch.device("cpu"), 2) > 1e5
    assert seen == [torch.float32, torch.bfloat16]


def test_a_tensor_that_is_made_on_the_cpu_is_found_on_the_meta_device(gpu):
    assert gpu.on_meta(case(gpu, Line())) == "4 x 10 x 2"
    with pytest.raises(RuntimeError, match="device"):
        gpu.on_meta(case(gpu, Line(lambda x: torch.ones(x.shape[1], 2))))
    with pytest.raises(RuntimeError, match="broadcast"):
        gpu.on_meta(case(gpu, Line(lambda x: x)))


def test_lengths_and_losses_without_a_meta_form_do_not_stop_the_check(gpu):
    import _layers

    made = case(gpu, _layers.Recurrent(3, 2))
    assert gpu.on_meta(made) == "4 x 10 x 2"

    def ctc(output, y, mask):
        lengths = mask.sum(1).long()
        return nn.functional.ctc_loss(output.transpose(0, 1), y[..., 0].long(), lengths, lengths)

    assert gpu.on_meta(replace(made, loss=ctc)) == "4 x 10 x 2 (loss not checked: aten)"


def test_the_network_of_an_entry_comes_with_its_own_batches(gpu):
    found = gpu.case_of("words_conv", "default", "emg_word_classification")
    assert found.recipe.batch > 1
    assert len(found.examples[0].y) == 1  # a label
    assert sum(p.numel() for p in found.network.parameters()) > 1000


def test_every_entry_with_a_published_network_is_in_the_table(gpu):
    expected = {"conv_lstm", "emg2ema", "emg2text", "emg_words", "emgse", "seeg2mel"}
    assert {*expected, "seeg_densenet", "ts_cnn_lstm"} <= {*gpu.names()}
    assert "ridge" not in gpu.names()
