"""Tables of the site that have many columns."""

import re

import pytest

from benchmark.report.site import rendering
from benchmark.report.site.docs_pages import Project
from benchmark.report.site.grid import (
    MOST_COLUMNS,
    Cell,
    Grid,
    GridRow,
    Head,
    number,
    transposed,
)


def table(rows, groups):
    heads = [Head("entry"), *(Head(f"group {n}", "what it is") for n in range(groups))]
    made = [
        GridRow([Cell(f"row {r}"), *(Cell(f"{r} {n}", heat=n) for n in range(groups))])
        for r in range(rows)
    ]
    return Grid(heads, made, "Scores by group", turned=Head("group", "a group"))


def texts(grid):
    return [[h.text for h in grid.columns], *([c.text for c in row.cells] for row in grid.rows)]


def test_a_table_of_many_groups_is_turned():
    before, after = table(3, 31), transposed(table(3, 31))
    assert texts(after) == [
        ["group", "row 0", "row 1", "row 2"],
        *([f"group {n}", f"0 {n}", f"1 {n}", f"2 {n}"] for n in range(31)),
    ]
    assert [head.definition for head in after.columns[1:]] == [
        f"Scores by group: row {n}" for n in range(3)
    ]
    assert after.rows[7].cells[1].heat == before.rows[0].cells[8].heat == 7


@pytest.mark.parametrize(("rows", "groups"), [(3, 12), (3, 20), (31, 31), (40, 31)])
def test_a_table_that_would_get_no_narrower_stays(rows, groups):
    assert transposed(table(rows, groups)) == table(rows, groups)


def test_heads_stand_upright_where_they_are_many():
    assert [table(2, n).dense for n in (MOST_COLUMNS - 1, MOST_COLUMNS)] == [False, True]


def test_numbers_are_sorted_by_more_digits_than_are_shown():
    assert number("0.12", 0.123456789).order == "0.123456789"
    assert number("1,268,481", 1268481).order == "1268481"  # a filter compares counts
    assert number("1,268,481", 1268481.0).order == "1268481"
    assert float(number("0.00", 1.23456789e-7).order) == 1.23456789e-7
    assert number("1e300", 1e300).order == "1e+300"  # not three hundred digits
    assert number("0.12", 0.123456012).order != number("0.12", 0.123456013).order
    assert number("∞", float("inf")).order == "inf"
    assert number("–", None).order == ""


def test_a_head_is_marked_where_its_definition_is_left_out_and_an_empty_cell_has_no_order():
    cells = [Cell("a"), Cell("1", "1", number=True), Cell("2", number=True), Cell("b")]
    columns = [Head("n", "count"), Head("r", "one"), Head("n", "count"), Head("n")]
    page = '{% import "macros.html" as m with context %}{{ m.grid(grid, "", true) }}'
    environment = rendering.environment(rendering.SITE)
    environment.filters["breakable"] = rendering.breakable
    made = environment.from_string(page).render(
        grid=Grid(columns, [GridRow(cells)]),
        definitions=rendering.Definitions(),
        project=Project(),
        top="",
    )
    heads = re.findall(r"<th scope=.col.([^>]*)>", made)
    assert ["title=" in head for head in heads] == [True, True, False, False]
    assert ["data-same" in head for head in heads] == [False, False, True, False]
    assert re.findall("<td([^>]*)>", made)[:2] == [' data-order="1"', ""]
