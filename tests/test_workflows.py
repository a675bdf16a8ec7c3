"""Workflows run other people's code: without write access, without secrets, from known actions."""

import json
import os
import re
import subprocess
import tomllib
from collections import defaultdict
from pathlib import Path

import pytest
import yaml
from documented_commands import mistakes

from benchmark import registry
from benchmark.corpora.simulated import sealed
from benchmark.data import splits
from benchmark.execution.seal.score import default_split

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def read(path):
    content = yaml.safe_load(path.read_text())
    content["on"] = content.pop(True)  # YAML 1.1 reads the key `on` as true
    return content


def steps(content):
    return [step for job in content["jobs"].values() for step in job["steps"]]


# The jobs that may write, and all that they may do: nothing of it runs code of an entry.
PUBLISH_SITE = {"pages": "write", "id-token": "write"}
PROPOSE_RESULTS = {"contents": "write"}
SEALED = ROOT / ".github" / "workflows" / "sealed.yml"
RELEASE = ROOT / ".github" / "workflows" / "release.yml"
PROPOSING = [
    {"uses": "actions/checkout@v4"},
    {"uses": "actions/setup-python@v5", "with": {"python-version": "3.11"}},
    {"run": "make setup"},
    {"uses": "actions/download-artifact@v4", "with": {"path": "runs/made"}},
    {"run": ".venv/bin/python tools/accept_results.py runs/made"},
    {
        "env": {"BRANCH": "results-${{ github.sha }}"},
        "run": 'tools/propose_results.sh "$BRANCH"',
    },
]
# Of a release: the files that another job built and tried, and none of them is run.
BUILT = {"uses": "actions/download-artifact@v4", "with": {"name": "dist", "path": "dist"}}
ATTACH = {
    "GH_TOKEN": "${{ github.token }}",
    "GH_REPO": "${{ github.repository }}",
    "TAG": "${{ github.ref_name }}",
}
RELEASING = {
    "attach": [
        BUILT,
        {
            "env": ATTACH,
            "run": 'gh release create "$TAG" dist/* --verify-tag --title "$TAG"'
            ' --notes "See CHANGELOG.md"',
        },
    ],
    "publish": [
        {"uses": "actions/setup-python@v5", "with": {"python-version": "3.13"}},
        BUILT,
        {"run": "python3 -m pip install twine==7.0.0"},
        {"run": "python3 -m twine upload dist/*.tar.gz dist/*.whl"},
    ],
}
SECRET = {"SECRET": "${{ secrets.SEALED_TEST_SECRET }}"}
IS_THERE = {"THERE": "${{ secrets.SEALED_TEST_SECRET != '' }}"}  # true or false, no more
PROPOSING_SEALED = [
    *PROPOSING[:4],
    {
        "env": {
            "DIGEST": "${{ needs.score.outputs.digest }}",
            "DAY": "${{ needs.score.outputs.day }}",
        },
        "run": '.venv/bin/python tools/accept_sealed.py runs/made "$DIGEST" "$DAY"',
    },
    {
        "env": {"BRANCH": "sealed-${{ github.run_id }}"},
        "run": 'tools/propose_results.sh "$BRANCH"',
    },
]


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_a_workflow_is_read_only_and_holds_no_secrets(path):
    content = read(path)
    assert content["permissions"] == {"contents": "read"}
    assert not {"pull_request_target", "workflow_run"} & set(content["on"])
    without = str(content)
    for allowed in {SEALED: (SECRET, IS_THERE), RELEASE: (ATTACH,)}.get(path, ()):
        without = without.replace(str(allowed), "{}")
    assert not re.search(r"\bsecrets\b|github\.token|GITHUB_TOKEN", without)
    for job in content["jobs"].values():
        assert job["timeout-minutes"] <= 180
        if "permissions" in job:
            assert_a_writing_job_runs_no_code_of_an_entry(content, job)
    for step in steps(content):
        assert "${{" not in step.get("run", ""), "pass it as an environment variable: injection"
        assert re.fullmatch(r"actions/[a-z-]+@v\d+", step.get("uses", "actions/none@v0"))
        if step.get("uses", "").startswith("actions/checkout") and step != PROPOSING[0]:
            assert step["with"]["persist-credentials"] is False


