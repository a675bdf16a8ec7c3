"""Open Link: its files in both forms, their mistakes, what is pinned, and fetching them."""

from __future__ import annotations

import gzip
import hashlib
import io
import re
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from benchmark.core import UserError
from benchmark.corpora import open_link
from benchmark.data import splits
from parts import DATA, skip_without_data

SPLIT = Path(__file__).parents[2] / "tasks" / "splits" / "open_link.blocks.json"
FIRST, SECOND = open_link.VOLTS.values()
IDS = [f"link{n}-{k:02}" for n in (1, 2) for k in range(40)]
LABELS = "\r\n".join(phrase for phrase in open_link.PHRASES for _ in range(5))


def csv(first: int, rows: int) -> str:
    """Row t of channel c holds c volts and t millionths, beginning with row `first`."""
    lines = [",".join(f"{c + t * 1e-6:.6f}" for c in range(8)) for t in range(first, first + rows)]
    return "\r\n".join(["CH1,CH2,CH3,CH4,CH5,CH6,CH7,CH8", *lines])


CONTENT = {
    FIRST: csv(0, 51250).encode(),
    SECOND: csv(100_000, 51300).encode(),
    open_link.LABELS: LABELS.encode(),
}


def original(folder: Path) -> Path:
    """As the repository has it."""
    inner = folder / "data 8 class"
    inner.mkdir(parents=True)
    for name, content in CONTENT.items():
        (inner / name).write_bytes(content)
    return folder


def packed(folder: Path) -> Path:
    """Flat, without blanks, and with gzip."""
    folder.mkdir(parents=True)
    for name, content in CONTENT.items():
        if name == open_link.LABELS:
            (folder / name.replace(" ", "_")).write_bytes(content)
        else:
            (folder / f"{name.replace(' ', '_')}.gz").write_bytes(gzip.compress(content, 1))
    return folder


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return packed(tmp_path_factory.mktemp("data") / "open_link")


