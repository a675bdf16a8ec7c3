"""Time series of NWB files: clocks, units, slices, and files that are not what they should be."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from benchmark.core import Array, UserError
from benchmark.corpora.dutch_words import fixture
from benchmark.corpora.io import nwb
from parts import needs

needs("pynwb")
import pynwb  # noqa: E402

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
    """An NWB file with one series; `attributes` go to its data."""
    with h5py.File(path, "w") as file:
        fixture.nwb_header(file)
        values = np.arange(600.0).reshape(300, 2) if data is None else data
        add(file, "iEEG", values, stamps, start, rate, **(attributes or {}))
    return path


def add(
    file: h5py.File,
    name: str,
    data: Any,
    stamps: Array | None = None,
    start: Any = None,
    rate: Any = RATE,
    kind: str = "TimeSeries",
    **attributes: Any,
) -> h5py.Group:
    group = file.create_group(f"acquisition/{name}")
    group.attrs.update(fixture.nwb_type(kind, name))
    group.create_dataset("data", data=data, compression="gzip" if len(data) > 9999 else None)
    group["data"].attrs.update({"unit": "V", **attributes})
    if stamps is not None:
        group["timestamps"] = stamps
        group["timestamps"].attrs.update({"unit": "seconds", "interval": 1})
    if start is not None:
        group["starting_time"] = start
        group["starting_time"].attrs.update({"unit": "seconds", "rate": rate})
    return group


def times(count: int = 300, rate: float = RATE) -> Array:
    return START + np.arange(count) / rate


def refused(path: Path, says: str, do: Callable[[nwb.Stream], object] = lambda _: None) -> None:
    with pytest.raises(UserError, match=says) as caught, nwb.opened(path) as file:
        do(nwb.stream(file, "iEEG", RATE, 2))
    message = str(caught.value)
    assert message.startswith(str(path))
    assert "\n" not in message


@pytest.mark.parametrize("clock", [{"stamps": times()}, {"start": START}])
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
    attributes = {"unit": "mV", "conversion": 0.5, "offset": -3.0}
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
        add(file, "Stimulus", texts, times(4))
    with nwb.opened(path) as file:
        stream = nwb.stream(file, "Stimulus", RATE, 1)
        assert nwb.texts(stream, 0, 4) == ["", "één", "één", ""]
        assert nwb.texts(stream, 1, 2) == ["één"]
        with pytest.raises(UserError, match="Stimulus: expected numbers, got"):
            nwb.samples(stream, 0, 4)


@pytest.mark.parametrize("rate", [RATE * 1.0005, RATE * 0.9995, RATE * 1.002, RATE * 0.998, 1.0])
@pytest.mark.parametrize("stamped", [True, False])
def test_a_clock_may_be_a_thousandth_off(tmp_path: Path, rate: float, stamped: bool) -> None:
    clock: dict[str, Any] = (
        {"stamps": times(300, rate)} if stamped else {"start": START, "rate": rate}
    )
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


def moved(at: int, by: float) -> Array:
    stamps = times(20000)
    stamps[at] += by
    return stamps


@pytest.mark.parametrize(
    "stamps",
    [
        np.concatenate([times(19000), times(20040)[-1000:]]),  # forty samples lost in 20,000 ...
        moved(7000, 0.006),  # ... a stamp that is off ...
        moved(7000, -0.0101),  # ... and one before its neighbour
        moved(7000, np.nan),
    ],
    ids=["lost", "off", "back", "NaN"],
)
def test_time_stamps_are_even(
    tmp_path: Path, stamps: Array, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nwb, "TOLERANCE", 0.01)
    monkeypatch.setattr(nwb, "BLOCK", 3000)
    path = make(tmp_path / "a.nwb", np.zeros((len(stamps), 1)), stamps)
    with nwb.opened(path) as file:
        stream = nwb.stream(file, "iEEG", RATE, 2)
        with pytest.raises(UserError, match="timestamps: expected even steps of 10"):
            nwb.samples(stream, 6000, len(stamps))
        assert len(nwb.samples(stream, 0, 6000)) == 6000


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({}, "not a sound NWB file"),
        ({"start": START, "rate": np.nan}, "within 0.1 %, got nan Hz"),
        ({"start": START, "rate": "fast"}, "not a sound NWB file"),
        ({"start": np.nan}, "expected a start"),
        ({"start": "noon"}, "not a sound NWB file"),
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
        ({"start": START, "attributes": {"offset": np.nan}}, "and an offset, got 1.0, nan"),
    ],
)
def test_a_header_that_makes_no_sense_is_refused(tmp_path: Path, changed: Any, says: str) -> None:
    refused(make(tmp_path / "a.nwb", **changed), says)


def test_what_is_no_number_is_refused_when_it_is_read(tmp_path: Path) -> None:
    path = make(tmp_path / "a.nwb", np.zeros((300, 2), "c16"), start=START)
    refused(path, "expected numbers, got complex128", lambda stream: nwb.samples(stream, 0, 3))
    path = make(tmp_path / "b.nwb", start=START)
    refused(path, "expected strings, got float64", lambda stream: nwb.texts(stream, 0, 3))


@pytest.mark.parametrize("lost", ["iEEG", "iEEG/data"])
def test_a_stream_that_is_not_there_is_named(tmp_path: Path, lost: str) -> None:
    path = make(tmp_path / "a.nwb", start=START)
    with h5py.File(path, "r+") as file:
        del file[f"acquisition/{lost}"]
    refused(path, "/acquisition/iEEG/data: expected a time series, found none")


@pytest.mark.parametrize("count", [2, 3])
def test_each_channel_has_its_own_conversion(tmp_path: Path, count: int) -> None:
    """Where channels differ in gain, on top of the factor that all share."""
    path, gains = tmp_path / "a.nwb", 10.0 ** np.arange(count)
    start = datetime(2000, 1, 1, tzinfo=UTC)
    made = pynwb.NWBFile(session_description="s", identifier="i", session_start_time=start)
    device = made.create_device(name="d")
    group = made.create_electrode_group(name="g", description="g", location="cortex", device=device)
    for _ in range(count):
        made.add_electrode(group=group, location="cortex")
    series = pynwb.ecephys.ElectricalSeries(
        name="iEEG",
        data=np.ones((300, count)),
        electrodes=made.create_electrode_table_region(region=[*range(count)], description="all"),
        starting_time=START,
        rate=RATE,
        conversion=0.5,
        channel_conversion=gains,
    )
    made.add_acquisition(series)
    with pynwb.NWBHDF5IO(path, "w") as file:
        file.write(made)
    with nwb.opened(path) as file:
        stream = nwb.stream(file, "iEEG", RATE, 2)
        assert nwb.microvolts(stream.unit) == 1e6
        np.testing.assert_array_equal(nwb.samples(stream, 0, 2), [gains / 2] * 2)


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


def test_a_missing_file_and_a_foreign_one_are_refused(tmp_path: Path) -> None:
    refused(tmp_path / "none.nwb", "expected an NWB file, found none; get the file again")
    (tmp_path / "text.nwb").write_text("not HDF5")
    refused(tmp_path / "text.nwb", "not a sound HDF5 file")
    (tmp_path / "folder.nwb").mkdir()
    refused(tmp_path / "folder.nwb", "expected an NWB file, found none")
    h5py.File(tmp_path / "plain.nwb", "w").close()
    refused(tmp_path / "plain.nwb", "not a sound NWB file \\(Missing NWB version")


@pytest.mark.parametrize("part", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_file_that_was_cut_off_is_refused(tmp_path: Path, part: float) -> None:
    path = make(tmp_path / "a.nwb", np.zeros((3000, 9)), start=START)
    content = path.read_bytes()
    path.write_bytes(content[: int(part * len(content))])
    refused(path, "not a sound HDF5 file")


def test_memory_holds_the_slice_and_no_more(tmp_path: Path) -> None:
    path = tmp_path / "a.nwb"
    make(path, np.zeros((200_000, 16)), times(200_000))
    with nwb.opened(path):
        pass  # pynwb is loaded, and its schema
    tracemalloc.start()
    with nwb.opened(path) as file:
        stream = nwb.stream(file, "iEEG", RATE, 2)
        first = nwb.place(stream, START + 1000.0)
        nwb.samples(stream, first, first + 1000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert first == 100_000
    assert peak < 0.8e6  # of 25.6e6 bytes and 1.6e6 of timestamps; the slice has 0.128e6
