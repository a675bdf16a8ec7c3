"""Tables in a terminal of 80 columns, of a toy project with results."""

import re
from dataclasses import replace

import pytest
from rich.console import Console

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
    assert "default †" in printed(lines)


def test_an_entry_has_a_line_for_each_metric_of_a_variant_where_a_task_is_named(board):
    (lines,) = console.entry_details(board, "best")
    (table,) = board.tables
    titles = [metric.title for metric in board.task(table).metrics]
    text = printed(lines)
    assert lines.row_count == len(titles) > 1
    for title in titles:
        assert re.search(rf"{re.escape(title)} .*\d\.\d{{3}} \[\d\.\d{{3}},", text)
    assert len(re.findall(r"│ default +│.* 1 │ +\d+ s │", text)) == 1


def test_an_entry_has_a_row_for_each_variant_with_a_column_for_each_metric(board):
    (lines,) = console.entry_tables(board, "best")
    (table,) = board.tables
    (row,) = (row for row in table.rows if row.entry == "best")
    first, *others = board.task(table).metrics
    values = "".join(rf" +{row.scores[metric.id].value:.3f}" for metric in others)
    score = re.escape(formatting.score(row.scores[first.id]).replace(formatting.NBSP, " "))
    assert lines.row_count == 1
    assert re.search(rf"(?m)^  default +{score}{values} +\d+ s *$", printed(lines))
    assert "adds:" not in printed(lines)


def test_splits_of_a_corpus_are_rows_of_one_table(board):
    task, rows = of_splits(board, variants=["a"], splits=["new_day", "new_speaker_0p5_minutes"])
    text = printed(rows)
    assert text.startswith(f"{task.title}, toy  ")
    assert re.findall(r"(?m)^  (\w+) +\d\.\d{3} \[", text) == ["new_day", "new_speaker_0p5_minutes"]


def test_variants_on_several_splits_stand_under_the_name_of_the_split(board):
    _, rows = of_splits(board, variants=["a", "b"], splits=["one", "two"])
    found = re.findall(r"(?m)^  ( *\w+)(?: *$| +\d\.\d{3} \[)", printed(rows))
    assert found == ["one", "  a", "  b", "two", "  a", "  b"]


def test_rows_that_are_not_above_trivial_are_marked_and_the_mark_is_explained(board):
    _, rows = of_splits(board, variants=["a"], splits=["one", "two"], above_trivial=False)
    text = printed(rows)
    assert re.search(r"(?m)^  one † ", text)
    assert "†: not above the best trivial baseline." in text


@pytest.mark.parametrize("value", [1.234, -12.345])
def test_what_has_no_room_is_named_and_nothing_is_cut(board, value):
    names = [
        "Score",
        "SSIM inside the fan of the tongue",
        "Mel r per frame (legacy)",
        "Hausdorff distance of the tongue's edge",
        "F1",
        "R²",
    ]
    _, rows = of_splits(
        board,
        variants=["electrodes-of-the-lips-alone", "all"],
        splits=["new_speakers_subvocal", "across_sessions"],
        titles=names,
        value=value,
    )
    text = printed(rows)
    lines = text.splitlines()
    assert max(map(len, lines)) <= 80
    head = " ".join(lines[1 : next(i for i, line in enumerate(lines) if "──" in line)])
    shown = [name for name in names if all(word in head.split() for word in name.split())]
    assert "F1" in shown  # after a wider one that has no room
    left_out = [name for name in names if name not in shown]
    assert f"--task toy adds: {', '.join(left_out)}." in " ".join(text.split())
    assert text.count(f"{value:.3f}") == 4 * len(shown)
    assert "electrodes-of-the-lips-alone" in text


def of_splits(board, variants, splits, titles=(), value=None, **changed):
    """The table of an entry on splits of one corpus, and its task, of rows of the toy project."""
    (table,) = board.tables
    task = board.task(table)
    (row,) = (row for row in table.rows if row.entry == "best")
    score = row.scores[task.metrics[0].id]
    if titles:
        metrics = tuple(replace(task.metrics[0], id=f"{t}@1", title=t) for t in titles)
        task = replace(task, metrics=metrics)
        row = replace(row, scores={m.id: replace(score, value=value) for m in metrics})
    rows = tuple(replace(row, variant=variant, **changed) for variant in variants)
    tables = [replace(table, split=f"toy.{split}", rows=rows) for split in splits]
    return task, console.variants._summary(task, tables)


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
