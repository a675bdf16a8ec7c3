"""Workflows run other people's code: without write access, without secrets, from known actions."""

import json
import os
import re
import subprocess
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


# The jobs that may write, and all that they may do: nothing of it runs code of an entry.
PUBLISH_SITE = {"pages": "write", "id-token": "write"}
PROPOSE_RESULTS = {"contents": "write"}
SEALED = ROOT / ".github" / "workflows" / "sealed.yml"
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
SECRET = {"SECRET": "${{ secrets.SEALED_TEST_SECRET }}"}
PROPOSING_SEALED = [
    *PROPOSING[:4],
    {
        "env": {"DIGEST": "${{ needs.score.outputs.digest }}"},
        "run": '.venv/bin/python tools/accept_sealed.py runs/made "$DIGEST"',
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
    without = str(content).replace(str(SECRET), "{}") if path == SEALED else str(content)
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
    assert job["permissions"] == PROPOSE_RESULTS
    assert {*job} == {"needs", "if", "runs-on", "timeout-minutes", "permissions", "steps"}
    if content["name"] == "sealed":
        assert content["on"].keys() == {"schedule", "workflow_dispatch"}
        assert job["steps"] == PROPOSING_SEALED
    else:
        assert content["on"] == {"push": {"branches": ["main"], "paths": ["submissions/**"]}}
        assert job["steps"] == PROPOSING


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
    score, propose = content["jobs"]["score"], content["jobs"]["propose"]
    assert (score["if"], score["environment"]) == ("github.ref == 'refs/heads/main'", "sealed")
    having = [step for step in steps(content) if "secrets" in str(step)]
    assert [step["name"] for step in having] == ["make the recordings"]
    (make,) = having
    assert make["env"] == SECRET
    assert "seal make" in make["run"]
    assert not re.search(r"seal score|run_benchmark.py (run|check|verify)", make["run"])
    assert make["run"].index('rm "$RUNNER_TEMP/secret"') > make["run"].index("seal make")
    (run,) = [step["run"] for step in score["steps"] if "seal score" in step.get("run", "")]
    assert "--secret-file" not in run
    assert run.startswith("exec 2> /dev/null\n")  # it may name recordings
    uploaded = [s["with"]["path"].split() for s in score["steps"] if "upload" in s.get("uses", "")]
    assert uploaded == [["submissions/**/*.sealed.json", "baselines/**/*.sealed.json"]]
    assert propose["needs"] == "score"


def test_the_digest_of_the_secret_is_taken_from_the_list(tmp_path):
    (run,) = [s["run"] for s in steps(read(SEALED)) if s.get("name") == "make the recordings"]
    listed = {"format": 1, "seed_sha256": "5a" * 32, "recordings": []}
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f"""#!/bin/sh
[ "$(cat "$5")" = "a secret" ] || exit 3
mkdir "$7" && echo '{json.dumps(listed, indent=1)}' > "$7/manifest.json"
""")
    python.chmod(0o755)
    variables = {"SECRET": "a secret", "RUNNER_TEMP": str(tmp_path), "GITHUB_OUTPUT": "out"}
    subprocess.run(
        ["bash", "-e", "-c", run], cwd=tmp_path, env={**os.environ, **variables}, check=True
    )
    assert (tmp_path / "out").read_text() == f"digest={'5a' * 32}\n"
    assert not (tmp_path / "secret").exists()


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_a_workflow_calls_commands_and_files_that_exist(path):
    for step in steps(read(path)):
        run = step.get("run", "")
        assert not mistakes(run)
        for file in re.findall(r"(?:tools/\w+\.py|\.ci/\w+)", run):
            assert (ROOT / file).exists()


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
