"""What documents tell a user to type works, and what they link to exists."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from documented_commands import mistakes, mistakes_in_page
from test_imports import ORDER

ROOT = Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"(?ms)^```(sh|python)\n(.*?)^```$")
PAGES = sorted(
    path
    for folder in (ROOT, ROOT / "docs", ROOT / ".github")
    for path in (folder.glob("*.md") if folder == ROOT else folder.rglob("*.md"))
)
NAMES = [str(path.relative_to(ROOT)) for path in PAGES]


@pytest.mark.timeout(600)
@pytest.mark.slow
def test_every_command_of_submitting_works_in_its_order(tmp_path):
    for name in ("benchmark", "tasks", "submissions", "docs"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    shutil.copy(ROOT / "run_benchmark.py", tmp_path)
    (tmp_path / "baselines").mkdir()
    commands = []
    for kind, text in BLOCK.findall((ROOT / "docs" / "submitting.md").read_text()):
        if kind == "python":
            commands.append([sys.executable, "-c", text])
        else:
            lines = [line.split() for line in text.splitlines() if line]
            assert all(line[:2] == ["python", "run_benchmark.py"] for line in lines)
            commands += [[sys.executable, *line[1:]] for line in lines]
    assert len(commands) >= 8
    for command in commands:
        done = subprocess.run(
            command,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": str(tmp_path)},
            check=False,
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    board = (tmp_path / "leaderboard.md").read_text()
    assert "| my_model |" in board
    assert "| my_predictions *predictions only* |" in board


@pytest.mark.parametrize("path", PAGES, ids=NAMES)
def test_every_command_and_option_in_a_page_exists(path):
    assert not mistakes_in_page(path.read_text())


@pytest.mark.parametrize("path", PAGES, ids=NAMES)
def test_every_relative_link_in_a_page_leads_to_a_file_and_a_heading(path):
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", path.read_text()):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (path.parent / name).resolve() if name else path
        if not target.exists() or (anchor and anchor not in headings(target)):
            broken.append(link)
    assert not broken


def headings(path):
    """The anchors of a page as GitHub makes them from its headings."""
    lines = re.findall(r"(?m)^#+ (.*)$", path.read_text())
    return {re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in lines}


def test_the_architecture_page_lists_packages_in_the_order_of_imports():
    rows = re.findall(r"(?m)^\| (`[^|]*`) \|", (ROOT / "docs" / "design.md").read_text())
    assert tuple(re.findall(r"`(\w+)`", " ".join(rows))) == ORDER


def test_wrong_commands_are_found():
    assert not mistakes("python run_benchmark.py run --task emg_to_text --seeds 3  # a comment")
    assert not mistakes_in_page("`make setup`, run_benchmark.py data prepare, and `run --limit`.")
    for wrong in ("runn", "run --sedes 3", "data prepare", "run --seeds many"):
        (problem,) = mistakes(f"python run_benchmark.py {wrong}")
        assert problem.startswith(f"{wrong}: ")
        assert len(mistakes_in_page(f"```\npython run_benchmark.py {wrong}\n```\n")) == 1
    for wrong in ("run_benchmark.py runn", "`run --sedes 3`", "`make coffee`"):
        assert len(mistakes_in_page(f"Some words, {wrong}, and more.")) == 1
