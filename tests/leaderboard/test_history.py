import subprocess

import pytest

from benchmark.core import UserError
from benchmark.leaderboard import history

PROGRAM = """
import pathlib, sys
assert sys.argv[1:] == ["leaderboard"]
pathlib.Path("leaderboard.md").write_text(pathlib.Path("results").read_text() + {end!r})
"""


@pytest.fixture
def project(tmp_path):
    """Two commits: a page as its program makes it, and one that was edited."""
    root = tmp_path / "project"
    root.mkdir()

    def commit(results, page, end=""):
        (root / "run_benchmark.py").write_text(PROGRAM.format(end=end))
        (root / "results").write_text(results)
        (root / "leaderboard.md").write_text(page)
        for words in (["init", "-q"], ["add", "-A"]):
            subprocess.run(["git", "-C", root, *words], check=True)
        who = ["-c", "user.name=n", "-c", "user.email=e"]
        subprocess.run(["git", "-C", root, *who, "commit", "-qm", results], check=True)
        subprocess.run(["git", "-C", root, "tag", results], check=True)

    commit("one", "one")
    commit("two", "edited", end="!")
    return root


def test_an_older_leaderboard_is_reproduced_by_its_own_program(project, tmp_path):
    page, same = history.at(project, "one", tmp_path / "at")
    assert (page.read_text(), same) == ("one", True)
    page, same = history.at(project, "two", tmp_path / "at")
    assert (page.read_text(), same) == ("two!", False)
    assert (project / "leaderboard.md").read_text() == "edited"  # today's stays


def test_without_git_there_is_a_sentence(project, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match="git is not installed"):
        history.at(project, "one", tmp_path / "at")


def test_an_older_leaderboard_that_cannot_be_reproduced_is_an_error(project, tmp_path):
    with pytest.raises(UserError, match="no git tag, branch or commit named 'three'"):
        history.at(project, "three", tmp_path)
    (project / "run_benchmark.py").write_text("raise SystemExit('too old')")
    subprocess.run(["git", "-C", project, "add", "-A"], check=True)
    who = ["-c", "user.name=n", "-c", "user.email=e"]
    subprocess.run(["git", "-C", project, *who, "commit", "-qm", "x"], check=True)
    with pytest.raises(UserError, match="the program of HEAD fails here: too old"):
        history.at(project, "HEAD", tmp_path)
    (project / "leaderboard.md").unlink()
    subprocess.run(["git", "-C", project, "add", "-A"], check=True)
    subprocess.run(["git", "-C", project, *who, "commit", "-qm", "y"], check=True)
    with pytest.raises(UserError, match=r"has no leaderboard\.md"):
        history.at(project, "HEAD", tmp_path)
