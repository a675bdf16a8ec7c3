"""Seeded inputs and golden values for the tests of the metrics."""

import importlib.util
import json
from pathlib import Path

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
