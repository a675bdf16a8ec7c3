"""Tests that must not run side by side share a group, which pytest-xdist keeps on one worker."""

import os

import pytest


@pytest.mark.xdist_group("together")
@pytest.mark.skipif("PYTEST_XDIST_WORKER" not in os.environ, reason="pytest-xdist: not in use")
def test_groups_reach_the_scheduler(request):
    """It goes by the end of the name, which not every pytest lets xdist change."""
    assert request.node.nodeid.endswith("@together")
