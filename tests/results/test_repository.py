"""The commit that a result names is that of the project, whatever git is told or lies around."""

import subprocess

import pytest

from benchmark.core import UserError
from benchmark.results import repository

WHO = ("-c", "user.name=n", "-c", "user.email=e@example.org")


def run(folder, *words):
    done = subprocess.run(["git", "-C", folder, *words], check=True, capture_output=True)
    return done.stdout.decode().strip()


def made(folder):
    """A repository with a program, an entry with its results, and a page; and its commit."""
    for name in ("benchmark/a.py", "baselines/ridge.py", "baselines/ridge.json", "page.md"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("1\n")
    run(folder, "init", "-q")
    run(folder, "add", "-A")
    run(folder, *WHO, "commit", "-qm", "one")
    return run(folder, "rev-parse", "HEAD")


def test_only_changes_of_what_computes_results_are_marked(tmp_path):
    commit = made(tmp_path)
    assert repository.commit(tmp_path) == commit
    (tmp_path / "baselines/ridge.json").write_text("2")
    (tmp_path / "page.md").write_text("2")
    (tmp_path / "new.py").write_text("")
    assert repository.commit(tmp_path) == commit
    (tmp_path / "baselines/ridge.py").write_text("2")
    assert repository.commit(tmp_path) == commit + repository.CHANGED
    run(tmp_path, "add", "-A")
    assert repository.commit(tmp_path) == commit + repository.CHANGED


def test_variables_of_git_name_no_other_repository(tmp_path, monkeypatch):
    commit, other = made(tmp_path / "mine"), tmp_path / "other"
    other.mkdir()
    run(other, "init", "-q")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    assert repository.commit(tmp_path / "mine") == commit


def test_a_repository_around_the_project_is_not_its_own(tmp_path):
    made(tmp_path)
    inner = tmp_path / "unpacked"
    inner.mkdir()
    assert repository.commit(inner) is None
    with pytest.raises(UserError, match=r"unpacked: not the top folder of a git repository"):
        repository.git(inner, "rev-parse", "HEAD")


def test_without_git_there_is_no_commit_and_a_sentence(tmp_path, monkeypatch):
    made(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert repository.commit(tmp_path) is None
    with pytest.raises(UserError, match="git is not installed"):
        repository.git(tmp_path, "rev-parse", "HEAD")


def test_a_repository_without_a_commit_has_none(tmp_path):
    run(tmp_path, "init", "-q")
    assert repository.commit(tmp_path) is None
