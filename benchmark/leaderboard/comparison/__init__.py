"""Rows of a table held against each other: two of them, or each against the ends of the scale."""
