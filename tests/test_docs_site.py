"""The documents as a site: links and anchors lead somewhere, and nothing is asked of a host."""

import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from benchmark import registry
from benchmark.report.site import docs_pages
from tools import documents

ROOT = Path(__file__).resolve().parent.parent
LEAVES = re.compile(r'(?s)href="([^"]*)"[^>]*>(?:\s|<[^/][^>]*>)*Plots and sound')
FOREIGN = re.compile(r'(?:src|<link[^>]* href)="(https?:[^"]*)"')


def build(config, site, results=""):
    """What `mkdocs build --strict` warns of, and its exit status."""
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-f", config, "-d", site]
    env = {**os.environ, "NO_MKDOCS_2_WARNING": "1", "NO_COLOR": "1", "RESULTS_SITE": results}
    done = subprocess.run(command, capture_output=True, text=True, env=env, check=False)
    said = (done.stdout + done.stderr).splitlines()
    return [line for line in said if line.startswith(("WARNING", "ERROR"))], done.returncode


@pytest.mark.slow
@pytest.mark.needs("mkdocs")
def test_the_site_of_the_documents_is_whole_and_asks_nothing_of_another_host(tmp_path):
    guide, results = within_the_site_of_results()
    assert build(ROOT / "mkdocs.yml", tmp_path / guide, results) == ([], 0)
    pages = sorted((tmp_path / guide).rglob("*.html"))
    sources = [*(ROOT / "docs").rglob("*.md"), *documents.PAGES]
    assert len(pages) == len(sources) + 1  # one more for what is not found
    asked = {address for page in pages for address in FOREIGN.findall(page.read_text("utf-8"))}
    assert not asked
    for page in pages:
        if page.name == "404.html":
            continue  # it may be shown at any address, and this one nowhere
        back = LEAVES.findall(page.read_text("utf-8"))
        assert back
        assert {page.parent.joinpath(link).resolve() for link in back} <= {tmp_path / "index.html"}
    folded = (tmp_path / guide / "results" / "emg_word_classification" / "index.html").read_text(
        "utf-8"
    )
    assert re.search(r"(?s)<details>.*?<table>.*?</details>", folded)
    index = (tmp_path / guide / "index.html").read_text("utf-8")
    assert 'href="submitting/"' in index
    assert 'href="LICENSE"' in index
    assert (tmp_path / guide / "LICENSE").exists()
    led_from_results(tmp_path, guide)


def led_from_results(site, guide):
    """What the site of results links to is there: its documents, and each metric's definition."""
    project = docs_pages.project(ROOT, guide)
    for name in project.documents - {docs_pages.CITE}:
        assert (site / project.place(name)).is_file(), name
    metrics = (site / project.place("metrics")).read_text("utf-8")
    ids = {m.id for task in registry.tasks(ROOT).values() for m in task.metrics}
    assert not {name for name in ids if f'id="{name}"' not in metrics}


@pytest.mark.slow
@pytest.mark.needs("mkdocs")
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[x](two.md#there)", ""),
        ("[x](three.md)", "'three.md'"),
        ("[x](two.md#nowhere)", "'two.md#nowhere'"),
        ("[x](/two.md)", "'/two.md'"),
    ],
)
def test_a_link_that_leads_nowhere_fails_the_build(tmp_path, text, said):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text(text)
    (tmp_path / "docs" / "two.md").write_text("# There\n")
    config = (ROOT / "mkdocs.yml").read_text()
    config = config[: config.index("\nnav:")].replace("hooks: [tools/documents.py]\n", "")
    (tmp_path / "mkdocs.yml").write_text(config)
    found, status = build(tmp_path / "mkdocs.yml", tmp_path / "site")
    assert (status, len(found)) == ((1, 1) if said else (0, 0))
    assert said in "".join(found)


