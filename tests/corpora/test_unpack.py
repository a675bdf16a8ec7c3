"""Unpacking what strangers packed: whole and within bounds, or one line and nothing at all."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import random
import shutil
import stat
import struct
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from benchmark.core import UserError
from benchmark.corpora.io import archives
from benchmark.corpora.io import unpack as unpack_module
from benchmark.corpora.io.archives import Entry
from benchmark.corpora.io.unpack import unpack

Files = Iterable[tuple[str, bytes]]
NOISE = random.Random(1).randbytes(200_000)  # does not compress
FILES = [("top/a.txt", b"one"), ("top/deep/er/b.bin", NOISE), ("top/empty", b"")]
MODES = {".zip": "", ".tar": "", ".tar.gz": "gz", ".tgz": "gz", ".tar.bz2": "bz2", ".tar.xz": "xz"}
ALL = pytest.mark.parametrize("suffix", MODES)
BOTH = pytest.mark.parametrize("suffix", [".zip", ".tar"])

loose = partial(unpack, at_most_bytes=1 << 30)


def pack(path: Path, files: Files) -> Path:
    """An archive with these files in this order, of the kind that its name says."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files:
                archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    else:
        mode: Any = f"w:{next(m for s, m in MODES.items() if path.name.endswith(s))}"
        with tarfile.open(path, mode) as tar:
            for name, content in files:
                add(tar, name, content)
    return path


def add(tar: tarfile.TarFile, name: str, content: bytes = b"", **fields: Any) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    for field, value in fields.items():
        setattr(member, field, value)
    tar.addfile(member, io.BytesIO(content))


def refused(call: Callable[[], object], folder: Path) -> str:
    """One line, and nothing is left of it, not even half."""
    before = {path.name for path in folder.parent.iterdir()}
    with pytest.raises(UserError) as caught:
        call()
    assert {path.name for path in folder.parent.iterdir()} == before
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 700
    return str(caught.value)


def tree(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if not path.is_dir())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@ALL
def test_every_kind_of_archive_unpacks_whole(tmp_path: Path, suffix: str) -> None:
    archive = pack(tmp_path / f"a{suffix}", FILES)
    loose(archive, tmp_path / "out")
    assert tree(tmp_path / "out") == dict(FILES)
    assert {path.name for path in tmp_path.iterdir()} == {archive.name, "out"}
    told = refused(lambda: loose(archive, tmp_path / "out"), tmp_path / "out")
    assert told.startswith(f"{tmp_path / 'out'} is there already: move it away")


@BOTH
def test_what_is_wanted_is_asked_below_the_top(tmp_path: Path, suffix: str) -> None:
    asked: list[str] = []

    def wanted(name: str) -> bool:
        asked.append(name)
        return name.startswith("deep/")

    files = [*FILES, ("README", b"x"), ("./top/deep/c", b"x"), ("top/deep/", b"")]
    if suffix == ".tar":
        files.pop()  # a tar says by a letter what is a folder
    loose(pack(tmp_path / f"a{suffix}", files), tmp_path / "out", wanted=wanted, strip=1)
    assert asked == ["a.txt", "deep/er/b.bin", "empty", "deep/c"]
    assert tree(tmp_path / "out") == {"deep/er/b.bin": NOISE, "deep/c": b"x"}
    loose(tmp_path / f"a{suffix}", tmp_path / "other", strip=2)
    assert set(tree(tmp_path / "other")) == {"er/b.bin", "c"}


def test_a_kind_that_is_not_known_is_refused(tmp_path: Path) -> None:
    told = refused(lambda: loose(tmp_path / "a.rar", tmp_path / "out"), tmp_path / "out")
    assert "expected a name that ends in one of .zip, .tar, .tar.gz, " in told


ASTRAY = [
    *("../out", "a/../../out", "a/..", "..", "/etc/out", "a//b", "a/./b", "//host/out"),
    *("C:/out", "c:out", "a\\..\\out", "\\out", "a/b\\c", "a\nb", "a/\x1b[2J", "\x7f"),
]


@BOTH
@pytest.mark.parametrize("name", ASTRAY)
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, suffix: str, name: str) -> None:
    archive = pack(tmp_path / f"a{suffix}", [("good", b"1"), (name, b"2")])
    told = refused(lambda: loose(archive, tmp_path / "out"), tmp_path / "out")
    assert told.startswith(f"{archive} names a file outside its folder or oddly: {name!r}; ")
    assert not (tmp_path.parent / "out").exists()
    loose(archive, tmp_path / "out", wanted="good".__eq__)  # what nobody wants does no harm
    assert tree(tmp_path / "out") == {"good": b"1"}


