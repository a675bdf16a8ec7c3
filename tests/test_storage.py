"""Files are whole or absent, and stored arrays keep their type."""

import errno
import hashlib
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest

from benchmark import storage


def test_a_file_is_whole_or_absent(tmp_path):
    path = tmp_path / "deep" / "file"
    storage.write_whole(path, b"one")
    storage.write_whole(path, b"two")
    assert path.read_bytes() == b"two"
    assert [p.name for p in path.parent.iterdir()] == ["file"]


def test_a_failed_rename_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "file"
    storage.write_whole(path, b"old")

    def fail(_source, _target):
        raise OSError("no space")

    monkeypatch.setattr(storage.os, "replace", fail)
    with pytest.raises(OSError, match="no space"):
        storage.write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "array.npy"
    storage.write_array(path, np.arange(3))
    with pytest.raises(ValueError, match="pickle"):
        storage.write_array(path, np.array([object()]))
    assert storage.read_array(path).tolist() == [0, 1, 2]
    assert [p.name for p in tmp_path.iterdir()] == ["array.npy"]


def test_a_folder_appears_only_when_it_is_finished(tmp_path):
    target = tmp_path / "folder"

    def fail_half_way():
        with storage.whole_folder(target) as new:
            (new / "half").write_text("x")
            raise KeyError

    with pytest.raises(KeyError):
        fail_half_way()
    assert list(tmp_path.iterdir()) == []
    with storage.whole_folder(target) as new:
        (new / "first").write_text("x")
    with storage.whole_folder(target) as new:  # another process was faster: its folder stays
        (new / "second").write_text("x")
    assert [p.name for p in target.iterdir()] == ["first"]
    assert [p.name for p in tmp_path.iterdir()] == ["folder"]


def test_digest_does_not_depend_on_the_order_of_keys():
    assert storage.digest({"a": 1, "b": [2]}) == storage.digest({"b": [2], "a": 1})
    assert storage.digest({"a": 1}) != storage.digest({"a": 2})
    assert storage.digest(["a", "bc"]) != storage.digest(["ab", "c"])
    with pytest.raises(TypeError):
        storage.digest([Path("a")])


def test_link_shares_or_copies(tmp_path, monkeypatch):
    source = tmp_path / "source"
    source.write_text("x")
    storage.link(source, tmp_path / "a" / "linked")
    assert (tmp_path / "a" / "linked").samefile(source)

    def refuse(*_args):
        raise OSError("across devices")

    monkeypatch.setattr(storage.os, "link", refuse)
    storage.link(source, tmp_path / "copied")
    assert not (tmp_path / "copied").samefile(source)
    assert (tmp_path / "copied").read_text() == "x"


def test_an_array_is_stored_under_the_hash_of_type_shape_and_bytes(tmp_path):
    array = np.arange(6, dtype="<f4").reshape(3, 2)
    name = storage.keep(tmp_path, array)
    parts = b"<f4", b"(3, 2)", array.tobytes()
    content = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
    assert name == hashlib.sha256(content).hexdigest()
    assert storage.keep(tmp_path, array) == name
    assert storage.keep(tmp_path, array.reshape(2, 3)) != name
    np.testing.assert_array_equal(storage.read_array(storage.kept(tmp_path, name)), array)


@pytest.mark.parametrize("other", ["<i4", ">f4", "<u4"])
@pytest.mark.parametrize("honest_first", [False, True])
def test_equal_bytes_of_another_type_are_another_array(tmp_path, other, honest_first):
    """A model that knows the prediction of another one could store its bytes first."""
    honest = np.array([[1.5], [2.5]], "<f4")
    arrays = [honest.view(other), honest]
    names = {a.dtype.str: storage.keep(tmp_path, a) for a in arrays[:: -1 if honest_first else 1]}
    assert len(set(names.values())) == 2
    for dtype, name in names.items():
        array = storage.read_array(storage.kept(tmp_path, name))
        assert array.dtype == np.dtype(dtype)
        assert array.tobytes() == honest.tobytes()


def test_names_of_published_results_are_understood(tmp_path):
    array = np.arange(6, dtype="<f4").reshape(3, 2)
    name = storage.keep(tmp_path, array)
    published = "887408448f2100590315aeddc11b2dc21551e1f6a951f6341ad72870f67e8f60"
    assert storage.older_names(array)[0] == published
    assert storage.is_named(tmp_path, name, published)
    other = storage.keep(tmp_path, array + 1)
    assert not storage.is_named(tmp_path, other, published)
    assert not storage.is_named(tmp_path, published, name)  # nothing lies under that name
    storage.kept(tmp_path, other).write_bytes(storage.kept(tmp_path, name).read_bytes())
    assert not storage.is_named(tmp_path, other, published)  # the file is not what it is called


def test_arrays_of_every_kind_are_stored(tmp_path):
    for array in (np.zeros((0, 3)), np.array(7), np.asfortranarray(np.ones((2, 3), np.uint8))):
        name = storage.keep(tmp_path, array)
        np.testing.assert_array_equal(storage.read_array(storage.kept(tmp_path, name)), array)


@pytest.mark.parametrize(
    ("free", "raised", "number"),
    [
        (0, OSError("801792 requested and 761728 written"), errno.ENOSPC),  # as numpy says it
        (10**9, OSError("801792 requested and 761728 written"), errno.EIO),
        (10**9, OSError(errno.EDQUOT, "Disk quota exceeded"), errno.EDQUOT),
        (10**9, OSError(errno.ENOSPC, "No space left", "/the/source"), errno.ENOSPC),
    ],
)
def test_what_cannot_be_written_names_where(tmp_path, monkeypatch, free, raised, number):
    def fail(*_, **__):
        raise raised

    usage = namedtuple("usage", "total used free")(10**9, 0, free)
    monkeypatch.setattr(storage.shutil, "disk_usage", lambda _path: usage)
    monkeypatch.setattr(storage.np, "save", fail)
    with pytest.raises(OSError, match=raised.strerror or "requested and") as found:
        storage.write_array(tmp_path / "deep" / "array.npy", np.arange(3))
    assert found.value.errno == number
    assert Path(found.value.filename).parent == tmp_path / "deep"
    assert not list((tmp_path / "deep").iterdir())
