"""SSIM, structural similarity of images, averaged over the frames of a recording.

With means m, variances v and covariance v_xy of two images under a Gaussian window, 11 x 11 and
sigma 1.5, of weights that sum to 1 (population moments), and R the span of possible values:

    ssim = (2 m_x m_y + C1) (2 v_xy + C2) / ((m_x^2 + m_y^2 + C1) (v_x + v_y + C2))
    C1 = (0.01 R)^2    C2 = (0.03 R)^2

averaged over the pixels where the whole window lies inside the image; at least 11 x 11 pixels.
R is `signal.span`, never guessed from the images. No unit, -1 to 1, not clipped. Source: Wang et
al. 2004; equals skimage.metrics.structural_similarity(gaussian_weights=True, sigma=1.5,
use_sample_covariance=False, data_range=R). The value of a recording (time, height, width) is the
mean over its frames, the score the mean over recordings; statistics [value, 1]. Worst: -1.

SSIM_FAN averages over those of these pixels that lie inside the picture's fan, as `signal.fan` and
`signal.sector` describe it: around it a scan-converted frame is black on both sides, which lifts
SSIM. Windows at the edge of the fan still reach over it.

How: window means of x + y, x - y and their squares are enough, since v_x + v_y and v_xy are half
the sum and a quarter of the difference of the variances of x + y and x - y. The window is applied
to rows, then columns, as small banded matrices, a few frames at a time in the same buffers.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmark.core import Array, Metric, Signal, Undefined
from benchmark.metrics._measurement import (
    finite,
    mean_statistics,
    plausible_mean,
    reduce_mean,
    shapes,
)
from benchmark.metrics.image._ultrasound import fan_mask

WINDOW, SIGMA = 11, 1.5
K1, K2 = 0.01, 0.03
BLOCK = 16  # outputs of one banded product: small enough that few of its entries are zero
PIXELS = 40_000  # at a time: the buffers stay in the processor's cache


def ssim(target: Array, image: Array, span: float) -> float:
    """SSIM of two images (height, width); `span` is the largest minus the smallest possible value.

    Raises ValueError as `per_frame` does.
    """
    image, target = shapes(image, target, 2)
    return float(per_frame(target[None], image[None], span)[0])


def per_frame(
    target: Array, images: Array, span: float, inside: Array | None = None
) -> NDArray[np.float64]:
    """SSIM of each frame of two stacks (time, height, width) -> (time,).

    `inside` (height, width) of bool restricts the average to windows centred on these pixels.
    Raises ValueError for unequal shapes, images below 11 x 11, NaN, infinity, a span that is not
    positive or no window inside, and Undefined for values too large to be squared.
    """
    images, target = shapes(images, target, 3)
    if span is None or not (np.isfinite(span) and span > 0):
        raise ValueError(f"expected a positive span of values, got {span}")
    if min(target.shape[1:]) < WINDOW:
        raise ValueError(f"expected images of at least 11 x 11 pixels, got {target.shape[1:]}")
    weights = None if inside is None else _centres(inside, target.shape[1:])
    step = max(1, PIXELS // (target.shape[1] * target.shape[2]))
    moments = _Moments(min(step, len(target)), *target.shape[1:])
    values = np.empty(len(target))
    with np.errstate(over="ignore", invalid="ignore"):
        for start in range(0, len(target), step):
            some = slice(start, start + step)
            values[some] = _similarity(moments(target[some], images[some]), span, weights)
    if not np.isfinite(values).all():
        finite(target, "target")
        finite(images, "prediction")
        raise Undefined("prediction too large to be squared")
    return values


def _centres(inside: Array, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Weights of the windows, in a row, that average over those centred inside."""
    inside = np.asarray(inside)
    if inside.dtype != bool or inside.shape != shape:
        raise ValueError(f"expected inside of bool {shape}, got {inside.dtype} {inside.shape}")
    edge = WINDOW // 2
    centres = inside[edge:-edge, edge:-edge].ravel()
    if not centres.any():
        raise ValueError("no window is centred inside")
    return np.asarray(centres / centres.sum())


