"""SilentWear: tables as pandas writes them, words by their labels, and what is refused."""

import re
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from benchmark.core import UserError
from benchmark.corpora import silentwear as corpus
from benchmark.corpora.silentwear import files, fixture

PLACE = "data_raw_and_filt/S02/silent/sess_1_batch_3.h5"


def blocks(rows: int = 60, session: int = 1, batch: int = 3) -> list[tuple[tuple[str, ...], Any]]:
    """Up in samples 10 to 29, stop from 40 on; channel k is k + t / 100."""
    emg = np.arange(14) + np.arange(rows)[:, None] / 100
    labels = np.zeros(rows)
    labels[10:30], labels[40:50] = 1, 8
    return [
        (tuple(f"{name}_filt" for name in files.CHANNELS), -emg),
        (files.CHANNELS, emg.astype("f4")),
        (("Label_int",), labels.astype("i4")[:, None]),
        (("session_id", "batch_id"), np.tile([session, batch], (rows, 1))),
    ]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / PLACE).parent.mkdir(parents=True)
    (tmp_path / "FIXTURE").write_text("")
    fixture.write_table(tmp_path / PLACE, 700 + np.arange(60), blocks())
    return tmp_path


def test_words_are_cut_where_their_label_begins_and_ends(tree: Path) -> None:
    up, stop = corpus.recordings(tree)
    assert (up.id, up.speaker, up.session, up.text) == ("s02-silent-1-3-001", "s02", "s02-1", "up")
    assert (stop.id, stop.text, int(stop["word"])) == ("s02-silent-1-3-002", "stop", 7)
    assert corpus.WORDS[int(up["word"])] == "up"
    emg = up["emg"]
    assert (emg.dtype, emg.shape, len(stop["emg"])) == (np.float32, (20, 14), 10)
    np.testing.assert_allclose(emg[0], np.arange(14) + 0.1, atol=1e-6)
    np.testing.assert_allclose(emg[-1], np.arange(14) + 0.29, atol=1e-6)
    emg[:] = 0
    assert up["emg"].any()
    with pytest.raises(UserError, match="s02-silent-1-3-001: expected the signal emg or word"):
        up["audio"]


def test_the_miniature_has_what_the_splits_ask_for(tmp_path: Path) -> None:
    fixture.write(tmp_path)
    found = corpus.recordings(tmp_path)
    assert len(found) == 3 * 2 * 3 * 2 * 8
    assert {r.text for r in found} == set(corpus.WORDS)
    assert {corpus.facets(r.id)["mode"] for r in found} == {"silent", "vocalised"}
    assert len(corpus.corpus_files(tmp_path)) == 36
    assert corpus.locate(tmp_path) == tmp_path


def changed(tree: Path, name: str, values: Any) -> None:
    found = blocks()
    for number, (names, old) in enumerate(found):
        if name in names:
            new = old.astype(np.asarray(values).dtype)
            new[:, names.index(name)] = values
            found[number] = (names, new)
    fixture.write_table(tree / PLACE, 700 + np.arange(60), found)


@pytest.mark.parametrize(
    ("name", "values", "says"),
    [
        ("session_id", 2, "expected session_id 1 as its name says, found 2"),
        ("batch_id", np.r_[[3] * 59, 4], "expected batch_id 3 as its name says, found 4"),
        ("Label_int", 9, "expected labels from 0 to 8, found 9"),
        ("Label_int", -1, "expected labels from 0 to 8, found -1"),
        ("Label_int", 1.0, "expected numbers in column Label_int, found float64"),
    ],
)
def test_what_contradicts_its_name_or_is_no_label_is_refused(
    tree: Path, name: str, values: Any, says: str
) -> None:
    changed(tree, name, values)
    with pytest.raises(UserError, match=rf"sess_1_batch_3\.h5: {says}"):
        corpus.recordings(tree)


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e9])
def test_a_value_that_is_none_is_refused(tree: Path, value: float) -> None:
    changed(tree, "Ch_15", np.where(np.arange(60) == 12, value, 1.0))
    with pytest.raises(UserError, match=r"expected at most 4e.06, found .* in row 12"):
        corpus.recordings(tree)[0]["emg"]
    assert len(corpus.verify(tree)) == 1


def test_missing_samples_show_in_their_numbers(tree: Path) -> None:
    index = 700 + np.arange(60) + (np.arange(60) >= 25) * 4
    fixture.write_table(tree / PLACE, index, blocks())
    with pytest.raises(UserError, match="expected sample 725 after 724, found 729"):
        corpus.recordings(tree)


def test_columns_of_other_lengths_and_missing_ones_are_refused(tree: Path) -> None:
    fixture.write_table(tree / PLACE, 700 + np.arange(70), blocks())
    with pytest.raises(UserError, match=r"expected 70 rows of Label_int, found \(60,\)"):
        corpus.recordings(tree)
    without = [(names, values) for names, values in blocks() if "Ch_0" not in names]
    fixture.write_table(tree / PLACE, 700 + np.arange(60), without)
    with pytest.raises(UserError, match="expected numbers in column Ch_0, found none"):
        corpus.recordings(tree)[0]["emg"]


def test_what_is_no_table_is_refused(tree: Path) -> None:
    path = tree / PLACE
    whole = path.read_bytes()
    for damaged in (b"", b"no HDF5", whole[: len(whole) // 2]):
        path.write_bytes(damaged)
        with pytest.raises(UserError, match=r"batch_3\.h5: .*get the file again"):
            corpus.recordings(tree)
        assert len(corpus.verify(tree)) == 1
    with h5py.File(path, "w") as file:
        file["emg"] = np.zeros(5)
    with pytest.raises(UserError, match="expected a fixed table of pandas called emg, found none"):
        corpus.recordings(tree)


def test_objects_of_a_table_are_not_opened(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pickle runs what it likes."""
    monkeypatch.setattr("pickle.loads", None)
    monkeypatch.setattr("pickle.load", None)
    assert len(corpus.recordings(tree)[0]["emg"]) == 20


def test_foreign_files_and_counts_are_named(tree: Path) -> None:
    assert corpus.verify(tree) == []
    (tree / "FIXTURE").unlink()
    told = corpus.verify(tree)
    assert len(told) == 8 + 4 * 2 * 3 * 5 - 1
    assert re.search("batch_3.h5: expected 20 repetitions of down, found 0", told[1])
    assert f"{tree}: expected the batch s04-vocalised-3-5, found none; get it again" in told
    (tree / PLACE).rename(tree / PLACE.replace("sess_1", "session_1"))
    with pytest.raises(UserError, match="expected names such as data_raw_and_filt/S01/silent/sess"):
        corpus.recordings(tree)
