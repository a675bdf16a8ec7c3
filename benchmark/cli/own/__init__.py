"""Corpora of a user's own on the command line: where they lie, `data new`, `data split`."""
