"""CSL-EMG_Array: its miniature, markers, columns, rates, mixtures, and files that are not sound."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.io import wavfile

from benchmark.core import Array, Recording, UserError
from benchmark.corpora import csl_emg_array as csl
from benchmark.corpora.csl_emg_array import files
from benchmark.corpora.csl_emg_array import fixture as miniature
from benchmark.corpora.embedded import borrowed
from benchmark.corpora.simulated.sensors import emg as sensor
from benchmark.data import splits

SPLIT = Path(__file__).parents[2] / "tasks" / "splits" / "csl_emg_array.each_speaker.json"
UTTERANCES = [
    *(f"spk1-b1-{n:04}" for n in (1, 17, 40, 41, 60, 61, 199, 340)),
    *(f"spk1sil-b1-{n:04}" for n in (1, 61)),
    *(f"spk2-b1-{n:04}" for n in (1, 17, 40, 41, 60, 61, 199, 340)),
    *(f"spk2-b3-{n:04}" for n in (1, 50)),
]
LOG = "Spk1_Block1-Initial/recordingLog.json"
PLACE = "Spk1_Block1-Initial/0061/Spk1_Block1-Initial_0061"


def contents(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "csl_emg_array"
    miniature.write(folder)
    return folder


@pytest.fixture(scope="module")
def found(written: Path) -> dict[str, Recording]:
    return {one.id: one for one in csl.recordings(written)}


@pytest.fixture
def tree(written: Path, tmp_path: Path) -> Path:
    """A tree to change: its files are those of the miniature, so write by `changed` only."""
    return Path(shutil.copytree(written, tmp_path / "csl_emg_array", copy_function=os.link))


def changed(path: Path, write: Callable[[Path], Any]) -> Path:
    path.unlink(missing_ok=True)
    write(path)
    return path


def read(folder: Path, id: str, signal: str) -> Array:
    (one,) = (one for one in csl.recordings(folder) if one.id == id)
    return one[signal]


def stems() -> dict[str, str]:
    """Embedded recordings by the utterance that is made of them."""
    return {
        f"spk{speaker}-b1-{number:04}": id
        for speaker, simulated in enumerate(miniature.SPEAKERS, start=1)
        for number, id in miniature._said(simulated, "sentence", miniature.NUMBERS).items()
    }


# The corpus as it should be


def test_the_miniature_is_the_same_every_time(written: Path, tmp_path: Path) -> None:
    miniature.write(tmp_path / "again")
    assert contents(tmp_path / "again") == contents(written)
    assert (written / "FIXTURE").read_text().count("\n") == 1


def test_the_miniature_is_sound(written: Path) -> None:
    assert csl.verify(written) == []
    assert csl.locate(written.parent) == written
    assert csl.locate(written) == written


def test_the_corpus_is_found_by_its_own_name(written: Path, tmp_path: Path) -> None:
    assert csl.locate(tmp_path) is None
    (tmp_path / "csl_emg_array").mkdir()
    assert csl.locate(tmp_path) is None
    (tmp_path / "CSL-EMG_Array").symlink_to(written)
    assert csl.locate(tmp_path) == tmp_path / "CSL-EMG_Array"


def test_utterances_come_in_order_and_mixtures_after_them(found: dict[str, Recording]) -> None:
    assert list(found)[: len(UTTERANCES)] == UTTERANCES
    mixed = list(found)[len(UTTERANCES) :]
    assert all("+" in id for id in mixed)
    assert Counter(id.partition("+")[0] for id in mixed) == {
        f"spk{speaker}-b1-{number:04}": 4 * 8 if number <= 40 else 5 * 5
        for speaker in (1, 2)
        for number in (1, 17, 40, 41, 60, 61, 199, 340)
    }
    assert all(re.fullmatch(r"[A-Za-z0-9_+-]+", id) for id in found)


def test_recordings_say_who_spoke_what(found: dict[str, Recording]) -> None:
    silent = found["spk1sil-b1-0061"]
    assert (silent.speaker, silent.session, silent.span) == ("spk1", "spk1sil", None)
    assert (found["spk2-b3-0050"].speaker, found["spk2-b3-0050"].session) == ("spk2", "spk2")
    for id, stem in stems().items():
        assert found[id].text == borrowed.text(stem)
        assert "".join(map(chr, found[id]["text"])) == found[id].text
    mixture = found["spk1-b1-0061+" + next(i for i in found if "0061+" in i).partition("+")[2]]
    assert mixture.text == found["spk1-b1-0061"].text
    assert (mixture.speaker, mixture.session) == ("spk1", "spk1")


def test_signals_are_as_declared(found: dict[str, Recording]) -> None:
    for id in ("spk1-b1-0001", "spk2-b3-0050", "spk1sil-b1-0001", "spk2-b1-0017+pink-m11"):
        for name in csl.MIXED if "+" in id else csl.CLEAN:
            signal, array = csl.CORPUS.signals[name], found[id][name]
            assert (str(array.dtype), array.shape[1:]) == (signal.dtype, signal.frame), name
            assert np.isfinite(array).all()
        seconds = len(found[id]["clean" if "+" in id else "audio"]) / 16000
        for name in ("emg", "emg_deleted"):
            assert abs(len(found[id][name]) / 2000 - seconds) < 0.002
    emg = csl.CORPUS.signals["emg"]
    assert (emg.unit, emg.rate, len(emg.channels)) == ("mV", 2000.0, 35)
    assert ["cheek" in name for name in emg.channels] == [True] * 28 + [False] * 7
    assert (emg.channels[0], emg.channels[27], emg.channels[-1]) == (
        *("cheek 1.1", "cheek 4.7", "chin 7"),
    )


def test_sound_and_muscles_begin_at_their_markers(found: dict[str, Recording]) -> None:
    from scipy.signal import resample_poly

    for id, stem in list(stems().items())[::5]:
        source = borrowed.source(stem)
        speech = source.audio
        audio = found[id]["audio"]
        np.testing.assert_allclose(audio[: len(speech)], speech, atol=1e-3)
        sites = resample_poly(sensor.emg(source), 2, 1, axis=0)
        best = []
        for name in ("emg", "emg_deleted"):
            emg = found[id][name][: len(sites), 0]
            lags = np.correlate(emg - emg.mean(), sites[100:-100, 0], "valid")
            best.append(int(np.argmax(lags)) - 100)
        assert max(map(abs, best)) <= 1, (id, best)


def test_a_mixture_is_of_its_utterance(found: dict[str, Recording]) -> None:
    one, mixture = found["spk2-b1-0017"], found["spk2-b1-0017+babble2-m6"]
    clean, noisy = mixture["clean"].astype(float), mixture["noisy"].astype(float)
    audio = one["audio"]
    scale = clean @ audio / (audio @ audio)
    np.testing.assert_allclose(clean, audio * scale, atol=2**-14)
    assert 0.1 < scale <= 1 + 1e-6
    level = 10 * np.log10(np.sum(clean**2) / np.sum((noisy - clean) ** 2))
    assert abs(level + 6) < 0.05
    for name in ("emg", "emg_deleted"):
        np.testing.assert_array_equal(mixture[name], one[name])


def test_babble_is_of_the_other_speaker_and_of_the_same_part(written: Path) -> None:
    made = [one for one in csl.recordings(written) if "+babble" in one.id]
    assert made
    for one in made:
        (recipe,) = one.read.args  # type: ignore[attr-defined]
        tested = int(one.id[8:12]) <= 40
        for voice in recipe.voices:
            assert voice[:4] != one.id[:4]
            assert (int(voice[8:12]) <= 40) == tested
            assert int(voice[8:12]) not in range(41, 61)


def test_signals_of_another_kind_are_refused(found: dict[str, Recording]) -> None:
    with pytest.raises(UserError, match=r"spk1-b1-0001 is an utterance and has no 'noisy'; it has"):
        found["spk1-b1-0001"]["noisy"]
    with pytest.raises(UserError, match=r"spk1-b1-0001\+car-m1 is a mixture and has no 'audio'"):
        found["spk1-b1-0001+car-m1"]["audio"]


def test_who_writes_into_an_array_changes_nothing(found: dict[str, Recording]) -> None:
    for id, name in (
        *(("spk1-b1-0001", name) for name in csl.CLEAN),
        *(("spk1-b1-0001+car-m1", name) for name in csl.MIXED),
    ):
        before = found[id][name].copy()
        found[id][name][:] = 7
        np.testing.assert_array_equal(found[id][name], before, err_msg=name)


def test_the_split_takes_utterances_by_number(found: dict[str, Recording]) -> None:
    split, notes = splits.resolve(splits.load(SPLIT), list(found.values()))
    assert len(notes) == 6
    splits.check(split, found)
    for name, fold in split.folds.items():
        roles = {role: {i.partition("+")[0] for i in ids} for role, ids in fold.roles().items()}
        assert roles == {
            "train": {f"{name}-b1-{n:04}" for n in (61, 199, 340)},
            "valid": {f"{name}-b1-{n:04}" for n in (41, 60)},
            "test": {f"{name}-b1-{n:04}" for n in (1, 17, 40)},
        }
        assert len(fold.test) == 3 * 32
        assert all("+" in id for ids in fold.roles().values() for id in ids)


def test_the_split_takes_the_published_numbers_of_the_whole() -> None:
    def one(id: str) -> Recording:
        return Recording(id, id[:4], id[:4], id, lambda _: np.zeros(0))

    ids = [f"{s}-b{b}-{n:04}" for s in ("spk3", "spk3sil") for b in (1, 2) for n in range(1, 341)]
    every = [one(id + noise) for id in ids for noise in ("", "+pink-m1", "+car-p0")]
    split, _ = splits.resolve(splits.load(SPLIT), every)
    assert list(split.folds) == ["spk3"]
    (fold,) = split.folds.values()
    assert [len(ids) for ids in fold.roles().values()] == [560, 40, 80]


def test_facets_say_noise_manner_and_block() -> None:
    assert csl.facets("spk1-b1-0042+Street_Noise-m11") == {
        "noise": "Street_Noise",
        "SNR [dB]": "-11",
    }
    assert csl.facets("spk6sil-b3-0007") == {"mode": "silent", "block": "3"}
    assert csl.facets("spk1-b1-0042") == {"mode": "audible", "block": "1"}


def test_the_digest_is_of_the_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    before = csl.CORPUS.digest()
    assert re.fullmatch("[0-9a-f]{64}", before)
    monkeypatch.setitem(csl.READER, "version", 2)
    assert csl.digest() != before


def test_importing_loads_nothing_heavy() -> None:
    code = "import sys, benchmark.corpora.csl_emg_array; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"scipy", "soundfile", "torch", "pooch"} & set(done.stdout.split())


# Files


def array(length: int, rise: int, up: float = 25.0, dtype: str = "f4") -> Array:
    """EMG whose column k is the ramp k + t / 10000, with a marker."""
    emg = np.arange(41) + np.arange(length)[:, None] / 10000
    emg[:, 40] = np.where(np.arange(length) < rise, 0, up)
    return emg.astype(dtype)


def sound(length: int, rise: int, up: float = 0.9) -> Array:
    speech = np.arange(length) / 2**17
    return np.column_stack([speech, np.where(np.arange(length) < rise, 0, up)])


@pytest.mark.parametrize("dtype", ["f4", "f8", ">f4"])
def test_every_eighth_column_and_what_is_before_the_marker_are_dropped(
    tmp_path: Path, dtype: str
) -> None:
    np.save(tmp_path / "a.npy", array(500, 100, dtype=dtype))
    found = files.read_emg(tmp_path / "a.npy")
    assert (found.shape, found.dtype) == ((400, 35), np.float32)
    columns = [k for k in range(40) if k not in (7, 15, 23, 31, 39)]
    np.testing.assert_allclose(found[0], np.array(columns) + 0.01, atol=1e-5)


def test_the_marker_is_up_where_it_first_rises_by_enough(tmp_path: Path) -> None:
    emg = array(600, 300)
    emg[100:200, 40], emg[200:300, 40] = 10.0, -1e4  # too little, and down
    emg[300:, 40], emg[400:, 40] = 0.0, 50.0  # up again from below, and up once more
    np.save(tmp_path / "a.npy", emg)
    assert len(files.read_emg(tmp_path / "a.npy")) == 300
    stereo = sound(3000, 1000)
    stereo[200:500, 1] = 0.5
    wavfile.write(tmp_path / "a.wav", 16000, stereo)
    np.testing.assert_allclose(files.read_audio(tmp_path / "a.wav"), stereo[1000:, 0])


@pytest.mark.parametrize("form", [np.float64, np.float32, np.int16])
def test_sound_is_read_in_floats_and_in_16_bits(tmp_path: Path, form: type) -> None:
    stored = (sound(3000, 1000) * (32768 if form is np.int16 else 1)).astype(form)
    wavfile.write(tmp_path / "a.wav", 16000, stored)
    found = files.read_audio(tmp_path / "a.wav")
    np.testing.assert_allclose(found, sound(3000, 1000)[1000:, 0], atol=2**-15)


@pytest.mark.parametrize(
    ("emg", "audio", "left"),
    [(2048, 20000, (2048, 16000)), (2500, 16000, (2048, 16000)), (2050, 16007, (2048, 16000))],
)
def test_both_streams_are_cut_to_what_they_share(
    tmp_path: Path, emg: int, audio: int, left: tuple[int, int]
) -> None:
    np.save(tmp_path / "a.npy", array(emg + 50, 50))
    wavfile.write(tmp_path / "a.wav", 16000, sound(audio + 90, 90))
    muscles, speech = files.aligned(tmp_path / "a.npy", tmp_path / "a.wav")
    assert speech is not None
    assert (len(muscles), len(speech)) == left
    assert abs(float(muscles[0, 0]) - 0.005) < 1e-6
    assert speech[0] == 90 / 2**17
    alone, none = files.aligned(tmp_path / "a.npy", None)
    assert (len(alone), none) == (emg, None)


def test_too_little_after_the_marker_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", array(300, 173))
    with pytest.raises(UserError, match=r"a\.npy: expected 128 samples or more .*, found 127"):
        files.aligned(tmp_path / "a.npy", None)


def published(length: int) -> list[int]:
    """The samples that are kept, step by step as they are deleted in the publication."""
    gone, last = [], 0
    for _ in range(length // 128):
        for step in (43, 43, 42):
            last += step
            gone.append(last)
    for _ in range(2):
        if last + 42 < length:
            last += 42
            gone.append(last)
    return [k for k in range(length) if k + 1 not in gone]


def test_samples_are_deleted_as_published() -> None:
    assert len(files.deleted(np.zeros((10240, 2)))) == 10000
    for length in (*range(300), 1000):
        kept = files.deleted(np.arange(length)[:, None])[:, 0].tolist()
        assert kept == published(length), length


def test_resampling_keeps_a_tone_and_an_offset() -> None:
    def tone(rate: float, count: int) -> Array:
        return np.asarray(0.5 * np.sin(2 * np.pi * 100 * np.arange(count) / rate) + 3)[:, None]

    found = files.resampled(tone(2048, 2048))
    assert (found.shape, found.dtype) == ((2000, 1), np.float32)
    np.testing.assert_allclose(found[40:-40], tone(2000, 2000)[40:-40], atol=2e-3)
    np.testing.assert_allclose(found, tone(2000, 2000), atol=5e-3)


# What is missing or broken


def test_counts_of_the_published_corpus_are_held(tree: Path) -> None:
    (tree / "FIXTURE").unlink()
    problems = csl.verify(tree)
    assert f"{tree}/Spk1_Block1-*: expected 340 utterances, found 8; get it again" in problems
    assert f"{tree}/Spk8-Sil_Block7-*: expected 50 utterances, found 0; get it again" in problems
    assert len(problems) == 12 * 4
    (tree / "Spk2_Block1-Initial").rename(tree / "Spk9_Block1-Initial")
    assert f"{tree}: expected no Spk9, found it; move it away" in csl.verify(tree)


def test_an_empty_folder_is_no_corpus(tmp_path: Path) -> None:
    (told,) = csl.verify(tmp_path)
    assert "expected folders such as Spk1_Block1-Initial, found none; get https://csl" in told
    assert csl.recordings(tmp_path) == []


def test_an_utterance_without_sound_keeps_its_muscles(tree: Path, found: Any) -> None:
    (tree / f"{PLACE}_audio.wav").unlink()
    left = {one.id: one for one in csl.recordings(tree)}
    assert not any(id.startswith("spk1-b1-0061+") for id in left)
    one = left["spk1-b1-0061"]
    emg = found["spk1-b1-0061"]["emg"]
    np.testing.assert_allclose(one["emg"][: len(emg) - 40], emg[:-40], atol=1e-2)
    assert len(one["text"]) == len(one.text)
    with pytest.raises(UserError, match=r"0061: expected Spk1_Block1-Initial_0061_audio\.wav"):
        one["audio"]
    (told,) = csl.verify(tree)
    assert told == (
        f"{tree / 'Spk1_Block1-Initial/0061'}: expected Spk1_Block1-Initial_0061_audio.wav, found "
        "none; get the utterance again"
    )


def test_an_utterance_without_muscles_is_none_and_is_named(tree: Path) -> None:
    (tree / f"{PLACE}_emg.npy").unlink()
    assert not any(one.id.startswith("spk1-b1-0061") for one in csl.recordings(tree))
    (told,) = csl.verify(tree)
    assert "Spk1_Block1-Initial_0061_emg.npy, found none" in told


def test_nan_is_refused_when_it_is_read(tree: Path) -> None:
    name = "Spk1-Sil_Block1-Initial_0061_emg.npy"
    path = tree / "Spk1-Sil_Block1-Initial" / "0061" / name
    emg = np.load(path)
    emg[1500, 3] = np.nan
    changed(path, lambda path: np.save(path, emg))
    found = {one.id: one for one in csl.recordings(tree)}
    assert found["spk1sil-b1-0001"]["emg"].size
    for signal in ("emg", "emg_deleted", "audio"):
        with pytest.raises(UserError, match=f"{name}: expected finite samples, found 1500 is not"):
            found["spk1sil-b1-0061"][signal]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (array(300, 100)[:, :40], r"expected floats \(time, 41\), found float32 \(300, 40\)"),
        (array(300, 100).astype("i2"), r"expected floats \(time, 41\), found int16"),
        (array(300, 100)[0], r"expected floats \(time, 41\), found float32 \(41,\)"),
        (array(300, 100).astype(object), "not a sound npy file"),
        (array(300, 300), "a marker in its last column that rises by more than 10, found none"),
        (array(300, 100, up=10), "rises by more than 10, found none"),
        (array(300, 100, dtype="f8") * 1e300, "expected finite samples, found 0 is not"),
    ],
)
def test_emg_of_another_form_is_refused(tmp_path: Path, content: Array, says: str) -> None:
    np.save(tmp_path / "a.npy", content)
    with pytest.raises(UserError, match=rf"a\.npy: .*{says}.*"):
        files.read_emg(tmp_path / "a.npy")


@pytest.mark.parametrize(
    ("stereo", "rate", "says"),
    [
        (sound(3000, 1000)[:, 0], 16000, "2 channels .speech, marker. at 16000 Hz, found 1 at"),
        (sound(3000, 1000), 44100, "at 16000 Hz, found 2 at 44100 Hz"),
        (sound(32000, 1000, up=0.5), 16000, "a marker in channel 2 that rises by more than 0.5"),
    ],
)
def test_sound_of_another_form_is_refused(tree: Path, stereo: Array, rate: int, says: str) -> None:
    path = changed(tree / f"{PLACE}_audio.wav", lambda p: wavfile.write(p, rate, stereo))
    with pytest.raises(UserError, match=f"Spk1_Block1-Initial_0061_audio.wav: .*{says}"):
        read(tree, "spk1-b1-0061", "audio")
    told = csl.verify(tree)
    assert told == ([] if "marker in" in says else [told[0]])
    assert all(str(path) in one for one in told)


def test_verify_opens_every_header(tree: Path) -> None:
    emg = changed(tree / f"{PLACE}_emg.npy", lambda p: p.write_bytes(b"\x93NUMPY"))
    audio = changed(tree / f"{PLACE}_audio.wav", lambda p: p.write_bytes(b"RIFF"))
    problems = csl.verify(tree)
    assert [one.partition(":")[0] for one in problems] == [str(emg), str(audio)]
    assert all("not a sound" in one and "\n" not in one for one in problems)


def test_damage_is_refused_or_harmless(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", array(300, 100))
    wavfile.write(tmp_path / "a.wav", 16000, (sound(3000, 900) * 32767).astype(np.int16))
    rng = np.random.default_rng(3)
    for name, header, read in (("a.npy", 128, files.read_emg), ("a.wav", 44, files.read_audio)):
        path, told = tmp_path / name, []
        whole = path.read_bytes()
        for turn in range(300):
            damaged = bytearray(whole)
            damaged[rng.integers(header)] = rng.integers(256)
            path.write_bytes(damaged if turn % 5 else damaged[: rng.integers(len(whole))])
            try:
                assert len(read(path)) > 0
            except UserError as problem:
                told.append(str(problem))
        assert len(told) > 50
        assert all(one.startswith(f"{path}: ") and "\n" not in one for one in told)


def test_prompts_are_read_from_both_forms(tmp_path: Path) -> None:
    path = tmp_path / "recordingLog.json"
    texts = {1: "one", 17: "Fünf", 340: "six"}
    for listed in (
        {f"{number:04}": text for number, text in texts.items()},
        [[number, text] for number, text in reversed(texts.items())],
    ):
        path.write_text(json.dumps({"promptList": listed}), "utf-8")
        assert files.prompts(path) == texts


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "not sound JSON"),
        ("[" * 100_000, "not sound JSON"),
        ('{"promptList": ' + "9" * 5000 + "}", "not sound JSON"),
        ("[]", "expected promptList, found none"),
        ("{}", "expected promptList, found none"),
        ('{"promptList": "text"}', "expected promptList, found none"),
        ('{"promptList": [1, 2]}', "expected a number and a text, got 1"),
        ('{"promptList": [[true, "a"]]}', "expected a number and a text"),
        ('{"promptList": [[12345, "a"]]}', "expected a number and a text"),
        ('{"promptList": {"one": "a"}}', "expected a number and a text"),
        ('{"promptList": [[1, 2]]}', "expected one text for prompt 0001, got 2"),
        ('{"promptList": [[1, "a"], [1, "b"]]}', "expected one text for prompt 0001, got 'b'"),
        ('{"promptList": [[1, "\\ud800"]]}', "expected one text for prompt 0001"),
    ],
)
def test_a_log_that_is_not_sound_is_refused(tree: Path, content: str, says: str) -> None:
    path = changed(tree / LOG, lambda p: p.write_text(content))
    with pytest.raises(UserError, match=re.escape(f"{path}: {says}")) as caught:
        csl.recordings(tree)
    assert csl.verify(tree) == [str(caught.value)]


def test_a_prompt_that_is_not_there_is_named(tree: Path) -> None:
    log = json.loads((tree / LOG).read_text())
    del log["promptList"]["0017"]
    log["promptList"]["0040"] = " "
    changed(tree / LOG, lambda p: p.write_text(json.dumps(log)))
    with pytest.raises(UserError, match=r"recordingLog\.json: expected a prompt 0017, found none"):
        csl.recordings(tree)
    told = csl.verify(tree)
    assert [re.findall("/(....): expected a prompt", one) for one in told] == [["0017"], ["0040"]]


def test_a_missing_log_is_named(tree: Path) -> None:
    (tree / LOG).unlink()
    with pytest.raises(UserError, match=r"Log\.json: expected the prompts, found No such file"):
        csl.recordings(tree)


def test_one_block_twice_is_refused(tree: Path) -> None:
    (tree / "Spk1_Block1-Again").mkdir()
    with pytest.raises(UserError, match=r"Spk1_Block1-Initial: expected one block 1, but .*-Again"):
        csl.recordings(tree)
    assert len(csl.verify(tree)) == 1


def own_noises(tree: Path, *tests: str) -> list[Path]:
    rng = np.random.default_rng(0)
    paths = [tree / "noise/train" / f"n{k}.wav" for k in range(5)]
    paths += [tree / "noise/test" / f"{name}.wav" for name in tests]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        wavfile.write(path, 16000, rng.uniform(-0.3, 0.3, 1800))
    return paths


def test_only_the_first_audible_block_is_mixed(tree: Path) -> None:
    own_noises(tree, "car")
    (tree / "Spk1_Block1-Initial").rename(tree / "Spk1_Block1-Other")
    for path in sorted((tree / "Spk1_Block1-Other").rglob("Spk1_*")):
        path.rename(path.with_name(path.name.replace("Initial", "Other")))
    ids = [one.id for one in csl.recordings(tree)]
    assert "spk1-b1-0061" in ids
    assert {id[:7] for id in ids if "+" in id} == {"spk2-b1"}


def test_files_are_those_of_the_corpus(tree: Path) -> None:
    before = csl.corpus_files(tree)
    assert before == sorted(before)
    everything = {path for path in tree.rglob("*") if path.is_file()} - {tree / "FIXTURE"}
    assert set(before) == everything
    assert any(path.name.endswith("_audio.npy") for path in before)
    for name in ("README", "Spk1_Block1-Initial/0001/.DS_Store", "Spk1_Block1-Initial/notes.txt"):
        (tree / name).write_text("")
    assert csl.corpus_files(tree) == before


def test_own_noises_are_mixed_and_are_files_of_the_corpus(tree: Path) -> None:
    assert set(own_noises(tree, "my car")) <= set(csl.corpus_files(tree))
    assert csl.verify(tree) == []
    found = {one.id: one for one in csl.recordings(tree)}
    assert sum("+" in id for id in found) == 2 * (3 * 4 + 5 * 25)
    mixture = found["spk1-b1-0040+my_car-m11"]
    added = mixture["noisy"] - mixture["clean"]
    np.testing.assert_allclose(added[:1800], added[1800:3600], atol=2**-13)
    shutil.copy(tree / "noise/train/n0.wav", tree / "noise/test/n0.wav")
    (told,) = csl.verify(tree)
    assert "expected a noise that is not heard in training" in told
    shutil.rmtree(tree / "noise/train")
    (told,) = csl.verify(tree)
    assert "noise/train: expected *.wav with noises, found none" in told
