"""Where jobs run: here, or on a cluster."""

from benchmark.execution.executors.local import here, local
from benchmark.execution.job import Done, Engine, Work

__all__ = ["Done", "Engine", "Work", "here", "local"]
