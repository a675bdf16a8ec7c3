"""The command `seal make`: recordings that follow from a secret."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from benchmark.cli.options import one_sentence, say
from benchmark.cli.running.run_options import CORES
from benchmark.core import UserError
from benchmark.corpora.simulated import sealed
from benchmark.corpora.simulated.plan import Share
from benchmark.results.sealed.file import secret_digest

LONGEST = 65_536  # bytes of a secret
EXAMPLE = "seal make --secret-file FILE --out /secret/folder"


def make_recordings(
    secret_file: Annotated[Path, typer.Option(help="File of the secret: 32 random bytes or more.")],
    out: Annotated[
        Path,
        typer.Option(
            envvar="SILENTBENCH_SEALED", help="Folder to make, outside of any git repository."
        ),
    ],
    talkers: Annotated[int, typer.Option(min=1, help="How many talk.")] = sealed.TALKERS,
    sentences: Annotated[
        int, typer.Option(min=sealed.FEWEST, help="Sentences of each talker.")
    ] = sealed.SENTENCES,
    silent: Annotated[
        int, typer.Option(min=0, help="How many of these are moved without voice, too.")
    ] = 0,
    words: Annotated[
        int, typer.Option(min=0, help="How often each talker says each command word.")
    ] = 0,
    workers: Annotated[int, typer.Option(min=1, help="Processes at once.")] = CORES,
) -> None:
    """Make new talkers and new sentences from a secret; the same secret makes the same ones.

    Needs the synthesiser, the extra `synth` (GPL-3.0). It takes about 2 CPU minutes a minute
    of voiced speech. What was interrupted goes on when the same command is given again.
    """
    with one_sentence(out):
        secret = read_secret(secret_file)
        digest = secret_digest(secret)
        share = Share(sentences, silent, words)
        sealed.make(secret, digest, share, talkers, out, workers, say)
        say(f"secret {digest[:12]}: sealed in {out}")


def read_secret(path: Path) -> bytes:
    """The secret of a file, without the end of its line."""
    try:
        with path.open("rb") as file:
            secret = file.read(LONGEST + 1)
    except OSError as problem:
        why = problem.strerror or problem
        raise UserError(f"--secret-file {path}: cannot be read ({why})") from problem
    if len(secret) > LONGEST:  # such as a device, which does not end
        raise UserError(f"--secret-file {path}: expected a file of {LONGEST:,} bytes or less")
    return secret.rstrip(b"\r\n")
