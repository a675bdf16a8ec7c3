"""Where jobs run: here, or on a cluster."""

from benchmark.engines.threads import here, local
from benchmark.engines.work import Done, Engine, Work

__all__ = ["Done", "Engine", "Work", "here", "local"]
