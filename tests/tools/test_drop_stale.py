"""Stale results go when asked, and nothing else does."""

import importlib.util
import shutil
from pathlib import Path

import pytest

from benchmark.results import entry_results

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def drop():
    spec = importlib.util.spec_from_file_location("drop_stale", ROOT / "tools" / "drop_stale.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.drop


def test_what_no_longer_fits_is_dropped(drop, tmp_path):
    others = [p.name for p in (ROOT / "tasks").glob("*.py") if p.stem != "emg_to_text"]
    shutil.copytree(ROOT / "tasks", tmp_path / "tasks", ignore=lambda *_: others)
    for folder in ("baselines", "submissions"):
        (tmp_path / folder).mkdir()
    for pattern in ("mean.*", "blind.*", "chance.*", "_*.py"):
        for path in (ROOT / "baselines").glob(pattern):
            shutil.copy(path, tmp_path / "baselines")
    drop(tmp_path)
    mean, blind = (tmp_path / "baselines" / f"{name}.json" for name in ("mean", "blind"))
    before, number = blind.read_bytes(), len(entry_results.read_all(mean))
    assert number > 3
    assert drop(tmp_path) == {}
    code = mean.with_suffix(".py")
    code.write_text(code.read_text("utf-8") + "\nCHANGED = True\n", "utf-8")
    assert drop(tmp_path, dry_run=True) == {"mean": number}
    assert len(entry_results.read_all(mean)) == number
    assert drop(tmp_path) == {"mean": number}
    assert entry_results.read_all(mean) == []
    assert blind.read_bytes() == before
