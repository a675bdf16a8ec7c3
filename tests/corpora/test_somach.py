"""The somach corpus: both forms of the files, their mistakes, their digest, and fetching them."""

from __future__ import annotations

import hashlib
import io
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmark.core import Array, UserError
from benchmark.corpora import somach
from benchmark.corpora.io import download
from parts import DATA, skip_without_data

pytestmark = pytest.mark.filterwarnings(
    # pooch leaves it to the garbage collector to close a socket that got no answer.
    "ignore:Exception ignored in. <socket:pytest.PytestUnraisableExceptionWarning"
)

# Phase, file name: in the order in which a made-up man spoke them.
SPOKEN = (
    ("studyA_3phase/Phase_1_Overt", "UP_002_20260211_154850.csv"),
    ("studyA_3phase/Phase_1_Overt", "DOWN_001_20260211_154855.csv"),
    ("studyA_3phase/Phase_1_Overt", "UP_001_20260211_154901.csv"),
    ("studyA_3phase/Phase_5_Exaggerated", "NOISE_050_20260211_165739.csv"),
    ("studyB_5phase/Phase_2_Whispered", "SILENCE_010_20260211_222505.csv"),
    ("studyB_5phase/Phase_6_Covert", "RIGHT_049_20260211_224520.csv"),
)
IDS = [
    "a1-overt-up-002",
    "a1-overt-down-001",
    "a1-overt-up-001",
    "a5-exaggerated-noise-050",
    "b2-whispered-silence-010",
    "b6-covert-right-049",
]
FIRST, SECOND = ("/".join(spoken) for spoken in SPOKEN[:2])


def samples(at: int) -> Array:
    draw = np.random.default_rng(at).integers(0, 4096, (20 + at, 2))
    draw[0] = 0, 4095  # both ends of the range are allowed
    return draw.astype(np.int16)


def csv_text(phase: str, name: str, values: Array, start: int = 2_000_809) -> str:
    tail = f"{name.partition('_')[0]},{phase.rpartition('/')[2]}"
    rows = [f"{start + 4 * at},{one},{two},{tail}" for at, (one, two) in enumerate(values.tolist())]
    return "\n".join(["Timestamp,CH1,CH2,Label,Phase", *rows]) + "\n"


def make_tree(base: Path) -> Path:
    for at, (phase, name) in enumerate(SPOKEN):
        (base / phase).mkdir(parents=True, exist_ok=True)
        (base / phase / name).write_text(csv_text(phase, name, samples(at)))
    return base


def npz_parts() -> dict[str, Array]:
    """The archive of the same recordings in another order, with a covert session among them."""
    order = [3, 0, 5, 1, 4, 2]
    rows = [(*SPOKEN[at], samples(at)) for at in order]
    rows.insert(2, ("covert_sessions/session_A", "UP_001_20260224_081413.csv", samples(9)))
    return {
        "x": np.concatenate([values for _, _, values in rows]),
        "offset": np.cumsum([0, *(len(values) for _, _, values in rows)], dtype=np.int32),
        "set": np.array([phase for phase, _, _ in rows]),
        "name": np.array([name for _, name, _ in rows]),
        "label": np.array([name.partition("_")[0] for _, name, _ in rows]),
        "time": np.array([name.split("_", 2)[2][:15] for _, name, _ in rows]),
        "fs": np.array(250),
    }


