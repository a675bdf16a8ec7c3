"""Streams of one utterance that do not belong together are refused by name, and before `is ready`.

Metadata, headers and sizes of files must agree: see also test_sound, test_video and test_nwb.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from scipy.io import wavfile

from benchmark.core import Corpus, UserError
from benchmark.corpora import csl_emg_array, gaddy2020
from benchmark.corpora.csl_emg_array import fixture as csl_miniature
from benchmark.corpora.embedded import borrowed
from benchmark.corpora.gaddy2020 import fixture as gaddy_miniature

CLIP = "emg_data/voiced_parallel_data/5-4/1_"
FIRST = "voiced-5-4-0001-War_of_the_Worlds-0522"
SAID = borrowed.source(borrowed.shortest(gaddy_miniature.SPEAKER, "sentence", 1)[0])
SECONDS = len(SAID.points) / 100  # of the first sentence
SPOKEN = "Spk1_Block1-Initial/0001/Spk1_Block1-Initial_0001_"


@pytest.fixture(scope="module")
def gaddy_made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("streams") / "gaddy2020"
    gaddy_miniature.write(folder)
    return folder


@pytest.fixture(scope="module")
def csl_made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("streams") / "csl_emg_array"
    csl_miniature.write(folder)
    for unused in folder.glob("Spk*-Sil_*"):
        shutil.rmtree(unused)
    return folder


@pytest.fixture
def gaddy(gaddy_made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(gaddy_made, tmp_path / "gaddy2020"))


@pytest.fixture
def csl(csl_made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(csl_made, tmp_path / "csl_emg_array"))


def refused(corpus: Corpus, folder: Path, id: str, signal: str, says: str) -> None:
    """Both the reader and `verify` name the file and what was expected of it."""
    one = next(r for r in corpus.recordings(folder) if r.id == id)
    with pytest.raises(UserError, match=says):
        one[signal]
    assert re.search(says, "\n".join(corpus.verify(folder)))


def resaved(path: Path, change: Callable[[np.ndarray], np.ndarray]) -> None:
    np.save(path, change(np.load(path)))


def test_emg_that_has_not_the_samples_counted_is_refused(gaddy: Path) -> None:
    whole = np.load(gaddy / f"{CLIP}emg.npy")
    for part in (whole[: len(whole) // 2], whole[::2], np.concatenate([whole, whole])):
        np.save(gaddy / f"{CLIP}emg.npy", part)
        told = f"expected {SAID.length(1000)} samples, as 1_info.json counts, got {len(part)}"
        says = re.escape(f"1_emg.npy: {told}")
        refused(gaddy2020.CORPUS, gaddy, FIRST, "emg_raw", says)


def test_sound_that_is_longer_or_of_another_utterance_is_refused(gaddy: Path) -> None:
    one, other = gaddy / f"{CLIP}audio_clean.flac", gaddy / CLIP.replace("1_", "3_audio_clean.flac")
    samples, rate = soundfile.read(one)
    second = other.read_bytes()
    for damage in (
        lambda: soundfile.write(one, np.tile(samples, 3), rate),
        lambda: one.write_bytes(second),
    ):
        damage()
        says = rf"1_audio_clean\.flac: expected {SECONDS:.2f} s, as 1_info\.json counts, got"
        for signal in ("audio", "mel", "phones", "articulation"):
            refused(gaddy2020.CORPUS, gaddy, FIRST, signal, says)


def test_a_textgrid_of_something_longer_is_refused(gaddy: Path) -> None:
    path = gaddy / "text_alignments/5-4/5-4_1_audio.TextGrid"
    times = re.compile(r"(xm\w\w = )([0-9.]+)")
    path.write_text(times.sub(lambda m: m[1] + str(3 * float(m[2])), path.read_text()))
    known, told = f"expected {SECONDS:.2f} s", f"got {3 * SECONDS:.2f} s"
    says = rf"5-4_1_audio\.TextGrid: {known}, as long as its sound, {told}"
    refused(gaddy2020.CORPUS, gaddy, FIRST, "phones", says)


def test_an_ending_in_capitals_is_the_same_file(gaddy: Path, csl: Path) -> None:
    for corpus, folder, id, names in (
        (
            gaddy2020.CORPUS,
            gaddy,
            FIRST,
            [
                f"{CLIP}emg.npy",
                f"{CLIP}info.json",
                f"{CLIP}audio_clean.flac",
                "text_alignments/5-4/5-4_1_audio.TextGrid",
            ],
        ),
        (csl_emg_array.CORPUS, csl, "spk1-b1-0001", [f"{SPOKEN}emg.npy", f"{SPOKEN}audio.wav"]),
    ):
        assert corpus.files is not None
        before = {r.id: r for r in corpus.recordings(folder)}
        signals = [s for s in ("emg", "audio", "phones") if s in corpus.signals]
        read = {s: before[id][s] for s in signals}
        count = len(list(corpus.files(folder)))
        for name in names:
            path = folder / name
            path.rename(path.with_suffix(path.suffix.upper()))
        after = {r.id: r for r in corpus.recordings(folder)}
        assert [*after] == [*before]
        assert len(list(corpus.files(folder))) == count
        for s in signals:
            np.testing.assert_array_equal(after[id][s], read[s])
        assert corpus.verify(folder) == []


def test_sound_that_broke_off_is_refused(csl: Path) -> None:
    path = csl / f"{SPOKEN}audio.wav"
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 6 // 10])
    says = r"0001_audio\.wav: its header says \d+ bytes, found \d+"
    refused(csl_emg_array.CORPUS, csl, "spk1-b1-0001", "audio", says)
    with pytest.raises(UserError, match=says):
        next(r for r in csl_emg_array.recordings(csl) if r.id == "spk1-b1-0001")["emg"]


def test_streams_are_cut_by_no_more_than_is_declared(csl: Path) -> None:
    path = csl / f"{SPOKEN}audio.wav"
    rate, samples = wavfile.read(path)
    wavfile.write(path, rate, samples[: len(samples) * 6 // 10])
    with pytest.raises(UserError, match=r"audio\.wav: expected \d\.\d\d s of sound within 0\.3 s"):
        next(r for r in csl_emg_array.recordings(csl) if r.id == "spk1-b1-0001")["emg"]
    wavfile.write(path, rate, np.tile(samples, (3, 1)))
    says = r"audio\.wav: expected \d\.\d\d s of sound within 1 s, as .*_emg\.npy has, found \d\."
    assert re.search(says, "\n".join(csl_emg_array.verify(csl)))


def noise(path: Path, seed: int, rate: int = 16000, length: int = 4000) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    samples = np.random.default_rng(seed).normal(0, 0.1, length)
    soundfile.write(path, samples, rate, format="WAV", subtype="PCM_16")


@pytest.fixture
def noisy(csl: Path) -> Path:
    for k, name in enumerate(("train/a", "train/b", "train/c", "train/d", "train/e", "test/f")):
        noise(csl / f"noise/{name}.wav", k)
    return csl


def test_noises_are_found_whatever_copied_them(noisy: Path) -> None:
    noise(noisy / "noise/test/snow.WAV", 7)
    for litter in ("train/._a.wav", "test/.DS_Store", "test/Thumbs.db", "._train"):
        (noisy / "noise" / litter).write_bytes(b"\0\5\x16\7" + bytes(200))
    (noisy / "noise/README.txt").write_text("From here and there.\n")
    mixed = {r.id.partition("+")[2].rpartition("-")[0] for r in csl_emg_array.recordings(noisy)}
    assert mixed - {""} == {*"abcdef", "snow"}
    assert csl_emg_array.verify(noisy) == []
    kept = {p.name for p in csl_emg_array.corpus_files(noisy) if "noise" in p.parts}
    assert kept == {*(f"{k}.wav" for k in "abcdef"), "snow.WAV"}


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda p: noise(p / "train/a.wav", 0, length=0), r"a\.wav: expected finite samples"),
        (lambda p: noise(p / "train/a.wav", 0, rate=8000), r"a\.wav: expected 16000 Hz or more"),
        (lambda p: (p / "train/a.wav").write_text("no sound"), r"a\.wav: not a sound wav file"),
        (lambda p: (p / "test/g.mp3").write_text("any"), r"g\.mp3: expected \*\.wav alone"),
        (lambda p: (p / "test/notes.txt").write_text("any"), r"notes\.txt: expected \*\.wav alone"),
        (lambda p: noise(p / "test/more/g.wav", 9), r"more: expected \*\.wav alone"),
        (lambda p: noise(p / "valid/g.wav", 9), r"valid: expected noises in train and test alone"),
        (lambda p: noise(p / "g.wav", 9), r"g\.wav: expected noises in train and test alone"),
        (lambda p: noise(p / "test/F.WAV", 9), r"is called f as F\.WAV is"),
        (lambda p: noise(p / "test/g.wav", 0), r"g\.wav: expected a noise that is not heard in tr"),
        (lambda p: noise(p / "test/g.wav", 5), r"g\.wav: expected a noise that is there once"),
    ],
)
def test_a_noise_that_cannot_be_used_is_named(
    noisy: Path, damage: Callable[[Path], None], says: str
) -> None:
    damage(noisy / "noise")
    assert re.search(says, "\n".join(csl_emg_array.verify(noisy)))


def test_noises_of_the_other_corpus_are_looked_at_too(gaddy: Path) -> None:
    for k in range(5):
        noise(gaddy / f"noise/train/{k}.wav", k)
    noise(gaddy / "noise/test/f.wav", 8, length=0)
    assert "f.wav: expected finite samples" in "\n".join(gaddy2020.verify(gaddy))


def test_a_channel_that_is_dead_is_refused_also_beside_the_utterance(gaddy: Path) -> None:
    for number in (1, 2):
        path = gaddy / CLIP.replace("1_", f"{number}_emg.npy")
        whole = np.load(path)
        for damage in (whole * ([1] * 7 + [0]), whole * 1e-6):
            np.save(path, damage)
            one = next(r for r in gaddy2020.recordings(gaddy) if r.id == FIRST)
            with pytest.raises(
                UserError, match=rf"/{number}_emg\.npy: expected channel \d to chan"
            ):
                one["emg"]
        np.save(path, whole)
