"""What one worker is given: code, one fold without its answers, folders to write to, a sandbox."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmark import storage
from benchmark.core import Job, MachineFault, Setup
from benchmark.registry import Entry, source
from benchmark.sandbox import backends, process, worker_code
from benchmark.sandbox.request import JobRequest
from benchmark.sandbox.view import caches, copies, layout, libraries
from benchmark.worker.limits import MEGABYTE, Limits

USER_NAME = "model"


@dataclass(frozen=True)
class Keeping:
    """What a worker does beyond a run, when somebody wants the trained model itself."""

    keeps: Path | None = None  # an empty folder that it writes its model to once it is fitted
    kept: Path | None = None  # a folder with such a model, which it reads in place of `fit`
    visible: Path | None = None  # what it is shown, in place of the part of its job's fold
    epoch: int | None = None  # after which a network ends to train, in the state that it has then


RUN = Keeping()


@contextmanager
def worker(
    request: JobRequest, entry: Entry, checkpoints: Path, log: Path, keeping: Keeping = RUN
) -> Iterator[process.Child]:
    """Start a worker of a job; it is ended with all its children when the context is left.

    In a sandbox it finds its `checkpoints` where those of the job are, wherever they lie.
    MachineFault where this machine cannot give it a sandbox.
    """
    with ExitStack() as stack:
        try:
            folder = Path(stack.enter_context(TemporaryDirectory(prefix="silentbench-"))).resolve()
            sandboxed = request.config.isolation != "process"
            beginning = stack.enter_context(caches.own()) if sandboxed else []
            if beginning:
                caches.warm(caches.names(entry.dependencies))
            child = _started(request, entry, checkpoints, log, folder, beginning, keeping)
            stack.enter_context(child)
        except OSError as error:
            raise MachineFault(f"no sandbox can be made for a model here: {error}") from error
        yield child


def _started(
    request: JobRequest,
    entry: Entry,
    checkpoints: Path,
    log: Path,
    folder: Path,
    beginning: Sequence[str],
    keeping: Keeping,
) -> process.Child:
    """A worker whose code lies in `folder`, which is empty; `beginning` is of its command line."""
    settings = entry.settings(request.job.variant)
    isolation = request.config.isolation
    sandboxed = isolation != "process"
    limits = _that_fit(request.config.limits, checkpoints)
    code, scratch = folder / "code", folder / "scratch"
    os.chmod(folder, 0o755)  # the worker may be another user
    scratch.mkdir()
    file = copy_code(code, entry)
    visible = (keeping.visible or request.fold / "visible").resolve()
    _give_to_worker(checkpoints)
    keeps = [keeping.keeps.resolve()] if keeping.keeps else []
    for each in keeps:
        _give_to_worker(each)
    kept = [keeping.kept.resolve()] if keeping.kept else []
    seen = (request.checkpoints if sandboxed else checkpoints).resolve()
    hidden = _hidden(request) if sandboxed else ()
    known = request.paths.runs / "copies"
    view = layout.View(
        readable=(code, visible, *kept),
        writable=(seen, *keeps),
        elsewhere={seen: checkpoints.resolve()},
        hidden=hidden,
        copies=_copies(hidden, known) if sandboxed else (),
        scratch_mb=request.config.limits.scratch_mb,
    )
    arguments = {
        "visible": str(visible),
        "closed": layout.closed(view),
        "entry": str(file),
        "settings": dict(settings),
        "keeps": "".join(map(str, keeps)),
        "kept": "".join(map(str, kept)),
        "seed": fold_seed(request.job),
        "limits": asdict(limits),
        "own_user": sandboxed,
        "audit": request.config.audit,
        # An audit tells what an entry does that a run refuses: it has nobody to reach here, either.
        "network": not sandboxed or request.config.audit,
    }
    command = [libraries.interpreter(), "-m", "benchmark.worker", json.dumps(arguments)]
    return process.Child(
        [*beginning, *backends.sandboxed(isolation, command, view)],
        scratch,
        log,
        limits,
        {
            **variables(code, backends.SCRATCH if sandboxed else scratch, hidden),
            **setup_variables(request.job.setup),
            "SILENTBENCH_CHECKPOINTS": str(seen),
            **({"SILENTBENCH_EPOCH": str(keeping.epoch)} if keeping.epoch else {}),
        },
        {checkpoints: seen, scratch: scratch, **{each: each for each in keeps}},
    )


def _that_fit(limits: Limits, folder: Path) -> Limits:
    """The limits, of which a model may keep no more than half of what is free on its disk.

    Else an entry could fill the disk, and its failure would seem to be one of the machine.
    """
    disk = os.statvfs(folder)
    free_mb = disk.f_bavail * disk.f_frsize // (2 * MEGABYTE)
    return replace(limits, kept_mb=max(1, min(limits.kept_mb, free_mb)))


def _hidden(request: JobRequest) -> tuple[Path, ...]:
    """What holds answers or could compute them; a corpus may be a link to elsewhere."""
    paths = request.paths
    corpora = paths.data.iterdir() if paths.data.is_dir() else ()
    links = [path for path in corpora if path.is_symlink()]
    return tuple(
        {p.resolve() for p in (paths.root, paths.runs, paths.data, *libraries.OURS, *links)}
    )


@functools.lru_cache(maxsize=1)  # for both workers of a job, all that an evaluator starts
def _copies(hidden: tuple[Path, ...], kept: Path) -> tuple[Path, ...]:
    return copies.among_libraries(hidden, kept)


def variables(code: Path, scratch: Path, hidden: Collection[Path] = ()) -> dict[str, str]:
    """What any child of ours needs to find the worker's code, libraries and its scratch folder."""
    return {
        **libraries.variables(code, hidden),
        "PYTHONDONTWRITEBYTECODE": "1",
        **dict.fromkeys(("HOME", "TMPDIR"), str(scratch)),
        **dict.fromkeys(("USER", "LOGNAME"), USER_NAME),
    }


