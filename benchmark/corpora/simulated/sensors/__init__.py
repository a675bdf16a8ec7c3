"""Signals that sensors would record, derived from movement and sound."""