def _similarity(
    moments: NDArray[np.float64], span: float, weights: NDArray[np.float64] | None
) -> NDArray[np.float64]:
    """Window means of (x + y, x - y, (x + y)^2, (x - y)^2), (4, n, h, w) -> ssim (n,).

    Overwrites the moments: fresh arrays would cost more time than the arithmetic.
    """
    constants = 2 * np.square([K1 * span, K2 * span])[:, None, None, None]
    np.square(moments[:2], out=moments[:2])
    moments[2:] -= moments[:2]
    plus, minus = moments[::2], moments[1::2]  # of x + y and of x - y: squared mean, variance
    plus += minus
    minus *= -2
    minus += plus
    plus += constants  # 2 (m_x^2 + m_y^2 + C1), 2 (v_x + v_y + C2)
    minus += constants  # 2 (2 m_x m_y + C1), 2 (2 v_xy + C2)
    minus[0] *= minus[1]
    plus[0] *= plus[1]
    similar = np.divide(minus[0], plus[0], out=minus[0])
    if weights is None:
        return np.asarray(similar.mean(axis=(1, 2)))
    return np.asarray(similar.reshape(len(similar), -1) @ weights)


class _Moments:
    """Buffers for up to `count` pairs of (height, width) images, and the window means in them.

    They are reused because fresh large arrays would cost more time than the arithmetic.
    """

    def __init__(self, count: int, height: int, width: int) -> None:
        inner = (height - WINDOW + 1, width - WINDOW + 1)
        self.maps = np.empty((4, count, height, width))
        self.rows = np.empty((4, count, height, inner[1]))
        self.means = np.empty((4, count, *inner))
        self.band = _band()

    def __call__(self, x: Array, y: Array) -> NDArray[np.float64]:
        count = len(x)
        maps, rows, means = (a[:, :count] for a in (self.maps, self.rows, self.means))
        np.add(x, y, out=maps[0], dtype=np.float64)
        np.subtract(x, y, out=maps[1], dtype=np.float64)
        np.square(maps[:2], out=maps[2:])
        for at in range(0, rows.shape[3], BLOCK):
            band = self.band[: rows.shape[3] - at, : maps.shape[3] - at]
            part = maps[..., at : at + band.shape[1]]
            np.matmul(part, band.T, out=rows[..., at : at + len(band)])
        for at in range(0, means.shape[2], BLOCK):
            band = self.band[: means.shape[2] - at, : rows.shape[2] - at]
            part = rows[:, :, at : at + band.shape[1]]
            np.matmul(band, part, out=means[:, :, at : at + len(band)])
        return means


def _band() -> NDArray[np.float64]:
    """The window as a matrix (BLOCK, BLOCK + 10): neighbouring samples to their means."""
    offsets = np.arange(WINDOW) - WINDOW // 2
    window = np.exp(-0.5 * (offsets / SIGMA) ** 2)
    window /= window.sum()
    band = np.zeros((BLOCK, BLOCK + WINDOW - 1))
    for row in range(BLOCK):
        band[row, row : row + WINDOW] = window
    return band


def _span(signal: Signal) -> float:
    if signal.span is None:
        raise ValueError("SSIM needs signal.span, the largest minus the smallest possible value")
    return signal.span


def _measure(prediction: Array, target: Array, signal: Signal) -> Array:
    return mean_statistics(float(per_frame(target, prediction, _span(signal)).mean()))


def _measure_fan(prediction: Array, target: Array, signal: Signal) -> Array:
    prediction, target = shapes(prediction, target, 3)
    inside = fan_mask(signal, *target.shape[1:])
    return mean_statistics(float(per_frame(target, prediction, _span(signal), inside).mean()))


def _worst(_: Signal) -> Array:
    return mean_statistics(-1.0)


SSIM = Metric(
    id="ssim.wang2004@1",
    title="SSIM",
    unit="",
    better="higher",
    measure=_measure,
    reduce=reduce_mean,
    plausible=plausible_mean,
    worst=_worst,
    definition="structural similarity, 11 x 11 Gaussian window, mean over the valid region",
    source="Wang et al. 2004, IEEE TIP 13(4)",
    scale=(-1.0, 1.0),
    degenerate="a mean or blurred image: it is like every image where those are flat",
)

SSIM_FAN = Metric(
    id="ssim.inside_fan@1",
    title="SSIM inside the fan",
    unit="",
    better="higher",
    measure=_measure_fan,
    reduce=reduce_mean,
    plausible=plausible_mean,
    worst=_worst,
    definition="SSIM averaged over the windows centred inside the picture's fan",
    source="Wang et al. 2004, IEEE TIP 13(4)",
    scale=(-1.0, 1.0),
    degenerate="a mean or blurred image: it is like every image where those are flat",
)
