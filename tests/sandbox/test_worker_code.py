"""The worker's code is copied with compiled forms that are its own, and with nothing else."""

import importlib.util
import subprocess
import sys

from benchmark.sandbox import worker_code

PACKAGE = worker_code.PACKAGE
# Compiling anything of ours fails, so what is imported was compiled before.
COMPILED_ONLY = """
import builtins, importlib, sys
from importlib.machinery import SourceFileLoader
def refuse(self, data, path, *, _optimize=-1):
    raise AssertionError(path)
SourceFileLoader.source_to_code = refuse
for name in sys.argv[1:]:
    module = importlib.import_module(name)
    assert module.__file__.startswith(sys.path[0]), module.__file__
    code = importlib.util.find_spec(name).loader.get_code(name)
    assert code.co_filename == module.__file__, code.co_filename
"""


def test_it_is_the_root_and_the_worker_readable_by_anyone(tmp_path):
    worker_code.write(tmp_path)
    sources = [*PACKAGE.glob("*.py"), *(PACKAGE / "worker").glob("*.py")]
    expected = {tmp_path / path.relative_to(PACKAGE.parent): path.read_bytes() for path in sources}
    written = {path for path in tmp_path.rglob("*") if path.is_file()}
    compiled = {path for path in written if path.suffix == ".pyc"}
    assert {path: path.read_bytes() for path in written - compiled} == expected
    assert compiled == {tmp_path / importlib.util.cache_from_source(str(p)) for p in expected}
    assert {path.stat().st_mode & 0o777 for path in written} == {0o644}


def test_a_worker_compiles_nothing(tmp_path):
    worker_code.write(tmp_path)
    names = [f"benchmark.worker.{path.stem}" for path in (PACKAGE / "worker").glob("[a-z]*.py")]
    command = [sys.executable, "-c", COMPILED_ONLY, *names]
    done = subprocess.run(
        command, env={"PYTHONPATH": str(tmp_path)}, cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
