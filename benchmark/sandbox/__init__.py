"""Where an entry's code runs: back ends, the workspace it sees, its process tree and its limits.

In: one job and one entry. Out: a process that can be talked to and that is gone at the end.
Imports `core`, `storage`, `worker`, `registry` and `data`.
"""
