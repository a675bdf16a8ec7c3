"""Pages and exports: the same snapshot gives the same bytes, and no text of others is markup."""

import csv
import io
import json
import random
import re
from dataclasses import replace
from pathlib import Path

import pytest

import toy
from benchmark import registry
from benchmark.execution import executors, plan, runner
from benchmark.leaderboard import snapshot
from benchmark.leaderboard.build import tables
from benchmark.leaderboard.sealed.standings import Standing
from benchmark.registry.reported_figures import Reported
from benchmark.report import export, leaderboard_page, task_page
from benchmark.report.plots import looks
from benchmark.report.sealed import sealed_table
from benchmark.report.site import pages, rendering
from benchmark.results.sealed.gaps import Gap

EVIL = '<script>alert(1)</script> $x_1$ | `a` & "q"'


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A project with a hostile title, variants, a failing entry and a trivial baseline."""
    variants = "# [tool.silentbench.variants]\n" + "".join(
        f"# v{n} = {{ fraction = 0.{n} }}\n" for n in (1, 2, 5)
    )
    count = "self.parameters = 1000; self.history = [4.0, 2.0, 1.0]"
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
    chosen = plan.plan(place, plan.RunSelection(variants="all", seeds=2), {"toy": toy.corpus()})
    runner.run(place, chosen, executors.local_executor(2), toy.CONFIG)
    runner.publish(place, chosen)
    return place


def read(place, order=None):
    """The snapshot, from results shuffled by the seed `order` where one is given."""
    results, tasks = toy.published(place), registry.tasks(place.root)
    if order is not None:
        random.Random(order).shuffle(results)
    entries = registry.entries(place.root).found
    made = tables(toy.admitted(place, results), tasks)
    return snapshot.Snapshot(made, tasks, {"toy": toy.corpus()}, entries)


def everything(read, folder):
    """All files that a snapshot becomes, by name."""
    written = pages.write(read, folder)
    files = {str(path.relative_to(folder)): path.read_bytes() for path in written}
    return {**files, "leaderboard": leaderboard_page.page(read), **task_page.pages(read)}


def test_the_order_of_results_changes_no_byte_of_any_file(place, tmp_path):
    first = everything(read(place), tmp_path / "first")
    assert {"index.html", "toy.html", "entry/best.html", "results.csv", "results.json"} <= set(
        first
    )
    for order in range(2):
        assert everything(read(place, order), tmp_path / str(order)) == first


def test_learning_curves_are_shown_of_who_reports_losses(place, tmp_path):
    files = everything(read(place), tmp_path)
    page = files["toy"]
    (row,) = re.findall(r"(?m)^\| best \(v1\) \| 3 \| 3 \| [\d.e-]+ \| 67% \|$", page)
    assert row in page.partition("Learning curves")[2]
    assert "| evil | " not in page.partition("Learning curves")[2].partition("\n###")[0]
    site = files["toy.html"].decode()
    assert site.count("Learning curves: validation loss as") == 1
    assert "Learning curves against epochs" in site


def test_a_hostile_title_is_escaped(place, tmp_path):
    files = everything(read(place), tmp_path)
    for name, content in files.items():
        if name.endswith(".html"):
            assert b"<script>alert" not in content, name
    assert b"&lt;script&gt;alert(1)" in files["entry/evil.html"]
    assert "<script>" not in files["toy"]


def test_reported_figures_stand_beside_results_of_their_protocol(place, tmp_path):
    theirs = Reported("best", "toy", "toy.all", "A and B 2020", ("system", "r"), (("theirs", 0.9),))
    others = replace(theirs, split="toy.other", rows=(("elsewhere", 0.1),))
    nobodys = replace(theirs, entry="", rows=(("never rebuilt", 0.2),))
    files = everything(replace(read(place), reported=(theirs, others, nobodys)), tmp_path)
    shown = {
        name: [r for r in ("theirs", "elsewhere", "never rebuilt") if f">{r} <".encode() in content]
        for name, content in files.items()
        if name.endswith(".html")
    }
    assert shown.pop("toy.html") == ["theirs", "never rebuilt"]
    assert shown.pop("entry/best.html") == ["theirs"]
    assert not any(shown.values())


def test_csv_parquet_and_json_hold_the_same_figures(place, tmp_path):
    import pandas as pd

    made = read(place)
    export.write(export.results(made), tmp_path)
    lines = list(csv.DictReader((tmp_path / "results.csv").read_text().splitlines()))
    content = json.loads((tmp_path / "results.json").read_text())
    parquet = pd.read_parquet(tmp_path / "results.parquet")
    (table,) = content["tables"]
    scores = [(r["entry"], s["metric"], s["score"]) for r in table["rows"] for s in r["scores"]]
    assert [(x["entry"], x["metric"], float(x["score"])) for x in lines] == scores
    assert list(parquet["score"]) == [value for _, _, value in scores]
    rows = {row.name: row for row in made.tables[0].rows}
    for line in lines:
        score = rows[line["entry"], line["variant"]].scores[line["metric"]]
        assert [float(line[n]) for n in ("score", "ci_low", "ci_high")] == [
            *(score.value, score.low, score.high)
        ]
    by_unit = rows["best", "v1"].scores[table["rows"][0]["scores"][0]["metric"]].by_unit
    shown = next(r for r in table["rows"] if (r["entry"], r["variant"]) == ("best", "v1"))
    assert shown["scores"][0]["by_unit"] == pytest.approx(by_unit, rel=1e-5)
    assert all(v == float(f"{v:.6g}") for v in shown["scores"][0]["by_unit"].values())
    assert {x["title"] for x in lines} >= {EVIL}
    assert {x["kind"] for x in lines} == {"baseline", "trivial baseline"}
    assert {x["parameters"] for x in lines} == {"1000", "5", ""}
    assert "broken: failed" in table["left_out"][0]


def test_json_fits_its_schema(place, tmp_path):
    exported = export.results(read(place))
    export.write(exported, tmp_path)
    text = (tmp_path / "results.json").read_text()
    assert export.Results.model_validate_json(text) == exported
    schema = json.loads((tmp_path / "results.schema.json").read_text())
    assert schema["required"] == ["schema_version", "tables", "across", "calibration_curves"]


SEALED = Standing(
    secret="5" * 64,
    day="2026-05-04",
    talkers=8,
    recordings=64,
    gaps={
        ("best", "v1"): Gap(0.9, 0.85, -0.01, 0.11, 0.02, 0.2, seeds=2),
        ("evil", "default"): Gap(0.95, 0.15, 0.7, 0.9, 0.7, 0.2, seeds=1),
    },
)


def test_sealed_scores_stand_on_the_site_and_in_the_exports_as_in_markdown(place, tmp_path):
    made = replace(read(place), sealed={("toy", "toy.all"): SEALED})
    files = everything(made, tmp_path)
    shown = ("+0.050 [-0.010, +0.110]", "+0.800 [+0.700, +0.900]", "2026-05-04", "555555555555")
    for name in ("toy", "toy.html", "leaderboard"):
        text = files[name] if isinstance(files[name], str) else files[name].decode()
        assert [part for part in shown if part not in text] == [], name
        assert text.count(sealed_table.MARK) == 1, name
    (table,) = json.loads(files["results.json"])["tables"]
    assert {n: table["sealed"][n] for n in ("secret", "day", "talkers", "answers")} == {
        "secret": "5" * 64,
        "day": "2026-05-04",
        "talkers": 8,
        "answers": 64,
    }
    first, second = table["sealed"]["rows"]
    assert (first["entry"], first["sealed_score"], first["sealed_marked"]) == ("best", 0.85, False)
    assert second["sealed_gap"] == pytest.approx(0.8)
    lines = list(csv.DictReader(io.StringIO(files["results.csv"].decode())))
    told = {(x["entry"], x["variant"]): x for x in lines if x["sealed_score"]}
    assert {*told} == {*SEALED.gaps}
    assert told["evil", "default"]["sealed_marked"] == "True"
    assert told["best", "v1"]["sealed_seeds"] == "2"
    assert {x["metric"] for x in lines if x["sealed_marked"]} == {table["sealed"]["metric"]}


def test_without_a_sealed_test_nothing_is_said_of_one(place, tmp_path):
    files = everything(read(place), tmp_path)
    assert b"ealed test" not in files["toy.html"]
    assert json.loads(files["results.json"])["tables"][0]["sealed"] is None
    lines = list(csv.DictReader(io.StringIO(files["results.csv"].decode())))
    assert {x[n] for x in lines for n in x if n.startswith("sealed_")} == {""}


def test_every_link_leads_to_a_file(place, tmp_path):
    files = everything(read(place), tmp_path)
    for name, content in files.items():
        if name.endswith(".html"):
            for link in re.findall(r'(?:href|src)="([^"#]+)', content.decode()):
                if not link.startswith(("data:", "https://")):
                    assert (tmp_path / name).parent.joinpath(link).resolve().exists(), (name, link)


def test_plots_have_a_text_alternative_and_the_colour_of_the_page(place, tmp_path):
    page = everything(read(place), tmp_path)["toy.html"].decode()
    plots = re.findall(r"<svg(?![^>]*aria-hidden).*?</svg>", page, re.DOTALL)
    assert len(plots) >= 3  # scores, parameters, fraction
    for plot in plots:
        assert 'role="img"' in plot
        assert re.search(r'aria-label="[^"]{20,}"', plot)
        assert "currentColor" in plot
        assert "#010203" not in plot
    assert "against fraction" in page


def test_an_entry_looks_the_same_on_every_page(place, tmp_path):
    made = read(place)
    files, look = everything(made, tmp_path), looks.of(made)["best"]
    for name in ("toy.html", "entry/best.html"):
        plots = re.findall(r"<svg[^>]*class=.plot.*?</svg>", files[name].decode(), re.DOTALL)
        assert plots
        assert any(f"fill:{look.colour}" in plot for plot in plots)
        others = {each.colour for each in looks.of(made).values()} - {look.colour}
        assert name == "toy.html" or not any(f"fill:{c}" in p for c in others for p in plots)
    assert json.dumps(look.shape) in files["toy.html"].decode()  # of the comparison


def test_tables_have_captions_and_headings(place, tmp_path):
    for name, content in everything(read(place), tmp_path).items():
        if name.endswith(".html"):
            text = content.decode()
            assert text.count("<table") == text.count("<caption>")
            assert text.count("<table") == text.count("<thead>")
            assert '<html lang="en">' in text


def test_the_page_of_a_removed_entry_says_so(place, tmp_path):
    made = read(place)
    entries = {name: entry for name, entry in made.entries.items() if name != "best"}
    files = everything(snapshot.Snapshot(made.tables, made.tasks, made.corpora, entries), tmp_path)
    assert b"removed: the project has results of this entry" in files["entry/best.html"]


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


def test_a_leaderboard_without_results_has_pages_and_a_csv_of_heads(place, tmp_path):
    """A project before its first result, such as a fresh fork."""
    read_once = read(place)
    empty = snapshot.Snapshot([], read_once.tasks, read_once.corpora, read_once.entries)
    files = everything(empty, tmp_path)
    assert b"No results yet" in files["index.html"]
    assert files["results.csv"].decode() == ",".join(export.COLUMNS) + "\n"
    assert json.loads(files["results.json"])["tables"] == []
    assert files["leaderboard"].startswith("# SilentBench leaderboard")


def test_every_head_of_a_table_has_a_tooltip_there_or_before(place, tmp_path):
    """In the table, or in one before it on the page at a head of the same text."""
    theirs = Reported("best", "toy", "toy.all", "A 2020", ("system", "r"), (("theirs", 0.9),))
    sealed = {("toy", "toy.all"): SEALED}
    made = replace(read(place), sealed=sealed, reported=(theirs,))
    nothing = dict.fromkeys(("plot", "scores", "shape", "colour", "source"), "")
    wrong = {"name": "a", "reference": "b", "words": [{"text": "c", "wrong": True}]}
    shown = {"about": "", "entries": ["best"], "confusions": [wrong], "transcripts": []}
    shown["panels"] = [{**nothing, "title": "", "entry": ""}]
    (table,) = made.tables
    pages.write(made, tmp_path, examples={table.key: shown})
    for name in ("index.html", "toy.html", "entry/best.html"):
        heads = re.findall(r"(?s)<thead>(.*?)</thead>", (tmp_path / name).read_text("utf-8"))
        each = re.findall(r"<th\b([^>]*)>([^<]*)<", "".join(heads))
        assert len(each) > 4
        said, missing = set(), []
        for attributes, text in each:
            if re.search(' title="[^"]', attributes):
                said.add(text.strip())
            elif "data-same" not in attributes or text.strip() not in said:
                missing.append(text)
        assert missing == []


def test_a_definition_is_said_again_only_after_another_of_the_same_text():
    heads = [("r", "one"), ("n", "count"), ("r", "one"), ("r", "two"), ("r", "one"), ("n", "count")]
    about = rendering.Definitions()
    assert [about.new(*head) for head in heads] == ["one", "count", "", "two", "one", ""]


def test_numbers_of_a_table_that_does_not_sort_have_no_order(place, tmp_path):
    page = everything(read(place), tmp_path)["toy.html"].decode()
    found = re.findall(r"(?s)<table[^>]*>.*?</table>", page)
    sorted_, others = (
        [cell for table in found for cell in re.findall(r"<td[^>]*>", table) if sorts(table) == has]
        for has in (True, False)
    )
    assert any("data-order" in cell for cell in sorted_)
    assert others
    assert not any("data-order" in cell for cell in others)
    # What aligns numbers: `style.css` has no other rule for them.
    assert any(re.search("class=.number|style=", cell) for cell in others)
    assert not any("class=" in cell and "data-order" in cell for cell in sorted_)


def sorts(table):
    return 'class="sortable"' in table.partition(">")[0]


def test_parts_of_a_page_are_named_by_what_they_are(place, tmp_path):
    theirs = Reported("best", "toy", "toy.all", "A 2020", ("system", "r"), (("theirs", 0.9),))
    made = replace(read(place), reported=(theirs, replace(theirs, rows=(("others", 0.8),))))
    page = everything(made, tmp_path)["toy.html"].decode()
    tables = re.findall(r'<table id="([^"]*)"', page)
    assert len({*tables}) == len(tables)
    first = made.tasks["toy"].metrics[0].id.partition("@")[0]
    reported = "toy-toy_all-A_2020"
    assert tables == [
        "toy-all-scores",
        f"toy-all-{first}-by-speaker",
        "toy-all-learning-curves",
        f"{reported}-reported",
        f"{reported}-2-reported",
    ]
    assert f'<tr id="toy-all-{first}-by-speaker-evil"' in page


@pytest.mark.parametrize("guide", ["", "guide"])
def test_pages_lead_to_the_documents_of_mkdocs_where_these_are(place, tmp_path, guide):
    pages.write(read(place), tmp_path, guide=guide)
    for name in ("index.html", "toy.html", "entry/best.html", "code/best.html"):
        links = re.findall(r'href="([^"]*)">Docs<', (tmp_path / name).read_text("utf-8"))
        led = [tmp_path.joinpath(name).parent.joinpath(link).resolve() for link in links]
        assert led == ([tmp_path / "guide" / "index.html"] if guide else [])


def test_an_entry_that_brings_weights_is_marked_on_every_page(place, tmp_path):
    made = read(place)
    best = replace(made.entries["best"])
    vars(best)["brings_weights"] = True  # as if its files had been read
    made = replace(made, entries={**made.entries, "best": best})
    assert re.search(r"\bbest\b[^|]* \*brings\s?weights\*", leaderboard_page.page(made))
    assert "*brings" not in leaderboard_page.page(read(place))
    assert "*brings weights*" in task_page.pages(made)["toy"]
    files = everything(made, tmp_path)
    assert b'<span class="mark">brings weights</span>' in files["index.html"]
    assert {row.brings_weights for row in export.results(made).tables[0].rows} == {True, False}
