"""A tag is released only where every place names its version."""

import pytest

import benchmark
from tools import check_release

PLACES = {
    "benchmark/__init__.py": '"""A docstring."""\n\n__version__ = "1.2.0"\n',
    "CITATION.cff": "cff-version: 1.2.0\nversion: 1.2.0\n",
    "CHANGELOG.md": "## [Unreleased]\n\n## [1.2.0] - 2030-01-31\n\n## [1.1.0] - 2029-01-01\n",
}


@pytest.fixture
def project(tmp_path):
    for name, text in PLACES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "suite.md").write_text("# Suite\n\nDigest: `5a`.\n")
    return tmp_path


def test_a_tag_is_the_version_of_every_place(project):
    assert check_release.problems(project, "v1.2.0") == []
    assert len(check_release.problems(project, "v1.2.1")) == len(PLACES)
    assert len(check_release.problems(project, "1.2.0")) == len(PLACES)


@pytest.mark.parametrize("name", PLACES)
def test_a_place_of_another_version_is_named(project, name):
    path = project / name
    path.write_text(PLACES[name].replace("1.2.0", "1.1.0"))
    (problem,) = check_release.problems(project, "v1.2.0")
    assert problem == f"{name}: expected version 1.2.0, found 1.1.0"
    path.write_text("")
    (problem,) = check_release.problems(project, "v1.2.0")
    assert problem.startswith(f"{name}: expected a line like ")


def test_nothing_is_released_before_the_changelog_has_a_date(project):
    path = project / "CHANGELOG.md"
    path.write_text(PLACES["CHANGELOG.md"].replace(" - 2030-01-31", ""))
    assert check_release.problems(project, "v1.2.0") == [
        "CHANGELOG.md: expected version 1.2.0, found 1.1.0"
    ]


@pytest.mark.parametrize("mark", ["Not released yet", "Changed"])
def test_nothing_is_released_with_a_suite_that_has_no_name(project, mark):
    (project / "docs" / "suite.md").write_text(f"Digest: `5a`.\n\n**{mark}**: it may change.\n")
    (problem,) = check_release.problems(project, "v1.2.0")
    assert problem.startswith(f"docs/suite.md: says {mark!r}: its digest goes into DIGEST of")


def test_the_project_has_the_lines_that_a_release_looks_for():
    found = check_release.problems(check_release.ROOT, f"v{benchmark.__version__}")
    # Before a release, the changelog has no date and the suite is not named.
    assert [p for p in found if not p.startswith(("CHANGELOG.md", "docs/suite.md"))] == []
