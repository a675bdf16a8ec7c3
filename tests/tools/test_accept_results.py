"""What the job that writes makes of the files of jobs that ran entries."""

import functools
import importlib.util
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from benchmark import registry
from benchmark.leaderboard import gate, snapshot, verification
from benchmark.report import formatting
from benchmark.results import entry_results

ROOT = Path(__file__).resolve().parents[2]
TASK = "emg_to_text"
CODE = """
# /// script
# [tool.silentbench]
# title = "Mine"
# licence = "Apache-2.0"
# tasks = ["emg_to_text"]
# causal = true
# ///
open({ran!r}, "w")
"""


@pytest.fixture
def tool():
    path = ROOT / "tools" / "accept_results.py"
    spec = importlib.util.spec_from_file_location("accept_results", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def place(tmp_path):
    """A project with the results of one trivial baseline, and an entry whose code leaves a file."""
    root = tmp_path / "project"
    shutil.copytree(ROOT / "tasks", root / "tasks")
    (root / "baselines").mkdir()
    for path in (*(ROOT / "baselines").glob("mean*"), *(ROOT / "baselines").glob("_*.py")):
        shutil.copy(path, root / "baselines")
    (root / "submissions").mkdir()
    (root / "submissions" / "mine.py").write_text(CODE.format(ran=str(tmp_path / "ran")))
    return root


@functools.cache
def of_mean():
    return next(
        r for r in entry_results.read_all(ROOT / "baselines" / "mean.json") if r.task == TASK
    )


def made(place, entry="mine", **changes):
    """A result as CI would leave it: that of `mean`, under another name and for other code."""
    result = of_mean()
    code = registry.entries(place).found["mine"].code_digest("default", result.metrics)
    return result.model_copy(update={"entry": entry, "code": code, **changes}).sealed()


def leave(place, result, name="mine", file="a/b.json"):
    path = place.parent / "made" / f"results-{name}" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(result if isinstance(result, str) else result.dump())
    return path


def published(place):
    return entry_results.read(place / "submissions" / "mine.json").results


def test_results_that_fit_are_published_and_recorded_and_no_code_runs(tool, place):
    leave(place, made(place))
    assert tool.accept(place, place.parent / "made") == 1
    (result,) = published(place)
    (record,) = verification.read(place).values()
    assert (record.by, record.how) == ("CI", "made by CI")
    assert gate.unfit(gate.read_project(place), "mine", result) == ""
    leaderboard = snapshot.read(place)
    marks = {
        row.entry: formatting.verified(row, leaderboard.verified)
        for table in leaderboard.tables
        for row in table.rows
        if table.task == TASK
    }
    assert marks == {"mine": "CI", "mean": "claimed"}
    assert not (place.parent / "ran").exists()


def test_a_claim_of_the_same_job_gives_way(tool, place):
    claim = made(place, finished="2099-01-01T00:00:00+00:00", cost=made(place).cost)
    path = place / "submissions" / "mine.json"
    entry_results.merge(path, [claim], registry.tasks(place))
    leave(place, made(place, finished="2026-01-01T00:00:00+00:00"))
    tool.accept(place, place.parent / "made")
    (result,) = published(place)
    assert result.head.finished == "2026-01-01T00:00:00+00:00"


FORGED = {
    "another entry": ({"entry": "mean"}, "named after another entry, mean"),
    "an unknown fold": ({"fold": "zzz"}, "no such fold"),
    "other code": ({"code": "0" * 64}, "other code than today's"),
    "other data": ({"data": "0" * 64}, "other data than today's"),
    "a failure": ({"status": "failed", "reason": "x\x1b[2J", "items": ()}, "failed: x?[2J"),
    "no sandbox": ({"isolation": "none"}, "its isolation, none, is not one"),
}


@pytest.mark.parametrize(("changes", "sentence"), FORGED.values(), ids=FORGED)
def test_results_that_do_not_fit_are_refused_alone(tool, place, capsys, changes, sentence):
    leave(place, made(place), file="good.json")
    leave(place, made(place, **changes), file="bad.json")
    tool.accept(place, place.parent / "made")
    assert len(published(place)) == len(verification.read(place)) == 1
    (said,) = re.findall("refused: .*", capsys.readouterr().out)
    assert sentence in said


def pipe(path):
    path.unlink()
    os.mkfifo(path)


def linked(path):
    path.unlink()
    path.symlink_to("/dev/zero")


def below_a_link(path):
    aside = path.parents[2] / "aside"
    path.parent.rename(aside)
    path.parent.symlink_to(aside)


STRANGE = {
    "a pipe": (pipe, "no file, or longer"),
    "a link": (linked, "no file, or longer"),
    "not JSON": (lambda path: path.write_text("{"), "not a result"),
    "edited": (lambda path: path.write_text(path.read_text().replace("0.", "1.")), "seal"),
    "not UTF-8": (lambda path: path.write_bytes(b"\xff"), "not a result"),
}


@pytest.mark.parametrize(("harm", "sentence"), STRANGE.values(), ids=STRANGE)
def test_files_that_are_no_results_are_refused(tool, place, capsys, harm, sentence):
    harm(leave(place, made(place)))
    assert tool.accept(place, place.parent / "made") == 0
    assert sentence in capsys.readouterr().out
    assert not published(place)


def test_a_folder_behind_a_link_is_not_followed(tool, place):
    below_a_link(leave(place, made(place)))
    assert tool.accept(place, place.parent / "made") == 0


def test_sizes_and_numbers_are_limited(tool, place, capsys, monkeypatch):
    leave(place, made(place))
    monkeypatch.setattr(tool, "MOST", 0)
    assert tool.accept(place, place.parent / "made") == 0
    assert "mine: 1 files, at most 0 are allowed" in capsys.readouterr().out
    monkeypatch.setattr(tool, "LARGEST", 10)
    assert tool.accept(place, place.parent / "made") == 0
    assert "longer than 10 bytes" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["mean", "nobody", "chance", "..", "a\x1bb"])