def assert_a_writing_job_runs_no_code_of_an_entry(content, job):
    if job["permissions"] == PUBLISH_SITE:
        assert [step["uses"] for step in job["steps"]] == ["actions/deploy-pages@v4"]
        assert content["on"] == {"push": {"branches": ["main"]}}
        return
    if content["name"] == "release":
        assert job == content["jobs"]["attach" if "contents" in job["permissions"] else "publish"]
        return  # the test of that workflow reads both
    assert job["permissions"] == PROPOSE_RESULTS
    assert {*job} == {"needs", "if", "runs-on", "timeout-minutes", "permissions", "steps"}
    if content["name"] == "sealed":
        assert content["on"].keys() == {"schedule", "workflow_dispatch"}
        assert job["steps"] == PROPOSING_SEALED
    else:
        assert content["on"] == {"push": {"branches": ["main"], "paths": ["submissions/**"]}}
        assert job["steps"] == PROPOSING


def test_a_release_is_of_a_tag_and_publishes_what_was_tried():
    content = read(RELEASE)
    jobs = content["jobs"]
    assert content["on"] == {"push": {"tags": ["v*"]}, "workflow_dispatch": None}
    assert {name: job.get("needs") for name, job in jobs.items()} == {
        "build": None,
        "try": "build",
        "attach": "try",
        "publish": "attach",
    }
    assert {n: job["permissions"] for n, job in jobs.items() if "permissions" in job} == {
        "attach": {"contents": "write"},
        "publish": {"id-token": "write"},  # trusted publishing: no secret
    }
    assert {name: jobs[name]["steps"] for name in RELEASING} == RELEASING
    assert jobs["attach"]["if"] == "github.ref_type == 'tag'"
    assert jobs["publish"]["environment"] == {"name": "release"}
    (tag,) = [s for s in jobs["build"]["steps"] if s.get("name") == "the tag is the version"]
    assert tag["run"] == 'python3 tools/check_release.py "$TAG"'
    assert {"run": ".ci/package dist"} in jobs["build"]["steps"]
    assert {"run": ".ci/try_wheel dist"} in jobs["try"]["steps"]


