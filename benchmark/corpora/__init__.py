"""Readers of corpora, one folder each: `__init__` (CORPUS), `files`, `fixture`, `data/`.

In: files on disk. Out: `core.Corpus` with its recordings and signals. `io/` reads file formats that
several corpora share. Imports `core` and `storage`.
"""
