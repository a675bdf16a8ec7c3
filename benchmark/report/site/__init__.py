"""The static site. In: a leaderboard snapshot. Out: pages, plots, tables, galleries of examples.

Imports what `report` imports, and its modules `export`, `formatting` and `plots`.
"""
