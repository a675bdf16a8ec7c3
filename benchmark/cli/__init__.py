"""The command line: one module a group of commands. In: arguments. Out: calls of packages.

Imports every package; nothing imports it.
"""
