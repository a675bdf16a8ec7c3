"""Who is compared across tasks."""

from benchmark.core import Task
from benchmark.leaderboard import across_tasks
from benchmark.leaderboard.tables import Row, Score, Table
from benchmark.metrics.pearson import PER_RECORDING

NAMES = tuple("tuvwxyz")
TASKS = {
    name: Task(
        *(name, ("x",), "y", ("one.a", "two.a"), (), (PER_RECORDING,), ("blind",)),
        citation="",
        version="1",
    )
    for name in NAMES
}
THREE = {"a": 0.9, "b": 0.5, "c": 0.1}


def row(entry, value, variant="default"):
    none = None, None, None
    score = Score(value, None, None, 8, {})
    return Row(entry, variant, {PER_RECORDING.id: score}, 1, *none, "bubblewrap", False, None)


def table(task, rows, corpus="one"):
    return Table(task, f"{corpus}.a", tuple(rows), (), 8, 8, 1, "speaker", 8)


def compared(tasks_of, defaults=None, more=()):
    """By entry its score, on as many tasks as `tasks_of` says, from the first on."""
    tables = [
        table(name, [row(e, v) for e, (v, most) in tasks_of.items() if number < most])
        for number, name in enumerate(NAMES)
    ]
    return across_tasks.compare([*tables, *more], TASKS, defaults or {})


def on(tasks, **scores):
    return {entry: (value, tasks) for entry, value in scores.items()}


def test_three_systems_must_share_five_tasks():
    assert compared(on(4, **THREE)) is None
    found = compared(on(5, **THREE))
    assert list(found.average_ranks) == ["a", "b", "c"]
    assert len(found.blocks) == 5


def test_several_corpora_of_a_task_are_no_further_tasks():
    more = [table(name, [row(*pair) for pair in THREE.items()], "two") for name in NAMES[:4]]
    assert compared(on(4, **THREE), more=more) is None
    assert len(compared(on(5, **THREE), more=more).blocks) == 9


def test_trivial_baselines_are_shown_and_make_no_ranking():
    two = {"a": 0.9, "b": 0.5}
    assert compared(on(7, **two, blind=0.1, chance=0.0)) is None
    found = compared(on(7, **THREE, blind=0.2) | on(6, chance=0.0))
    assert list(found.average_ranks) == ["a", "b", "blind", "c"]
    assert found.not_compared == {"chance": 6}


def test_who_shares_too_few_tasks_is_named_and_narrows_nothing():
    found = compared(on(7, **THREE) | on(4, few=0.7))
    assert len(found.blocks) == 7
    assert found.not_compared == {"few": 4}


def test_those_with_more_blocks_decide_what_is_shared():
    """Another system has five tasks as well, but only three of the blocks that the others have."""
    other = [table(name, [row("odd", 0.99)], "two") for name in NAMES[5:]]
    found = compared(on(6, **THREE) | on(3, odd=0.99), more=other)
    assert list(found.average_ranks) == ["a", "b", "c"]
    assert found.not_compared == {"odd": 5}


def test_an_entry_is_compared_by_its_first_variant():
    rows = [row(*pair) for pair in THREE.items()]
    rows += [row("v", 0.7, "first"), row("v", 0.99, "later")]
    tables = [table(name, rows) for name in NAMES]
    found = across_tasks.compare(tables, TASKS, {"v": "first"})
    assert list(found.average_ranks) == ["a", "v", "b", "c"]
