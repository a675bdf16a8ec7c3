"""Libraries are found within a sandbox wherever the interpreter outside has them; copies of the
answers are not."""

import ctypes
import json
import mmap
import os
import site
import subprocess
import sys
from pathlib import Path

import pytest

from benchmark.core import MachineFault
from benchmark.sandbox import backends
from benchmark.sandbox.view import caches, copies, layout, libraries
from benchmark.worker import outlook
from parts import needs

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = Path(site.getsitepackages()[0])  # with the libraries of these tests
WITHIN = "import numpy, sys; print(sorted({numpy.__file__, sys.prefix}))"
TRY = f"""
import json, os, subprocess, sys
sys.path.append({str(ROOT)!r})
from benchmark.sandbox import backends
from benchmark.sandbox.view import layout, libraries
problems = [backends.problem(backend) for backend in sys.argv[1:]]
command = [libraries.interpreter(), "-c", {WITHIN!r}]
said = []
for backend in sys.argv[1:]:
    variables = {{**os.environ, **libraries.variables(None, ())}}
    command_line = backends.sandboxed(backend, command, layout.View(()))
    done = subprocess.run(command_line, env=variables, capture_output=True, text=True)
    said.append(done.stdout or done.stderr)
print(json.dumps([problems, said]))
"""


def bare_environment(folder, packages=""):
    """A virtual environment without libraries, but for those that a .pth file adds."""
    base = os.path.realpath(sys.executable)
    subprocess.run([base, "-m", "venv", "--without-pip", folder], check=True)
    if packages:
        (place,) = folder.glob("lib/python*/site-packages")
        (place / "more.pth").write_text(f"{packages}\n")
    return folder / "bin" / "python"


def through_dots(folder):
    python = bare_environment(folder / "env", packages=PACKAGES)
    (folder / "beside").mkdir()
    return folder / "beside" / ".." / "env" / "bin" / python.name, {}


def through_links(folder):
    """The environment and the libraries are both reached by links."""
    (folder / "libraries").symlink_to(PACKAGES)
    (folder / "env").symlink_to(folder / "real")
    bare_environment(folder / "real", packages=folder / "real" / ".." / "libraries")
    return folder / "env" / "bin" / "python", {}


def by_pth(folder):
    return bare_environment(folder / "env", packages=PACKAGES), {}


def by_pythonpath(_folder):
    variables = {"PYTHONPATH": f"relative::/nowhere:{PACKAGES}", "LD_LIBRARY_PATH": "a::/nowhere"}
    return Path(os.path.realpath(sys.executable)), variables


def by_relative_pythonpath(folder):
    return bare_environment(folder / "env"), {"PYTHONPATH": os.path.relpath(PACKAGES, folder)}


def of_the_user(folder):
    python = f"python{sys.version_info.major}.{sys.version_info.minor}"
    place = folder / "user" / "lib" / python / "site-packages"
    place.parent.mkdir(parents=True)
    place.symlink_to(PACKAGES)
    return Path(os.path.realpath(sys.executable)), {"PYTHONUSERBASE": str(folder / "user")}


@pytest.mark.parametrize(
    "found",
    [through_dots, through_links, by_pth, by_pythonpath, by_relative_pythonpath, of_the_user],
)
def test_a_sandbox_finds_libraries_as_the_interpreter_outside_does(tmp_path, found):
    needs("bubblewrap", "unshare")
    os.chmod(tmp_path, 0o755)
    python, variables = found(tmp_path)
    kinds = backends.BACKENDS[:-1]
    done = subprocess.run(
        [python, "-c", TRY, *kinds],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    problems, said = json.loads(done.stdout)
    assert problems == ["", ""]
    assert all("numpy" in each for each in said), said


def test_a_folder_of_libraries_that_holds_something_hidden_stays_away(tmp_path, monkeypatch):
    held = tmp_path / "libraries" / "data"
    held.mkdir(parents=True)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "libraries"))
    for hidden in (tmp_path / "libraries", held, tmp_path):
        assert not any(path.is_relative_to(tmp_path) for path in layout.visible([hidden])), hidden
        assert libraries.variables(None, [hidden])["PYTHONPATH"] == ""
    assert tmp_path / "libraries" in layout.visible([])


def test_libraries_that_cannot_be_shown_are_named(tmp_path, monkeypatch):
    (tmp_path / "libraries" / "some-1.0.dist-info").mkdir(parents=True)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "libraries"))
    assert tmp_path / "libraries" in libraries.needed([])
    assert tmp_path / "libraries" in libraries.needed([tmp_path])
    for hidden in (tmp_path / "libraries", tmp_path / "libraries" / "data"):
        with pytest.raises(MachineFault, match="libraries, which a model cannot be shown"):
            list(libraries.needed([hidden]))