def test_a_name_with_a_nul_is_refused(tmp_path: Path) -> None:
    """The zip reader would cut it there; a tar says it in a header of its own."""
    archive = pack(tmp_path / "a.zip", [("good.csv_evil", b"1")])
    archive.write_bytes(archive.read_bytes().replace(b"good.csv_evil", b"good.csv\0evil"))
    told = refused(lambda: loose(archive, tmp_path / "out"), tmp_path / "out")
    assert "names a file outside its folder or oddly: 'good.csv\\x00evil'" in told
    with tarfile.open(tmp_path / "a.tar", "w", format=tarfile.PAX_FORMAT) as tar:
        add(tar, "x", pax_headers={"path": "good.csv\0evil"})
    told = refused(lambda: loose(tmp_path / "a.tar", tmp_path / "out"), tmp_path / "out")
    assert "names a file outside its folder or oddly: 'good.csv\\x00evil'" in told


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"}, "a link"),
        ({"type": tarfile.SYMTYPE, "linkname": "good"}, "a link"),
        ({"type": tarfile.LNKTYPE, "linkname": "../../etc/passwd"}, "a link"),
        ({"type": tarfile.LNKTYPE, "linkname": "good"}, "a link"),
        ({"type": tarfile.FIFOTYPE}, "a device or the like"),
        ({"type": tarfile.CHRTYPE, "devmajor": 1, "devminor": 3}, "a device or the like"),
        ({"type": tarfile.BLKTYPE}, "a device or the like"),
        ({"type": b"Q"}, "a device or the like"),
    ],
)
def test_a_tar_may_hold_files_and_folders_only(
    tmp_path: Path, fields: dict[str, Any], kind: str
) -> None:
    archive = tmp_path / "a.tar"
    with tarfile.open(archive, "w") as tar:
        add(tar, "good", b"1")
        add(tar, "odd", **fields)
        add(tar, "odd/under", b"2")
    told = refused(lambda: loose(archive, tmp_path / "out"), tmp_path / "out")
    assert told.startswith(f"{archive}: 'odd' is {kind}, not a plain file; nothing is unpacked")
    loose(archive, tmp_path / "out", wanted=lambda name: name != "odd")
    assert tree(tmp_path / "out") == {"good": b"1", "odd/under": b"2"}


