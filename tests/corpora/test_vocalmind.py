"""VocalMind by its miniature: takes, signals, files that are not as published, the split."""

from __future__ import annotations

import io
import shutil
import wave
import zipfile
from pathlib import Path

import numpy as np
import pytest

from benchmark.core import Recording, UserError
from benchmark.corpora import vocalmind
from benchmark.corpora.vocalmind import files, fixture
from benchmark.data import splits

ROOT = Path(__file__).resolve().parents[2]
ALOUD, MIMED = "Original_sEEG_Vocalized_Word", "Original_sEEG_Mimed_Word"
TABLE, SOUND = f"{ALOUD}/Vocalized_DaNao_1.csv", "Original_Audio_Word/Audio_DaNao_1.wav"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One miniature for all tests that only read."""
    folder = tmp_path_factory.mktemp("data") / "vocalmind"
    fixture.write(folder)
    return folder


@pytest.fixture
def tree(made: Path, tmp_path: Path) -> Path:
    """A copy to be changed, of one word."""
    ignore = shutil.ignore_patterns("*_MiFan_*", "*_QingCai_*", "*_XueXiao_*", "*Imagined*")
    return Path(shutil.copytree(made, tmp_path / "vocalmind", ignore=ignore))


def by_id(folder: Path) -> dict[str, Recording]:
    return {one.id: one for one in vocalmind.recordings(folder)}


def test_takes_are_named_by_manner_word_and_repetition(made: Path) -> None:
    found = vocalmind.recordings(made)
    assert [one.id for one in found][:3] == [
        *("vocalized-DaNao-1", "vocalized-DaNao-2", "vocalized-MiFan-1")
    ]
    assert [one.session for one in found] == ["vocalized"] * 8 + ["mimed"] * 4 + ["imagined"] * 4
    assert {(one.speaker, one.text) for one in found} == {("s1", word) for word in fixture.SAID}
    assert vocalmind.facets("mimed-DaNao-2") == {"manner": "mimed", "word": "DaNao"}
    assert vocalmind.verify(made) == []
    assert vocalmind.locate(made.parent) == vocalmind.locate(made) == made


def test_signals_are_what_is_declared(made: Path) -> None:
    one = by_id(made)["vocalized-MiFan-2"]
    for name, declared in vocalmind.SIGNALS.items():
        array = one[name]
        assert array.dtype == declared.dtype, name
        assert array.shape[1:] == declared.frame, name
        if declared.rate:
            assert abs(len(array) / declared.rate - 3) < 0.02, name
    assert "".join(map(chr, one["text"])) == one.text == "MiFan"
    assert vocalmind.WORDS[one["word"]] == "MiFan"
    assert len(vocalmind.SIGNALS["seeg"].channels) == 110


def test_seeg_is_as_stored_and_sound_the_mean_of_both_channels(tree: Path) -> None:
    rows = (tree / TABLE).read_text().splitlines()
    one = by_id(tree)["vocalized-DaNao-1"]
    np.testing.assert_array_equal(one["seeg"][7], np.array(rows[8].split(","), float))
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(132300) / 44100)
    write_sound(tree / SOUND, np.stack([tone, np.zeros(132300)], axis=1))
    times = np.arange(48000) / 16000
    np.testing.assert_allclose(
        one["audio"][4000:-4000], 0.25 * np.sin(2 * np.pi * 440 * times)[4000:-4000], atol=1e-3
    )


def test_what_nobody_hears_has_no_sound(made: Path) -> None:
    for name in ("audio", "mel"):
        with pytest.raises(UserError, match=f"mimed-DaNao-1 has no {name}: nobody can be heard"):
            by_id(made)["mimed-DaNao-1"][name]
    with pytest.raises(UserError, match=r"expected one of the signals seeg, audio, .* got emg"):
        by_id(made)["mimed-DaNao-1"]["emg"]


def write_sound(path: Path, samples: np.ndarray, rate: int = 44100) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.round(samples * 32767).astype("<i2").tobytes())


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            lambda t: t.replace("9,10,", "10,9,", 1),
            "expected the numbers of 110 contacts in the fi",
        ),
        (lambda t: t.partition("\n")[2], "expected the numbers of 110 contacts"),
        (lambda t: t.rpartition(",")[0], "expected a table of numbers"),
        (
            lambda t: t[: t.index("\n", len(t) // 2)],
            r"expected 3000 rows of 110 numbers, got 1\d+ of",
        ),
        (lambda t: with_cell(t, "nan"), r"expected numbers, got nan at contact 9, 0\.000 s"),
        (lambda t: with_cell(t, "1e13"), "expected numbers, got 10000"),
        (lambda t: with_cell(t, "x"), "expected a table of numbers"),
        (lambda _: "", "expected the numbers of 110 contacts"),
    ],
)
def test_a_table_of_something_else_is_refused(tree: Path, change, says: str) -> None:
    path = tree / TABLE
    path.write_text(change(path.read_text()))
    with pytest.raises(UserError, match=rf"Vocalized_DaNao_1\.csv: {says}"):
        by_id(tree)["vocalized-DaNao-1"]["seeg"]


def with_cell(text: str, cell: str) -> str:
    head, first, *rest = text.split("\n")
    return "\n".join([head, ",".join([cell, *first.split(",")[1:]]), *rest])


@pytest.mark.parametrize("factor", ["e6", "e-6"])
@pytest.mark.parametrize("number", [1, 2])
def test_a_take_in_another_unit_is_noticed(tree: Path, factor: str, number: int) -> None:
    path = (tree / TABLE).with_name(f"Vocalized_DaNao_{number}.csv")
    head, *rows = path.read_text().splitlines()
    cells = [f"{cell}{factor}" for row in rows for cell in row.split(",")]
    lines = [",".join(cells[k : k + 110]) for k in range(0, len(cells), 110)]
    path.write_text("\n".join([head, *lines]))
    with pytest.raises(UserError, match=r"DaNao_2\.csv: expected sEEG within a factor of 1000 of"):
        by_id(tree)["vocalized-DaNao-2"]["seeg"]


def test_a_table_with_a_mark_of_its_encoding_is_read(tree: Path) -> None:
    before = by_id(tree)["vocalized-DaNao-1"]["seeg"]
    (tree / TABLE).write_text("\ufeff" + (tree / TABLE).read_text(), "utf-8")
    np.testing.assert_array_equal(by_id(tree)["vocalized-DaNao-1"]["seeg"], before)


def test_sound_of_another_form_is_refused(tree: Path) -> None:
    path = tree / SOUND
    whole = path.read_bytes()
    for samples, rate in (
        (np.zeros((132300, 1)), 44100),
        (np.zeros((132300, 2)), 48000),
        (np.zeros((66150, 2)), 44100),
    ):
        write_sound(path, samples, rate)
        with pytest.raises(UserError, match="expected 2 channels of 16 bits at 44100 Hz for 3 s"):
            by_id(tree)["vocalized-DaNao-1"]["audio"]
        assert len(vocalmind.verify(tree)) == 1
    path.write_bytes(whole[: len(whole) * 6 // 10])
    with pytest.raises(UserError, match="expected 529200 bytes of sound, got fewer"):
        by_id(tree)["vocalized-DaNao-1"]["audio"]
    assert "expected 529200 bytes of sound" in vocalmind.verify(tree)[0]
    path.write_bytes(b"no sound")
    with pytest.raises(UserError, match="expected a WAV file"):
        by_id(tree)["vocalized-DaNao-1"]["mel"]


@pytest.mark.parametrize(
    "name", ["Vocalized_DaNao_7.csv", "Vocalized_Haus_1.csv", "Mimed_DaNao_1.csv", "DaNao.csv"]
)
def test_a_name_of_another_form_is_refused(tree: Path, name: str) -> None:
    (tree / TABLE).rename(tree / ALOUD / name)
    with pytest.raises(UserError, match=rf"{name}: expected a name such as Vocalized_DaNao_1"):
        vocalmind.recordings(tree)
    assert len(vocalmind.verify(tree)) == 1


def test_one_take_twice_is_refused(tree: Path) -> None:
    (tree / ALOUD / ALOUD).mkdir()
    shutil.copy(tree / TABLE, tree / ALOUD / ALOUD)
    with pytest.raises(UserError, match="is the same take; keep one of them"):
        vocalmind.recordings(tree)


def test_sound_and_seeg_must_both_be_there(tree: Path) -> None:
    (tree / SOUND).unlink()
    assert vocalmind.verify(tree) == [
        f"{tree / 'Original_Audio_Word'}: expected DaNao, repetition 1, found none; unpack the "
        "archive again"
    ]
    with pytest.raises(UserError, match="vocalized-DaNao-1 has no mel: no sound of it is here"):
        by_id(tree)["vocalized-DaNao-1"]["mel"]


def test_the_published_edition_has_all_takes_but_one(tree: Path) -> None:
    (tree / "FIXTURE").unlink()
    told = vocalmind.verify(tree)
    assert len(told) == 2 * 3  # the first three that are missing, of each archive
    assert "expected DaNao, repetition 3, found none" in told[0]
    for word in vocalmind.WORDS:
        for number in range(1, 7):
            if (word, number) == files.ABSENT:
                continue
            for source, kind in ((TABLE, "Vocalized"), (SOUND, "Audio")):
                path = (tree / source).with_name(f"{kind}_{word}_{number}{Path(source).suffix}")
                if not path.exists():
                    path.hardlink_to(tree / source)
    assert vocalmind.verify(tree) == []


def test_the_bids_edition_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "vocalmind" / "sub-01" / "ieeg").mkdir(parents=True)
    folder = vocalmind.locate(tmp_path)
    assert folder == tmp_path / "vocalmind"
    with pytest.raises(UserError, match=r"the BIDS edition \(nm000251\) is not read"):
        vocalmind.recordings(folder)
    assert "BIDS edition" in vocalmind.verify(folder)[0]
    assert vocalmind.locate(tmp_path / "vocalmind") is None


def test_words_that_test_are_in_no_other_part(made: Path) -> None:
    recordings = vocalmind.recordings(made)
    split = splits.load(ROOT / "tasks" / "splits" / "vocalmind.new_words.json")
    tested = [one for fold in split.folds.values() for one in fold.test]
    assert sorted(tested) == [f"vocalized-{word}-*" for word in sorted(vocalmind.WORDS)]
    whole, notes = splits.resolve(split, recordings)
    splits.check(whole, {one.id: one for one in recordings})
    assert len(notes) == 1  # no word of the miniature is in the last fold
    for fold in whole.folds.values():
        words = [{id.split("-")[1] for id in ids} for ids in fold.roles().values()]
        assert not words[0] & words[1]
        assert not words[2] & (words[0] | words[1])
        assert {id.split("-")[0] for id in (*fold.train, *fold.test)} == {"vocalized"}


def test_archives_are_unpacked_into_folders_of_their_names(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = {}

    def fetched(archive, path: Path, _corpus: str) -> None:
        raw = io.BytesIO()
        with zipfile.ZipFile(raw, "w") as file:
            for one in (made / archive.within).rglob("*_DaNao_1.*"):
                file.write(one, one.name)  # as flat as an archive can be
        path.write_bytes(raw.getvalue())
        seen[archive.name] = archive.sum

    monkeypatch.setattr("benchmark.corpora.io.download._fetch", fetched)
    monkeypatch.setattr(vocalmind, "verify", lambda _: [])
    vocalmind.fetch(tmp_path)
    assert len(vocalmind.recordings(tmp_path / "vocalmind")) == 3
    assert all(len(one) == len("md5:") + 32 for one in seen.values())
    assert sum(one.size for one in vocalmind.ARCHIVES) == 600_750_662
