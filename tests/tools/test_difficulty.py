"""Difficulty is set on talkers who test nowhere: the script that measures it refuses others."""

import importlib
import json
import shutil
from pathlib import Path

import pytest

from benchmark.core import UserError
from benchmark.corpora import embedded
from benchmark.corpora.simulated import fixture, stored

ROOT = Path(__file__).resolve().parents[2]
TAKES = ROOT / "tests" / "corpora" / "simulated" / "takes"


@pytest.fixture
def tool(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    return importlib.import_module("difficulty")


def changed(folder, **fields):
    """A copy of the list of some takes, with other fields in its head."""
    shutil.copytree(TAKES, folder)
    path = folder / "manifest.json"
    head = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**head, **fields}), "utf-8")
    stored.manifest.cache_clear()
    return folder


def test_the_release_and_its_miniature_are_refused(tool, tmp_path):
    fixture.write(tmp_path / "small")
    for folder in (embedded.FOLDER, tmp_path / "small"):
        with pytest.raises(UserError, match=r"found u01, u02.* of the release"):
            tool.items_of(folder)


def test_sealed_recordings_are_refused(tool, tmp_path):
    with pytest.raises(UserError, match="found sealed recordings"):
        tool.items_of(changed(tmp_path / "sealed", sealed=True))


def test_other_talkers_of_the_seed_of_the_release_and_of_other_seeds_are_not(tool, tmp_path):
    seed = stored.manifest(embedded.FOLDER)["seed_sha256"]
    assert tool.items_of(changed(tmp_path / "development", seed_sha256=seed))
    assert tool.items_of(TAKES)
