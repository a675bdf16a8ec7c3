"""Splits of the release: what tests somewhere trains nowhere, twelve talkers in every table."""

import importlib
import re
from fnmatch import translate
from pathlib import Path

import pytest

from benchmark.core import Recording, Split, UserError
from benchmark.corpora.simulated import mixtures, plan, splits
from benchmark.corpora.simulated.patterns import patterns
from benchmark.corpora.simulated.texts.grammar import plain
from benchmark.data.splits import resolve

ROOT = Path(__file__).resolve().parents[3]
TASKS = ROOT / "tasks"


@pytest.fixture(scope="module")
def takes():
    return {take.id: take for take in plan.release().takes}


@pytest.fixture(scope="module")
def seconds():
    return plan.release().seconds()


@pytest.fixture(scope="module")
def made(takes, seconds):
    return splits.splits([*takes.values()], seconds)


def folds(made, *without):
    return [
        (name, rule, fold)
        for name, rule in made.items()
        if name not in without and "mixtures" not in name
        for fold in rule.folds.values()
    ]


def test_test_and_training_share_nothing_that_a_split_keeps_apart(made, takes):
    for name, rule, fold in folds(made):
        for group in rule.disjoint:
            key = {"text": "text", "speaker": "talker", "session": "session"}[group]
            test, seen = (
                {getattr(takes[id], key) for id in ids}
                for ids in (fold.test, (*fold.train, *fold.valid))
            )
            assert not test & seen, f"{name}: {group}"


def test_a_text_that_tests_somewhere_trains_nowhere_aloud_or_silently(made, takes):
    parts = [f for _, _, f in folds(made, "new_session", "new_talkers", "smoke_words")]
    test, seen = (
        {plain(takes[id].text) for fold in parts for id in ids(fold)}
        for ids in (lambda f: f.test, lambda f: (*f.train, *f.valid))
    )
    assert len(test) == 192
    assert not test & seen


def test_each_table_has_twelve_talkers(made, takes):
    for name, rule in made.items():
        tested = {
            takes[id.removesuffix("+*")].talker for fold in rule.folds.values() for id in fold.test
        }
        assert len(tested) == 12 or name.startswith("smoke")


def test_each_table_tests_a_recording_once(made):
    for rule in made.values():
        tested = [id for fold in rule.folds.values() for id in fold.test]
        assert len(tested) == len(set(tested))


def test_words_of_tests_occur_in_training(made, takes):
    fold = made["new_sentences"].folds["all"]
    test, train = (
        {word for id in ids for word in plain(takes[id].text).split()}
        for ids in (fold.test, fold.train)
    )
    assert len(test - train) <= 2


def test_a_silent_take_has_the_role_of_the_sentence_it_repeats(takes):
    role = splits.roles(takes.values())
    silent = [take for take in takes.values() if take.kind == "silent"]
    assert len(silent) == 360
    assert all(role[take.id] == role[take.of] for take in silent)


def test_the_three_ways_to_learn_silent_speech_test_the_same(made, takes):
    rules = {name: made[f"silent_{name}"].folds["all"] for name in
             ("from_voiced", "from_silent", "from_both")}  # fmt: skip
    assert len({fold.test for fold in rules.values()}) == 1
    kinds = {name: {takes[id].kind for id in fold.train} for name, fold in rules.items()}
    assert kinds == {
        "from_voiced": {"sentence"},
        "from_silent": {"silent"},
        "from_both": {"sentence", "silent"},
    }
    assert {takes[id].kind for id in rules["from_voiced"].test} == {"silent"}


