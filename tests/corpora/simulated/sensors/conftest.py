"""A made-up take whose movement is known, so that sensors are tested without the synthesiser."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from benchmark.corpora.simulated.sensors.sound import in_room
from benchmark.corpora.simulated.sensors.source import Source, Speaker

Make = Callable[..., Source]
PHONES = ("m", "a", "t", "i", "s", "u", "n", "E")


def made(
    id: str = "x1-s01",
    seconds: float = 3.0,
    speaker: str = "x1",
    session: str = "x1-a",
    seed: str = "a seed",
    silent: bool = False,
    rest: float = 0.5,
) -> Source:
    """Phones of 0.1 s between rests, tongue and lips that swing at 1 to 3 Hz, a hum of 120 Hz."""
    count = round(seconds * 100)
    time = np.arange(count) / 100
    swing = 2 * np.sin(2 * np.pi * 1.7 * time)[:, None, None] * np.linspace(0, 1, 37)[:, None]
    angle = np.linspace(-1.9, 0.95, 37)
    arc = np.array([15.0, -30.0]) + 34 * np.stack([np.sin(angle), np.cos(angle)], axis=1)
    tongue = arc + swing
    still = np.array([[10, 4], [30, 1], [45, -6], [49, -14], [61, -4], [60, -12]], float)
    phase = np.arange(12).reshape(6, 2)
    points = still + 2 * np.sin(2 * np.pi * (1 + phase / 8) * time[:, None, None] + phase)
    edges = np.arange(rest, seconds - rest + 1e-9, 0.1)
    phones = tuple(
        (PHONES[k % len(PHONES)], float(start), float(start + 0.1))
        for k, start in enumerate(edges[:-1])
    )
    spoken = np.array([any(a <= t < b for _, a, b in phones) for t in time])
    voiced = spoken & (np.sin(2 * np.pi * 1.3 * time) > -0.3) & (not silent)
    sound = np.arange(160 * count) / 16000
    hum = 3000 * np.sin(2 * np.pi * 120 * sound) * np.repeat(spoken, 160)
    person = Speaker(
        id=speaker,
        rest=points.mean(axis=0),
        spread=points.std(axis=0),
        tongue=tongue.mean(axis=0),
        palate=np.array([[0.0, 12.0], [28.0, 16.0], [47.0, 0.0]]),
        pitch=(float(np.log2(120)), 0.13),
    )
    return Source(
        id=id,
        session=session,
        speaker=person,
        points=points,
        tongue=tongue,
        f0=120 + 15 * np.sin(2 * np.pi * 0.7 * time),
        voiced=voiced,
        audio=np.zeros(160 * count) if silent else in_room(hum, seed, id),
        seed=seed,
        phones=phones,
        silent=silent,
    )


@pytest.fixture
def make() -> Make:
    return made
