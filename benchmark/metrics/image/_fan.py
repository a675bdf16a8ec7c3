"""The fan of a scan-converted ultrasound picture: the pixels that its rays reach.

`signal.fan` is the apex, where all rays meet, as x and y in pixels, and the millimetres a pixel;
`signal.sector` the half opening in degrees from the upright, then the nearest and the farthest
distance from the apex in mm. A pixel's place is its centre (column, row), x right and y down; the
apex is below the picture, and the limits belong to the fan.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmark.core import Signal


def fan_mask(signal: Signal, height: int, width: int) -> NDArray[np.bool_]:
    """(height, width): which pixels lie inside; ValueError where the signal describes no fan."""
    if signal.fan is None or signal.sector is None:
        raise ValueError("the pixels inside the fan need signal.fan and signal.sector")
    x, y, pitch = signal.fan
    half, near, far = signal.sector
    rows, columns = np.mgrid[:height, :width].astype(np.float64)
    forward, up = (columns - x) * pitch, (y - rows) * pitch
    angle, distance = np.arctan2(forward, up), np.hypot(forward, up)
    return np.asarray((np.abs(angle) <= np.radians(half)) & (distance >= near) & (distance <= far))
