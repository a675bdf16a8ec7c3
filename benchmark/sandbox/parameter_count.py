"""How many numbers each variant of an entry learns at the published shapes; nothing is trained.

Counting runs the entry's code, so it is done in a sandbox that holds this code and nothing else.
"""

from __future__ import annotations

import json
import os
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmark.core import MachineFault, UserError
from benchmark.plain_text import plain
from benchmark.registry import Entry, project
from benchmark.sandbox import backends, process, workspace
from benchmark.sandbox.view import copies, layout, libraries
from benchmark.worker.limits import Limits

Sizes = dict[str, int | None]
LIMITS = Limits(seconds=120.0)
LARGEST_ANSWER = 100_000  # bytes


def of(entry: Entry, backend: backends.Backend, limits: Limits = LIMITS) -> Sizes:
    """The count of each variant, None for one without a network.

    UserError with the last words of the entry's code where that fails, exceeds a limit or says
    something else; MachineFault where no sandbox can be made.
    """
    with ExitStack() as stack:
        try:
            child, log = _started(entry, backend, limits, stack)
        except OSError as error:
            raise MachineFault(f"no sandbox can be made to count in: {error}") from error
        child.begin()
        child.to.close()
        answer = b""
        while len(answer) < LARGEST_ANSWER and (piece := child.out.read(65_536)):
            answer += piece
        child.end()
        said = log.read_text("utf-8", "replace").strip().splitlines()
        problem = child.stopped or (said[-1] if said else "it ended without a word")
    counts = _checked(answer, entry)
    if counts is None:
        reason = plain(problem)
        raise UserError(f"{entry.name}: its size cannot be counted: {reason}")
    return counts


def _started(
    entry: Entry, backend: backends.Backend, limits: Limits, stack: ExitStack
) -> tuple[process.Child, Path]:
    """The child that counts, and its log; both end with `stack`."""
    folder = Path(stack.enter_context(TemporaryDirectory(prefix="silentbench-"))).resolve()
    os.chmod(folder, 0o755)  # the child may be another user
    code, scratch, log = folder / "code", folder / "scratch", folder / "log"
    scratch.mkdir()
    file = workspace.copy_code(code, entry)
    folder = entry.path.resolve().parents[1]  # if it is the package's, it is covered as a copy
    hidden = (*([folder] if folder != project.SHIPPED else []), *libraries.OURS)
    found = copies.among_libraries(hidden) if backend != "process" else ()
    view = layout.View((code,), hidden=hidden, copies=found, scratch_mb=64)
    command = [libraries.interpreter(), "-m", "benchmark.worker.parameter_count", str(file)]
    command += [json.dumps(dict(entry.variants)), json.dumps(asdict(limits))]
    command.append(json.dumps(backend != "process"))
    within = scratch if backend == "process" else backends.SCRATCH
    variables = workspace.variables(code, within, hidden) | workspace.setup_variables("")
    sandboxed = backends.sandboxed(backend, command, view)
    child = process.Child(sandboxed, scratch, log, limits, variables, {scratch: scratch})
    return stack.enter_context(child), log


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
