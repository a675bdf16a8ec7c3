"""Sealed results beside public ones: which of them fit the project of today, and their gaps."""
