import pytest

from benchmark.report.markdown.markdown_table import escaped, markdown_table


def test_a_table_has_heads_a_rule_and_rows():
    assert markdown_table(["a", "b"], [["x", 1], ["y", 2.5]], right=[1]) == [
        "| a | b |",
        "|---|---:|",
        "| x | 1 |",
        "| y | 2.5 |",
    ]


def test_nothing_in_a_cell_ends_the_cell_or_the_line():
    (_, _, row) = markdown_table(["a", "b"], [["one\n two  three", "x | y \\| z"]])
    assert row == "| one two three | x \\| y \\| z |"


def test_a_no_break_space_stays():
    (_, _, row) = markdown_table(["a"], [["1 [0,\N{NO-BREAK SPACE}2]"]])
    assert row == "| 1 [0,\N{NO-BREAK SPACE}2] |"


def test_a_row_of_another_length_is_refused():
    with pytest.raises(ValueError, match="expected 2 cells as there are heads, found 1"):
        markdown_table(["a", "b"], [["x"]])


def test_text_of_others_stays_text():
    text = "<b> | [a](javascript:b)\n\u2028`c` **d** # !"
    assert escaped(text) == "\\<b\\> \\| \\[a\\](javascript:b) \\`c\\` \\*\\*d\\*\\* \\# \\!"
    (_, _, row) = markdown_table(["a"], [[escaped(text)]])
    assert row == f"| {escaped(text)} |"
