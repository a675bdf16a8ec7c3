"""Tables in a terminal of 80 columns, of a toy project with results."""

import re
from dataclasses import replace

import pytest
from rich.console import Console
from rich.table import Table as Lines

import toy
from benchmark.execution import executors, plan, runner
from benchmark.leaderboard import build
from benchmark.leaderboard.comparison import pairs
from benchmark.leaderboard.snapshot import Snapshot
from benchmark.registry import entries, tasks
from benchmark.report import console, formatting


@pytest.fixture(scope="module")
def board(tmp_path_factory):
    noisy = "return (inputs['x'] @ np.float32([[2.0], [0.0]])).reshape(shape)"
    place = toy.project(
        tmp_path_factory.mktemp("console"),
        best=toy.entry(predict=toy.SUM),
        noisy=toy.entry(predict=noisy),
        blind=toy.entry(predict=toy.BLIND),
    )
    chosen = plan.plan(place, plan.RunSelection(), {"toy": toy.corpus()})
    runner.run(place, chosen, executors.local_executor(2), toy.CONFIG)
    runner.publish(place, chosen)
    known = tasks(place.root)
    made = build.tables(toy.admitted(place, toy.published(place)), known)
    return Snapshot(made, known, {"toy": toy.corpus()}, entries(place.root).found)


def printed(lines):
    terminal = Console(width=80, no_color=True)
    with terminal.capture() as said:
        terminal.print(lines)
    text = said.get()
    assert "…" not in text  # nothing is cut off
    return text.replace(formatting.NBSP, " ")


def test_the_board_of_a_split_has_a_line_for_each_entry_best_first(board):
    (table,) = board.tables
    text = printed(console.ranking(board, table))
    assert [text.index(name) for name in ("best", "noisy", "blind")] == sorted(
        text.index(name) for name in ("best", "noisy", "blind")
    )
    best = table.rows[0].scores["pearson.per_recording@1"]
    assert formatting.score(best).replace(formatting.NBSP, " ") in text
    assert "blind (trivial)" in text
    assert "so that there are no tiers" in " ".join(text.split())  # of four speakers
    assert "not above" not in text


def test_a_run_ends_with_a_line_for_each_row_by_task(board):
    (table,) = board.tables
    task, shown = board.task(table), board.displayed(table)
    (lines,) = console.standings([(task, shown, row) for row in shown.rows])
    text = printed(lines)
    assert text.startswith("toy: Pearson r ↑")
    assert lines.row_count == len(shown.rows)
    for row in shown.rows:
        score = formatting.score(row.scores["pearson.per_recording@1"])
        assert score.replace(formatting.NBSP, " ") in text
    assert "norm." in text
    assert "blind (trivial)" in text


def test_rows_that_stand_on_no_board_have_no_normalised_score(board):
    (table,) = board.tables
    scores = "pearson.per_recording@1"
    row = table.rows[0]
    bare = replace(row, scores={scores: replace(row.scores[scores], normalised=None)})
    (lines,) = console.standings([(board.task(table), table, bare)])
    assert "norm." not in printed(lines)


def test_a_row_of_a_run_that_is_not_published_stands_among_the_others(board):
    (table,) = board.tables
    noisy = next(row for row in table.rows if row.entry == "noisy")
    mine = replace(noisy, entry="mine")
    text = printed(console.ranking(board, table, mine))
    order = [text.index(name) for name in ("best", "mine (here)", "noisy", "blind")]
    assert order == sorted(order)


def test_an_entry_that_shows_nothing_is_marked(board):
    (table,) = board.tables
    rows = [replace(row, above_trivial=False) if row.entry == "best" else row for row in table.rows]
    weak = replace(board, tables=[replace(table, rows=tuple(rows))])
    assert "best (not above trivial)" in printed(console.ranking(weak, weak.tables[0]))
    (lines,) = console.entry_tables(weak, "best")
    assert "default (not" in printed(lines)


def test_an_entry_has_a_line_for_each_metric_of_a_variant(board):
    (lines,) = console.entry_tables(board, "best")
    (table,) = board.tables
    titles = [metric.title for metric in board.task(table).metrics]
    text = printed(lines)
    assert lines.row_count == len(titles) > 1
    for title in titles:
        assert re.search(rf"{re.escape(title)} .*\d\.\d{{3}} \[\d\.\d{{3}},", text)
    assert len(re.findall(r"│ default +│.* 1 │ +\d+ s │", text)) == 1


def test_an_entry_of_many_variants_has_a_line_for_each(board, monkeypatch):
    monkeypatch.setattr(console.variants, "FEW_VARIANTS", 0)
    (lines,) = console.entry_tables(board, "best")
    assert lines.row_count == 1
    assert re.search(r"default\s.*0\.\d{3} \[0\.\d{3},", printed(lines))


def test_long_titles_and_wide_scores_of_many_variants_are_whole(board, monkeypatch):
    monkeypatch.setattr(console.variants, "FEW_VARIANTS", 0)
    (table,) = board.tables
    task = board.task(table)
    long = tuple(
        replace(metric, title=f"A metric called {metric.title} (P.862.2-2007)")
        for metric in task.metrics
    )
    (row,) = (row for row in table.rows if row.entry == "best")
    scores = {name: replace(score, value=-12.345) for name, score in row.scores.items()}
    rows = (replace(row, variant="electrodes-of-the-lips-alone", scores=scores),)
    shown = Lines()
    shown.title = "Toy"
    console.variants._by_variant(shown, replace(task, metrics=long), replace(table, rows=rows))
    assert printed(shown).count("-12.345") == len(long)


def test_two_rows_are_compared_with_interval_and_p(board):
    (table,) = board.tables
    task = board.task(table)
    one, other = (pairs.row_of(board, table, name) for name in ("best", "blind:default"))
    assert pairs.row_of(board, table, "best:other") is None
    found = pairs.differences(task, one, other)
    first = found[0]
    a, b = (row.scores[task.metrics[0].id] for row in (one, other))
    assert first.scores == (a.value, b.value)
    assert first.better == 0
    assert first.gain.value == pytest.approx(a.value - b.value)
    assert first.gain.low <= first.gain.value <= first.gain.high
    assert 0 < first.gain.p <= 1
    assert first.units == table.n_units
    back = pairs.differences(task, other, one)[0]
    assert back.better == 1
    assert back.gain.value == pytest.approx(-first.gain.value)
    text = printed(console.comparison(("best", "blind"), task, table, found))
    assert f"{a.value:.3f}*" in text
    assert f"{first.gain.value:+.3f}" in text
