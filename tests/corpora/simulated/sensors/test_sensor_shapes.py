"""What all sensors have in common: lengths, types, determinism, grids."""

import numpy as np
import pytest

from benchmark.corpora.simulated.reader import DERIVED, SIGNALS
from benchmark.corpora.simulated.sensors import articulation, emg, seeg


@pytest.mark.parametrize("name", DERIVED)
@pytest.mark.parametrize("seconds", [0.48, 1.37])
def test_length_type_and_frame_are_as_declared(make, name, seconds):
    source, signal = make(seconds=seconds), SIGNALS[name]
    values = DERIVED[name](source)
    assert values.dtype == signal.dtype
    assert len(values) == source.length(signal.rate)
    assert len(values.shape) == 1 + len(signal.frame)
    for got, expected in zip(values.shape[1:], signal.frame, strict=True):
        assert expected in (None, got)
    assert np.isfinite(values).all()


@pytest.mark.parametrize("name", DERIVED)
def test_the_same_recording_gives_the_same_bits(make, name):
    np.testing.assert_array_equal(DERIVED[name](make()), DERIVED[name](make()))


@pytest.mark.parametrize("name", ["emg", "seeg", "lips", "ultrasound"])
def test_noise_differs_between_recordings_with_the_same_movement(make, name):
    one, other = (DERIVED[name](make(id)).astype(float) for id in ("x1-s01", "x1-s02"))
    assert np.mean(one != other) > 0.3


@pytest.mark.parametrize(
    ("name", "quantum"),
    [
        ("articulation", articulation.PARAMETERS.quantum),
        ("emg", emg.PARAMETERS.quantum),
        ("seeg", seeg.PARAMETERS.quantum),
    ],
)
def test_values_are_whole_multiples_of_the_quantum(make, name, quantum):
    values = DERIVED[name](make()).astype(np.float64) / quantum
    np.testing.assert_array_equal(values, np.round(values))
    assert np.abs(values[:, :12]).max() < 32767  # nothing saturates


def test_articulation_follows_the_points_and_no_channel_stands_still(make):
    source = make()
    values = articulation.articulation(source)
    np.testing.assert_allclose(values[5:-5, 3], source.points[10:-10:2, 1, 1], atol=0.03)
    np.testing.assert_allclose(values[5:-5, 13], source.f0[10:-10:2], atol=0.1)
    assert (values.std(axis=0) > 0.01).all()
    assert articulation.CHANNELS[3] == "TBY"
    assert articulation.CHANNELS[12:] == ("loudness", "pitch")


def test_voicing_is_every_second_frame(make):
    source = make()
    np.testing.assert_array_equal(articulation.voicing(source), source.voiced[::2])
