"""The result of one job: its schema, its files, and statistics over results.

In: measurements of recordings. Out: results beside entries, intervals, p-values, differences.
Imports `core`, `storage` and `registry`. `published.py` says in which form results are kept in git.
"""
