"""Search settings of networks on validation recordings, with the same chances for all of a task.

    OMP_NUM_THREADS=1 python tools/search_budget.py TASK ENTRY... [--split NAME] [--trials 4]
        [--seconds 120] [--train N] [--valid N] [--log docs/search.jsonl]

Trial n has the same settings for every entry, drawn by a generator that n seeds: the largest step,
the number of epochs, and the width where `Model` takes one. An entry needs a `recipe`, as those on
`baselines/_network.py` have. Epochs are cut to what fits into so many seconds of processor time, by
a measured epoch; training also ends where validation stops improving. The training part of the
first fold trains, and its validation part is scored by the task's first metric. Signals of test
recordings are never read.

The log has a line for each trial, with processor seconds as they were measured: of its training
(without imports and the reading of data), and of measuring an epoch. Trials that it has are not run
again. The last lines printed say which trial is the best of each entry.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from pydantic import ValidationError

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from _trials import Data, Trial, best, search  # noqa: E402

from benchmark import registry, storage  # noqa: E402
from benchmark.core import Asked, Paths, Recording, UserError  # noqa: E402
from benchmark.data import checks, folds  # noqa: E402
from benchmark.data.installed_split import load_here  # noqa: E402


def main(words: Sequence[str] | None = None) -> None:
    chosen = _arguments(words)
    try:
        trials = read_log(chosen.log)
        data = load(Paths(ROOT, chosen.data, ROOT / "runs"), chosen)
        for entry in chosen_entries(chosen):
            done = {trial.key for trial in trials}
            for trial in search(data, entry, chosen.seconds, range(chosen.trials), done):
                trials.append(trial)
                write_log(chosen.log, trials)
                print(line(trial), flush=True)
    except UserError as error:
        sys.exit(f"error: {error}")
    sizes = len(data.train), len(data.valid), chosen.seconds
    alike = [t for t in trials if (t.task, t.split, t.sizes) == (data.task, data.split, sizes)]
    for trial in best(alike, data.metric).values():
        print(f"best: {line(trial)}")


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("task", metavar="TASK")
    parser.add_argument("entries", nargs="+", metavar="ENTRY")
    parser.add_argument("--split", help="the first of the task if none is given")
    parser.add_argument("--data", type=Path, default=ROOT / "data")
    parser.add_argument("--trials", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=120.0, help="of processor time a training")
    parser.add_argument("--train", type=int, default=0, help="recordings at most; 0 is all")
    parser.add_argument("--valid", type=int, default=0, help="recordings at most; 0 is all")
    parser.add_argument("--log", type=Path, default=ROOT / "docs" / "search.jsonl")
    return parser.parse_args(words)


def chosen_entries(chosen: argparse.Namespace) -> list[registry.Entry]:
    """The entries by name; UserError for one that is not there or does not do the task."""
    found = registry.entries(ROOT)
    entries = [found.pick(name) for name in chosen.entries]
    for entry in entries:
        registry.pick(f"task of {entry.name}", chosen.task, dict.fromkeys(entry.tasks))
    return entries


def load(paths: Paths, chosen: argparse.Namespace) -> Data:
    """The training and validation part of the first fold, evenly thinned out, in memory."""
    task = registry.task(paths.root, chosen.task)
    name = chosen.split or task.splits[0]
    registry.pick("split", name, dict.fromkeys((*task.splits, *task.smoke)))
    corpus = registry.pick_corpus(name.partition(".")[0], registry.corpora())
    split, corpus, _ = load_here(paths, name, corpus)
    recordings = {r.id: r for r in checks.listed(corpus, folds.find(corpus, paths.data))}
    fold = next(iter(split.folds.values()))
    metric = task.on(corpus).metrics[0]
    told = (*task.inputs, task.target, *task.privileged)
    train, valid = thinned(fold.train, chosen.train), thinned(fold.valid, chosen.valid)
    return Data(
        task=chosen.task,
        split=name,
        asked=Asked(chosen.task, task.inputs, task.target, {s: corpus.signals[s] for s in told}),
        metric=metric,
        train=[_in_memory(recordings[i], told) for i in train],
        valid=[_in_memory(recordings[i], (*told, *metric.auxiliary)) for i in valid],
    )


def thinned(ids: Sequence[str], most: int) -> Sequence[str]:
    """At most so many, from all of the list; all where `most` is 0."""
    if not 0 < most < len(ids):
        return ids
    return [ids[number * len(ids) // most] for number in range(most)]


def _in_memory(recording: Recording, signals: Iterable[str]) -> Recording:
    arrays = {signal: recording[signal] for signal in signals}
    return replace(recording, read=arrays.__getitem__)


def read_log(path: Path) -> list[Trial]:
    """The trials of a log; UserError names the first line that is none."""
    trials = []
    for number, text in enumerate(storage.read_text(path).splitlines() if path.exists() else []):
        try:
            trials.append(Trial.model_validate_json(text))
        except ValidationError as error:
            first = error.errors()[0]
            raise UserError(
                f"{path}:{number + 1}: expected a trial, found {first['loc']}: {first['msg']};"
                " remove the line, or write to another --log"
            ) from error
    return trials


def write_log(path: Path, trials: Iterable[Trial]) -> None:
    lines = "".join(f"{trial.model_dump_json()}\n" for trial in trials)
    storage.write_whole(path, lines.encode())


def line(trial: Trial) -> str:
    width = "" if trial.width is None else f", width {trial.width}"
    scored = trial.problem if trial.score is None else f"{trial.metric} {trial.score:.4g}"
    return (
        f"{trial.entry} on {trial.task}, trial {trial.number}: rate {trial.rate:g}{width},"
        f" {trial.epochs_run} of {trial.epochs} epochs, {trial.fit_cpu_seconds:g} s: {scored}"
    )


if __name__ == "__main__":
    main()
