"""Time series of NWB files: clocks, units, slices, and files that are not what they should be."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from benchmark.core import Array, UserError
from benchmark.corpora.io import nwb

RATE = 100.0
START = 163840.25  # large, as clocks of machines are


def make(
    path: Path,
    data: Any = None,
    stamps: Array | None = None,
    start: Any = None,
    rate: Any = RATE,
    attributes: dict[str, Any] | None = None,
) -> Path:
    with h5py.File(path, "w") as file:
        group = file.create_group("acquisition/iEEG")
        values = np.arange(600.0).reshape(300, 2) if data is None else data
        group.create_dataset("data", data=values).attrs.update(attributes or {})
        if stamps is not None:
            group["timestamps"] = stamps
        if start is not None:
            group["starting_time"] = start
            group["starting_time"].attrs["rate"] = rate
    return path


def times(count: int = 300, rate: float = RATE) -> Array:
    return START + np.arange(count) / rate


def refused(path: Path, says: str, do: Callable[[nwb.Stream], object] = lambda _: None) -> None:
    with pytest.raises(UserError, match=says) as caught, nwb.opened(path) as file:
        do(nwb.stream(file, "iEEG", RATE, 2))
    message = str(caught.value)
    assert message.startswith(str(path))
    assert "\n" not in message


@pytest.mark.parametrize("clock", [{"stamps": times()}, {"start": START}, {"start": [START]}])
def test_a_time_becomes_the_first_sample_at_or_after_it(tmp_path: Path, clock: Any) -> None:
    with nwb.opened(make(tmp_path / "a.nwb", **clock)) as file:
        stream = nwb.stream(file, "iEEG", RATE, 2)
        assert stream.begin == START
        assert stream.rate == pytest.approx(RATE)
        assert stream.end == pytest.approx(START + 3.0)
        asked = {-1.0: 0, 0.0: 0, 0.004: 1, 0.01: 1, 0.0101: 2, 2.99: 299, 2.991: 300, 9.0: 300}
        assert {t: nwb.place(stream, START + t) for t in asked} == asked
        assert nwb.time(stream, 123) == pytest.approx(START + 1.23, abs=1e-9)
        for index in range(300):  # large times are rounded, which must not move them by a sample
            assert nwb.place(stream, nwb.time(stream, index)) == index


def test_timestamps_come_before_a_starting_time(tmp_path: Path) -> None:
    with nwb.opened(make(tmp_path / "a.nwb", stamps=times(), start=0.0)) as file:
        assert nwb.stream(file, "iEEG", RATE, 2).begin == START


def test_slices_hold_what_was_asked_for(tmp_path: Path) -> None:
    with nwb.opened(make(tmp_path / "a.nwb", start=START)) as file:
        stream = nwb.stream(file, "iEEG", RATE, 2)
        found = nwb.samples(stream, 7, 10)
        np.testing.assert_array_equal(found, [[14, 15], [16, 17], [18, 19]])
        assert found.dtype == np.float64
        for first, stop in ((-1, 5), (5, 5), (6, 5), (299, 301)):
            with pytest.raises(UserError, match=rf"has no samples {first} to {stop}; get the"):
                nwb.samples(stream, first, stop)


def test_conversion_and_offset_are_applied(tmp_path: Path) -> None:
    data = np.arange(600, dtype=np.int16).reshape(300, 2)
    attributes = {"unit": b"mV", "conversion": 0.5, "offset": [-3.0]}
    with nwb.opened(make(tmp_path / "a.nwb", data, start=START, attributes=attributes)) as file:
        stream = nwb.stream(file, "iEEG", RATE, 2)
        assert stream.unit == "mV"
        np.testing.assert_array_equal(nwb.samples(stream, 2, 3), [[-1.0, -0.5]])


@pytest.mark.parametrize(
    ("unit", "factor"),
    [("V", 1e6), ("volts", 1e6), (" mV", 1e3), ("uV", 1), ("µV", 1), ("μV", 1), ("", 1), ("a", 1)],
)
def test_units_become_microvolts(unit: str, factor: float) -> None:
    assert nwb.microvolts(unit) == factor


@pytest.mark.parametrize(
    "texts",
    [
        np.array(["", "één", "één", ""], h5py.string_dtype()),
        np.array([b"", "één".encode(), "één".encode(), b""], h5py.string_dtype("utf-8", 8)),
        np.array([b"", "één".encode(), "één".encode(), b""], "S8"),
    ],
)
def test_strings_of_every_kind_are_read(tmp_path: Path, texts: Array) -> None:
    path = make(tmp_path / "a.nwb", start=START)
    with h5py.File(path, "r+") as file:
        group = file.create_group("acquisition/Stimulus")
        group["data"], group["timestamps"] = texts, times(4)
    with nwb.opened(path) as file:
        stream = nwb.stream(file, "Stimulus", RATE, 1)
        assert nwb.texts(stream, 0, 4) == ["", "één", "één", ""]
        assert nwb.texts(stream, 1, 2) == ["één"]
        with pytest.raises(UserError, match="Stimulus: expected numbers, got"):
            nwb.samples(stream, 0, 4)


@pytest.mark.parametrize("rate", [RATE * 1.0005, RATE * 0.9995, RATE * 1.002, RATE * 0.998, 0, 1])
@pytest.mark.parametrize("stamped", [True, False])
def test_a_clock_may_be_a_thousandth_off(tmp_path: Path, rate: float, stamped: bool) -> None:
    if stamped and rate == 0:
        clock: dict[str, Any] = {"stamps": np.full(300, START)}
    else:
        clock = {"stamps": times(300, rate)} if stamped else {"start": START, "rate": rate}
    path = make(tmp_path / "a.nwb", **clock)
    if abs(rate / RATE - 1) < 1e-3:
        with nwb.opened(path) as file:
            assert nwb.stream(file, "iEEG", RATE, 2).rate == pytest.approx(rate, rel=1e-8)
    else:
        refused(path, "expected 100 Hz within 0.1 %, got ")


def test_samples_that_are_missing_in_between_are_noticed(tmp_path: Path) -> None:
    stamps = times(20000)
    stamps[10000:] += 0.15  # fifteen samples of 20,000: the rate of the whole is 0.08 % off
    path = make(tmp_path / "a.nwb", np.zeros((20000, 1)), stamps)
    with nwb.opened(path) as file:
        stream = nwb.stream(file, "iEEG", RATE, 2)
        assert nwb.place(stream, START + 150.15) == 15000  # and what follows stays in its place
        assert len(nwb.samples(stream, 8000, 10000)) == 2000
        assert len(nwb.samples(stream, 10000, 12000)) == 2000
        with pytest.raises(UserError, match=r"to take 19.990 s, got 20.140 s: some are missing"):
            nwb.samples(stream, 9000, 11000)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({}, "expected timestamps or starting_time, found none"),
        ({"start": START, "rate": np.nan}, "within 0.1 %, got nan Hz"),
        ({"start": START, "rate": [RATE, RATE]}, "within 0.1 %, got nan Hz"),
        ({"start": START, "rate": "fast"}, "cannot be read"),
        ({"start": np.nan}, "expected a start"),
        ({"start": "noon"}, "cannot be read"),
        ({"stamps": times(299)}, r"/timestamps: expected 300 of them, got \(299,\)"),
        ({"stamps": times()[::-1]}, "within 0.1 %, got nan Hz"),
        ({"stamps": np.full(300, np.nan)}, "within 0.1 %, got nan Hz"),
        ({"stamps": np.array(["x"] * 300, h5py.string_dtype())}, "cannot be read"),
        ({"start": START, "data": np.zeros(300)}, r"expected 2 axes with samples, got \(300,\)"),
        ({"start": START, "data": np.zeros((0, 3))}, "expected 2 axes with samples, got"),
        ({"start": START, "data": np.zeros((9, 1025))}, "expected 2 axes with samples, got"),
        ({"start": START, "data": np.zeros((400_000, 1), "i1")}, "at most 3600 s, got"),
        ({"start": START, "attributes": {"conversion": 0.0}}, "expected a conversion"),
        ({"start": START, "attributes": {"conversion": np.nan}}, "expected a conversion"),
        ({"start": START, "attributes": {"offset": [1.0, 2.0]}}, "and an offset, got 1.0, nan"),
    ],
)
def test_a_header_that_makes_no_sense_is_refused(tmp_path: Path, changed: Any, says: str) -> None:
    refused(make(tmp_path / "a.nwb", **changed), says)


def test_what_is_no_number_is_refused_when_it_is_read(tmp_path: Path) -> None:
    path = make(tmp_path / "a.nwb", np.zeros((300, 2), "c16"), start=START)
    refused(path, "expected numbers, got complex128", lambda stream: nwb.samples(stream, 0, 3))
    path = make(tmp_path / "b.nwb", start=START)
    refused(path, "expected strings, got float64", lambda stream: nwb.texts(stream, 0, 3))


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (lambda file: file.__delitem__("acquisition"), "/data: expected a dataset, found none"),
        (lambda file: file.__delitem__("acquisition/iEEG/data"), "expected a dataset, found none"),
        (lambda file: file.move("acquisition/iEEG", "acquisition/EEG"), "found none"),
    ],
)
def test_a_stream_that_is_not_there_is_named(tmp_path: Path, edit: Any, says: str) -> None:
    path = make(tmp_path / "a.nwb", start=START)
    with h5py.File(path, "r+") as file:
        edit(file)
    refused(path, says)


def test_a_folder_in_place_of_a_dataset_is_refused(tmp_path: Path) -> None:
    path = make(tmp_path / "a.nwb", start=START)
    with h5py.File(path, "r+") as file:
        del file["acquisition/iEEG/data"]
        file.create_group("acquisition/iEEG/data")
    refused(path, "expected a dataset as acquisition/iEEG/data, got something else")


@pytest.mark.parametrize("kind", ["link", "external", "virtual"])
def test_bytes_of_other_files_are_not_read(tmp_path: Path, kind: str) -> None:
    other, path = make(tmp_path / "other.nwb", start=START), make(tmp_path / "a.nwb", start=START)
    (tmp_path / "raw").write_bytes(b"secret.." * 600)
    with h5py.File(path, "r+") as file:
        group = file["acquisition/iEEG"]
        del group["data"]
        if kind == "link":
            group["data"] = h5py.ExternalLink(str(other), "acquisition/iEEG/data")
        elif kind == "external":
            raw = [(str(tmp_path / "raw"), 0, 4800)]
            group.create_dataset("data", (300, 2), "f8", external=raw)
        else:
            layout = h5py.VirtualLayout((300, 2), "f8")
            layout[:] = h5py.VirtualSource(str(other), "acquisition/iEEG/data", (300, 2))
            group.create_virtual_dataset("data", layout)
    refused(path, "within the file, got a link out of it")


def test_a_missing_file_and_a_foreign_one_are_sentences(tmp_path: Path) -> None:
    refused(tmp_path / "none.nwb", "expected an NWB file, found none; get the file again")
    (tmp_path / "text.nwb").write_text("not HDF5")
    refused(tmp_path / "text.nwb", "not a sound HDF5 file")
    (tmp_path / "folder.nwb").mkdir()
    refused(tmp_path / "folder.nwb", "not a sound HDF5 file")


@pytest.mark.parametrize("part", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_file_that_was_cut_off_is_a_sentence(tmp_path: Path, part: float) -> None:
    path = make(tmp_path / "a.nwb", np.zeros((3000, 9)), start=START)
    content = path.read_bytes()
    path.write_bytes(content[: int(part * len(content))])
    refused(path, "not a sound HDF5 file")


def test_damaged_bytes_give_a_sentence_or_nothing(tmp_path: Path) -> None:
    data = np.random.default_rng(0).integers(0, 9, (300, 4)).astype(np.float64)
    whole = tmp_path / "whole.nwb"
    with h5py.File(whole, "w") as file:
        group = file.create_group("acquisition/iEEG")
        group.create_dataset("data", data=data, compression="gzip", chunks=(100, 4))
        group.create_dataset("timestamps", data=times(), compression="gzip")
    content = np.frombuffer(whole.read_bytes(), np.uint8)
    rng = np.random.default_rng(1)
    sentences = []
    for number in range(300):
        damaged = content.copy()
        at = rng.integers(0, len(damaged), 12)
        damaged[at] = rng.integers(0, 256, 12)
        path = tmp_path / f"{number}.nwb"
        path.write_bytes(damaged.tobytes())
        try:
            with nwb.opened(path) as file:
                stream = nwb.stream(file, "iEEG", RATE, 2)
                first = nwb.place(stream, START + 0.5)
                nwb.samples(stream, first, len(stream.data))
        except UserError as problem:
            sentences.append(str(problem))
        path.unlink()
    assert len(sentences) > 30
    assert not any("\n" in sentence for sentence in sentences)


def test_memory_holds_the_slice_and_no_more(tmp_path: Path) -> None:
    path = tmp_path / "a.nwb"
    with h5py.File(path, "w") as file:
        group = file.create_group("acquisition/iEEG")
        group.create_dataset("data", data=np.zeros((200_000, 16)), compression="gzip")
        group.create_dataset("timestamps", data=times(200_000), compression="gzip")
    tracemalloc.start()
    with nwb.opened(path) as file:
        stream = nwb.stream(file, "iEEG", RATE, 2)
        first = nwb.place(stream, START + 1000.0)
        nwb.samples(stream, first, first + 1000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert first == 100_000
    assert peak < 0.8e6  # of 25.6e6 bytes and 1.6e6 of timestamps; the slice has 0.128e6
