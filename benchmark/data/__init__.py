"""From a corpus to the folds of a task: splits, folds on disk, checksums, leakage, metadata.

In: a corpus and a split. Out: per fold a visible part and the answers, apart from each other.
Imports `core`, `storage`, `worker` (reading a fold) and `registry`.
"""
