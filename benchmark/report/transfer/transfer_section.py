"""Transfers on pages: a table with a column for each source, and what each adds to the first."""

from __future__ import annotations

from benchmark.leaderboard.curves.transfer import Transfer
from benchmark.leaderboard.snapshot import Snapshot
from benchmark.leaderboard.tables import is_trivial
from benchmark.report import formatting

BESIDE = "Metrics that align an answer themselves, by what was trained on"


def telling(snapshot: Snapshot) -> list[Transfer]:
    """The transfers with an entry that is no trivial baseline."""
    return [
        one
        for one in snapshot.transfers
        if not all(is_trivial(snapshot.tasks[one.task], line.last) for line in one.lines)
    ]


def heading(snapshot: Snapshot, transfer: Transfer) -> str:
    corpus, _, test = transfer.name.partition(".")
    part = transfer.made[0].part
    return f"{snapshot.tasks[transfer.task].title}: {corpus}, transfer to {_words(test)}{part}"


def about(snapshot: Snapshot, transfer: Transfer, tick: str = "") -> str:
    """What is tested, what trains, and the leakage audit of each."""
    table, test = transfer.made[0], transfer.name.partition(".")[2]
    known = {formatting.audited(snapshot.audit(table)) for table in transfer.made}
    audits = known.pop() if len(known) == 1 else "Leakage audits differ: see the single tables."
    sources = ", ".join(map(_words, transfer.sources[:-1])) + f" or {_words(transfer.sources[-1])}"
    return (
        f"{snapshot.corpus(table).title}. {tick}{transfer.task}{tick} on"
        f" {tick}{transfer.name}{tick}: the same {table.recordings} recordings"
        f" ({_words(test)}) of {formatting.count(table.speakers, 'speaker')},"
        f" {formatting.count(table.folds, 'fold')}, by models that were trained on"
        f" {sources}. {audits}"
    )


def heads(transfer: Transfer) -> list[str]:
    """The heads of the columns: the entry, each source, each further one less the first."""
    first, *others = map(_words, transfer.sources)
    columns = ["entry", first, *others]
    for source in others:
        columns += [f"{source} less {first} [95% CI]", "p"]
    return columns


def columns(snapshot: Snapshot, transfer: Transfer) -> str:
    """What the columns of sources hold."""
    metric = snapshot.task(transfer.made[0]).metrics[0]
    return f"{metric.title} {formatting.arrow(metric)} by what was trained on"


def cells(snapshot: Snapshot, transfer: Transfer, index: int) -> list[str]:
    """The cells of a line, but its name; a source without results is shown as missing."""
    metric = snapshot.task(transfer.made[0]).metrics[0]
    found = [
        formatting.NONE if score is None else formatting.score(score)
        for score in transfer.lines[index].scores(metric)
    ]
    for gain in transfer.gains[index]:
        found += [formatting.gain(gain), formatting.p(gain)]
    return found


def values(snapshot: Snapshot, transfer: Transfer, index: int) -> list[float | None]:
    """The numbers behind the cells of a line."""
    metric = snapshot.task(transfer.made[0]).metrics[0]
    found = [None if s is None else s.value for s in transfer.lines[index].scores(metric)]
    for gain in transfer.gains[index]:
        found += [gain.value, gain.p] if gain else [None, None]
    return found


def beside_heads(transfer: Transfer) -> list[str]:
    """The heads of the columns of further metrics: each source, metric by metric."""
    return [
        f"{metric.title} {formatting.arrow(metric)} {_words(source)}"
        for metric in transfer.beside
        for source in transfer.sources
    ]


def beside_cells(transfer: Transfer, index: int) -> list[str]:
    """The scores of a line by the further metrics, in the order of their heads."""
    return [
        formatting.NONE if score is None else formatting.score(score)
        for metric in transfer.beside
        for score in transfer.lines[index].scores(metric)
    ]


def beside_values(transfer: Transfer, index: int) -> list[float | None]:
    """The numbers behind these cells."""
    return [
        None if score is None else score.value
        for metric in transfer.beside
        for score in transfer.lines[index].scores(metric)
    ]


def note(snapshot: Snapshot, transfer: Transfer) -> str:
    """How sources were compared."""
    table, first = transfer.made[0], _words(transfer.sources[0])
    metric = snapshot.task(table).metrics[0]
    better = "below" if metric.better == "lower" else "above"
    text = (
        f"Differences are paired by {table.unit} (n = {table.n_units}), with their intervals; one"
        f" {better} 0 means that {first} is the worse training. p by sign flips, adjusted for all"
        " entries of the column."
    )
    absent = [
        _words(source)
        for source, made in zip(transfer.sources, transfer.tables, strict=True)
        if made is None
    ]
    return f"{text} No results yet from {', '.join(absent)}." if absent else text


def _words(name: str) -> str:
    return name.replace("_", " ")
