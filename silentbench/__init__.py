"""SilentBench: a benchmark and leaderboard for silent speech decoding."""

from benchmark import __version__

__all__ = ["__version__"]
