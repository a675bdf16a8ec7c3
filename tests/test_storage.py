import numpy as np
import pytest

from benchmark import storage


def test_a_file_is_whole_or_absent(tmp_path):
    path = tmp_path / "deep" / "file"
    storage.write_whole(path, b"one")
    storage.write_whole(path, b"two")
    assert path.read_bytes() == b"two"
    assert [p.name for p in path.parent.iterdir()] == ["file"]


def test_the_name_changes_hands_in_one_step(tmp_path, monkeypatch):
    path = tmp_path / "file"
    storage.write_whole(path, b"old")

    def fail(_source, _target):
        raise OSError("no space")

    monkeypatch.setattr(storage.os, "replace", fail)
    with pytest.raises(OSError, match="no space"):
        storage.write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_a_failed_write_leaves_the_old_file_alone(tmp_path):
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
    with storage.whole_folder(target) as new:  # somebody else was faster: theirs stays
        (new / "second").write_text("x")
    assert [p.name for p in target.iterdir()] == ["first"]
    assert [p.name for p in tmp_path.iterdir()] == ["folder"]


def test_digest_does_not_depend_on_the_order_of_keys():
    assert storage.digest({"a": 1, "b": [2]}) == storage.digest({"b": [2], "a": 1})
    assert storage.digest({"a": 1}) != storage.digest({"a": 2})


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
