"""What documents tell a user to type works, and what they link to exists."""

import re
from pathlib import Path

import pytest
from documented_commands import mistakes, mistakes_in_page
from pages import copy_project, run_page
from test_imports import ORDER

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted(
    path
    for folder in (ROOT, ROOT / "docs", ROOT / ".github")
    for path in (folder.glob("*.md") if folder == ROOT else folder.rglob("*.md"))
)
NAMES = [str(path.relative_to(ROOT)) for path in PAGES]


@pytest.mark.slow
def test_a_model_is_kept_and_used_by_its_page(tmp_path):
    copy_project(tmp_path)
    said = run_page("kept_models.md", tmp_path, least=4)
    assert "answer: articulation, 14 a time step" in said[1]
    for name in ("my_recording", "my_table"):
        made = [f"{name}.{kind}" for kind in ("npy", "wav", "svg")]
        assert f"{name}: float32 (100, 14) in answers: {', '.join(made)}" in said[3]
        assert all((tmp_path / "answers" / file).stat().st_size > 0 for file in made)


@pytest.mark.slow
@pytest.mark.parametrize("page", ["bringing_a_task.md", "bringing_a_metric.md"])
def test_a_task_and_a_metric_work_by_their_pages(page, tmp_path):
    copy_project(tmp_path, baselines=("mean", "blind"))
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
