"""Folds on disk: what a model sees, apart from the answers."""

import json
from dataclasses import replace

import numpy as np
import pytest

import toy
from benchmark import registry
from benchmark.core import UserError
from benchmark.data import folds, splits
from benchmark.worker import fold_reader


@pytest.fixture
def parts(tmp_path):
    """Everything that `prepare` takes, of the toy project."""
    place = toy.project(tmp_path, blind=toy.entry())
    task = registry.tasks(place.root)["toy"]
    split = splits.load(place.root / "tasks" / "splits" / "toy.all.json")
    return place, task, split


def make(parts, corpus):
    place, task, split = parts
    messages = []
    folds.prepare(place.runs, place.data, "toy", task, split, corpus, messages.append)
    data = folds.data_digest("toy", task, split, corpus)
    return folds.fold_folder(place.runs, data, "a"), messages


def test_a_prepared_fold_is_read_back(parts):
    folder, messages = make(parts, toy.corpus())
    assert messages == ["preparing toy on toy.all"]
    asked, roles = fold_reader.read_part(folder / "visible")
    assert (asked.task, asked.inputs, asked.target) == ("toy", ("x",), "y")
    assert asked.signals == {name: toy.SIGNALS[name] for name in ("x", "y")}
    assert {role: len(part) for role, part in roles.items()} == {"train": 16, "valid": 4}
    first = roles["train"][0]
    assert (first.speaker, first.session, first.text) == ("s0", "s0-0", "sentence 0")
    np.testing.assert_array_equal(first["x"], toy.recording(0, 0)["x"])
    _, answers = fold_reader.read_part(folder / "answers")
    assert [r.text for r in answers["test"]] == ["sentence 5"] * 4


def test_ids_and_file_names_that_a_model_sees_say_nothing(parts):
    folder, _ = make(parts, toy.corpus())
    _, roles = fold_reader.read_part(folder / "visible")
    shown = [recording.id for role in roles.values() for recording in role]
    real = [r.id for r in toy.recordings(parts[0].root) if r.text != "sentence 5"]
    assert sorted(shown) == [f"r{number:02}" for number in range(20)]
    assert {path.stem for path in (folder / "visible").glob("*/*.npy")} == {*shown}
    names = folds.names(folder)
    assert sorted(names.values()) == sorted(real)
    assert [names[name] for name in sorted(shown)] != sorted(real)  # nor does their order
    for recording in roles["train"]:
        np.testing.assert_array_equal(recording["x"], toy_recording(names[recording.id])["x"])


def toy_recording(name):
    return toy.recording(*map(int, name[1:].split("-")))


def test_an_existing_fold_is_not_prepared_again(parts):
    make(parts, toy.corpus())

    def refuse(_folder):
        raise AssertionError("read again")

    _, messages = make(parts, toy.corpus(recordings=refuse, verify=refuse))
    assert messages == []


def test_signals_are_read_once_for_all_folds(parts):
    reads = []

    def recordings(folder):
        return [
            type(r)(
                r.id, r.speaker, r.session, r.text, lambda s, r=r: reads.append((r.id, s)) or r[s]
            )
            for r in toy.recordings(folder)
        ]

    make(parts, toy.corpus(recordings=recordings))
    assert len(reads) == len(set(reads)) == 24 * 2


def test_a_model_sees_no_test_text_and_no_other_signal(parts):
    folder, _ = make(parts, toy.corpus())
    assert "sentence 5" not in (folder / "visible" / "index.json").read_text()
    assert {p.name for p in (folder / "visible").iterdir()} == {"index.json", "x", "y"}


def test_a_corpus_is_verified_before_anything_is_written(parts):
    corpus = toy.corpus(verify=lambda _folder: ["t1.flac: sha256 differs", "more"])
    with pytest.raises(UserError, match=r"does not match its checksums: t1\.flac: sha256 differs"):
        make(parts, corpus)
    assert not (parts[0].runs / "prepared").exists()


@pytest.mark.parametrize(
    ("signal", "value", "said"),
    [
        ("x", np.full((toy.FRAMES, 2), np.nan, np.float32), "s1-2, x: expected finite values"),
        ("x", np.zeros((toy.FRAMES, 2)), "s1-2, x: expected float32, found float64"),
        ("x", np.zeros((toy.FRAMES, 1), np.float32), r"s1-2, x: expected shape \(time, 2\)"),
        ("x", np.zeros((0, 2), np.float32), "s1-2, x: expected at least one value"),
        ("y", None, "s1-2, y: expected a numpy array, found nothing"),
        ("y", ValueError("broken"), "s1-2, y: expected an array, found ValueError: broken"),
        ("y", np.arange(99, dtype=np.float32)[:, None], "expected 5.000 s, .* found 9.900 s"),
    ],
)
def test_what_is_not_as_declared_reaches_no_model(parts, signal, value, said):
    def recordings(folder):
        return [spoilt(r) if r.id == "s1-2" else r for r in toy.recordings(folder)]

    def spoilt(recording):
        def read(name):
            if name == signal and isinstance(value, Exception):
                raise value
            return value if name == signal else recording[name]

        return replace(recording, read=read)

    with pytest.raises(UserError, match=said):
        make(parts, toy.corpus(recordings=recordings))
    assert list((parts[0].runs / "prepared").iterdir()) == []


def test_one_id_twice_is_named(parts):
    def recordings(folder):
        return [*toy.recordings(folder), toy.recording(0, 0)]

    with pytest.raises(UserError, match="toy: s0-0: expected an id of its own, found it twice"):
        make(parts, toy.corpus(recordings=recordings))


def test_an_unreadable_recording_leaves_no_partial_fold(parts):
    def recordings(folder):
        recordings = toy.recordings(folder)

        def fail(signal):
            raise UserError(f"s3-5.csv:7: expected a number in {signal}")

        last = recordings[-1]
        return [*recordings[:-1], type(last)(last.id, last.speaker, last.session, last.text, fail)]

    with pytest.raises(UserError, match=r"s3-5\.csv:7"):
        make(parts, toy.corpus(recordings=recordings))
    assert list((parts[0].runs / "prepared").iterdir()) == []
    folder, _ = make(parts, toy.corpus())
    assert json.loads((folder / "answers" / "index.json").read_text())["test"]
