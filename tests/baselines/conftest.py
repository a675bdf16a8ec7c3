"""Entries as the worker loads them, and tiny learnable recordings of each task."""

import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from benchmark import registry
from benchmark.core import Asked, Recording, Signal
from benchmark.worker.loading import load_module

ROOT = Path(__file__).resolve().parents[2]
SIGNALS = {
    "emg": Signal("µV", "float32", 1000.0, (3,)),
    "articulation": Signal("mm", "float32", 50.0, (2,)),
    "noisy": Signal("full scale", "float32", 16000.0),
    "clean": Signal("full scale", "float32", 16000.0, span=2.0),
    "seeg": Signal("µV", "float32", 1024.0, (None,)),
    "mel": Signal("ln", "float32", 22050 / 256, (5,)),
    "lips": Signal("grey level", "uint8", 60.0, (24, 24), span=255.0),
    "ultrasound": Signal("grey level", "uint8", 60.0, (16, 20), span=255.0),
    "word": Signal("class", "int64", labels=("no", "perhaps", "yes")),
    "text": Signal("code point", "uint32", free=True),
    "phones": Signal("phone", "uint8", 50.0, labels=("sil", "m", "a")),
}
TASKS = registry.tasks(ROOT)


def _signals(number: int) -> dict[str, np.ndarray]:
    """All signals of a recording, driven by one slow movement of 0.6 to 0.9 s."""
    rng = np.random.default_rng(number)
    seconds = 0.6 + 0.1 * (number % 4)
    word = number % 3

    def movement(rate: float) -> np.ndarray:
        time = np.arange(round(seconds * rate)) / rate
        return 0.5 + 0.5 * np.sin(2 * np.pi * (time * (1 + word) + number / 7))

    def noise(rate: float, channels: int) -> np.ndarray:
        wave = rng.standard_normal((round(seconds * rate), channels))
        return wave * (0.2 + movement(rate))[:, None]

    clean = 0.1 * movement(16000.0) * np.sin(2 * np.pi * 440 * np.arange(seconds * 16000) / 16000)
    return {
        "emg": 20 * noise(1000.0, 3),
        "articulation": np.outer(movement(50.0), [2.0, -1.0]) + 3,
        "clean": clean,
        "noisy": clean + 0.05 * rng.standard_normal(len(clean)),
        "seeg": 20 * noise(1024.0, 4),
        "mel": np.outer(movement(22050 / 256), np.linspace(1, 3, 5)) - 4,
        "lips": np.ones((1, 24, 24)) * 200 * movement(60.0)[:, None, None],
        "ultrasound": np.ones((1, 16, 20)) * 150 * movement(60.0)[:, None, None],
        "word": np.array(word),
        "text": np.array([ord(letter) for letter in SIGNALS["word"].labels[word]]),
        "phones": np.digitize(movement(50.0), [0.3, 0.7]),
    }


def recording(number: int) -> Recording:
    values = {name: x.astype(SIGNALS[name].dtype) for name, x in _signals(number).items()}
    for value in values.values():
        value.flags.writeable = False  # as the store hands them out
    return Recording(f"r{number}", "s1", "s1", f"sentence {number}", values.__getitem__)


@pytest.fixture(scope="session")
def module():
    """The module of a file of baselines/ by its name; it finds its neighbours as in the worker."""
    sys.path.insert(0, str(ROOT / "baselines"))
    yield (
        lambda name: (
            import_module(name)
            if name[0] == "_"
            else load_module(ROOT / "baselines" / f"{name}.py")
        )
    )
    sys.path.remove(str(ROOT / "baselines"))


@pytest.fixture(scope="session")
def signals():
    """What each signal of the recordings is, by name."""
    return SIGNALS


@pytest.fixture(scope="session")
def recordings():
    """Twelve recordings of a second or less, each with the signals of all tasks."""
    return [recording(number) for number in range(12)]


@pytest.fixture(scope="session")
def asked():
    """What a model is told, by task; `change` gives a signal other properties."""

    def make(task: str, **change: dict) -> Asked:
        inputs, target, hints = TASKS[task].inputs, TASKS[task].target, TASKS[task].privileged
        chosen = {name: SIGNALS[name] for name in (*inputs, target, *hints)}
        chosen |= {name: replace(chosen[name], **values) for name, values in change.items()}
        return Asked(task, inputs, target, chosen)

    return make
