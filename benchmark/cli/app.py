"""The command line as a whole: every group of commands registers itself here."""

from __future__ import annotations

import typer

from benchmark.cli import data, entries, leaderboard, listing, privacy, run, verify

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

for group in (listing, run, leaderboard, entries, verify, data, privacy):
    group.register(app)
