"""Splits by amount of calibration: the same tests, more and more of the new speaker in training."""

from itertools import pairwise

import pytest

from benchmark.core import Calibration, Recording, UserError
from benchmark.corpora.calibration import calibrated
from benchmark.data import splits


def recordings(speakers=4, takes=7, spans=True):
    return [
        Recording(
            f"{s}-{word}-{take}",
            f"s{s}",
            "1",
            word,
            lambda _name: None,
            (20.0 * (take * 2 + n), 20.0 * (take * 2 + n) + 15) if spans else None,
        )
        for s in range(speakers)
        for take in range(takes)
        for n, word in enumerate(("yes", "no"))
    ]


@pytest.mark.parametrize(
    ("unit", "amounts", "moved"),
    [("repetitions", (0, 1, 2, 5), [0, 2, 4, 10]), ("minutes", (0, 0.5, 2), [0, 2, 8])],
)
def test_all_amounts_test_the_same_recordings(tmp_path, unit, amounts, moved):
    here = recordings()
    rules = calibrated("speaker", amounts, unit)
    tests, own = [], []
    for name, rule in rules.items():
        path = tmp_path / f"toy.{name}.json"
        made = rule.folds(here)
        splits.write(path, rule.about, rule.disjoint, made, rule.guard, rule.calibration)
        split = splits.load(path)
        splits.check(split, {r.id: r for r in here})
        assert split.calibration == rule.calibration
        fold = split.folds["s2"]
        assert {i[0] for i in fold.valid} == {"1"}
        assert {i[0] for i in fold.train} - {"2"} == {"0", "3"}
        tests.append(fold.test)
        own.append([i for i in fold.train if i[0] == "2"])
    assert len(set(tests)) == 1
    assert [len(ids) for ids in own] == moved
    assert all(set(few) <= set(more) for few, more in pairwise(own))
    assert not set(own[-1]) & set(tests[0])
    assert [rule.disjoint for rule in rules.values()] == [("speaker",), *[()] * (len(rules) - 1)]
    assert rules[f"new_speaker_2_{unit}"].calibration == Calibration("speaker", 2, unit)


def test_what_cannot_be_calibrated_is_said():
    (rule,) = calibrated("speaker", (7,)).values()
    with pytest.raises(UserError, match="s0 has no more than 7 repetitions: nothing is left"):
        rule.folds(recordings())
    (rule,) = calibrated("session", (1,)).values()
    with pytest.raises(UserError, match="a new session needs 3 of them, found 1"):
        rule.folds(recordings())
    (rule,) = calibrated("speaker", (1,), "minutes").values()
    with pytest.raises(UserError, match="0-yes-0 does not say when it was made"):
        rule.folds(recordings(spans=False))
    with pytest.raises(UserError, match="expected numbers of repetitions"):
        calibrated("speaker", (0.5,))


def test_a_split_file_without_calibration_stays_as_it_is(tmp_path):
    (rule,) = calibrated("speaker", (0,)).values()
    path = tmp_path / "toy.a.json"
    splits.write(path, "about", [], rule.folds(recordings()))
    assert "calibration" not in path.read_text("utf-8")
    assert splits.load(path).calibration is None
