"""The wheel, installed where nothing of the repository is: all commands work in an empty folder."""

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

import benchmark
from benchmark import registry

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("benchmark", "silentbench", "tasks", "baselines", "submissions")
# An entry that searches all that it can read for files that hold answers, or compute them.
LOOKS = """
# /// script
# dependencies = ["numpy"]
# [tool.silentbench]
# title = "Looks for answers"
# tasks = ["emg_to_articulation"]
# licence = "Apache-2.0"
# ///
import os
import sys

import numpy as np

WANTED = {"u01.flac", "u01.movement", "embedded.json", "embedded.new_sentences.json", "ridge.json"}


class Model:
    def __init__(self, asked, seed, **settings):
        pass

    def fit(self, train, valid):
        seen = set()
        for folder in filter(os.path.isabs, sys.path):
            for place, _, files in os.walk(folder):
                found = WANTED.intersection(files)
                assert not found, f"found {place}/{min(found)}"
                seen.update(files)
        assert "numpy.py" in seen or "multiarray.py" in seen, "found no libraries"

    def predict(self, inputs, shape):
        return np.zeros(shape, np.float32)
"""


# What only extras bring is not there, whatever is installed here.
ABSENT = """
import sys


class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "sklearn", "pandas", "matplotlib", "pyarrow"):
            raise ModuleNotFoundError(f"No module named {name!r}")


sys.meta_path.insert(0, Absent())
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, made from the source archive, as a release is.

    That is built from a copy, since a build leaves files where it is made.
    """
    folder = tmp_path_factory.mktemp("wheel")
    hidden = shutil.ignore_patterns("__pycache__")
    for name in SOURCES:
        shutil.copytree(ROOT / name, folder / "sources" / name, ignore=hidden)
    for name in ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder / "sources")
    archive = "from setuptools import build_meta; build_meta.build_sdist('..')"
    call(sys.executable, "-c", archive, cwd=folder / "sources")
    [sources] = folder.glob("silentbench-*.tar.gz")
    options = ("--quiet", "--no-deps", "--no-build-isolation", "--no-index")
    call(sys.executable, "-m", "pip", "wheel", *options, "-w", folder, sources)
    [built] = folder.glob("silentbench-*.whl")
    return built


@pytest.fixture(scope="module")
def program(wheel, tmp_path_factory):
    """The command of an environment with the wheel, and what is installed here as its libraries."""
    folder = tmp_path_factory.mktemp("environment")
    call(sys.executable, "-m", "venv", "--without-pip", folder)
    python = folder / "bin" / "python"
    site = call(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
    Path(site, "present.pth").write_text(sysconfig.get_path("purelib"))
    Path(site, "sitecustomize.py").write_text(ABSENT)
    options = ("--quiet", "--no-deps", "--no-index")
    call(sys.executable, "-m", "pip", "--python", python, "install", *options, wheel)
    return folder / "bin" / "silentbench"


def call(*words, status=0, cwd=None):
    """What a command prints; it may find nothing of the repository by its environment."""
    clean = {n: v for n, v in os.environ.items() if n not in ("PYTHONPATH", "SILENTBENCH_PLUGINS")}
    done = subprocess.run(
        list(map(str, words)), cwd=cwd, capture_output=True, text=True, env=clean, check=False
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.slow
def test_the_wheel_has_every_file_that_the_program_reads(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder in SOURCES:
        place = folder if folder in SOURCES[:2] else f"benchmark/shipped/{folder}"
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and path.suffix != ".pyc" and not path.name.startswith("."):
                assert f"{place}/{path.relative_to(ROOT / folder)}" in names
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"benchmark", "silentbench"}


@pytest.mark.slow
@pytest.mark.sandbox
def test_the_journey_from_nothing_to_a_board_in_an_empty_folder(program, tmp_path):
    def silentbench(*words, status=0):
        return call(program, *words, status=status, cwd=tmp_path)

    said = call(ROOT / "tools" / "try_installed.sh", program, tmp_path)  # as a release is tried
    assert said.startswith(f"SilentBench {benchmark.__version__}\n")
    assert "1 planned, 1 good" in said
    assert "wrote submissions/my_model.py" in said
    assert "\nok   header: " in said
    assert "FAIL" not in said
    assert " ".join(registry.tasks(ROOT)) in said.splitlines()
    (tmp_path / "submissions" / "looks.py").write_text(LOOKS)
    assert "2 planned, 2 good" in silentbench("run", "my_model", "looks", "--suite", "smoke")
    # Without a sandbox the same entry finds them.
    seen = ("run", "looks", "--suite", "smoke", "--again", "--isolation", "process")
    assert "1 failed" in silentbench(*seen, status=1)
    # Results that come with the package; those of the level of chance do not depend on a model.
    assert "Accuracy" in silentbench("show", "chance")
    silentbench("leaderboard")
    board = (tmp_path / "leaderboard.md").read_text("utf-8")
    assert "**Best entries, simulated speakers**" in board  # published results come with it
    assert "`embedded.new_sentences`" in board
    assert str(tmp_path.parent.parent) not in board
    api = "import silentbench; print(len(silentbench.load_corpus('embedded')))"
    assert call(program.with_name("python"), "-c", api, cwd=tmp_path).strip().isdigit()
    tables = "import silentbench; silentbench.load_results()"
    said = call(program.with_name("python"), "-c", tables, cwd=tmp_path, status=1)
    assert "tables need pandas, which is not installed: pip install 'silentbench[report]'" in said
    made = {path.name for path in tmp_path.iterdir()}
    assert made == {"submissions", "runs", "docs", "leaderboard.md"}
