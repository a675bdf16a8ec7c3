"""The project's documents as pages of the site, and what every page says of the project."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmark import __version__
from benchmark.report.site import docs_pages
from benchmark.report.site.rendering import linked

DOCS = Path(__file__).resolve().parents[2] / "docs"
SUBMITTING = """# How to *submit*

## A title, with signs!

<script>alert(1)</script>

| a | b |
|---|---|
| 1 | 2 |

[corpus](corpora/small.md#licence) [results](results/toy.md) [code](../benchmark/core.py)
[here](#a-title-with-signs) [paper](https://arxiv.org/abs/2505.13814) ![a picture](images/x.png)
"""


def made(tmp_path, guide=""):
    """The pages of a project with three documents and a task."""
    (tmp_path / "docs" / "corpora").mkdir(parents=True)
    (tmp_path / "docs" / "submitting.md").write_text(SUBMITTING)
    (tmp_path / "docs" / "corpora" / "small.md").write_text("# Small\n\n[up](../submitting.md)\n")
    (tmp_path / "CITATION.cff").write_text("title: <SilentBench>\n")
    task, table = SimpleNamespace(title="Toy"), SimpleNamespace(task="toy")
    board = SimpleNamespace(tables=[table], tasks={"toy": task}, entries={})
    return docs_pages.documents(board, tmp_path, docs_pages.project(tmp_path, guide))


@pytest.fixture
def site(tmp_path):
    return made(tmp_path)


def test_every_document_is_a_page_with_a_place_in_the_list(site):
    assert {*site} == {f"docs/{n}.html" for n in ("index", "submitting", "cite", "corpora/small")}
    for name in ("submitting", "cite", "corpora/small"):
        assert f'href="{name}.html"' in site["docs/index.html"]
    assert "&lt;SilentBench&gt;" in site["docs/cite.html"]


def test_documents_have_no_second_copy_beside_those_of_mkdocs(tmp_path):
    site = made(tmp_path, guide="guide")
    assert {*site} == {"docs/cite.html"}
    for place in ("guide/submitting/index.html", "guide/index.html", "docs/cite.html"):
        assert f'href="../{place}"' in site["docs/cite.html"]
    project = docs_pages.project(DOCS.parent, "guide")
    assert project.place("corpora/README") == "guide/corpora/index.html"
    assert project.place("nowhere") == ""


def test_links_lead_to_pages_and_what_has_none_is_text(site):
    page = site["docs/submitting.html"].partition('<div class="document">')[2]
    links = dict(reversed(pair) for pair in re.findall(r'<a href="([^"]*)">([^<]*)</a>', page))
    assert links["corpus"] == "corpora/small.html#licence"
    assert links["results"] == "../toy.html"
    assert links["here"] == "#a-title-with-signs"
    assert links["paper"] == "https://arxiv.org/abs/2505.13814"
    assert "code" not in links
    assert '<h2 id="a-title-with-signs">' in page
    assert "<td>2</td>" in page
    assert "<img" not in page
    assert '<a href="../submitting.html">up</a>' in site["docs/corpora/small.html"]


def test_markup_in_a_document_stays_text(site):
    assert "<script>alert" not in site["docs/submitting.html"]
    assert "&lt;script&gt;alert(1)" in site["docs/submitting.html"]


def test_comments_are_left_out_and_part_no_table():
    text = """# T

`<!-- this is code -->` and <!-- of
two lines --> text

<!-- made by a program -->
| a | b |
|---|---|
| 1 | 2 |
<!-- end -->

```
<!-- so is this -->
```
"""
    made, _ = docs_pages._html(text, "t", {}, ())
    assert re.findall("&lt;!--[^;]*&gt;", made) == [
        "&lt;!-- this is code --&gt;",
        "&lt;!-- so is this --&gt;",
    ]
    assert "<!--" not in made
    assert made.count("<tr>") == 2
    assert "and  text" in made


def test_no_document_shows_a_comment():
    for path in DOCS.glob("*.md"):
        made, _ = docs_pages._html(path.read_text("utf-8"), path.stem, {}, ())
        assert "&lt;!--" not in made, path.name


def test_every_page_leads_to_submit_docs_and_cite_and_names_the_version(site):
    small = site["docs/corpora/small.html"]
    for name in ("submitting", "index", "cite"):
        assert f'href="../../docs/{name}.html"' in small
    assert f"SilentBench {__version__}" in small


def test_publications_are_links_and_the_rest_is_text():
    made = str(linked("A & B, arXiv:2505.13814. doi:10.1000/xyz.12, <b>"))
    assert made == (
        'A &amp; B, <a href="https://arxiv.org/abs/2505.13814">arXiv:2505.13814</a>.'
        ' <a href="https://doi.org/10.1000/xyz.12">doi:10.1000/xyz.12</a>, &lt;b&gt;'
    )
