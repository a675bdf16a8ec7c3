"""Every head of every table that people read is a term of the glossary or the title of a metric."""

import csv
import re
from pathlib import Path

import pytest

from benchmark import registry
from benchmark.report import export, glossary
from benchmark.report.markdown.markdown_table import escaped

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "leaderboard.md", *sorted((ROOT / "docs" / "results").glob("*.md"))]
METRICS = {metric.title for task in registry.tasks(ROOT).values() for metric in task.metrics}


FOLDED = "<details><summary>"


def tables(text):
    """Heads of each table, and the line in bold above it, or what it is folded by, if any."""
    lines = text.splitlines()
    for index, rule in enumerate(lines):
        if re.fullmatch(r"\|[-:|]+\|", rule):
            above = [line for line in lines[max(0, index - 3) : index - 1] if line]
            caption = above[-1] if above and above[-1].startswith(("**", FOLDED)) else ""
            caption = caption.replace(FOLDED, "**")
            heads = re.split(
                r" \| ", lines[index - 1].replace("\N{NO-BREAK SPACE}", " ").strip("| ")
            )
            yield [re.sub(r"\\([\[\]_])", r"\1", head) for head in heads], caption


def unknown(heads):
    """Heads that are neither a term nor the title of a metric."""
    return [head for head in heads if glossary.term(head) not in {*glossary.TERMS, *METRICS}]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_heads_of_pages_are_terms_or_metrics(page):
    wrong = []
    for heads, caption in tables(page.read_text()):
        if caption.startswith("**Reported figures"):
            continue  # the heads of a publication
        if caption.startswith("**Confusion matrix"):
            assert heads[0] == "reference \\ predicted"
            continue  # the others are classes
        wrong += unknown(heads[:1] if caption else heads)  # the others of a breakdown are groups
    assert wrong == []


def test_a_head_outside_the_glossary_is_noticed():
    page = "| tier | way | RMSE [mm]\N{NO-BREAK SPACE}↓ |\n|---|---|---|\n"
    ((heads, _),) = tables(page)
    assert unknown(heads) == ["way"]


def test_breakdowns_name_what_their_rows_are():
    for page in PAGES:
        assert "" not in [heads[0] for heads, _ in tables(page.read_text())]


def test_columns_of_the_csv_are_documented_and_named_by_terms(tmp_path):
    export.write(
        export.Results(schema_version=2, tables=[], across=None, calibration_curves=[]), tmp_path
    )
    (heads,) = csv.reader((tmp_path / "results.csv").read_text().splitlines())
    assert heads == [*export.COLUMNS]
    assert all(export.COLUMNS.values())
    terms = {"normalised_score", "p_best", "sd_seeds", "n_seeds", "tier", "score", "entry", "split"}
    assert terms <= {*heads}
    assert not {"way", "first", "seeds", "runs", "floored"} & {*heads}


def test_settings_of_variants_that_make_curves_are_terms():
    settings = {
        name
        for entry in registry.entries(ROOT).found.values()
        for variant in entry.variants.values()
        for name, value in variant.items()
        if name in ("fraction", "electrodes", "frames")
    }
    assert {escaped(name) for name in settings} <= {*glossary.TERMS}


def test_the_page_holds_every_term_once():
    page = glossary.page()
    for term in glossary.TERMS:
        assert page.count(f"- **{term}**:") == 1
    assert (ROOT / "docs" / "glossary.md").read_text() == page


def test_a_definition_is_found_for_a_head_with_unit_arrow_or_interval():
    assert glossary.definition("fit time [s]") == glossary.TERMS["fit time"]
    assert glossary.definition("score [95% CI]") == glossary.TERMS["score"]
    assert glossary.definition("TDX").startswith("Position of tongue dorsum")
    assert "`" not in glossary.definition("chance level")
    assert glossary.definition("t1") == ""
