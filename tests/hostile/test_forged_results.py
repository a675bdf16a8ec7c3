"""Whatever lies beside an entry: no other row changes by a byte, no verb fails, and it is named."""

import pytest

from benchmark import registry
from benchmark.core import UserError
from benchmark.execution import reproduce
from benchmark.execution.estimates import Estimates
from benchmark.leaderboard import rank_changes, snapshot
from benchmark.report import console, export, leaderboard_page, refused_page, task_page
from benchmark.results.published import from_job, to_job
from hostile import board as boards
from hostile import forged_columns, forged_lines
from hostile.board import ATTACKER

ATTACKS = {**forged_lines.ATTACKS, **forged_columns.ATTACKS}


@pytest.fixture(scope="module", autouse=True)
def only_the_toy_corpus():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "corpora", lambda: {"toy": boards.CORPUS})
        yield


@pytest.fixture(scope="module")
def without(tmp_path_factory):
    """A board on which the attacker has no result, and what of it must stay."""
    board = boards.build(tmp_path_factory.mktemp("without") / "project")
    return board, rest(board)


@pytest.fixture(scope="module")
def honest(without, tmp_path_factory):
    """The same with honest results of the attacker."""
    board = without[0].copy(tmp_path_factory.mktemp("with") / "project")
    board.publish(ATTACKER, board.honest())
    return board, rest(board, ours=True)


@pytest.fixture(scope="module")
def again(without):
    """What `verify` finds, by entry and slot."""
    results = [r for entry in boards.NOISE for r in without[0].honest(entry)]
    return {(r.entry, *r.slot): to_job(from_job(r)) for r in results}


def rest(board, ours=False):
    """Every line of every page and every exported row, without what is the attacker's own."""
    return shown(snapshot.read(board.root), ours)


def shown(read, ours):
    pages = [leaderboard_page.page(read), *task_page.pages(read).values()]
    lines = [line for page in pages for line in page.splitlines() if "without a row" not in line]
    exported = export.results(read)
    rows = [row for table in exported.tables for row in table.rows]
    if not ours:
        assert not any(row.entry == ATTACKER for row in rows)
        lines = [line for line in lines if ATTACKER not in line]
    lines = [line for line in lines if line and not line.startswith("- not listed")]
    return lines, [row.model_dump_json() for row in rows]


def verbs(board, read, again):
    """What the commands do with all published results; what they say."""
    said = [*refused_page.lines(read.refused), refused_page.page(read.refused)]
    export.lines(export.results(read))
    entries = registry.entries(board.root).found
    Estimates(entries.values())
    rank_changes.ranks(snapshot.results(board.root), read.tasks)
    console.entry_tables(read, ATTACKER)
    try:
        claims = reproduce.claimed(entries[ATTACKER])
        pairs = [reproduce.Pair(c, again.get((c.entry, *c.slot)), "") for c in claims]
        list(reproduce.judge(read.tasks, pairs))
    except UserError as error:
        said.append(str(error))
    return said


@pytest.mark.parametrize("name", ATTACKS)
def test_a_forged_result_changes_no_other_row_and_is_named(name, without, honest, again, tmp_path):
    attack = ATTACKS[name]
    origin, expected = honest if attack.honest else without
    board = origin.copy(tmp_path / "project")
    attack.forge(board)
    read = snapshot.read(board.root)
    assert shown(read, ours=attack.honest) == expected
    said = verbs(board, read, again)
    if attack.reason:
        named = [line for line in said if f"{ATTACKER}." in line and attack.reason in line]
        assert named, said
    assert all(c.isprintable() or c == "\n" for text in said for c in text)
