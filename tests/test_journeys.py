"""The ways into the project by its pages, each in a fresh folder and within its time.

The fifth, from a notebook to a plot, is in tests/api/test_pages.py. Times are of the processor, so
that they hold on a busy machine too; docs/performance.md has what was measured.
"""

import re
from pathlib import Path

import pytest
from pages import commands, copy_project, run, run_page, within

from benchmark.leaderboard import snapshot

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]


def words(command):
    """A command of a page as it is written there; nothing of a program."""
    return " ".join(command[2:]) if command[1] == "-m" else ""


def board(folder):
    """The leaderboard, with plain spaces."""
    return (folder / "leaderboard.md").read_text("utf-8").replace("\N{NO-BREAK SPACE}", " ")


def test_the_tutorial_leads_to_a_first_result_and_to_a_row(tmp_path):
    copy_project(tmp_path, baselines=("ridge", "template", "mean"))
    first, *others = commands("tutorial.md")
    assert words(first) == "silentbench demo"
    with within(60, "first result"):
        (said,) = run([first], tmp_path)
    found = re.findall(r"(?m)^(emg_to_\w+): ridge has (?:Pearson r|Mel MSE) (\d\.\d{3}) here", said)
    published = {
        table.task: row.scores[board_of.task(table).metrics[0].id].value
        for board_of in [snapshot.read(ROOT, "ridge")]
        for table in board_of.tables
        for row in table.rows
        if table.split == "embedded.new_sentences" and row.name == ("ridge", "default")
    }
    assert len(found) == 2
    for task, score in found:
        assert float(score) == pytest.approx(published[task], rel=0.01)  # of another machine
    with within(240, "own model to a row"):
        told = dict(zip(map(words, others), run(others, tmp_path), strict=True))
    assert "FAIL" not in told["silentbench check my_model"]
    assert "1 planned, 1 good; 0 reused" in told["silentbench run my_model --corpus embedded"]
    assert re.search(r"│ +\d │ my_model ", told["silentbench show emg_to_articulation"])
    assert "Pearson r" in told["silentbench compare my_model template --task emg_to_articulation"]
    assert "; 0 not reproduced, 0 not verifiable here" in told["silentbench verify my_model"]
    assert "| my_model " in board(tmp_path)


def test_own_predictions_become_a_row_by_the_page_on_submitting(tmp_path):
    copy_project(tmp_path, baselines=("mean",))
    every = commands("submitting.md")
    start = [words(command) for command in every].index("silentbench contract emg_to_articulation")
    # What it says of code is what the tutorial does.
    assert start >= 4
    assert {*map(words, every[:start])} <= {*map(words, commands("tutorial.md"))}
    with within(240, "own predictions to a row"):
        run(every[start:], tmp_path)
    assert "| my_predictions *predictions only* |" in board(tmp_path)


def test_a_folder_becomes_a_row_by_the_page_on_bringing_data(tmp_path):
    copy_project(tmp_path)
    with within(300, "own corpus to a row"):
        said = run_page("bringing_data.md", tmp_path, least=7)
    page = (DOCS / "bringing_data.md").read_text("utf-8")
    written = (tmp_path / "corpora" / "my_words.py").read_text("utf-8")
    assert f"```python\n{written}```" in page
    assert len(written.splitlines()) <= 50
    rows = board(tmp_path / "runs" / "board")
    assert "| ridge " in rows  # with words beside it where it is not above what knows nothing
    assert "| nuisance *trivial baseline* |" in rows
    assert "| chance *trivial baseline* |" in rows
    assert "my_words.new_speakers: 3 folds over 72 recordings frozen in" in said[3]
    assert "calibration, new speaker repetitions" in rows
    assert [*(tmp_path / "runs" / "board").glob("docs/results/*.my_curve.new_speaker_*.svg")]
    # Nothing of it lies beside the entries, or on the pages of the project.
    assert not [*tmp_path.glob("baselines/*.json"), *tmp_path.glob("tasks/recordings/my_words*")]
    assert "my_words" not in (tmp_path / "tasks" / "splits" / "audited.json").read_text("utf-8")
