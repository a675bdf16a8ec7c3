"""Where the tongue's edge is most wrong, and its tip, in mm, for ultrasound images.

Contours are found and resampled as for `msd.tongue_edge@1` (see there), and frames without contour
count as there: the depth of the image where the prediction has none, nothing where the target has
none. With d(p, v) the distance from a point to the nearest of a contour's 100 points:

    Hausdorff = max(95th percentile of d(u_i, v), 95th percentile of d(v_j, u))
    tip       = |u_100 - v_100|

The mean of MSD hides a part of the tongue that is quite wrong; the Hausdorff distance is that part.
The 95th percentile (linear between points) and not the maximum, as is usual where contours are
found by a rule (Taha & Hanbury 2015): one ray that takes an echo for the tongue decides the
maximum. The tip is the end of the visible contour at the last ray, clockwise as seen from the apex:
at the right, where all corpora have the tip. It is where a contour becomes too faint to be seen,
not the tongue's tip itself.

How far the rule's contours of true pictures are from the contours that made them, on every sixth
test sentence of `embedded.new_sentences` (`benchmarks/contours.py`), over frames:

    MSD        mean 0.65, median 0.38, 95th percentile  2.08 mm
    Hausdorff  mean 4.29, median 0.70, 95th percentile 21.28 mm
    tip        mean 2.04, median 1.68, 95th percentile  4.97 mm

The rule loses the root where that is faint, which the Hausdorff distance shows. Scores compare what
the rule finds on both sides, so they can be below these; differences far below them say little.

The value of a recording is the mean over frames, the score the mean over recordings. Statistics:
[distance, 1, frames compared, of these without predicted contour, frames without target contour].
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from benchmark.metrics.image import msd
from benchmark.metrics.image._contours import measure

HAUSDORFF = replace(
    msd.MSD,
    id="hausdorff.tongue_edge@1",
    title="Hausdorff distance of the tongue's edge",
    measure=partial(measure, distance=lambda found: found.most),
    definition="larger of the two directed 95th percentiles of distances of contours resampled to"
    " 100 points",
    source="Taha & Hanbury 2015, BMC Medical Imaging 15",
)
TIP = replace(
    msd.MSD,
    id="tip.tongue_edge@1",
    title="Tip error of the tongue's edge",
    measure=partial(measure, distance=lambda found: found.tip),
    definition="distance of the front ends of the two contours",
    source="the definition",
)
