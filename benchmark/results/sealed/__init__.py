"""Scores on recordings that nobody has seen, and whether the public ones are too good beside them.

`<entry>.sealed.json` beside an entry holds them (`file`); `gaps` compares entries.
"""
