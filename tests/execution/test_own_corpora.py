"""Results on a corpus of the user stay in the working folder, have a board there, and go out if
they are asked for."""

from dataclasses import replace
from pathlib import Path

import pytest

import toy
from benchmark import registry
from benchmark.execution import chance, executors, plan, runner
from benchmark.leaderboard import gate, snapshot
from benchmark.registry import own_corpora


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A project with the toy corpus as that of a user, whose index is in no folder of it."""
    place = toy.project(
        tmp_path, good=toy.entry(predict=toy.SUM), blind=toy.entry(predict=toy.BLIND)
    )
    (place.root / "tasks" / "recordings" / "toy.json").unlink()
    own = toy.corpus(own=Path("toy.py"))
    monkeypatch.setattr(registry, "corpora", lambda: {"toy": own})
    monkeypatch.setattr(own_corpora, "find", lambda _name: None)
    return place


def made(place):
    chosen = plan.plan(place, plan.RunSelection(), registry.corpora())
    runner.run(place, chosen, executors.serial_executor(), toy.CONFIG)
    assert not chance.renew(place, chosen)
    return chosen


def test_results_stay_in_the_working_folder_and_have_a_board_there(place):
    chosen = made(place)
    assert not runner.publish(place, chosen)
    assert not [*(place.root / "baselines").glob("*.json")]
    assert not [*(place.root / "tasks" / "recordings").iterdir()]
    assert not snapshot.read(place.root).tables
    (table,) = snapshot.read_own(place).tables
    assert {row.entry for row in table.rows} == {"good", "blind", "chance"}
    assert (table.recordings, table.speakers, table.folds) == (8, 4, 2)
    assert table.rows[0].entry == "good"
    assert table.left_out == ()
    # What was made by other code than today's has no row.
    path = place.root / "baselines" / "blind.py"
    path.write_text(path.read_text() + "# changed\n")
    board = snapshot.read_own(place)
    assert {row.entry for row in board.tables[0].rows} == {"good", "chance"}
    assert {(each.entry, each.reason) for each in board.refused} == {("blind", gate.OTHER_CODE)}


def test_looking_at_the_board_freezes_no_split(place):
    made(place)
    file = registry.split_file(place.root, "toy.all")
    kept = file.read_bytes()
    file.unlink()  # as of a rule that nobody has used
    assert snapshot.read_own(place).tables == []
    assert not file.exists()
    file.write_bytes(kept)
    assert snapshot.read_own(place).tables


def test_results_go_out_where_it_is_asked_for(place):
    chosen = made(place)
    others = plan.to_publish(chosen, ["another"])
    assert not runner.publish(place, others)
    asked = plan.to_publish(chosen, ["toy"])
    assert chance.renew(place, asked)
    assert {path.stem for path in runner.publish(place, asked)} >= {"good", "blind", "toy"}
    (table,) = snapshot.read(place.root).tables
    assert {row.entry for row in table.rows} == {"good", "blind", "chance"}


def test_a_corpus_without_a_level_of_chance_stops_no_other(place):
    told = []
    chosen = plan.plan(place, plan.RunSelection(), registry.corpora())
    [(key, (task, split, own))] = chosen.sources.items()
    bad = replace(own, verify=lambda _folder: ["a.csv: its checksum differs"])
    broken = replace(chosen, sources={key: (task, split, bad)})
    assert not chance.renew(place, broken, tell=told.append)
    assert "no level of chance of toy on toy.all: " in told[-1]
    assert "a.csv: its checksum differs" in told[-1]
