"""Plots as SVG. In: numbers with names. Out: markup that takes its colours from the page.

Imports `core` only, but for `looks`, which reads the entries of a snapshot.
"""
