"""The Dutch words: blocks and their gaps, clocks, signals, damage, and the published baseline."""

from __future__ import annotations

import hashlib
import re
import shutil
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from scipy import signal as sps

from benchmark.core import Array, Asked, Recording, UserError
from benchmark.corpora import dutch_words, dutch_words_23
from benchmark.corpora.dutch_words import files, fixture, high_gamma
from benchmark.corpora.io import mel
from benchmark.data import splits
from benchmark.worker.loading import load_module
from parts import needs

needs("pynwb")

ROOT = Path(__file__).resolve().parents[2]
ONE, TWO = fixture.PEOPLE


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The miniature; tests that change something change `copy`."""
    made = tmp_path_factory.mktemp("data") / "dutch_words"
    fixture.write(made)
    return made


@pytest.fixture
def copy(folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(folder, tmp_path / "dutch_words"))


@pytest.fixture(scope="session")
def source() -> Any:
    """What the first participant did, before any file was written."""
    return fixture.session(ONE)


def nwb(folder: Path, person: fixture.Person = ONE) -> Path:
    return folder / person.id / "ieeg" / f"{person.id}_task-wordProduction_ieeg.nwb"


def table(folder: Path, name: str, person: fixture.Person = ONE) -> Path:
    return folder / person.id / "ieeg" / f"{person.id}_task-wordProduction_{name}"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def change(folder: Path, name: str, values: Any, person: fixture.Person = ONE) -> None:
    """Put another dataset in place of one in the NWB file, with its attributes."""
    with h5py.File(nwb(folder, person), "r+") as file:
        kept = dict(file[f"acquisition/{name}"].attrs)
        del file[f"acquisition/{name}"]
        file[f"acquisition/{name}"] = values
        file[f"acquisition/{name}"].attrs.update(kept)


def stored(folder: Path, name: str, person: fixture.Person = ONE) -> Array:
    with h5py.File(nwb(folder, person)) as file:
        return np.asarray(file[f"acquisition/{name}/data"][:])


def block(folder: Path, number: int, person: fixture.Person = ONE) -> Recording:
    return {r.id: r for r in dutch_words.recordings(folder)}[f"{person.id}-block-{number}"]


# --- what there is --------------------------------------------------------------------------------


def test_the_miniature_is_the_same_on_every_run(folder: Path, tmp_path: Path) -> None:
    fixture.write(tmp_path)

    def sums(base: Path) -> dict[str, str]:
        files = (path for path in base.rglob("*") if path.is_file())
        return {
            str(path.relative_to(base)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in files
        }

    assert sums(folder) == sums(tmp_path)
    assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) < 10e6


def test_the_miniature_is_as_the_corpus_is(folder: Path) -> None:
    assert files.verify(folder) == []
    assert dutch_words_23.CORPUS.verify(folder) == []
    assert [stored(folder, "iEEG", person).shape[1] for person in (ONE, TWO)] == [57, 120]
    assert stored(folder, "iEEG").dtype == np.float64


def test_a_recording_is_a_tenth_of_a_session(folder: Path) -> None:
    found = dutch_words.recordings(folder)
    people = ("sub-01", "sub-02")
    assert [r.id for r in found] == [f"{p}-block-{k}" for p in people for k in range(10)]
    assert all(r.speaker == r.session == r.id[:6] for r in found)
    for person in (ONE, TWO):
        spans = [r.span for r in found if r.speaker == person.id]
        seconds = len(stored(folder, "iEEG", person)) / 1024
        assert spans[0] is not None
        assert spans[0][0] == pytest.approx(0.5 + max(person.lag, 0), abs=0.002)
        assert spans[-1][1] == pytest.approx(seconds - 0.5 + min(person.lag, 0), abs=0.004)
        for one, other in pairwise(spans):
            assert 1.0 <= other[0] - one[1] < 1.006
            assert one[1] - one[0] == pytest.approx(seconds / 10 - 1, abs=0.01)


def test_signals_are_as_declared(folder: Path) -> None:
    for module in (dutch_words, dutch_words_23):
        for recording in module.recordings(folder)[9:11]:
            assert recording.span is not None
            seconds = recording.span[1] - recording.span[0]
            for name, declared in module.CORPUS.signals.items():
                values = recording[name]
                assert values.dtype == declared.dtype
                if declared.rate:
                    assert len(values) == int(seconds * declared.rate + 0.5)
                    assert np.isfinite(values).all()
                    assert values.ndim == 1 + len(declared.frame)
            assert recording["seeg"].shape[1] == {"sub-01": 57, "sub-02": 120}[recording.speaker]
            with pytest.raises(
                UserError, match=rf"{recording.id} has no signal 'emg'; it has seeg"
            ):
                recording["emg"]


def test_sums_are_of_the_reader_alone() -> None:
    one, other = dutch_words.CORPUS.digest(), dutch_words_23.CORPUS.digest()
    assert one != other
    assert len(one) == len(other) == 64
    assert dutch_words.READER["mel"] != dutch_words_23.READER["mel"]


@pytest.mark.parametrize(
    "place", ["dutch_words", "SingleWordProductionDutch-iBIDS", ".", "dutch_words_23"]
)
def test_locate_finds_the_folder(folder: Path, tmp_path: Path, place: str) -> None:
    assert dutch_words.locate(tmp_path) is None
    assert dutch_words_23.CORPUS.locate(tmp_path) is None
    (tmp_path / place / "sub-01" / "ieeg").mkdir(parents=True)
    assert dutch_words.locate(tmp_path) is None
    nwb(tmp_path / place).symlink_to(nwb(folder))
    both = tmp_path / place
    assert dutch_words_23.CORPUS.locate(tmp_path) == both
    assert dutch_words.locate(tmp_path) == (None if place == "dutch_words_23" else both)


def test_files_are_those_of_the_corpus_and_no_others(copy: Path) -> None:
    expected = sorted(p for p in copy.rglob("*") if p.is_file() and p.name != "FIXTURE")
    assert list(files.corpus_files(copy)) == expected
    assert len(expected) == 13
    for name in ("notes.txt", "sub-01/ieeg/.DS_Store", "sub-01/other.nwb", "sub-02/ieeg/sub-01_x"):
        (copy / name).write_text("")
    assert list(files.corpus_files(copy)) == expected
    (copy / "dataset_description.json").write_text("{}")
    assert copy / "dataset_description.json" in files.corpus_files(copy)


def test_a_block_says_which_tenth_it_is() -> None:
    assert dutch_words.facets("sub-03-block-9") == {"tenth": "10"}


# --- time -----------------------------------------------------------------------------------------


def test_seeg_is_the_slice_that_its_span_says(folder: Path) -> None:
    for person in (ONE, TWO):
        whole = stored(folder, "iEEG", person)
        for number in (0, 4, 9):
            recording = block(folder, number, person)
            assert recording.span is not None
            first, stop = (round(t * 1024) for t in recording.span)
            np.testing.assert_array_equal(recording["seeg"], whole[first:stop])


def first_sample(recording: Recording, person: fixture.Person) -> int:
    """Where a block begins in the sound of its file, of 48 kHz."""
    return int(np.ceil(((recording.span or (0, 0))[0] - person.lag) * 48000 - 1e-3))


def test_sound_is_that_of_the_same_time_by_its_own_clock(folder: Path) -> None:
    for person in (ONE, TWO):
        said, _ = fixture.session(person)
        for number in (0, 5, 9):
            recording = block(folder, number, person)
            assert recording.span is not None
            found = recording["audio"].astype(float)
            begin = (first_sample(recording, person) / 48000 + person.lag) * 16000
            lags = np.arange(-40, 41)  # samples of 16 kHz; the clocks are 40 and 59 of them apart
            places = begin + np.arange(400, len(found) - 400)
            heard = found[400:-400]
            whole = np.arange(len(said.audio))
            r = [np.corrcoef(np.interp(places + k, whole, said.audio), heard)[0, 1] for k in lags]
            assert lags[np.argmax(r)] == 0
            assert max(r) > 0.99


def test_the_loudest_sample_of_a_session_is_one(folder: Path) -> None:
    whole = stored(folder, "Audio")
    scale = np.abs(whole).max()
    assert scale < 0.99
    found = [np.abs(r["audio"]).max() for r in dutch_words.recordings(folder)[:10]]
    assert 0.8 < max(found) < 1.05
    for number in range(10):
        recording = block(folder, number)
        first = first_sample(recording, ONE)
        part = whole[first : first + 3 * len(recording["audio"])] / scale
        expected = sps.resample_poly(part, 1, 3)[50:-50]
        np.testing.assert_allclose(recording["audio"][50:-50], expected, atol=2e-3)


def test_a_value_that_no_brain_has_is_refused(copy: Path) -> None:
    for conversion in (1e300, 1.0):  # and what was stored in µV taken for V
        with h5py.File(nwb(copy), "r+") as file:
            file["acquisition/iEEG/data"].attrs["conversion"] = conversion
        with pytest.raises(UserError, match=r"expected numbers below 1e\+06 µV, got -?\d"):
            block(copy, 0)["seeg"]


def test_contacts_that_are_called_bad_are_left_out(copy: Path) -> None:
    before = block(copy, 0)
    whole, power = before["seeg"], before["high_gamma"]
    path = table(copy, "channels.tsv")
    header, *rows = path.read_text("utf-8").splitlines()
    states = ["BAD" if k in (1, 3) else "n/a" if k == 2 else "good" for k in range(len(rows))]
    lines = [f"{header}\tstatus", *(f"{r}\t{s}" for r, s in zip(rows, states, strict=True))]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    good = [k for k in range(len(rows)) if k not in (1, 3)]
    assert files.verify(copy) == []
    np.testing.assert_array_equal(block(copy, 0)["seeg"], whole[:, good])
    np.testing.assert_allclose(block(copy, 0)["high_gamma"], power[:, good], rtol=1e-6)
    with h5py.File(nwb(copy), "r+") as file:
        file["acquisition/iEEG/data"][:, 4] = np.inf  # the second of the good ones
    with pytest.raises(UserError, match=r"contact LA5 \(column 4\)"):
        block(copy, 0)["seeg"]
    path.write_text(
        path.read_text("utf-8").replace("good", "bad").replace("n/a\n", "bad\n"), "utf-8"
    )
    with pytest.raises(UserError, match=r"channels\.tsv: expected 57 contacts, .* and good ones"):
        block(copy, 0)["seeg"]


def test_each_contact_has_its_own_conversion(copy: Path) -> None:
    before = block(copy, 0)["seeg"]
    factors = np.linspace(0.1, 2, before.shape[1])
    with h5py.File(nwb(copy), "r+") as file:
        gains = file["acquisition/iEEG"].create_dataset("channel_conversion", data=factors)
        gains.attrs["axis"] = 1
    np.testing.assert_allclose(block(copy, 0)["seeg"], before * factors, rtol=1e-5)


def test_texts_are_words_that_are_shown_within_the_block(folder: Path) -> None:
    for person in (ONE, TWO):
        _, words = fixture.session(person)
        for recording in (block(folder, k, person) for k in range(10)):
            begin, end = recording.span or (0, 0)
            assert recording.text == " ".join(w.text for w in words if begin <= w.onset < end)
            assert "".join(map(chr, recording["text"])) == recording.text
            assert recording["text"].dtype == np.uint32
            assert recording.text


@pytest.mark.parametrize("person", [ONE, TWO])
def test_without_a_table_of_events_words_are_those_of_the_stimulus(
    copy: Path, person: fixture.Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = [r.text for r in dutch_words.recordings(copy)]
    monkeypatch.setattr(files, "PIECE", 1000)  # words go on from one piece to the next
    table(copy, "events.tsv", person).unlink()
    assert [r.text for r in dutch_words.recordings(copy)] == before
    table(copy, "events.tsv", person).write_text("onset\tduration\ttrial_type\tvalue\n")
    assert [r.text for r in dutch_words.recordings(copy)] == before


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("0.7500\t", "163841.0\t", "line 2: expected an onset within the recording of "),
        ("0.7500\t", "nan\t", "line 2: expected an onset within"),
        ("0.7500\t", "soon\t", "line 2: expected a number as onset and a word as value, got"),
        ("\tvalue", "\tword", "line 2: expected a number as onset and a word as value, got"),
        ("0.7500\t", "0.7500\t1\t", "line 2: expected 4 cells, got 5"),
    ],
)
def test_an_event_that_makes_no_sense_is_named(copy: Path, old: str, new: str, says: str) -> None:
    edit(table(copy, "events.tsv"), old, new)
    with pytest.raises(UserError, match=rf"sub-01_task-wordProduction_events.tsv, {says}"):
        dutch_words.recordings(copy)
    assert len([p for p in files.verify(copy) if says in p]) == 1


def test_streams_that_do_not_start_together_are_refused(copy: Path) -> None:
    change(copy, "Audio/starting_time", 0.0)
    with pytest.raises(UserError, match=r"to start within 1 s of each other, got 163840\.250 and"):
        dutch_words.recordings(copy)


def test_a_session_that_is_too_short_is_refused(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(copy, "Audio/data", stored(copy, "Audio")[: 25 * 48000])
    with pytest.raises(UserError, match=r"to end within 1 s of each other, got 1638\d\d\.\d+ and"):
        dutch_words.recordings(copy)
    monkeypatch.setattr(files, "SLACK", 30.0)
    change(copy, "Audio/data", stored(copy, "Audio")[: 19 * 48000])
    with pytest.raises(UserError, match=r"sEEG and sound of at least 20 s together, got 19\.0 s"):
        dutch_words.recordings(copy)


@pytest.mark.parametrize(("rate", "fine"), [(48040.0, True), (48100.0, False), (44100.0, False)])
def test_a_clock_that_is_too_fast_is_refused(copy: Path, rate: float, fine: bool) -> None:
    with h5py.File(nwb(copy), "r+") as file:
        file["acquisition/Audio/starting_time"].attrs["rate"] = rate
    if fine:  # the sound of block 9 lies 0.08 % later in the file than the nominal rate says
        begin = (block(copy, 9).span or (0, 0))[0]
        moved, was = block(copy, 9)["audio"], begin * 0.04 / 48 * 16000
        said, _ = fixture.session(ONE)
        first = round(begin * 16000)
        lags = range(800)
        r = [np.dot(said.audio[first + lag :][:9000], moved[:9000]) for lag in lags]
        assert np.argmax(r) == pytest.approx(was, abs=8)
    else:
        with pytest.raises(UserError, match=r"Audio: expected 48000 Hz within 0\.1 %, got"):
            dutch_words.recordings(copy)
        assert any("Audio: expected 48000 Hz" in p for p in files.verify(copy))


def test_blocks_keep_their_distance_on_a_fast_clock(copy: Path) -> None:
    with h5py.File(nwb(copy, TWO), "r+") as file:
        file["acquisition/iEEG/starting_time"].attrs["rate"] = 1024.9
    spans = [r.span for r in dutch_words.recordings(copy)[10:]]
    assert all(other[0] - one[1] >= 1.0 for one, other in pairwise(spans) if one and other)


# --- signals --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("unit", "conversion", "factor"), [("V", 2e-6, 2), ("mV", 1.0, 1e3)])
def test_values_are_brought_to_microvolts(
    copy: Path, unit: str, conversion: float, factor: float
) -> None:
    before = block(copy, 2)["seeg"]
    with h5py.File(nwb(copy), "r+") as file:
        file["acquisition/iEEG/data"].attrs.update({"unit": unit, "conversion": conversion})
    np.testing.assert_allclose(block(copy, 2)["seeg"], before * factor, rtol=1e-6)


def test_mel_is_the_shared_log_mel_of_the_audio(folder: Path) -> None:
    recording = block(folder, 6)
    audio = recording["audio"].astype(np.float64)
    expected = mel.spectrogram(audio, int(len(audio) / 16000 * 22050 / 256 + 0.5))
    np.testing.assert_array_equal(recording["mel"], expected)
    assert recording["mel"].shape[1] == 80
    assert (recording["mel"].std(axis=0) > 0.1).all()  # the highest bins are not filtered away


def filtered(x: Array) -> Array:
    """The published high gamma of a whole session, step by step."""
    x = sps.detrend(x, axis=0)
    for kind, edges in (("bandpass", (70, 170)), ("bandstop", (98, 102)), ("bandstop", (148, 152))):
        sos = sps.iirfilter(4, [edge / 512 for edge in edges], btype=kind, output="sos")
        x = sps.sosfiltfilt(sos, x, axis=0)
    return np.abs(sps.hilbert(x, axis=0))


def test_high_gamma_of_a_block_is_that_of_the_session(folder: Path) -> None:
    power = filtered(stored(folder, "iEEG"))
    for number in (0, 5, 9):
        recording = block(folder, number)
        found, begin = recording["high_gamma"], (recording.span or (0, 0))[0]
        starts = [int((begin + k / 100 - 0.025) * 1024 + 1e-6) for k in range(len(found))]
        expected = np.array([power[start : start + 51].mean(axis=0) for start in starts])
        error = np.abs(found - expected)
        assert error.max() < 0.1 * expected.std()
        for end in (slice(3), slice(-3, None)):
            assert error[end].mean() < 0.02 * expected[end].mean()


def test_high_gamma_hears_its_band_and_no_other() -> None:
    time = np.arange(4096) / 1024
    tones = np.array([20, 60, 85, 100, 120, 150, 165, 250])
    power = high_gamma.envelope(np.sin(2 * np.pi * time[:, None] * tones), 1024)
    found = high_gamma.windows(power, 1024, 512, 300).mean(axis=0)
    np.testing.assert_allclose(found > 0.5, [0, 0, 1, 0, 1, 0, 1, 0])
    burst = np.zeros((4096, 40))
    burst[2048:2099, 33] = np.sin(2 * np.pi * 120 * time[:51])
    found = high_gamma.windows(high_gamma.envelope(burst, 1024), 1024, 512, 300)
    assert np.argmax(found.sum(axis=0)) == 33
    assert abs(np.argmax(found[:, 33]) - (2048 + 25.5 - 512) / 10.24) <= 0.6


@pytest.mark.parametrize("name", ["iEEG", "Audio"])
def test_a_block_is_made_of_its_own_tenth(copy: Path, name: str) -> None:
    def made() -> dict[str, Array]:
        recording = dutch_words_23.recordings(copy)[4]
        names = ("seeg", "high_gamma", "audio", "mel")
        return {n: recording[n] for n in names} | {"mel 80": block(copy, 4)["mel"]}

    before, values = made(), stored(copy, name)
    edges = [round(len(values) * k / 10) for k in (4, 5)]
    few = 480 if name == "Audio" else 10  # the session begins with the later of the streams
    rng = np.random.default_rng(0)
    for part in (slice(0, edges[0] - few), slice(edges[1] + few, None)):
        values[part] = rng.permuted(values[part], axis=0)
    change(copy, f"{name}/data", values)
    after = made()
    for signal, found in after.items():
        np.testing.assert_array_equal(found, before[signal], err_msg=signal)
    change(copy, f"{name}/data", values[::-1])
    assert sum(not np.array_equal(x, before[n]) for n, x in made().items()) == 2 + (name == "Audio")


def bank() -> Array:
    """The published filters, (401, 23), with loops."""
    top = 2595 * np.log10(1 + 8000 / 700)
    hertz = [700 * (10 ** (top * k / 24 / 2595) - 1) for k in range(25)]
    at = [int(int(h + 1e-6) / 8000 * 401) for h in hertz]
    weights = np.zeros((401, 23))
    for k in range(23):
        for i in range(at[k], at[k + 1]):
            weights[i, k] = (i - at[k]) / (at[k + 1] - at[k])
        for i in range(at[k + 1], at[k + 2]):
            weights[i, k] = (at[k + 2] - i) / (at[k + 2] - at[k + 1])
    return weights / weights.sum(axis=0)


def test_mel_of_23_bins_is_the_published_one(folder: Path) -> None:
    recording = {r.id: r for r in dutch_words_23.recordings(folder)}["sub-01-block-7"]
    whole = stored(folder, "Audio")
    skip, phase = divmod(first_sample(recording, ONE), 3)
    down = sps.decimate(whole[phase:] / np.abs(whole).max(), 3)  # of all there is, as published
    scaled = np.int16(np.clip(down, -1, 1) * 32767).astype(float)
    found, hann = recording["mel"], sps.get_window("hann", 800)
    for k in range(0, len(found), 7):
        frame = scaled[skip + 160 * k - 400 : skip + 160 * k + 400]
        expected = np.log(np.abs(np.fft.rfft(frame * hann)) @ bank() + 1e-7)
        np.testing.assert_allclose(found[k], expected, atol=2e-2)
    assert found.shape[1] == 23
    assert found.max() > 5  # the peak is at 32767, not at 1


# --- damage ---------------------------------------------------------------------------------------


def test_what_is_no_number_is_named_with_contact_and_place(copy: Path) -> None:
    values = stored(copy, "iEEG")
    first = round((block(copy, 3).span or (0, 0))[0] * 1024)
    values[first + 100, 20] = np.nan
    values[first + 300, 3] = np.inf
    values[first - 200, 30] = np.nan  # in the gap before the block
    change(copy, "iEEG/data", values)
    with pytest.raises(UserError) as caught:
        block(copy, 3)["seeg"]
    assert str(caught.value).startswith(str(nwb(copy)))
    place = f"got nan at sample {first + 100}, {(first + 100) / 1024:.3f} s; get the file again"
    assert "sub-01, contact LB9 (column 20): expected numbers below" in str(caught.value)
    assert place in str(caught.value)
    with pytest.raises(
        UserError, match=r"contact LC7 \(column 30\): expected numbers below .* got nan"
    ):
        block(copy, 3)["high_gamma"]
    assert np.isfinite(block(copy, 2)["high_gamma"]).all()
    assert np.isfinite(block(copy, 3)["mel"]).all()


@pytest.mark.parametrize(("value", "says"), [(np.nan, "got nan at sample 77, 0.002 s"), (0, "sil")])
def test_sound_that_is_none_is_refused(copy: Path, value: float, says: str) -> None:
    sound = stored(copy, "Audio")
    sound[77 if value else slice(None)] = value
    change(copy, "Audio/data", sound)
    with pytest.raises(UserError, match=says):
        block(copy, 3)["audio"]
    with pytest.raises(UserError, match=says):
        dutch_words_23.recordings(copy)[3]["mel"]
    assert len(block(copy, 3)["seeg"])


def test_a_truncated_file_is_refused(copy: Path) -> None:
    content = nwb(copy).read_bytes()
    nwb(copy).write_bytes(content[: len(content) // 2])
    with pytest.raises(UserError, match=r"sub-01_task-wordProduction_ieeg\.nwb: not a sound HDF5"):
        dutch_words.recordings(copy)
    (problem,) = files.verify(copy)
    assert problem.startswith(str(nwb(copy)))
    assert problem.endswith("get the file again")


def test_a_file_that_goes_away_is_named(copy: Path) -> None:
    recording = block(copy, 1)
    nwb(copy).unlink()
    with pytest.raises(UserError, match="expected an NWB file, found none"):
        recording["seeg"]


def lose(name: str) -> Callable[[Path], None]:
    return lambda folder: table(folder, name).unlink()


def test_an_empty_line_at_the_end_of_a_table_is_none(copy: Path) -> None:
    with table(copy, "events.tsv").open("a") as file:
        file.write("\n")
    assert files.verify(copy) == []


def doubled(folder: Path) -> None:
    edit(table(folder, "channels.tsv"), "LA2\t", "LA1\t")


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        *((lose(name), f"{name}: expected a file, found none") for name in files.FILES),
        (lambda f: (f / "participants.tsv").unlink(), "participants.tsv: expected a text"),
        (lambda f: edit(f / "participants.tsv", "sub-02", "sub-03"), "sub-03_task-wordProduction_"),
        (
            lambda f: edit(f / "participants.tsv", "sub-02", "../sub-02"),
            "got sub-01, ../sub-02; get",
        ),
        (lambda f: (f / "participants.tsv").write_text("participant_id\n"), "got nobody; get"),
        (lambda f: edit(table(f, "channels.tsv"), "LA2\tSEEG", "LA2"), "line 3: expected 6 cells"),
        (lambda f: table(f, "channels.tsv").write_bytes(b"\xff"), "expected a text"),
        (lambda f: table(f, "ieeg.json").write_text("{"), "ieeg.json: expected JSON, got"),
        (lambda f: table(f, "ieeg.json").write_text("[" * 99999), "ieeg.json: expected JSON, got"),
        (doubled, "channels.tsv: expected each contact once"),
        (
            lambda f: edit(table(f, "space-ACPC_electrodes.tsv"), "LA2\t", "LZ2\t"),
            "electrodes.tsv: expected every contact, found no LA2",
        ),
        (
            lambda f: change(f, "iEEG/data", stored(f, "iEEG")[:, 1:]),
            "ieeg.nwb: expected the 57 contacts of channels.tsv, got 56",
        ),
        (
            lambda f: change(f, "Stimulus/data", np.array(["x"] * 99, h5py.string_dtype())),
            "Stimulus/timestamps: expected 99 of them, got",
        ),
    ],
)
def test_verify_says_what_is_wrong(copy: Path, damage: Callable[[Path], None], says: str) -> None:
    damage(copy)
    problems = files.verify(copy)
    assert says in problems[0]
    assert all(p.endswith("get the file again") and "\n" not in p for p in problems)


def test_the_table_of_events_tells_what_the_strings_do(copy: Path) -> None:
    path = table(copy, "events.tsv")
    whole = path.read_text("utf-8")
    lines = whole.splitlines()
    path.write_text("\n".join([lines[0], *lines[3:]]) + "\n", "utf-8")
    (problem,) = files.verify(copy)
    assert "events.tsv: expected the 30 words of Stimulus, got 29" in problem
    late = [line.split("\t") for line in lines[1:]]
    moved = ["\t".join([f"{float(first) + 1.2:.4f}", *rest]) for first, *rest in late[:-4]]
    path.write_text("\n".join([lines[0], *moved, *lines[-4:]]) + "\n", "utf-8")
    (problem,) = files.verify(copy)
    assert "events.tsv: expected '" in problem
    assert "as in Stimulus, got" in problem


def test_strings_beside_the_seeg_are_counted(copy: Path) -> None:
    with h5py.File(nwb(copy, TWO), "r+") as file:
        few = file["acquisition/Stimulus/data"][:-9]
    change(copy, "Stimulus/data", few, TWO)
    (problem,) = files.verify(copy)
    assert f"expected {len(few) + 9} strings in Stimulus, got {len(few)}" in problem


def test_only_a_miniature_may_be_small(copy: Path) -> None:
    (copy / "FIXTURE").unlink()
    problems = files.verify(copy)
    said = "\n".join(problems)
    assert "participants.tsv: expected sub-01 to sub-10, got sub-01, sub-02" in said
    assert re.search(r"sub-01_task-wordProduction_ieeg\.nwb: .* about 300 s, got \d\d\b", said)
    assert "sub-01_task-wordProduction_events.tsv: expected about 100 words, got 30" in said
    assert "sub-10_task-wordProduction_ieeg.nwb: expected a file, found none" in said
    assert len(problems) == 1 + 2 * 2 + 8 * 6


def test_contacts_of_all_are_counted(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (copy / "FIXTURE").unlink()
    monkeypatch.setattr(files, "PARTICIPANTS", ("sub-01", "sub-02"))
    monkeypatch.setattr(files, "WORDS", range(20, 40))
    monkeypatch.setattr(files, "SECONDS", (20.0, 50.0))
    (problem,) = files.verify(copy)
    assert "expected 1103 contacts in all, got 177" in problem


def test_reading_is_lazy(folder: Path) -> None:
    tracemalloc.start()
    found = dutch_words.recordings(folder)
    _, listing = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    size = found[15]["seeg"].nbytes
    _, reading = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert listing < 3e6
    assert reading < 8 * size  # float64, its copy in µV, and float32; the session is 28 * size


# --- splits ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["dutch_words", "dutch_words_23"])
def test_each_block_is_tested_once_and_the_next_one_chooses(folder: Path, name: str) -> None:
    split = splits.load(ROOT / "tasks" / "splits" / f"{name}.ten_fold.json")
    assert list(split.folds) == [f"sub-{p:02d}-fold-{k}" for p in range(1, 11) for k in range(10)]
    for fold_name, fold in split.folds.items():
        person, k = fold_name[:6], int(fold_name[-1])
        assert fold.test == (f"{person}-block-{k}",)
        assert fold.valid == (f"{person}-block-{(k + 1) % 10}",)
        rest = {f"{person}-block-{n}" for n in range(10)} - {*fold.test, *fold.valid}
        assert set(fold.train) == rest
    found = dutch_words.recordings(folder)
    here, notes = splits.resolve(split, found)
    assert len(here.folds) == 20
    assert len(notes) == 80
    splits.check(here, {r.id: r for r in found})


# --- the published baseline -----------------------------------------------------------------------


@pytest.fixture(scope="session")
def baseline() -> Any:
    return load_module(ROOT / "benchmarks" / "dutch_words_baseline.py")


@pytest.fixture
def entry() -> Iterator[Any]:
    """seeg_linear, which finds its neighbours as in the worker."""
    sys.path.insert(0, str(ROOT / "baselines"))
    yield load_module(ROOT / "baselines" / "seeg_linear.py")
    sys.path.remove(str(ROOT / "baselines"))


class Once:
    """A recording whose signals are read once."""

    def __init__(self, recording: Recording) -> None:
        self.recording, self.read = recording, dict[str, Array]()

    def __getitem__(self, name: str) -> Array:
        if name not in self.read:
            self.read[name] = self.recording[name]
        return self.read[name]


@pytest.fixture(scope="session")
def people(folder: Path) -> Any:
    found = [Once(r) for r in dutch_words_23.recordings(folder)]
    return {"sub-01": found[:10], "sub-02": found[10:]}


@pytest.fixture(scope="session")
def published(baseline: Any, people: Any) -> Any:
    return baseline.folds(people["sub-01"], valid=True)


def test_the_published_baseline_finds_speech_where_chance_does_not(published: Any) -> None:
    found, chance = published
    assert found.shape == (10,)
    assert found.mean() > 0.7
    assert (found > 0.5).sum() >= 9  # the last block has hardly a word
    assert chance.mean() < 0.1


def test_chance_as_published_is_low(baseline: Any, people: Any) -> None:
    target = np.concatenate([b["mel"] for b in people["sub-01"]]).astype(float)
    rng = np.random.default_rng(0)
    low, high = int(0.1 * len(target)), int(0.9 * len(target))
    turns = rng.integers(low, high, 100)
    found = [baseline.r_of_bins(np.roll(target, turn, 0), target) for turn in turns]
    assert np.mean(found) < 0.15


def test_the_entry_comes_to_the_same(
    baseline: Any, people: Any, published: Any, entry: Any
) -> None:
    signals = {name: dutch_words_23.CORPUS.signals[name] for name in ("seeg", "mel")}
    asked = Asked("seeg_to_mel", ("seeg",), "mel", signals)
    blocks = people["sub-01"]
    for test in (0, 6):
        model = entry.Model(asked, 1)
        model.fit(
            [b for k, b in enumerate(blocks) if k not in (test, test + 1)], [blocks[test + 1]]
        )
        target = blocks[test]["mel"]
        guess = model.predict({"seeg": blocks[test]["seeg"]}, target.shape)
        found = baseline.r_of_bins(baseline.middle(guess), baseline.middle(target))
        assert found == pytest.approx(published[0][test], abs=0.06)


def test_the_seeg_of_someone_else_says_nothing(baseline: Any, people: Any) -> None:
    pairs = [
        {"high_gamma": a["high_gamma"][: len(b["mel"])], "mel": b["mel"][: len(a["mel"])]}
        for a, b in zip(people["sub-01"][:5], people["sub-02"], strict=False)
    ]
    found, _ = baseline.folds(pairs)
    assert found.mean() < 0.15
