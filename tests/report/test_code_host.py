"""leaderboard.md and README.md as a code host shows them: no table is cut, no cell is long."""

import shutil

import pytest

from parts import ROOT

pytestmark = [pytest.mark.needs("chromium", "playwright"), pytest.mark.xdist_group("browser")]

COLUMN = 1012  # px, of the text of a page
BORDER = 1  # px: half of a collapsed border lies outside, rounded up
# DejaVu at 15 px is wider than the fonts of code hosts, which are like Arial, at 16 px.
STYLE = """
body { font: 15px/1.5 "DejaVu Sans", sans-serif; margin: 0 }
main { width: 1012px }
table { border-collapse: collapse; display: block; max-width: 100%; overflow: auto;
        width: max-content }
th, td { border: 1px solid #888; padding: 6px 13px }
code { font-size: 85% }
"""
MEASURE = """() => [...document.querySelectorAll("table")].map(table => ({
    width: table.scrollWidth,
    columns: table.rows[0].cells.length,
    cells: [...table.querySelectorAll("th, td")].map(cell => {
        // The row is as high as its tallest cell, so what is inside is measured.
        const range = document.createRange();
        range.selectNodeContents(cell);
        const tops = [...range.getClientRects()].map(box => Math.round(box.bottom));
        const lines = tops.sort((a, b) => a - b).filter((y, i) => !i || y - tops[i - 1] > 8);
        return {text: cell.innerText, lines: lines.length};
    }),
}))"""


@pytest.fixture(scope="module")
def measured():
    """Measures of the tables of a page of Markdown."""
    from markdown_it import MarkdownIt
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        chromium = driver.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = chromium.new_page(viewport={"width": 1280, "height": 900})

        def measure(text):
            body = MarkdownIt("commonmark", {"html": True}).enable("table").render(text)
            page.set_content(f"<!doctype html><style>{STYLE}</style><main>{body}</main>")
            return page.evaluate(MEASURE)

        yield measure
        chromium.close()


@pytest.mark.parametrize("name", ["leaderboard.md", "README.md"])
def test_every_table_fits_the_page_and_no_cell_has_three_lines(measured, name):
    tables = measured((ROOT / name).read_text("utf-8"))
    assert tables
    for table in tables:
        head = table["cells"][0]["text"], table["cells"][1]["text"]
        assert table["width"] <= COLUMN + BORDER, head
        assert table["columns"] <= 8, head
        assert [cell for cell in table["cells"] if cell["lines"] > 2] == []


def test_a_wide_table_and_a_long_cell_are_noticed(measured):
    wide = "\N{NO-BREAK SPACE}".join(["word"] * 40)
    (table,) = measured(f"| a | b |\n|---|---|\n| {wide} | c |")
    assert table["width"] > COLUMN + BORDER
    cells = "|".join(["one two three four five six seven eight"] * 8)
    (table,) = measured(f"|{'a|' * 8}\n|{'-|' * 8}\n|{cells}|")
    assert table["columns"] == 8
    assert max(cell["lines"] for cell in table["cells"]) > 2
