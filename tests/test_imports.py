"""The direction of imports is the architecture: a package imports only from packages before it."""

import ast
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "benchmark"
ORDER = (
    *(
        "core",
        "storage",
        "plain_text",
        "spectra",
        "worker",
        "recogniser",
        "metrics",
        "corpora",
        "registry",
        "data",
        "sandbox",
    ),
    *("results", "evaluation", "leaderboard", "execution", "report", "cli"),
)
NEVER = {  # what the order alone would allow
    "worker": {"spectra"},  # its folder alone goes into the sandbox
    "recogniser": {"worker"},
    "metrics": {"storage", "worker"},
    "corpora": {"worker", "metrics"},
    "results": {"sandbox"},
    "leaderboard": {"sandbox", "evaluation"},  # showing results runs nothing
    "execution": {"leaderboard"},
    "report": {"sandbox", "evaluation", "execution"},
}
HEAVY = {
    *("torch", "pesq", "pystoi", "sklearn", "scipy", "pandas", "matplotlib", "cv2", "soundfile"),
    *("jinja2", "itables", "pyarrow"),
}
MOST_AT_ROOT, MOST_IN_A_PACKAGE = 4, 12


def imported(path: Path, everywhere: bool = True) -> set[str]:
    """The modules that a file names in its imports; only those at its top if not `everywhere`."""
    tree = ast.parse(path.read_text("utf-8"))
    names = set()
    for node in ast.walk(tree) if everywhere else tree.body:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def packages_of(path: Path) -> set[str]:
    """The packages of ours that a file imports from."""
    names = {name.split(".")[1] for name in imported(path) if name.startswith("benchmark.")}
    return names & {*ORDER}


def package_files() -> Iterator[tuple[str, Path]]:
    """Every module of the package but the public face, with the package it lies in."""
    for path in sorted(PACKAGE.rglob("*.py")):
        package = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        if not package.startswith("__"):
            yield package, path


def test_a_package_imports_only_from_packages_before_it():
    wrong = []
    for package, path in package_files():
        assert package in ORDER, f"{package} has no place: give it one here and in docs/design.md"
        allowed = {*ORDER[: ORDER.index(package)], package} - NEVER.get(package, set())
        wrong += [f"{path.relative_to(ROOT)} imports {p}" for p in packages_of(path) - allowed]
    assert not wrong


def test_no_corpus_imports_another_and_formats_import_none():
    """`embedded` is a corpus of the simulator; miniatures of the others are made from it."""
    folders = {path.parent for path in (PACKAGE / "corpora").glob("*/__init__.py")}
    wrong = []
    for folder in folders:
        allowed = {folder.name} if folder.name == "io" else {folder.name, "io"}
        if folder.name == "dutch_words_23":  # the same files in another resolution
            allowed.add("dutch_words")
        if folder.name == "embedded":
            allowed.add("simulated")
        for path in folder.rglob("*.py"):
            names = {n.split(".")[2] for n in imported(path) if n.startswith("benchmark.corpora.")}
            others = names & {f.name for f in folders} - allowed
            if path.name == "fixture.py":
                others -= {"embedded", "simulated"}
            wrong += [f"{path.relative_to(ROOT)} imports {other}" for other in others]
    assert not wrong


def test_tasks_import_only_types_and_metrics():
    assert not [p for p in (ROOT / "tasks").glob("*.py") if packages_of(p) - {"core", "metrics"}]


def test_entries_import_nothing_of_the_harness():
    paths = [*ROOT.glob("baselines/*.py"), *ROOT.glob("submissions/*.py")]
    assert not [p for p in paths if {n.split(".")[0] for n in imported(p)} & {"benchmark", "tasks"}]


def test_heavy_libraries_are_imported_where_they_are_used():
    tops = {
        p: {n.split(".")[0] for n in imported(p, everywhere=False)} for p in PACKAGE.rglob("*.py")
    }
    assert not {str(path): names & HEAVY for path, names in tops.items() if names & HEAVY}


def test_packages_stay_small_and_say_what_they_are_for():
    at_root = [*PACKAGE.glob("*.py")]
    assert len(at_root) <= MOST_AT_ROOT
    for init in PACKAGE.rglob("__init__.py"):
        assert ast.get_docstring(ast.parse(init.read_text("utf-8"))), f"{init}: no docstring"
        modules = [path for path in init.parent.glob("*.py") if path != init]
        assert len(modules) <= MOST_IN_A_PACKAGE, f"{init.parent}: {len(modules)} modules"


def test_the_python_api_imports_no_command_and_no_heavy_library():
    for path in (ROOT / "silentbench").glob("*.py"):
        if path.name != "__main__.py":
            assert not any(n.startswith("benchmark.cli") for n in imported(path))
            tops = imported(path, everywhere=False)
            assert not {name.partition(".")[0] for name in tops} & HEAVY


def test_a_script_has_the_name_of_no_library():
    """Scripts that import one another put their folder first, where it would hide that library."""
    libraries = {*packages_distributions(), *sys.stdlib_module_names}
    folders = ("baselines", "benchmarks", "submissions", "tasks", "tests", "tools")
    scripts = {path.stem for folder in folders for path in (ROOT / folder).glob("*.py")}
    assert scripts
    assert not scripts & libraries
