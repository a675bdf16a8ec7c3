"""The gaddy2020 corpus by its miniature: ids, signals, oddities, splits, and bad files."""

from __future__ import annotations

import io
import json
import math
import pickle
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from scipy import signal

from benchmark.core import Array, Recording, UserError
from benchmark.corpora import gaddy2020
from benchmark.corpora.embedded import borrowed
from benchmark.corpora.gaddy2020 import files, parallel
from benchmark.corpora.gaddy2020 import fixture as miniature
from benchmark.corpora.io import sparc, warping
from benchmark.corpora.simulated import reader
from benchmark.corpora.simulated.sensors import articulation, emg, muscles, sound
from benchmark.corpora.simulated.sensors.source import Source, speaking
from benchmark.data import splits

SPLITS = Path(__file__).resolve().parents[2] / "tasks" / "splits"
FIRST = "voiced-5-4-0001-War_of_the_Worlds-0522"
SILENT = "silent-5-4_silent-0001-War_of_the_Worlds-0522"
SESSION = "emg_data/voiced_parallel_data/5-4"


def said(group: str, session: str, sentence: int) -> Source:
    """What a sentence of the miniature was made from."""
    ids = iter(borrowed.shortest(miniature.SPEAKER, "sentence", 40))
    for key, (_, order) in miniature.SESSIONS.items():
        for number in order:
            if number not in (None, miniature.LETTERLESS):
                id = next(ids)
                if (*key, number) == (group, session, sentence):
                    return borrowed.source(id)
    raise ValueError(sentence)


