"""Aggregated results, for confidential data: sums over groups of recordings instead of recordings.

`aggregated` replaces the recordings of a result by groups: statistics add up, so scores stay the
same and intervals are drawn over groups. A group is the recordings of one speaker, or a part of
them, and never fewer than MIN_GROUP. Groups are numbered. Speakers get a pseudonym that is the same
in all results of one working folder and cannot be guessed without the folder's salt; but where a
split has a fold named after a speaker, the fold's name identifies them.
`reveals` checks a result independently and names everything in it that an aggregated result does
not need.
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

MIN_GROUP = 5  # recordings
MAX_GROUPS = 20  # a speaker
REASON = "its reason stays where the data are"
TOO_FEW = f"fewer than {MIN_GROUP} test recordings: a sum would tell of single ones"
UNSCORABLE = f"fewer than {MIN_GROUP} had a score"
MACHINE = ("python", "cores")
# Of the environment: they name a machine or a fork.
IDENTIFYING = ("commit", "cpu", "gpu", "os", *environment.VARIABLES)
DIGEST = re.compile(r"[0-9a-f]{64}")
PSEUDONYM = re.compile(r"speaker [0-9a-f]{8}")
NUMBERED = re.compile(r" group [0-9]{1,4}")
MIDNIGHT = "T00:00:00+00:00"  # the exact time would say which computer ran when
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}" + re.escape(MIDNIGHT))
VERSION = re.compile(
    r"(Linux )?\d{1,4}(\.\d{1,6}){0,3}([.+-]?(a|b|rc|dev|post|cu|cpu)\d{0,6}){0,2}"
)
SHORTEST_SECRET = 4  # letters; a shorter one may be part of a longer text by accident
LARGEST = {"seed": 10_000, "cores": 4096, "count": 10_000_000}


def salt(runs: Path) -> bytes:
    """The secret bytes (32) of a working folder, made on first use."""
    path = runs / "salt"
    if not path.exists():
        storage.write_first(path, secrets.token_bytes(32))
    return path.read_bytes()


def aggregated(result: JobResult, salt: bytes) -> JobResult:
    """The result, not sealed, without any information on a single recording.

    A result of fewer than MIN_GROUP recordings becomes a failed one with that reason.
    """
    changes: dict[str, Any] = {
        "aggregated": True,
        "environment": {k: v for k, v in result.environment.items() if k not in IDENTIFYING},
        "finished": f"{result.finished[:10]}{MIDNIGHT}" if result.finished else "",
    }
    if result.status == "good" and len(result.items) < MIN_GROUP:
        empty: dict[str, Any] = {
            "status": "failed",
            "reason": TOO_FEW,
            "items": (),
            "outcomes": {},
            "cost": None,
        }
        return result.model_copy(update={**changes, **empty, "probes": None})
    if result.status != "good":
        reason = result.reason if result.reason == KILLED else REASON
        return result.model_copy(update={**changes, "reason": reason})
    items = tuple(
        _summed(f"{result.fold} group {number}", _name(speaker, salt), group)
        for number, (speaker, group) in enumerate(_groups(result.items), start=1)
    )
    statuses = {m: [item.measurements[m].status for item in result.items] for m in result.metrics}
    counts = {m: {s: by.count(s) for s in dict.fromkeys(by)} for m, by in statuses.items()}
    cost = None if result.cost is None else _plain(result.cost)
    # Probes were measured on single recordings.
    changes |= {"items": items, "outcomes": counts, "cost": cost, "probes": None}
    return result.model_copy(update=changes)


def is_group(name: str) -> bool:
    """Whether a name is that of a group of recordings; the id of one has no space."""
    return NUMBERED.search(name) is not None


def _plain(cost: Cost) -> Cost:
    """Costs rounded to two digits, without the curve and the operations that the model reports."""
    rounded = {
        name: _short(value)
        for name, value in cost.model_dump().items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
    return cost.model_copy(update={**rounded, "curve": (), "flops": None})


def _short(value: float) -> float:
    """A number rounded to two digits: enough to compare, too few to encode anything."""
    short = float(f"{value:.2g}")
    return int(short) if isinstance(value, int) else short


def _name(speaker: str, salt: bytes) -> str:
    return f"speaker {hmac.digest(salt, speaker.encode(), 'sha256').hex()[:8]}"


def _groups(items: Sequence[Item]) -> list[tuple[str, list[Item]]]:
    """Speakers with their items, in parts of at least MIN_GROUP; small speakers are merged."""
    by_speaker: dict[str, list[Item]] = defaultdict(list)
    for item in sorted(items, key=lambda item: item.recording):
        by_speaker[item.speaker].append(item)
    large = {s: own for s, own in sorted(by_speaker.items()) if len(own) >= MIN_GROUP}
    small = [item for s, own in sorted(by_speaker.items()) if s not in large for item in own]
    pools = dict(large)
    if len(small) >= MIN_GROUP or not pools:
        pools[" ".join(sorted({item.speaker for item in small}))] = small
    elif small:
        last = next(reversed(pools))
        pools[last] = pools[last] + small
    groups = []
    for speaker, pool in pools.items():
        count = min(MAX_GROUPS, len(pool) // MIN_GROUP)
        edges = [round(k * len(pool) / count) for k in range(count + 1)]
        groups += [(speaker, pool[a:b]) for a, b in pairwise(edges)]
    return groups


def _summed(name: str, speaker: str, items: Sequence[Item]) -> Item:
    """One item for a group: the sums of its statistics that count."""
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
    if len(counted) < MIN_GROUP:
        nothing = (0.0,) * len(measured[0].statistics)
        return Measurement(statistics=nothing, status="left out", reason=UNSCORABLE)
    return Measurement(statistics=tuple(np.sum(counted, axis=0).tolist()))


def reveals(
    result: JobResult, task: Task, known: Collection[str], hidden: Collection[str] = ()
) -> list[str]:
    """What in a result could identify one recording, one sentence each; empty when nothing does.

    Every text must be one that a result needs (`known` are names of entries, variants and folds),
    and numbers other than sums must be rounded. `hidden` are ids, texts, speakers and labels of the
    data, where available: none may occur. Sums cannot be checked: that they are sums is guaranteed
    by the program that made the result only.
    """
    problems = [] if result.aggregated else ["it is not aggregated: make it with --aggregates-only"]
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
    dumped = result.dump()
    texts = list(_texts(json.loads(dumped)))
    others = {text for _, text in texts if text not in known}
    # Most secrets are nowhere, which one search tells.
    all_others = "\n".join(others)
    for field, text in texts:
        if text not in allowed and not _is_harmless(field, text, result.fold):
            problems.append(f"{field}: the text {text[:40]!r} is not needed")
    for secret in sorted(filter(None, hidden)):
        whole = json.dumps(secret, ensure_ascii=False) in dumped
        maybe = len(secret) >= SHORTEST_SECRET and secret in all_others
        part = maybe and any(secret in text for text in others)
        if whole or part:
            problems.append(f"it holds {secret[:40]!r} of the data")
    return [*problems, *_numbers(result)]


def _names(result: JobResult, task: Task) -> set[str]:
    ours = {metric.id for metric in task.metrics} | {*environment.LIBRARIES, *MACHINE}
    fixed = {result.task, result.split, result.setup, "scored", "floored", "left out"}
    return ours | fixed


def _is_harmless(field: str, text: str, fold: str) -> bool:
    """Whether it is a digest, a pseudonym, a group's number, a day or a version, in its field."""
    name = field.rpartition(".")[2]
    if name in ("data", "code", "seal"):
        return DIGEST.fullmatch(text) is not None
    if name == "recording":
        return NUMBERED.fullmatch(text.removeprefix(fold)) is not None
    if name == "speaker":
        return PSEUDONYM.fullmatch(text) is not None
    if name == "finished":
        return DAY.fullmatch(text) is not None
    return field.startswith("environment.") and VERSION.fullmatch(text) is not None


