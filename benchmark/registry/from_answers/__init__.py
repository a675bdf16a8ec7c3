"""Rows that are made from the answers: they have no code of an entry, and files of results."""
