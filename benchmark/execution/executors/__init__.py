"""Executors: where jobs run. This machine, Slurm, Dask, or this very process to debug."""

from benchmark.execution.executors.local import here, local
from benchmark.execution.job import Done, Engine, Work

__all__ = ["Done", "Engine", "Work", "here", "local"]
