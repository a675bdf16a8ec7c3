"""Silent recordings in the time of their own: features of EMG, and what warping finds of a take."""

import numpy as np
import pytest

from benchmark.corpora.io import warping

RATE = 600.0
SECONDS = 3.0


def muscles(at, seed):
    """(T, 5) microvolt: bursts at times that each channel has of its own, read at the times `at`.

    Noise differs by seed, as between two takes.
    """
    rng = np.random.default_rng(seed)
    begins = np.random.default_rng(7).uniform(0.1, SECONDS - 0.2, (5, 6))
    level = np.exp(-0.5 * ((at[:, None, None] - begins) / 0.05) ** 2).sum(2)
    return (
        200 + 100 * level * rng.standard_normal(level.shape) + 2 * rng.standard_normal(level.shape)
    )


def bent(own):
    """The moment aloud of each moment of the silent take, which is longer and uneven."""
    return own / 1.2 + 0.08 * np.sin(2 * np.pi * own / (1.2 * SECONDS))


@pytest.fixture(scope="module")
def found():
    """Times that were found in a take of 3.6 s, by one of 3 s and a tenth of its level."""
    own = np.arange(0, 1.2 * SECONDS, 1 / RATE)
    silent, aloud = 0.1 * muscles(bent(own), 1), muscles(np.arange(0, SECONDS, 1 / RATE), 2)
    return warping.times(*(warping.features(emg, RATE) for emg in (silent, aloud)))


def test_warping_finds_the_moments_of_the_take_aloud(found):
    true = bent(np.arange(len(found)) / warping.RATE)
    assert len(found) == 360
    assert (np.diff(found) >= 0).all()
    assert np.median(np.abs(found - true)) < 0.03
    even = np.linspace(0, SECONDS, len(found))
    assert np.abs(found - true).mean() < 0.5 * np.abs(even - true).mean()


def test_frames_are_brought_to_the_other_time(found):
    frames = np.stack([np.arange(259) / 86.1328125, np.full(259, 2.0)], axis=1)  # their own times
    moved = warping.brought(frames, 86.1328125, found, 310)
    assert moved.shape == (310, 2)
    expected = np.interp(np.arange(310) / 86.1328125, np.arange(len(found)) / warping.RATE, found)
    np.testing.assert_allclose(moved[:, 0], np.minimum(expected, frames[-1, 0]), atol=1e-12)
    assert (moved[:, 1] == 2).all()


def test_features_do_not_count_level_or_offset():
    emg = muscles(np.arange(0, SECONDS, 1 / RATE), 3)
    one = warping.features(emg, RATE)
    assert one.shape == (300, 10)
    np.testing.assert_allclose(one[:, 5:], warping.features(3 * emg - 50, RATE)[:, 5:], atol=1e-9)
    np.testing.assert_allclose(one.std(axis=0), [1.0] * 5 + [warping.HALF] * 5)
    flat = warping.features(np.column_stack([emg, np.full(len(emg), 9.0)]), RATE)
    assert np.isfinite(flat).all()


def test_the_path_is_the_cheapest():
    rng = np.random.default_rng(1)
    distance = rng.uniform(size=(6, 5))
    total = np.full((7, 6), np.inf)
    total[0, 0] = 0
    for i in range(6):
        for j in range(5):
            total[i + 1, j + 1] = distance[i, j] + min(
                total[i, j], total[i, j + 1], total[i + 1, j]
            )
    rows, columns = warping.path(distance)
    assert distance[rows, columns].sum() == pytest.approx(total[6, 5])
    assert {*zip(np.diff(rows), np.diff(columns), strict=True)} <= {(1, 1), (1, 0), (0, 1)}
