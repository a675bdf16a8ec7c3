"""A made-up recording whose movement is known, so that sensors are tested without the product."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from benchmark.corpora.embedded.sensors.source import Source, Speaker

Make = Callable[..., Source]


def made(id: str = "t1-s01", seconds: float = 3.0, speaker: str = "t1") -> Source:
    """Tongue and lips that swing at 1 to 3 Hz, and a hum of 120 Hz."""
    count = round(seconds * 100)
    time = np.arange(count) / 100
    angle = np.linspace(-1.9, 0.95, 37)
    middle = np.array([15.0, -30.0])
    arc = middle + np.stack([34 * np.sin(angle), 34 * np.cos(angle)], axis=1)
    swing = np.stack(
        [3 * np.sin(2 * np.pi * 1.1 * time), 4 * np.sin(2 * np.pi * 1.7 * time)], axis=1
    )
    tongue = arc + swing[:, None] * np.linspace(0, 1, 37)[:, None]
    rest = np.array([[10, 4], [30, 1], [45, -6], [49, -14], [61, -4], [60, -12]], float)
    phase = np.arange(12).reshape(6, 2)
    points = rest + 2 * np.sin(2 * np.pi * (1 + phase / 8) * time[:, None, None] + phase)
    f0 = 120 + 15 * np.sin(2 * np.pi * 0.7 * time)
    sound = np.arange(160 * count) / 16000
    audio = 0.1 * np.sin(2 * np.pi * 120 * sound) * (1 + np.sin(2 * np.pi * 2 * sound)) / 2
    person = Speaker(
        id=speaker,
        rest=points.mean(axis=0),
        spread=points.std(axis=0),
        tongue=tongue.mean(axis=0),
        palate=np.array([[0.0, 12.0], [28.0, 16.0], [47.0, 0.0]]),
        pitch=(float(np.log2(120)), 0.13),
    )
    voiced = np.sin(2 * np.pi * 1.3 * time) > -0.3
    return Source(id, f"{speaker}-a", person, points, tongue, f0, voiced, audio)


@pytest.fixture
def make() -> Make:
    return made
