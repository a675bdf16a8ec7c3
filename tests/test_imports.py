"""The direction of imports is the shape of the house: lower levels know nothing of higher ones."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "benchmark"
LEVELS = (
    {"core"},
    {"modules", "record", "sources", "limits", "usage", "reported"},
    {
        "tables",
        "store",
        "splits",
        "headers",
        "wire",
        "environment",
        "sandbox",
        "walls",
        "calls",
        "enclose",
        "probes",
        "drawing",
        "statistics",
        "comparisons",
        "metrics",
        "sensors",
    },
    {
        "discover",
        "corpora",
        "holdings",
        "private",
        "prepare",
        "publish",
        "claims",
        "leaderboard",
        "ranking",
        "plots",
        "pictures",
    },
    {
        *("board", "breakdowns", "overall"),
        *("plan", "scoring", "worker", "stage", "contract", "catalogue", "sizes"),
        *("explain", "history", "fixtures", "croissant", "targets"),
    },
    {
        "audit",
        "corpus_cards",
        "engines",
        "estimates",
        "judge",
        "rescore",
        "predictions",
        "wording",
        "export",
    },
    {"runner", "chance", "markdown", "grids"},
    {"site", "terminal", "show", "checkup", "verify", "options", "watching"},
    {"cards", "submitting", "supplying"},
    {"showing"},
    {"running"},
)
LEVEL = {name: number for number, names in enumerate(LEVELS) for name in names}
FOLDERS = {
    "metrics",
    "sensors",
    "corpora",
    "fixtures",
    "engines",
}  # files of one folder may use each other
HEAVY = {
    *("torch", "pesq", "pystoi", "sklearn", "scipy", "pandas", "matplotlib", "cv2", "soundfile"),
    *("jinja2", "itables", "pyarrow"),
}


def imported(path: Path, everywhere: bool = True) -> set[str]:
    """The modules that a file names in its imports; only those at its top if not `everywhere`."""
    tree = ast.parse(path.read_text())
    names = set()
    for node in ast.walk(tree) if everywhere else tree.body:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def ours(path: Path) -> set[str]:
    """The parts of the package that a file imports, by their first name."""
    names = {name.split(".")[1] for name in imported(path) if name.startswith("benchmark.")}
    return names & LEVEL.keys()


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: p.stem)
def test_modules_import_only_from_levels_above_their_own(path):
    name = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if name == "__init__":
        return
    assert name in LEVEL, f"{name} has no level: give it one here and in docs/design.md"
    for other in ours(path) - ({name} if name in FOLDERS else set()):
        assert LEVEL[other] < LEVEL[name], f"{name} must not import {other}"


@pytest.mark.parametrize("path", sorted((ROOT / "tasks").glob("*.py")), ids=lambda p: p.stem)
def test_tasks_import_only_nouns_and_metrics(path):
    assert ours(path) <= {"core", "metrics"}


@pytest.mark.parametrize(
    "path", sorted([*ROOT.glob("baselines/*.py"), *ROOT.glob("submissions/*.py")]), ids=str
)
def test_entries_import_nothing_of_the_harness(path):
    assert not {name for name in imported(path) if name.split(".")[0] in {"benchmark", "tasks"}}


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: p.stem)
def test_heavy_libraries_are_imported_where_they_are_used(path):
    tops = {name.split(".")[0] for name in imported(path, everywhere=False)}
    assert not tops & HEAVY


def test_rendering_cannot_reach_what_runs():
    reached, waiting = set(), ["markdown", "leaderboard"]
    while waiting:
        name = waiting.pop()
        if name not in reached and (PACKAGE / f"{name}.py").exists():
            reached.add(name)
            waiting += ours(PACKAGE / f"{name}.py")
    assert not reached & {"judge", "worker", "sandbox", "runner", "engines"}
