"""What sees the contacts first: (batch, time, contacts) -> (batch, steps, features)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from torch import Tensor, nn

POOL = 2  # steps, and rows of contacts, that one maximum is taken of


class Convolution(NamedTuple):
    """One layer of a front end; the second number of a pair is over contacts."""

    maps: int
    kernel: tuple[int, int]
    stride: tuple[int, int]


class NoFront(nn.Module):
    """The contacts as they are."""

    def __init__(self, contacts: int, convolutions: Sequence[Convolution]) -> None:  # noqa: ARG002
        super().__init__()
        self.features, self.stride = contacts, 1

    def forward(self, x: Tensor) -> Tensor:
        return x


class Front1d(nn.Module):
    """Convolutions over time that mix all contacts, ends padded; then maxima of two steps."""

    def __init__(self, contacts: int, convolutions: Sequence[Convolution]) -> None:
        super().__init__()
        parts: list[nn.Module] = []
        for maps, (kernel, _), (stride, _) in convolutions:
            parts += [
                nn.Conv1d(contacts, maps, kernel, stride, padding=kernel // 2),
                nn.BatchNorm1d(maps),
                nn.ELU(),
            ]
            contacts = maps
        self.layers = nn.Sequential(*parts, nn.MaxPool1d(POOL))
        self.features = contacts
        self.stride = POOL * math.prod(c.stride[0] for c in convolutions)

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x.transpose(1, 2)).transpose(1, 2)


class Front2d(nn.Module):
    """Convolutions over time and contacts alike, ends not padded; then maxima over both.

    For the maximum of two rows to leave one, the convolutions have to leave two or three: as
    published (`exact`) of 101 to 124 contacts. Else absent contacts are zeros up to that least
    number, and the maximum is over all rows that are left: the same network for 101 to 112.
    """

    def __init__(
        self, contacts: int, convolutions: Sequence[Convolution], exact: bool = False
    ) -> None:
        super().__init__()
        parts: list[nn.Module] = []
        before, least, slack = 1, POOL, POOL - 1
        for maps, kernel, stride in convolutions:
            parts += [
                nn.Conv2d(before, maps, kernel, stride),
                nn.BatchNorm2d(maps),
                nn.ELU(),
            ]
            before = maps
        for _, (_, kernel), (_, stride) in reversed(convolutions):
            least = (least - 1) * stride + kernel
            slack = slack * stride + stride - 1
        if exact and not least <= contacts <= least + slack:
            message = f"the 2-D front end as published takes {least} to {least + slack} contacts"
            raise ValueError(f"{message}, these are {contacts}")
        self.missing = max(least - contacts, 0)
        self.layers = nn.Sequential(*parts)
        self.exact = exact
        self.features = before
        self.stride = POOL * math.prod(c.stride[0] for c in convolutions)

    def forward(self, x: Tensor) -> Tensor:
        seen = self.layers(nn.functional.pad(x, (0, self.missing))[:, None])
        rows = seen[..., :POOL] if self.exact else seen
        return nn.functional.max_pool1d(rows.amax(3), POOL).transpose(1, 2)


class Front3d(nn.Module):
    """Convolutions over time and a grid of contacts, then maxima over both.

    Contacts fill rows of 12 in their order, at least 9 of them, zeros behind the last. As published
    (`exact`) there are 107 contacts.
    """

    ROWS, COLUMNS = 9, 12
    WIDEST = 3  # places that a maximum is taken of, every other one of them

    def __init__(
        self, contacts: int, convolutions: Sequence[Convolution], exact: bool = False
    ) -> None:
        super().__init__()
        published = self.ROWS * self.COLUMNS - 1
        if exact and contacts != published:
            message = f"the 3-D front end as published takes {published} contacts"
            raise ValueError(f"{message}, these are {contacts}")
        parts: list[nn.Module] = []
        before = 1
        for maps, (kernel, across), (stride, apart) in convolutions:
            parts += [
                nn.Conv3d(
                    before,
                    maps,
                    (kernel, across, across),
                    (stride, apart, apart),
                    padding=(kernel, across, across),
                ),
                nn.BatchNorm3d(maps),
                nn.ELU(),
            ]
            before = maps
        rows = max(-(-contacts // self.COLUMNS), self.ROWS)
        self.grid = rows, self.COLUMNS
        self.missing = rows * self.COLUMNS - contacts
        self.layers = nn.Sequential(*parts, nn.MaxPool3d(self.WIDEST, POOL, self.WIDEST // 2))
        left = list(self.grid)
        for _, (_, kernel), (_, stride) in convolutions:
            left = [(length + kernel) // stride + 1 for length in left]  # ends padded by `kernel`
        rows, columns = ((length - 1) // POOL + 1 for length in left)
        self.features = before * rows * columns
        self.stride = POOL * math.prod(c.stride[0] for c in convolutions)

    def forward(self, x: Tensor) -> Tensor:
        filled = nn.functional.pad(x, (0, self.missing)).unflatten(2, self.grid)
        return self.layers(filled[:, None]).transpose(1, 2).flatten(2)


FRONTS = {"none": NoFront, "1d": Front1d}  # of any contacts
EXACT = {"2d": Front2d, "3d": Front3d}  # can also be held to the contacts of the publication


def front_end(
    kind: str, contacts: int, convolutions: Sequence[Convolution], exact: bool = False
) -> nn.Module:
    """One of the front ends by its name; ValueError where it is `exact` and contacts do not fit."""
    if kind in EXACT:
        return EXACT[kind](contacts, convolutions, exact)
    return FRONTS[kind](contacts, convolutions)
