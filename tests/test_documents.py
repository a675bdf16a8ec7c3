"""What the documents tell a user to type is typed here."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"(?ms)^```(sh|python)\n(.*?)^```$")


def blocks(name):
    return BLOCK.findall((ROOT / "docs" / name).read_text())


@pytest.fixture
def project(tmp_path):
    for name in ("benchmark", "tasks", "submissions", "docs"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    shutil.copy(ROOT / "run_benchmark.py", tmp_path)
    (tmp_path / "baselines").mkdir()
    return tmp_path


@pytest.mark.timeout(600)
def test_every_command_of_submitting_works_in_its_order(project):
    lines = []
    for kind, text in blocks("submitting.md"):
        if kind == "python":
            lines.append([sys.executable, "-c", text])
        else:
            words = [line.split() for line in text.splitlines() if line]
            assert all(line[:2] == ["python", "run_benchmark.py"] for line in words)
            lines += [[sys.executable, *line[1:]] for line in words]
    assert len(lines) >= 8
    for line in lines:
        done = subprocess.run(
            line,
            cwd=project,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": str(project)},
            check=False,
        )
        assert done.returncode == 0, f"{line}: {done.stdout}{done.stderr}"
    board = (project / "leaderboard.md").read_text()
    assert "| my_model |" in board
    assert "| my_predictions *predictions only* |" in board


def test_readme_and_documents_name_verbs_that_exist():
    help_ = subprocess.run(
        [sys.executable, ROOT / "run_benchmark.py", "--help"],
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": "200"},
        check=True,
    ).stdout
    verbs = set(re.findall(r"(?m)^│ ([a-z]+) ", help_))
    for path in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        for verb in re.findall(r"run_benchmark\.py ([a-z]+)", path.read_text()):
            assert verb in verbs, f"{path.name} names the verb {verb}"
