"""What holds for all tests: marks by folder and file, optional parts, and no network for libraries.

`make check` leaves out every test with one of the marks below; `make test` runs all.
"""

import os
from pathlib import Path

import pytest

from parts import missing

HERE = Path(__file__).resolve().parent
# Folder or file: the mark of all tests in it.
MARKS = {
    "sandbox": "sandbox",
    "hostile": "sandbox",
    "corpora": "corpora",
    "report/test_browser.py": "browser",
    "report/test_browser_views.py": "browser",
    "report/test_ratings_browser.py": "browser",
    "execution/test_dask.py": "cluster",
    "execution/test_slurm.py": "cluster",
    "baselines": "slow",
    "cli/test_broken.py": "slow",
    "cli/test_cli.py": "slow",
    "cli/test_data.py": "slow",
    "cli/test_disks.py": "slow",
    "cli/test_entries.py": "slow",
    "cli/test_kept.py": "slow",
    "cli/test_monitor.py": "slow",
    "cli/test_own_data.py": "slow",
    "data/test_duplicates.py": "slow",
    "data/test_first_use.py": "slow",
    "evaluation/test_degenerate_predictions.py": "slow",
    "evaluation/test_evaluator.py": "slow",
    "evaluation/test_examination.py": "slow",
    "evaluation/test_fork_server.py": "slow",
    "evaluation/test_kept.py": "slow",
    "evaluation/test_probes.py": "slow",
    "execution/test_against_published.py": "slow",
    "execution/test_chance.py": "slow",
    "execution/test_changed_settings.py": "slow",
    "execution/test_conflicts.py": "slow",
    "execution/test_crash.py": "slow",
    "execution/test_debug.py": "slow",
    "execution/test_faults.py": "slow",
    "execution/test_local.py": "slow",
    "execution/test_metrics_by_corpus.py": "slow",
    "execution/test_new_task.py": "slow",
    "execution/test_own_corpora.py": "slow",
    "execution/test_rescore.py": "slow",
    "execution/test_runner.py": "slow",
    "execution/test_sealed.py": "slow",
    "execution/test_smoke.py": "slow",
    "execution/test_timing.py": "slow",
    "metrics/test_degenerate.py": "slow",
    "metrics/test_pesq.py": "slow",
    "recogniser/test_recogniser.py": "slow",
    "report/test_listening.py": "slow",
    "report/test_sample_gallery.py": "slow",
    "report/test_site.py": "slow",
    "results/test_aggregation.py": "slow",
    "spectra/test_articulatory.py": "slow",
    "test_conformance.py": "slow",
    "test_fuzz.py": "slow",
    "tools/test_accept_results.py": "slow",
    "tools/test_build_embedded.py": "slow",
    "tools/test_search_budget.py": "slow",
    "tools/test_take_entry.py": "slow",
    "worker/test_seccomp.py": "slow",
}

SLOW = {*MARKS.values(), "slow"}
# Files whose tests take minutes one after another, the longest first: these begin first, since a
# long one that comes last is waited for.
LONGEST = (
    *("execution/test_slurm.py", "execution/test_smoke.py", "cli/test_entries.py"),
    *("test_journeys.py", "metrics/test_degenerate.py", "report/test_browser.py"),
    *("evaluation/test_evaluator.py", "execution/test_dask.py", "execution/test_crash.py"),
    *("hostile/test_forged_results.py", "baselines/test_entries.py", "hostile/test_attacks.py"),
)

# No test may fetch a model or data set; the same for who runs a test by hand.
os.environ["HF_HUB_OFFLINE"] = "1"
# The tests are those of the project: a user's own corpora beside it change none of them.
os.environ["SILENTBENCH_PLUGINS"] = ""


def pytest_configure() -> None:
    if gone := [path for path in (*MARKS, *LONGEST) if not (HERE / path).exists()]:
        raise pytest.UsageError(f"{__file__} names what is not there: {', '.join(gone)}")


@pytest.hookimpl(tryfirst=True)  # before the plugin that reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        path = item.path.relative_to(HERE)
        for part in (path, *path.parents):
            if mark := MARKS.get(part.as_posix()):
                item.add_marker(mark)
        for mark in item.iter_markers("needs"):
            for reason in filter(None, map(missing, mark.args)):
                item.add_marker(pytest.mark.skip(reason=reason))
        if not item.get_closest_marker("xdist_group"):  # one process makes the fixtures of a file
            item.add_marker(pytest.mark.xdist_group(path.as_posix()))
    slow = {item.path for item in items if any(map(item.get_closest_marker, SLOW))}
    first = {HERE / path: place for place, path in enumerate(LONGEST)}
    items.sort(key=lambda item: (item.path not in slow, first.get(item.path, len(first))))


@pytest.fixture(scope="session")
def published():
    """The published board as it would be shown today.

    It takes a minute: tests that use it are of the group `published`, so that one process reads it.
    """
    from benchmark.leaderboard import snapshot

    return snapshot.read(HERE.parent)
