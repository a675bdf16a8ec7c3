"""The command `seal score`: entries on recordings that nobody has seen."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import numpy as np
import typer

from benchmark import registry
from benchmark.cli import options
from benchmark.cli.options import ROOT, Data, Isolation, Names, Runs, one_sentence, say
from benchmark.cli.run_options import CORES, Workers
from benchmark.cli.seal import make
from benchmark.core import Metric, Paths, UserError
from benchmark.corpora.simulated import reader
from benchmark.corpora.simulated import sealed as making
from benchmark.corpora.simulated.plan import Share
from benchmark.execution import plan
from benchmark.execution.executors import local_executor
from benchmark.execution.seal.combined import Sealed
from benchmark.execution.seal.score import default_split, score
from benchmark.results import scores
from benchmark.results.sealed import file
from benchmark.results.sealed.file import SealedResult, Sums
from benchmark.sandbox.request import RunConfig
from benchmark.worker.limits import Limits

app = typer.Typer(
    no_args_is_help=True, help="Test entries on simulated recordings that nobody has seen."
)
EXAMPLE = "seal score mean blind ridge articulation_conv --task emg_to_mel --sealed /secret/folder"


def register(parent: typer.Typer) -> None:
    """Add the group, with `seal make`, to a command line."""
    app.command("make", epilog=f"Example: python run_benchmark.py {make.EXAMPLE}")(
        make.make_recordings
    )
    app.command("score", epilog=f"Example: python run_benchmark.py {EXAMPLE}")(score_entries)
    parent.add_typer(app, name="seal")


def score_entries(
    entry: Annotated[Names, typer.Argument(help="Entries, five or more to compare their gaps.")],
    task: Annotated[Names, typer.Option(help="A task; may be repeated.")],
    sealed: Annotated[
        Path | None,
        typer.Option(envvar="SILENTBENCH_SEALED", help="Folder of the sealed recordings."),
    ] = None,
    secret_file: Annotated[
        Path | None,
        typer.Option(help="Instead: file of the secret; what is made from it is removed again."),
    ] = None,
    corpus: Annotated[
        str, typer.Option(help="Corpus to train on, of the same format.")
    ] = "simulated",
    split: Annotated[
        str, typer.Option(help="Split to train on; if not given, one that tests new talkers.")
    ] = "",
    variants: Annotated[
        str, typer.Option(help="default, or names separated by commas.")
    ] = "default",
    seeds: Annotated[int, typer.Option(min=1, help="Number of random seeds for each entry.")] = 1,
    workers: Workers = CORES,
    isolation: Isolation = "auto",
    limit: Annotated[
        float, typer.Option(min=0.1, help="Time limit of a job, in seconds.")
    ] = 1800.0,
    data: Data = ROOT / "data",
    runs: Runs = ROOT / "runs",
) -> None:
    """Train entries on public recordings, test them on sealed ones, keep sums by talker only.

    Sums are written beside each entry, with a digest of the secret. What else a run makes is
    removed at its end.
    """
    with one_sentence(runs, data), ExitStack() as stack:
        paths = Paths(ROOT, data.resolve(), runs.resolve())
        corpora, entries = registry.corpora(), registry.entries(ROOT)
        public = registry.pick_corpus(corpus, corpora)
        if public.own:
            raise UserError(f"{corpus}: a sealed test is of a corpus of the project, not your own")
        if corpus not in making.PUBLIC:
            raise UserError(
                f"{corpus}: expected a corpus of the format of sealed recordings, one of "
                f"{', '.join(making.PUBLIC)}"
            )
        place = _made(stack, secret_file, workers) if secret_file else sealed
        if place is None:
            raise UserError("say where the sealed recordings are: --sealed, or --secret-file")
        hidden = Sealed(public, place.resolve())
        secret = reader.secret_of(hidden.folder)
        limits = Limits(seconds=limit, memory_mb=options.memory_mb(workers))
        config = RunConfig(limits, options.backend_for(isolation))
        setup = plan.asked_setup(os.environ)
        options.check_working_folder(paths.runs)
        good = True
        for name in task:
            known = registry.pick("task", name, registry.known_tasks(ROOT))
            sources = plan.sources(paths, name, [corpus], corpora)
            chosen = split or default_split(known, corpus, [s for s, _ in sources.values()])
            scored = score(
                *(paths, name, registry.pick("split", chosen, sources), hidden, secret),
                plan.RunSelection([name], [corpus], entry, variants, seeds, setup=setup),
                local_executor(workers),
                config,
                tell=_quiet,
                cores=workers,
            )
            for result in scored.results:
                place = file.merge(entries.pick(result.entry).results, [result])
                say(f"{_line(known.metrics[0], result)}; kept in {place.relative_to(ROOT)}")
            for failure in scored.failed:
                say(f"not scored: {failure}")
            good &= not scored.failed
    raise typer.Exit(0 if good else 1)


def _made(stack: ExitStack, secret_file: Path, workers: int) -> Path:
    """Sealed recordings of the usual size, until the stack is closed."""
    secret = make.read_secret(secret_file)
    # A terminated process, too, takes its recordings with it.
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    stack.callback(signal.signal, signal.SIGTERM, before)
    digest, share = file.secret_digest(secret), Share(making.SENTENCES)
    folder = Path(stack.enter_context(TemporaryDirectory(prefix="silentbench-sealed-")))
    making.make(secret, digest, share, making.TALKERS, folder, workers, _quiet)
    return folder


def _quiet(line: str) -> None:
    say(line, error=True)


def _line(metric: Metric, result: SealedResult) -> str:
    public, sealed = (_value(metric, part[metric.id]) for part in (result.public, result.sealed))
    about = f"{result.entry} ({result.variant}, seed {result.seed}) on {result.split}"
    return f"{about}: {metric.title} {public:.3f} public, {sealed:.3f} sealed"


def _value(metric: Metric, sums: Sums) -> float:
    whole = [sum(values) for values in zip(*sums.by_talker.values(), strict=True)]
    return scores.reduced(metric, np.array(whole))
