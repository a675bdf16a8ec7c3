"""The workflows are what they promise: read-only, without secrets, of commands that exist."""

import importlib.util
import re
from pathlib import Path

import pytest
import typer
import yaml

import run_benchmark

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
VERBS = typer.main.get_command(run_benchmark.app).commands


def read(path):
    # YAML 1.1 takes the key `on` for a truth value.
    content = yaml.safe_load(path.read_text())
    content["on"] = content.pop(True)
    return content


def steps(content):
    return [step for job in content["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_a_workflow_can_only_read(path):
    text, content = path.read_text(), read(path)
    assert content["permissions"] == {"contents": "read"}
    assert "pull_request_target" not in content["on"]
    assert "workflow_run" not in content["on"]
    assert "secrets." not in text
    for job in content["jobs"].values():
        assert job["timeout-minutes"] <= 180
        if "permissions" in job:  # what publishes pages runs no code of the repository
            assert job["permissions"] == {"pages": "write", "id-token": "write"}
            assert [step["uses"].partition("@")[0] for step in job["steps"]] == [
                "actions/deploy-pages"
            ]
    for step in steps(content):
        if step.get("uses", "").startswith("actions/checkout"):
            assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_what_others_write_never_enters_a_shell(path):
    for step in steps(read(path)):
        assert "${{" not in step.get("run", ""), "hand it over as an environment variable"


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_a_workflow_calls_what_is_there(path):
    for step in steps(read(path)):
        run = step.get("run", "")
        for verb, rest in re.findall(r"run_benchmark\.py (\w+)(.*)", run):
            options = {
                o
                for parameter in VERBS[verb].params
                for o in (*parameter.opts, *parameter.secondary_opts)
            }
            for option in re.findall(r"--[a-z-]+", rest):
                assert option in options
        for file in re.findall(r"(?:tools/\w+\.py|\.ci/\w+)", run):
            assert (ROOT / file).exists()
        for target in re.findall(r"make (\w+)", run):
            assert f"\n{target}:" in (ROOT / "Makefile").read_text()


def test_the_site_is_made_from_the_main_branch_only():
    content = read(ROOT / ".github" / "workflows" / "site.yml")
    assert content["on"] == {"push": {"branches": ["main"]}}
    assert content["jobs"]["publish"]["needs"] == "build"


def test_the_submission_is_verified_and_nothing_else_runs_it():
    content = read(ROOT / ".github" / "workflows" / "verify-submission.yml")
    assert set(content["on"]) == {"pull_request"}
    assert content["on"]["pull_request"]["paths"] == ["submissions/**"]
    runs = [step["run"] for step in steps(content) if "run" in step]
    assert any("verify" in run for run in runs)


@pytest.fixture(scope="module")
def changed():
    path = ROOT / "tools" / "changed_entry.py"
    spec = importlib.util.spec_from_file_location("changed_entry", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "paths",
    [
        ["submissions/mine.py", "submissions/mine.json", "leaderboard.md", "docs/results/x.md"],
        ["submissions/mine/submission.py", "submissions/mine/weights/a.safetensors"],
        ["submissions/mine/manifest.json", "submissions/mine/results.json"],
    ],
)
def test_one_entry_is_named(changed, paths):
    assert changed.entry(paths) == "mine"


@pytest.mark.parametrize(
    ("paths", "sentence"),
    [
        (
            ["submissions/one.py", "submissions/two.py"],
            "one entry a pull request, please: one, two",
        ),
        (["submissions/one.py", "benchmark/core.py"], "'benchmark/core.py' is no part"),
        (["submissions/one.py", "baselines/ridge.json"], "'baselines/ridge.json' is no part"),
        (["submissions/_template.py"], "is no part of an entry"),
        (["submissions/a;b.py"], "a-z, 0-9 and _ only"),
        (["leaderboard.md"], "please: none"),
    ],
)
def test_anything_else_is_refused(changed, paths, sentence):
    with pytest.raises(changed.Mistake, match=re.escape(sentence)):
        changed.entry(paths)
