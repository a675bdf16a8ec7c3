from dataclasses import replace
from functools import partial
from itertools import zip_longest

import numpy as np
import pytest

import toy
from benchmark import registry
from benchmark.core import Recording, Signal, Task, UserError
from benchmark.execution import chance, plan
from benchmark.leaderboard import build, gate
from benchmark.leaderboard.tables import is_trivial
from benchmark.metrics import text
from benchmark.metrics.speech import mcd, pesq, sisdr
from benchmark.registry import header
from benchmark.registry.from_answers import chance as registry_chance


def recordings(arrays, texts=(), speakers=()):
    return [
        Recording(f"r{n}", speaker, "s", text, partial(lambda a, _: a, a))
        for n, (a, text, speaker) in enumerate(zip_longest(arrays, texts, speakers, fillvalue=""))
    ]


def asked(*metrics):
    return Task("t", ("x",), "y", (), (), metrics, citation="", version="1")


TURNED = asked(sisdr.SI_SDR)
ALIGNED = asked(pesq.PESQ_WB, sisdr.SI_SDR)
SOUND = Signal("", "float32", rate=16_000.0)


def test_a_signal_is_turned_round_by_half():
    answer = np.arange(10).reshape(5, 2)
    signal = Signal("mm", "float32", rate=100.0, frame=(2,))
    made = chance.displaced(recordings([answer]), TURNED, signal)
    np.testing.assert_array_equal(made["r0"], answer[[3, 4, 0, 1, 2]])


@pytest.mark.parametrize(
    "signal",
    [Signal("class", "int64", labels=("a", "b")), Signal("", "uint32", rate=1.0, free=True)],
)
def test_what_has_no_time_is_dealt_out_again(signal):
    test = recordings(np.arange(40))
    made = chance.displaced(test, TURNED, signal)
    assert sorted(map(int, made.values())) == list(range(40))
    assert sum(int(made[f"r{n}"]) == n for n in range(40)) < 5
    assert made == chance.displaced(test, TURNED, signal)
    others = [replace(r, id=f"x{r.id}") for r in test]
    assert list(chance.displaced(others, TURNED, signal).values()) != list(made.values())


@pytest.mark.parametrize("metric", [pesq.PESQ_WB, pesq.PESQ_NB, mcd.MCD_DTW, text.WER, text.CER])
def test_where_a_metric_aligns_the_answer_is_that_of_another_text_and_the_same_speaker(metric):
    texts = ["one", "two", "one", "two", "three", "four", "five", "five"]
    speakers = ["a", "a", "a", "a", "b", "b", "b", "b"]
    arrays = [np.full(10 + n % 3, n) for n in range(8)]
    test = recordings(arrays, texts, speakers)
    made = chance.displaced(test, asked(sisdr.SI_SDR, metric), SOUND)
    givers = [int(made[f"r{n}"][0]) for n in range(8)]
    assert sorted(givers) == list(range(8))
    assert [speakers[g] for g in givers] == speakers
    assert not any(texts[g] == t for g, t in zip(givers, texts, strict=True))
    assert [len(made[r.id]) for r in test] == [len(a) for a in arrays]
    again = chance.displaced(test[::-1], asked(sisdr.SI_SDR, metric), SOUND)
    assert all(np.array_equal(made[i], again[i]) for i in made)


def test_another_speaker_answers_where_one_has_too_few_texts():
    texts, speakers = ["one", "one", "two", "three"], ["a", "a", "b", "b"]
    test = recordings([np.full(5, n) for n in range(4)], texts, speakers)
    made = chance.displaced(test, ALIGNED, SOUND)
    givers = [int(made[f"r{n}"][0]) for n in range(4)]
    assert sorted(givers) == list(range(4))
    assert not any(texts[g] == t for g, t in zip(givers, texts, strict=True))


def test_recordings_of_which_nobody_knows_the_text_are_others():
    test = recordings([np.full(5, n) for n in range(3)])
    made = chance.displaced(test, ALIGNED, SOUND)
    assert all(made[f"r{n}"][0] != n for n in range(3))
    with pytest.raises(UserError, match="needs two test recordings"):
        chance.displaced(test[:1], ALIGNED, SOUND)


def test_an_answer_is_cut_or_begun_again_and_a_text_stays_whole():
    test = recordings([np.arange(5), np.arange(3)])
    made = chance.displaced(test, ALIGNED, SOUND)
    assert [made[i].tolist() for i in ("r0", "r1")] == [[0, 1, 2, 0, 1], [0, 1, 2]]
    made = chance.displaced(test, asked(text.WER), Signal("", "uint32", free=True))
    assert [len(made[i]) for i in ("r0", "r1")] == [3, 5]


def test_results_of_the_other_way_are_not_todays():
    assert registry_chance.code(ALIGNED.metrics) != registry_chance.code(
        tuple(replace(m, aligns=False) for m in ALIGNED.metrics)
    )


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
