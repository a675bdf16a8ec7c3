"""Results that say nothing of a single recording, for data that must not leave their place.

`aggregated` puts the sums of groups of recordings in place of the recordings: statistics add up,
so scores stay the same and intervals are drawn over groups. A group is what one speaker said, or a
part of it, and never fewer than LEAST recordings. Groups are numbered. Speakers have a name that is
the same in all results of one working folder and that nobody can guess without the folder's salt,
unless a split has a fold of their name: then that result tells whose sums these are.
`reveals` looks at a result as a stranger would and names everything in it that need not be there.
"""

from __future__ import annotations

import hmac
import json
import re
import secrets
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from benchmark import storage
from benchmark.core import Task
from benchmark.results import environment
from benchmark.results.result import KILLED, Cost, Item, JobResult, Measurement

LEAST = 5  # recordings of a group
MOST = 20  # groups of a speaker
REASON = "its reason stays where the data are"
TOO_FEW = f"fewer than {LEAST} test recordings: a sum would tell of single ones"
UNSCORABLE = f"fewer than {LEAST} had a score"
MACHINE = ("python", "cores")
HIDDEN = ("commit", "cpu", "os")  # of the environment: they name a machine or a fork
DIGEST = re.compile(r"[0-9a-f]{64}")
NAMED = re.compile(r"speaker [0-9a-f]{8}")
NUMBERED = re.compile(r" group [0-9]{1,4}")
MIDNIGHT = "T00:00:00+00:00"  # the moment would say which computer ran when
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}" + re.escape(MIDNIGHT))
VERSION = re.compile(
    r"(Linux )?\d{1,4}(\.\d{1,6}){0,3}([.+-]?(a|b|rc|dev|post|cu|cpu)\d{0,6}){0,2}"
)
HIDDEN_PARTS = 4  # letters from which on a secret may not be part of any text
LARGEST = {"seed": 10_000, "cores": 4096, "count": 10_000_000}


def salt(runs: Path) -> bytes:
    """The secret of a working folder, made when it is first asked for."""
    path = runs / "salt"
    if not path.exists():
        storage.write_first(path, secrets.token_bytes(32))
    return path.read_bytes()


def aggregated(result: JobResult, salt: bytes) -> JobResult:
    """The result, not sealed, without anything of a single recording.

    One of fewer than LEAST recordings becomes a failed one that says so.
    """
    told: dict[str, Any] = {
        "aggregated": True,
        "environment": {k: v for k, v in result.environment.items() if k not in HIDDEN},
        "finished": f"{result.finished[:10]}{MIDNIGHT}" if result.finished else "",
    }
    if result.status == "good" and len(result.items) < LEAST:
        empty: dict[str, Any] = {
            "status": "failed",
            "reason": TOO_FEW,
            "items": (),
            "outcomes": {},
            "cost": None,
        }
        return result.model_copy(update={**told, **empty, "probes": None})
    if result.status != "good":
        reason = result.reason if result.reason == KILLED else REASON
        return result.model_copy(update={**told, "reason": reason})
    items = tuple(
        _summed(f"{result.fold} group {number}", _name(speaker, salt), group)
        for number, (speaker, group) in enumerate(_groups(result.items), start=1)
    )
    statuses = {m: [item.measurements[m].status for item in result.items] for m in result.metrics}
    counts = {m: {s: by.count(s) for s in dict.fromkeys(by)} for m, by in statuses.items()}
    cost = None if result.cost is None else _plain(result.cost)
    # What probes saw is of single recordings.
    told |= {"items": items, "outcomes": counts, "cost": cost, "probes": None}
    return result.model_copy(update=told)


def _plain(cost: Cost) -> Cost:
    """Two digits of what was measured, and none of what the model says of itself at length."""
    rounded = {
        name: _short(value)
        for name, value in cost.model_dump().items()
        if isinstance(value, int | float)
    }
    return cost.model_copy(update={**rounded, "curve": (), "flops": None})


def _short(value: float) -> float:
    """A number to two digits: enough to compare, too few to carry anything."""
    short = float(f"{value:.2g}")
    return int(short) if isinstance(value, int) else short


def _name(speaker: str, salt: bytes) -> str:
    return f"speaker {hmac.digest(salt, speaker.encode(), 'sha256').hex()[:8]}"


