"""Files and what the kernel keeps for descriptors are counted, without end nowhere."""

import os
import select
import socket
import subprocess
import sys

import pytest

from benchmark.sandbox import holdings, usage
from benchmark.worker.limits import Limits

MB = 2**20
SMALL = Limits(kept_mb=1)


@pytest.fixture
def folders(tmp_path):
    opened = holdings.Folders({tmp_path: tmp_path})
    yield opened
    opened.close()


def check(folders, limits=SMALL, nameless=0):
    folders.check(limits, nameless, lambda: False)


def look(folders, objects=None):
    objects = objects or holdings.Objects(())
    return objects.look(usage.look(os.getpid()), folders, holdings.Tmpfs(), lambda: False)


def test_bytes_and_names_count(tmp_path, folders):
    (tmp_path / "a").mkdir()
    (tmp_path / "link").symlink_to("/usr")
    check(folders)
    check(folders, nameless=MB - 3 * 4096)
    with pytest.raises(holdings.TooMuch, match="wrote more than 1 MB"):
        check(folders, nameless=MB)
    (tmp_path / "a" / "file").write_bytes(b"x" * MB)
    with pytest.raises(holdings.TooMuch, match="wrote more than 1 MB"):
        check(folders)


def test_nobody_sees_when_a_search_comes(tmp_path, folders):
    (tmp_path / "a").mkdir()
    for place in (tmp_path, tmp_path / "a"):
        os.utime(place, (1, 2))
    check(folders)
    assert [place.stat().st_atime for place in (tmp_path, tmp_path / "a")] == [1, 1]


def test_a_search_ends_at_the_limit(tmp_path, folders, monkeypatch):
    for n in range(30):
        (tmp_path / str(n)).touch()
    check(folders)
    monkeypatch.setattr(holdings, "NAMES", 20)
    with pytest.raises(holdings.TooMuch, match="made more than 20 files"):
        check(folders)
    folders.check(SMALL, 0, lambda: True)  # it is over


def test_a_folder_counts_under_another_name(tmp_path):
    before = tmp_path / "before"
    before.mkdir()
    folders = holdings.Folders({before: before})
    before.rename(tmp_path / "after")
    (tmp_path / "after" / "file").write_bytes(b"x" * 2 * MB)
    with pytest.raises(holdings.TooMuch):
        check(folders)
    folders.close()


def test_what_cannot_be_searched_is_too_much(tmp_path, folders, monkeypatch):
    (tmp_path / "closed").mkdir()
    opened = os.open

    def refuse(path, *flags):
        if path.endswith("closed"):
            raise PermissionError
        return opened(path, *flags)

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(holdings.TooMuch, match="wrote more than"):
        check(folders)


def test_open_files_without_a_name_count_once(tmp_path, folders):
    with open(tmp_path / "file", "wb", 0) as file:
        file.write(b"x" * MB)
        before = look(folders).nameless
        os.remove(file.name)
        again = os.dup(file.fileno())
        assert look(folders).nameless - before == MB
        os.close(again)
    assert look(folders).nameless == before


def test_a_removed_file_that_is_mapped_is_refused(tmp_path, folders):
    code = (
        "import mmap, os, sys; f = open(sys.argv[1], 'w+b'); f.write(b'x' * 4096); f.flush();"
        "m = mmap.mmap(f.fileno(), 0); f.close(); print(flush=True); input();"
        "os.remove(f.name); print(flush=True); input()"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "file")]
    objects = holdings.Objects(())
    with subprocess.Popen(command, stdin=-1, stdout=-1, bufsize=0) as child:
        child.stdout.readline()
        objects.look(usage.look(child.pid), folders, holdings.Tmpfs(), lambda: False)
        child.stdin.write(b"\n")
        child.stdout.readline()
        with pytest.raises(holdings.TooMuch, match="maps a file that it removed"):
            objects.look(usage.look(child.pid), folders, holdings.Tmpfs(), lambda: False)
        child.stdin.write(b"\n")


def test_sockets_pipes_terminals_and_what_is_waited_for_count(folders):
    before = look(folders).kernel
    pair = socket.socketpair()
    assert look(folders).kernel - before > 2 * 200_000
    for end in pair:
        end.close()
    ends = os.pipe()
    assert 2**16 <= look(folders).kernel - before < 2**17
    terminal = os.openpty()
    assert 2**17 <= look(folders).kernel - before < 2**17 + 2**15
    for end in terminal:
        os.close(end)
    waiting = select.epoll()
    several = [os.dup(ends[0]) for _ in range(100)]
    without = look(folders).kernel
    for one in several:
        waiting.register(one)
    assert look(folders).kernel - without == 100 * holdings.NOTE_BYTES
    for one in (*ends, *several):
        os.close(one)
    waiting.close()


def test_many_descriptors_and_areas_are_too_much(folders, monkeypatch):
    monkeypatch.setattr(holdings, "OPEN", 3)
    with pytest.raises(holdings.TooMuch, match="had more than 3 files open"):
        look(folders)
    monkeypatch.undo()
    monkeypatch.setattr(holdings, "NOTES", 10)
    with pytest.raises(holdings.TooMuch, match="had more than 10 areas of memory"):
        look(folders)


def test_one_that_hides_twice_is_refused(folders, monkeypatch):
    objects = holdings.Objects(())
    read = usage.read

    def refuse(path):
        if "maps" in path:
            raise PermissionError
        return read(path)

    monkeypatch.setattr(usage, "read", refuse)
    look(folders, objects)
    with pytest.raises(holdings.TooMuch, match="hides its memory"):
        look(folders, objects)
    monkeypatch.undo()
    look(folders, objects)
    monkeypatch.setattr(usage, "read", refuse)
    look(folders, objects)  # once again for the first time


def test_one_that_showed_nothing_from_the_start_is_the_sandbox(folders, monkeypatch):
    monkeypatch.setattr(usage, "read", usage.read)
    tree = usage.look(os.getpid())
    listdir = os.listdir

    def refuse(path):
        if path.endswith("/fd"):
            raise PermissionError
        return listdir(path)

    monkeypatch.setattr(os, "listdir", refuse)
    objects = holdings.Objects(tree)
    for _ in range(2):
        look(folders, objects)


def test_what_is_closed_meanwhile_hides_nothing_behind_it(tmp_path, folders, monkeypatch):
    first = os.eventfd(0)
    with open(tmp_path / "file", "wb", 0) as file:
        assert first < file.fileno()
        file.write(b"x" * MB)
        os.remove(file.name)

        def closed(path):
            raise FileNotFoundError(path)

        monkeypatch.setattr(os, "readlink", closed)
        assert look(folders).nameless >= MB
    os.close(first)


def test_texts_of_the_kernel_count_as_long_as_they_are_open(folders):
    objects = holdings.Objects(())
    before = look(folders, objects).kernel
    held = [os.open("/proc/self/status", os.O_RDONLY) for _ in range(50)]
    assert look(folders, objects).kernel - before >= 50 * holdings.TEXT_BYTES
    for descriptor in held:
        os.close(descriptor)
    assert look(folders, objects).kernel - before < 50 * holdings.TEXT_BYTES
