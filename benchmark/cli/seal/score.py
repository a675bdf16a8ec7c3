"""The command `seal score`: entries on recordings that nobody has seen."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Collection, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import numpy as np
import typer

from benchmark import registry
from benchmark.cli import options
from benchmark.cli.named.words import a_corpus, a_split, a_task, an_entry
from benchmark.cli.options import (
    ROOT,
    Data,
    Isolation,
    Json,
    Names,
    Runs,
    as_example,
    one_sentence,
    say,
    say_json,
)
from benchmark.cli.panels import MUCH, SAFETY, WHICH, in_panels
from benchmark.cli.running.run_options import CORES, Workers
from benchmark.cli.seal import make
from benchmark.core import Corpus, Metric, Paths, Split, UserError
from benchmark.corpora.simulated import reader, stored
from benchmark.corpora.simulated import sealed as making
from benchmark.corpora.simulated.plan import Share
from benchmark.data import folds
from benchmark.execution import plan
from benchmark.execution.executors import local_executor
from benchmark.execution.seal.combined import Sealed
from benchmark.execution.seal.score import default_split, score
from benchmark.registry import project
from benchmark.registry.entry import Entry
from benchmark.results import scores
from benchmark.results.result import now
from benchmark.results.sealed import file, secrets
from benchmark.results.sealed.file import SealedResult, Sums
from benchmark.sandbox.backends import Backend
from benchmark.sandbox.request import RunConfig
from benchmark.worker.limits import Limits

app = typer.Typer(
    no_args_is_help=True, help="Test entries on simulated recordings that nobody has seen."
)
EXAMPLE = "seal score mean blind ridge articulation_conv --task emg_to_mel --sealed /secret/folder"


def register(parent: typer.Typer) -> None:
    """Add the group, with `seal make`, to a command line."""
    app.command("make", epilog=as_example(make.EXAMPLE))(make.make_recordings)
    panels = {
        WHICH: ("task", "sealed", "secret_file", "corpus", "split", "variants"),
        MUCH: ("seeds", "workers", "timeout"),
        SAFETY: ("isolation",),
    }
    app.command("score", epilog=as_example(EXAMPLE))(in_panels(score_entries, panels))
    parent.add_typer(app, name="seal")


def score_entries(
    task: Annotated[Names, a_task("A task; may be repeated.")],
    entry: Annotated[
        Names | None,
        an_entry("Entries, five or more to compare their gaps; all if not given."),
    ] = None,
    sealed: Annotated[
        Path | None,
        typer.Option(envvar="SILENTBENCH_SEALED", help="Folder of the sealed recordings."),
    ] = None,
    secret_file: Annotated[
        Path | None,
        typer.Option(help="Instead: file of the secret; what is made from it is removed again."),
    ] = None,
    corpus: Annotated[str, a_corpus("Corpus to train on, of the same format.")] = "embedded",
    split: Annotated[
        str, a_split("Split to train on; if not given, one that tests new talkers.")
    ] = "",
    variants: Annotated[
        str, typer.Option(help="default, or names separated by commas.")
    ] = "default",
    seeds: Annotated[int, typer.Option(min=1, help="Number of random seeds for each entry.")] = 1,
    workers: Workers = CORES,
    isolation: Isolation = "auto",
    timeout: Annotated[
        float, typer.Option(min=0.1, help="Time limit of a job, in seconds.")
    ] = 1800.0,
    data: Data = ROOT / "data",
    runs: Runs = ROOT / "runs",
    as_json: Json = False,
) -> None:
    """Train entries on public recordings, test them on sealed ones, keep sums by talker only.

    Sums are written beside each entry, with a digest of the secret. What else a run makes is
    removed at its end.
    """
    with one_sentence(runs, data), ExitStack() as stack:
        if (sealed is None) == (secret_file is None):
            found = "neither" if sealed is None else f"both ({sealed} and {secret_file})"
            raise UserError(
                "say where the sealed recordings are: expected --sealed (or SILENTBENCH_SEALED) or"
                f" --secret-file, found {found}"
            )
        # Whatever is asked for is looked up before recordings are made, which takes minutes.
        paths = Paths(ROOT, data.resolve(), runs.resolve())
        corpora, entries = registry.corpora(), registry.entries(ROOT)
        public = _public(corpus, corpora)
        tests = {name: _source(paths, name, public, split, corpora) for name in task}
        chosen = {name: entries.pick(name) for name in entry or ()}
        for one in chosen.values():
            _check(one, tests.keys(), variants)
        limits = Limits(seconds=timeout, memory_mb=options.memory_mb(workers))
        config, setup = RunConfig(limits, _sandbox(isolation)), plan.asked_setup(os.environ)
        if "fast" in setup:
            raise UserError("SILENTBENCH_FAST: a sealed test computes exactly; leave it out")
        options.check_folder("--runs", paths.runs)
        asked = (id for s, _ in tests.values() for fold in s.folds.values() for id in fold.test)
        place = _made(stack, secret_file, making.share(asked), workers) if secret_file else sealed
        assert place is not None
        hidden = Sealed(public, place.resolve())
        secret, today = reader.secret_of(hidden.folder), now()[:10]
        announced = secrets.with_secret(secrets.read(ROOT), secret, today)
        if problem := secrets.out_of_period(announced, secret, today, today):
            raise UserError(f"{hidden.folder}: a result would be {problem}; make a new secret")
        shown: list[dict[str, Any]] = []
        failed: list[str] = []
        tell = partial(say, error=as_json)
        for name, source in tests.items():
            scored = score(
                *(paths, name, source, hidden, secret),
                plan.RunSelection([name], [corpus], [*chosen], variants, seeds, setup=setup),
                local_executor(workers),
                config,
                tell=_quiet,
                cores=workers,
            )
            metric = registry.task(ROOT, name).metrics[0]
            for result in scored.results:
                kept = file.merge(entries.pick(result.entry).results, [result])
                shown.append({**_as_json(metric, result), "kept": project.shown(ROOT, kept)})
                tell(f"{_line(metric, result)}; kept in {shown[-1]['kept']}")
            for failure in scored.failed:
                tell(f"not scored: {failure}")
            if scored.results and secrets.announce(ROOT, secret, scored.results[0].day):
                tell(f"secret {secret[:12]} is announced in {secrets.FILE}")
            failed += scored.failed
        if as_json:
            say_json({"secret": secret, "scores": shown, "failed": failed})
    raise typer.Exit(1 if failed else 0)


def _public(name: str, corpora: Mapping[str, Corpus]) -> Corpus:
    """The corpus that trains."""
    found = registry.pick_corpus(name, corpora)
    if name not in making.PUBLIC and found.own:
        raise UserError(f"{name}: a sealed test is of a corpus of the project, not your own")
    if name not in making.PUBLIC:
        raise UserError(
            f"{name}: expected a corpus of the format of sealed recordings, one of "
            f"{', '.join(making.PUBLIC)}"
        )
    return found


def _source(
    paths: Paths, task: str, corpus: Corpus, split: str, corpora: Mapping[str, Corpus]
) -> tuple[Split, Corpus]:
    """The split of a task to train on: the one asked for, else one that tests new talkers."""
    known = registry.pick("task", task, registry.known_tasks(paths.root))
    folder = folds.find(corpus, paths.data)
    if stored.manifest(folder).get("sealed"):
        raise UserError(f"{folder}: expected public recordings to train on, found sealed ones")
    found = plan.sources(paths, task, [corpus.name], corpora)
    return registry.pick(
        "split", split or default_split(known, corpus.name, [s for s, _ in found.values()]), found
    )


def _check(entry: Entry, tasks: Collection[str], variants: str) -> None:
    """UserError for an entry that cannot be asked for anything."""
    if entry.kind == "predictions":
        raise UserError(f"{entry.name}: has predictions, and no model to ask for others")
    if not {*tasks} & {*entry.tasks}:
        raise UserError(
            f"{entry.name}: does none of {', '.join(tasks)}; it does {', '.join(entry.tasks)}"
        )
    if variants not in ("default", "all") and not {*variants.split(",")} & entry.variants.keys():
        raise UserError(
            f"{entry.name}: --variants {variants}: expected some of {', '.join(entry.variants)},"
            " or default"
        )


def _sandbox(isolation: options.IsolationName) -> Backend:
    """A sandbox: from outside of it an entry could read what is sealed, and keep it."""
    if isolation == "process":
        raise UserError("--isolation process: a sealed test needs a sandbox; leave it to auto")
    return options.backend_for(isolation)


def _made(stack: ExitStack, secret_file: Path, share: Share, workers: int) -> Path:
    """Sealed recordings of the usual number of talkers, until the stack is closed."""
    secret = make.read_secret(secret_file)
    # A terminated process, too, takes its recordings with it.
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    stack.callback(signal.signal, signal.SIGTERM, before)
    digest = file.secret_digest(secret)
    folder = Path(stack.enter_context(TemporaryDirectory(prefix="silentbench-sealed-")))
    making.make(secret, digest, share, making.TALKERS, folder, workers, _quiet)
    return folder


def _quiet(line: str) -> None:
    say(line, error=True)


def _line(metric: Metric, result: SealedResult) -> str:
    public, sealed = (_value(metric, part[metric.id]) for part in (result.public, result.sealed))
    about = f"{result.entry} ({result.variant}, seed {result.seed}) on {result.split}"
    return f"{about}: {metric.title} {public:.3f} public, {sealed:.3f} sealed"


def _as_json(metric: Metric, result: SealedResult) -> dict[str, Any]:
    """The scores of one entry by the metric that ranks."""
    named = ("entry", "variant", "seed", "task", "split")
    public, sealed = (_value(metric, part[metric.id]) for part in (result.public, result.sealed))
    about = {name: getattr(result, name) for name in named}
    return {**about, "metric": metric.id, "public": public, "sealed": sealed}


def _value(metric: Metric, sums: Sums) -> float:
    whole = [sum(values) for values in zip(*sums.by_talker.values(), strict=True)]
    return scores.reduced(metric, np.array(whole))
