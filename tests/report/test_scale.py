"""Pages say in words which rows are oracles, and which are not above the best trivial baseline."""

import json

import numpy as np
import pytest

import toy
from benchmark.core import Recording, Task
from benchmark.data.corpus_index import Expected
from benchmark.leaderboard import across_tasks, breakdowns, build
from benchmark.leaderboard.gate import Admitted
from benchmark.leaderboard.snapshot import Snapshot
from benchmark.leaderboard.tables import is_trivial, leaders, title
from benchmark.metrics.pearson import PER_RECORDING
from benchmark.metrics.rmse import RMSE
from benchmark.report import export, leaderboard_page, scale, task_page
from benchmark.report.site import pages, site_tables
from benchmark.results.published import from_job
from benchmark.results.result import Item, JobResult, Measurement

METRICS = PER_RECORDING, RMSE
METRIC, ERROR = (metric.id for metric in METRICS)
TASK = Task(
    *("Toy", ("x",), "y", ("toy.s",), (), METRICS, ("blind",)),
    citation="",
    version="1",
    oracles=("oracle_toy",),
)
SPEAKERS = "abcdefgh"
LEVELS = {"oracle_toy": 0.8, "model": 0.6, "hardly": 0.3004, "worse": 0.1, "blind": 0.3}


def result(entry, level):
    """Scores of one recording of each speaker; differences from `blind` hardly vary."""
    items = tuple(
        Item(
            recording=speaker,
            speaker=speaker,
            session="s",
            prediction="",
            seconds=0.0,
            measurements={
                METRIC: Measurement(statistics=(level + place / 50 + (-1) ** place / 900, 1)),
                ERROR: Measurement(statistics=(1 - level + place / 50, 1)),
            }
            if entry != "blind"
            else {
                METRIC: Measurement(statistics=(level + place / 50, 1)),
                ERROR: Measurement(statistics=(1 - level + place / 50, 1)),
            },
        )
        for place, speaker in enumerate(SPEAKERS)
    )
    where = {"task": "toy", "split": "toy.s", "fold": "all", "data": "d", "code": "c"}
    who = {"entry": entry, "variant": "default", "seed": 0}
    return JobResult(**where, **who, metrics=(METRIC, ERROR), status="good", items=items)


def board(without=()):
    results = [result(name, level) for name, level in LEVELS.items() if name not in without]
    test = tuple(Recording(s, s, "s", "", lambda _signal: None) for s in SPEAKERS)
    admitted = Admitted(
        tuple(map(from_job, results)), (), {("toy", "toy.s"): Expected("d", {"all": test})}
    )
    known = {"toy": TASK}
    return Snapshot(build.tables(admitted, known), known, {"toy": toy.corpus()}, {})


MARK = f"*{scale.NOT_ABOVE}*"


def top(read):
    """leaderboard.md, its names with the spaces that a line can break at."""
    return leaderboard_page.page(read).replace("\N{NO-BREAK SPACE}", " ")


def test_rows_that_are_not_above_the_best_trivial_baseline_say_so_on_every_page(tmp_path):
    """One that is better by less than the interval of the difference, and one that is worse."""
    read = board()
    short = f"*{scale.NOT_ABOVE_SHORT}*"
    for page, mark in ((top(read), short), (task_page.pages(read)["toy"], MARK)):
        assert f"| hardly {mark} |" in page
        assert f"| worse {mark} |" in page
        assert "| model |" in page
        assert "| blind *trivial baseline* |" in page
        assert page.count(f"{mark} | 0.") == 2
        assert f"- *{scale.NOT_ABOVE}*: " in page
    pages.write(read, tmp_path)
    for name in ("index.html", "toy.html"):
        text = (tmp_path / name).read_text("utf-8")
        assert text.count(f'<span class="mark">{scale.NOT_ABOVE}</span>') == 2
    best = board(without=("model",))
    summary = top(best).partition("### ")[0]
    assert f"| hardly{scale.NOT_BETTER}" in summary
    assert f"{scale.NOT_BETTER}: {short}." in summary
    ((line,),) = (grid.rows for grid in site_tables.summaries(best, best.tables))
    (mark,) = (cell.mark for cell in line.cells if cell.text == "hardly")
    assert mark.startswith(scale.NOT_ABOVE)


