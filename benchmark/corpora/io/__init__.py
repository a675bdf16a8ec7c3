"""File formats that several corpora share, and how files are downloaded and unpacked.

In: files. Out: arrays and plain values. Imports `core` and `storage`, and no corpus.
"""
