"""Executors: where jobs run. This machine, Slurm, Dask, or this very process to debug."""

from benchmark.execution.executors.local import local_executor, serial_executor
from benchmark.execution.job import Executor, JobOutcome
from benchmark.sandbox.request import JobRequest

__all__ = ["Executor", "JobOutcome", "JobRequest", "local_executor", "serial_executor"]
