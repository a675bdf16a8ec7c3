"""Split files: roles are disjoint, promises are checked, patterns become ids."""

import json

import pytest

import toy
from benchmark.core import Fold, UserError
from benchmark.data import splits

RECORDINGS = {r.id: r for r in toy.recordings(__import__("pathlib").Path(__file__).parent)}


def write(path, disjoint=("text",), **folds):
    splits.write(path, "about", disjoint, folds)
    return splits.load(path)


def test_a_written_split_is_read_back(tmp_path):
    fold = Fold(("s0-0", "s0-1"), ("s0-2",), ("s0-3",))
    split = write(tmp_path / "toy.all.json", one=fold)
    assert (split.name, split.corpus, split.disjoint) == ("toy.all", "toy", ("text",))
    assert split.folds == {"one": fold}


def test_a_changed_byte_changes_the_digest(tmp_path):
    path = tmp_path / "toy.all.json"
    before = write(path, one=Fold(("s0-0",), (), ("s0-3",))).digest
    path.write_text(path.read_text().replace("s0-0", "s1-0"))
    assert splits.load(path).digest != before


@pytest.mark.parametrize(
    ("train", "valid", "test", "message"),
    [
        (("a",), (), ("a",), "a is in train and in test"),
        (("a",), ("b",), ("b",), "b is in valid and in test"),
        (("a", "a"), (), ("b",), "train names a recording twice"),
        ((), (), ("b",), "needs recordings"),
        (("a",), (), (), "needs recordings"),
    ],
)
def test_roles_never_overlap(train, valid, test, message):
    with pytest.raises(UserError, match=message):
        Fold(train, valid, test)


def test_an_unknown_recording_is_named(tmp_path):
    split = write(tmp_path / "toy.all.json", one=Fold(("s0-0",), (), ("s9-9",)))
    with pytest.raises(UserError, match=r"toy\.all, fold one: test names s9-9"):
        splits.check(split, RECORDINGS)


@pytest.mark.parametrize(
    ("group", "train", "test"),
    [
        ("text", "s0-1", "s1-1"),
        ("session", "s0-1", "s0-3"),
        ("speaker", "s0-1", "s0-2"),
    ],
)
def test_a_broken_promise_names_both_recordings(tmp_path, group, train, test):
    shared = write(tmp_path / "toy.all.json", [group], one=Fold(("s2-0", train), (), (test,)))
    with pytest.raises(UserError, match=f"{test} and {train} share the {group}"):
        splits.check(shared, RECORDINGS)
    validated = write(tmp_path / "toy.all.json", [group], one=Fold(("s2-0",), (train,), (test,)))
    with pytest.raises(UserError, match="share"):
        splits.check(validated, RECORDINGS)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "not a split file"),
        ("[]", "not a split file"),
        (json.dumps({"about": "", "disjoint": ["mood"], "folds": {}}), "disjoint names mood"),
        (json.dumps({"about": "", "disjoint": [], "folds": {}}), "has no folds"),
    ],
)
def test_an_invalid_file_gets_a_message(tmp_path, content, message):
    path = tmp_path / "toy.bad.json"
    path.write_text(content)
    with pytest.raises(UserError, match=message):
        splits.load(path)


def test_leaving_one_out_covers_every_recording_once():
    folds = splits.leave_one_out(list(RECORDINGS.values()), "speaker")
    tested = [i for fold in folds.values() for i in fold.test]
    assert sorted(tested) == sorted(RECORDINGS)
    for name, fold in folds.items():
        assert {i.split("-")[0] for i in fold.test} == {name}
        assert len({i.split("-")[0] for i in fold.valid}) == 1
    with pytest.raises(UserError, match="needs 3"):
        splits.leave_one_out([RECORDINGS["s0-0"]], "speaker")


def test_contiguous_keeps_order_and_guards_the_seams():
    ids = [f"r{n:02}" for n in range(20)]
    fold = splits.contiguous(ids, valid=0.2, test=0.2, guard=1)
    assert fold.train == tuple(ids[:11])
    assert fold.valid == tuple(ids[12:15])
    assert fold.test == tuple(ids[16:])


def chosen(tmp_path, disjoint=("text",), **roles):
    patterns = {"train": ("*",), "valid": (), "test": ("s0-*",), **roles}
    fold = Fold(**patterns)
    split, _ = splits.resolve(
        write(tmp_path / "toy.all.json", disjoint, one=fold), list(RECORDINGS.values())
    )
    return split.folds["one"]


def test_patterns_match_for_test_first(tmp_path):
    fold = chosen(tmp_path, (), valid=("s1-*",))
    assert fold.test == tuple(i for i in RECORDINGS if i.startswith("s0-"))
    assert fold.valid == tuple(i for i in RECORDINGS if i.startswith("s1-"))
    assert set(fold.train) == RECORDINGS.keys() - {*fold.test, *fold.valid}


def test_a_pattern_with_an_exclamation_mark_excludes(tmp_path):
    fold = chosen(tmp_path, (), train=("s[12]-*", "!*-[3-5]"))
    assert fold.train == ("s1-0", "s1-1", "s1-2", "s2-0", "s2-1", "s2-2")


def test_recordings_matched_by_pattern_yield_to_test(tmp_path):
    fold = chosen(tmp_path, test=("*-5",), valid=("s3-*",))
    assert fold.test == ("s0-5", "s1-5", "s2-5", "s3-5")
    assert not [i for i in (*fold.train, *fold.valid) if i.endswith("-5")]
    assert chosen(tmp_path, test=("s0-5",)).train == tuple(
        i for i in RECORDINGS if not i.endswith("-5")
    )


def test_recordings_listed_by_id_do_not_yield(tmp_path):
    fold = Fold(("s1-5",), (), ("s0-5",))
    split, _ = splits.resolve(write(tmp_path / "toy.all.json", one=fold), list(RECORDINGS.values()))
    with pytest.raises(UserError, match="share the text"):
        splits.check(split, RECORDINGS)


def test_a_fold_without_test_recordings_is_left_out_with_a_note(tmp_path):
    here = Fold(("s1-*",), (), ("s0-*",))
    absent = Fold(("s1-*",), (), ("s9-*",))
    path = tmp_path / "toy.all.json"
    split, notes = splits.resolve(
        write(path, (), here=here, absent=absent), list(RECORDINGS.values())
    )
    assert list(split.folds) == ["here"]
    assert notes == ["toy.all: fold absent is left out: none of its test recordings are here"]
    with pytest.raises(UserError, match="none of its test recordings are among the 24 here"):
        splits.resolve(write(path, (), absent=absent), list(RECORDINGS.values()))


def test_a_pattern_without_training_recordings_is_an_error(tmp_path):
    with pytest.raises(UserError, match=r"toy\.all, fold one: a fold needs recordings"):
        chosen(tmp_path, train=("s9-*",))
