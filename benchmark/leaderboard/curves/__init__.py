"""Scores against a number: a setting of an entry's variants, or an amount of calibration.

In: tables. Out: curves, whose points are scores of those tables; nothing is computed twice.
"""
