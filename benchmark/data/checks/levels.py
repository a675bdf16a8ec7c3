"""Which levels of a signal are plausible in its unit, so that a wrong factor is seen.

The bounds are those of the root mean square of a whole recording, offset included, and are wide:
what they must tell is microvolt from volt, not a good electrode from a bad one. A corpus that is
louder or fainter for a reason says so in `Checks.levels`.
"""

from __future__ import annotations

from collections.abc import Mapping

BY_UNIT: Mapping[str, tuple[float, float]] = {
    # Surface EMG and intracranial EEG have 1 to 1000 µV; electrodes add up to 100 mV of offset.
    "µV": (0.05, 2e5),
    "mV": (5e-5, 200.0),
    "V": (5e-8, 0.2),
    # Speech has -40 to -15 dB; a recording of nothing but room noise may have -90 dB.
    "full scale": (1e-5, 1.0),
    # Articulators move within the head.
    "mm": (1e-2, 300.0),
    "ADC counts": (0.5, 2.0**24),
    # Natural logarithm of a power or a magnitude.
    "ln": (1e-2, 50.0),
    "SPARC unit": (1e-3, 100.0),
}
SENSORS = ("µV", "mV", "V", "full scale", "ADC counts")  # a channel that never changes is dead