def test_calibration_adds_so_many_minutes_of_each_new_talker(made, takes, seconds):
    nothing = made["new_talkers_sentences"]
    assert nothing.calibration.amount == 0
    for amount, name in ((0.5, "0p5"), (1.0, "1"), (2.0, "2")):
        rule = made[f"new_speaker_{name}_minutes"]
        assert rule.calibration.amount == amount
        assert rule.folds.keys() == nothing.folds.keys()
        for those, fold in rule.folds.items():
            for who in those.split("-"):
                own = [seconds[id] for id in fold.train if takes[id].talker == who]
                assert 60 * amount <= sum(own) < 60 * amount + max(own)
            new = {id for id in fold.train if takes[id].talker in those.split("-")}
            assert set(fold.train) - new == set(nothing.folds[those].train)
            assert fold.valid == nothing.folds[those].valid
            assert fold.test == nothing.folds[those].test


def test_mixtures_have_the_role_of_what_is_said_in_them(made, takes):
    of = {t.talker: [] for t in takes.values()}
    for take in takes.values():
        if take.kind == "sentence":
            of[take.talker].append(take.id)
    found = mixtures.recipes("seed", of, splits.roles(takes.values()))
    known = [Recording(r.id, r.clean[:3], "", takes[r.clean].text, None) for r in found]
    rule = made["new_mixtures"]
    split, _ = resolve(Split("s", "", rule.disjoint, rule.folds, ""), known)
    parts = split.folds["all"].roles()
    assert {part: len(ids) for part, ids in parts.items()} == {
        "train": 660, "valid": 120, "test": 432,
    }  # fmt: skip
    clean = {recipe.id: recipe.clean for recipe in found}
    for part, ids in parts.items():
        assert {clean[id] for id in ids} <= set(made["new_sentences"].folds["all"].roles()[part])


def test_what_lies_in_the_project_is_what_the_plan_gives(tmp_path, monkeypatch):
    (tmp_path / "lexicons").mkdir()
    monkeypatch.syspath_prepend(ROOT / "tools")
    tool = importlib.import_module("make_splits")
    monkeypatch.setattr(tool, "TASKS", tmp_path)
    (tmp_path / "splits").mkdir()
    tool.embedded()
    tool.lexicon()
    made = {p.relative_to(tmp_path): p.read_bytes() for p in tmp_path.rglob("*.json")}
    here = [*(TASKS / "splits").glob("embedded.*.json"), TASKS / "lexicons" / "simulated.json"]
    assert made == {path.relative_to(TASKS): path.read_bytes() for path in here}


def test_patterns_match_what_they_were_made_of_and_nothing_else(takes):
    for chosen in (
        [id for id in takes if id < "u07" and id.endswith(("1", "3", "4", "t"))],
        [id for id in takes if sum(map(ord, id)) % 3 == 0],
        ["a-1"],
        [],
    ):
        found = patterns(chosen)
        match = re.compile("|".join(map(translate, found)) or "(?!)").match
        assert [id for id in [*takes, "a-1", "a-12"] if match(id)] == chosen
    assert patterns(["a1", "a2", "a3", "b1", "b2", "b3", "c7"]) == ("[ab][1-3]", "c7")
    assert patterns(["u1+*", "u2+*"]) == ("u[12]+*",)


def test_a_calibration_that_no_talker_has_enough_for_is_refused(takes, seconds):
    with pytest.raises(UserError, match=r"minutes to learn from, expected 10"):
        splits.splits([*takes.values()], seconds, (10.0,))


def test_too_few_talkers_are_refused(takes, seconds):
    few = [take for take in takes.values() if take.talker < "u05"]
    with pytest.raises(UserError, match="expected 5 or more, found 4"):
        splits.splits(few, seconds)


def test_a_manifest_gives_the_same_splits_as_the_plan(made, takes, seconds):
    entries = [
        {
            "id": t.id, "talker": t.talker, "session": t.session, "kind": t.kind,
            "text": plain(t.text), "frames": [7, round(100 * seconds[t.id])],
            **({"of": t.of} if t.of else {}),
        }
        for t in takes.values()
    ]  # fmt: skip
    again = splits.splits(*splits.listed(entries))
    assert {name: rule.folds for name, rule in again.items()} == {
        name: rule.folds for name, rule in made.items()
    }