def test_nothing_is_visible_that_must_be_hidden(tmp_path):
    with pytest.raises(MachineFault, match=f"{tmp_path} holds answers and would be visible"):
        _ = layout.View((tmp_path,), hidden=(tmp_path,)).steps


COPIES = {
    "installed": ("benchmark/core.py", "benchmark/corpora/__init__.py"),
    "checkout": ("run_benchmark.py",),
    "git": ("objects/x", "refs/x", "HEAD"),
    "fold": ("visible/x", "answers/x"),
    "old_runs": ("prepared/x", "signals/x"),
}


def test_copies_of_the_answers_among_libraries_are_found_and_only_they(tmp_path):
    lib, kept = tmp_path / "lib", tmp_path / "kept"
    for name, files in COPIES.items():
        for file in (*(f"{name}/{file}" for file in files), f"torch/{name}/benchmark/core.py"):
            (lib / file).parent.mkdir(parents=True, exist_ok=True)
            (lib / file).touch()
    (lib / "torch" / "silentbench-1.tar.gz").touch()
    (lib / "torch" / "back").symlink_to(lib / "fold")
    hidden = [lib / "fold"]
    found = copies.among([lib], hidden, kept)
    expected = {"installed/benchmark", "checkout", "git", "old_runs", "torch/silentbench-1.tar.gz"}
    assert {str(path.relative_to(lib)) for path in found} == expected
    (lib / "checkout" / "run_benchmark.py").unlink()
    assert copies.among([lib], hidden, kept) == found  # remembered
    (lib / "python3").mkdir()  # something is installed
    assert lib / "checkout" not in copies.among([lib], hidden, kept)


def test_the_worker_looks_for_what_must_be_hidden(tmp_path, monkeypatch):
    (tmp_path / "runs" / "prepared").mkdir(parents=True)
    fit = {str(tmp_path / "runs"): ["prepared"], str(tmp_path / "nowhere"): []}
    with pytest.raises(SystemExit, match=r"the sandbox shows the package benchmark\.metrics"):
        outlook.check(fit)
    outlook.check({})  # no sandbox
    monkeypatch.setattr(outlook, "KEPT_AWAY", ())
    outlook.check(fit)
    for closed, sight in (
        ({str(tmp_path): []}, tmp_path / "runs"),
        ({__file__: []}, __file__),
    ):
        with pytest.raises(SystemExit, match=f"the sandbox shows {sight}"):
            outlook.check(closed)


def test_names_on_the_way_to_what_is_visible_are_known(tmp_path):
    fold = tmp_path / "runs" / "prepared" / "x"
    (fold / "visible").mkdir(parents=True)
    (fold / "answers").mkdir()
    view = layout.View((fold / "visible",), hidden=(tmp_path / "runs",))
    runs = tmp_path / "runs"
    expected = {runs: ["prepared"], runs / "prepared": ["x"], fold: ["visible"]}
    assert layout.closed(view) == {str(path): names for path, names in expected.items()}


def test_what_a_model_alone_has_read_does_not_stay_in_memory(tmp_path):
    """A page of another's file does; where no control group can be made, nothing is promised."""
    read = "import sys; print(len(open(sys.argv[1], 'rb').read()))"
    with caches.own() as beginning:
        for name in ("alone", "shared"):
            path = tmp_path / name
            path.write_bytes(b"x" * 2**20)
            with path.open("rb") as file:
                os.fsync(file.fileno())
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
                assert not resident(path)
                if name == "shared":
                    file.read()
            subprocess.run([*beginning, sys.executable, "-c", read, path], check=True)
            assert resident(path)
    assert resident(tmp_path / "shared")
    if beginning:
        assert not resident(tmp_path / "alone")
        assert not Path(beginning[-1]).parent.exists()


def resident(path):
    """Whether the first page of a file is in memory."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, mmap.MAP_PRIVATE) as mapped:
        seen = (ctypes.c_ubyte * (len(mapped) // 4096))()
        address = ctypes.addressof(ctypes.c_char.from_buffer(mapped))
        libc = ctypes.CDLL(None, use_errno=True)
        assert libc.mincore(ctypes.c_void_p(address), len(mapped), seen) == 0
        return bool(seen[0] & 1)


def test_packages_that_requirements_name_are_read_ahead_and_others_passed_over():
    assert caches.names(["torch>=2.4", "scikit-learn", "!"]) == {"torch", "scikit"}
    caches.warm(["rich", "no_such_package", "__main__", "sys"])
