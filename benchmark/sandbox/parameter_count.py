"""How many numbers each variant of an entry learns at the published shapes; nothing is trained.

Counting runs the entry's code, so it is done in a sandbox that holds this code and nothing else.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmark.core import UserError
from benchmark.plain_text import plain
from benchmark.registry import Entry
from benchmark.sandbox import backends, process, workspace
from benchmark.worker.limits import Limits

Sizes = dict[str, int | None]
LIMITS = Limits(seconds=120.0)
LARGEST_ANSWER = 100_000  # bytes


def of(entry: Entry, backend: backends.Backend, limits: Limits = LIMITS) -> Sizes:
    """The count of each variant, None for one without a network.

    UserError with the last words of the entry's code where that fails, exceeds a limit or says
    something else.
    """
    with TemporaryDirectory(prefix="silentbench-") as folder:
        os.chmod(folder, 0o755)  # the child may be another user
        code, scratch = Path(folder, "code"), Path(folder, "scratch")
        scratch.mkdir()
        file = workspace.copy_code(code, entry)
        project = entry.path.resolve().parents[1]
        view = backends.View((code,), hidden=(project, workspace.PACKAGE), scratch_mb=64)
        command = [sys.executable, "-m", "benchmark.worker.parameter_count", str(file)]
        command += [json.dumps(dict(entry.variants)), json.dumps(asdict(limits))]
        command.append(json.dumps(backend != "process"))
        within = scratch if backend == "process" else backends.SCRATCH
        log = Path(folder, "log")
        variables = workspace.variables(code, within) | workspace.setup_variables("")
        sandboxed = backends.sandboxed(backend, command, view)
        written = {scratch: scratch}
        with process.Child(sandboxed, scratch, log, limits, variables, written) as child:
            child.begin()
            child.to.close()
            answer = b""
            while len(answer) < LARGEST_ANSWER and (piece := child.out.read(65_536)):
                answer += piece
        said = log.read_text(errors="replace").strip().splitlines()
        problem = child.stopped or (said[-1] if said else "it ended without a word")
    counts = _checked(answer, entry)
    if counts is None:
        reason = plain(problem)
        raise UserError(f"{entry.name}: its size cannot be counted: {reason}")
    return counts


def _checked(answer: bytes, entry: Entry) -> Sizes | None:
    """The counts that the child sent; None where it sent anything else."""
    try:
        counts = json.loads(answer)
    except ValueError:
        return None
    if not isinstance(counts, dict) or counts.keys() != entry.variants.keys():
        return None
    good = all(n is None or (type(n) is int and 0 <= n < 2**63) for n in counts.values())
    return counts if good else None
