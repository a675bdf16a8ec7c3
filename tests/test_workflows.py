"""Workflows run other people's code: without write access, without secrets, from known actions."""

import importlib.util
import re
from pathlib import Path

import pytest
import yaml
from documented_commands import mistakes

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def read(path):
    content = yaml.safe_load(path.read_text())
    content["on"] = content.pop(True)  # YAML 1.1 reads the key `on` as true
    return content


def steps(content):
    return [step for job in content["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_a_workflow_is_read_only_and_holds_no_secrets(path):
    text, content = path.read_text(), read(path)
    assert content["permissions"] == {"contents": "read"}
    assert not {"pull_request_target", "workflow_run"} & set(content["on"])
    assert "secrets." not in text
    for job in content["jobs"].values():
        assert job["timeout-minutes"] <= 180
        if "permissions" in job:  # the job that publishes pages runs no code of the repository
            assert job["permissions"] == {"pages": "write", "id-token": "write"}
            assert [step["uses"] for step in job["steps"]] == ["actions/deploy-pages@v4"]
            assert content["on"] == {"push": {"branches": ["main"]}}
    for step in steps(content):
        assert "${{" not in step.get("run", ""), "pass it as an environment variable: injection"
        assert re.fullmatch(r"actions/[a-z-]+@v\d+", step.get("uses", "actions/none@v0"))
        if step.get("uses", "").startswith("actions/checkout"):
            assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_a_workflow_calls_commands_and_files_that_exist(path):
    for step in steps(read(path)):
        run = step.get("run", "")
        assert not mistakes(run)
        for file in re.findall(r"(?:tools/\w+\.py|\.ci/\w+)", run):
            assert (ROOT / file).exists()


def test_a_pull_request_with_a_submission_is_verified():
    content = read(ROOT / ".github" / "workflows" / "verify-submission.yml")
    assert content["on"] == {"pull_request": {"paths": ["submissions/**"]}}
    assert any('run_benchmark.py verify "$ENTRY"' in step.get("run", "") for step in steps(content))


@pytest.fixture(scope="module")
def changed():
    path = ROOT / "tools" / "changed_entry.py"
    spec = importlib.util.spec_from_file_location("changed_entry", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_entry_that_a_pull_request_changes_is_found(changed):
    for paths in (
        [
            "submissions/mine.py",
            "submissions/mine.json",
            "leaderboard.md",
            "docs/glossary.md",
            "docs/results/x.md",
        ],
        ["submissions/mine/submission.py", "submissions/mine/weights/a.safetensors"],
        ["submissions/mine/manifest.json", "submissions/mine/results.json"],
    ):
        assert changed.entry(paths) == "mine"


@pytest.mark.parametrize(
    ("paths", "sentence"),
    [
        (["submissions/one.py", "submissions/two.py"], "one entry"),
        (["submissions/one.py", "benchmark/core.py"], "'benchmark/core.py'"),
        (["submissions/one.py", "baselines/ridge.json"], "'baselines/ridge.json'"),
        (["submissions/_template.py"], "'submissions/_template.py'"),
        (["submissions/a;b.py"], "a-z, 0-9 and _ only"),
        (["leaderboard.md"], "none"),
    ],
    ids=["two entries", "harness", "baseline", "template", "shell characters", "no entry"],
)
def test_a_pull_request_with_anything_else_is_refused(changed, paths, sentence):
    with pytest.raises(changed.NotOneEntry, match=re.escape(sentence)):
        changed.entry(paths)