@pytest.fixture
def tree(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "open_link"))


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the made-up files for the published ones."""
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in CONTENT.items()}
    monkeypatch.setattr(open_link, "SUMS", sums)


@pytest.mark.parametrize("make", [original, packed])
def test_recordings_are_the_five_seconds_after_each_prompt(
    make: Callable[[Path], Path], tmp_path: Path
) -> None:
    folder = make(tmp_path / "open_link")
    assert open_link.locate(tmp_path) == folder
    found = open_link.CORPUS.recordings(folder)
    assert [one.id for one in found] == IDS
    for at, one in enumerate(found):
        prompt, first = at % 40, 100_000 * (at >= 40)
        assert (one.speaker, one.session) == ("s1", one.id[:5])
        assert one.span == (5 * prompt + 5, 5 * prompt + 10)
        word = one["word"]
        assert (str(word.dtype), word.shape) == ("int64", ())
        assert open_link.PHRASES[int(word)] == one.text
        assert int(word) == prompt // 5
        emg = one["emg"]
        assert (str(emg.dtype), emg.shape) == ("float32", (1250, 8))
        for row, t in ((0, 1250 * (prompt + 1)), (1249, 1250 * (prompt + 2) - 1)):
            expected = np.arange(8) + (first + t) * 1e-6
            np.testing.assert_allclose(emg[row], expected, atol=6e-7)
    with pytest.raises(UserError, match="link1-03: expected the signal emg or word, got audio"):
        found[3]["audio"]
    found[3]["emg"][:] = 0
    assert found[3]["emg"].max() > 6


def test_only_labels_are_opened_before_a_signal_is_read(tree: Path) -> None:
    for path in tree.glob("link*"):
        path.write_bytes(b"")
    assert len(open_link.recordings(tree)) == 80


@pytest.mark.parametrize("place", ["open_link", "open-link", "emg_words/open-link"])
def test_it_is_found_under_its_usual_names(whole: Path, tmp_path: Path, place: str) -> None:
    assert open_link.locate(tmp_path) is None
    (tmp_path / place).parent.mkdir(exist_ok=True)
    (tmp_path / place).symlink_to(whole)
    assert open_link.locate(tmp_path) == tmp_path / place


def gz(path: Path, content: bytes) -> None:
    path.write_bytes(gzip.compress(content, 1))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (b"CH1,CH2", b"CH2,CH1", r", line 1: expected CH1,CH2,.*, got 'CH2,CH1"),
        (b"\r\n0.000001,", b"\r\n0.000001,1,", r", line 3: expected 8 numbers in volts"),
        (b"\r\n0.000001,", b"\r\nx,", r", line 3: expected 8 numbers in volts, got 'x,1.000001"),
        (b"\r\n0.000001,", b"\r\nnan,", r", line 3: expected 8 numbers in volts"),
        (b"\r\n0.000001,", b"\r\n1e9,", r", line 3: expected 8 numbers in volts"),
        (b"\r\n0.000001,", b"\r\n\xff,", r", line 3: expected 8 numbers in volts"),
        (
            CONTENT[FIRST][CONTENT[FIRST].rindex(b"\r\n") :],
            b"",
            r": expected 51250 rows or more, got 51249",
        ),
    ],
)
def test_a_table_that_is_not_sound_is_refused(
    tree: Path, old: bytes, new: bytes, says: str
) -> None:
    path = tree / f"{FIRST.replace(' ', '_')}.gz"
    assert old in CONTENT[FIRST]
    gz(path, CONTENT[FIRST].replace(old, new, 1))
    with pytest.raises(UserError, match=re.escape(str(path)) + says):
        open_link.recordings(tree)[0]["emg"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (LABELS + "\r\nTurn right", ": expected 40 lines, got 41"),
        (
            LABELS.replace("Presidio", "presidio", 1),
            ", line 11: expected one of Apply .*'presidio'",
        ),
        ("", ": expected 40 lines, got 0"),
    ],
)
def test_labels_that_are_not_the_phrases_are_refused(tree: Path, text: str, says: str) -> None:
    path = tree / open_link.LABELS.replace(" ", "_")
    path.write_text(text)
    with pytest.raises(UserError, match=re.escape(str(path)) + says):
        open_link.recordings(tree)


def test_a_missing_or_damaged_file_is_named(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tree / f"{SECOND.replace(' ', '_')}.gz"
    whole = path.read_bytes()
    for content in (b"text", whole[:-20], whole[:100] + b"xxxxxxxx" + whole[108:]):
        path.write_bytes(content)
        with pytest.raises(UserError, match=r"\(1\)\.csv\.gz: cannot be read"):
            open_link.recordings(tree)[40]["emg"]
    path.unlink()
    with pytest.raises(UserError, match=r"expected link 8 classes 2 - .* or .*\.gz, found none"):
        open_link.recordings(tree)[40]["emg"]
    monkeypatch.setattr(open_link, "LARGEST", 1000)
    with pytest.raises(UserError, match="expected 1000 bytes or fewer, got more"):
        open_link.recordings(tree)[0]["emg"]


@pytest.mark.usefixtures("published")
def test_verify_is_content_in_both_forms(whole: Path, tmp_path: Path) -> None:
    assert open_link.CORPUS.verify(whole) == []
    assert open_link.verify(original(tmp_path / "other")) == []


@pytest.mark.usefixtures("published")
def test_verify_names_each_file_that_is_not_as_published(tree: Path) -> None:
    path = tree / f"{FIRST.replace(' ', '_')}.gz"
    gz(path, CONTENT[FIRST].replace(b"0.000001", b"0.000002", 1))
    (tree / open_link.LABELS.replace(" ", "_")).unlink()
    one, other = open_link.verify(tree)
    assert one.startswith(f"{path}: expected content with sha256 ")
    assert other.startswith(f"{tree}: expected {open_link.LABELS} or ")


def test_what_is_made_up_is_not_as_published(whole: Path) -> None:
    """But for the labels, which are here as they are there."""
    problems = open_link.verify(whole)
    assert [re.findall("classes_([12])", one) for one in problems] == [["1"], ["2"]]


def test_the_digest_is_of_content_and_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    before = open_link.CORPUS.digest()
    assert re.fullmatch("[0-9a-f]{64}", before)
    monkeypatch.setattr(open_link, "READER", 2)
    assert open_link.digest() not in (before, "")
    monkeypatch.undo()
    monkeypatch.setattr(open_link, "SUMS", {})
    assert open_link.digest() != before


def test_the_signals_are_what_they_were() -> None:
    emg, word = open_link.CORPUS.signals["emg"], open_link.CORPUS.signals["word"]
    assert word.labels == (
        *("Apply to SPC for me", "Book me a Waymo", "Presidio", "Launch MultiOn"),
        *("Walk forward", "Walk backward", "Turn left", "Turn right"),
    )
    assert (emg.unit, emg.rate, emg.frame) == ("V", 250.0, (8,))
    assert emg.channels == ("CH1", "CH2", "CH3", "CH4", "CH5", "CH6", "CH7", "CH8")


def test_it_says_that_it_measures_nothing() -> None:
    assert "smoke test only" in open_link.CORPUS.title
    assert "100 %" in open_link.CORPUS.known_issues[0]


def test_the_split_keeps_recordings_apart(whole: Path) -> None:
    split = splits.load(SPLIT)
    known = {one.id: one for one in open_link.recordings(whole)}
    splits.check(split, known)
    (fold,) = split.folds.values()
    assert sorted(fold.train + fold.valid) == IDS[:40]
    assert list(fold.test) == IDS[40:]
    assert [known[id].text for id in fold.valid] == list(open_link.PHRASES)
    assert all(int(id[-2:]) % 5 == 4 for id in fold.valid)


def test_importing_loads_nothing_heavy() -> None:
    code = "import sys, benchmark.corpora.open_link; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"pooch", "requests", "torch", "pandas", "scipy"} & set(done.stdout.split())


class Host(BaseHTTPRequestHandler):
    """A public host that knows one archive."""

    content = b""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.content)))
        self.end_headers()
        self.wfile.write(self.content)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Host]]:
    handler = type("OneHost", (Host,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=partial(server.serve_forever, poll_interval=0.01))
    thread.start()
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(open_link, "ARCHIVE", f"http://127.0.0.1:{server.server_port}/a.zip")
    yield handler
    server.shutdown()
    thread.join()
    server.server_close()


def repository() -> bytes:
    """What the archive of the commit holds, and more that is not wanted."""
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name in ("LICENSE", "README.md", "data/silent_speech_labels.csv", "game_demo/face.py"):
            archive.writestr(f"open-link-987e116/{name}", "x")
        for name, content in CONTENT.items():
            archive.writestr(f"open-link-987e116/data 8 class/{name}", content)
    return raw.getvalue()


@pytest.mark.usefixtures("published")
def test_fetch_leaves_the_corpus_and_its_licence(host: type[Host], tmp_path: Path) -> None:
    host.content = repository()
    assert open_link.CORPUS.fetch is not None
    open_link.CORPUS.fetch(tmp_path)
    assert open_link.locate(tmp_path) == tmp_path / "open_link"
    written = {str(p.relative_to(tmp_path / "open_link")) for p in tmp_path.rglob("*.*")}
    assert written == {f"data 8 class/{name}" for name in CONTENT}
    assert (tmp_path / "open_link" / "LICENSE").is_file()


def test_fetch_refuses_other_content(host: type[Host], tmp_path: Path) -> None:
    host.content = repository()
    with pytest.raises(UserError, match=r"is not as published: .*expected content with sha256 f05"):
        open_link.fetch(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def real() -> Path:
    return open_link.locate(DATA) or skip_without_data("open_link")


def test_real_recordings_are_as_published(real: Path) -> None:
    assert open_link.verify(real) == []
    found = open_link.recordings(real)
    assert [one.id for one in found] == IDS
    assert [int(one["word"]) for one in found] == [k // 5 for k in range(40)] * 2
    emg = np.concatenate([one["emg"] for one in found])
    assert emg.shape == (80 * 1250, 8)
    # Offsets of electrodes, as the table of the publication has them, in volts.
    level = (-0.018, 0.025, 0.013, -0.0056, 0.038, 0.02, -2e-5, 0.0023)
    np.testing.assert_allclose(emg.mean(axis=0), level, rtol=0.05)
    first = found[0]["emg"]
    assert not np.array_equal(first, found[40]["emg"])
