"""What stands below tables of oracles, and where the same recordings are heard better."""

from dataclasses import replace

import pytest

import toy
from benchmark.core import Signal, Task
from benchmark.leaderboard.snapshot import Snapshot
from benchmark.leaderboard.tables import Row, Score, Table, TestSet
from benchmark.metrics.rmse import RMSE
from benchmark.metrics.speech.heard import CER_HEARD, WER_HEARD
from benchmark.registry.from_answers import oracles
from benchmark.report import oracle_notes, task_page
from benchmark.report.markdown.markdown_table import escaped
from benchmark.report.site import pages

WORDS, LETTERS = (replace(metric, fits=lambda _: True) for metric in (WER_HEARD, CER_HEARD))
METRICS = RMSE, WORDS
CORPUS = toy.corpus(signals={**toy.SIGNALS, "grammar_text": Signal("text", "uint32", free=True)})
NAMES = ("slow", "Moving", "y", ()), ("fast", "Hearing", "x", (LETTERS,))
TASKS = {
    name: Task(title, ("x",), target, ("toy.s",), (), (*METRICS, *more), citation="", version="1")
    for name, title, target, more in NAMES
}


def oracle(name, value, recordings=("a", "b")):
    one = ("s",) * len(recordings)
    scores = {
        metric.id: Score(value, value - 0.01, value + 0.01, len(recordings), {})
        for metric in (*METRICS, LETTERS)
    }
    test = TestSet(recordings, one, one, one)
    return Row(name, "default", scores, 1, None, None, None, "", False, None, test=test)


def by_metrics_of(task, row):
    return replace(row, scores={metric.id: row.scores[metric.id] for metric in task.metrics})


def board(slow, fast, split="toy.s"):
    tables = [
        Table(task, where, (), (), 2, 1, 1, "recording", 2, oracles=tuple(rows))
        for task, where, rows in (("slow", "toy.s", slow), ("fast", split, fast))
        for rows in [[by_metrics_of(TASKS[task], row) for row in rows]]
    ]
    return Snapshot(tables, TASKS, {"toy": CORPUS}, {})


def notes(read, place=0):
    return oracle_notes.notes(read, read.tables[place])


def test_a_table_says_what_is_heard_in_the_same_recordings_in_another_form():
    read = board([oracle("oracle_target", 0.2)], [oracle("oracle_target", 0.05, ("b", "a"))])
    (said,) = notes(read)
    assert said.replace("\N{NO-BREAK SPACE}", " ") == (
        "WER (heard) of the same 2 recordings as true x: 0.050 [0.040, 0.060] (oracle_target of"
        " Hearing); as true y: 0.200 [0.190, 0.210]"
    )
    assert notes(read, 1) == []  # worse elsewhere


@pytest.mark.parametrize(
    ("fast", "split"),
    [
        ([oracle("oracle_target", 0.3)], "toy.s"),
        ([oracle("oracle_target", 0.05, ("a", "c"))], "toy.s"),
        ([oracle("oracle_target", 0.05)], "toy.other"),
        ([oracle("oracle_gain", 0.05)], "toy.s"),
        ([], "toy.s"),
    ],
)
def test_nothing_is_said_of_other_recordings_or_where_no_more_is_heard(fast, split):
    assert notes(board([oracle("oracle_target", 0.2)], fast, split)) == []
    assert notes(board([], fast, split)) == []


def test_what_is_vocoded_twice_says_so_on_both_pages(tmp_path):
    read = board([oracle(oracles.RESYNTHESIS, 0.1)], [])
    assert notes(read) == [oracles.TWICE]
    assert f"- {escaped(oracles.TWICE)}" in task_page.pages(read)["slow"]
    pages.write(read, tmp_path)
    assert oracles.TWICE in (tmp_path / "slow.html").read_text("utf-8")
