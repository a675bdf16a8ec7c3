"""Forged lines of published results: name -> what to do to a board, and what must be said of it.

The attacker's entry has no result before, unless the attack begins with `publish`; where it does,
the attack must not change that row either.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmark.results.result import Probes
from hostile.board import ATTACKER, COST, Board, changed, sealed

HUGE = 10**30


@dataclass(frozen=True)
class Attack:
    """`reason` is a part of what the page says; `honest`: published properly before."""

    forge: Callable[[Board], None]
    reason: str  # "" where nothing is wrong: the row stays as it was
    honest: bool = False


def edited(said: str, **fields: Any) -> Attack:
    """Every result with other fields, sealed again."""

    def forge(board: Board) -> None:
        results = [r for r in board.honest() if r.task == "toy"]
        board.write([changed(result, **fields) for result in results])

    return Attack(forge, said)


def rewritten(reason: str, change: Callable[[dict[str, Any]], None]) -> Attack:
    """Every line with another content, sealed again."""

    def forge(board: Board) -> None:
        board.publish(ATTACKER, board.honest())
        bodies = [json.loads(text) for text in board.lines()]
        for body in bodies:
            del body["seal"]
            change(body)
        board.write_lines([sealed(body) for body in bodies])

    return Attack(forge, reason)


def replaced(reason: str, old: str, new: str) -> Attack:
    """Every line with another text, sealed again."""

    def forge(board: Board) -> None:
        board.publish(ATTACKER, board.honest())
        texts = [text[: text.rindex(',"seal"')] + "}" for text in board.lines()]
        assert all(old in text for text in texts), old
        board.write_lines([sealed(text.replace(old, new)) for text in texts])

    return Attack(forge, reason)


def raw(reason: str, change: Callable[[bytes], bytes], honest: bool = False) -> Attack:
    """The file with other bytes."""

    def forge(board: Board) -> None:
        board.publish(ATTACKER, board.honest())
        board.file().write_bytes(change(board.file().read_bytes()))

    return Attack(forge, reason, honest)


def in_place(reason: str, make: Callable[[Board], None]) -> Attack:
    """Something else in place of the file."""

    def forge(board: Board) -> None:
        board.publish(ATTACKER, board.honest())
        board.file().unlink()
        make(board)

    return Attack(forge, reason)


def _socket(board: Board) -> None:
    here = os.getcwd()
    os.chdir(board.root)  # the path of a socket is short
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(str(board.file().relative_to(board.root)))
    finally:
        os.chdir(here)


def _sparse(board: Board) -> None:
    with board.file().open("wb") as file:
        file.truncate(10**12)


def _cost(**fields: Any) -> dict[str, Any]:
    return {"cost": COST.model_copy(update=fields)}


def _twice(board: Board) -> None:
    board.write_lines([*board.lines(), *board.lines()])


def _another_run(board: Board) -> None:
    """Two results of each job: the newer ones, which count, are those from before."""
    better = [changed(r, finished="2020-01-01T00:00:00+00:00") for r in board.honest()]
    board.write_lines([*board.lines(), *map(board.line, better)])


def _rival(board: Board) -> None:
    board.write([changed(r, entry="rival") for r in board.honest()])


def _copied(board: Board) -> None:
    """All that lies beside another entry."""
    board.file().write_bytes(board.file("best").read_bytes())
    copy = board.file().with_name(board.columns("best").name.replace("best", ATTACKER))
    copy.write_bytes(board.columns("best").read_bytes())


def _set(*keys: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(body: dict[str, Any]) -> None:
        for key in keys[:-1]:
            body = body[key]
        body[keys[-1]] = value

    return change


def _each(key: str, change: Callable[[Any], Any]) -> Callable[[dict[str, Any]], None]:
    return lambda body: body.update({key: change(body[key])})


def _first_sums(change: Callable[[Any], Any]) -> Callable[[dict[str, Any]], None]:
    def forge(body: dict[str, Any]) -> None:
        units = next(iter(body["sums"].values()))
        units[next(iter(units))] = change(units[next(iter(units))])

    return forge


ODD_TEXT = "a text that no page can show"
NOT_SEALED = "its content does not match its seal"
NO_COST = "a cost that no job can have"
ATTACKS = {
    "of a rival": Attack(_rival, "it is named after another entry, rival"),
    "all of a rival's files": Attack(_copied, "it is named after another entry, best"),
    "renamed copy": Attack(
        lambda b: b.write([changed(r, entry=ATTACKER) for r in b.honest("best")]),
        "produced by other code than today's",
    ),
    "other task": edited("there is no task other today", task="other"),
    "task as a path": edited("task: expected a name", task="../../tasks/toy"),
    "another task's result": edited("evaluated on other data than today's", task="words"),
    "other split": edited("its task has no split toy.other today", split="toy.other"),
    "split as a path": edited("split: expected CORPUS.SPLIT", split="../toy.all"),
    "other fold": edited("its split has no such fold today", fold="zzz"),
    "fold as a path": edited("fold: expected a name without a slash", fold="../../x"),
    "no fold": edited("fold: expected a name without a slash", fold=""),
    "fold that turns": edited(ODD_TEXT, fold="a\u202eb"),
    "gone variant": edited("its entry has no variant large today", variant="large"),
    "variant as a path": edited("variant: expected a name", variant="../default"),
    "negative seed": edited("seed: expected 0 to 2^31", seed=-1),
    "huge seed": edited("seed: expected 0 to 2^31", seed=HUGE),
    "seed of 5000 digits": replaced("not a result", '"seed":', f'"seed":{"1" * 5000}'),
    "stale data": edited("evaluated on other data than today's", data="1" * 64),
    "odd data": edited("data: expected 64 hex digits", data="today's"),
    "stale code": edited("produced by other code than today's", code="1" * 64),
    "odd code": edited("code: expected 64 hex digits", code="A" * 64),
    "older metrics": rewritten(
        "its recordings were scored by other metrics", _set("result", "metrics", value=["a@0"])
    ),
    "no metrics": rewritten("scored by other metrics", _set("result", "metrics", value=[])),
    "failed": edited("failed: \\[31mno", status="failed", reason="[31mno"),
    "timed out": edited("timed out", status="timed out"),
    "good, without recordings": rewritten("a good result without", _set("statistics", value="")),
    "reason that rings": edited(ODD_TEXT, status="failed", reason="\x07\x1b]0;taken"),
    "reason without end": edited(ODD_TEXT, status="failed", reason="x" * 100_000),
    "isolation of another kind": edited("its isolation", isolation="predictions only"),
    "isolation of chance": edited("its isolation", isolation="from the answers"),
    "unknown isolation": edited("its isolation", isolation="a bunker"),
    "no isolation": edited("its isolation, none", isolation=""),
    "time that is none": edited("finished: expected", finished="=1+1"),
    "no cost": edited("it has no costs", cost=None),
    "negative cost": edited(NO_COST, **_cost(fit_seconds=-3.0)),
    "huge cost": edited(NO_COST, **_cost(peak_memory_mb=1e300)),
    "infinitely fast": edited(NO_COST, **_cost(signal_seconds=5e-324)),
    "parameters of 70 bits": edited(NO_COST, **_cost(parameters=2**70)),
    "fewer than no parameters": edited(NO_COST, **_cost(parameters=-1)),
    "claims to be causal": edited(
        "the claims of its entry", probes=Probes(claims_causal=True, look_ahead_ms=0.0)
    ),
    "looks behind": edited("the claims of its entry", probes=Probes(look_ahead_ms=-5.0)),
    "looks ahead for ever": edited("the claims of its entry", probes=Probes(look_ahead_ms=1e308)),
    "environment that turns": edited(ODD_TEXT, environment={"cpu": "\u2066x\u2069"}),
    "environment on two lines": edited(ODD_TEXT, environment={"a\nb": "c"}),
    "long environment": edited(ODD_TEXT, environment={"cpu": "x" * 1000}),
    "environment of 5000 digits": replaced("not a result", '"cores":2', f'"cores":{"2" * 5000}'),
    "environment of 4300 digits": replaced(
        "a number that no", '"cores":2', f'"cores":{"2" * 4300}'
    ),
    "outcomes that are better": edited(
        "its counts of outcomes", outcomes={"pearson.per_recording@1": {"scored": 16}}
    ),
    "outcomes that ring": edited(ODD_TEXT, outcomes={"rmse.per_recording@1": {"\x07": 1}}),
    "said to be aggregated": edited("its groups are not named", aggregated=True),
    "schema of tomorrow": rewritten("not a result", _set("result", "schema_version", value=3)),
    "unknown field": rewritten("not a result", _set("result", "trusted", value=True)),
    "unknown field of the line": rewritten("not a result", _set("trusted", value=True)),
    "recordings in the line": rewritten(
        "recordings stand in the line",
        _set(
            *("result", "items"),
            value=[
                {
                    **dict.fromkeys(("recording", "speaker", "session", "prediction"), "s0"),
                    "seconds": 0,
                    "measurements": {},
                }
            ],
        ),
    ),
    "score of a winner": rewritten(
        "the score of its line", _each("scores", lambda old: dict.fromkeys(old, 0.999))
    ),
    "no score": rewritten("the score of its line", _set("scores", value={})),
    "score of nothing": rewritten(
        "the score of its line", _each("scores", lambda old: dict.fromkeys(old, None))
    ),
    "number of recordings": rewritten("its number of recordings", _set("recordings", value=7)),
    "negative recordings": rewritten("not a result", _set("recordings", value=-7)),
    "sums of a winner": rewritten("or its sums", _first_sums(lambda _: [1.0, 1.0])),
    "sums of another length": rewritten("or its sums", _first_sums(lambda v: [*v, 0.0])),
    "sums far away": rewritten("or its sums", _first_sums(lambda _: {"99999999999": 1.0})),
    "sums before the first": rewritten("or its sums", _first_sums(lambda _: {"-1": 1.0})),
    "sums of nobody": rewritten("or its sums", _set("sums", value={})),
    "many sums": rewritten(
        "longer than", _set("sums", value={f"m{n}": {"s0": [0.0] * 9} for n in range(30_000)})
    ),
    "not a number": replaced("not a result", '"scores":{', '"scores":{"x":NaN,'),
    "infinity": replaced("not a result", '"scores":{', '"scores":{"x":1e999,'),
    "half a character": replaced("not a result", '"python":"', '"python":"\\ud800'),
    "zero byte": replaced(ODD_TEXT, '"python":"', '"python":"\\u0000'),
    "key given twice": replaced("no such fold", '"fold":"', '"fold":"a","fold":"zzz'),
    "deep": replaced("not a result", '"scores":{', f'"scores":{"[" * 100_000}{{'),
    "edited without a seal": raw(NOT_SEALED, lambda c: c.replace(b'"cores":2', b'"cores":3')),
    "without seals": raw("not a result", lambda c: c.replace(b'"seal"', b'"sale"')),
    "one byte less": raw(NOT_SEALED, lambda c: c.replace(b'"python"', b'"pyton"')),
    "cut in the middle": raw("not a result", lambda c: c[: c.index(b"\n", 2) // 2]),
    "an old file": raw("not a result", lambda _: b'[\n{"task": "toy", "items": []}\n]\n'),
    "one object": raw("not a result", lambda _: b'{"result": {}}'),
    "null": raw("not a result", lambda _: b"null\n"),
    "UTF-16": raw("not UTF-8", lambda c: c.decode().encode("utf-16")),
    "Latin-1": raw("not UTF-8", lambda c: c.replace(b"3.13.0", b"3.13.\xe9")),
    "zero bytes": raw("not a result", lambda c: b"\0" * 1000 + b"\n" + c, honest=True),
    "conflict marks": raw(
        "not a result",
        lambda c: b"<<<<<<< HEAD\n" + c + b"=======\n>>>>>>> theirs\n",
        honest=True,
    ),
    "many lines that are none": raw("more lines", lambda c: c + b"x\n" * 200_000, honest=True),
    "a very long line": raw("longer than", lambda c: c + b"{" * 2_000_000 + b"\n", honest=True),
    "byte order mark": raw("", lambda c: b"\xef\xbb\xbf" + c, honest=True),
    "CR LF": raw("", lambda c: c.replace(b"\n", b"\r\n"), honest=True),
    "nothing": raw("", lambda _: b""),
    "a link": in_place("cannot be opened", lambda b: b.file().symlink_to(b.file("best"))),
    "a link to a device": in_place("cannot be opened", lambda b: b.file().symlink_to("/dev/zero")),
    "a link to nowhere": in_place("cannot be opened", lambda b: b.file().symlink_to("nowhere")),
    "a FIFO": in_place("not a plain file", lambda b: os.mkfifo(b.file())),
    "a socket": in_place("cannot be opened", _socket),
    "a folder": in_place("not a plain file", lambda b: b.file().mkdir()),
    "10^12 bytes": in_place("bytes, at most", _sparse),
    "each line twice": Attack(_twice, "the same result of this job stands in", honest=True),
    "another result of each job": Attack(_another_run, "result of this job", honest=True),
}
