"""The sealed test: entries trained on public recordings, asked for ones that nobody has seen.

`combined` puts public and sealed recordings into one corpus and split; `score` runs entries on it,
by the usual way of every job, in a working folder that is removed afterwards.
"""