def setup_variables(setup: Setup) -> dict[str, str]:
    """What tells a model where and how exactly to compute: from the identity of its job alone.

    A job without "cuda" sees no GPU. Which of several GPUs is used does not change its identity.
    """
    words = setup.split()
    cuda = "cuda" in words
    return {
        "SILENTBENCH_DEVICE": "cuda" if cuda else "cpu",
        **({} if cuda else {"CUDA_VISIBLE_DEVICES": ""}),
        **({"SILENTBENCH_FAST": "1"} if "fast" in words else {}),
    }


def copy_code(code: Path, entry: Entry) -> Path:
    """Copy the worker, the entry and what it imports beside it; return the entry's file.

    Of the entry, no compiled form: it could be that of another text.
    """
    worker_code.write(code)
    for path in source.files(entry.path):
        _copy(path, code / "entry")
    for path in entry.weights:
        _copy(path, code / "entry" / "weights")
    return code / "entry" / entry.path.name


def _copy(path: Path, folder: Path) -> None:
    """The file, where there is one, readable by anyone."""
    folder.mkdir(parents=True, exist_ok=True)
    if path.is_file():
        os.chmod(shutil.copy2(path, folder), 0o644)


def _give_to_worker(folder: Path) -> None:
    """Make a folder that the worker may write to, whoever it was before."""
    folder.mkdir(parents=True, exist_ok=True)
    number = backends.sandbox_user()
    if number is not None and storage.is_empty(folder):
        os.chown(folder, number, number)
    elif number is not None:
        # Not by recursion: somebody may have nested folders deeper than that reaches.
        command = ["chown", "--recursive", "--no-dereference", f"{number}:{number}", "--"]
        done = subprocess.run([*command, str(folder)], stderr=subprocess.PIPE)
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["chown failed"]
            raise MachineFault(f"{folder} cannot be given to a model: {said[-1]}")


def fold_seed(job: Job) -> int:
    """A seed of its own for each fold: folds that share random numbers are not independent."""
    return int(storage.digest([job.task, job.split, job.fold, job.seed])[:8], 16)
