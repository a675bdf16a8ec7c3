"""Where an entry's code runs: isolation back ends, its workspace, its process tree and its limits.

In: one job and one entry. Out: a child process to exchange messages with, gone at the end.
Imports `core`, `storage`, `worker`, `registry` and `data`.
"""
