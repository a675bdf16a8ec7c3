"""Where the running interpreter has itself and its libraries, for a sandbox that shows no more.

A worker is started by the same interpreter, so it finds its libraries where this process found
them: below the prefixes, and in the folders of PYTHONPATH, of `.pth` files, of editable installs
and of the user. Those that are, hold or lie in something hidden are left out, but for those of a
virtual environment in a checkout.
"""

from __future__ import annotations

import fnmatch
import os
import site
import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

from benchmark.core import MachineFault
from benchmark.registry.project import CHECKOUT

# The checkout that this runs from, of which no model is shown anything. An installed package lies
# among libraries, and is covered like any other copy.
OURS = (CHECKOUT,) if CHECKOUT else ()
# What of the system a model needs: programs and libraries, headers for compilers, time zones.
SYSTEM = (
    *("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc/alternatives", "/etc/localtime"),
    *("/etc/ssl/certs", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d"),
)
SYSTEM_PREFIXES = ("/usr", "/usr/local")
# What of a prefix: not all of it, which may be a project, a home, or hold corpora.
OF_PREFIX = (
    *("bin", "sbin", "lib", "lib32", "lib64", "libexec", "include", "pyvenv.cfg", "ssl"),
    *("cuda*", "nvvm", "targets", "*-conda-linux-gnu"),
)
OF_SHARE = ("zoneinfo", "terminfo", "ca-certificates")


def interpreter() -> str:
    """The running interpreter, by a path without `..` and without a link in its folders."""
    path = Path(sys.executable)
    return str(path.parent.resolve() / path.name)


def needed(hidden: Collection[Path], copies: Collection[Path] = ()) -> Iterator[Path]:
    """Files and folders that an interpreter needs, as it spells them; some may not exist.

    MachineFault for libraries that a model cannot be shown, which it may need: without them its
    entry would seem to fail.
    """
    yield from map(Path, SYSTEM)
    yield Path(interpreter())
    prefixes = (sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix)
    for prefix in dict.fromkeys((*SYSTEM_PREFIXES, *prefixes)):
        names = os.listdir(prefix) if os.path.isdir(prefix) else []
        for wanted in OF_PREFIX:
            yield from (Path(prefix, name) for name in fnmatch.filter(names, wanted))
        yield from (Path(prefix, "share", name) for name in OF_SHARE)
    ours = {Path.cwd(), Path(getattr(sys.modules["__main__"], "__file__", "/")).parent}
    found = [path for path in map(Path, filter(os.path.isabs, sys.path)) if path not in ours]
    for path in (*found, *_listed("PYTHONPATH"), *_editable(), *_listed("LD_LIBRARY_PATH")):
        real = path.resolve()
        within = any(real.is_relative_to(copy) for copy in copies)
        if not path.exists() or within:
            continue
        if _is_shown(real, (*OURS, *hidden)):
            yield path
        elif _has_packages(real):
            raise MachineFault(
                f"libraries in {path}, which a model cannot be shown, since the folder holds what "
                "must be hidden: install them elsewhere, such as in a virtual environment"
            )


def unused() -> Iterator[Path]:
    """Folders of packages below a prefix that this interpreter does not import from."""
    used = {os.path.realpath(path) for path in sys.path if path}
    for prefix in {*SYSTEM_PREFIXES, sys.prefix, sys.base_prefix}:
        lib = os.path.join(prefix, "lib")
        names = os.listdir(lib) if os.path.isdir(lib) else []
        for python in fnmatch.filter(names, "python*"):
            for name in ("site-packages", "dist-packages"):
                path = os.path.realpath(os.path.join(lib, python, name))
                if path not in used and os.path.isdir(path):
                    yield Path(path)


def variables(code: Path | None, hidden: Collection[Path]) -> dict[str, str]:
    """What makes another interpreter find the same libraries, after the modules in `code`."""
    closed = (*OURS, *hidden)
    paths, more = (
        [path for path in _listed(name) if _is_shown(path.resolve(), closed)]
        for name in ("PYTHONPATH", "LD_LIBRARY_PATH")
    )
    return {
        "PYTHONPATH": _joined([code, *paths] if code else paths),
        "LD_LIBRARY_PATH": _joined(more),
        **({"PYTHONUSERBASE": site.getuserbase()} if site.ENABLE_USER_SITE else {}),
    }


def _listed(variable: str) -> list[Path]:
    """The existing folders and files that an environment variable lists, made absolute."""
    parts = os.environ.get(variable, "").split(os.pathsep)
    return [path for path in (Path.cwd() / part for part in parts if part) if path.exists()]


def _joined(paths: Iterable[Path]) -> str:
    return os.pathsep.join(map(str, paths))


def _editable() -> Iterator[Path]:
    """Packages that an editable install finds where their sources are."""
    for name, module in list(sys.modules.items()):
        if name.startswith("__editable__"):
            for path in map(Path, getattr(module, "MAPPING", {}).values()):
                if not (path / "corpora").exists():  # it is no other copy of this package
                    yield path


def _is_shown(path: Path, hidden: Sequence[Path]) -> bool:
    """Whether a folder meets nothing hidden, or is like a virtual environment in a checkout."""
    if not _meets(path, hidden):
        return True
    return _has_packages(path) and not any(other.is_relative_to(path) for other in hidden)


def _has_packages(folder: Path) -> bool:
    return next(folder.glob("*.dist-info"), None) is not None


def _meets(path: Path, hidden: Iterable[Path]) -> bool:
    return any(path.is_relative_to(other) or other.is_relative_to(path) for other in hidden)
