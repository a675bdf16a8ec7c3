from dataclasses import replace
from functools import partial

import numpy as np
import pytest

import toy
from benchmark import registry
from benchmark.core import Recording, Signal, UserError
from benchmark.execution import chance, plan
from benchmark.leaderboard import build, gate
from benchmark.leaderboard.tables import is_trivial
from benchmark.registry import header


def recordings(arrays):
    return [
        Recording(f"r{n}", "s", "s", "", partial(lambda a, _: a, a)) for n, a in enumerate(arrays)
    ]


def test_a_signal_is_turned_round_by_half():
    answer = np.arange(10).reshape(5, 2)
    signal = Signal("mm", "float32", rate=100.0, frame=(2,))
    made = chance.displaced(recordings([answer]), "y", signal)
    np.testing.assert_array_equal(made["r0"], answer[[3, 4, 0, 1, 2]])


@pytest.mark.parametrize(
    "signal",
    [Signal("class", "int64", labels=("a", "b")), Signal("", "uint32", rate=1.0, free=True)],
)
def test_what_has_no_time_is_dealt_out_again(signal):
    test = recordings(np.arange(40))
    made = chance.displaced(test, "y", signal)
    assert sorted(map(int, made.values())) == list(range(40))
    assert sum(int(made[f"r{n}"]) == n for n in range(40)) < 5
    assert made == chance.displaced(test, "y", signal)
    others = [replace(r, id=f"x{r.id}") for r in test]
    assert list(chance.displaced(others, "y", signal).values()) != list(made.values())


def test_chance_is_a_floor_of_its_table_and_scored_once(tmp_path):
    place = toy.project(tmp_path, model=toy.entry())
    chosen = plan.plan(place, plan.RunSelection(), {"toy": toy.corpus()})
    told = []
    assert chance.renew(place, chosen, tell=told.append)
    assert [line for line in told if "level of chance" in line] == [
        "scoring the level of chance of toy on toy.all"
    ]
    fit, refused = gate.admit_beside(toy.known(place), "chance")
    assert not refused
    admitted = gate.Admitted(tuple(fit), (), toy.known(place).expected)
    (table,) = build.tables(admitted, registry.tasks(place.root))
    (row,) = table.rows
    assert (row.entry, row.isolation) == ("chance", "from the answers")
    assert is_trivial(registry.tasks(place.root)["toy"], row)
    assert abs(row.scores["pearson.per_recording@1"].value) < 0.3
    assert not chance.renew(place, chosen)


def test_no_entry_may_be_called_chance(tmp_path):
    with pytest.raises(UserError, match="has a row called chance"):
        header.check_name(tmp_path / "chance.py", "chance")