def test_a_wheel_is_tried_on_every_python_that_it_names():
    matrix = read(RELEASE)["jobs"]["try"]["strategy"]["matrix"]["python"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["requires-python"] == f">={matrix[0]}"
    named = [c.rpartition(" ")[2] for c in project["classifiers"] if ":: Python :: 3." in c]
    assert named == matrix


def test_a_checkout_that_keeps_its_token_is_in_the_job_that_proposes_results_only():
    keeping = [
        name
        for path in FILES
        for name, job in read(path)["jobs"].items()
        if PROPOSING[0] in job["steps"]
    ]
    assert keeping == ["propose", "propose"]


def test_the_secret_of_the_sealed_test_is_of_main_and_of_one_step_that_runs_no_entry():
    content = read(SEALED)
    assert content["on"].keys() == {"schedule", "workflow_dispatch"}
    ask, score, propose = (content["jobs"][name] for name in ("ask", "score", "propose"))
    assert (ask["if"], ask["environment"]) == ("github.ref == 'refs/heads/main'", "sealed")
    assert (score["needs"], score["environment"]) == ("ask", "sealed")
    assert score["if"] == "needs.ask.outputs.there == 'true'"
    having = [step for step in steps(content) if "secrets" in str(step)]
    assert [step["name"] for step in having] == ["is there a secret", "make the recordings"]
    asking, make = having
    assert (asking["env"], make["env"]) == (IS_THERE, SECRET)
    assert "seal make" in make["run"]
    assert not re.search(r"seal score|run_benchmark.py (run|check|verify)", make["run"])
    (run,) = [step["run"] for step in score["steps"] if "seal score" in step.get("run", "")]
    assert "--secret-file" not in run
    assert run.startswith("exec 2> /dev/null\n")  # it may name recordings
    uploaded = [s["with"]["path"].split() for s in score["steps"] if "upload" in s.get("uses", "")]
    assert uploaded == [["submissions/**/*.sealed.json", "baselines/**/*.sealed.json"]]
    assert propose["needs"] == "score"


def step_of(name):
    (run,) = [step["run"] for step in steps(read(SEALED)) if step.get("name") == name]
    return run


def run_step(name, folder, program, **variables):
    """A step as the runner starts it, with another program in place of Python."""
    python = folder / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f"#!/bin/sh\n{program}\n")
    python.chmod(0o755)
    return subprocess.run(
        ["bash", "-e", "-c", step_of(name)],
        cwd=folder,
        env={**os.environ, "RUNNER_TEMP": str(folder), "GITHUB_OUTPUT": "out", **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_step_that_takes_too_long_leaves_time_for_those_that_keep_what_is_there():
    score = read(SEALED)["jobs"]["score"]
    limits = {s.get("name"): s["timeout-minutes"] for s in score["steps"] if "timeout-minutes" in s}
    assert limits.keys() == {"make the recordings", "score entries"}
    assert sum(limits.values()) + 15 < score["timeout-minutes"]
    upload = score["steps"][-1]
    assert (upload["uses"], upload["if"]) == ("actions/upload-artifact@v4", "!cancelled()")
    propose = read(SEALED)["jobs"]["propose"]
    assert propose["if"] == "!cancelled() && needs.score.outputs.digest != ''"


def sealed_splits():
    """The split that the sealed test of each of its tasks is of, by the name of the task."""
    run = step_of("score entries")
    (corpus,) = re.findall(r"--corpus (\w+)", run)
    assert corpus in sealed.PUBLIC
    assert corpus in registry.corpora()
    chosen = {}
    for name in re.findall(r"--task (\w+)", run):
        task = registry.task(ROOT, name)
        names = [n for n in task.splits if n.startswith(f"{corpus}.")]
        known = {n: splits.load(registry.split_file(ROOT, n)) for n in names}
        chosen[name] = known[default_split(task, corpus, [*known.values()])]
    assert chosen
    return chosen


def test_the_sealed_test_scores_tasks_that_the_corpus_tests_on_new_talkers():
    assert all("speaker" in split.disjoint for split in sealed_splits().values())


def test_the_board_has_public_results_that_sealed_ones_can_be_held_against():
    """All folds of one seed of two baselines or more, one of them `ridge`, on each such split."""
    found = defaultdict(set)
    for path in (ROOT / "baselines").glob("[!_]*.json"):
        if path.name.endswith(".sealed.json"):
            continue
        for line in json.loads(path.read_text("utf-8")):
            head = line["result"]
            if head["status"] == "good":
                found[head["task"], head["split"], head["entry"], head["seed"]].add(head["fold"])
    for task, split in sealed_splits().items():
        whole = {
            entry
            for (of, name, entry, _), folds in found.items()
            if (of, name) == (task, split.name) and folds >= split.folds.keys()
        }
        models = {entry for entry in whole if (ROOT / "baselines" / f"{entry}.py").exists()}
        said = f"{task} on {split.name}: published by {sorted(whole)}"
        assert "ridge" in models, said
        assert len(models) > 1, said


@pytest.mark.parametrize("there", ["true", "false"])
def test_without_a_secret_a_notice_says_that_nothing_is_scored(tmp_path, there):
    done = run_step("is there a secret", tmp_path, "exit 9", THERE=there)
    assert done.returncode == 0
    assert (tmp_path / "out").read_text() == f"there={there}\n"
    assert ("::notice title=Sealed test skipped::" in done.stdout) is (there == "false")


MAKING = """
[ "$(cat "$5")" = "a secret" ] || exit 3
echo "made z01" && echo "why it took long" >&2
mkdir "$7" && echo '{list}' > "$7/manifest.json"
exit {status}
"""


@pytest.mark.parametrize("status", [0, 2])
def test_the_digest_of_the_secret_is_taken_from_the_list_and_errors_are_shown(tmp_path, status):
    listed = {"format": 1, "seed_sha256": "5a" * 32, "recordings": []}
    program = MAKING.format(list=json.dumps(listed, indent=1), status=status)
    done = run_step("make the recordings", tmp_path, program, SECRET="a secret")
    assert done.returncode == status
    assert (done.stdout, done.stderr) == ("", "why it took long\n")
    assert not (tmp_path / "secret").exists()
    if status == 0:
        digest, day = (tmp_path / "out").read_text().splitlines()
        assert digest == f"digest={'5a' * 32}"
        assert re.fullmatch(r"day=20\d\d-\d\d-\d\d", day)


@pytest.mark.parametrize("status", [0, 2])
def test_what_scoring_says_of_recordings_is_hidden_and_that_it_failed_is_said(tmp_path, status):
    program = f'echo "mean: 1.000 public" && echo "z01-s03: broken" >&2 && exit {status}'
    done = run_step("score entries", tmp_path, program)
    assert done.returncode == (1 if status else 0)
    assert "z01" not in done.stdout + done.stderr
    assert "mean: 1.000 public" in done.stdout
    assert ("::error::seal score ended with status 2." in done.stdout) is (status == 2)


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_a_workflow_calls_commands_and_files_that_exist(path):
    for step in steps(read(path)):
        run = step.get("run", "")
        assert not mistakes(run)
        for file in re.findall(r"(?:tools/\w+\.(?:py|sh)|\.ci/\w+)", run):
            assert (ROOT / file).exists()


SCRIPTS = sorted((*(ROOT / ".ci").iterdir(), *(ROOT / "tools").glob("*.sh")))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda p: p.name)
def test_a_script_that_workflows_call_can_be_run_and_parsed(path):
    assert os.access(path, os.X_OK)
    assert path.read_text().startswith("#!/usr/bin/env bash\n")
    assert "\nset -euo pipefail\n" in path.read_text()
    assert not mistakes(path.read_text())
    subprocess.run(["bash", "-n", path], check=True)


def test_a_pull_request_is_verified_by_its_base():
    content = read(ROOT / ".github" / "workflows" / "verify-submission.yml")
    assert content["on"] == {"pull_request": {"paths": ["submissions/**"]}}
    first, *others = steps(content)
    assert first["with"]["ref"] == "${{ github.event.pull_request.base.sha }}"
    assert not [s for s in others if s.get("uses", "").startswith("actions/checkout")]
    (taking,) = [step for step in others if "request" in step.get("run", "")]
    assert 'tools/take_entry.py "$BASE" "$HEAD" >> "$GITHUB_OUTPUT"' in taking["run"]
    assert not re.search(r"git (checkout|switch|merge|pull|restore|reset)", str(content))
    runs = [step.get("run", "") for step in others]
    assert any('run_benchmark.py verify "$ENTRY"' in run for run in runs)
    assert any('run_benchmark.py check "$ENTRY"' in run for run in runs)


@pytest.mark.parametrize(("status", "passes"), [(0, True), (1, False), (2, False), (3, True)])
def test_what_is_not_verifiable_there_is_a_warning_and_what_differs_an_error(
    tmp_path, status, passes
):
    content = read(ROOT / ".github" / "workflows" / "verify-submission.yml")
    (run,) = [s["run"] for s in steps(content) if s.get("name") == "verify"]
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f"#!/bin/sh\nexit {status}\n")
    python.chmod(0o755)
    done = subprocess.run(
        ["bash", "-e", "-c", run], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode == 0) is passes
    assert ("::warning::" in done.stdout) is (status == 3)


def test_owners_are_a_team_and_own_what_exists():
    lines = (ROOT / ".github" / "CODEOWNERS").read_text().splitlines()
    owned = dict(line.split() for line in lines if not line.startswith("#"))
    assert set(owned.values()) == {"@silentbench/maintainers"}
    missing = [path for path in owned if path != "*" and not list(ROOT.glob(path.strip("/")))]
    assert not missing
    assert {"*", "/.github/", "/tools/", "/submissions/_*"} <= set(owned)