def test_a_folder_of_anything_but_a_submission_is_refused(tool, place, capsys, name):
    leave(place, made(place), name=name)
    assert tool.accept(place, place.parent / "made") == 0
    assert "no submission is called that" in capsys.readouterr().out


def test_what_was_published_is_pushed_as_a_branch_and_main_stays(place, tmp_path):
    def git(*words, folder=place):
        command = [
            "git",
            "-c",
            "user.name=x",
            "-c",
            "user.email=x@y.org",
            "-C",
            str(folder),
            *words,
        ]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    shutil.copytree(ROOT / "docs" / "results", place / "docs" / "results")
    for name in (
        "README.md",
        "leaderboard.md",
        "docs/metrics.md",
        "docs/glossary.md",
        "docs/suite.md",
    ):
        shutil.copy(ROOT / name, place / name)
    (place / "tools").mkdir()
    shutil.copy(ROOT / "tools" / "propose_results.sh", place / "tools")
    remote = tmp_path / "remote"
    git("init", "-q", "--bare", str(remote))
    git("init", "-q", "-b", "main")
    git("add", "-A")
    git("commit", "-q", "-m", "x")
    git("remote", "add", "origin", str(remote))
    git("push", "-q", "origin", "main")

    def propose(branch):
        command = [place / "tools" / "propose_results.sh", branch]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "nothing changed: no branch" in propose("results-0")
    (place / "submissions" / "mine.json").write_text("[\n]\n")
    (place / "elsewhere.txt").write_text("not proposed")
    propose("results-1")
    assert git("branch", "--format=%(refname:short)", folder=remote).split() == [
        "main",
        "results-1",
    ]
    changed = git("diff", "--name-only", "main", "results-1", folder=remote).split()
    assert changed == ["submissions/mine.json"]