def make_npz(folder: Path, **changed: Array) -> Path:
    (folder / "derived").mkdir(parents=True, exist_ok=True)
    parts: dict[str, Any] = {**npz_parts(), **changed}
    np.savez_compressed(folder / "derived" / "somach_all.npz", **parts)
    return folder


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return make_tree(tmp_path / "somach")


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the made-up recordings for the published ones; the hashes are written out here."""
    lines, content = ["# id and fingerprint"], hashlib.sha256()
    for name, at in sorted((name, at) for at, name in enumerate(IDS)):
        raw, when = samples(at).astype("<i2").tobytes(), SPOKEN[at][1][-19:-4]
        one = hashlib.sha256(f"{when}\n".encode() + raw).hexdigest()
        lines.append(f"{name} {one[:16]}")
        content.update(f"{name} {20 + at}\n".encode() + raw)
    (tmp_path / "sha256.txt").write_text("\n".join(lines) + "\n")
    monkeypatch.setattr(somach, "HASHES", tmp_path / "sha256.txt")
    monkeypatch.setattr(somach, "DIGEST", content.hexdigest())


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


@pytest.mark.parametrize("make", [make_tree, make_npz], ids=["csv", "npz"])
def test_recordings_come_in_order_of_time_with_samples_and_class(
    make: Callable[[Path], Path], tmp_path: Path
) -> None:
    found = somach.CORPUS.recordings(make(tmp_path))
    assert [one.id for one in found] == IDS
    assert [one.text for one in found] == ["up", "down", "up", "noise", "silence", "right"]
    assert [one.session for one in found][2:] == [
        "a1-overt",
        "a5-exaggerated",
        "b2-whispered",
        "b6-covert",
    ]
    assert {one.speaker for one in found} == {"s1"}
    for at, one in enumerate(found):
        emg, word = one["emg"], one["word"]
        assert (str(emg.dtype), str(word.dtype), word.shape) == ("float32", "int64", ())
        np.testing.assert_array_equal(emg, samples(at))
        assert somach.CORPUS.signals["word"].labels[int(word)] == one.text


def test_another_signal_is_refused_by_name(tree: Path) -> None:
    with pytest.raises(UserError, match="a1-overt-up-002: expected the signal emg or word, got x"):
        somach.recordings(tree)[0]["x"]


def test_listing_opens_no_csv(tree: Path) -> None:
    for path in tree.glob("*/*/*.csv"):
        path.write_bytes(b"\xff")
    assert [one.id for one in somach.recordings(tree)] == IDS


@pytest.mark.parametrize("place", ["somach", "emg_words/somach", "."])
@pytest.mark.parametrize("inner", ["studyA_3phase", "data/studyA_3phase", "derived"])
def test_locate_finds_each_form_in_each_place(place: str, inner: str, tmp_path: Path) -> None:
    assert somach.locate(tmp_path) is None
    (tmp_path / place / inner).mkdir(parents=True)
    if inner == "derived":
        assert somach.locate(tmp_path) is None
        make_npz(tmp_path / place)
    assert somach.locate(tmp_path) == tmp_path / place


def test_the_csv_tree_comes_before_the_npz(tree: Path) -> None:
    make_npz(tree, x=npz_parts()["x"] // 2)
    np.testing.assert_array_equal(somach.recordings(tree)[0]["emg"], samples(0))


def test_windows_line_ends_give_the_same_samples(tree: Path) -> None:
    path = tree / FIRST
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    np.testing.assert_array_equal(somach.recordings(tree)[0]["emg"], samples(0))


# The made-up file starts at 2000809 ms: its second sample, on line 3, is at 2000813.
@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("Timestamp,CH1", "Time,CH1", r", line 1: expected Timestamp,CH1,CH2,Label,Phase, got"),
        ("2000813,", "2000813;", r", line 3: expected a row of"),
        ("2000813,", "2000813,1,", r", line 3: expected a row of"),
        ("2000813,", "2000813,-", r", line 3: expected a row of"),
        ("2000813,", "2000813,1.5", r", line 3: expected a row of"),
        ("2000813,", "\u0662000813,", r", line 3: expected a row of"),
        ("2000813,", "\n2000813,", r", line 3: expected a row of"),
        ("2000813,", "2000814,", r", line 3: expected a step of 4 ms, got 5 ms"),
        ("2000817,", "2000813,", r", line 4: expected a step of 4 ms, got 0 ms"),
        ("2000809,0,4095", "2000809,0,4096", r", line 2: expected counts of 0 to 4095"),
        ("UP,Phase", "DOWN,Phase", r", line 2: label DOWN, but the file's name says UP"),
        ("Phase_1_Overt", "Phase_6_Covert", r", line 2: phase Phase_6_Covert, but the file's"),
    ],
)
def test_a_bad_line_is_named_with_its_file(tree: Path, old: str, new: str, says: str) -> None:
    edit(tree / FIRST, old, new)
    with pytest.raises(UserError, match=re.escape(str(tree / FIRST)) + says):
        somach.recordings(tree)[0]["emg"]


def test_a_late_label_is_checked_as_well(tree: Path) -> None:
    path = tree / FIRST
    path.write_text(path.read_text()[:-20].rpartition(",UP")[0] + ",LEFT,Phase_1_Overt\n")
    with pytest.raises(UserError, match=r"line 20: label LEFT, but the file's name says UP"):
        somach.recordings(tree)[0]["emg"]


@pytest.mark.parametrize(("text", "says"), [("", ", line 1: "), (None, ": no sample after")])
def test_a_file_without_samples_is_named(tree: Path, text: str | None, says: str) -> None:
    path = tree / FIRST
    path.write_text(path.read_text().partition("\n")[0] + "\n" if text is None else text)
    with pytest.raises(UserError, match=re.escape(f"{path}{says}")):
        somach.recordings(tree)[0]["emg"]


def test_a_file_that_goes_away_is_named(tree: Path) -> None:
    first = somach.recordings(tree)[0]
    (tree / FIRST).unlink()
    with pytest.raises(UserError, match=r"cannot be read \(No such file"):
        first["emg"]


@pytest.mark.parametrize(
    ("extra", "says"),
    [
        ("studyA_3phase/Phase_1_Overt/UP_051_20260211_154901.csv", "is not a file of this corpus"),
        ("studyA_3phase/Phase_1_Overt/UP_000_20260211_154901.csv", "is not a file of this corpus"),
        ("studyA_3phase/Phase_1_Overt/HELP_01_20260211_1549.csv", "is not a file of this corpus"),
        ("studyA_3phase/Phase_6_Covert/UP_001_20260211_154901.csv", "is not a file of this corpus"),
        ("studyA_3phase/Phase_1_Overt/UP_001_20260211_235959.csv", "is a second a1-overt-up-001"),
    ],
)
@pytest.mark.usefixtures("published")
def test_an_extra_file_stops_the_listing_and_is_reported(tree: Path, extra: str, says: str) -> None:
    (tree / extra).parent.mkdir(exist_ok=True)
    (tree / extra).write_text("")
    with pytest.raises(UserError, match=rf"{extra} {says}"):
        somach.recordings(tree)
    assert somach.verify(tree) == [f"{tree}: {extra} {says}"]


def swapped(key: str) -> dict[str, Array]:
    return {key: np.roll(npz_parts()[key], 1)}


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"x": npz_parts()["x"].astype(np.int32)}, "expected x int16"),
        ({"x": npz_parts()["x"][:, :1]}, "expected x int16"),
        ({"x": npz_parts()["x"][:-1]}, "expected offset to rise"),
        ({"offset": npz_parts()["offset"][:-1]}, "whole numbers as offset"),
        ({"offset": npz_parts()["offset"] * 1.0}, "whole numbers as offset"),
        ({"offset": npz_parts()["offset"][::-1]}, "expected offset to rise"),
        ({"name": np.arange(7)}, "to be texts"),
        ({"time": npz_parts()["time"][:-1]}, "to be texts"),
        (swapped("label"), "has label"),
        (swapped("time"), "and time"),
        ({"name": np.array([None] * 7, dtype=object)}, "not a sound npz archive"),
    ],
)
def test_an_npz_that_contradicts_itself_is_refused(
    tmp_path: Path, changed: dict[str, Array], says: str
) -> None:
    with pytest.raises(UserError, match=rf"somach_all\.npz: .*{says}.*; get the file again"):
        somach.recordings(make_npz(tmp_path, **changed))


def test_an_npz_count_out_of_range_names_the_recording(tmp_path: Path) -> None:
    x = npz_parts()["x"]
    x[1, 1] = 4096
    make_npz(tmp_path, x=x)
    with pytest.raises(UserError, match=r"NOISE_050_\w+\.csv, sample 1: expected counts"):
        somach.recordings(tmp_path)[3]["emg"]


def test_damage_to_the_npz_is_refused_or_harmless(tmp_path: Path) -> None:
    path = make_npz(tmp_path) / "derived" / "somach_all.npz"
    sound, rng = path.read_bytes(), np.random.default_rng(0)
    refused = 0
    for _ in range(300):
        damaged = bytearray(sound)
        damaged[rng.integers(len(sound))] ^= 1 << rng.integers(8)
        path.write_bytes(damaged)
        try:
            assert {one.id for one in somach.recordings(tmp_path)} == set(IDS)
        except UserError:
            refused += 1
    assert refused > 200
    for content in (b"", b"text", sound[: len(sound) // 2]):
        path.write_bytes(content)
        with pytest.raises(UserError, match="not a sound npz archive"):
            somach.recordings(tmp_path)


@pytest.mark.usefixtures("published")
def test_verify_is_content_with_both_forms(tree: Path, tmp_path: Path) -> None:
    assert somach.CORPUS.verify(tree) == []
    assert somach.CORPUS.verify(make_npz(tmp_path / "other")) == []


@pytest.mark.usefixtures("published")
def test_verify_names_every_bad_recording(tree: Path) -> None:
    edit(tree / FIRST, "2000809,0,", "2000809,1,")
    edit(tree / SECOND, "2000813,", "2000814,")
    late = tree / SPOKEN[3][0] / SPOKEN[3][1]
    late.rename(late.with_name("NOISE_050_20260211_165740.csv"))
    assert somach.verify(tree) == [
        f"{tree / SECOND}, line 3: expected a step of 4 ms, got 5 ms",
        "a1-overt-up-002: its samples or its time are not those published",
        "a5-exaggerated-noise-050: its samples or its time are not those published",
    ]


@pytest.mark.usefixtures("published")
def test_verify_names_missing_recordings(tree: Path) -> None:
    (tree / FIRST).unlink()
    assert somach.verify(tree) == [f"{tree}: missing a1-overt-up-002"]
    shutil.rmtree(tree / "studyB_5phase")
    shutil.rmtree(tree / "studyA_3phase" / "Phase_1_Overt")
    five = ", ".join(sorted(IDS[:3]) + sorted(IDS[4:]))
    assert somach.verify(tree) == [f"{tree}: missing {five}"]
    (tree / SPOKEN[3][0] / SPOKEN[3][1]).unlink()
    told = somach.verify(tree)
    assert told == [f"{tree}: missing {', '.join(sorted(IDS)[:5])} and 1 more"]


@pytest.mark.usefixtures("published")
def test_verify_holds_the_whole_against_the_digest(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = somach.digest()
    monkeypatch.setattr(somach, "DIGEST", "0" * 64)
    assert somach.verify(tree) == [f"{tree}: expected content {'0' * 64}, got {found}"]


@pytest.mark.usefixtures("published")
def test_verify_tells_of_a_damaged_npz(tmp_path: Path) -> None:
    (make_npz(tmp_path) / "derived" / "somach_all.npz").write_bytes(b"PK")
    (told,) = somach.verify(tmp_path)
    assert "not a sound npz archive" in told


def test_the_signals_are_what_they_were() -> None:
    """Stored predictions count classes in this order."""
    emg, word = somach.CORPUS.signals["emg"], somach.CORPUS.signals["word"]
    assert word.labels == ("up", "down", "left", "right", "silence", "noise")
    assert (emg.unit, emg.rate, emg.frame, len(emg.channels)) == ("ADC counts", 250.0, (2,), 2)


def test_the_committed_hashes_name_the_2400_recordings() -> None:
    lines = [line.split() for line in somach.HASHES.read_text().splitlines() if line[0] != "#"]
    sessions, words = somach.SESSIONS.values(), somach.WORDS
    every = {f"{s}-{w}-{n:03}" for s in sessions for w in words for n in range(1, 51)}
    assert [name for name, _ in lines] == sorted(every)
    assert all(re.fullmatch("[0-9a-f]{16}", value) for _, value in lines)
    assert re.fullmatch("[0-9a-f]{64}", somach.CORPUS.digest())


def test_importing_loads_nothing_heavy() -> None:
    code = "import sys, benchmark.corpora.somach as s; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"pooch", "requests", "torch", "pandas", "scipy"} & set(done.stdout.split())


class Host(BaseHTTPRequestHandler):
    """A public host that knows one archive."""

    content = b""

    def do_GET(self) -> None:
        known = self.path == "/archive.zip"
        self.send_response(200 if known else 404)
        self.send_header("Content-Length", str(len(self.content) if known else 0))
        self.end_headers()
        if known:
            self.wfile.write(self.content)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


Serve = Callable[[dict[str, str] | bytes], None]


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Serve a zip of these files (or these bytes) in the place of the public host."""
    handler = type("OneHost", (Host,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=partial(server.serve_forever, poll_interval=0.01))
    thread.start()
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(somach, "ARCHIVE", f"http://127.0.0.1:{server.server_port}/archive.zip")

    def publish(files: dict[str, str] | bytes) -> None:
        handler.content = files if isinstance(files, bytes) else zipped(files)  # type: ignore[attr-defined]

    yield publish
    server.shutdown()
    thread.join()
    server.server_close()


def zipped(files: dict[str, str]) -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return raw.getvalue()


def repository() -> dict[str, str]:
    """What the archive of the commit holds, and more that is not wanted."""
    top, files = "Somach-422cfb1", {"LICENSE": "MIT", "LICENSE-DATA": "CC BY 4.0", "README.md": "x"}
    for at, (phase, name) in enumerate(SPOKEN):
        files[f"data/{phase}/{name}"] = csv_text(phase, name, samples(at))
    files["data/covert_sessions/session_A/UP_001_20260224_081413.csv"] = "x"
    files["pipeline/model.py"] = "raise SystemExit"
    return {f"{top}/": "", **{f"{top}/{name}": text for name, text in files.items()}}


@pytest.mark.usefixtures("published")
def test_fetch_unpacks_csvs_and_licences_only(serve: Serve, tmp_path: Path) -> None:
    serve(repository())
    root = tmp_path / "data"
    assert somach.CORPUS.fetch is not None
    somach.CORPUS.fetch(root)
    assert somach.locate(root) == root / "somach"
    assert [one.id for one in somach.recordings(root / "somach")] == IDS
    written = {str(p.relative_to(root)) for p in root.rglob("*") if p.is_file()}
    wanted = {"LICENSE", "LICENSE-DATA", *(f"data/{phase}/{name}" for phase, name in SPOKEN)}
    assert written == {f"somach/{name}" for name in wanted}
    with pytest.raises(UserError, match="is there already: move it away"):
        somach.fetch(root)


def refused(root: Path) -> str:
    """Fetching ends in one line and leaves nothing behind."""
    with pytest.raises(UserError) as caught:
        somach.fetch(root)
    assert list(root.iterdir()) == []
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.usefixtures("published")
def test_fetch_refuses_content_that_is_not_as_published(serve: Serve, tmp_path: Path) -> None:
    files = repository()
    (changed,) = (name for name in files if name.endswith(SPOKEN[0][1]))
    serve({**files, changed: files[changed].replace("809,0,", "809,7,")})
    assert "not as published: a1-overt-up-002: its samples" in refused(tmp_path / "data")


def test_fetch_refuses_the_made_up_archive_without_its_digest(serve: Serve, tmp_path: Path) -> None:
    serve(repository())
    assert re.search(r"missing .* and 2389 more \(and 6 more\)$", refused(tmp_path / "data"))


@pytest.mark.usefixtures("published")
def test_fetch_never_writes_outside_its_folder(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = {"top/../../out.csv": "x", "../out.csv": "x", "/out.csv": "x", "top//out.csv": "x"}
    serve({**repository(), **out})
    somach.fetch(tmp_path / "data")  # names that are not of the corpus are not looked at
    assert not list(tmp_path.rglob("out.csv"))
    monkeypatch.setattr(somach, "WANTED", re.compile(".*"))  # a careless choice does no harm
    for name in ("top/../../out.csv", "top/..", "top//out.csv", "top/a\\..\\out.csv"):
        serve({name: "x"})
        assert "names a file outside its folder" in refused(tmp_path / "other")


@pytest.mark.usefixtures("published")
def test_fetch_of_something_else_says_so(serve: Serve, tmp_path: Path) -> None:
    serve(b"<html>please log in</html>")
    assert "is not a sound archive" in refused(tmp_path / "data")
    serve(zipped(repository())[:-200])
    assert "is not a sound archive" in refused(tmp_path / "data")


def test_fetch_unpacks_no_more_than_it_may(serve: Serve, tmp_path: Path) -> None:
    serve({"top/a": "x" * 60, "top/b": "x" * 41})
    whole = partial(download.fetch_zip, somach.ARCHIVE, wanted=bool, verify=lambda _: [])
    with pytest.raises(UserError, match="would unpack to more than 100 bytes"):
        whole(tmp_path / "data" / "one", at_most=100)
    whole(tmp_path / "data" / "one", at_most=101)
    assert sorted(path.name for path in (tmp_path / "data").rglob("*")) == ["a", "b", "one"]


def test_fetch_tells_what_the_server_answered(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve({})
    monkeypatch.setattr(download, "RETRIES", 0)
    monkeypatch.setattr(somach, "ARCHIVE", somach.ARCHIVE.replace("archive.zip", "gone.zip"))
    assert "(the server answered 404)" in refused(tmp_path / "data")


def test_fetch_without_network_says_what_to_do_by_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(somach, "TIMEOUT", 0.3)
    monkeypatch.setattr(download, "RETRIES", 0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        monkeypatch.setattr(somach, "ARCHIVE", f"http://127.0.0.1:{port}/archive.zip")
        start = time.monotonic()
        assert "(ReadTimeout)" in refused(tmp_path / "data")
        assert time.monotonic() - start < 10
    told = refused(tmp_path / "data")  # nobody listens any more
    assert told == (
        f"could not fetch somach (ConnectionError): try again, or get {somach.ARCHIVE} in another "
        f"way, unpack it and rename its top folder to {tmp_path / 'data' / 'somach'}"
    )


def test_fetch_into_a_place_that_is_no_folder_says_why(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(UserError, match=r"could not fetch somach \((Not a directory|File exists)"):
        somach.fetch(tmp_path / "data")


@pytest.fixture(scope="module")
def real() -> Path:
    return somach.locate(DATA) or skip_without_data("somach")


def test_real_recordings_are_as_published(real: Path) -> None:
    found = somach.recordings(real)
    assert len({one.id for one in found}) == len(found) == 2400
    assert set(Counter((one.session, one.text) for one in found).values()) == {50}
    assert [one.session for one in found] == sorted(one.session for one in found)
    assert (found[0].id, found[-1].id) == ("a1-overt-silence-001", "b6-covert-up-050")
    assert somach.verify(real) == []


def test_real_forms_hold_the_same_recordings(real: Path, tmp_path: Path) -> None:
    if not (real / "derived" / "somach_all.npz").is_file() or not somach._tree(real):
        skip_without_data("somach in both forms")
    (tmp_path / "derived").symlink_to((real / "derived").resolve())
    pairs = list(zip(somach.recordings(real), somach.recordings(tmp_path), strict=True))
    assert [one for one, _ in pairs] == [other for _, other in pairs]
    for one, other in pairs:
        np.testing.assert_array_equal(one["emg"], other["emg"], err_msg=one.id)
    assert somach.verify(tmp_path) == []
