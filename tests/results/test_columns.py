"""The file of recordings: the same bytes for the same results, a reason for every other file."""

import io
import json
import os
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from benchmark.results import columns
from benchmark.results.columns import BadFile
from benchmark.results.published import from_job
from benchmark.results.result import Item, Measurement
from example_result import RESULT


def made(names, values, width=4, seed=0):
    """A result with one metric of `width` statistics, one recording of it floored."""
    items = tuple(
        Item(
            recording=name,
            speaker=name[0],
            session="",
            prediction=f"{place:064x}" if place else "",
            seconds=0.0,
            measurements={
                "m@1": Measurement(statistics=(value, 1.0, *[0.5] * (width - 2)))
                if place
                else Measurement(
                    statistics=(value, *[0.0] * (width - 1)), status="floored", reason="silence"
                )
            },
        )
        for place, (name, value) in enumerate(zip(names, values, strict=True))
    )
    return from_job(RESULT.model_copy(update={"items": items, "seed": seed}))


RESULTS = [
    made(["a1", "b1", "c1"], [0.1, 0.2, 0.3]),
    made(["a1", "b1", "c1"], [0.1, 0.2, 0.4], seed=1),
    made(["a1", "b1"], [0.1, 0.2]),
    made(["a1", "b1", "c1"], [0.1, 0.2, 0.3], width=2, seed=2),
    from_job(RESULT.model_copy(update={"items": (), "status": "failed"})),
]


@pytest.fixture
def path(tmp_path):
    columns.write(tmp_path / "x.npz", RESULTS)
    return tmp_path / "x.npz"


def test_all_recordings_are_read_back(path):
    found = columns.read(path)
    good = [result for result in RESULTS if result.digest]
    assert found.keys() == {result.digest for result in good}
    for result in good:
        of = found[result.digest]
        assert of.digest() == result.digest
        assert (of.names, of.speakers) == (result.recordings.names, result.recordings.speakers)
        assert of.measured["m@1"].reasons == result.recordings.measured["m@1"].reasons


def test_the_same_results_give_the_same_bytes(path, tmp_path):
    columns.write(tmp_path / "y.npz", [*RESULTS[::-1], RESULTS[1]])
    assert (tmp_path / "y.npz").read_bytes() == path.read_bytes()
    columns.write(path, RESULTS)
    assert (tmp_path / "y.npz").read_bytes() == path.read_bytes()


def test_the_name_is_of_the_content():
    name = columns.name("ridge", RESULTS)
    assert name.startswith("ridge.")
    assert name == columns.name("ridge", [*RESULTS[::-1], RESULTS[0]])
    assert name != columns.name("ridge", RESULTS[1:])


def test_results_without_recordings_make_an_empty_file(tmp_path):
    columns.write(tmp_path / "x.npz", RESULTS[-1:])
    assert columns.read(tmp_path / "x.npz") == {}


def arrays_of(path):
    with np.load(path) as file:
        return dict(file)


def rewrite(path, arrays):
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)
    path.write_bytes(content.getvalue())


def write_as(path, change, version=(1, 0)):
    """The same arrays, each as the bytes that `change` makes of its name and its own bytes."""
    arrays = arrays_of(path)
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in arrays.items():
            whole = io.BytesIO()
            np.lib.format.write_array(whole, array, version=version)
            archive.writestr(f"{name}.npy", change(name, whole.getvalue()))


# Of block 2, whose arrays are of 2 results of 3 recordings.
KINDS = ("statistics", "parts", "status", "reason")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "change",
    {
        "another type": lambda a: a.astype(np.int64),
        "byte order": lambda a: a.astype(np.float64 if a.dtype.itemsize == 1 else ">f4"),
        "one axis less": lambda a: a.reshape(-1),
        "one axis more": lambda a: a[None],
        "a result less": lambda a: a[1:],
        "a recording less": lambda a: a[:, 1:],
        "twice as many": lambda a: np.concatenate([a, a], axis=1),
        "Fortran's order": lambda a: np.asfortranarray(a),
        "objects": lambda a: a.astype(object),
        "a text": lambda a: a.astype("U9"),
    }.values(),
)
def test_an_array_of_another_form_is_refused(path, kind, change):
    arrays = arrays_of(path)
    arrays[f"2.0.{kind}"] = change(arrays[f"2.0.{kind}"])
    rewrite(path, arrays)
    with pytest.raises(BadFile, match=rf"2\.0\.{kind}: expected"):
        columns.read(path)


def test_every_array_is_needed_but_those_of_zeros(path):
    whole, known = arrays_of(path), columns.read(path)
    for name in whole:
        rewrite(path, {n: array for n, array in whole.items() if n != name})
        if name.endswith((".status", ".reason")):  # what is left out is zeros, so another result
            read = columns.read(path)
            assert any(read[digest].digest() != digest for digest in known)
        else:
            with pytest.raises(BadFile, match="not a file of recordings"):
                columns.read(path)


def all_scored():
    """A result none of whose recordings was floored."""
    kept = tuple(
        item.model_copy(update={"measurements": {"m@1": Measurement(statistics=(0.5, 1.0, 0.5))}})
        for item in RESULT.items
    )
    return from_job(RESULT.model_copy(update={"items": kept, "metrics": ("m@1",)}))


def test_where_all_were_scored_nothing_says_so(path, tmp_path):
    good = all_scored()
    columns.write(tmp_path / "good.npz", [good])
    names = arrays_of(tmp_path / "good.npz")
    assert not [name for name in names if name.endswith((".status", ".reason"))]
    assert columns.read(tmp_path / "good.npz")[good.digest].digest() == good.digest
    arrays = arrays_of(path)
    status = next(name for name in arrays if name.endswith(".status"))
    assert sum(name.endswith(".reason") for name in arrays) == sum(
        name.endswith(".status") for name in arrays
    )
    without = arrays | {"2.9.status": np.zeros_like(arrays[status])}
    rewrite(path, without)  # of an earlier version, which kept them
    assert {d: of.digest() for d, of in columns.read(path).items()} == {
        d: d for d in columns.read(path)
    }


