"""Files that describe the project agree with it: version, citation, hooks, templates."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

import benchmark
from benchmark.report.suite import suite_page

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ("ruff format", "ruff check", "mypy")


def test_the_version_is_written_once_and_cited():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["project"]["dynamic"] == ["version"]
    assert project["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "benchmark.__version__"}
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["version"] == benchmark.__version__
    version = re.escape(benchmark.__version__)
    log = (ROOT / "CHANGELOG.md").read_text()
    # Before the tag, what has not been released says what it will be.
    newest = re.search(r"(?m)^## \[\d.*$|^To be released as .*$", log)[0]
    dated, planned = rf"## \[{version}\] - \d{{4}}-\d\d-\d\d", rf"To be released as {version}\."
    assert re.fullmatch(f"{dated}|{planned}", newest)


def test_the_citation_names_what_a_citation_needs():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert {"cff-version", "message", "title", "authors", "version", "license"} <= citation.keys()
    assert "silent speech" in citation["title"]
    assert suite_page.NAME in " ".join(citation["abstract"].split())


def test_the_image_for_clusters_installs_what_the_project_has():
    text = (ROOT / "Dockerfile").read_text()
    lines = [line for line in text.replace("\\\n", " ").splitlines() if re.match("[A-Z]+ ", line)]
    assert {line.split()[0] for line in lines} == {
        *("ARG", "FROM", "RUN", "WORKDIR", "COPY", "ENV", "ENTRYPOINT", "CMD")
    }
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    [version] = re.findall(r"(?m)^ARG PYTHON=(.*)$", text)
    assert f"Programming Language :: Python :: {version}" in project["classifiers"]
    assert {line.split()[1] for line in lines if line.startswith("FROM")} == {
        "python:${PYTHON}-slim-bookworm"
    }
    [install] = [line for line in lines if "pip install" in line]
    assert "-c constraints.txt" in install
    extras = set(re.search(r"'\.\[(.*)\]'", install)[1].split(","))
    left_out = {"dev", "docs", "synth", "asr", "dnsmos", "bench"}  # what no run needs
    assert extras == project["optional-dependencies"].keys() - left_out
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert {".git", ".venv", "runs", "data"} <= set(ignored)
    assert not {"tasks", "baselines", "submissions", "benchmark", "silentbench"} & set(ignored)


PESQ_FLAGS = "-O3 -ffp-contract=off"


def test_pesq_is_compiled_with_the_same_flags_wherever_it_is_installed():
    """A flag that is missing makes it slow, and a cached wheel may miss one."""
    joined = {
        name: (ROOT / name).read_text().replace("\\\n", " ")
        for name in ("Makefile", "Dockerfile", "docs/dependencies.md")
    }
    [line] = [x for x in joined["Makefile"].splitlines() if x.endswith(" pesq")]
    assert f'CFLAGS="$$CFLAGS {PESQ_FLAGS}"' in line
    assert joined["Makefile"].index(line) < joined["Makefile"].index("'.[dev]'")
    build, _ = joined["Dockerfile"].split("\nFROM python")[1:]
    [image] = [x for x in build.splitlines() if "pip install" in x]
    assert build.index(f'ENV CFLAGS="{PESQ_FLAGS}"\n') < build.index(image)
    [told] = re.findall(rf'CFLAGS="{PESQ_FLAGS}" pip install .*', joined["docs/dependencies.md"])
    for install in (line, image, told):
        assert "--no-cache-dir --no-binary pesq" in install
    # Whoever else installs parts of the project takes none that bring it.
    others = [*(ROOT / ".github/workflows").iterdir(), *(ROOT / ".ci").iterdir()]
    for path in [*others, *(ROOT / "tools").glob("*.sh")]:
        for extras in re.findall(r"\[([\w,]+)\]'", path.read_text()):
            assert not {"pesq", "dev"} & set(extras.split(",")), path


@pytest.mark.needs("hadolint")
def test_the_image_for_clusters_passes_its_linter():
    program = shutil.which("hadolint") or Path(sys.executable).with_name("hadolint")
    done = subprocess.run(
        [program, ROOT / "Dockerfile"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_hooks_call_the_tools_of_make_at_the_same_versions():
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    hooks = [hook for repo in config["repos"] for hook in repo["hooks"]]
    assert [repo["repo"] for repo in config["repos"]] == ["local"]  # nothing of other versions
    assert tuple(hook["name"] for hook in hooks) == TOOLS
    makefile = (ROOT / "Makefile").read_text()
    for hook in hooks:
        folder, _, command = hook["entry"].rpartition(".venv/bin/")
        assert (folder, hook["language"]) == ("", "system")
        assert f"$(BIN)/{command}" in makefile
    constraints = (ROOT / "constraints.txt").read_text()
    assert re.search(r"(?m)^ruff==", constraints)
    assert re.search(r"(?m)^mypy==", constraints)


def test_issue_forms_have_a_title_and_required_fields():
    forms = [*(ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml")]
    assert {form.stem for form in forms} == {"new_entry", "new_corpus", "wrong_result"}
    for form in forms:
        content = yaml.safe_load(form.read_text())
        assert {"name", "description", "body"} <= content.keys()
        fields = [item for item in content["body"] if item["type"] != "markdown"]
        assert len({item["id"] for item in fields}) == len(fields) >= 3
        assert any(item.get("validations", {}).get("required") for item in fields)