@pytest.mark.parametrize(
    ("link", "source", "shown", "leads"),
    [
        ("docs/api.md", "README.md", "index.md", "api.md"),
        ("docs/corpora/README.md#x", "README.md", "index.md", "corpora/README.md#x"),
        ("docs/results/emg_to_mel.md", "leaderboard.md", "leaderboard.md", "results/emg_to_mel.md"),
        ("../README.md#two-commands", "docs/tutorial.md", "tutorial.md", "index.md#two-commands"),
        ("../glossary.md", "docs/results/x.md", "results/x.md", "../glossary.md"),
        (".github/CODEOWNERS", "CONTRIBUTING.md", "CONTRIBUTING.md", "CODEOWNERS"),
        (
            "../tasks/x.py",
            "docs/api.md",
            "api.md",
            "tasks/x.py",
        ),  # mkdocs says that it is not there
        ("#here", "docs/api.md", "api.md", "#here"),
        ("https://example.org/docs/x.md", "README.md", "index.md", "https://example.org/docs/x.md"),
    ],
)
def test_a_link_leads_to_the_page_of_the_site(link, source, shown, leads):
    assert documents.target(link, source, shown) == leads


def test_what_works_on_a_code_host_alone_is_left_out():
    text = 'One <!-- on a code host --><img src="../../x.svg"><!-- end -->[two](docs/api.md).'
    page = SimpleNamespace(file=SimpleNamespace(src_uri="index.md"))
    assert documents.on_page_markdown(text, page, None, None) == "One [two](api.md)."


def test_a_name_with_a_star_stands_for_all_pages_that_it_matches():
    names = ["a.md", "corpora/README.md", "corpora/alpha.md", "results/x.md"]
    nav = [{"Start": ["a.md", {"All": "corpora/*.md"}]}]
    assert documents._expanded(nav, names) == [
        {"Start": ["a.md", {"All": ["corpora/README.md", "corpora/alpha.md"]}]}
    ]


def within_the_site_of_results():
    """Where the published documents lie in the site of results, and how they lead back to it."""
    text = (ROOT / ".github" / "workflows" / "site.yml").read_text()
    steps = yaml.safe_load(text)["jobs"]["build"]["steps"]
    (made,) = [step for step in steps if "mkdocs" in step.get("run", "")]
    (folder,) = re.findall(r"-d runs/site/(\w+)$", made["run"])
    return folder, made["env"]["RESULTS_SITE"]


def test_the_sites_that_are_published_lead_to_each_other_and_are_measured():
    guide, results = within_the_site_of_results()
    assert (Path(guide) / results).as_posix() == f"{guide}/../index.html"
    text = (ROOT / ".github" / "workflows" / "site.yml").read_text()
    runs = [step["run"] for step in yaml.safe_load(text)["jobs"]["build"]["steps"] if "run" in step]
    (site, check) = [run for run in runs if "site" in run and "mkdocs" not in run]
    assert f" site --best --guide {guide}" in site
    assert check.endswith("tools/check_site.py runs/site")  # which fails the job


def test_the_leaders_are_trained_before_the_site_shows_their_predictions():
    text = (ROOT / ".github" / "workflows" / "site.yml").read_text()
    runs = [step.get("run", "") for step in yaml.safe_load(text)["jobs"]["build"]["steps"]]
    (made,) = [place for place, run in enumerate(runs) if " site --best" in run]
    (trained,) = [place for place, run in enumerate(runs) if "tools/leaders.py" in run]
    named, run = runs[trained].strip().splitlines()
    # An assignment fails with its command, under `bash -e`; an argument would become empty.
    assert named == "leaders=$(.venv/bin/python tools/leaders.py embedded)"
    assert " run $leaders --corpus embedded" in run
    assert trained < made


@pytest.mark.parametrize("place", ["", "../index.html"])
def test_documents_that_are_built_by_themselves_lead_to_no_results(place):
    nav = SimpleNamespace(items=["Start"])
    made = documents.on_nav(nav, {"extra": {"results": place}}, None)
    assert [getattr(item, "url", item) for item in made.items] == [
        "Start",
        *([place] * bool(place)),
    ]


@pytest.mark.parametrize("name", ["docs", "site"])
def test_the_workflows_build_it_strictly(name):
    text = (ROOT / ".github" / "workflows" / f"{name}.yml").read_text()
    assert re.search(r"(?m)run: .*python -m mkdocs build --strict( |$)", text)
