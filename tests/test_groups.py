"""Tests that must not run side by side share a group, which pytest-xdist keeps on one worker."""

import pytest


@pytest.mark.xdist_group("together")
@pytest.mark.needs("pytest-xdist")
def test_groups_reach_the_scheduler(request):
    """It goes by the end of the name, which not every pytest lets xdist change."""
    assert request.node.nodeid.endswith("@together")
