"""nexus-silent-speech: what tables and arrays say, and what is refused."""

import re
from pathlib import Path

import numpy as np
import pytest

from benchmark.core import UserError
from benchmark.corpora import nexus_silent_speech as corpus
from benchmark.corpora.nexus_silent_speech import files, fixture

HEADER = "cls,id,speaker,session"
FIRST = "air,1693896975,s,0"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / corpus.NAME
    fixture.write(folder)
    return folder


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """One set with two recordings."""
    folder = tmp_path / "datasets/electrode-brace/50x3"
    folder.mkdir(parents=True)
    (tmp_path / "FIXTURE").write_text("")
    (folder / "metadata.csv").write_text(f"{HEADER}\n{FIRST}\nbat,1693896984,s,0\n")
    for time in (1693896975, 1693896984):
        np.save(folder / f"{time}.npy", emg())
    return folder


def emg(rows: int = 1506) -> np.ndarray:
    found = 1000.0 * np.arange(8) + np.arange(rows)[:, None]
    found[0] = 5e-324
    return found


def test_recordings_are_numbered_in_order_of_time(place: Path) -> None:
    found = corpus.recordings(place.parents[2])
    assert [r.id for r in found] == ["50x3-0-001", "50x3-0-002"]
    assert [(r.text, int(r["word"]), r.span) for r in found] == [
        ("air", 0, (0.0, 6.0)),
        ("bat", 1, (9.0, 15.0)),
    ]
    assert {(r.speaker, r.session) for r in found} == {("s1", "50x3-0")}
    with pytest.raises(UserError, match="50x3-0-002: expected the signal emg or word, got text"):
        found[1]["text"]


def test_the_first_row_is_no_sample(place: Path) -> None:
    read = corpus.recordings(place.parents[2])[0]["emg"]
    assert (read.dtype, read.shape) == (np.float32, (1505, 8))
    assert read[0].tolist() == [1000 * k + 1 for k in range(8)]


def test_the_miniature_has_both_sets_and_a_line_twice(whole: Path) -> None:
    found = corpus.recordings(whole)
    assert len(found) == len({r.id for r in found}) == 4 * 8 + 2 * 12
    assert {r.session for r in found} == {*(f"30x10-{k}" for k in range(4)), "50x3-0", "50x3-1"}
    table = (whole / "datasets/electrode-brace/30x10/metadata.csv").read_text().splitlines()
    assert len(table) - 1 == 4 * 8 + 1
    assert len(corpus.corpus_files(whole)) == len(found) + 2
    assert corpus.locate(whole.parent) == whole


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("", "expected cls,id,speaker,session, found an empty file"),
        ("cls,id\n", "line 1: expected cls,id,speaker,session, found 'cls,id'"),
        (f"{HEADER}\n{FIRST}\ndog,1693896984,s,0\n", "line 3: expected a word of the set"),
        (f"{HEADER}\n{FIRST}\nair,169389698,s,0\n", "line 3: expected a word of the set, a time"),
        (f"{HEADER}\n{FIRST}\nair,1693896984,s\n", "line 3: expected a word of the set, a time"),
        (f"{HEADER}\n{FIRST}\nbat,1693896975,s,0\n", "line 3: expected recordings at least 6 s"),
        (f"{HEADER}\n{FIRST}\nbat,1693896978,s,0\n", "line 3: expected recordings at least 6 s"),
        (f"{HEADER}\n{FIRST}\nbat,1693896960,s,0\n", "found 1693896960 after 1693896975"),
        (f"{HEADER}\n{FIRST}\nbat,1693896984,t,0\n", "expected one speaker, found more"),
    ],
)
def test_a_table_of_another_form_is_refused(place: Path, table: str, says: str) -> None:
    (place / "metadata.csv").write_text(table)
    with pytest.raises(UserError, match=f"metadata.csv.*{re.escape(says)}"):
        corpus.recordings(place.parents[2])


def test_a_table_in_another_encoding(place: Path) -> None:
    text = (place / "metadata.csv").read_text()
    (place / "metadata.csv").write_bytes(text.encode("utf-8-sig"))
    assert len(corpus.recordings(place.parents[2])) == 2
    (place / "metadata.csv").write_bytes(b"\xff\xfe" + text.encode("utf-16-le"))
    with pytest.raises(UserError, match=r"metadata.csv: expected UTF-8"):
        corpus.recordings(place.parents[2])


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (emg(753), r"expected float64 \(1500 to 1540, 8\), found float64 \(753, 8\)"),
        (emg(3012), r"found float64 \(3012, 8\)"),
        (emg()[:, :4], r"found float64 \(1506, 4\)"),
        (emg().astype("f4"), "found float32"),
        (emg().T.copy(), r"found float64 \(8, 1506\)"),
        (emg() * 1e6, "expected at most 187500 µV"),
        (np.where(np.arange(1506)[:, None] == 700, np.nan, emg()), "in row 700"),
        (emg().astype(object), "not a sound npy file"),
    ],
)
def test_an_array_of_another_form_is_refused(place: Path, content: np.ndarray, says: str) -> None:
    np.save(place / "1693896984.npy", content)
    with pytest.raises(UserError, match=rf"1693896984\.npy: .*{says}"):
        corpus.recordings(place.parents[2])[1]["emg"]
    (told,) = corpus.verify(place.parents[2])
    assert re.search(says, told)


def test_missing_and_foreign_arrays_are_named(place: Path) -> None:
    (place / "1693896984.npy").rename(place / "1693896985.npy")
    told = corpus.verify(place.parents[2])
    assert [re.search(r"\d{10}", one)[0] for one in told] == ["1693896985", "1693896984"]  # type: ignore[index]
    (place / "1693896985.npy").write_bytes((place / "1693896975.npy").read_bytes()[:5000])
    (place / "1693896985.npy").rename(place / "1693896984.npy")
    (told_now,) = corpus.verify(place.parents[2])
    assert "not a sound npy file" in told_now


def test_counts_of_the_published_sets_are_held(whole: Path, place: Path) -> None:
    assert corpus.verify(whole) == []
    (place.parents[2] / "FIXTURE").unlink()
    told = corpus.verify(place.parents[2])
    assert [re.search(r"brace/(\w+): expected recordings", one)[1] for one in told] == [  # type: ignore[index]
        "30x10",
        "50x3",
    ]


def test_only_what_is_stored_in_both_sets_is_a_word() -> None:
    assert len(corpus.WORDS) == len(set(corpus.WORDS)) == 30
    assert files.ROWS.start == files.SECONDS * files.RATE
