"""subvocalization-emg: words by the labels of the files, what is left out, and what is refused."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmark.core import UserError
from benchmark.corpora import subvocalization_emg as corpus
from benchmark.corpora.subvocalization_emg import files, fixture

SIM = "dist/saves/P001/F/Sim.csv"
RAIL = files.UNCONNECTED


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / corpus.NAME
    fixture.write(folder)
    return folder


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Two files of two speakers, small."""
    for name in (SIM, "dist/saves/P002/F/Sim.csv"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(table([("sim", 8), (files.SILENCE, 8)] * 2), "utf-8")
    (tmp_path / "FIXTURE").write_text("")
    return tmp_path


def table(turns: list[tuple[str, int]], tail: str = RAIL) -> str:
    rows, count = [files.HEADER], 0
    for label, length in turns:
        for _ in range(length):
            rows.append(f"{label},{count},{count}.5,-{count},100{tail}")
            count += 1
    return "\n".join([*rows, ""])


def test_words_are_cut_where_their_label_begins_and_ends(tree: Path) -> None:
    found = corpus.recordings(tree)
    assert [r.id for r in found] == [
        *("p001-spoken-sim-001", "p001-spoken-sim-002"),
        *("p002-spoken-sim-001", "p002-spoken-sim-002"),
    ]
    emg = found[1]["emg"]
    assert (emg.dtype, emg.shape) == (np.float32, (8, 4))
    assert emg[0].tolist() == [16, 16.5, -16, 100]
    assert emg[-1].tolist() == [23, 23.5, -23, 100]
    assert found[1].span == (16 / 250, 24 / 250)
    assert (found[1].speaker, found[1].session, found[1].text) == ("p001", "p001-spoken-sim", "sim")
    assert (found[1]["word"].dtype, int(found[1]["word"])) == (np.int64, 0)
    emg[:] = 0
    assert found[1]["emg"].any()
    with pytest.raises(UserError, match="p001-spoken-sim-002: expected the signal emg or word"):
        found[1]["audio"]


def test_the_word_is_the_one_in_the_file(whole: Path) -> None:
    found = corpus.recordings(whole)
    assert {(r.text, int(r["word"])) for r in found} == {("sim", 0), ("não", 1), ("talvez", 2)}
    assert {r.id.split("-")[2] for r in found if r.text == "não"} == {"nao"}
    assert {r.id.split("-")[1] for r in found} == {"spoken", "mouthed", "subvocal"}
    assert corpus.facets("p001-mouthed-nao-003") == {"mode": "mouthed"}


def test_what_lost_samples_and_what_is_a_copy_is_left_out(whole: Path) -> None:
    """A short word, one with a damaged packet, and a file of another speaker."""
    ids = [r.id for r in corpus.recordings(whole)]
    of = {name: sorted(i[-3:] for i in ids if i.startswith(name)) for name in (
        "p001-spoken-nao", "p007-subvocal-nao", "p003-mouthed-talvez", "p004-mouthed-talvez"
    )}  # fmt: skip
    assert of == {
        "p001-spoken-nao": ["001", "003", "004"],
        "p007-subvocal-nao": ["002", "003", "004"],
        "p003-mouthed-talvez": [],
        "p004-mouthed-talvez": ["001", "002", "003", "004"],
    }
    assert len(ids) == 14 * 3 * 4 - 2 - 4


def test_a_silence_may_lose_samples(tree: Path) -> None:
    (tree / SIM).write_text(table([("sim", 8), (files.SILENCE, 3), ("sim", 8)]), "utf-8")
    assert len(corpus.recordings(tree)) == 4


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", r"line 1: expected WORD,Channel_1,.*, found ''"),
        (table([("sim", 8)])[:-5], "expected a whole last line, found one cut off"),
        (table([("sim", 8), ("não", 8)]), r"line 10: expected sim or \$SILENCE, found 'não'"),
        (table([("sim", 8), (files.SILENCE, 8), ("sim", 20)]), "line 18: expected about 8 samples"),
        (table([("sim", 200)], ",1,2,3,4"), "line 2: expected channels 5-8 without electrodes"),
        (files.HEADER.replace(",Channel_8", "") + "\n", "line 1: expected WORD,"),
    ],
)
def test_a_file_of_another_form_is_refused(tree: Path, content: str, says: str) -> None:
    (tree / SIM).write_text(content, "utf-8")
    with pytest.raises(UserError, match=f"Sim.csv.*{says}"):
        corpus.recordings(tree)
    (told,) = corpus.verify(tree)
    assert re.search(says, told)


