"""Slurm, through submitit: arrays of jobs whose launcher may die and come back.

What was handed to the queue is found again by files alone: before each array is submitted, a file
`runs/queue/<name>.json` says which jobs it will hold, and the array carries that name. A launcher
that starts again asks the queue for these names, waits for what still stands there, and submits
the rest. That nothing is done twice, whatever happens, is what claims are for (claims.py).

A job that is pre-empted or meets its time limit is put back into the queue by submitit and goes on
from its model's checkpoint. What the queue says of a job that it ended becomes the job's result.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import time
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmark import storage
from benchmark.core import UserError
from benchmark.execution.job import LOST, Done, Engine, Work, patiently, write_off
from benchmark.results.result import Status, read_result
from benchmark.sandbox.workspace import Order

ENDED: Mapping[str, Status | None] = {  # and what result such an end leaves; None: none
    "OUT_OF_MEMORY": "failed",  # of its own limit, see `_parameters`
    "TIMEOUT": "timed out",
    "DEADLINE": "timed out",
    "NODE_FAIL": "failed",
    "BOOT_FAIL": "failed",
    "CANCELLED": None,
    "PREEMPTED": None,
    "REVOKED": None,
    "COMPLETED": None,
    "FAILED": None,
}
SAID = "the queue ended it: "
PAUSE = 2.0  # seconds between two questions to the queue
FORGOTTEN = 600.0  # seconds after which a file of jobs that no queue knows is removed
PATIENCE = 30  # questions to a queue that does not answer
GRACE = 5.0  # seconds that a result may take to be seen on a shared file system
LARGEST_ARRAY = 500  # jobs
STEP_MB = 500  # jobs of like memory share an array
JUDGE_MB = 1000  # besides the model: who scores it, and submitit
START_MINUTES = 5  # besides the limit of the job itself
BEFORE_END = 60  # seconds before its end that a job is told of it


@dataclass(frozen=True)
class Asking:
    """What to ask the queue for; 0 or nothing: what each job needs."""

    partition: str = ""
    minutes: int = 0
    memory_mb: int = 0
    gpus: int = 0  # for a job that can use one
    at_once: int = 100
    options: tuple[str, ...] = ()  # NAME=VALUE of sbatch, such as account=me
    pause: float = PAUSE


class Task:
    """One job as submitit calls it on a node."""

    def __call__(self, order: str) -> str:
        return patiently(Work(Order.parse(order))).reason

    def checkpoint(self, order: str) -> Any:
        """What to do when the node is taken away: the same; the model has its own checkpoint."""
        import submitit

        return submitit.helpers.DelayedSubmission(self, order)


def slurm(asking: Asking = Asking()) -> Engine:
    """An engine that hands jobs to Slurm and waits for their results."""

    def engine(works: Iterable[Work]) -> Iterator[Done]:
        if shutil.which("sbatch") is None or shutil.which("srun") is None:
            raise UserError("there is no sbatch on this machine: use --engine local")
        if importlib.util.find_spec("submitit") is None:
            raise UserError("submitit is not installed: pip install 'silentbench[slurm]'")
        everything = list(works)
        if not everything:
            return
        queue = everything[0].order.runs / "queue"
        places = _known(queue, everything)
        for part in _parts(w for w in everything if w.job.key.as_posix() not in places):
            name = _submit(queue, part, asking)
            places |= {w.job.key.as_posix(): (name, k) for k, w in enumerate(part)}
        yield from _follow(queue, everything, places, asking.pause)

    return engine


def _known(queue: Path, works: Sequence[Work]) -> dict[str, tuple[str, int]]:
    """Where jobs stand that an earlier launcher submitted, as far as they stand there still."""
    mine = {work.job.key.as_posix() for work in works}
    batches = {path.stem: json.loads(path.read_text()) for path in queue.glob("[!.]*.json")}
    states = _states(batches)
    places = {}
    for name, keys in batches.items():
        alive = {key: (name, k) for k, key in enumerate(keys) if _lives(states.get((name, k)))}
        places.update({key: place for key, place in alive.items() if key in mine})
        if not alive and time.time() - (queue / f"{name}.json").stat().st_mtime > FORGOTTEN:
            (queue / f"{name}.json").unlink(missing_ok=True)
    return places


def _parts(works: Iterable[Work]) -> Iterator[list[Work]]:
    """Jobs of like needs, in their order, as many as an array may hold."""
    alike: dict[tuple[int, bool, bool], list[Work]] = defaultdict(list)
    for work in works:
        known = work.seconds is not None
        alike[-int(-work.memory_mb // STEP_MB) * STEP_MB, known, work.gpu].append(work)
    for found in alike.values():
        for first in range(0, len(found), LARGEST_ARRAY):
            yield found[first : first + LARGEST_ARRAY]


def _submit(queue: Path, works: Sequence[Work], asking: Asking) -> str:
    """Hand jobs over under a name that their file already has; return the name."""
    import submitit

    name = f"silentbench-{uuid.uuid4().hex[:12]}"
    storage.write_json(queue / f"{name}.json", [work.job.key.as_posix() for work in works])
    executor = submitit.SlurmExecutor(folder=queue / "submitit")
    executor.update_parameters(**_parameters(name, works, asking))
    # One processor is asked for, so the judge measures in one process.
    orders = [replace(work.order, processes=1).dump() for work in works]
    try:
        executor.map_array(Task(), orders)
    except (subprocess.CalledProcessError, submitit.core.utils.FailedJobError) as error:
        (queue / f"{name}.json").unlink(missing_ok=True)
        said = str(error).strip().splitlines()[-1]
        raise UserError(f"sbatch refused {len(works)} jobs: {said}") from error
    return name


def _parameters(name: str, works: Sequence[Work], asking: Asking) -> dict[str, Any]:
    limits = works[0].order.limits
    # As much as the job is allowed, so that a queue never ends what a run here would not.
    known = all(work.seconds is not None for work in works)
    needed = max(work.memory_mb for work in works) if known else limits.memory_mb
    memory = asking.memory_mb or -int(-needed // STEP_MB) * STEP_MB + JUDGE_MB
    minutes = asking.minutes or int(limits.seconds // 60) + START_MINUTES
    found: dict[str, Any] = {
        "job_name": name,
        "time": minutes,
        "mem": f"{memory}M",
        "cpus_per_task": 1,
        "array_parallelism": asking.at_once,
        "signal_delay_s": min(BEFORE_END, minutes * 30),
        "stderr_to_stdout": True,
    }
    if asking.partition:
        found["partition"] = asking.partition
    if asking.gpus and works[0].gpu:
        found["gpus_per_node"] = asking.gpus
    further = dict(option.partition("=")[::2] for option in asking.options)
    return found | ({"additional_parameters": further} if further else {})


def _follow(
    queue: Path, works: Sequence[Work], places: Mapping[str, tuple[str, int]], pause: float
) -> Iterator[Done]:
    """Each job as it ends, by its result or by what the queue says."""
    waiting = {work.job.key.as_posix(): work for work in works}
    ended: dict[str, float] = {}  # since when the queue says so
    silent = 0
    while waiting:
        for key, work in list(waiting.items()):
            if result := read_result(work.order.runs, work.job):
                del waiting[key]
                yield Done(work.job, result)
        if not waiting:
            break
        try:
            states, silent = _states({places[key][0] for key in waiting}), 0
        except UserError:
            silent += 1
            if silent > PATIENCE:
                raise
            time.sleep(pause)
            continue
        for key in [key for key in waiting if _lives(states.get(places[key]))]:
            ended.pop(key, None)  # it was put back
        for key in [key for key in waiting if not _lives(states.get(places[key]))]:
            since = ended.setdefault(key, time.monotonic())
            if time.monotonic() - since > GRACE:
                yield _lost(waiting.pop(key), states.get(places[key], ""))
        time.sleep(pause)
    mine = {name for name, _ in places.values()}
    busy = {name for (name, _), state in _states(mine).items() if _lives(state)}
    for name in mine - busy:  # what is busy holds other launchers' jobs
        (queue / f"{name}.json").unlink(missing_ok=True)


def _lost(work: Work, state: str) -> Done:
    """A job that left the queue without a result."""
    if result := read_result(work.order.runs, work.job):
        return Done(work.job, result)
    status = ENDED.get(state)
    if status is not None:
        return Done(work.job, write_off(work, status, SAID + state))
    ours = state in ("COMPLETED", "FAILED", "")
    return Done(work.job, None, LOST if ours else SAID + state)


def _lives(state: str | None) -> bool:
    """Whether the queue will do more about it; what it has forgotten is over."""
    return state is not None and state not in ENDED


def _states(names: Iterable[str]) -> dict[tuple[str, int], str]:
    """What the queue says of arrays, by name and place in the array."""
    asked = ",".join(names)
    if not asked:
        return {}
    command = ["squeue", "--noheader", "--array", "--states=all", f"--name={asked}"]
    done = subprocess.run(
        [*command, "--Format=Name:.64|,ArrayTaskID:.16|,State:.32"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise UserError(f"squeue does not answer: {done.stderr.strip()}; run it again later")
    found = {}
    for line in done.stdout.splitlines():
        name, number, state = (part.strip() for part in line.split("|")[:3])
        found[name, int(number) if number.isdigit() else 0] = state
    return found
