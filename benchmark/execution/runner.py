"""The main path: leave out the jobs that are done, make the others ready, run them, publish."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from benchmark import storage
from benchmark.core import Job, Paths, UserError
from benchmark.data import corpus_index, first_use, folds
from benchmark.evaluation import fork_server
from benchmark.execution import probed
from benchmark.execution.estimates import Estimates
from benchmark.execution.executors import Executor
from benchmark.execution.job import MACHINE
from benchmark.execution.plan import Plan
from benchmark.registry import project
from benchmark.registry.settings import overrides
from benchmark.results import aggregation, environment
from benchmark.results.entry_results import column_files, merge
from benchmark.results.result import KILLED, MOST_ATTEMPTS, JobResult, read_result
from benchmark.sandbox.process import is_raised
from benchmark.sandbox.request import ASSUMED_MB, JobRequest, RunConfig

Standing = Callable[[Job], JobResult | None]
NOT_RUN = "not run"  # the state of a job that this machine could not run


@dataclass
class Summary:
    """How a run ended: jobs by state, with the reason of each that has no good result."""

    planned: int
    good: int = 0
    found_done: int = 0
    bad: dict[str, list[str]] = field(default_factory=dict)  # state -> "job: reason"
    unsaved: list[JobResult] = field(default_factory=list)  # of an executor that keeps no results
    not_run: dict[Job, str] = field(default_factory=dict)  # why a job has no result
    otherwise_isolated: int = 0  # reused results of another isolation than is asked for now

    @property
    def ok(self) -> bool:
        return self.good == self.planned


def run(
    paths: Paths,
    chosen: Plan,
    executor: Executor,
    config: RunConfig,
    retry_failed: bool = False,
    tell: Callable[[str], None] = lambda _: None,
    seen: Callable[[Job, JobResult | None], None] = lambda _job, _result: None,
    cores: int = 1,
    everything: bool = False,
    allow_leaks: bool = False,
) -> Summary:
    """Run every job that has no result, or not one that `standing` takes, and count how all ended.

    A split is audited for leakage when it is first used; none of its jobs run if it leaks, unless
    `allow_leaks`.
    Where there are fewer jobs than `cores`, an evaluator measures in several processes.
    """
    summary = Summary(len(chosen.jobs))
    stands = standing(paths, config, retry_failed, everything, executor.keeps_results)
    todo: list[Job] = []
    done_probes: set[tuple[str, ...]] = set()  # what jobs share of which one has been probed
    killed: dict[Job, int] = {}  # how often a signal ended the model of a job
    for job in chosen.jobs:
        result = stands(job)
        if result is None and executor.keeps_results:
            if not everything and (before := read_result(paths.runs, job)):
                killed[job] = before.attempts if _may_be_tried_again(before) else 0
            (paths.runs / "results" / job.key).unlink(missing_ok=True)
        if result is not None and config.aggregates and not result.aggregated:
            result = aggregation.aggregated(result, aggregation.salt(paths.runs)).sealed()
            storage.write_whole(paths.runs / "results" / job.key, result.dump().encode() + b"\n")
        if result is None:
            todo.append(job)
        else:
            if probed.was_probed(result):
                done_probes.add(probed.alike(job))
            summary.found_done += 1
            summary.otherwise_isolated += result.isolation not in ("", config.isolation)
            _count(summary, job, result)
            seen(job, result)
    processes = max(1, cores // max(1, len(todo)))
    to_probe = set(todo) if config.shuffle else probed.choose(paths.runs, todo, done_probes)
    requests = requests_of(paths, chosen, todo, config, processes, killed, to_probe)
    unready: dict[tuple[str, str], str] = {}
    with fork_server.kept():
        for outcome in executor.run(
            with_folds(paths, chosen, requests, unready, tell, allow_leaks)
        ):
            _count(summary, outcome.job, outcome.result, outcome.reason)
            if outcome.result is not None and not executor.keeps_results:
                summary.unsaved.append(outcome.result)
            seen(outcome.job, outcome.result)
    for job in todo:
        if reason := unready.get((job.task, job.split)):
            state = NOT_RUN if reason.startswith(MACHINE) else "missing"
            summary.bad.setdefault(state, []).append(f"{job.key}: {reason}")
            summary.not_run[job] = reason
            seen(job, None)
    for jobs in summary.bad.values():
        jobs.sort()  # they ended in an order of their own
    return summary


def standing(
    paths: Paths,
    config: RunConfig,
    retry_failed: bool = False,
    everything: bool = False,
    keeps_results: bool = True,
) -> Standing:
    """How to find the result of a job, None where the job is to be run.

    A job with a result is run again if `everything` is or if it failed and these are retried; if
    a signal ended its model, MOST_ATTEMPTS times; if it exceeded a limit that is higher now; or if
    it was not probed, which is asked for now. Without `keeps_results` every job is run.
    """

    def find(job: Job) -> JobResult | None:
        if everything or not keeps_results:
            return None
        result = read_result(paths.runs, job)
        return None if result is None or again(result) else result

    def again(result: JobResult) -> bool:
        if result.status != "good":
            raised = is_raised(result.reason, config.limits)
            return retry_failed or raised or _may_be_tried_again(result)
        return config.shuffle and not probed.was_probed(result)

    return find


def _may_be_tried_again(result: JobResult) -> bool:
    """Whether a signal ended its model, and not yet as often as one may."""
    return result.reason == KILLED and result.attempts < MOST_ATTEMPTS


def limit_jobs(chosen: Plan, most: int, stands: Standing) -> Plan:
    """A plan of the first `most` jobs that are to be done, and of those that are; 0: of all."""
    if not most:
        return chosen
    kept, left = [], most
    for job in chosen.jobs:
        if stands(job) is None:
            left -= 1
            if left < 0:
                continue
        kept.append(job)
    return replace(chosen, jobs=tuple(kept))


def requests_of(
    paths: Paths,
    chosen: Plan,
    jobs: Iterable[Job],
    config: RunConfig,
    processes: int,
    killed: Mapping[Job, int],
    to_probe: Collection[Job],
) -> list[JobRequest]:
    """Jobs with their needs; the longest first, before them those of which nothing is known."""
    estimates = Estimates(chosen.entries.values())
    requests = []
    for job in jobs:
        entry, need = chosen.entries[job.entry], estimates.of(job)
        task, _, _ = chosen.sources[job.task, job.split]
        requests.append(
            JobRequest(
                job=job,
                paths=paths,
                entry=entry.path,
                kind=entry.kind,
                config=config,
                metrics=tuple(metric.id for metric in task.metrics),
                processes=processes,
                seconds=need.seconds,
                memory_mb=need.memory_mb or ASSUMED_MB,
                gpu="cuda" in job.setup,
                probed=job in to_probe,
                attempts=killed.get(job, 0),
            )
        )
    return sorted(requests, key=lambda request: -(request.seconds or float("inf")))


def with_folds(
    paths: Paths,
    chosen: Plan,
    requests: Iterable[JobRequest],
    unready: dict[tuple[str, str], str],
    tell: Callable[[str], None],
    allow_leaks: bool = False,
) -> Iterator[JobRequest]:
    """Make each job's fold folder before handing it over, and audit its split.

    A bad corpus or a split that leaks stops only its own jobs.
    """
    ready: set[tuple[str, str]] = set()
    for request in requests:
        job = request.job
        source = job.task, job.split
        if source not in unready:
            try:
                task, split, corpus = chosen.sources[source]
                folds.prepare(paths.runs, paths.data, job.task, task, split, corpus, tell)
                if source not in ready:
                    seen = chosen.context(job.task)
                    first_use.check(paths, job.task, split, job.data, seen, tell, allow_leaks)
                    ready.add(source)
                yield request
            except (UserError, OSError) as error:
                unready[source] = _unready(paths, error)


def _unready(paths: Paths, error: UserError | OSError) -> str:
    """Why folds are not there; what is neither the corpus nor a disk without room is raised."""
    if isinstance(error, UserError):
        return str(error)
    if problem := environment.disk_problem(error, paths.runs):
        return f"{MACHINE}{problem}"
    raise error


def _count(summary: Summary, job: Job, result: JobResult | None, lost: str = "") -> None:
    if result is not None and result.status == "good":
        summary.good += 1
        return
    state = result.status if result else NOT_RUN
    reason = result.reason if result else lost
    if result is None:
        summary.not_run[job] = lost
    elif _may_be_tried_again(result):
        reason += f" (attempt {result.attempts} of {MOST_ATTEMPTS}: run it again)"
    summary.bad.setdefault(state, []).append(f"{job.key}: {reason}")


def publish(
    paths: Paths, chosen: Plan, confidential: bool = False, keep: Collection[Job] = ()
) -> list[Path]:
    """Merge the results of a plan into the files beside their entries; return what changed.

    What was scored on a miniature or on a user's own corpus, computed less exactly, or with
    settings changed for the run stays where it is, and so does a failure by a signal, which may be
    the machine's, as long as it may be tried again. A corpus that the project has no index of gets
    one, without its recordings where it is `confidential`. Of the jobs in `keep`, what is published
    stays.
    """
    fresh: dict[Path, list[JobResult]] = defaultdict(list)
    for job in chosen.jobs:
        if not is_published(chosen, job) or job in keep:
            continue
        result = read_result(paths.runs, job)
        if result and not _may_be_tried_again(result):
            fresh[chosen.entries[job.entry].results].append(result)
    corpora = {corpus.name: corpus for _, _, corpus in chosen.sources.values()}
    written = [
        corpus_index.path(paths.root, name)
        for name, corpus in corpora.items()
        if not (corpus.miniature or corpus.own)
        and corpus_index.register(paths, corpus, confidential)
    ]
    tasks = {name: task for (name, _), (task, _, _) in chosen.sources.items()}
    for path, results in fresh.items():
        own = project.own(paths.root, path, column_files(path))
        written += [own] if merge(own, results, tasks) else []
    return written


def is_published(chosen: Plan, job: Job) -> bool:
    """Whether the result of a job may stand beside its entry."""
    corpus = chosen.sources[job.task, job.split][2]
    kept = corpus.miniature or corpus.own or overrides.is_changed(job.variant)
    return not kept and "fast" not in job.setup


def states(summary: Summary) -> dict[str, int]:
    """Jobs by state, for a line or for JSON."""
    bad = Counter({state: len(jobs) for state, jobs in summary.bad.items()})
    return {"planned": summary.planned, "good": summary.good, **bad}
