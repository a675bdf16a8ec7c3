"""Unpacking: every format, what is refused with nothing written, damage."""

from __future__ import annotations

import io
import stat
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from benchmark.core import UserError
from benchmark.corpora.io.unpack import SUFFIXES, unpack

FILES = {"a.txt": b"a" * 3000, "sub/b.txt": bytes(range(256)) * 40, "sub/deeper/c.txt": b""}
MODES = {"gz": "gz", "tgz": "gz", "bz2": "bz2", "tbz2": "bz2", "xz": "xz", "txz": "xz", "tar": ""}
BOUNDS: dict[str, Any] = {"at_most_bytes": 1 << 20}


def packed(path: Path, files: Mapping[str, bytes] = FILES) -> Path:
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("sub/", b"")
            for name, content in files.items():
                archive.writestr(name, content)
        return path
    mode: Any = f"w:{MODES[path.suffix[1:]]}"
    with tarfile.open(path, mode) as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path


def written(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def refusal(archive: Path, **options: Any) -> str:
    """The message of a refusal that leaves nothing behind."""
    folder = archive.parent / "out"
    with pytest.raises(UserError) as caught:
        unpack(archive, folder, **{**BOUNDS, **options})
    assert [*archive.parent.iterdir()] == [archive]
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_format_gives_the_files_back(suffix: str, tmp_path: Path) -> None:
    unpack(packed(tmp_path / f"data{suffix}"), tmp_path / "out", **BOUNDS)
    assert written(tmp_path / "out") == FILES


def test_only_wanted_names_below_the_top_folder_are_written(tmp_path: Path) -> None:
    files = {"./top/a": b"1", "./top/b/c": b"2", "./loose": b"3", "./top/../../up": b"4"}
    archive = packed(tmp_path / "data.tar", files)
    unpack(archive, tmp_path / "out", strip=1, wanted=lambda name: name in ("a", "b/c"), **BOUNDS)
    assert written(tmp_path / "out") == {"a": b"1", "b/c": b"2"}


@pytest.mark.parametrize("suffix", [".zip", ".tar"])
@pytest.mark.parametrize("name", ["../up", "/root", "a/../../up", "a//b", "C:/x", "a\\b", "a\nb"])
def test_names_that_lead_outside_are_refused(name: str, suffix: str, tmp_path: Path) -> None:
    archive = packed(tmp_path / f"data{suffix}", {"good": b"", name: b"x"})
    assert "names a file outside its folder" in refusal(archive)


def test_links_and_devices_are_refused(tmp_path: Path) -> None:
    link = tmp_path / "one" / "data.zip"
    link.parent.mkdir()
    with zipfile.ZipFile(link, "w") as archive:
        info = zipfile.ZipInfo("link")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    assert "'link' is not a plain file" in refusal(link)
    for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE):
        path = tmp_path / kind.decode() / "data.tar"
        path.parent.mkdir()
        with tarfile.open(path, "w") as tar:
            entry = tarfile.TarInfo("odd")
            entry.type, entry.linkname = kind, "/etc/passwd"
            tar.addfile(entry)
        assert "'odd' is not a plain file" in refusal(path)


@pytest.mark.parametrize("other", ["a", "a/b"])
def test_a_name_that_is_there_twice_is_refused(other: str, tmp_path: Path) -> None:
    archive = tmp_path / "data.tar"
    with tarfile.open(archive, "w") as tar:
        tar.addfile(tarfile.TarInfo("a"))
        tar.addfile(tarfile.TarInfo(other))
    assert f"{other!r} is there twice" in refusal(archive)


@pytest.mark.parametrize("suffix", [".zip", ".tar.gz"])
def test_bounds_of_size_and_count_hold(suffix: str, tmp_path: Path) -> None:
    archive = packed(tmp_path / f"data{suffix}", {"a": bytes(60), "b": bytes(41)})
    assert "more than 100 bytes or 100000 files" in refusal(archive, at_most_bytes=100)
    assert "more than 101 bytes or 1 files" in refusal(archive, at_most_bytes=101, at_most_files=1)
    unpack(archive, tmp_path / "out", at_most_bytes=101, at_most_files=2)


@pytest.mark.parametrize("suffix", [".zip", ".tar", ".tar.gz", ".tar.bz2", ".tar.xz"])
def test_damage_is_found(suffix: str, tmp_path: Path) -> None:
    """Cut off anywhere, or (where the format has checksums) changed in the middle of a file."""
    archive = packed(tmp_path / f"data{suffix}", {"a": bytes(range(256)) * 40, "b": b"x" * 4000})
    whole = archive.read_bytes()
    damaged = [whole[: len(whole) * part // 4] for part in (0, 1, 2, 3)] + [b"<html>" * 200]
    if suffix == ".tar":
        header = whole.index(b"b\0", 1024)  # of the second file
        damaged += [whole[: header + 150] + b"?" + whole[header + 151 :], whole[:-10240]]
    else:
        middle = len(whole) // 3
        damaged.append(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
    for content in damaged:
        archive.write_bytes(content)
        assert "is not a sound archive" in refusal(archive)


def test_other_formats_and_folders_in_the_way_are_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"data\.rar: expected a name that ends in one of \.zip"):
        unpack(tmp_path / "data.rar", tmp_path / "out", **BOUNDS)
    with pytest.raises(UserError, match="is there already"):
        unpack(packed(tmp_path / "data.zip"), tmp_path, **BOUNDS)
    with pytest.raises(UserError, match=r"No such file or directory: fix that and unpack"):
        unpack(tmp_path / "none.zip", tmp_path / "out", **BOUNDS)
