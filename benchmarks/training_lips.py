"""Training steps of TS-CNN-LSTM and ConvLSTM, compared with straightforward references.

    python benchmarks/training_lips.py

One thread; a step is forward, loss, backward and optimiser on one batch, and the fastest of several
counts. The references have the same weights. That of TS-CNN-LSTM cuts out every window and applies
both towers to its frames again; that of ConvLSTM goes frame by frame through all layers, from a
state of zeros that is convolved too. Outputs must agree in evaluation mode: in training, batch norm
would weigh a frame by the number of windows that contain it. Each measurement runs in a separate
process, for its peak memory.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "baselines"))

import _training  # noqa: E402
import conv_lstm  # noqa: E402
import ts_cnn_lstm  # noqa: E402

SYSTEMS = ("ts_cnn_lstm", "conv_lstm")
BATCHES = {  # recordings, frames, pixels a side, repeats
    ("ts_cnn_lstm", "ci"): (4, 90, 12, 10),
    ("ts_cnn_lstm", "paper"): (1, 24, 96, 2),
    ("conv_lstm", "ci"): (8, 32, 8, 10),
    ("conv_lstm", "paper"): (1, 4, 96, 2),
}
COMPONENTS = 64


def main() -> None:
    if sys.argv[1:]:
        measure(*sys.argv[1:])
        return
    for system in SYSTEMS:
        for size in ("ci", "paper"):
            ours, reference = (spent(system, size, who) for who in ("ours", "reference"))
            print(
                f"{system:12} {size:6} {ours[0]:8.1f} ms, reference {reference[0]:8.1f} ms,"
                f" ratio {reference[0] / ours[0]:5.2f};"
                f" peak {ours[1]:5.0f} MB, {reference[1]:5.0f} MB",
                flush=True,
            )


def spent(*names: str) -> tuple[float, float]:
    """Milliseconds of a step, and peak memory in MB."""
    command = [sys.executable, __file__, *names]
    out = subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout
    step, peak = map(float, out.split())
    return step, peak


def measure(system: str, size: str, who: str) -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    count, frames, side, repeats = BATCHES[system, size]
    network = made(system, size, side)
    wanted = COMPONENTS if size == "ci" else side * side
    channels = 3 if system == "ts_cnn_lstm" else 1
    x, y = torch.randn(count, frames, channels, side, side), torch.randn(count, frames, wanted)
    mask = torch.ones(count, frames)
    if who == "reference":
        reference = REFERENCES[system](network)
        agree(network, reference, x[:1, :8], mask[:1, :8])
        network = reference
    optimiser = torch.optim.Adam(network.parameters(), 1e-3)

    def step() -> None:
        optimiser.zero_grad()
        _training.squared(network(x, mask), y, mask).backward()
        optimiser.step()

    step()
    best = min(seconds(step) for _ in range(repeats))
    print(best * 1000, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def made(system: str, size: str, side: int) -> nn.Module:
    if size == "paper":
        return {"ts_cnn_lstm": ts_cnn_lstm, "conv_lstm": conv_lstm}[system].published()
    if system == "ts_cnn_lstm":
        return ts_cnn_lstm.TwoStreams(
            (3, side, side), COMPONENTS, ts_cnn_lstm.SIZES["ci"], frames=7, attention=True
        )
    return conv_lstm.LipsConvLSTM((side, side), COMPONENTS, conv_lstm.SIZES["ci"], attention=False)


def agree(network: nn.Module, reference: nn.Module, x: Tensor, mask: Tensor) -> None:
    network.eval()
    with torch.no_grad():
        torch.testing.assert_close(network(x, mask), reference(x, mask), atol=1e-4, rtol=1e-3)
    network.train()


def seconds(do: Callable[[], None]) -> float:
    """Processor time, so that other programs on the machine do not count."""
    start = time.process_time()
    do()
    return time.process_time() - start


class WindowByWindow(nn.Module):
    """TS-CNN-LSTM for batches without padding: every window is cut out and processed."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:  # noqa: ARG002
        net, time_ = self.network, x.shape[1]
        half = net.frames // 2
        cut = [
            torch.stack([one[min(max(k + o, 0), time_ - 1)] for o in range(-half, half + 1)])
            for one in x
            for k in range(time_)
        ]
        windows = torch.stack(cut)
        seen = net.lips(windows[:, :, :1].flatten(0, 1)).unflatten(0, windows.shape[:2])
        moved = net.flow(windows[:, 1:, 1:].flatten(0, 1)).unflatten(0, (len(windows), -1))
        still = torch.zeros_like(moved[:, :1])
        both = torch.cat([seen, torch.cat([still, moved], 1)], -1)
        enter = torch.cat([net.lstm.lips.weight, net.lstm.flow.weight], 1)
        out, cell = both.new_zeros(len(both), net.lstm.carry.in_features), 0.0
        gated = []
        for step in range(net.frames):
            gates = both[:, step] @ enter.T + net.lstm.lips.bias + out @ net.lstm.carry.weight.T
            write, forget, new, show = gates.chunk(4, -1)
            cell = forget.sigmoid() * cell + write.sigmoid() * new.tanh()
            out = show.sigmoid() * cell.tanh()
            gated.append(out * net.attend(out).sigmoid())
        return net.draw(torch.cat(gated, -1)).unflatten(0, x.shape[:2])


class FrameByFrame(nn.Module):
    """ConvLSTM for batches without padding: frame after frame through all layers."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:  # noqa: ARG002
        net, ahead = self.network, conv_lstm.AHEAD
        states = [(x.new_zeros(len(x), layer.hidden, *x.shape[3:]), 0.0) for layer in net.recurrent]
        outputs = []
        for step in range(x.shape[1] + ahead):
            below = x[:, min(step, x.shape[1] - 1)]
            for k, layer in enumerate(net.recurrent):
                state, cell = states[k]
                gates = layer.both(torch.cat([below, state], 1))
                write, forget, show, new = gates.chunk(4, 1)
                cell = forget.sigmoid() * cell + write.sigmoid() * new.tanh()
                below = show.sigmoid() * cell.tanh()
                states[k] = below, cell
            if step >= ahead:
                drawn = net.map(below).flatten(1)
                outputs.append(drawn if net.draw is None else net.draw(drawn))
        return torch.stack(outputs, 1)


REFERENCES = {"ts_cnn_lstm": WindowByWindow, "conv_lstm": FrameByFrame}

if __name__ == "__main__":
    main()
