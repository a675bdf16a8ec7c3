"""Whatever comes from outside is taken, or refused with a reason; nothing else ever happens."""

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import toy
from benchmark import registry
from benchmark.core import Signal, UserError
from benchmark.evaluation import ask_model, submitted_predictions, validation
from benchmark.evaluation.validation import Breach
from benchmark.registry import header
from benchmark.results.result import parse
from benchmark.worker import protocol
from example_result import RESULT

FUZZ = settings(
    max_examples=250,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4)
    ),
    max_leaves=12,
)
TARGETS = [
    Signal("mm", "float32", rate=10.0, frame=(2,)),
    Signal("class", "int64", labels=("no", "yes")),
    Signal("code point", "uint32", free=True),
]
SHAPES = {0: (5, 2), 1: (), 2: (-1,)}


def reason(do, *kinds):
    """What `do` gives, or the sentence with which it is refused."""
    try:
        return do()
    except kinds as error:
        sentence = str(error)
    assert sentence.strip()
    return None


@st.composite
def damaged(draw, whole):
    """Bytes with a few places deleted, repeated or overwritten."""
    data = bytearray(whole)
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, max(0, len(data) - 1)))
        length = draw(st.integers(0, 40))
        new = draw(st.binary(max_size=12) | st.just(bytes(data[start : start + length]) * 2))
        data[start : start + length] = new
    return bytes(data)


@FUZZ
@given(content=damaged(toy.entry(extra='# citation = "x"\n').encode()))
def test_headers_that_were_damaged(tmp_path, content):
    path = tmp_path / "mine.py"
    path.write_bytes(content)
    entry = reason(lambda: registry.read_entry(path, "submission"), UserError)
    if entry is not None:
        assert entry.title.isprintable()
        assert all(name.isidentifier() or name[0].isdigit() for name in entry.variants)
        reason(lambda: entry.code_digest(entry.default, ["m@1"]), UserError)


def toml(value):
    """What JSON and TOML share is written alike."""
    return json.dumps(value, ensure_ascii=True, allow_nan=False)


@FUZZ
@given(
    fields=st.dictionaries(
        st.sampled_from(["title", "tasks", "licence", "causal", "suite", "authors", "variants"]),
        st.text(max_size=30) | st.booleans() | st.lists(st.text(max_size=9), max_size=3),
    )
)
def test_headers_with_other_values(tmp_path, fields):
    body = "".join(f"# {name} = {toml(value)}\n" for name, value in fields.items())
    path = tmp_path / "mine.py"
    path.write_text(f"# /// script\n# [tool.silentbench]\n{body}# ///\nclass Model: pass\n")
    entry = reason(lambda: registry.read_entry(path, "submission"), UserError)
    if entry is not None:
        assert entry.declared


@FUZZ
@given(content=damaged(RESULT.dump().encode()))
def test_results_that_were_damaged(content):
    result = reason(lambda: parse(content, Path("x")), UserError)
    assert result is None or result == RESULT


@FUZZ
@given(thing=JSON)
def test_manifests_of_any_kind(tmp_path, thing):
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(thing), encoding="utf-8", errors="surrogatepass")
    assert reason(lambda: header.read_manifest(path), UserError) is None


@FUZZ
@given(
    line=st.binary(max_size=60)
    | JSON.map(lambda thing: json.dumps(thing).encode())
    | JSON.map(lambda thing: json.dumps({"array": thing}).encode()),
    which=st.sampled_from([0, 1, 2]),
)
def test_messages_of_any_kind(line, which):
    def read():
        head = protocol.receive(io.BytesIO(line + b"\n"))
        dtype, found = ask_model.announced("r", head)
        validation.check_head("r", dtype, found, SHAPES[which], TARGETS[which])

    reason(read, protocol.Broken, Breach)


@FUZZ
@given(
    dtype=hnp.scalar_dtypes().map(lambda d: d.str) | st.text(max_size=6),
    shape=st.lists(st.integers(-3, 10**12) | st.floats() | st.none(), max_size=4),
    which=st.sampled_from([0, 1, 2]),
)
def test_announcements_of_any_array(dtype, shape, which):
    def read():
        announced, found = ask_model.announced("r", {"array": [dtype, shape]})
        validation.check_head("r", announced, found, SHAPES[which], TARGETS[which])
        return announced, found

    taken = reason(read, Breach)
    if taken is not None:
        assert taken[0].itemsize <= 8
        assert np.prod(taken[1], initial=1) <= validation.LONGEST_TEXT


@FUZZ
@given(
    array=hnp.arrays(
        hnp.scalar_dtypes(), st.sampled_from([(5, 2), (), (3,), (0,), (2, 5), (5, 2, 1)])
    ),
    which=st.sampled_from([0, 1, 2]),
)
def test_arrays_of_any_kind(array, which):
    def check():
        target = TARGETS[which]
        validation.check_head("r", array.dtype, array.shape, SHAPES[which], target)
        validation.check_values("r", array, target)
        return array

    taken = reason(check, Breach)
    assert taken is None or np.isfinite(taken).all()


def file_of(array, packed):
    buffer = io.BytesIO()
    if packed:
        np.savez_compressed(buffer, array)
    else:
        np.save(buffer, array)
    return buffer.getvalue()


@pytest.mark.parametrize("suffix", [".npy", ".npz"])
def test_files_that_were_damaged(tmp_path, suffix):
    whole = file_of(np.arange(10.0).reshape(5, 2), suffix == ".npz")
    path = tmp_path / f"r{suffix}"

    @FUZZ
    @given(content=damaged(whole))
    def attempt(content):
        path.write_bytes(content)
        array = reason(lambda: submitted_predictions._read(path), Breach)
        assert array is None or array.nbytes <= 10 * len(content)

    attempt()


def test_an_archive_that_unpacks_to_much_is_refused_unopened(tmp_path, monkeypatch):
    monkeypatch.setattr(submitted_predictions, "LARGEST_FILE", 2**20)
    path = tmp_path / "bomb.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.npy", bytes(2**21))
    assert path.stat().st_size < 2**20
    with pytest.raises(Breach, match="when unpacked"):
        submitted_predictions._read(path)
