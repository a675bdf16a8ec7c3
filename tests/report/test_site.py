"""Pages and data: the same board gives the same bytes, and nothing in it can be markup."""

import csv
import json
import random
import re
from pathlib import Path

import pytest

import toy
from benchmark import registry
from benchmark.execution import executors, plan, runner
from benchmark.leaderboard import snapshot
from benchmark.leaderboard.build import tables
from benchmark.report import export, markdown
from benchmark.report.site import pages

EVIL = '<script>alert(1)</script> $x_1$ | `a` & "q"'


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A project with a hostile title, variants, a failing entry and a floor."""
    variants = "# [tool.silentbench.variants]\n" + "".join(
        f"# v{n} = {{ fraction = 0.{n} }}\n" for n in (1, 2, 5)
    )
    count = "self.parameters = 1000"
    place = toy.project(
        tmp_path_factory.mktemp("site"),
        best=toy.entry(count, toy.SUM, extra=variants),
        evil=toy.entry("self.parameters = 5", toy.SUM),
        blind=toy.entry(predict=toy.BLIND),
        broken=toy.entry(predict="raise ValueError('<b>|lost|</b>')"),
    )
    path = place.root / "baselines" / "evil.py"
    title = json.dumps(EVIL)
    path.write_text(re.sub(r"# title = .*", lambda _: f"# title = {title}", path.read_text()))
    chosen = plan.plan(place, plan.Choice(variants="all", seeds=2), {"toy": toy.corpus()})
    runner.run(place, chosen, executors.local(2), toy.CONDITIONS)
    runner.publish(place, chosen)
    return place


def read(place, order=None):
    """The board, from results in another order where one is given."""
    results, tasks = snapshot.results(place.root), registry.tasks(place.root)
    if order is not None:
        random.Random(order).shuffle(results)
    entries = registry.entries(place.root).found
    made = tables(results, tasks, snapshot.codes(tasks, entries))
    return snapshot.Board(made, tasks, {"toy": toy.corpus()}, entries)


def everything(made, folder):
    """All files that a board becomes, by name."""
    written = pages.build(made, folder)
    files = {str(path.relative_to(folder)): path.read_bytes() for path in written}
    return {**files, "board": markdown.render(made), **markdown.pages(made)}


def test_the_order_of_results_changes_no_byte_of_any_file(place, tmp_path):
    first = everything(read(place), tmp_path / "first")
    assert {"index.html", "toy.html", "entry/best.html", "results.csv", "results.json"} <= set(
        first
    )
    for order in range(2):
        assert everything(read(place, order), tmp_path / str(order)) == first


def test_a_title_stays_text(place, tmp_path):
    files = everything(read(place), tmp_path)
    for name, content in files.items():
        if name.endswith(".html"):
            assert b"<script>alert" not in content, name
    assert b"&lt;script&gt;alert(1)" in files["entry/evil.html"]
    assert "<script>" not in files["toy"]


def test_csv_parquet_and_json_say_the_same(place, tmp_path):
    import pandas as pd

    made = read(place)
    export.write(export.results(made), tmp_path)
    lines = list(csv.DictReader((tmp_path / "results.csv").read_text().splitlines()))
    told = json.loads((tmp_path / "results.json").read_text())
    parquet = pd.read_parquet(tmp_path / "results.parquet")
    (table,) = told["tables"]
    scores = [(r["entry"], s["metric"], s["value"]) for r in table["rows"] for s in r["scores"]]
    assert [(x["entry"], x["metric"], float(x["value"])) for x in lines] == scores
    assert list(parquet["value"]) == [value for _, _, value in scores]
    rows = {row.name: row for row in made.tables[0].rows}
    for line in lines:
        score = rows[line["entry"], line["variant"]].scores[line["metric"]]
        assert [float(line[n]) for n in ("value", "low", "high")] == [
            *(score.value, score.low, score.high)
        ]
    assert {x["title"] for x in lines} >= {EVIL}
    assert {x["kind"] for x in lines} == {"baseline", "floor"}
    assert {x["parameters"] for x in lines} == {"1000", "5", ""}
    assert "broken: failed" in table["left_out"][0]


def test_json_is_as_its_schema_says(place, tmp_path):
    found = export.results(read(place))
    export.write(found, tmp_path)
    text = (tmp_path / "results.json").read_text()
    assert export.Results.model_validate_json(text) == found
    schema = json.loads((tmp_path / "results.schema.json").read_text())
    assert schema["required"] == ["schema_version", "tables", "across"]


def test_every_link_leads_to_a_file(place, tmp_path):
    files = everything(read(place), tmp_path)
    for name, content in files.items():
        if name.endswith(".html"):
            for link in re.findall(r'(?:href|src)="([^"#]+)', content.decode()):
                if not link.startswith("data:"):
                    assert (tmp_path / name).parent.joinpath(link).resolve().exists(), (name, link)


def test_plots_say_what_they_show_and_take_the_colour_of_the_page(place, tmp_path):
    page = everything(read(place), tmp_path)["toy.html"].decode()
    plots = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert len(plots) >= 3  # scores, parameters, fraction
    for plot in plots:
        assert 'role="img"' in plot
        assert re.search(r'aria-label="[^"]{20,}"', plot)
        assert "currentColor" in plot
        assert "#010203" not in plot
    assert "against fraction" in page


def test_tables_have_captions_and_headings(place, tmp_path):
    for name, content in everything(read(place), tmp_path).items():
        if name.endswith(".html"):
            text = content.decode()
            assert text.count("<table") == text.count("<caption>")
            assert text.count("<table") == text.count("<thead>")
            assert '<html lang="en">' in text


def test_the_page_of_an_entry_without_a_file_says_so(place, tmp_path):
    made = read(place)
    entries = {name: entry for name, entry in made.entries.items() if name != "best"}
    files = everything(snapshot.Board(made.tables, made.tasks, made.corpora, entries), tmp_path)
    assert b"no entry of this name is here any more" in files["entry/best.html"]


def test_the_style_is_readable_in_both_colour_schemes():
    """Contrast of text on its paper by WCAG: at least 4.5 to 1."""
    style = (Path(pages.__file__).parent / "templates" / "style.css").read_text()
    for block in re.findall(r":root \{(.*?)\}", style, re.DOTALL):
        colours = dict(re.findall(r"--(\w+): (#\w{6})", block))
        for paper in ("paper", "band"):
            for ink in ("ink", "soft", "link"):
                assert contrast(colours[ink], colours[paper]) >= 4.5, (ink, paper)


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
