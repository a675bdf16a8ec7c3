"""From results to tables: scores, intervals, tiers, breakdowns. Pure functions that run nothing.

In: results, tasks and entries. Out: tables. Imports `core`, `storage`, `registry`, `data` and
`results`; never `sandbox`, `evaluation` or `execution`.
"""
