"""Seeded inputs and golden values for the tests of the metrics."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

GOLDEN = Path(__file__).resolve().parent.parent / "golden"


@pytest.fixture(scope="session")
def inputs():
    """The functions of golden/make_metrics.py that generate inputs."""
    spec = importlib.util.spec_from_file_location("make_metrics", GOLDEN / "make_metrics.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def golden():
    return json.loads((GOLDEN / "metrics.json").read_text())["values"]


@pytest.fixture
def pair(inputs):
    """Two videos of the tongue (frames, 96, 96), in grey levels."""
    return inputs.ultrasound(), inputs.ultrasound(seed=5, centre=62.0)


@pytest.fixture(
    params=[
        lambda x: x[:, :-1],
        lambda x: x[:1],
        lambda x: x[0],
        lambda x: x[:0],
        lambda x: x[..., None],
        lambda x: x > 3,
        lambda x: np.where(x == x.max(), np.nan, x),
        lambda x: np.where(x == x.max(), np.inf, x),
    ]
)
def wrong(request):
    """What makes a video one that cannot be compared with the other of its pair."""
    return request.param
