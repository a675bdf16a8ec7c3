"""The named suite: its digest follows what can change a score, and its page says all of it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from benchmark import registry
from benchmark.core import CHANCE
from benchmark.report.suite import suite_page

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "suite.md").read_text("utf-8")
TASKS, CORPORA = dict(registry.tasks(ROOT)), registry.corpora()


UNCHANGED = suite_page.digest(ROOT, TASKS, CORPORA)


def digest(**changed):
    tasks = {**TASKS, "emg_to_mel": replace(TASKS["emg_to_mel"], **changed)}
    return suite_page.digest(ROOT, tasks, CORPORA)


def test_the_page_of_the_project_is_current_and_its_suite_what_was_released_by_that_name():
    assert suite_page.page(ROOT, TASKS, CORPORA) == PAGE, "run `run_benchmark.py leaderboard`"
    assert PAGE.startswith(f"# Suite: {suite_page.NAME}\n")
    # A change of what was released needs another NAME, and no DIGEST before that is released.
    assert "**Changed**" not in PAGE
    assert ("**Not released yet**" in PAGE) is (not suite_page.DIGEST)


def test_the_digest_changes_with_what_a_score_depends_on_and_with_nothing_else():
    task = TASKS["emg_to_mel"]
    assert digest(title="Another title", citation="another", licence="MIT") == UNCHANGED
    assert digest(splits=task.splits[::-1], smoke=()) == UNCHANGED
    first, *others = task.metrics
    changes = [
        {"version": "2"},
        {"inputs": ("lips",)},
        {"metrics": (*others, first)},
        {"metrics": (replace(first, id="mel_mse.mean@2"), *others)},
        {"trivial_baselines": ("mean",)},
        {"splits": task.splits[:-1]},
        {"full": ()},
        {"oracles": ("oracle_gain",)},
    ]
    digests = [digest(**change) for change in changes]
    assert len({UNCHANGED, *digests}) == len(changes) + 1


def test_the_digest_changes_with_a_split_and_with_the_version_of_a_corpus(tmp_path):
    folder = tmp_path / "tasks" / "splits"
    folder.mkdir(parents=True)
    task = replace(TASKS["emg_to_mel"], splits=("embedded.new_sentences",))
    text = (ROOT / "tasks" / "splits" / "embedded.new_sentences.json").read_text("utf-8")
    found = set()
    for content in (text, json.dumps({**json.loads(text), "about": "another"})):
        (folder / "embedded.new_sentences.json").write_text(content)
        found.add(suite_page.digest(tmp_path, {"x": task}, CORPORA))
    newer = {"embedded": replace(CORPORA["embedded"], version="another")}
    found.add(suite_page.digest(tmp_path, {"x": task}, newer))
    assert len(found) == 3


def test_a_corpus_of_a_user_is_no_part_of_the_suite():
    own = replace(CORPORA["embedded"], name="mine", own=Path("corpora/mine.py"))
    task = replace(TASKS["emg_to_mel"], splits=(*TASKS["emg_to_mel"].splits, "mine.takes"))
    tasks = {**TASKS, "emg_to_mel": task}
    assert suite_page.page(ROOT, tasks, {**CORPORA, "mine": own}) == PAGE


def test_what_differs_from_the_suite_that_was_released_says_so(monkeypatch):
    monkeypatch.setattr(suite_page, "DIGEST", UNCHANGED)
    page = suite_page.page(ROOT, TASKS, CORPORA)
    assert "**Changed**" not in page
    assert "**Not released yet**" not in page
    page = suite_page.page(ROOT, {n: t for n, t in TASKS.items() if n != "emg_to_mel"}, CORPORA)
    assert f"**Changed**: not {suite_page.NAME} as it was named, " in page
    assert UNCHANGED in page


@pytest.mark.parametrize("name", TASKS)
def test_each_task_has_its_score_its_baselines_and_its_splits(name):
    task = TASKS[name]
    section = PAGE.partition(f"\n`{name}`, version ")[2].partition("\n### ")[0]
    assert section.startswith(f"{task.version}: ")
    assert f"- **The score**: `{task.metrics[0].id}` (" in section
    assert all(f"`{n}`" in section for n in (*task.trivial_baselines, *task.oracles, CHANCE))
    assert all(f"`{metric.id}`" in section for metric in task.metrics)
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    assert [row.split("`")[1] for row in rows] == list(task.splits)
