"""A disk that is full or can only be read: one sentence, with the folder and how full it is."""

import errno
import os
from collections import namedtuple

import pytest
import soundfile
from typer.testing import CliRunner

from benchmark import registry, storage
from benchmark.cli.app import app
from benchmark.leaderboard import snapshot
from benchmark.leaderboard.snapshot import Snapshot
from benchmark.results import environment

Usage = namedtuple("Usage", "total used free")
NO_ROOM = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))  # as `write` fails: without a name


def full_below(folder):
    """As `shutil.disk_usage` says it where only this folder lies on a full disk."""
    return lambda path: Usage(10**9, 0, 2**19 if folder in (path, *path.parents) else 10**9)


def raising(error):
    def write(*_, **__):
        raise error

    return write


@pytest.mark.parametrize("error", [NO_ROOM, soundfile.LibsndfileError(2)])
def test_a_miniature_that_finds_no_room(tmp_path, monkeypatch, error):
    monkeypatch.setattr(registry, "fixtures", lambda: {"tal": raising(error)})
    monkeypatch.setattr(environment.shutil, "disk_usage", full_below(tmp_path))
    done = CliRunner().invoke(app, ["data", "fixture", "tal", "--data", str(tmp_path)])
    assert done.exit_code == 1
    assert f"the disk of {tmp_path} is full (0 MB free): make room" in done.output


def test_a_fault_of_the_program_keeps_its_traceback(tmp_path, monkeypatch):
    monkeypatch.setattr(registry, "fixtures", lambda: {"tal": raising(RuntimeError("a fault"))})
    done = CliRunner().invoke(app, ["data", "fixture", "tal", "--data", str(tmp_path)])
    assert repr(done.exception) == "RuntimeError('a fault')"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS])
def test_pages_that_cannot_be_written(monkeypatch, number):
    def fail(path, _content):
        raise OSError(number, os.strerror(number), str(path))

    monkeypatch.setattr(storage, "write_whole", fail)
    # What would be written does not matter, and to read all results takes long.
    monkeypatch.setattr(snapshot, "read", lambda root: Snapshot((), registry.tasks(root), {}, {}))
    done = CliRunner().invoke(app, ["metrics", "--write"])
    assert done.exit_code == 1
    said = {errno.ENOSPC: "is full (", errno.EROFS: "lies on a disk that can only be read"}
    assert said[number] in done.output
    assert done.output.count("\n") == 1
