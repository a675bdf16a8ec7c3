from benchmark.leaderboard.gate import Refused
from benchmark.report import refused_page

ONE = Refused("ridge", "baselines/ridge.json:2", "other data", "toy", "toy.all", "deep")


def test_without_refused_results_the_page_says_so():
    text = refused_page.page([])
    assert text.startswith("# Results without a row\n")
    assert text.endswith("\nThere are none.\n")


def test_one_row_a_reason_with_its_number_and_first_place():
    later = Refused("ridge", "baselines/ridge.json:9", "other data", "toy", "toy.all", "deep")
    text = refused_page.page([ONE, later])
    (row,) = [line for line in text.splitlines() if "other data" in line]
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[1:] == ["toy", "toy.all", "other data", "2", "baselines/ridge.json:2"]
    assert "ridge" in cells[0]
    assert "deep" in cells[0]
    assert "none" not in text


def test_an_entry_with_many_reasons_hides_no_other_entry():
    many = [Refused("flood", f"f:{i}", f"reason {i:03}") for i in range(refused_page.MOST + 7)]
    text = refused_page.page([*many, ONE])
    assert text.count("| flood ") == refused_page.MOST
    assert "And 7 more of flood." in text
    assert "other data" in text


def test_what_strangers_wrote_makes_no_markup_and_obeys_no_terminal():
    bad = Refused("ridge", "a.json:1", "x | y <b>z\x1b[2J\nnext")
    text = refused_page.page([bad])
    assert "<b>" not in text
    assert "x | y" not in text
    (line,) = refused_page.lines([bad])
    assert line.isprintable()
    assert line == "a.json:1: x | y <b>z\\x1b[2J\\nnext"


def test_a_line_for_a_terminal_says_place_job_reason_and_number():
    assert refused_page.lines([ONE, ONE]) == [
        "baselines/ridge.json:2: toy toy.all deep: other data (2 x)"
    ]
