"""SilentBench: a benchmark and leaderboard for silent speech decoding."""
