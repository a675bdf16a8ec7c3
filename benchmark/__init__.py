"""SilentBench: a benchmark and leaderboard for silent speech decoding."""

__version__ = "0.2.0"
