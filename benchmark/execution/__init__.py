"""Which jobs run, where and again: plan, runner, executors, leases, rescoring, reproduction.

In: a selection of tasks and entries. Out: results of jobs. Imports all packages above it but
`leaderboard`.
"""
