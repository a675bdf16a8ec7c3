"""The SPIRE EMA corpus by its miniature: sentences, signals, files that are not as published."""

from __future__ import annotations

import pickle
import shutil
import wave
import zipfile
from pathlib import Path

import numpy as np
import pytest

from benchmark.core import Recording, UserError
from benchmark.corpora import spire_ema
from benchmark.corpora.embedded import borrowed
from benchmark.corpora.spire_ema import files, fixture

SAVED, SOUND = "processed/spk1/s015Nl03f0041.pt", "audios/spk1/s015Nl03f0041.wav"
FIRST = "spk1-0041"
SAID = borrowed.source(borrowed.shortest("u01", "sentence", 1)[0])
N = len(SAID.points)  # frames of the first sentence


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One miniature for all tests that only read."""
    folder = tmp_path_factory.mktemp("data") / "spire_ema"
    fixture.write(folder)
    return folder


@pytest.fixture
def tree(made: Path, tmp_path: Path) -> Path:
    """A copy to be changed."""
    return Path(shutil.copytree(made, tmp_path / "spire_ema"))


def by_id(folder: Path) -> dict[str, Recording]:
    return {one.id: one for one in spire_ema.recordings(folder)}


def content(path: Path) -> dict[str, object]:
    with zipfile.ZipFile(path) as archive:
        return dict(pickle.loads(archive.read(f"{path.stem}/data.pkl")))


def test_sentences_are_named_by_speaker_and_number(made: Path) -> None:
    found = spire_ema.recordings(made)
    assert [one.id for one in found] == [
        f"spk{speaker}-00{sentence}" for speaker in (1, 12) for sentence in (41, 42, 43, 44)
    ]
    assert (found[5].speaker, found[5].text) == ("spk12", "MOCHA-TIMIT 0042")
    assert spire_ema.verify(made) == []
    assert spire_ema.locate(made.parent) == spire_ema.locate(made) == made
    assert len(spire_ema.corpus_files(made)) == 16


def test_sound_and_movements_begin_and_end_together(made: Path) -> None:
    one = by_id(made)[FIRST]
    assert one["articulation"].dtype == one["audio"].dtype == np.float32
    assert one["articulation"].shape == (N, 12)
    np.testing.assert_allclose(one["articulation"].std(axis=0), 1, atol=1e-3)
    # What was said begins 0.3 s after the file does.
    np.testing.assert_allclose(one["audio"], SAID.audio, atol=1e-3)
    with pytest.raises(UserError, match=f"{FIRST}: expected one of the signals audio, art.* got x"):
        one["x"]


def test_movements_are_those_of_their_channels(tree: Path) -> None:
    saved = content(tree / SAVED)
    columns = np.zeros((N, 12))
    columns[:, 6] = 1.5
    fixture.save(tree / SAVED, {**saved, files.NORMALISED: columns.astype(np.float32)})
    read = by_id(tree)[FIRST]["articulation"]
    moved = [spire_ema.CHANNELS[k] for k in np.flatnonzero(read.any(axis=0))]
    assert moved == ["TTX"]
    assert spire_ema.CHANNELS[:2] == ("ULX", "ULY")
    assert spire_ema.CHANNELS[-1] == "TDY"


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({files.NORMALISED: np.zeros((N, 18))}, rf"float \(frames, 12\), got float64 \({N}, 18\)"),
        ({files.NORMALISED: np.zeros((N, 12), int)}, r"expected ema_.* got int64"),
        ({files.NORMALISED: None}, "expected ema_trimmed.* got NoneType"),
        (
            {files.NORMALISED: np.zeros((N - 1, 12))},
            f"expected {N} frames by its begin_end, got {N - 1}",
        ),
        ({files.NORMALISED: np.full((N, 12), np.nan)}, "expected numbers, got nan of ULX at fr"),
        ({files.NORMALISED: np.full((N, 12), 1e6)}, "expected numbers, got 1000000.0 of ULX"),
        ({files.NORMALISED: np.zeros((6001, 12))}, "expected 1 to 6000 frames, got 6001"),
        ({"begin_end": [30, N + 29]}, f"expected {N - 1} frames by its begin_end, got {N}"),
        ({"begin_end": [30.0, N + 30.0]}, "expected begin_end of two counts"),
        ({"begin_end": [-10, N - 10]}, "by its begin_end"),
        ({"durations": [3, N - 5, 3]}, f"expected phones of {N} frames, got {N + 1}"),
        ({"durations": None}, "expected durations of phones"),
    ],
)
def test_movements_of_another_form_are_refused(
    tree: Path, changed: dict[str, object], says: str
) -> None:
    fixture.save(tree / SAVED, {**content(tree / SAVED), **changed})
    with pytest.raises(UserError, match=rf"s015Nl03f0041\.pt: .*{says}"):
        by_id(tree)[FIRST]["articulation"]


class Runs:
    """A pickle of it would run a program."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        import os

        return os.system, ("touch ran",)


