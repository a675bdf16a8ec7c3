"""What documents tell a user to type works, and what they link to exists."""

import os
import re
import shutil
import subprocess
import sys
import time
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


def run_page(name, folder, least):
    """Run every command and program of a page of docs/ in its order, in a copy of the project."""
    commands = []
    for kind, text in BLOCK.findall((ROOT / "docs" / name).read_text("utf-8")):
        if kind == "python":
            commands.append([sys.executable, "-c", text])
        else:
            lines = [line.split() for line in text.splitlines() if line]
            assert all(line[0] == "silentbench" for line in lines)
            commands += [[sys.executable, "-m", *line] for line in lines]
    assert len(commands) >= least
    outside = ("SILENTBENCH_PLUGINS", "SILENTBENCH_DATA")  # nothing is written there
    clean = {n: text for n, text in os.environ.items() if n not in outside}
    said = []
    for command in commands:
        done = subprocess.run(
            command,
            cwd=folder,
            capture_output=True,
            text=True,
            env={**clean, "PYTHONPATH": str(folder)},
            check=False,
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        said.append(done.stdout)
    return said


@pytest.mark.timeout(900)
@pytest.mark.slow
def test_a_folder_becomes_a_row_by_the_page_on_bringing_data(tmp_path):
    for name in ("benchmark", "silentbench", "tasks"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    (tmp_path / "baselines").mkdir()
    for path in ROOT.glob("baselines/*.py"):
        shutil.copy(path, tmp_path / "baselines")
    shutil.copy(ROOT / "run_benchmark.py", tmp_path)
    start = time.monotonic()
    said = run_page("bringing_data.md", tmp_path, least=7)
    assert time.monotonic() - start < 600  # ten minutes, also where the machine is busy
    page = (ROOT / "docs" / "bringing_data.md").read_text("utf-8")
    written = (tmp_path / "corpora" / "my_words.py").read_text("utf-8")
    assert f"```python\n{written}```" in page
    assert len(written.splitlines()) <= 50
    board = (tmp_path / "runs" / "board" / "leaderboard.md").read_text("utf-8")
    assert "| ridge " in board  # with words beside it where it is not above what knows nothing
    assert "nuisance *trivial baseline*" in board
    assert "chance *trivial baseline*" in board
    assert "my_words.new_speakers: 3 folds over 72 recordings frozen in" in said[3]
    assert "calibration, new speaker repetitions" in board
    assert [*(tmp_path / "runs" / "board").glob("docs/results/*.my_curve.new_speaker_*.svg")]
    # Nothing of it lies beside the entries, or on the pages of the project.
    assert not [*tmp_path.glob("baselines/*.json"), *tmp_path.glob("tasks/recordings/my_words*")]
    assert "my_words" not in (tmp_path / "tasks" / "splits" / "audited.json").read_text("utf-8")


@pytest.mark.timeout(600)
@pytest.mark.slow
def test_every_command_of_submitting_works_in_its_order(tmp_path):
    for name in ("benchmark", "silentbench", "tasks", "submissions", "docs"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    shutil.copy(ROOT / "run_benchmark.py", tmp_path)
    (tmp_path / "baselines").mkdir()
    run_page("submitting.md", tmp_path, least=8)
    board = (tmp_path / "leaderboard.md").read_text()
    assert "| my_model " in board
    assert "| my_predictions *predictions only* |" in board


@pytest.mark.timeout(600)
@pytest.mark.slow
def test_a_model_is_kept_and_used_by_its_page(tmp_path):
    for name in ("benchmark", "silentbench", "tasks"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    (tmp_path / "baselines").mkdir()
    for path in ROOT.glob("baselines/*.py"):
        shutil.copy(path, tmp_path / "baselines")
    shutil.copy(ROOT / "run_benchmark.py", tmp_path)
    said = run_page("kept_models.md", tmp_path, least=4)
    assert "answer: articulation, 14 a time step" in said[1]
    assert (
        "my_recording: float32 (100, 14) in answers: my_recording.npy, my_recording.svg" in said[3]
    )
    assert (tmp_path / "answers" / "my_table.npy").exists()


@pytest.mark.timeout(600)
@pytest.mark.slow
@pytest.mark.parametrize("page", ["bringing_a_task.md", "bringing_a_metric.md"])
def test_a_task_and_a_metric_work_by_their_pages(page, tmp_path):
    for name in ("benchmark", "silentbench", "tasks", "submissions"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    (tmp_path / "baselines").mkdir()
    for path in (ROOT / "baselines").glob("*.py"):
        if path.name.startswith("_") or path.stem in ("mean", "blind"):
            shutil.copy(path, tmp_path / "baselines")
    shutil.copy(ROOT / "run_benchmark.py", tmp_path)
    said = "".join(run_page(page, tmp_path, least=4))
    assert {"bringing_a_task.md": "lips_to_mel output: 2", "bringing_a_metric.md": "mae.per"}[
        page
    ] in said
    assert "2 good" in said or "1 good" in said


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
    assert not mistakes_in_page("`make setup`, run_benchmark.py data prepare, and `run --timeout`.")
    for wrong in ("runn", "run --sedes 3", "data prepare", "run --seeds many"):
        for program in ("python run_benchmark.py", "silentbench", "$ silentbench"):
            (problem,) = mistakes(f"{program} {wrong}")
            assert problem.startswith(f"{wrong}: ")
            assert len(mistakes_in_page(f"```\n{program} {wrong}\n```\n")) == 1
    assert not mistakes_in_page("With silentbench there is nothing to lose.")
    for wrong in (
        "run_benchmark.py runn",
        "`silentbench runn`",
        "`silentbench run --sedes 3`",
        "`run --sedes 3`",
        "`make coffee`",
    ):
        assert len(mistakes_in_page(f"Some words, {wrong}, and more.")) == 1
