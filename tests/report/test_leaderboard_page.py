"""leaderboard.md and the table of README.md: what fits the page of a code host, in which order."""

import re
from dataclasses import replace

import pytest
from two_corpora import METRICS, board

from benchmark import __version__
from benchmark.core import CHANCE, UserError
from benchmark.leaderboard import verification
from benchmark.leaderboard.verification import Record
from benchmark.report import leaderboard_page, readme_table, scale
from benchmark.report.markdown.markdown_table import two_lines


def test_no_table_has_more_columns_than_a_code_host_can_show():
    page = leaderboard_page.page(board())
    rules = re.findall(r"(?m)^\|[-:|]+\|$", page)
    assert len(rules) == 4
    assert {rule.count("|") - 1 for rule in rules} == {6, leaderboard_page.MOST_COLUMNS - 1}
    assert leaderboard_page.MOST_COLUMNS <= 8
    assert "[All metrics, costs, variants and breakdowns]" in page


@pytest.mark.parametrize(
    ("ids", "shown"),
    [
        (["a", "b", "c", "wer_asr.simulated", "stoi.griffin_lim"], ["b", "wer_asr.simulated"]),
        (["a", "b", "c", "estoi.griffin_lim", "stoi.griffin_lim"], ["b", "stoi.griffin_lim"]),
        (["a", "stoi", "b", "c"], ["stoi", "b"]),
        (["a", "b", "c"], ["b", "c"]),
    ],
)
def test_a_narrow_table_keeps_one_column_of_what_is_heard(ids, shown):
    metrics = [replace(m, id=f"{id}@1", title=id) for m, id in zip(METRICS, ids, strict=False)]
    page = leaderboard_page.page(board(tuple(metrics)))
    (heads, _) = re.findall(r"(?m)^\| tier \|.*$", page)
    between = heads.partition("| a")[2].partition("|")[2].partition("| norm")[0]
    assert [cell.split()[0] for cell in between.split("|")] == shown  # before unit and arrow
    assert heads.count("|") - 1 <= leaderboard_page.MOST_COLUMNS


def test_recorded_corpora_come_first_and_simulated_ones_say_so():
    page = leaderboard_page.page(board())
    heads = [page.index(f"**Best entries, {kind}**") for kind in ("recorded corpora",)]
    heads += [page.index("**Best entries, simulated speakers**"), page.index("## Recorded corpora")]
    heads += [page.index("## Simulated speakers")]
    assert heads == sorted(heads)
    assert "| people: s |" in page[heads[0] : heads[1]]
    assert "| simulated: s |" in page[heads[1] : heads[2]]
    assert page.startswith(
        f"# SilentBench leaderboard\n\n{leaderboard_page.ABOUT}\n\nVersion {__version__}. "
    )


def test_who_verified_is_a_column_only_where_rows_differ():
    made = board()
    page = leaderboard_page.page(made)
    assert "| verified |" not in page
    assert "all are *claimed*" in page
    records = {row.entry: records_of(row) for row in made.tables[0].rows}
    page = leaderboard_page.page(replace(made, verified=records["model"]))
    assert page.count("| verified |") == 1  # of one corpus of two
    assert re.search(r"(?m)^\| 1 \| model .*\| CI \|$", page)
    assert re.search(r"(?m)^\| 2 \| weaker .*\| claimed \|$", page)
    everyone = {k: v for found in records.values() for k, v in found.items()}
    page = leaderboard_page.page(replace(made, verified=everyone))
    assert "| verified |" not in page
    assert page.count(" Verified, all rows: CI. ") == 1


def records_of(row):
    record = Record(by="CI", date="2026-01-31", how="bit-equal")
    return {verification.digest_of(result): record for result in row.results}


def test_heads_leave_units_to_the_page_of_the_task():
    metrics = (replace(METRICS[0], unit="mm"), *METRICS[1:])
    assert "[mm]" not in leaderboard_page.page(board(metrics))


def test_only_the_first_tier_is_bold_and_scores_not_better_than_trivial_are_marked():
    page = leaderboard_page.page(board())
    tiers = re.findall(r"(?m)^\| (\d) \| (\w+)[^|]*\| (\*\*|\d)", page)
    assert tiers == [("1", "model", "**"), ("2", "weaker", "0"), ("3", "blind", "0")] * 2
    (weaker, _) = re.findall(r"(?m)^\| 2 \| weaker .*$", page)
    (model, _) = re.findall(r"(?m)^\| 1 \| model .*$", page)
    assert weaker.count(scale.NOT_BETTER) == 2  # of the other metrics; the first is better
    assert scale.NOT_BETTER not in model
    assert f"{scale.NOT_BETTER}: {scale.ABOUT_NOT_BETTER}." in page


def test_the_readme_has_a_line_for_each_task_and_the_rest_stays():
    text = f"# Mine\n\n{readme_table.START}\nold\n{readme_table.END}\n\nEnd.\n"
    made = readme_table.readme(text, board())
    (line,) = re.findall(r"(?m)^\| \[Toy\].*$", made)
    shown = line.replace("\N{NO-BREAK SPACE}", " ")
    assert shown.endswith("| people, recorded | model | Error 0 ↓ 0.235 | blind 0.535 |")
    assert "old" not in made
    assert made.startswith("# Mine\n")
    assert made.endswith("End.\n")
    assert readme_table.readme(made, board()) == made
    for without in ("no marks", readme_table.START, made[: made.index("<!-- end")]):
        with pytest.raises(UserError, match=r"README\.md: expected the lines"):
            readme_table.readme(without, board())


def test_text_of_a_narrow_column_breaks_once():
    text = two_lines("subvocalization_emg: new speakers mouthed")
    assert text.count(" ") == 1
    first, second = text.split(" ")
    assert (first, second.count("\N{NO-BREAK SPACE}")) == ("subvocalization_emg:", 2)
    assert two_lines("one") == "one"


def test_a_table_that_no_entry_is_in_is_named_without_rows():
    made = board()
    alone = [
        replace(table, rows=tuple(replace(row, entry=CHANCE) for row in table.rows[:1]))
        if table.split == "simulated.s"
        else table
        for table in made.tables
    ]
    text = leaderboard_page.page(replace(made, tables=alone))
    assert "## Simulated speakers" not in text
    assert text.count("\n### ") == 1
    assert "## Without entries so far\n\n- toy on simulated: s\n" in text
    assert "Without entries so far" not in leaderboard_page.page(made)