def test_an_oracle_stands_below_the_rows_marked_without_a_rank_and_the_line_names_the_ends():
    read = board()
    (table,) = read.tables
    assert [row.entry for row in table.rows] == ["model", "hardly", "blind", "worse"]
    assert [row.entry for row in table.oracles] == ["oracle_toy"]
    for page in (top(read), task_page.pages(read)["toy"]):
        lines = page.splitlines()
        (place,) = (n for n, line in enumerate(lines) if "| oracle_toy *oracle* | " in line)
        assert lines[place].startswith("| – |")
        assert "| worse " in lines[place - 1] or "| blind " in lines[place - 1]
        assert "Normalised score: 0% is blind (0.370), 100% the oracle oracle_toy (0.870)." in page
        without = board(without=["oracle_toy"])
    assert "100% the best possible value (1.000)." in leaderboard_page.page(without)


def test_an_oracle_counts_nowhere(tmp_path):
    read = board()
    shown, without = (each.displayed(each.tables[0]) for each in (read, board(["oracle_toy"])))
    keys = [[(r.name, r.tier, r.p_best) for r in table.rows] for table in (shown, without)]
    assert keys[0] == keys[1]
    assert [row.entry for row in leaders(TASK, shown)] == ["model"]
    found = breakdowns.of_table(shown, TASK, read.corpora["toy"])
    assert found
    assert not [b for b in found if "oracle_toy" in b.rows]
    ranks = across_tasks.compare([shown] * 3, read.tasks, {})
    assert ranks is None or "oracle_toy" not in ranks.average_ranks
    pages.write(read, tmp_path)
    assert not (tmp_path / "entry" / "oracle_toy.html").exists()
    assert 'href="entry/oracle_toy.html"' not in (tmp_path / "index.html").read_text("utf-8")


def test_exports_name_oracles_the_ends_and_what_is_not_above(tmp_path):
    made = export.results(board())
    lines = {(line["entry"], line["metric"]): line for line in export.lines(made)}
    kinds = {entry: line["kind"] for (entry, _), line in lines.items()}
    assert (kinds["oracle_toy"], kinds["blind"]) == ("oracle", "trivial baseline")
    assert kinds["worse"] == "removed"  # an entry that is not there any more
    above = {entry: line["above_trivial"] for (entry, _), line in lines.items()}
    assert above == {
        "model": True,
        **dict.fromkeys(("hardly", "worse"), False),
        **dict.fromkeys(("blind", "oracle_toy")),
    }
    assert lines["oracle_toy", METRIC]["tier"] is None
    for metric in (METRIC, ERROR):
        line = lines["model", metric]
        assert (line["normalised_from"], line["normalised_to"]) == ("blind", "oracle_toy")
    export.write(made, tmp_path)
    assert json.loads((tmp_path / "results.json").read_text())["schema_version"] == 7


@pytest.mark.slow
@pytest.mark.xdist_group("published")
def test_no_published_row_stands_below_the_best_trivial_baseline_without_these_words(published):
    written, checked = task_page.pages(published), 0
    for table in published.single(published.tables):
        task = published.task(table)
        metric = task.metrics[0]
        sign = 1.0 if metric.better == "higher" else -1.0
        rows = [r for r in published.displayed(table).rows if r.scores[metric.id].value is not None]
        floors = (sign * r.scores[metric.id].value for r in rows if is_trivial(task, r))
        floor = max(floors, default=-np.inf)
        names = [
            title(*row.name)
            for row in rows
            if not is_trivial(task, row) and sign * row.scores[metric.id].value <= floor
        ]
        section = written[table.task].partition(f"on `{table.split}`{table.part}: ")[2]
        for name in names:
            assert f"| {name} {MARK}" in section.partition("\n### ")[0], f"{table.key}: {name}"
        checked += len(rows)
    assert checked > 0