def test_a_file_runs_nothing(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree)
    fixture.save(tree / SAVED, {"begin_end": Runs()})
    with pytest.raises(
        UserError, match=r"what torch saves of arrays \(UnpicklingError: it asks for"
    ):
        by_id(tree)[FIRST]["articulation"]
    assert not (tree / "ran").exists()


def test_a_file_that_is_cut_or_of_tensors_is_refused(tree: Path) -> None:
    path = tree / SAVED
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match=r"expected what torch saves of arrays \(BadZipFile"):
        by_id(tree)[FIRST]["articulation"]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x/data.pkl", pickle.dumps({}))
        archive.writestr("x/data/0", b"tensor")
    with pytest.raises(UserError, match=r"expected one data\.pkl of numpy arrays, got 1 and 1 ten"):
        by_id(tree)[FIRST]["articulation"]
    changed = bytearray(whole)
    changed[len(whole) // 2] ^= 1
    path.write_bytes(changed)
    with pytest.raises(UserError, match=r"BadZipFile: Bad CRC-32"):
        by_id(tree)[FIRST]["articulation"]


def test_arrays_that_older_numpy_has_saved_are_read(tree: Path) -> None:
    before = by_id(tree)[FIRST]["articulation"]
    with zipfile.ZipFile(tree / SAVED) as archive:
        data = archive.read("s015Nl03f0041/data.pkl")
    older = data.replace(b"numpy._core.multiarray", b"numpy.core.multiarray")
    assert older != data
    with zipfile.ZipFile(tree / SAVED, "w") as archive:
        archive.writestr("s015Nl03f0041/data.pkl", older)
    np.testing.assert_array_equal(by_id(tree)[FIRST]["articulation"], before)


def write_sound(path: Path, length: int, rate: int = 16000, channels: int = 1) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(bytes(2 * channels * length))


def test_sound_that_does_not_fit_is_refused(tree: Path) -> None:
    path = tree / SOUND
    whole = path.read_bytes()
    for rate, channels in ((44100, 1), (16000, 2)):
        write_sound(path, 40000, rate, channels)
        with pytest.raises(UserError, match="expected one channel of 16 bits at 16000 Hz, got"):
            by_id(tree)[FIRST]["audio"]
        assert len(spire_ema.verify(tree)) == 1
    write_sound(path, (N + 30) * 80)  # half of it: as if it were at half the rate
    with pytest.raises(
        UserError, match=f"expected {(N + 30) / 100} s of sound, as long as the movements, got 0"
    ):
        by_id(tree)[FIRST]["audio"]
    write_sound(path, (N + 28) * 160)
    assert len(by_id(tree)[FIRST]["audio"]) == (N - 2) * 160
    path.write_bytes(whole[: len(whole) * 6 // 10])
    with pytest.raises(UserError, match="bytes of sound, got fewer"):
        by_id(tree)[FIRST]["audio"]
    assert "bytes of sound, got fewer" in spire_ema.verify(tree)[0]


def test_what_is_missing_or_there_twice_is_named(tree: Path) -> None:
    (tree / SOUND).unlink()
    assert spire_ema.verify(tree) == [
        f"{tree / 'audios' / 'spk1'}: expected sentence 0041, found none; unpack audios.zip again"
    ]
    with pytest.raises(UserError, match=f"{FIRST} has no audio"):
        by_id(tree)[FIRST]["audio"]
    shutil.copy(tree / SAVED, tree / "processed" / "spk1" / "other0041.pt")
    with pytest.raises(UserError, match="is the same sentence; keep one of them"):
        spire_ema.recordings(tree)
    (tree / "processed" / "spk1" / "other0041.pt").rename(tree / "processed" / "spk1" / "readme.pt")
    with pytest.raises(
        UserError, match=r"readme\.pt: expected a name that ends in the four digits"
    ):
        spire_ema.recordings(tree)


def test_the_published_corpus_is_counted(tree: Path) -> None:
    (tree / "FIXTURE").unlink()
    (told,) = spire_ema.verify(tree)
    assert "expected 38 speakers of 460 sentences, 17,480 files, got 8" in told


def test_both_archives_have_sums() -> None:
    assert [len(one.sum) for one in spire_ema.ARCHIVES] == [len("sha256:") + 64] * 2
    assert sum(one.size for one in spire_ema.ARCHIVES) == 4_743_490_360
