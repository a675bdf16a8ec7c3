"""The published site is held against limits of size."""

import random
from pathlib import Path

import pytest

from benchmark import registry
from tools import check_site


@pytest.fixture
def site(tmp_path):
    (tmp_path / "entry").mkdir()
    (tmp_path / "index.html").write_text(
        '<link rel="stylesheet" href="style.css"><script src="tables.js"></script>'
        '<link rel="icon" href="data:,"><a href="https://x.org/x.js">x</a>'
    )
    (tmp_path / "style.css").write_text("p { color: red; }")
    (tmp_path / "tables.js").write_text("1;")
    (tmp_path / "entry" / "one.html").write_text("x" * 1000)
    (tmp_path / "examples").mkdir()
    for number in range(check_site.LEAST_EXAMPLES):
        (tmp_path / "examples" / f"{number}.html").write_text("")
    return tmp_path


def test_what_is_small_passes(site):
    assert check_site.mistakes(site) == []
    assert [*check_site.first_page(site)] == ["index.html", "style.css", "tables.js"]


def test_a_folder_above_the_limit_names_its_largest_files(site, monkeypatch):
    monkeypatch.setattr(check_site, "MOST", 1100)
    (said,) = check_site.mistakes(site)
    assert "at most 1,100; the largest: entry/one.html 1,000, index.html" in said
    monkeypatch.setattr("sys.argv", ["check_site.py", str(site)])
    assert check_site.main() == 1


def test_what_the_first_page_asks_for_counts_compressed(site):
    (site / "tables.js").write_bytes(b"x" * 10 * check_site.MOST_OF_INDEX)
    assert check_site.mistakes(site) == []
    (site / "tables.js").write_bytes(random.Random(0).randbytes(check_site.MOST_OF_INDEX))
    (said,) = check_site.mistakes(site)
    assert said.startswith("its first page, compressed, has 400,")


def test_a_site_has_a_page_of_examples_for_each_task_at_least(site):
    assert len(registry.tasks(Path(__file__).parents[2])) == check_site.LEAST_EXAMPLES
    (site / "examples" / "0.html").unlink()
    (said,) = check_site.mistakes(site)
    assert said.startswith("the site has 6 pages of examples, at least 7: run the entries")
