"""The command line: `app` with one module per group of commands. In: arguments. Out: calls.

Imports every package; nothing imports it.
"""
