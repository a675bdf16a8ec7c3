"""A run whose scores are those that are published leaves every tracked file as it is."""

import subprocess

import commands
from typer.testing import CliRunner

import toy
from benchmark import registry
from benchmark.cli.app import app
from benchmark.data import splits


def git(folder, *words):
    who = ["-c", "user.name=n", "-c", "user.email=n@example.org"]
    done = subprocess.run(
        ["git", "-C", str(folder), *who, *words], capture_output=True, text=True, check=True
    )
    return done.stdout


def test_a_run_that_finds_the_published_scores_changes_no_file(tmp_path, monkeypatch):
    place = toy.project(tmp_path / "project", good=toy.entry(predict=toy.SUM))
    fold = splits.by_group(toy.recordings(place.data), "text", ["sentence 4"], ["sentence 5"])
    splits.write(registry.split_file(place.root, "toy.all"), "new", ["text"], {"a": fold})
    monkeypatch.setattr(registry, "corpora", lambda: {"toy": toy.corpus()})
    commands.move(monkeypatch, place.root)

    def run(name):
        folders = ["--data", str(place.data), "--runs", str(tmp_path / name)]
        return CliRunner().invoke(app, ["run", *folders, "--isolation", "process"])

    assert run("first").exit_code == 0
    git(place.root, "init", "-q")
    git(place.root, "add", "-A")
    git(place.root, "commit", "-qm", "published")
    again = run("second")
    assert "1 of 1 results reproduce the published scores" in again.output
    assert git(place.root, "status", "--porcelain") == ""
    # Another score is told, and replaces nothing unless it is asked to.
    other = toy.entry(predict=toy.SUM + " * np.linspace(0.1, 2, len(inputs['x']))[:, None]")
    (place.root / "baselines" / "good.py").write_text(other)
    assert run("third").exit_code == 0
    changed = git(place.root, "status", "--porcelain").split()
    assert "baselines/good.json" in changed  # what was published is of other code now
