"""Who is compared across tasks."""

from benchmark.core import Task
from benchmark.leaderboard import across_tasks
from benchmark.leaderboard.tables import Row, Score, Table
from benchmark.metrics.pearson import PER_RECORDING

CORPORA = ("one", "two", "three", "four")
TASK = Task(
    "t",
    ("x",),
    "y",
    tuple(f"{c}.a" for c in CORPORA),
    (),
    (PER_RECORDING,),
    (),
    citation="",
    version="1",
)


def row(entry, value, variant="default"):
    none = None, None, None
    score = Score(value, None, None, 8, {})
    return Row(entry, variant, {PER_RECORDING.id: score}, 1, *none, "bubblewrap", False, None)


def compared(rows_of, defaults=None):
    tables = [Table("t", f"{c}.a", tuple(rows_of(c)), (), 8, 8, 1, "speaker", 8) for c in CORPORA]
    return across_tasks.compare(tables, {"t": TASK}, defaults or {})


def test_half_of_the_blocks_is_not_enough_and_three_quarters_are():
    def rows(corpus):
        yield from (row(name, value) for name, value in (("a", 0.9), ("b", 0.5), ("c", 0.1)))
        if corpus in ("one", "two"):
            yield row("half", 0.7)
        if corpus != "four":
            yield row("most", 0.3)

    found = compared(rows)
    assert list(found.average_ranks) == ["a", "b", "most", "c"]
    assert found.not_compared == {"half": 2}
    assert len(found.blocks) == 3


def test_an_entry_is_compared_by_its_first_variant():
    def rows(_):
        yield from (row(name, value) for name, value in (("a", 0.9), ("b", 0.5), ("c", 0.1)))
        yield row("v", 0.7, "first")
        yield row("v", 0.99, "later")

    assert list(compared(rows, {"v": "first"}).average_ranks) == ["a", "v", "b", "c"]
