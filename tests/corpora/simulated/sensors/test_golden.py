"""Golden: four values of each signal of a made-up take, as they were when this was written.

Whoever changes one on purpose gives the sensor a new version: results carry the digest of the
parameters. Another processor may round one sample in 100,000 otherwise, by a quantum.
"""

import numpy as np
import pytest

from benchmark.corpora.simulated.reader import DERIVED

PLACES = (0.31, 0.47, 0.52, 0.73)  # in the array as it lies in memory
GOLDEN = {  # shape, quantum, values
    "articulation": ((100, 14), 2**-6, (8.62890625, 9.26171875, 10.49609375, 10.49609375)),
    "voicing": ((100,), 0, (0, 1, 1, 0)),
    "emg": ((2000, 8), 2**-3, (-12.125, -54.5, -20.375, -18.125)),
    "seeg": ((2048, 97), 2**-6, (2.375, -63.0, -33.328125, 133.609375)),
    "mel": ((172, 80), 1e-3, (-8.0414, -8.58396, -8.16713, -8.02786)),
    "speech": ((172,), 0, (1, 1, 1, 1)),
    "lips": ((120, 96, 96), 1, (152, 111, 116, 107)),
    "ultrasound": ((120, 96, 96), 1, (14, 46, 49, 29)),
    "contour": ((120, 100, 2), 2**-8, (16.75, 26.90234375, 26.6171875, 44.4765625)),
    "audio": ((32000,), 2**-15, (0.0537109375, -0.0870361328125, -0.08721923828125, 0.0869140625)),
}


def test_every_derived_signal_has_golden_values():
    assert GOLDEN.keys() == DERIVED.keys()


@pytest.mark.parametrize("name", GOLDEN)
def test_a_signal_stays_what_it_is(make, name):
    shape, quantum, values = GOLDEN[name]
    made = DERIVED[name](make(seconds=2.0))
    assert made.shape == shape
    at = (np.array(PLACES) * made.size).astype(int)
    np.testing.assert_allclose(made.ravel()[at].astype(float), values, rtol=0, atol=quantum)
