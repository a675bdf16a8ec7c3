"""EMG-UKA Trial: its miniature, lists, markers, offsets, and files that contradict each other."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.io import wavfile

from benchmark.core import Recording, UserError
from benchmark.corpora import emg_uka_trial as uka
from benchmark.corpora.embedded import borrowed
from benchmark.corpora.emg_uka_trial import fixture as miniature
from benchmark.corpora.simulated.sensors import emg as sensor
from benchmark.data import splits

SPLITS = Path(__file__).parents[2] / "tasks" / "splits"
ONE = "audible-002-001-0001-train"
PLACE = "002/001/{}_002_001_0001.{}"
EMG, SOUND = "emg/" + PLACE.format("e07", "adc"), "audio/" + PLACE.format("a", "wav")
OFFSET = "offset/" + PLACE.format("offset", "txt")
TEXT = "Transcripts/" + PLACE.format("transcript", "txt")
PHONES, WORDS = ("Alignments/" + PLACE.format(of, "txt") for of in ("phones", "words"))
TRAIN = "Subsets/train.audible"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "emg_uka_trial"
    miniature.write(folder)
    return folder


@pytest.fixture(scope="module")
def found(written: Path) -> dict[str, Recording]:
    return {one.id: one for one in uka.recordings(written)}


@pytest.fixture
def tree(written: Path, tmp_path: Path) -> Path:
    """A tree to change: its files are those of the miniature, so write by `changed` only."""
    return Path(shutil.copytree(written, tmp_path / "emg_uka_trial", copy_function=os.link))


def changed(path: Path, content: bytes | str) -> Path:
    path.unlink(missing_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def contents(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def source(id: str) -> str:
    """The recording of the embedded corpus that an utterance of the miniature was made from."""
    manner, speaker, session, number, role = id.split("-")
    talker = miniature.TALKERS[manner, speaker, session]
    place = 5 if role == "train" and number.endswith("00") else int(number) % 100 - 1
    return borrowed.shortest(talker, "sentence", len(miniature.USED))[place]


def test_the_miniature_is_the_same_every_time_and_sound(written: Path, tmp_path: Path) -> None:
    miniature.write(tmp_path / "EMG-UKA-Trial-Corpus")
    assert contents(tmp_path / "EMG-UKA-Trial-Corpus") == contents(written)
    assert uka.verify(written) == []
    assert uka.locate(written.parent) == written == uka.locate(written)
    assert uka.locate(tmp_path) == tmp_path / "EMG-UKA-Trial-Corpus"
    (tmp_path / "EMG-UKA-Trial-Corpus" / TRAIN).unlink()
    assert uka.locate(tmp_path) is None
    everything = {path for path in written.rglob("*") if path.is_file()}
    assert set(uka.corpus_files(written)) == everything - {written / "FIXTURE"}


def test_recordings_say_who_said_what_and_how(found: dict[str, Recording]) -> None:
    spoken = [id for id in found if "+" not in id]
    assert list(found)[: len(spoken)] == spoken
    assert spoken[:2] == ["audible-002-001-0000-train", ONE]
    assert Counter((id.split("-")[0], id.split("-")[-1]) for id in spoken) == {
        ("audible", "train"): 24,
        ("audible", "test"): 8,
        **{(m, r): n for m in ("whispered", "silent") for r, n in (("train", 6), ("test", 2))},
    }
    for id in spoken:
        one = found[id]
        assert (one.speaker, one.session) == (id.split("-")[1], "-".join(id.split("-")[1:3]))
        assert one.text == borrowed.text(source(id)).upper() == "".join(map(chr, one["text"]))
    mixed = Counter(id.partition("+")[0] for id in found if "+" in id)
    assert mixed == {
        id: 4 * 8 if id.endswith("test") else 5 for id in spoken if id.startswith("audible-")
    }


def test_signals_are_as_declared_and_as_long_as_each_other(found: dict[str, Recording]) -> None:
    some = [
        "audible-008-003-0308-test",
        "whispered-002-001-0401-train",
        "silent-002-001-0502-train",
    ]
    some += [next(id for id in found if id.startswith(f"{ONE}+"))]
    for id in some:
        lengths = {}
        for name in uka.signals_of(id):
            signal, array = uka.SIGNALS[name], found[id][name]
            assert (str(array.dtype), array.shape[1:]) == (signal.dtype, signal.frame), name
            assert np.isfinite(array).all()
            if signal.rate:
                lengths[name] = len(array) / signal.rate
        slack = uka.CORPUS.checks.slack
        assert max(lengths.values()) - min(lengths.values()) < slack, lengths
        for name in set(uka.SIGNALS) - set(uka.signals_of(id)):
            with pytest.raises(UserError, match=f"{re.escape(id)} is .*has no '?{name}"):
                found[id][name]


def test_silent_speech_has_the_mel_of_its_audible_take(found: dict[str, Recording]) -> None:
    """In the miniature both move alike, so nothing is late; texts are the same, numbers are not."""
    silent = [id for id in found if id.startswith("silent-")]
    assert len(silent) == 8
    audible = [id for id in found if id.startswith("audible-002-001-") and "+" not in id]
    by_text = {found[id].text: found[id] for id in audible}
    for id in silent[::3]:
        assert uka.signals_of(id) == ("emg", "text", "phones", "mel")
        mel, other = found[id]["mel"], by_text[found[id].text]["mel"]
        assert mel.dtype == np.float32
        assert len(mel) == round(len(found[id]["emg"]) / 600 * 86.1328125)
        both = min(len(mel), len(other))
        late = np.abs(other[4:] - other[:-4]).mean()  # if it were 0.05 s late everywhere
        assert np.abs(mel[:both] - other[:both]).mean() < 0.75 * late


def test_silent_speech_without_an_audible_take_is_named(tree: Path) -> None:
    for path in tree.glob("Transcripts/002/001/transcript_002_001_000*"):
        changed(path, b"OTHER WORDS\n")
    id = "silent-002-001-0501-train"
    one = next(one for one in uka.recordings(tree) if one.id == id)
    with pytest.raises(UserError, match=f"{id}: expected an audible utterance of its words in ses"):
        one["mel"]
    assert one["emg"].size


@pytest.mark.parametrize("source", ["audible", "both"])
def test_models_of_other_speech_are_tested_on_the_same_silent_speech(
    found: dict[str, Recording], source: str
) -> None:
    name = f"emg_uka_trial.silent_from_{source}"
    split, silent = (
        splits.load(SPLITS / f"{name}.json") for name in (name, "emg_uka_trial.silent")
    )
    assert {n: f.test for n, f in split.folds.items()} == {
        n: f.test for n, f in silent.folds.items()
    }
    resolved, _ = splits.resolve(split, list(found.values()))
    splits.check(resolved, found)
    [fold] = resolved.folds.values()  # the miniature has one session with silent speech
    manners = {r: {id.split("-")[0] for id in ids} for r, ids in fold.roles().items()}
    both = source == "both"
    assert manners == {
        "train": {"audible", "silent"} if both else {"audible"},
        "valid": {"silent"} if both else {"audible"},
        "test": {"silent"},
    }


def test_sound_and_muscles_begin_at_once(found: dict[str, Recording]) -> None:
    from scipy.signal import resample_poly

    for id in (ONE, "audible-008-002-0207-test"):
        said = borrowed.source(source(id))
        speech = said.audio
        np.testing.assert_allclose(found[id]["audio"][: len(speech)], speech, atol=1e-3)
        sites = resample_poly(sensor.emg(said), 3, 5)
        emg = found[id]["emg"][: len(sites)]
        assert emg.shape[1] == 6
        for channel in range(6):
            assert np.corrcoef(emg[:, channel], sites[: len(emg), channel])[0, 1] > 0.98
        offset = emg.mean(axis=0) - sites[: len(emg), :6].mean(axis=0)
        np.testing.assert_allclose(offset, 0.033 * np.array(miniature.OFFSETS), atol=0.5)


def test_phones_are_those_of_the_alignment(tree: Path, found: dict[str, Recording]) -> None:
    rows = [line.split() for line in (tree / PHONES).read_text().splitlines()]
    phones = found[ONE]["phones"]
    for first, last, name in rows:
        said = {uka.SIGNALS["phones"].labels[code] for code in phones[int(first) : int(last) + 1]}
        assert said == {name}
    assert len(set(phones[int(rows[-1][0]) :])) == 1
    assert not found["silent-002-001-0501-train"]["phones"].any()


def test_a_mixture_is_of_its_utterance(found: dict[str, Recording]) -> None:
    mixture = found["audible-008-001-0107-test+street-m6"]
    clean, noisy = mixture["clean"].astype(float), mixture["noisy"].astype(float)
    audio = found["audible-008-001-0107-test"]["audio"].astype(float)
    assert np.corrcoef(clean, audio)[0, 1] > 0.9999
    assert 10 * np.log10((clean**2).sum() / ((noisy - clean) ** 2).sum()) == pytest.approx(
        -6, abs=0.1
    )
    assert uka.facets(mixture.id) == {"noise": "street", "SNR [dB]": "-6"}
    assert uka.facets(ONE) == {"manner": "audible", "session": "002-001"}


@pytest.mark.parametrize("name", ["audible", "silent", "across_sessions", "mixtures"])
def test_splits_share_no_text(name: str, found: dict[str, Recording]) -> None:
    split = splits.load(SPLITS / f"emg_uka_trial.{name}.json")
    assert "text" in split.disjoint
    here, _ = splits.resolve(split, list(found.values()))
    splits.check(here, found)
    for fold in here.folds.values():
        assert {("+" in id) for role in fold.roles().values() for id in role} == {
            name == "mixtures"
        }
        manners = {id.partition("-")[0] for role in fold.roles().values() for id in role}
        assert manners == {"silent" if name == "silent" else "audible"}
        assert not any("-test" in id for id in (*fold.train, *fold.valid))
        assert all("-test" in id for id in fold.test)


def adc(change: Callable[[Any], Any]) -> Callable[[Path], None]:
    def damage(tree: Path) -> None:
        stored = np.fromfile(tree / EMG, "<i2").reshape(-1, 7)
        changed(tree / EMG, change(stored).astype("<i2").tobytes())

    return damage


def wav(change: Callable[[Any], Any], rate: int = 16000) -> Callable[[Path], None]:
    def damage(tree: Path) -> None:
        stored = wavfile.read(tree / SOUND)[1]
        (tree / SOUND).unlink()
        wavfile.write(tree / SOUND, rate, change(stored))

    return damage


def text(path: str, change: Callable[[str], str]) -> Callable[[Path], None]:
    return lambda tree: changed(tree / path, change((tree / path).read_text())) and None


def exchanged(path: str) -> Callable[[Path], None]:
    """The file of another utterance in its place."""
    return lambda tree: (
        changed(tree / path, (tree / path.replace("_0001.", "_0002.")).read_bytes()) and None
    )


def repeated(array: Any) -> Any:
    return np.repeat(array, 2, axis=0)


@pytest.mark.parametrize(
    ("signal", "damage", "says"),
    [
        ("emg", adc(lambda a: a[: len(a) // 2]), "expected more than .* samples, as offset_"),
        ("emg", adc(lambda a: a[::2]), "the marker to rise at sample 45"),
        ("emg", adc(repeated), "found it at sample 90"),
        ("emg", adc(lambda a: np.roll(a, 7, axis=0)), "found it at sample 0"),
        ("emg", adc(lambda a: a[:, ::-1]), "a marker of -32640 and -32632 in column 7"),
        ("emg", adc(lambda a: a * 2), "a marker of -32640"),
        ("emg", adc(lambda a: np.column_stack([a[:, :6], a[:1, 6].repeat(len(a))])), "found none"),
        ("emg", lambda t: changed(t / EMG, (t / EMG).read_bytes()[:-5]), "samples of 14 bytes"),
        ("emg", lambda t: changed(t / EMG, b""), "samples of 14 bytes, found 0 bytes"),
        ("emg", lambda t: (t / EMG).unlink(), "expected EMG, found No such file"),
        ("audio", wav(lambda a: a[: len(a) // 2]), "expected more than .* samples, as offset_"),
        ("audio", wav(repeated), "the marker to rise at sample 480"),
        ("audio", wav(lambda a: a[2:]), "found it at sample 478"),
        ("audio", wav(lambda a: a[:, ::-1]), "the marker to rise at sample 480"),
        ("audio", wav(lambda a: a[:, 0]), "2 channels .speech, marker. at 16000 Hz, found 1"),
        ("audio", wav(lambda a: a, 8000), "at 16000 Hz, found 2 at 8000 Hz"),
        ("audio", wav(lambda a: a // 4), "found none"),
        ("audio", lambda t: (t / SOUND).unlink(), "not a sound wav file"),
        ("emg", text(OFFSET, lambda s: s.replace("\n", " 1\n", 1)), "expected 4 numbers"),
        ("emg", text(OFFSET, lambda _: "0 -5 1 2"), "expected 4 numbers"),
        ("emg", text(OFFSET, lambda s: " ".join(reversed(s.split()))), "of equal length"),
        ("phones", text(PHONES, lambda s: s.replace(" SIL", " sil", 1)), "phones of phoneList"),
        ("phones", text(PHONES, lambda s: s.replace("0 ", "2 ", 1)), "frames from 0 on"),
        ("phones", text(PHONES, lambda s: "\n".join(s.split("\n")[:-3])), "expected .* s, found"),
        ("phones", text(PHONES, lambda s: s + s), "frames from"),
    ],
)  # fmt: skip
def test_what_contradicts_another_file_is_refused(
    tree: Path, signal: str, damage: Callable[[Path], Any], says: str
) -> None:
    damage(tree)
    (one,) = (one for one in uka.recordings(tree) if one.id == ONE)
    with pytest.raises(UserError, match=rf"_0001\.\w+: .*{says}.*; get"):
        one[signal]


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (exchanged(TEXT), r"words_002_001_0001\.txt: expected '.*', found '"),
        (exchanged(WORDS), r"words_002_001_0001\.txt: expected"),
        (exchanged(OFFSET), "_0001"),
        (adc(lambda a: a[: len(a) // 2]), r"e07_002_001_0001\.adc: expected more than"),
        (wav(lambda a: a[: len(a) // 2]), r"a_002_001_0001\.wav: expected more than"),
        (wav(lambda a: a, 8000), "at 8000 Hz"),
        (adc(repeated), r"offset_002_001_0001\.txt: expected the end of EMG or sound"),
        (lambda t: (t / SOUND).unlink(), r"a_002_001_0001\.wav: not a sound wav file"),
        (lambda t: (t / PHONES).unlink(), r"phones_002_001_0001\.txt: expected phones, found none"),
        (lambda t: shutil.copy(t / EMG, t / EMG.replace("0001", "0999")), "in none; move it away"),
        (lambda t: (t / TEXT).unlink(), r"transcript_002_001_0001\.txt: expected a text"),
        (text(TEXT, lambda s: s + s), "expected a line of words"),
        (text(TEXT, lambda _: "\n"), "expected a line of words"),
        (text(TRAIN, lambda s: s.replace("emg_002-001-0001", "emg_002-003-0001", 1)), "line 1: "),
        (text(TRAIN, lambda s: s.replace("-0001", "-0002", 1)), "each utterance once"),
        (text(TRAIN, lambda s: s.replace("emg_002-001-0001", "emg_002-001-0007")), "test.audible"),
        (text(TRAIN, lambda s: s.replace(":", "", 1)), "expected utterances of"),
        (lambda t: (t / TRAIN).unlink(), r"train\.audible: expected a text, found No such file"),
    ],
)  # fmt: skip
def test_verify_names_it(tree: Path, damage: Callable[[Path], Any], says: str) -> None:
    damage(tree)
    told = uka.verify(tree)
    assert len(told) == 1, told
    assert re.search(says, told[0])
    assert "\n" not in told[0]


def test_texts_of_other_systems_are_the_same(tree: Path, found: dict[str, Recording]) -> None:
    for path in (TRAIN, TEXT, OFFSET, PHONES, WORDS):
        whole = (tree / path).read_bytes()
        changed(tree / path, b"\xef\xbb\xbf" + whole.replace(b"\n", b"\r\n"))
    assert uka.verify(tree) == []
    one = next(one for one in uka.recordings(tree) if one.id == ONE)
    for signal in ("emg", "text", "phones", "audio"):
        np.testing.assert_array_equal(one[signal], found[ONE][signal])


def test_a_part_of_the_corpus_is_named_as_such(tree: Path) -> None:
    (tree / "FIXTURE").unlink()
    told = uka.verify(tree)
    assert any("expected 1120 audible utterances, found 32" in one for one in told)
    assert any("50 silent-002-001 utterances, 10 of them to test, found 8 and 2" in o for o in told)
