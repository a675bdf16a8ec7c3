"""Networks that say which class a recording is of: (batch, time, features), mask -> (batch, out).

`mask` (batch, time) is 1 where a recording is and 0 where it is only padded to the longest one of
its batch; what is padded changes no answer. All take recordings of any length from SHORTEST on.
`dropout` is that before the last layer.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise

import torch
from _layers import TimeConvolution, over_real_frames
from torch import Tensor, nn

FRAMES = 100  # of the example that the published layers are made for
SHORTEST = 4  # frames: two poolings leave one of them


def parts_of(mask: Tensor, parts: int) -> Tensor:
    """Weights (batch, parts, time) that take means over equal, where needed overlapping, parts.

    Those of `adaptive_avg_pool1d` on each recording by itself, as one matrix for the batch.
    """
    length = mask.sum(1).long()[:, None, None]
    part = torch.arange(parts, device=mask.device)[None, :, None]
    time = torch.arange(mask.shape[1], device=mask.device)
    start, stop = part * length // parts, -(-(part + 1) * length // parts)
    return ((time >= start) & (time < stop)) / (stop - start)


def mean_over_time(x: Tensor, mask: Tensor) -> Tensor:
    """(batch, time, width) -> (batch, width), real frames only."""
    return (x * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)


class ConvolutionStack(nn.Module):
    """Twice a convolution over three frames, ReLU, and the larger one of every two frames.

    (batch, time, features) -> (batch, time // 4, 64), and the mask of that.
    """

    WIDTHS = (32, 64)

    def __init__(self, features: int) -> None:
        super().__init__()
        widths = (features, *self.WIDTHS)
        self.layers = nn.ModuleList(nn.Conv1d(a, b, 3, padding=1) for a, b in pairwise(widths))

    def forward(self, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        x = x.transpose(1, 2)
        for layer in self.layers:
            x = layer(x * mask[:, None])  # what pads a batch must look like a layer's own padding
            x = nn.functional.max_pool1d(nn.functional.relu(x), 2)
            mask = mask[:, 1::2]  # a pair is real where both of it are
        return x.transpose(1, 2), mask


class SimpleCNN(nn.Module):
    """ConvolutionStack, its frames averaged in 25 parts, and a linear layer: 64 x 25 -> out.

    100 to 103 frames leave 25, which averages nothing: the published network.
    """

    PARTS = FRAMES // 4

    def __init__(self, features: int, out: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.stack = ConvolutionStack(features)
        self.choose = nn.Sequential(nn.Dropout(dropout), nn.Linear(64 * self.PARTS, out))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        x, mask = self.stack(x, mask)
        return self.choose((parts_of(mask, self.PARTS) @ x).flatten(1))


class FFTCNN(nn.Module):
    """Magnitude of the spectrum over time through ConvolutionStack: 64 x 12 -> out.

    The spectrum of a recording of any length is taken at the frequencies of a transform of
    FRAMES frames, which is exact: what comes later than that is added to the beginning.
    """

    BINS = FRAMES // 2 + 1

    def __init__(self, features: int, out: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.stack = ConvolutionStack(features)
        self.choose = nn.Sequential(nn.Dropout(dropout), nn.Linear(64 * (self.BINS // 4), out))

    def spectrum(self, x: Tensor, mask: Tensor) -> Tensor:
        """(batch, time, features) -> (batch, BINS, features)."""
        x = nn.functional.pad(x * mask[..., None], (0, 0, 0, -x.shape[1] % FRAMES))
        folded = x.unflatten(1, (-1, FRAMES)).sum(1)
        return torch.fft.rfft(folded.float(), dim=1).abs()  # there is none in half precision

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        x = self.spectrum(x, mask)
        x, _ = self.stack(x, torch.ones_like(x[..., 0]))
        return self.choose(x.transpose(1, 2).flatten(1))


class SimpleTransformer(nn.Module):
    """Two encoder layers of width 64 with two heads, mean over time, and a linear layer.

    Without `positions`, as published, the order of the frames changes nothing. With them, sine
    and cosine of each frame's number are added (Vaswani et al. 2017), which learns nothing more.
    """

    def __init__(
        self, features: int, out: int, dropout: float = 0.0, positions: bool = False
    ) -> None:
        super().__init__()
        self.positions = positions
        self.enter = nn.Linear(features, 64)
        self.encoder = encoder(2)
        self.choose = nn.Sequential(nn.Dropout(dropout), nn.Linear(64, out))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        x = self.enter(x)
        if self.positions:
            x = x + sinusoids(x.shape[1], x.shape[2]).to(x)
        x = self.encoder(x, src_key_padding_mask=mask == 0)
        return self.choose(mean_over_time(x, mask))


class Hybrid(nn.Module):
    """ConvolutionStack, then an encoder layer of SimpleTransformer over a quarter of the frames.

    With positions; mean over time, and a linear layer: 64 -> out.
    """

    def __init__(self, features: int, out: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.stack = ConvolutionStack(features)
        self.encoder = encoder(1)
        self.choose = nn.Sequential(nn.Dropout(dropout), nn.Linear(64, out))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        x, mask = self.stack(x, mask)
        x = x + sinusoids(x.shape[1], x.shape[2]).to(x)
        x = self.encoder(x, src_key_padding_mask=mask == 0)
        return self.choose(mean_over_time(x, mask))


def encoder(layers: int) -> nn.TransformerEncoder:
    """Post-norm layers of width 64, two heads, 128 within and dropout 0.1."""
    layer = nn.TransformerEncoderLayer(64, 2, 128, dropout=0.1, batch_first=True)
    return nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)


def sinusoids(count: int, width: int) -> Tensor:
    """(count, width): sines and cosines of 0, 1, ... at wavelengths from 2 pi to 20000 pi."""
    rates = 10000.0 ** (-torch.arange(0, width, 2) / width)
    angles = torch.arange(count)[:, None] * rates
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)


class GRUClassifier(nn.Module):
    """One GRU layer of 56 each way, mean over time, and a linear layer."""

    def __init__(self, features: int, out: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.gru = nn.GRU(features, 56, batch_first=True, bidirectional=True)
        self.choose = nn.Sequential(nn.Dropout(dropout), nn.Linear(112, out))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        return self.choose(mean_over_time(over_real_frames(self.gru, x, mask), mask))


class CausalBlock(nn.Module):
    """Two dilated convolutions over this frame and two before it, and the input carried around."""

    def __init__(self, features: int, width: int, dilation: int) -> None:
        super().__init__()
        self.before = 2 * dilation
        self.layers = nn.ModuleList(
            nn.Conv1d(inside, width, 3, dilation=dilation) for inside in (features, width)
        )
        self.carry = nn.Identity() if features == width else nn.Conv1d(features, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, features, time) -> (batch, width, time)."""
        inside = x
        for layer in self.layers:
            inside = nn.functional.relu(layer(nn.functional.pad(inside, (self.before, 0))))
        return nn.functional.relu(inside + self.carry(x))


class TCN(nn.Module):
    """Four causal blocks that see 61 frames in all, mean over time, and a linear layer: 32 -> out.

    After Bai, Kolter and Koltun 2018 (arXiv 1803.01271), without weight normalisation and without
    dropout between the layers.
    """

    WIDTH = 32
    DILATIONS = (1, 2, 4, 8)

    def __init__(self, features: int, out: int, dropout: float = 0.0) -> None:
        super().__init__()
        widths = (features, *[self.WIDTH] * len(self.DILATIONS))
        self.blocks = nn.Sequential(
            *(CausalBlock(f, self.WIDTH, d) for f, d in zip(widths, self.DILATIONS, strict=False))
        )
        self.choose = nn.Sequential(nn.Dropout(dropout), nn.Linear(self.WIDTH, out))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        x = self.blocks(x.transpose(1, 2)).transpose(1, 2)
        return self.choose(mean_over_time(x, mask))


class ResidualCNN(nn.Module):
    """Three residual dilated convolutions of width 32, their mean and maximum over time; linear."""

    def __init__(self, features: int, out: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.time = TimeConvolution(features, 32, width=32, dilations=(1, 2, 4))
        self.choose = nn.Sequential(nn.Dropout(dropout), nn.Linear(64, out))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        x = self.time(x, mask)
        largest = x.masked_fill(mask[..., None] == 0, -torch.inf).amax(1)
        return self.choose(torch.cat([mean_over_time(x, mask), largest], dim=1))


class Disturbed(nn.Module):
    """Adds normal noise to what a network sees in training, and nothing afterwards."""

    def __init__(self, network: nn.Module, noise: float) -> None:
        super().__init__()
        self.network, self.noise = network, noise

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        if self.training:
            x = (x + self.noise * torch.randn_like(x)) * mask[..., None]
        return self.network(x, mask)


NETWORKS: dict[str, Callable[..., nn.Module]] = {
    "cnn": SimpleCNN,
    "transformer": SimpleTransformer,
    "transformer_positions": partial(SimpleTransformer, positions=True),
    "fft": FFTCNN,
    "hybrid": Hybrid,
    "gru": GRUClassifier,
    "tcn": TCN,
    "within_session": ResidualCNN,
}
