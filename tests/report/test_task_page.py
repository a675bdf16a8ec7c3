"""The page of a task in Markdown and on the site: corpora in order, breakdowns folded, contents."""

import re

from two_corpora import board

from benchmark.report import by_corpus, task_page
from benchmark.report.markdown.markdown_table import anchor
from benchmark.report.site import pages

PARTS = ["people (recorded)", "simulated (simulated)"]


def test_recorded_corpora_are_before_simulated_ones(tmp_path):
    made = board()
    assert [part.title for part in by_corpus.parts(made, "toy", [], [])] == PARTS
    markdown = task_page.pages(made)["toy"]
    assert re.findall(r"(?m)^## (.*)$", markdown) == PARTS
    pages.write(made, tmp_path)
    site = (tmp_path / "toy.html").read_text("utf-8")
    assert re.findall(r"<h2 [^>]*>(.*?) <a", site) == PARTS
    assert re.findall(r'<li><a href="#corpus-(\w+)">', site) == ["people", "simulated"]


def test_the_contents_lead_to_every_corpus_and_every_table():
    markdown = task_page.pages(board())["toy"]
    contents = markdown.partition("<details>")[0]
    headings = re.findall(r"(?m)^###? (.*)$", markdown)
    assert len(headings) == 4
    assert re.findall(r"\]\(#(.*?)\)", contents) == [anchor(text) for text in headings]
    assert "- [people (recorded)](#people-recorded): 1 table\n  - [s](#toy-people-s)" in contents


def test_breakdowns_are_folded():
    markdown = task_page.pages(board())["toy"]
    outside = re.sub(r"(?s)<details>.*?</details>", "", markdown)
    assert markdown.count("<details><summary>Error 0 ↓ by speaker</summary>\n\n| entry |") == 2
    assert "Error 0 ↓ by" not in outside
    assert outside.count("| tier | entry |") == 2
    assert markdown.count("<details>") == markdown.count("</details>")
