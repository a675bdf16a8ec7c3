"""The group `data`: its commands in the order of the help."""

from __future__ import annotations

import typer

from benchmark.cli.data import about, checking, getting
from benchmark.cli.options import as_example
from benchmark.cli.own import corpora as own

app = typer.Typer(no_args_is_help=True, help="Find, download and check corpora.")


def register(parent: typer.Typer) -> None:
    """Add the commands to a command line, as `data COMMAND`."""
    parent.add_typer(app, name="data")


own.register(app)
for verb, name, example in (
    (about.list_data, "list", "data list --data ~/corpora"),
    (getting.prepare_data, "prepare", "data prepare gaddy2020 --from ~/emg --accept-licence"),
    (checking.verify_data, "verify", "data verify embedded"),
    (checking.check_data, "check", "data check embedded"),
    (about.fingerprint_data, "fingerprint", "data fingerprint gaddy2020"),
    (getting.write_fixture, "fixture", "data fixture tal --data /tmp/data"),
    (getting.make_targets, "targets", "data targets gaddy2020"),
    (about.write_cards, "cards", "data cards --check"),
):
    app.command(name, epilog=as_example(example))(verb)
