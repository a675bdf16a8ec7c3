"""A worker is given our code compiled, all that it needs of it and nothing else."""

import subprocess
import sys

from benchmark.sandbox import worker_code

PACKAGE = worker_code.PACKAGE
IMPORTED = """
import importlib, sys
for name in sys.argv[1:]:
    module = importlib.import_module(name)
    print(module.__file__)
"""


def test_it_is_the_root_and_the_worker_readable_by_anyone(tmp_path):
    worker_code.write(tmp_path)
    sources = [*PACKAGE.glob("*.py"), *(PACKAGE / "worker").rglob("*.py")]
    written = {path for path in tmp_path.rglob("*") if path.is_file()}
    assert written == {tmp_path / f"{path.relative_to(PACKAGE.parent)}c" for path in sources}
    assert {path.stat().st_mode & 0o777 for path in written} == {0o644}


def test_a_worker_imports_what_was_written_and_names_no_path_of_ours(tmp_path):
    worker_code.write(tmp_path)
    paths = [path.relative_to(PACKAGE) for path in (PACKAGE / "worker").rglob("[a-z]*.py")]
    names = [".".join(("benchmark", *path.with_suffix("").parts)) for path in paths]
    command = [sys.executable, "-c", IMPORTED, *names]
    done = subprocess.run(
        command, env={"PYTHONPATH": str(tmp_path)}, cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    found = {str(tmp_path / f"{name.replace('.', '/')}.pyc") for name in names}
    assert set(done.stdout.split()) == found
    assert not [p for p in tmp_path.rglob("*.pyc") if str(PACKAGE).encode() in p.read_bytes()]
