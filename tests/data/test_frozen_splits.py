"""The split of a user's corpus is a rule until it is used, and a list from then on."""

import json
from dataclasses import replace

import pytest

import toy
from benchmark import registry
from benchmark.core import Paths, UserError
from benchmark.corpora.own import leave_one_out, listed
from benchmark.data import installed_split
from benchmark.registry import own_corpora

SPLIT = "toy.new"


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A project with the toy corpus as that of a user, whose recordings are files."""
    place = toy.project(tmp_path)
    files = place.data / "files"
    files.mkdir()
    for recording in toy.recordings(place.data):
        (files / recording.id).write_text(recording.id)

    def there(_folder):
        return [r for r in toy.recordings(place.data) if (files / r.id).exists()]

    made = toy.corpus(
        recordings=there,
        files=lambda _folder: list(files.iterdir()),
        own=tmp_path / "own" / "toy.py",
        splits={"new": leave_one_out("speaker")},
    )
    monkeypatch.setattr(own_corpora, "find", lambda name: made if name == "toy" else None)
    installed_split._listed.cache_clear()
    yield place, made
    installed_split._listed.cache_clear()


def load(place, made):
    installed_split._listed.cache_clear()
    return installed_split.load_here(Paths(place.root, place.data, place.runs), SPLIT, made)


def test_a_class_that_is_tested_must_be_trained(place):
    place, made = place
    tests = [r.id for r in toy.recordings(place.data) if int(r["word"])]
    rule = listed("words apart", {"all": {"test": tests, "valid": []}})
    with pytest.raises(UserError, match="of each class that is tested, found none of 'yes'"):
        load(place, replace(made, splits={"new": rule}))
    assert not (made.own.parent / "splits").exists()


def test_the_first_use_writes_folds_and_checksums_and_says_so(place):
    place, made = place
    split, held, notes = load(place, made)
    path = made.own.parent / "splits" / f"{SPLIT}.json"
    assert registry.split_file(place.root, SPLIT) == path
    assert len(split.folds) == 4
    assert split.disjoint == ("speaker",)
    assert "checksums of 24 files stored in" in notes[0]
    assert notes[1] == f"{SPLIT}: 4 folds over 24 recordings frozen in {path}"
    assert held.digest() != made.digest()
    again, _, silent = load(place, made)
    assert again == split
    assert silent == []


def test_what_was_frozen_counts_and_what_changed_is_said(place):
    place, made = place
    frozen, _, _ = load(place, made)
    changed = replace(made, splits={"new": listed("x", {"a": {"test": ["s1-*"]}})})
    split, _, (note,) = load(place, changed)
    assert split == frozen
    assert "its rule changed; to freeze it again: silentbench data split toy --anew" in note
    path = made.own.parent / "splits" / f"{SPLIT}.json"
    fewer = json.loads(path.read_text())
    for roles in fewer["folds"].values():
        for ids in roles.values():
            if "s1-2" in ids:
                ids.remove("s1-2")
    path.write_text(json.dumps(fewer))
    _, _, (note,) = load(place, made)
    assert "1 recordings are not in it, such as s1-2" in note


def test_a_file_that_changed_is_named_though_its_folds_are_there(place):
    place, made = place
    load(place, made)
    path = place.data / "files" / "s1-2"
    path.write_text("s1-3")  # of the same length
    with pytest.raises(UserError, match=r"files/s1-2: expected sha256 .*overwrite-checksums"):
        load(place, made)
    path.write_text("s1-2")
    load(place, made)
    (place.data / "files" / "new").touch()
    with pytest.raises(UserError, match="files/new: expected no file of this name"):
        load(place, made)


def test_a_recording_that_is_gone_is_named_with_what_to_do(place):
    place, made = place
    load(place, made)
    (place.data / "files" / "s1-2").unlink()
    (place.data / "toy.sums.json").unlink()  # accepted
    with pytest.raises(UserError, match="frozen with the recording s1-2, which is not here"):
        load(place, made)


def test_a_rule_that_breaks_its_promise_is_not_frozen(place):
    place, made = place
    both = listed("x", {"a": {"test": ["s1-1"]}}, disjoint=("speaker",))
    with pytest.raises(UserError, match="share the speaker"):
        load(place, replace(made, splits={"new": both}))
    nobody = listed("x", {"a": {"test": ["s9-1"]}})
    with pytest.raises(UserError, match=rf"{SPLIT}: fold a: no recording has an id like 's9-1'"):
        load(place, replace(made, splits={"new": nobody}))
    none = replace(both, folds=lambda _recordings: {})
    with pytest.raises(UserError, match="expected folds from its rule"):
        load(place, replace(made, splits={"new": none}))
    assert not (made.own.parent / "splits").exists()
