"""From results to tables: scores, intervals, tiers, breakdowns. A pure function, runs nothing.

In: results, tasks and entries. Out: tables. Imports `core`, `storage`, `registry`, `data` and
`results`; never `sandbox`, `evaluation` or `execution`.
"""
