"""What holds for all tests: optional parts by mark, and no network for libraries that would ask."""

import os

import pytest

from parts import missing

# No test may fetch a model or data set; the same for who runs a test by hand.
os.environ["HF_HUB_OFFLINE"] = "1"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for mark in item.iter_markers("needs"):
            for reason in filter(None, map(missing, mark.args)):
                item.add_marker(pytest.mark.skip(reason=reason))
