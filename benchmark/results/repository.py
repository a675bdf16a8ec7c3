"""Git, as far as results and the leaderboard need it: always the repository of the project itself.

GIT_DIR, GIT_WORK_TREE and the like, which a hook or a shell may have set, would name another one;
so would a repository that the project's folder merely lies in.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from benchmark.core import UserError

CHANGED = "+changes"  # after a commit: the files that compute results differ from it
COMPUTING = ("*.py", "benchmark", "tasks", ":(exclude)tests", ":(exclude)benchmarks")


def git(root: Path, *words: str) -> bytes:
    """What git prints, run in the repository that `root` is the top folder of.

    Nothing where it fails. UserError where git is not installed, or where `root` is no such folder.
    """
    top = _run(root, "rev-parse", "--show-toplevel").decode(errors="surrogateescape").strip()
    if not top or Path(top).resolve() != root.resolve():
        raise UserError(f"{root}: not the top folder of a git repository; clone the project")
    return _run(root, *words)


def commit(root: Path) -> str | None:
    """The commit of the project, with CHANGED where tracked files that compute results differ.

    None where the project is no repository of its own, or git is not installed.
    """
    try:
        name = git(root, "rev-parse", "--verify", "--quiet", "HEAD").decode().strip()
    except UserError:
        return None
    if not name:
        return None
    status = ("--no-optional-locks", "status", "--porcelain", "--untracked-files=no", "--")
    return name + CHANGED if _run(root, *status, *COMPUTING) else name


def date(root: Path) -> str:
    """The day of that commit, as 2026-01-31; nothing where there is none."""
    try:
        return git(root, "log", "-1", "--format=%cs").decode().strip()
    except UserError:
        return ""


def _run(root: Path, *words: str) -> bytes:
    clean = {name: text for name, text in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", "-C", str(root), *words]
    try:
        process = subprocess.run(command, capture_output=True, check=False, env=clean)
    except FileNotFoundError:
        raise UserError("git is not installed, or not on the PATH: install it") from None
    return process.stdout if process.returncode == 0 else b""