def _groups(items: Sequence[Item]) -> list[tuple[str, list[Item]]]:
    """Speakers with their items, in parts of at least LEAST; small ones are put together."""
    by_speaker: dict[str, list[Item]] = defaultdict(list)
    for item in sorted(items, key=lambda item: item.recording):
        by_speaker[item.speaker].append(item)
    large = {s: mine for s, mine in sorted(by_speaker.items()) if len(mine) >= LEAST}
    small = [item for s, mine in sorted(by_speaker.items()) if s not in large for item in mine]
    pools = dict(large)
    if len(small) >= LEAST or not pools:
        pools[" ".join(sorted({item.speaker for item in small}))] = small
    elif small:
        last = next(reversed(pools))
        pools[last] = pools[last] + small
    found = []
    for speaker, pool in pools.items():
        count = min(MOST, len(pool) // LEAST)
        edges = [round(k * len(pool) / count) for k in range(count + 1)]
        found += [(speaker, pool[a:b]) for a, b in pairwise(edges)]
    return found


def _summed(name: str, speaker: str, items: Sequence[Item]) -> Item:
    """One item that stands for several: sums of what counts of them."""
    return Item(
        recording=name,
        speaker=speaker,
        session="",
        prediction="",
        seconds=_short(sum(item.seconds for item in items)),
        measurements={
            metric: _sum([item.measurements[metric] for item in items])
            for metric in items[0].measurements
        },
    )


def _sum(measured: Sequence[Measurement]) -> Measurement:
    counted = [np.array(m.statistics) for m in measured if m.status != "left out"]
    if len(counted) < LEAST:
        nothing = (0.0,) * len(measured[0].statistics)
        return Measurement(statistics=nothing, status="left out", reason=UNSCORABLE)
    return Measurement(statistics=tuple(np.sum(counted, axis=0).tolist()))


def reveals(
    result: JobResult, task: Task, known: Collection[str], hidden: Collection[str] = ()
) -> list[str]:
    """What of a result could tell of one recording, one sentence each; empty when nothing does.

    Every text in it must be one of those that a result needs (`known` are names of entries,
    variants and folds), and numbers that are no sums are short. `hidden` are ids, texts, speakers
    and labels of the data, where they are at hand: none may occur in it. Sums themselves cannot be
    looked through: that they are sums is what the program that made the result vouches for.
    """
    found = [] if result.aggregated else ["it is not aggregated: make it with --aggregates-only"]
    allowed = {
        *known,
        *_names(result, task),
        REASON,
        KILLED,
        TOO_FEW,
        UNSCORABLE,
        "",
        "good",
        "failed",
        "timed out",
    }
    texts = [said for _, said in _texts(json.loads(result.dump()))]
    for where, said in _texts(json.loads(result.dump())):
        if said not in allowed and not _harmless(where, said, result.fold):
            found.append(f"{where}: the text {said[:40]!r} need not be there")
    for secret in sorted(filter(None, hidden)):
        whole = json.dumps(secret, ensure_ascii=False) in result.dump()
        part = len(secret) >= HIDDEN_PARTS and any(
            secret in said for said in texts if said not in known
        )
        if whole or part:
            found.append(f"{secret[:40]!r} of the data is in it")
    return [*found, *_numbers(result)]


def _names(result: JobResult, task: Task) -> set[str]:
    ours = {metric.id for metric in task.metrics} | {*environment.LIBRARIES, *MACHINE}
    fixed = {result.task, result.split, "scored", "floored", "left out"}
    return ours | fixed


def _harmless(where: str, said: str, fold: str) -> bool:
    """A digest, a number for a name, a day or a version, at its own place."""
    place = where.rpartition(".")[2]
    if place in ("data", "code", "seal"):
        return DIGEST.fullmatch(said) is not None
    if place == "recording":
        return NUMBERED.fullmatch(said.removeprefix(fold)) is not None
    if place == "speaker":
        return NAMED.fullmatch(said) is not None
    if place == "finished":
        return DAY.fullmatch(said) is not None
    return where.startswith("environment.") and VERSION.fullmatch(said) is not None


def _texts(thing: Any, where: str = "") -> Iterator[tuple[str, str]]:
    """Every text in it with its place: values, and keys of what is not a field."""
    if isinstance(thing, str):
        yield where, thing
    elif isinstance(thing, dict):
        for key, value in thing.items():
            if where.split(".")[0] in ("outcomes", "environment") or where.endswith("measurements"):
                yield where, key
            yield from _texts(value, f"{where}.{key}".lstrip("."))
    elif isinstance(thing, list):
        for value in thing:
            yield from _texts(value, where)


def _numbers(result: JobResult) -> Iterator[str]:
    """Numbers that are more, larger or finer than sums over groups need to be."""
    counts = [n for by in result.outcomes.values() for n in by.values()]
    cores = result.environment.get("cores", 1)
    if not 0 <= result.seed < LARGEST["seed"]:
        yield "seed: larger than any seed"
    if type(cores) is not int or not 0 < cores <= LARGEST["cores"]:
        yield "environment.cores: not a number of cores"
    if not all(0 <= count <= LARGEST["count"] for count in counts):
        yield "outcomes: not numbers of recordings"
    if result.cost is not None and result.cost != _plain(result.cost):
        yield "cost: more than two digits of what was measured"
    if result.probes is not None:
        yield "probes: they are of single recordings"
    counted = [sum(by.values()) for by in result.outcomes.values()]
    if result.items and (not counted or min(counted) < LEAST * len(result.items)):
        yield f"{len(result.items)} groups of {min(counted, default=0)} recordings: too few in one"
    lengths: dict[str, set[int]] = defaultdict(set)
    for item in result.items:
        if item.prediction or item.session:
            yield f"{item.recording}: names a prediction or a session"
        if item.seconds != _short(item.seconds):
            yield f"{item.recording}: more than two digits of seconds"
        for name, measured in item.measurements.items():
            lengths[name].add(len(measured.statistics))
    yield from (f"{name}: sums of several lengths" for name, n in lengths.items() if len(n) > 1)