def test_a_file_that_ends_early_is_refused(path):
    content = path.read_bytes()
    for length in range(0, len(content), 97):
        path.write_bytes(content[:length])
        with pytest.raises(BadFile):
            columns.read(path)


def test_a_changed_byte_is_noticed_or_changes_a_digest(path):
    content = path.read_bytes()
    good = columns.read(path)
    rng = np.random.default_rng(0)
    for place in rng.choice(len(content), 200, replace=False).tolist():
        bad = bytearray(content)
        bad[place] ^= 0x55
        path.write_bytes(bad)
        try:
            found = columns.read(path)
        except BadFile:
            continue
        assert {d for d, of in found.items() if of.digest() == d} <= good.keys()


def index_with(path, **changes):
    arrays = arrays_of(path)
    index = json.loads(arrays["index"].tobytes())
    index["blocks"][0].update(changes)
    arrays["index"] = np.frombuffer(json.dumps(index).encode(), np.uint8)
    rewrite(path, arrays)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"speakers": ["a"]}, "differ in number"),
        ({"sessions": []}, "differ in number"),
        ({"results": ["a" * 64] * 9}, "expected uint32"),
        ({"columns": [{"metric": "m@1", "width": -3, "reasons": [""]}]}, "expected"),
        ({"columns": [{"metric": "m@1", "width": 10**12, "reasons": [""]}]}, "in memory"),
        ({"columns": [{"metric": "m@1", "width": 2.5, "reasons": [""]}]}, "its index"),
        ({"columns": 7}, "its index"),
        ({"results": [7]}, "its index"),
        ({"trusted": True}, "its index"),
    ],
)
def test_an_index_that_does_not_fit_is_refused(path, changes, said):
    index_with(path, **changes)
    with pytest.raises(BadFile, match=said):
        columns.read(path)


@pytest.mark.parametrize(
    ("array", "said"),
    [
        ("0.0.status", "a status that there is not"),
        ("0.0.reason", "a reason that its index does not have"),
        ("0.predictions", "a prediction that it does not have"),
    ],
)
def test_numbers_point_at_what_there_is(path, array, said):
    arrays = arrays_of(path)
    arrays[array] = arrays[array] + arrays[array].dtype.type(200)
    rewrite(path, arrays)
    with pytest.raises(BadFile, match=said):
        columns.read(path)


def test_a_promise_of_more_bytes_than_there_are_takes_no_memory(path):
    """Its head says a million rows; what is read is bounded before."""
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        head, {"descr": "|u1", "fortran_order": False, "shape": (10**15, 32)}
    )
    write_as(path, lambda name, whole: head.getvalue() if name == "0.digests" else whole)
    with pytest.raises(BadFile, match=r"0\.digests: promises"):
        columns.read(path)


def test_an_array_that_ends_early_is_refused(path):
    write_as(path, lambda name, whole: whole[: -1 if name == "0.0.status" else None])
    with pytest.raises(BadFile, match=r"0\.0\.status: ends early"):
        columns.read(path)


def test_numpy_format_2_is_refused(path):
    write_as(path, lambda _, whole: whole, version=(2, 0))
    with pytest.raises(BadFile, match=r"format 1\.0"):
        columns.read(path)


def replaced_by(path, make):
    path.unlink()
    make(path)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda p: p.symlink_to(p.with_name("good.npz")), "cannot be opened as a plain file"),
        (lambda p: p.symlink_to("nowhere"), "cannot be opened as a plain file"),
        (os.mkfifo, "not a plain file"),
        (lambda p: p.mkdir(), "not a plain file"),
        (lambda p: p.write_bytes(b""), "not a file of recordings"),
        (lambda p: p.write_bytes(b"PK\x05\x06" + b"\0" * 18), "not a file of recordings"),
        (lambda p: p.write_bytes(np.arange(9).tobytes()), "not a file of recordings"),
    ],
)
def test_what_is_no_plain_file_of_arrays_is_refused(path, make, said):
    path.with_name("good.npz").write_bytes(path.read_bytes())
    replaced_by(path, make)
    with pytest.raises(BadFile, match=said):
        columns.read(path)


@pytest.mark.parametrize(
    ("limit", "size", "said"),
    [
        ("LARGEST_FILE", 100, "at most 100 are read"),
        ("LARGEST_CONTENT", 300, "when unpacked"),
        ("LARGEST_INDEX", 10, "index: promises"),
    ],
)
def test_sizes_are_bounded(path, monkeypatch, limit, size, said):
    monkeypatch.setattr(columns, limit, size)
    with pytest.raises(BadFile, match=said):
        columns.read(path)


def test_the_width_of_a_block_is_bounded_by_all_its_columns(path, monkeypatch):
    size = sum(len(r.recordings.names) * 32 for r in RESULTS)
    monkeypatch.setattr(columns, "LARGEST_CONTENT", size)
    with pytest.raises(BadFile, match=r"when unpacked|in memory"):
        columns.read(path)


def test_digests_of_many_equal_predictions_are_kept_once(tmp_path):
    result = RESULTS[0]
    same = np.zeros_like(result.recordings.predictions)
    of = replace(result.recordings, predictions=same)
    columns.write(tmp_path / "x.npz", [replace(result, recordings=of, digest=of.digest())])
    assert len(arrays_of(tmp_path / "x.npz")["0.digests"]) == 1