SAID = said("parallel", "5-4", 522)  # what FIRST was made from
N = SAID.length(50)  # its frames of articulation
SAMPLES = SAID.length(1000)  # its samples of EMG


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One miniature for all tests that only read."""
    folder = tmp_path_factory.mktemp("data") / "gaddy2020"
    miniature.write(folder)
    return folder


@pytest.fixture
def whole(made: Path, tmp_path: Path) -> Path:
    """A copy to be changed."""
    return Path(shutil.copytree(made, tmp_path / "gaddy2020"))


@pytest.fixture
def tree(made: Path, tmp_path: Path) -> Path:
    """A copy of one voiced session, to be changed."""
    left_out = ("silent_parallel_data", "nonparallel_data", "closed_vocab", "5-1*", "4-*")
    ignore = shutil.ignore_patterns(*left_out)
    return Path(shutil.copytree(made, tmp_path / "gaddy2020", ignore=ignore))


def spelled(phone: str) -> str:
    """How the aligner writes a phone of the embedded corpus."""
    pairs = miniature.ALIKE.split()
    return dict(zip(pairs[::2], pairs[1::2], strict=True)).get(phone, phone.upper())


def by_id(folder: Path) -> dict[str, Recording]:
    return {one.id: one for one in gaddy2020.recordings(folder)}


def edit(path: Path, **changed: object) -> None:
    info = json.loads(path.read_text())
    path.write_text(json.dumps({**info, **changed}))


def test_ids_carry_kind_session_number_book_and_sentence(made: Path) -> None:
    found = gaddy2020.CORPUS.recordings(made)
    assert [one.id for one in found][:6] == [
        FIRST,
        "voiced-5-4-0002-War_of_the_Worlds-0700",
        "voiced-5-4-0003-War_of_the_Worlds-1222",
        "voiced-5-4-0006-War_of_the_Worlds-0876",
        "voiced-5-4-0007-War_of_the_Worlds-0701",
        "voiced-5-10-0001-War_of_the_Worlds-0706",
    ]
    assert len({one.id for one in found}) == len(found) == 52 + 163
    assert all(re.fullmatch("[A-Za-z0-9_+-]+", one.id) for one in found)
    kinds = {one.id.partition("-")[0]: one for one in found}
    assert list(kinds) == ["voiced", "silent", "nonparallel", "closedvoiced", "closedsilent"]
    assert kinds["closedsilent"].id == "closedsilent-5-19_silent-0013-datedata-0012"
    assert {one.speaker for one in found} == {"s1"}
    assert len({one.session for one in found}) == 7
    assert found[0].session == "voiced-5-4"
    assert found[0].text == borrowed.text(SAID.id).capitalize() + "."


def test_clips_between_and_texts_without_letters_are_no_recordings(made: Path) -> None:
    numbers = [one.id.split("-")[3] for one in gaddy2020.recordings(made)[:5]]
    assert numbers == ["0001", "0002", "0003", "0006", "0007"]
    texts = {n: json.loads((made / SESSION / f"{n}_info.json").read_text()) for n in (4, 5, 8)}
    assert [texts[n]["sentence_index"] for n in (4, 5)] == [-1, -1]
    assert texts[8]["text"] == "."


def test_a_clip_between_utterances_is_none_whatever_its_text(tree: Path) -> None:
    before = len(gaddy2020.recordings(tree))
    edit(tree / SESSION / "4_info.json", text="Silence.")
    assert len(gaddy2020.recordings(tree)) == before
    edit(tree / SESSION / "4_info.json", sentence_index=0)
    assert len(gaddy2020.recordings(tree)) == before + 1


def test_spans_count_what_was_kept_of_a_session(tree: Path) -> None:
    first, second, third, after, *_ = gaddy2020.recordings(tree)
    assert first.span == (0.5, 0.5 + len(first["emg"]) / 1000)
    assert second.span is not None
    assert third.span is not None
    assert after.span is not None
    assert second.span[0] == first.span[1]
    assert after.span[0] == third.span[1] + 1.0  # two clips of half a second lie between
    (tree / SESSION / "3_info.json").unlink()
    unknown = [one.span is None for one in gaddy2020.recordings(tree)]
    assert unknown == [False, False, True, True]


def test_other_characters_of_names_become_underscores(tree: Path) -> None:
    edit(tree / SESSION / "1_info.json", book="books/Été [1]+(a).b.txt")
    assert gaddy2020.recordings(tree)[0].id == "voiced-5-4-0001-_t___1___a__b-0522"
    edit(tree / SESSION / "1_info.json", book="", sentence_index=12345)
    assert gaddy2020.recordings(tree)[0].id == "voiced-5-4-0001--12345"


def test_two_recordings_of_one_id_are_refused(tree: Path) -> None:
    sessions = tree / "emg_data" / "voiced_parallel_data"
    (sessions / "5-4").rename(sessions / "5.4")
    shutil.copytree(sessions / "5.4", sessions / "5,4")
    with pytest.raises(UserError, match=r"expected one recording voiced-5_4-0001-.* got two"):
        gaddy2020.recordings(tree)


def spoken(made: Path) -> list[Recording]:
    return [one for one in gaddy2020.recordings(made) if "+" not in one.id]


def test_every_signal_of_every_recording_is_what_is_declared(made: Path) -> None:
    for one in spoken(made):
        silent = gaddy2020.facets(one.id)["manner"] == "silent"
        for name, declared in gaddy2020.SIGNALS.items():
            absent = silent and name in {*gaddy2020.OF_SOUND} - {*gaddy2020.has(one.id)}
            if absent or name in ("noisy", "clean"):
                continue
            array = one[name]
            assert str(array.dtype) == declared.dtype, name
            assert array.shape[1:] == declared.frame, name
            assert np.isfinite(array.astype(np.float64)).all(), name
            if declared.rate is not None:
                assert one.span is not None
                assert abs(len(array) / declared.rate - (one.span[1] - one.span[0])) < 0.041, name


def test_signals_name_their_channels_as_the_embedded_corpus_does() -> None:
    signals = gaddy2020.SIGNALS
    assert signals["emg"].channels == signals["emg_raw"].channels == muscles.SITES
    assert signals["articulation"].channels == articulation.CHANNELS
    assert len(signals["articulation"].units) == 14
    assert signals["mel"] == reader.SIGNALS["mel"]
    assert signals["text"] == reader.SIGNALS["text"]
    assert signals["phones"].labels[0] == "sil"
    assert signals["phones"].labels[-1] == "unknown"
    assert len(set(signals["phones"].labels)) == 49
    assert gaddy2020.CORPUS.signals is signals


def test_text_is_code_points_and_unknown_signals_are_refused(made: Path) -> None:
    one = by_id(made)[FIRST]
    assert "".join(map(chr, one["text"])) == one.text
    with pytest.raises(UserError, match=f"{FIRST}: expected one of the signals emg, .* got x"):
        one["x"]


@pytest.mark.parametrize("name", gaddy2020.OF_SOUND)
@pytest.mark.parametrize("id", [SILENT, "closedsilent-5-19_silent-0001-datedata-0000"])
def test_a_silent_recording_has_nothing_of_sound(made: Path, id: str, name: str) -> None:
    if (id, name) == (SILENT, "mel"):
        return  # see below
    with pytest.raises(UserError, match=f"{id} is a silent recording and has no {name}"):
        by_id(made)[id][name]


def test_a_silent_recording_has_the_mel_of_its_sentence_aloud(made: Path) -> None:
    """In the miniature it is known which moment of one is which of the other."""
    found = by_id(made)
    mel, other = found[SILENT]["mel"], found[FIRST]["mel"]
    assert gaddy2020.has(SILENT) == ("emg", "emg_raw", "text", "mel")
    assert (mel.dtype, mel.shape) == (np.float32, other.shape)
    at = miniature.pace(len(SAID.points)) / 100
    true = warping.brought(other, 86.1328125, at, len(mel))
    assert np.abs(mel - true).mean() < 0.6 * np.abs(other - true).mean()


def test_the_take_aloud_is_that_of_the_session(made: Path) -> None:
    base = made / "emg_data"
    voiced = [
        one
        for name in ("5-10", "5-4")
        for one in files.clips(base / "voiced_parallel_data" / name, "voiced")
    ]
    takes = files.clips(base / "silent_parallel_data" / "5-4_silent", "silent")
    silent = next(one for one in takes if one.sentence == 522)
    both = [replace(one, sentence=522) for one in voiced if one.sentence in (522, 706)]
    assert [one.folder.name for one in both] == ["5-10", "5-4"]
    assert parallel.voiced(SILENT, silent, both).folder.name == "5-4"
    assert parallel.voiced(SILENT, silent, both[:1]).folder.name == "5-10"
    with pytest.raises(UserError, match=f"{SILENT}: expected a voiced utterance of"):
        parallel.voiced(SILENT, silent, [])


def by_hand(samples: Array) -> Array:
    """The published filters, channel by channel."""
    columns = []
    for column in samples.T:
        for harmonic in range(1, 8):
            column = signal.filtfilt(*signal.iirnotch(60 * harmonic, 30, 1000), column)
        columns.append(signal.filtfilt(*signal.butter(3, 2, "highpass", fs=1000), column))
    return np.stack(columns, axis=1)


def test_emg_is_filtered_with_its_neighbours_and_cut_back(made: Path) -> None:
    session = made / SESSION
    before, middle, after = (np.load(session / f"{n}_emg.npy") for n in (0, 1, 2))
    together = by_hand(np.concatenate([before, middle, after]))[len(before) : -len(after)]
    one = by_id(made)[FIRST]
    np.testing.assert_allclose(one["emg"], together, atol=1e-4)
    assert np.abs(one["emg"] - by_hand(middle)).max() > 1  # alone, its ends would be others
    np.testing.assert_array_equal(one["emg_raw"], middle.astype(np.float32))


def counted(tree: Path, emg: int, sound: int = 24320) -> None:
    """Let the info file of FIRST count so many samples."""
    path = tree / SESSION / "1_info.json"
    info = json.loads(path.read_text())
    path.write_text(json.dumps({**info, "chunks": [[emg, sound, emg]]}))


def test_emg_without_neighbours_is_filtered_alone(tree: Path) -> None:
    for number in (0, 2):
        (tree / SESSION / f"{number}_emg.npy").unlink()
    middle = np.load(tree / SESSION / "1_emg.npy")
    np.testing.assert_allclose(by_id(tree)[FIRST]["emg"], by_hand(middle), atol=1e-4)
    np.save(tree / SESSION / "1_emg.npy", middle[:12])
    counted(tree, 12)
    with pytest.raises(UserError, match=r"1_emg\.npy: expected more than 12 samples to filter"):
        by_id(tree)[FIRST]["emg"]
    np.save(tree / SESSION / "1_emg.npy", middle[:13])
    counted(tree, 13)
    assert by_id(tree)[FIRST]["emg"].shape == (13, 8)


def test_hum_and_drift_are_gone_from_emg_and_speech_is_not(tree: Path) -> None:
    times = np.arange(20000) / 1000
    counted(tree, 20000)
    for frequency, left in ((60, 0.05), (420, 0.05), (0.1, 0.05), (100, 1.02)):
        tone = 100 * np.sin(2 * np.pi * frequency * times)[:, None] * np.ones(8)
        np.save(tree / SESSION / "1_emg.npy", tone + 1000)
        middle = by_id(tree)[FIRST]["emg"][8000:12000]
        assert np.abs(middle).max() < 100 * left, frequency
    assert np.abs(middle).max() > 90


def test_audio_is_the_cleaned_sound_at_16_khz(made: Path) -> None:
    one = by_id(made)[FIRST]
    np.testing.assert_allclose(one["audio"], SAID.audio, atol=2**-15)
    assert np.abs(soundfile.read(made / SESSION / "1_audio.flac")[0] - SAID.audio).max() > 0.003


def test_sound_that_was_cleaned_again_is_resampled(made: Path) -> None:
    again = by_id(made)["voiced-5-4-0007-War_of_the_Worlds-0701"]
    assert soundfile.info(made / SESSION / "7_audio_clean.flac").samplerate == 22050
    waveform = said("parallel", "5-4", 701).audio
    assert abs(len(again["audio"]) - len(waveform)) <= 1
    error = again["audio"][: len(waveform)] - waveform[: len(again["audio"])]
    assert np.abs(error).max() < 0.02 * np.abs(waveform).max()


def test_mel_is_that_of_the_embedded_corpus(made: Path) -> None:
    np.testing.assert_allclose(by_id(made)[FIRST]["mel"], sound.mel(SAID), atol=0.02)


def test_phones_come_at_50_hz_without_stress(made: Path) -> None:
    one = by_id(made)[FIRST]
    labels = gaddy2020.SIGNALS["phones"].labels
    found = [labels[at] for at in one["phones"]]
    known = ["sil"] * SAID.length(50)
    for name, begin, end in SAID.phones:
        for frame in np.flatnonzero((SAID.times(50) >= begin) & (SAID.times(50) < end)):
            known[frame] = spelled(name).lower().rstrip("01")
    assert found == known
    assert len({*found}) > 3


def test_the_short_form_of_a_textgrid_is_read_as_well(made: Path) -> None:
    grids = made / "text_alignments" / "5-10"
    assert "xmin" not in (grids / "5-10_3_audio.TextGrid").read_text()
    assert "xmin" in (grids / "5-10_2_audio.TextGrid").read_text()
    ours = by_id(made)["voiced-5-10-0003-War_of_the_Worlds-0704"]["phones"]
    source = said("parallel", "5-10", 704)
    np.testing.assert_array_equal(ours == 0, ~speaking(source.phones, source.times(50)))


def test_phones_without_a_textgrid_are_unknown_and_never_silence(made: Path) -> None:
    one = by_id(made)["voiced-5-10-0001-War_of_the_Worlds-0706"]
    phones = one["phones"]
    assert len(phones) == said("parallel", "5-10", 706).length(50)
    assert set(phones.tolist()) == {48}
    assert gaddy2020.SIGNALS["phones"].labels[48] == "unknown"


@pytest.mark.parametrize(
    ("new", "label"),
    [('"spn"', "unknown"), ('"sp"', "sil"), ('"AX2"', "ax"), ("", "unknown")],
)
def test_what_the_aligner_did_not_know_is_unknown(tree: Path, new: str, label: str) -> None:
    grid = tree / "text_alignments" / "5-4" / "5-4_1_audio.TextGrid"
    text, tier = grid.read_text().split('name = "phones"')
    name, begin, end = SAID.phones[0]
    old = f'"{spelled(name)}"'
    if not new:  # the silence before it ends too early
        old, new, end = f"xmax = {begin}\n", "xmax = 0.01\n", begin
    assert old in tier
    grid.write_text(f'{text}name = "phones"{tier.replace(old, new, 1)}')
    frame = int(np.ceil(end * 50)) - 1
    assert gaddy2020.SIGNALS["phones"].labels[by_id(tree)[FIRST]["phones"][frame]] == label


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("", '"Q7"', r"'Q7' is not a phone of sil, aa"),
        ("", '"unkno"', r"'unkno' is not a phone"),
        ('"phones"', '"segments"', "expected a tier called phones, got words, segments"),
    ],
)
def test_a_textgrid_of_something_else_is_refused(tree: Path, old: str, new: str, says: str) -> None:
    grid = tree / "text_alignments" / "5-4" / "5-4_1_audio.TextGrid"
    old = old or f'"{spelled(SAID.phones[0][0])}"'
    assert old in grid.read_text()
    grid.write_text(grid.read_text().replace(old, new))
    with pytest.raises(UserError, match=f"5-4_1_audio.TextGrid: .*{says}"):
        by_id(tree)[FIRST]["phones"]


def test_articulation_of_pickles_is_cut_to_the_shortest_stream(made: Path) -> None:
    one = by_id(made)[FIRST]
    whole, voiced = articulation.articulation(SAID), articulation.voicing(SAID)
    assert one["articulation"].shape == (len(whole) - 1, 14)
    np.testing.assert_allclose(one["articulation"][:, :12], whole[:-1, :12] / 10, rtol=1e-6)
    np.testing.assert_array_equal(one["articulation"][:, 12:], whole[:-1, 12:])
    np.testing.assert_array_equal(one["voicing"], voiced[:-1])


def test_without_targets_it_is_said_how_to_make_them(tree: Path) -> None:
    (tree / SESSION / "1_audio_clean_ema.pkl").unlink()
    for name in ("articulation", "voicing"):
        with pytest.raises(UserError) as caught:
            by_id(tree)[FIRST][name]
        assert str(caught.value) == (
            f"{FIRST} has no articulation: silentbench data targets gaddy2020, "
            "or put pickles beside the audio"
        )


def targets(folder: Path, settings: str, id: str, length: int, **changed: Array) -> Path:
    path = folder / "sparc-targets" / settings / f"{id}.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    ramp = np.linspace(0, 1, length, dtype=np.float32)
    streams: dict[str, Any] = {
        "ema": np.outer(ramp, np.arange(12.0)),
        "loudness": ramp,
        "pitch": 100 + ramp,
    }
    streams = {**streams, "periodicity": ramp, **changed}
    np.savez(path, **streams)
    return path


def test_a_set_of_targets_goes_before_all_pickles(tree: Path) -> None:
    targets(tree, "aaaa", FIRST, N)
    found = by_id(tree)
    assert found[FIRST]["articulation"][-1].tolist() == [*range(12), 1, 101]
    unvoiced = math.ceil(0.4 * (N - 1))
    assert found[FIRST]["voicing"].tolist() == [0] * unvoiced + [1] * (N - unvoiced)
    other = "voiced-5-4-0002-War_of_the_Worlds-0700"
    with pytest.raises(UserError, match=f"{other} has no articulation in .*aaaa: silentbench data"):
        found[other]["articulation"]
    targets(tree, "bbbb", FIRST, N)
    with pytest.raises(UserError, match="expected one set of targets, got aaaa and bbbb"):
        found[FIRST]["articulation"]


def test_targets_that_are_not_valid_are_refused(tree: Path) -> None:
    one = by_id(tree)[FIRST]
    path = targets(tree, "aaaa", FIRST, N + 6)
    lasts = f"{SAMPLES / 1000:.2f} s"
    with pytest.raises(UserError, match=f"about {N} frames, as the sound lasts {lasts}"):
        one["articulation"]
    targets(tree, "aaaa", FIRST, SAMPLES // 20 + 5)
    assert one["articulation"].shape == (SAMPLES // 20 + 5, 14)
    nan = np.full(N, np.nan)
    for changed, says in (
        ({"ema": np.zeros((N, 11))}, rf"expected ema float \(time, 12\), got float64 \({N}, 11\)"),
        ({"pitch": np.zeros(N, int)}, r"expected pitch float \(time, 1\), got int64"),
        ({"pitch": np.zeros(N - 1)}, "expected streams that differ by 0 frames"),
        ({"loudness": nan}, "loudness holds NaN or infinity"),
        ({"loudness": np.array([None] * N)}, "not sound targets"),
    ):
        targets(tree, "aaaa", FIRST, N, **changed)
        with pytest.raises(UserError, match=f"{path}: {says}"):
            one["articulation"]
    sound = path.read_bytes()
    for content in (b"", b"PK", sound[: len(sound) // 2]):
        path.write_bytes(content)
        with pytest.raises(UserError, match="not sound targets"):
            one["voicing"]
    np.savez_compressed(path, big=np.zeros(3 << 20))
    with pytest.raises(UserError, match="expected at most 16777216 bytes, got more"):
        one["voicing"]


STREAMS: dict[str, Any] = {
    "ema": np.arange(12.0 * N).reshape(N, 12),
    "loudness": np.ones((N + 2, 1)),
    "pitch": np.full((N + 1, 1), 90.0),
    "periodicity": np.full((N + 1, 1), 0.4, np.float32),
    "ft_len": np.int64(N),
    "pitch_stats": (90.0, 1.0),
}


@pytest.fixture
def pickled(tree: Path) -> Callable[[bytes], Array]:
    """Put bytes in the place of a pickle and read the articulation."""
    path, one = tree / SESSION / "1_audio_clean_ema.pkl", by_id(tree)[FIRST]

    def read(content: bytes) -> Array:
        path.write_bytes(content)
        return one["articulation"]

    return read


@pytest.mark.parametrize("protocol", [3, 4, 5])
def test_pickles_of_every_protocol_and_order_give_the_same(
    pickled: Callable[[bytes], Array], protocol: int
) -> None:
    ordinary = pickled(pickle.dumps(STREAMS, protocol))
    assert ordinary.shape == (N, 14)
    np.testing.assert_array_equal(ordinary[:, :12], STREAMS["ema"])
    assert (ordinary[:, 12:] == [1, 90]).all()
    for ema in (np.asfortranarray(STREAMS["ema"]), STREAMS["ema"].astype(">f4")):
        again = pickled(pickle.dumps({**STREAMS, "ema": ema}, protocol))
        np.testing.assert_array_equal(again, ordinary)


def test_pickles_that_name_older_numpy_are_read(pickled: Callable[[bytes], Array]) -> None:
    content = pickle.dumps(STREAMS, 3)  # globals are lines of text in this protocol
    older = content.replace(b"numpy._core.", b"numpy.core.")
    assert older != content
    np.testing.assert_array_equal(pickled(older), pickled(content))


class Call:
    """Pickles as a call of anything."""

    def __init__(self, function: Callable[..., object], *given: object) -> None:
        self.function, self.given = function, given

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return self.function, self.given


def test_a_pickle_runs_nothing(pickled: Callable[[bytes], Array], tmp_path: Path) -> None:
    import os

    mark = tmp_path / "mark"
    for evil, name in (
        (Call(os.system, f"touch {mark}"), "(posix|nt).system"),
        (Call(eval, f"open({str(mark)!r}, 'w')"), "builtins.eval"),
        (Call(getattr, "a", "upper"), "builtins.getattr"),
        (Call(np.load, str(mark)), r"numpy\.load"),
        (Call(np.zeros, 3), r"numpy\.zeros"),
        (Call(Call, print), r"test_gaddy2020\.Call"),
    ):
        for protocol in (3, 4, 5):
            content = pickle.dumps({**STREAMS, "spk_emb": [evil]}, protocol)
            with pytest.raises(UserError, match=f"asks for .*{name}"):
                pickled(content)
    assert not mark.exists()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "not a pickle"),
        (b"\x80\x04N.", "expected a dict of streams"),
        (b"\x80\x04Pstranger\n.", "not a pickle"),
        (b"cos\nsystem\n(S'true'\ntR.", "asks for os.system"),
        (b"\x93NUMPY\x01\x00", "not a pickle"),
        (b" " * (sparc.MOST + 1), "expected at most 16777216 bytes"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_pickles_of_something_else_are_refused(
    pickled: Callable[[bytes], Array], content: bytes, says: str
) -> None:
    with pytest.raises(UserError, match=says) as caught:
        pickled(content)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "changed",
    [
        {"ema": np.array([[None] * 12] * N)},
        {"ema": np.zeros((N, 12), "M8[s]")},
        {"ema": np.zeros((N, 12), "f4,f4")},
        {"ema": np.zeros((N, 12), complex)},
        {"ema": np.zeros((N, 12), int)},
        {"ema": np.zeros((80, 12))},
        {"ema": np.zeros((0, 12))},
        {"ema": np.zeros((N, 14))},
        {"ema": [[0.0] * 12] * N},
        {"loudness": np.zeros((78, 2))},
        {"pitch": np.full((77, 1), np.inf)},
        {"periodicity": np.float64(1)},
        {"periodicity": 1.0},
    ],
    ids=lambda changed: str(next(iter(changed))),
)
def test_streams_of_another_kind_are_refused(
    pickled: Callable[[bytes], Array], changed: dict[str, object]
) -> None:
    with pytest.raises(UserError, match=r"1_audio_clean_ema\.pkl: "):
        pickled(pickle.dumps({**STREAMS, **changed}, 4))


def test_damaged_pickles_are_refused_or_harmless(pickled: Callable[[bytes], Array]) -> None:
    draw = np.random.default_rng(0)
    sound = pickle.dumps(STREAMS, 4)
    steps = np.flatnonzero(np.frombuffer(sound, np.uint8) != 0)
    refused = 0
    for _ in range(400):
        damaged = bytearray(sound)
        damaged[draw.choice(steps)] = draw.integers(256)
        try:
            assert pickled(bytes(damaged)).shape[1] == 14
        except UserError:
            refused += 1
    assert refused > 20


@pytest.mark.parametrize(
    ("array", "says"),
    [
        (np.zeros((5, 7)), r"expected EMG float \(time, 8\), got float64 \(5, 7\)"),
        (np.zeros((5, 8), int), r"expected EMG float \(time, 8\), got int64"),
        (np.zeros(40), "expected EMG float"),
        (np.zeros((0, 8)), "expected EMG, got no sample|not a sound npy"),
        (np.full((50, 8), np.nan), "holds NaN, or more"),
        (np.full((50, 8), 1e300), "holds NaN, or more than 1e\\+06 microvolt"),
        (np.array([[None] * 8] * 5), "not a sound npy file"),
        (b"", "not a sound npy file"),
        (b"\x93NUMPY\x01\x00v\x00{'descr': '<f8', 'fortran_order': False", "not a sound npy file"),
        (None, "cannot be read"),
    ],
    ids=lambda value: str(value)[:20] if isinstance(value, str) else "",
)
def test_bad_emg_is_refused(tree: Path, array: Array | bytes | None, says: str) -> None:
    path = tree / SESSION / "1_emg.npy"
    path.unlink()
    if isinstance(array, bytes):
        path.write_bytes(array)
    elif array is not None:
        np.save(path, array)
        counted(tree, len(array))
    for name in ("emg", "emg_raw"):
        with pytest.raises(UserError, match=f"1_emg.npy: {says}"):
            by_id(tree)[FIRST][name]
    if not says.startswith("holds NaN"):  # only headers are looked at
        assert re.search(f"1_emg.npy: {says}", " ".join(gaddy2020.verify(tree)))


def test_a_neighbour_that_is_bad_is_named(tree: Path) -> None:
    np.save(tree / SESSION / "0_emg.npy", np.zeros((5, 7)))
    with pytest.raises(UserError, match=r"0_emg\.npy: expected EMG float"):
        by_id(tree)[FIRST]["emg"]
    assert by_id(tree)[FIRST]["emg_raw"].shape == (SAMPLES, 8)


def test_a_truncated_or_claiming_npy_is_refused(tree: Path) -> None:
    path = tree / SESSION / "1_emg.npy"
    content = path.read_bytes()
    path.write_bytes(content[:-8])
    with pytest.raises(UserError, match="not a sound npy file"):
        by_id(tree)[FIRST]["emg_raw"]
    shape, more = (f"({SAMPLES}{zeros}, 8), }}".encode() for zeros in ("", "000000"))
    assert shape + b" " * 6 in content
    path.write_bytes(content.replace(shape + b" " * 6, more))
    with pytest.raises(UserError, match="not a sound npy file"):
        by_id(tree)[FIRST]["emg_raw"]


@pytest.mark.parametrize(
    ("samples", "rate", "says"),
    [
        (np.zeros((900, 2)), 16000, "expected one channel at 16000 or 22050 Hz, got 2 at 16000 Hz"),
        (np.zeros(900), 8000, "expected one channel at 16000 or 22050 Hz, got 1 at 8000 Hz"),
        (b"fLaC", 0, "not a sound flac file"),
        (b"", 0, "not a sound flac file"),
        (None, 0, "expected a sound file, found none"),
    ],
)
def test_bad_sound_is_refused(
    tree: Path, samples: Array | bytes | None, rate: int, says: str
) -> None:
    path = tree / SESSION / "1_audio_clean.flac"
    path.unlink()
    if isinstance(samples, bytes):
        path.write_bytes(samples)
    elif samples is not None:
        soundfile.write(path, samples, rate)
    for name in gaddy2020.OF_SOUND:
        with pytest.raises(UserError, match=f"1_audio_clean.flac: {says}"):
            by_id(tree)[FIRST][name]
    assert says in " ".join(gaddy2020.verify(tree))


def test_sound_that_is_too_long_or_too_short_is_refused(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tree / SESSION / "1_audio_clean.flac"
    counted(tree, SAMPLES, 400)
    soundfile.write(path, np.zeros(399), 16000)
    assert len(by_id(tree)[FIRST]["audio"]) == 399
    with pytest.raises(UserError, match="expected 400 samples or more, got 399"):
        by_id(tree)[FIRST]["mel"]
    soundfile.write(path, np.zeros(400), 16000)
    assert by_id(tree)[FIRST]["mel"].shape == (2, 80)
    monkeypatch.setattr(files, "MOST_SOUND", Fraction(399, 16000))
    with pytest.raises(UserError, match="s of sound, got 0 s"):
        by_id(tree)[FIRST]["audio"]


@pytest.mark.parametrize("value", [np.nan, np.inf, 1.5, -1e300])
def test_sound_of_floats_beyond_full_scale_is_refused(tree: Path, value: float) -> None:
    counted(tree, SAMPLES, 1000)
    content = io.BytesIO()
    soundfile.write(content, np.array([0.0, value] * 500), 16000, format="WAV", subtype="DOUBLE")
    (tree / SESSION / "1_audio_clean.flac").write_bytes(content.getvalue())
    with pytest.raises(UserError, match=r"expected (finite samples|samples from -1 to 1)"):
        by_id(tree)[FIRST]["audio"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"{", "not sound JSON"),
        (b"\xff\xfe{", "not sound JSON"),
        (b"[" * 100_000, "not sound JSON"),
        (b"[]", "expected an object, got list"),
        ({"sentence_index": "x"}, "expected sentence_index to be int, got 'x'; get the file again"),
        ({"sentence_index": True}, "expected sentence_index to be int, got 'True'"),
        ({"sentence_index": 1.0}, "expected sentence_index to be int"),
        ({"sentence_index": -2}, "expected a sentence_index from -1, got -2"),
        ({"text": None}, "expected text to be str, got 'None'"),
        ({"book": 3}, "expected book to be str"),
        ({"chunks": {}}, "expected chunks to be list"),
        ({"chunks": [[1, 2]]}, "expected chunks of three counts"),
        ({"chunks": [[1, 2, -3]]}, "expected chunks of three counts"),
        ({"chunks": [[1, 2, "3"]]}, "expected chunks of three counts"),
        ({"chunks": [3]}, "expected chunks of three counts"),
        (b" " * (files.MOST_INFO + 1), "expected at most 4194304 bytes"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_bad_info_file_is_named(
    tree: Path, content: bytes | dict[str, object], says: str
) -> None:
    path = tree / SESSION / "1_info.json"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        edit(path, **content)
    with pytest.raises(UserError, match=re.escape(f"{path}: ")) as caught:
        gaddy2020.recordings(tree)
    assert says in str(caught.value)
    (told,) = gaddy2020.verify(tree)
    assert says in told


def test_listing_opens_nothing_but_info_files(whole: Path) -> None:
    for path in whole.rglob("*"):
        if path.is_file() and not path.name.endswith("_info.json"):
            path.write_bytes(b"\xff")
    assert len(gaddy2020.recordings(whole)) == 52 + 163


def test_locate_finds_the_corpus_in_each_place(tmp_path: Path) -> None:
    assert gaddy2020.locate(tmp_path) is None
    for place in (".", "silent_speech", "gaddy2020"):  # each goes before those that were there
        for inner in ("voiced_parallel_data", "emg_data/voiced_parallel_data"):
            (tmp_path / place / inner).mkdir(parents=True)
            assert gaddy2020.locate(tmp_path) == tmp_path / place


def test_the_inner_folder_alone_is_the_corpus_as_well(whole: Path, made: Path) -> None:
    assert [one.id for one in gaddy2020.recordings(whole / "emg_data")] == [*by_id(made)]
    (whole / "FIXTURE").rename(whole / "emg_data" / "FIXTURE")
    assert gaddy2020.verify(whole / "emg_data") == []


def test_a_folder_without_the_layout_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="expected emg_data/voiced_parallel_data, found none"):
        gaddy2020.recordings(tmp_path)
    (told,) = gaddy2020.verify(tmp_path)
    assert "expected emg_data/voiced_parallel_data, found none" in told
    assert gaddy2020.corpus_files(tmp_path) == []


def test_files_are_all_of_the_corpus_and_nothing_else(whole: Path) -> None:
    every = {path for path in whole.rglob("*") if path.is_file() and path.name != "FIXTURE"}
    session = whole / SESSION
    for stray in (session / ".DS_Store", session / "01_emg.npy", whole / "notes.txt"):
        stray.write_text("")
    (whole / "sparc-targets" / "aaaa").mkdir(parents=True)
    (whole / "sparc-targets" / "aaaa" / "settings.json").write_text("{}")
    path = targets(whole, "aaaa", FIRST, N)
    found = list(gaddy2020.CORPUS.files(whole)) if gaddy2020.CORPUS.files else []
    assert set(found) == every | {path}
    assert found == sorted(found)
    names = {path.name for path in every}
    assert {"0_emg.npy", "1_button.npy", "1_audio.flac", "5-4_1_audio.TextGrid"} <= names


def test_verify_is_content_with_the_miniature(made: Path) -> None:
    assert gaddy2020.CORPUS.verify(made) == []


def test_verify_counts_sessions_and_utterances_of_the_published_corpus(whole: Path) -> None:
    (whole / "FIXTURE").unlink()
    told = gaddy2020.verify(whole)
    counts = [
        re.search(r"(\w+): expected (\d+) sessions of ([\d,]+) .* found (\d+) of (\d+);", problem)
        for problem in told
    ]
    assert [found.groups() for found in counts if found] == [
        ("voiced_parallel_data", "7", "1,588", "2", "12"),
        ("silent_parallel_data", "7", "1,588", "2", "12"),
        ("nonparallel_data", "10", "5,477", "1", "4"),
        ("voiced", "1", "500", "1", "13"),
        ("silent", "1", "500", "1", "13"),
    ]


def test_verify_misses_sound_only_where_somebody_speaks(whole: Path) -> None:
    for session in ("voiced_parallel_data/5-4", "silent_parallel_data/5-4_silent"):
        for number in (0, 1):
            (whole / "emg_data" / session / f"{number}_audio_clean.flac").unlink()
    (told,) = gaddy2020.verify(whole)
    assert told.endswith("5-4/1_audio_clean.flac: expected a sound file, found none; get it again")
    assert gaddy2020.verify(whole) == [told]


def resolved(name: str, folder: Path) -> dict[str, tuple[str, ...]]:
    split = splits.load(SPLITS / f"gaddy2020.{name}.json")
    recordings = gaddy2020.recordings(folder)
    whole, notes = splits.resolve(split, recordings)
    assert notes == []
    splits.check(whole, {one.id: one for one in recordings})
    ((_, fold),) = whole.folds.items()
    return fold.roles()


def test_official_splits_find_the_sentences_of_the_lists(made: Path) -> None:
    roles = resolved("official", made)
    assert [id[-4:] for id in roles["test"]] == ["0522", "0876", "0508", "0217"]
    assert [id[-4:] for id in roles["valid"]] == ["1222", "0650"]
    assert len(roles["train"]) == 22
    assert {id.partition("-")[0] for role in roles.values() for id in role} == {
        *("voiced", "nonparallel", "closedvoiced")
    }
    assert resolved("official_small_dev", made) == roles


@pytest.mark.parametrize(
    ("name", "train", "valid"),
    [
        ("silent_official", {"silent"}, "silent"),
        ("voiced_to_silent", {"voiced", "nonparallel"}, "voiced"),
        ("silent_and_voiced", {"silent", "voiced", "nonparallel"}, "silent"),
    ],
)
def test_open_vocabulary_is_tested_on_silent_speech(
    made: Path, name: str, train: set[str], valid: str
) -> None:
    roles = resolved(name, made)
    assert [id[-4:] for id in roles["test"]] == ["0522", "0876", "0508", "0217"]
    assert [id[-4:] for id in roles["valid"]] == ["1222", "0650"]
    kinds = {role: {id.partition("-")[0] for id in ids} for role, ids in roles.items()}
    assert kinds == {"train": train, "valid": {valid}, "test": {"silent"}}
    # Of the parallel sentences, those in neither list; all four of the session without silence.
    assert len(roles["train"]) == 5 * len(train - {"nonparallel"}) + 4 * ("nonparallel" in train)
    assert not [id for ids in roles.values() for id in ids if "+" in id]
    texts = {one.id: one.text for one in gaddy2020.recordings(made)}
    said = {role: {texts[id] for id in ids} for role, ids in roles.items()}
    assert not said["train"] & (said["test"] | said["valid"])
    assert not said["valid"] & said["test"]


def test_sentences_of_the_lists_train_neither_silent_nor_aloud() -> None:
    """By the patterns themselves: texts of the real corpus are not needed to keep them apart."""
    lists = json.loads(gaddy2020.LISTS.read_text("utf-8"))
    for name in ("silent_official", "voiced_to_silent", "silent_and_voiced"):
        fold = splits.load(SPLITS / f"gaddy2020.{name}.json").folds["official"]
        left_out = {pattern for pattern in fold.train if pattern.startswith("!")}
        listed = {
            f"!*-{lists['book']}-{number:04d}"
            for role in ("valid", "test")
            for number in lists[role]
        }
        assert left_out == {"!*+*", *listed}
        assert (len(fold.valid), len(fold.test)) == (200, 99)


def test_the_closed_vocabulary_is_tested_on_silent_speech(made: Path) -> None:
    roles = resolved("closed_vocabulary", made)
    assert [id[-4:] for id in roles["test"]] == ["0000", "0005", "0010"]
    assert [id[-4:] for id in roles["valid"]] == ["0001", "0011"]
    assert {id.partition("-")[0] for id in roles["test"] + roles["valid"]} == {"closedsilent"}
    assert len(roles["train"]) == 16
    assert {id.partition("-")[0] for id in roles["train"]} == {"closedsilent", "closedvoiced"}
    assert not {id[-4:] for id in roles["train"]} & {id[-4:] for id in roles["test"]}
    assert not {id[-4:] for id in roles["train"]} & {id[-4:] for id in roles["valid"]}


def test_the_lists_are_as_long_as_published() -> None:
    lengths = {}
    for name in ("official", "official_small_dev", "mixtures"):
        fold = splits.load(SPLITS / f"gaddy2020.{name}.json").folds["official"]
        lengths[name] = len(fold.valid), len(fold.test)
    # 100 and 30 in the authors' files: one is there twice, two are in both lists.
    assert lengths == {"official": (200, 99), "official_small_dev": (28, 99), "mixtures": (200, 99)}


def test_mixtures_follow_their_utterances(made: Path) -> None:
    mixed, official = resolved("mixtures", made), resolved("official", made)
    for role in ("valid", "test"):
        assert {id.partition("+")[0] for id in mixed[role]} == set(official[role])
    # What was read in parallel with silent speech trains, with one noise at each of five SNRs.
    train = [id for id in official["train"] if id.startswith("voiced-")]
    assert {id.partition("+")[0] for id in mixed["train"]} == set(train)
    assert len(mixed["train"]) == 5 * len(train)
    assert len(mixed["valid"]) == 5 * 2
    assert len(mixed["test"]) == 4 * 4 * 8
    assert not [id for role in official.values() for id in role if "+" in id]


def test_a_mixture_is_speech_noise_and_the_emg_of_the_utterance(made: Path) -> None:
    found = {one.id: one for one in gaddy2020.recordings(made)}
    mixture, utterance = found[f"{FIRST}+pink-m11"], found[FIRST]
    assert (mixture.text, mixture.session, mixture.span) == (
        *(utterance.text, utterance.session, utterance.span),
    )
    np.testing.assert_array_equal(mixture["emg"], utterance["emg"])
    clean, noisy = mixture["clean"].astype(np.float64), mixture["noisy"].astype(np.float64)
    level = np.dot(clean, utterance["audio"]) / np.dot(utterance["audio"], utterance["audio"])
    np.testing.assert_allclose(clean, level * utterance["audio"], atol=1e-4)
    snr = 10 * np.log10(np.sum(clean**2) / np.sum((noisy - clean) ** 2))
    assert abs(snr + 11) < 0.1
    assert gaddy2020.facets(mixture.id) == {"noise": "pink", "SNR [dB]": "-11"}
    with pytest.raises(UserError, match=r"is a mixture and has no audio"):
        mixture["audio"]


def test_roles_of_mixtures_are_those_of_the_split(made: Path) -> None:
    for role, ids in resolved("official", made).items():
        for id in ids:
            if id.startswith("voiced-"):
                assert gaddy2020.role_of(id) == role
    patterns = splits.load(SPLITS / "gaddy2020.official.json").folds["official"]
    lists = json.loads(gaddy2020.LISTS.read_text())
    for role in ("valid", "test"):
        ids = [f"voiced-*-{lists['book']}-{number:04d}" for number in lists[role]]
        assert sorted(patterns.roles()[role]) == sorted(ids)


def test_a_corpus_with_too_few_voices_has_no_mixtures(tree: Path) -> None:
    for info in (tree / SESSION).parent.glob("5-10/*_info.json"):
        info.unlink()
        for path in info.parent.glob(f"{info.name.partition('_')[0]}_*"):
            path.unlink()
    assert not [one for one in gaddy2020.recordings(tree) if "+" in one.id]


def test_facets_are_manner_and_set() -> None:
    assert gaddy2020.CORPUS.facets(FIRST) == {"manner": "voiced", "set": "parallel"}
    assert gaddy2020.facets(SILENT) == {"manner": "silent", "set": "parallel"}
    assert gaddy2020.facets("nonparallel-4-24-0001-A-0010")["set"] == "not parallel"
    closed = {"manner": "silent", "set": "closed vocabulary"}
    assert gaddy2020.facets("closedsilent-5-19_silent-0001-d-0000") == closed


def test_the_digest_is_that_of_the_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    before = gaddy2020.CORPUS.digest()
    assert re.fullmatch("[0-9a-f]{64}", before)
    monkeypatch.setitem(gaddy2020.READER, "version", 0)
    assert gaddy2020.digest() != before


def test_the_miniature_has_the_same_bytes_each_time(made: Path, tmp_path: Path) -> None:
    miniature.write(tmp_path / "again")
    for path in made.rglob("*"):
        other = tmp_path / "again" / path.relative_to(made)
        assert path.is_dir() or path.read_bytes() == other.read_bytes(), path


def test_mouthed_sentences_of_the_miniature_move_as_spoken_ones_without_voice(made: Path) -> None:
    source = replace(SAID, session="gaddy2020-5-4")
    for id, moved, kind in (
        (FIRST, source, "voiced"),
        (SILENT, miniature.mouthed(source), "silent"),
    ):
        muscles = emg.emg(replace(moved, id=f"{kind}-{SAID.id}"))
        offsets = by_id(made)[id]["emg_raw"] - muscles
        assert np.ptp(offsets, axis=0).max() < 1e-3, kind
    assert not miniature.mouthed(source).voiced.any()


def test_importing_loads_nothing_heavy() -> None:
    code = (
        "import sys, benchmark.corpora.gaddy2020, benchmark.corpora.gaddy2020.fixture;"
        "print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"torch", "scipy", "soundfile", "pooch", "requests", "pandas", "sparc"}
    assert not heavy & set(done.stdout.split())
