"""The page on the API and the example notebook run as they are printed."""

import json
import re
from pathlib import Path

import matplotlib
import pytest
from pages import within

import silentbench
from benchmark.core import Paths
from silentbench import data, evaluation, results

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"(?ms)^```python\n(.*?)^```$")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The project, with a working folder of its own."""
    place = Paths(ROOT, ROOT / "data", tmp_path)
    for module in (data, evaluation, results):
        monkeypatch.setattr(module, "here", lambda *_: place)
    return tmp_path


def cells():
    notebook = json.loads((ROOT / "docs" / "example.ipynb").read_text("utf-8"))
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    found = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert not any(cell["outputs"] for cell in found)  # they would be of another day
    return ["".join(cell["source"]) for cell in found]


def test_the_page_names_all_that_there_is():
    page = (ROOT / "docs" / "api.md").read_text("utf-8")
    named = set(re.findall(r"(?m)^\| `(\w+)", page))
    types = {name for name in silentbench.__all__ if name[0].isupper()}
    assert named == set(silentbench.__all__) - types - {"__version__"}


@pytest.mark.slow
def test_the_blocks_of_the_page_run_in_their_order(folder):
    blocks = BLOCK.findall((ROOT / "docs" / "api.md").read_text("utf-8"))
    known = {}
    for block in blocks:
        exec(compile(block, "api.md", "exec"), known)
    assert known["same"].scores.keys() == known["found"].scores.keys()
    assert known["found"].scores["rmse.per_recording@1"] == pytest.approx(
        known["same"].scores["rmse.per_recording@1"], rel=0.2
    )
    assert [*(folder / "results").rglob("*.json")]


@pytest.mark.slow
@pytest.mark.usefixtures("folder")
def test_the_cells_of_the_notebook_run_in_their_order():
    matplotlib.use("Agg")
    known = {}
    with within(120, "notebook to a plot"):
        for number, cell in enumerate(cells()):
            exec(compile(cell, f"cell {number}", "exec"), known)
    known["plt"].close("all")
    assert 1 <= known["place"] <= len(known["rows"]) + 1
    assert known["score"] > 1.5 / len(known["labels"])  # it has learned something
