"""How large signals plausibly are, by their unit: the one place where these limits stand.

A limit is wide enough for every recording that somebody would use, and narrow enough that a wrong
factor of a million, or volt taken for microvolt, is seen. A corpus may declare its own, see
`core.Checks.levels`.
"""

from __future__ import annotations

from collections.abc import Mapping

# Lowest and highest root mean square of one recording.
BY_UNIT: Mapping[str, tuple[float, float]] = {
    "V": (1e-8, 1.0),
    "mV": (1e-5, 1e3),
    "µV": (1e-2, 1e6),  # raw electrodes drift by up to a volt
    "full scale": (
        5e-5,
        0.71,
    ),  # from the noise of 16 bits on; a sine of full amplitude is the loudest that is not clipped
    "ln": (1e-2, 1e2),
    "dB": (1e-2, 1e3),
    "ADC counts": (0.5, 2.0**24),
    "mm": (1e-3, 1e3),
    "cm": (1e-4, 1e2),
    "Hz": (0.0, 1e5),  # a pitch is 0 where there is no voice
    "SPARC unit": (1e-3, 1e3),
    "grey level": (0.5, 255.0),
}
# Each channel of these must change, of other signals some channel.
SENSORS = ("V", "mV", "µV", "full scale", "ADC counts")
LEAST_FLAT = 16  # time steps without any change from which on that counts
# The root mean square of a channel, as a multiple of the median of all channels of its unit.
ACROSS_CHANNELS = (1e-4, 1e4)
# Share of the samples of sound, but for silence, that lie near its peak: more are cut off. A tone
# has 0.41.
NEAR_PEAK, SILENCE = 0.8, 0.01  # of the peak
CLIPPED = 0.5


def is_sensor(unit: str) -> bool:
    """Whether a unit is one of a sensor, or a multiple of it such as 0.1 µV."""
    return unit.rpartition(" ")[2] in SENSORS or unit in SENSORS