def _texts(value: Any, field: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a JSON value with its field: values, and keys where keys are data."""
    if isinstance(value, str):
        yield field, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            if field.split(".")[0] in ("outcomes", "environment") or field.endswith("measurements"):
                yield field, key
            yield from _texts(inner, f"{field}.{key}".lstrip("."))
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner, field)


def _numbers(result: JobResult) -> Iterator[str]:
    """Numbers that are more, larger or more precise than an aggregated result needs."""
    counts = [n for by in result.outcomes.values() for n in by.values()]
    cores = result.environment.get("cores", 1)
    if not 0 <= result.seed < LARGEST["seed"]:
        yield "seed: larger than any seed"
    if type(cores) is not int or not 0 < cores <= LARGEST["cores"]:
        yield "environment.cores: not a number of cores"
    if not all(0 <= count <= LARGEST["count"] for count in counts):
        yield "outcomes: not numbers of recordings"
    if result.cost is not None and result.cost != _plain(result.cost):
        yield "cost: not rounded to two digits"
    if result.probes is not None:
        yield "probes: measured on single recordings"
    counted = [sum(by.values()) for by in result.outcomes.values()]
    if result.items and (not counted or min(counted) < MIN_GROUP * len(result.items)):
        few = min(counted, default=0)
        yield f"{len(result.items)} groups of {few} recordings: too few in a group"
    lengths: dict[str, set[int]] = defaultdict(set)
    for item in result.items:
        if item.prediction or item.session:
            yield f"{item.recording}: names a prediction or a session"
        if item.seconds != _short(item.seconds):
            yield f"{item.recording}: seconds not rounded to two digits"
        for name, measured in item.measurements.items():
            lengths[name].add(len(measured.statistics))
    yield from (f"{name}: sums of several lengths" for name, n in lengths.items() if len(n) > 1)
