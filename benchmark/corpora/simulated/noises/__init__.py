"""Noises to mix with simulated speech, all synthesised: parts, families of noises, and the kinds.

A kind is a family with ranges of its parameters. Those of training and of test share none: of
every two kinds of one family on different sides, at least one parameter's ranges do not meet.
"""