@pytest.mark.parametrize(
    ("form", "kind"),
    [(stat.S_IFLNK, "a link"), (stat.S_IFIFO, "a device"), (stat.S_IFDIR, "a device")],
)
def test_a_zip_may_hold_files_and_folders_only(tmp_path: Path, form: int, kind: str) -> None:
    odd = zipfile.ZipInfo("odd")
    odd.external_attr = (form | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("good", b"1")
        archive.writestr(odd, "/etc/passwd")
    told = refused(lambda: loose(tmp_path / "a.zip", tmp_path / "out"), tmp_path / "out")
    assert f"'odd' is {kind}" in told


def test_permissions_are_not_taken_over(tmp_path: Path) -> None:
    script = zipfile.ZipInfo("script")
    script.external_attr = (stat.S_IFREG | 0o6777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(script, b"1")
    with tarfile.open(tmp_path / "b.tar", "w") as tar:
        add(tar, "closed", type=tarfile.DIRTYPE, mode=0)
        add(tar, "closed/script", b"1", mode=0o6777)
    loose(tmp_path / "a.zip", tmp_path / "a")
    loose(tmp_path / "b.tar", tmp_path / "b")
    umask = os.umask(0)
    os.umask(umask)
    for path in (tmp_path / "a" / "script", tmp_path / "b" / "closed" / "script"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask


TWICE = [
    ("a", "a"),
    ("data/Up.csv", "data/UP.CSV"),
    ("straße", "STRASSE"),
    ("caf\u00e9", "cafe\u0301"),
    ("Data/a", "data/b"),
    ("x", "x/y"),
    ("x/y", "x"),
    ("x/y/z", "X/y"),
]


@BOTH
@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("two", TWICE)
def test_no_two_names_take_one_place(tmp_path: Path, suffix: str, two: tuple[str, str]) -> None:
    archive = pack(tmp_path / f"a{suffix}", [(two[0], b"1"), (two[1], b"2")])
    told = refused(lambda: loose(archive, tmp_path / "out"), tmp_path / "out")
    assert " take one place; nothing is unpacked" in told
    loose(archive, tmp_path / "out", wanted=lambda name: name == two[0] != two[1])


@ALL
def test_no_more_is_unpacked_than_allowed(tmp_path: Path, suffix: str) -> None:
    folder = tmp_path / "out"
    archive = pack(tmp_path / f"a{suffix}", [("a", b"x" * 60), ("b", b"x" * 41), ("c", b"")])
    told = refused(lambda: unpack(archive, folder, at_most_bytes=100), folder)
    assert told.startswith(f"{archive}: would unpack to more than 100 bytes; nothing is unpacked")
    told = refused(lambda: unpack(archive, folder, at_most_bytes=101, at_most_files=2), folder)
    assert "would unpack to more than 2 files" in told
    unpack(archive, tmp_path / "a", at_most_bytes=60, at_most_files=1, wanted="a".__eq__)
    unpack(archive, folder, at_most_bytes=101, at_most_files=3)


@pytest.mark.parametrize("suffix", [".zip", ".tar.gz", ".tar.xz"])
def test_a_bomb_stops_at_its_bound(tmp_path: Path, suffix: str) -> None:
    archive = pack(tmp_path / f"a{suffix}", [("zeros", bytes(20 << 20))])
    assert archive.stat().st_size < 100_000
    told = refused(
        lambda: unpack(archive, tmp_path / "out", at_most_bytes=5 << 20), tmp_path / "out"
    )
    assert "would unpack to more than 5242880 bytes" in told


def test_bounds_hold_for_what_is_written_not_for_what_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Endless(io.RawIOBase):
        read_ = 0

        def read(self, size: int = -1) -> bytes:
            self.read_ += size
            assert self.read_ < 10 << 20, "it should have stopped long ago"
            return bytes(size)

    stream: Any = Endless()
    said = iter([Entry("small", "file", 3, lambda: stream)])
    monkeypatch.setattr(unpack_module, "entries", lambda _: ("zip", (one for one in said)))
    told = refused(
        lambda: unpack(tmp_path / "a.zip", tmp_path / "out", at_most_bytes=5 << 20),
        tmp_path / "out",
    )
    assert "would unpack to more than 5242880 bytes" in told


def test_what_says_that_it_is_too_large_is_not_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    stream: Any = partial(opened.append, "large")
    said = iter([Entry("large", "file", 101, stream)])
    monkeypatch.setattr(unpack_module, "entries", lambda _: ("zip", (one for one in said)))
    told = refused(
        lambda: unpack(tmp_path / "a.zip", tmp_path / "out", at_most_bytes=100), tmp_path / "out"
    )
    assert "would unpack to more than 100 bytes" in told
    assert opened == []


def central(archive: Path, field: int, form: str, value: int) -> None:
    """Overwrite one field of the first entry in the table of contents of a zip."""
    raw = bytearray(archive.read_bytes())
    struct.pack_into(form, raw, raw.index(b"PK\x01\x02") + field, value)
    archive.write_bytes(raw)


def test_a_zip_that_lies_about_sizes_is_damaged(tmp_path: Path) -> None:
    archive, folder = tmp_path / "a.zip", tmp_path / "out"
    for size in (1, len(NOISE) + 1):  # less and more than there is
        central(pack(archive, [("a", NOISE)]), 24, "<I", size)
        assert "is not a sound zip archive (" in refused(lambda: loose(archive, folder), folder)
    central(pack(archive, [("a", NOISE), ("b", NOISE)]), 20, "<I", 2 * len(NOISE))
    told = refused(lambda: loose(archive, folder), folder)
    assert "is not a sound zip archive (its files overlap): get it again" in told


def test_files_of_a_zip_may_not_share_bytes(tmp_path: Path) -> None:
    """Many names for one large content: small to fetch, endless to unpack."""
    archive, folder = tmp_path / "a.zip", tmp_path / "out"
    pack(archive, [("a", NOISE), ("b", NOISE)])
    raw = bytearray(archive.read_bytes())
    first = raw.index(b"PK\x01\x02")
    second = raw.index(b"PK\x01\x02", first + 4)
    struct.pack_into("<I", raw, second + 42, 0)  # where b begins: where a does
    raw[second + 46] = ord("a")
    del raw[len(raw) // 2 : first]  # what b was, more or less
    archive.write_bytes(raw)
    told = refused(lambda: loose(archive, folder), folder)
    assert "is not a sound zip archive (" in told


def test_a_name_that_is_none_is_refused(tmp_path: Path) -> None:
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr(member := zipfile.ZipInfo("x"), b"1")
        member.filename = ""
    raw = bytearray(archive.read_bytes())
    struct.pack_into("<H", raw, 26, 0)  # the length of the name where the file is
    raw[30:31] = b""
    begin = raw.index(b"PK\x01\x02")
    struct.pack_into("<I", raw, len(raw) - 6, begin)  # where the table is
    archive.write_bytes(raw)
    told = refused(lambda: loose(archive, tmp_path / "out"), tmp_path / "out")
    assert f"{archive} names a file outside its folder or oddly: ''" in told
    loose(archive, tmp_path / "out", strip=1)
    assert tree(tmp_path / "out") == {}


def test_an_encrypted_zip_is_refused(tmp_path: Path) -> None:
    archive = pack(tmp_path / "a.zip", [("a", b"1")])
    raw = bytearray(archive.read_bytes())
    raw[6] |= 1
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    archive.write_bytes(raw)
    told = refused(lambda: loose(archive, tmp_path / "out"), tmp_path / "out")
    assert f"{archive}: 'a' is encrypted, not a plain file" in told


@ALL
def test_a_cut_archive_is_damaged(tmp_path: Path, suffix: str) -> None:
    archive, folder = tmp_path / f"a{suffix}", tmp_path / "out"
    whole = pack(archive, FILES).read_bytes()
    kind = suffix[1:]
    last = len(whole) - 10_500 if suffix == ".tar" else len(whole) - 1  # a tar ends in zeros
    for end in (0, 1, 100, 512, 600, 1024, len(whole) // 2, last):
        archive.write_bytes(whole[:end])
        told = refused(lambda: loose(archive, folder), folder)
        assert told.startswith(f"{archive} is not a sound {kind} archive (")
        assert told.endswith("): get it again")


@pytest.mark.parametrize("suffix", [".zip", ".tar", ".tar.gz", ".tar.bz2", ".tar.xz"])
def test_a_flipped_bit_is_damage_or_harmless(tmp_path: Path, suffix: str) -> None:
    """A tar has no sums of contents and of names, all others do."""
    archive, folder = tmp_path / f"a{suffix}", tmp_path / "out"
    files = [("a", NOISE[:1_000]), ("b/c", b"text" * 100)]
    whole = pack(archive, files).read_bytes()
    draw = random.Random(0)
    unpacked = 0
    for _ in range(100):
        damaged = bytearray(whole)
        # Most of a tar and of a zip of this size is no header: look there more often.
        at = draw.choice([draw.randrange(len(whole)), draw.randrange(120), -draw.randrange(1, 160)])
        damaged[at] ^= 1 << draw.randrange(8)
        archive.write_bytes(damaged)
        with contextlib.suppress(UserError):
            loose(archive, folder)
            unpacked += 1
            assert suffix == ".tar" or tree(folder) == dict(files)
            shutil.rmtree(folder)
        assert list(tmp_path.iterdir()) == [archive]
    assert unpacked < 90


def test_a_zip_that_loses_files_is_damaged(tmp_path: Path) -> None:
    """The reader goes by the lengths in the table, and asks nobody how many files there were."""
    archive, folder = tmp_path / "a.zip", tmp_path / "out"
    table = 46 + len("a")  # bytes of one entry
    central(pack(archive, [("a", b"1"), ("b", b"2")]), 32, "<H", table)  # b is the comment of a
    told = refused(lambda: loose(archive, folder), folder)
    assert "is not a sound zip archive (its table of contents is damaged)" in told
    with zipfile.ZipFile(pack(archive, [("a", b"1")]), "a") as opened:
        opened.comment = b"hello" * 99
    loose(archive, folder)
    assert tree(folder) == {"a": b"1"}


def test_noise_under_every_name_is_one_line(tmp_path: Path) -> None:
    for suffix in MODES:
        for content in (NOISE[:5_000], b"<html>log in</html>", bytes(10_240), b"PK\5\6" * 99):
            archive = tmp_path / f"a{suffix}"
            archive.write_bytes(content)
            if suffix == ".tar" and content == bytes(10_240):
                continue  # a tar with nothing in it
            told = refused(lambda a=archive: loose(a, tmp_path / "out"), tmp_path / "out")
            assert f"is not a sound {suffix[1:]} archive (" in told
            archive.unlink()
    told = refused(lambda: loose(tmp_path / "none.zip", tmp_path / "out"), tmp_path / "out")
    assert "No such file or directory" in told


def test_the_tar_reader_does_not_take_damage_for_the_end(tmp_path: Path) -> None:
    archive, folder = tmp_path / "a.tar", tmp_path / "out"
    whole = bytearray(pack(archive, [("a", b"1"), ("b", b"2")]).read_bytes())
    whole[1024 + 150] ^= 1  # in the second header: the reader stops there and says nothing
    archive.write_bytes(whole)
    assert "(no mark of its end)" in refused(lambda: loose(archive, folder), folder)
    archive.write_bytes(whole[:1024])
    assert "(no mark of its end)" in refused(lambda: loose(archive, folder), folder)


def test_nothing_may_follow_the_end_of_a_tar(tmp_path: Path) -> None:
    one, folder = pack(tmp_path / "a.tar", [("a", b"1")]), tmp_path / "out"
    two = pack(tmp_path / "b.tar", [("b", b"2")])
    one.write_bytes(one.read_bytes() + two.read_bytes())
    assert "(something after its end)" in refused(lambda: loose(one, folder), folder)


def test_a_header_neither_leads_back_nor_fills_the_memory(tmp_path: Path) -> None:
    archive, folder = tmp_path / "a.tar.gz", tmp_path / "out"
    large, back = tarfile.TarInfo("x"), tarfile.TarInfo("y")
    large.type, large.size = tarfile.XHDTYPE, 2 << 30
    back.size = -4096
    for header, why in ((large, "a header of 2147483648 bytes"), (back, "")):
        with tarfile.open(archive, "w:gz", format=tarfile.GNU_FORMAT) as tar:
            assert tar.fileobj is not None
            add(tar, "a", NOISE)
            tar.fileobj.write(header.tobuf(tarfile.GNU_FORMAT) + bytes(4096))
        told = refused(lambda: loose(archive, folder), folder)
        assert f"is not a sound tar.gz archive ({why}" in told
    forward = archives._Forward(io.BytesIO(NOISE))
    forward.seek(5_000)
    with pytest.raises(tarfile.ReadError, match="leads back"):
        forward.seek(4_999)


def test_long_names_and_holes_of_tars_are_read(tmp_path: Path) -> None:
    deep = "/".join(["d" * 60] * 5)
    for form in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        with tarfile.open(tmp_path / "a.tar", "w", format=form) as tar:
            add(tar, f"{deep}/ü", NOISE)
        loose(tmp_path / "a.tar", tmp_path / f"out{form}")
        assert tree(tmp_path / f"out{form}") == {f"{deep}/ü": NOISE}
    with (tmp_path / "holes").open("wb") as file:
        file.write(b"begin")
        file.seek(1 << 20)
        file.write(b"end")
    for form in ("gnu", "posix"):
        made = subprocess.run(
            ["tar", "-S", f"--format={form}", "-cf", "b.tar", "holes"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
        if made.returncode:
            pytest.skip(f"tar -S does not work here: {made.stderr}")
        loose(tmp_path / "b.tar", tmp_path / form)
        assert (tmp_path / form / "holes").read_bytes() == (tmp_path / "holes").read_bytes()


class Full(io.BytesIO):
    """A file on a disk that is full."""

    def write(self, _: Any) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = pack(tmp_path / "a.zip", [("a", b"x" * 60), ("b", b"y")])
    whole = Path.open

    def opened(path: Path, mode: str = "r", **more: Any) -> Any:
        return Full() if path.name == "b" else whole(path, mode, **more)

    monkeypatch.setattr(Path, "open", opened)
    told = refused(lambda: loose(archive, tmp_path / "out", place="it"), tmp_path / "out")
    assert told == (
        f"{tmp_path / 'out'}: No space left on device after 61 bytes: mend that and unpack it again"
    )


def test_a_place_that_is_no_folder_says_why(tmp_path: Path) -> None:
    archive = pack(tmp_path / "a.zip", FILES)
    told = refused(lambda: loose(archive, archive / "out"), archive)
    assert "Not a directory" in told


def test_a_wish_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def wanted(name: str) -> bool:
        raise KeyError(name)

    with pytest.raises(KeyError):
        loose(pack(tmp_path / "a.tar.gz", FILES), tmp_path / "out", wanted=wanted)
    assert [path.name for path in tmp_path.iterdir()] == ["a.tar.gz"]


MEASURE = """
import resource, sys
from pathlib import Path
from benchmark.corpora._unpack import unpack
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
unpack(Path(sys.argv[1]), Path(sys.argv[2]), at_most_bytes=1 << 30)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.parametrize("suffix", [".zip", ".tar.gz"])
def test_memory_does_not_grow_with_the_archive(tmp_path: Path, suffix: str) -> None:
    files = [("large", bytes(40 << 20)), *((f"small/{n}", b"x") for n in range(300))]
    archive = pack(tmp_path / f"a{suffix}", files)
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(archive), str(tmp_path / "out")],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    unit = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss, in bytes
    assert int(done.stdout) * unit < 25 << 20
