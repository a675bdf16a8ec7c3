"""One line of a file of published results: a result without its recordings, for people to review.

A line has the job with its cost and environment, the scores, the sums of statistics by speaker and
session, and the sha256 of the recordings. Its last field, `seal`, is the sha256 of the text before.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from benchmark.core import Array, Metric, Task
from benchmark.results.columns import BadFile
from benchmark.results.published import EXACT, PublishedResult, score, sums
from benchmark.results.result import JobResult

LONGEST = 1_000_000  # characters
LONGEST_TEXT = 500  # characters of a reason, a version, a name
SEAL = re.compile(r',"seal":"([0-9a-f]{64})"}')
SEAL_LENGTH = len(',"seal":""}') + 64
HEX = r"[0-9a-f]{64}"
FINISHED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00", re.ASCII)
NAME = re.compile(r"[a-z0-9][a-z0-9_]{0,63}")
SPLIT = re.compile(r"[a-z0-9_]{1,64}\.[a-z0-9_]{1,64}")
CLOSE = 1e-9  # relative: what another order of additions may change in a sum

Vector = list[float] | dict[int, float]  # all numbers, or those that are not 0 by their index


class Line(BaseModel):
    """What a line says."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    result: JobResult  # without its recordings
    recordings: int = Field(ge=0, lt=2**31)
    statistics: str = Field(pattern=f"^({HEX})?$")  # sha256 of the recordings; empty for none
    scores: Mapping[str, float | None]
    sums: Mapping[str, Mapping[str, Vector]]  # by metric id and unit


def parse(text: str) -> Line:
    """Read one line; BadFile where its seal or its form is not right."""
    if len(text) > LONGEST:
        raise BadFile(f"longer than {LONGEST:,} characters")
    seal = SEAL.fullmatch(text, len(text) - SEAL_LENGTH)
    if not text.startswith("{") or not seal:
        raise BadFile(f"not a result: {text[:20]!r}")
    body = text[:-SEAL_LENGTH]
    if hashlib.sha256(body.encode()).hexdigest() != seal[1]:
        raise BadFile("changed after it was written: its content does not match its seal")
    try:
        line = Line.model_validate_json(f"{body}}}")
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part)[:40] for part in first["loc"]) or "the whole"
        raise BadFile(f"not a result: {field!r}: {first['msg']}") from error
    if problem := _unfit(line.result):
        raise BadFile(problem)
    return line


def _unfit(result: JobResult) -> str:
    """Why a field cannot stand on a page or in a path; empty where all can."""
    for field in ("task", "entry", "variant"):
        if not NAME.fullmatch(getattr(result, field)):
            return (
                f"{field}: expected a name of a-z, 0-9 and _, found {getattr(result, field)[:40]!r}"
            )
    if not SPLIT.fullmatch(result.split):
        return f"split: expected CORPUS.SPLIT, found {result.split[:40]!r}"
    for field in ("data", "code"):
        if not re.fullmatch(HEX, getattr(result, field)):
            return f"{field}: expected 64 hex digits"
    if not 0 <= result.seed < 2**31:
        return f"seed: expected 0 to 2^31, found {str(result.seed)[:40]}"
    if result.items or result.seal:
        return "recordings stand in the line: expected them in a file of their own"
    if result.finished and not FINISHED.fullmatch(result.finished):
        return f"finished: expected a time in UTC, found {result.finished[:40]!r}"
    counts = [count for by in result.outcomes.values() for count in by.values()]
    numbers = [n for n in result.environment.values() if isinstance(n, int)] + counts
    if not all(0 <= number < 2**63 for number in numbers):
        return "a number that no environment and no count can be"
    texts = (
        *(result.fold, result.reason, result.isolation, result.finished, *result.metrics),
        *(str(part) for pair in result.environment.items() for part in pair),
        *(name for counts in result.outcomes.values() for name in counts),
    )
    for text in texts:
        if len(text) > LONGEST_TEXT or not text.isprintable():
            return f"a text that no page can show: {text[:40]!r}"
    if "/" in result.fold or not result.fold:
        return f"fold: expected a name without a slash, found {result.fold[:40]!r}"
    return ""


def has_sums_of(line: Line, result: PublishedResult) -> bool:
    """Whether the sums and the number of recordings are those of the recordings."""
    expected = sums(result)
    if line.recordings != len(result.recordings.names):
        return False
    if line.sums.keys() != expected.keys():
        return False
    pairs = []
    for metric, by_unit in expected.items():
        claimed = line.sums[metric]
        if claimed.keys() != by_unit.keys():
            return False
        for unit, total in by_unit.items():
            numbers = claimed[unit]
            if isinstance(numbers, list) and len(numbers) == EXACT:
                total = total[:EXACT]  # the score may depend on no more
            values = vector(numbers, len(total))
            if values is None:
                return False
            pairs.append((values, total))
    if not pairs:
        return True
    one, other = (np.concatenate(side) for side in zip(*pairs, strict=True))
    return bool((np.abs(one - other) <= CLOSE * (1.0 + np.abs(other))).all())


def vector(numbers: Vector, length: int) -> Array | None:
    """The numbers (length,) of a line; None where they are not so many."""
    if isinstance(numbers, list):
        return np.array(numbers) if len(numbers) == length else None
    whole = np.zeros(length)
    if any(not 0 <= index < length for index in numbers):
        return None
    whole[list(numbers)] = list(numbers.values())
    return whole


def _short(metric: Metric, total: Array) -> list[float] | dict[str, float]:
    """What the score depends on; where most numbers are 0, as in a confusion matrix, the others."""
    with np.errstate(invalid="ignore", divide="ignore"):
        # Zeros and not a shorter array: a score may depend on any of its statistics.
        first = np.where(np.arange(len(total)) < EXACT, total, 0.0)
        if not metric.has_confusion and metric.reduce(total) == metric.reduce(first):
            total = total[:EXACT]
    exact = [int(v) if v == int(v) and abs(v) < 2**53 else _rounded(v) for v in total.tolist()]
    if np.count_nonzero(total) * 2 >= len(exact):
        return exact
    return {str(index): value for index, value in enumerate(exact) if value}


def _rounded(value: float) -> float:
    """Ten digits: enough for people, and for `has_sums_of`."""
    return float(f"{value:.10g}")


def dump(result: PublishedResult, task: Task) -> str:
    """The line of a result of a task, sealed."""
    of_task = [metric for metric in task.metrics if metric.id in result.recordings.measured]
    by_unit = sums(result)
    body = {
        "result": json.loads(result.head.dump()),
        "recordings": len(result.recordings.names),
        "statistics": result.digest,
        "scores": {m.id: None if (v := score(m, result)) is None else _rounded(v) for m in of_task},
        "sums": {
            metric.id: {unit: _short(metric, total) for unit, total in by_unit[metric.id].items()}
            for metric in of_task
        },
    }
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False)[:-1]
    return f'{text},"seal":"{hashlib.sha256(text.encode()).hexdigest()}"}}'