@pytest.mark.parametrize(
    ("turns", "says"),
    [
        (
            [("não", 8), (files.SILENCE, 8)],
            "expected 2 turns of about 8 samples as in Nao.csv, found 4 of 8",
        ),
        ([("não", 4), (files.SILENCE, 4)] * 2, "expected 4 turns of about 4 samples as in"),
        ([("não", 16), (files.SILENCE, 16)] * 2, "expected 4 turns of about 16 samples"),
    ],
)
def test_files_of_one_speaker_and_manner_agree(
    tree: Path, turns: list[tuple[str, int]], says: str
) -> None:
    """Nothing else shows that a file is cut off between two lines, or has every second one."""
    (tree / "dist/saves/P001/F/Nao.csv").write_text(table(turns), "utf-8")
    with pytest.raises(UserError, match=rf"Sim\.csv: {says}"):
        corpus.recordings(tree)


@pytest.mark.parametrize("value", ["nan", "", "x", "inf", "1e9", "-187501"])
def test_a_value_that_is_none_is_refused_with_its_line(tree: Path, value: str) -> None:
    text = table([("sim", 8), (files.SILENCE, 8)])
    (tree / SIM).write_text(text.replace("sim,3,3.5,", f"sim,3,{value},"), "utf-8")
    with pytest.raises(UserError, match=r"Sim.csv(, line 5: expected 4 |: expected )numbers"):
        corpus.recordings(tree)[0]["emg"]
    assert len(corpus.verify(tree)) == 1


def test_a_column_too_many_is_refused(tree: Path) -> None:
    text = table([("sim", 8), (files.SILENCE, 8)])
    (tree / SIM).write_text(text.replace("sim,3,", "sim,3,3,"), "utf-8")
    with pytest.raises(UserError, match="line 5: expected 9 columns, found 10"):
        corpus.recordings(tree)[0]["emg"]


def test_other_encodings_are_refused_and_a_byte_order_mark_is_not(tree: Path) -> None:
    text = table([("não", 8), (files.SILENCE, 8)])
    path = tree / "dist/saves/P001/F/Nao.csv"
    (tree / SIM).unlink()
    path.write_bytes(text.encode("utf-8-sig"))
    assert "p001-spoken-nao-001" in {r.id for r in corpus.recordings(tree)}
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(UserError, match=r"Nao.csv: expected UTF-8"):
        corpus.recordings(tree)


def test_foreign_files_are_refused(tree: Path) -> None:
    (tree / "dist/saves/P001/F/Sim2.csv").write_text("")
    with pytest.raises(UserError, match=r"Sim2.csv: expected names such as dist/saves/P001/F/Sim"):
        corpus.recordings(tree)
    assert [p.name for p in corpus.corpus_files(tree)] == ["Sim.csv", "Sim.csv"]


def test_published_files_are_pinned(tree: Path) -> None:
    (tree / "FIXTURE").unlink()
    problems = corpus.verify(tree)
    assert len(problems) == 60
    assert f"{tree / SIM}: expected sha256 " in "".join(problems)
    assert f"{tree / 'dist/saves/P010/S/Talvez.csv'}: expected a file, found none" in "".join(
        problems
    )
    pinned = corpus._published()
    assert all(corpus.PLACE.fullmatch(name) for name in pinned)
    twice = [name for name, sum in pinned.items() if list(pinned.values()).count(sum) > 1]
    assert sorted(twice) == sorted([*corpus.COPIES, *corpus.COPIES.values()])


def test_the_commit_is_fetched_and_only_what_is_of_the_corpus(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, Any] = {}

    def fake(url: str, folder: Path, wanted: Any, verify: Any) -> None:
        asked.update(url=url, folder=folder, wanted=wanted, verify=verify)

    monkeypatch.setattr(corpus, "fetch_zip", fake)
    corpus.fetch(tmp_path)
    assert asked["url"].endswith(f"/MateusAquino/subvocalization-emg/archive/{corpus.COMMIT}.zip")
    assert asked["folder"] == tmp_path / corpus.NAME
    assert asked["verify"] is corpus.verify
    names = ["LICENSE", SIM, "README.md", "start.py", "dist/networks/a.h5", "../LICENSE"]
    assert [name for name in names if asked["wanted"](name)] == ["LICENSE", SIM]


def test_it_is_found_where_it_lies(tmp_path: Path, whole: Path) -> None:
    assert corpus.locate(tmp_path) is None
    assert corpus.locate(whole) == whole
    assert corpus.locate(whole.parent) == whole


def test_importing_loads_nothing_heavy() -> None:
    code = "import sys, benchmark.corpora.subvocalization_emg; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"scipy", "pandas", "torch", "pooch"} & set(done.stdout.split())
