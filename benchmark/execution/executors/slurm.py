"""Slurm, through submitit: arrays of jobs whose launcher may die and come back.

What was handed to the queue is found again by files alone: before each array is submitted, a file
`runs/queue/<name>.json` says which jobs it will hold, and the array carries that name. A launcher
that starts again asks the queue for these names, waits for what still stands there, and submits
the rest. That nothing is done twice, whatever happens, is what leases are for (leases.py).

A job that is pre-empted or meets its time limit is put back into the queue by submitit and goes on
from its model's checkpoint. A job that the queue ended at a limit of the job leaves a result that
says so; at any other end it leaves none, and what its task said is found in a file beside its log.
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
from benchmark.execution.executors import slurm_ends
from benchmark.execution.job import (
    LATER,
    Executor,
    JobOutcome,
    run_job_when_free,
)
from benchmark.results.result import read_result
from benchmark.sandbox.request import JobRequest

PAUSE = 2.0  # seconds between two questions to the queue
FORGOTTEN = 600.0  # seconds after which a file of jobs that no queue knows is removed
PATIENCE = 30  # questions to a queue that does not answer
GRACE = 5.0  # seconds that a result may take to be seen on a shared file system
LARGEST_ARRAY = 500  # jobs
STEP_MB = 500  # jobs of like memory share an array
EVALUATOR_MB = 1000  # besides the model: who scores it, and submitit
START_MINUTES = 5  # besides that
PATIENT = 60.0  # seconds of these that a job waits on its node for what it may not meet there
BEFORE_END = 60  # seconds before its end that a job is told of it, at most a sixth of its time


@dataclass(frozen=True)
class SlurmOptions:
    """What to ask the queue for; 0 or nothing: what each job needs."""

    partition: str = ""
    minutes: int = 0
    memory_mb: int = 0
    gpus: int = 0  # for a job that can use one
    at_once: int = 100
    sbatch: tuple[str, ...] = ()  # NAME=VALUE of sbatch, such as account=me
    pause: float = PAUSE


class Task:
    """One job as submitit calls it on a node.

    It does not wait there for long, or the queue would take the waiting for the job's own time: the
    launcher hands it over again.
    """

    def __call__(self, request: str) -> str:
        job = JobRequest.parse(request)
        slurm_ends.reason_file(job).unlink(missing_ok=True)
        reason = run_job_when_free(job, PATIENT).reason
        if reason:
            storage.write_whole(slurm_ends.reason_file(job), reason.encode())
        return reason

    def checkpoint(self, request: str) -> Any:
        """What to do when the node is taken away: the same; the model has its own checkpoint."""
        import submitit

        return submitit.helpers.DelayedSubmission(self, request)


def slurm_executor(options: SlurmOptions = SlurmOptions()) -> Executor:
    """An executor that hands jobs to Slurm and waits; UserError where this machine has no Slurm."""
    if shutil.which("sbatch") is None or shutil.which("srun") is None:
        raise UserError("there is no sbatch on this machine: use --executor local")
    if importlib.util.find_spec("submitit") is None:
        raise UserError("submitit is not installed: pip install 'silentbench[slurm]'")

    def run(requests: Iterable[JobRequest]) -> Iterator[JobOutcome]:
        everything = list(requests)
        if not everything:
            return
        queue = everything[0].paths.runs / "queue"
        places = _known(queue, everything)
        for part in _parts(w for w in everything if w.job.key.as_posix() not in places):
            places |= _handed_over(queue, part, options)
        yield from _follow(queue, everything, places, options)

    return Executor(run)


def _known(queue: Path, requests: Sequence[JobRequest]) -> dict[str, tuple[str, int]]:
    """Where jobs stand that an earlier launcher submitted, as far as they stand there still."""
    mine = {request.job.key.as_posix() for request in requests}
    batches = {path.stem: json.loads(path.read_text("utf-8")) for path in queue.glob("[!.]*.json")}
    states = _states(batches)
    places = {}
    for name, keys in batches.items():
        alive = {
            key: (name, k) for k, key in enumerate(keys) if slurm_ends.lives(states.get((name, k)))
        }
        places.update({key: place for key, place in alive.items() if key in mine})
        if not alive and time.time() - (queue / f"{name}.json").stat().st_mtime > FORGOTTEN:
            (queue / f"{name}.json").unlink(missing_ok=True)
    return places


def _parts(requests: Iterable[JobRequest]) -> Iterator[list[JobRequest]]:
    """Jobs of like needs, in their order, as many as an array may hold."""
    alike: dict[tuple[int, bool, bool], list[JobRequest]] = defaultdict(list)
    for request in requests:
        known = request.seconds is not None
        alike[-int(-request.memory_mb // STEP_MB) * STEP_MB, known, request.gpu].append(request)
    for found in alike.values():
        for first in range(0, len(found), LARGEST_ARRAY):
            yield found[first : first + LARGEST_ARRAY]


def _handed_over(
    queue: Path, requests: Sequence[JobRequest], options: SlurmOptions
) -> dict[str, tuple[str, int]]:
    """Hand jobs over; where they stand then."""
    name = _submit(queue, requests, options)
    return {w.job.key.as_posix(): (name, k) for k, w in enumerate(requests)}


def _submit(queue: Path, requests: Sequence[JobRequest], options: SlurmOptions) -> str:
    """Hand jobs over under a name that their file already has; return the name."""
    import submitit

    name = f"silentbench-{uuid.uuid4().hex[:12]}"
    storage.write_json(queue / f"{name}.json", [request.job.key.as_posix() for request in requests])
    executor = submitit.SlurmExecutor(folder=queue / "submitit")
    executor.update_parameters(**_parameters(name, requests, options))
    # One processor is asked for, so the evaluator measures in one process.
    payloads = [replace(request, processes=1).dump() for request in requests]
    try:
        executor.map_array(Task(), payloads)
    except (subprocess.CalledProcessError, submitit.core.utils.FailedJobError) as error:
        (queue / f"{name}.json").unlink(missing_ok=True)
        said = str(error).strip().splitlines()[-1]
        raise UserError(f"sbatch refused {len(requests)} jobs: {said}") from error
    return name


def _parameters(name: str, requests: Sequence[JobRequest], options: SlurmOptions) -> dict[str, Any]:
    limits = requests[0].config.limits
    # As much as the job is allowed, so that a queue never ends what a run here would not.
    known = all(request.seconds is not None for request in requests)
    needed = max(request.memory_mb for request in requests) if known else limits.memory_mb
    memory = (options.memory_mb or -int(-needed // STEP_MB) * STEP_MB) + EVALUATOR_MB
    minutes = options.minutes or int(slurm_ends.WORKERS * limits.seconds // 60) + START_MINUTES
    found: dict[str, Any] = {
        "job_name": name,
        "time": minutes,
        "mem": f"{memory}M",
        "cpus_per_task": 1,
        "array_parallelism": options.at_once,
        "signal_delay_s": min(BEFORE_END, minutes * 10),
        "stderr_to_stdout": True,
    }
    if options.partition:
        found["partition"] = options.partition
    if options.gpus and requests[0].gpu:
        found["gpus_per_node"] = options.gpus
    further = dict(option.partition("=")[::2] for option in options.sbatch)
    return found | ({"additional_parameters": further} if further else {})


def _follow(
    queue: Path,
    requests: Sequence[JobRequest],
    places: Mapping[str, tuple[str, int]],
    options: SlurmOptions,
) -> Iterator[JobOutcome]:
    """Each job as it ends, by its result or by what the queue says."""
    waiting = {request.job.key.as_posix(): request for request in requests}
    places = dict(places)
    ended: dict[str, float] = {}  # since when the queue says so
    silent = 0
    while waiting:
        for key, request in list(waiting.items()):
            if result := read_result(request.paths.runs, request.job):
                del waiting[key]
                yield JobOutcome(request.job, result)
        if not waiting:
            break
        try:
            states, silent = _states({places[key][0] for key in waiting}), 0
        except UserError:
            silent += 1
            if silent > PATIENCE:
                raise
            time.sleep(options.pause)
            continue
        for key in [key for key in waiting if slurm_ends.lives(states.get(places[key]))]:
            ended.pop(key, None)  # it was put back
        again = []
        for key in [key for key in waiting if not slurm_ends.lives(states.get(places[key]))]:
            since = ended.setdefault(key, time.monotonic())
            if time.monotonic() - since > GRACE:
                lost = slurm_ends.lost(
                    *(waiting[key], states.get(places[key], "")),
                    *(options.minutes, options.memory_mb),
                )
                if lost.result is None and lost.reason in LATER:
                    again.append(waiting[key])
                else:
                    del waiting[key]
                    yield lost
        for part in _parts(again):
            places |= _handed_over(queue, part, options)
        time.sleep(options.pause)
    mine = {name for name, _ in places.values()}
    busy = {name for (name, _), state in _states(mine).items() if slurm_ends.lives(state)}
    for name in mine - busy:  # what is busy holds other launchers' jobs
        (queue / f"{name}.json").unlink(missing_ok=True)


def _states(names: Iterable[str]) -> dict[tuple[str, int], str]:
    """What the queue says of arrays, by name and place in the array."""
    asked = ",".join(names)
    if not asked:
        return {}
    command = ["squeue", "--noheader", "--array", "--states=all", f"--name={asked}"]
    done = subprocess.run(
        [*command, "--Format=Name:.64|,ArrayTaskID:.16|,State:.32"],
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode:
        raise UserError(f"squeue does not answer: {done.stderr.strip()}; run it again later")
    found = {}
    for line in done.stdout.splitlines():
        name, number, state = (part.strip() for part in line.split("|")[:3])
        found[name, int(number) if number.isdigit() else 0] = state
    return found
