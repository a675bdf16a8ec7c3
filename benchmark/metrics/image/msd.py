"""Mean sum of distances between tongue contours, in mm, for ultrasound images.

For two contours u and v, each resampled to 100 points equally spaced along its arc:

    msd = 1/2 (mean_i min_j |u_i - v_j| + mean_j min_i |u_i - v_j|)

the mean of the two directed means (Li, Kambhamettu & Stone 2005; the resampling makes the value
independent of how densely a contour was drawn). Contours are straight lines between their points
and end where their points end.

The images (time, height, width) bring no contours, so both sides' are taken by the same rule, which
`_ultrasound.py` states, from `signal.fan` = (apex x, apex y, mm a pixel) and `signal.span`. A frame
without contour in the target is left out; one without contour in the prediction counts the depth
of the image, the distance from the apex to the farthest pixel in mm, also the worst score. The
rule's own error is 0.65 mm in the mean and 0.38 mm in the median of frames (`tongue.py` says more).
The value of a recording is the mean over frames, the score the mean over recordings. Statistics:
[msd, 1, frames compared, of these without predicted contour, frames without target contour].
"""

from __future__ import annotations

from functools import partial

from benchmark.core import Array, Metric, Signal
from benchmark.metrics._measurement import plausible_mean, reduce_mean
from benchmark.metrics.image._contours import (
    POINTS,
    Floats,
    as_contour,
    compare,
    distances,
    measure,
    resample,
    worst,
)


def msd(u: Array, v: Array) -> float:
    """Mean of the two directed means between point sets (n, 2) and (m, 2), in their unit.

    Raises ValueError for other shapes, no points, NaN or infinity.
    """
    return float(distances(as_contour(u)[None], as_contour(v)[None])[0, 0])


def msd_resampled(u: Array, v: Array, n_points: int = POINTS) -> float:
    """The same after resampling both to `n_points` along the arc; raises as `msd`."""
    return msd(resample(u, n_points), resample(v, n_points))


def per_frame(target: Array, images: Array, signal: Signal) -> tuple[Floats, Array, Array]:
    """MSD in mm of each frame (time,), NaN where either has no contour; and which have one (time,).

    Two stacks (time, height, width). Returns values, whether the target and whether the prediction
    has a contour. Raises ValueError for unequal shapes, NaN, infinity, or a signal without fan.
    """
    found = compare(target, images, signal)
    return found.mean, found.of_target, found.of_prediction


MSD = Metric(
    id="msd.tongue_edge@1",
    title="MSD of the tongue's edge",
    unit="mm",
    tolerance=0.05,
    better="lower",
    measure=partial(measure, distance=lambda found: found.mean),
    reduce=reduce_mean,
    plausible=partial(plausible_mean, extra=3),
    worst=worst,
    definition="mean of the two directed mean distances of contours resampled to 100 points",
    source="Li, Kambhamettu & Stone 2005, Clin. Linguist. Phon. 19",
    scale=(0.0, None),
)
