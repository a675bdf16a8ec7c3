"""Forged files of recordings, aggregated results and manifests; see forged_lines.py."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from benchmark.results import aggregation
from benchmark.results.published import FLOORED, LEFT_OUT, Measured, Recordings, from_job
from hostile.board import ATTACKER, Board, stored, with_recordings
from hostile.forged_lines import Attack

R, RMSE = "pearson.per_recording@1", "rmse.per_recording@1"
Values = np.ndarray


def measured(reason: str, metric: str, change: Callable[[Measured], Measured]) -> Attack:
    """Another measurement of every recording, with the right digests and counts."""

    def forge(board: Board) -> None:
        def changed(of: Recordings) -> Recordings:
            return replace(of, measured={**of.measured, metric: change(of.measured[metric])})

        results = [r for r in board.honest() if metric in r.metrics]
        board.write([with_recordings(result, changed) for result in results])

    return Attack(forge, reason)


def statistics(reason: str, metric: str, change: Callable[[Values], Values]) -> Attack:
    return measured(reason, metric, lambda m: replace(m, statistics=change(m.statistics.copy())))


def recordings(reason: str, change: Callable[[Recordings], Recordings]) -> Attack:
    def forge(board: Board) -> None:
        board.write([with_recordings(r, change) for r in board.honest() if r.task == "toy"])

    return Attack(forge, reason)


def put(column: int, value: float) -> Callable[[Values], Values]:
    def change(values: Values) -> Values:
        values[0, column] = value
        return values

    return change


def marked(status: int, reason: str, worst: float | None = None) -> Callable[[Measured], Measured]:
    """The three worst recordings get another status."""

    def change(m: Measured) -> Measured:
        places = np.argsort(m.statistics[:, 0])[:3]
        values, marks = m.statistics.copy(), m.status.copy()
        marks[places] = status
        if status == LEFT_OUT:
            values[places] = 0.0
        if worst is not None:
            values[places, 0] = worst
        reasons = tuple(reason if i in places else m.reason(i) for i in range(len(marks)))
        return Measured(values, marks, reasons)

    return change


def _everything_scored(m: Measured) -> Measured:
    values = m.statistics.copy()
    values[:, :] = np.array([1.0, 1.0, 1.0, 1.0])
    return Measured(values, np.zeros_like(m.status))


def _part(of: Recordings, keep: slice | list[int]) -> Recordings:
    index = np.arange(len(of.names))[keep].tolist()
    return Recordings(
        *(tuple(column[i] for i in index) for column in (of.names, of.speakers, of.sessions)),
        predictions=of.predictions[index],
        measured={name: _chosen(m, index) for name, m in of.measured.items()},
    )


def _chosen(m: Measured, index: list[int]) -> Measured:
    status = m.status[index]
    return Measured(m.statistics[index], status, tuple(map(m.reason, index)) * bool(status.any()))


def _many_speakers(of: Recordings) -> Recordings:
    count = 2000
    names = tuple(f"r{n}" for n in range(count))
    return Recordings(
        *(names, names, ("",) * count),
        predictions=np.zeros((count, 32), np.uint8),
        measured={
            name: Measured(np.ones((count, m.statistics.shape[1])), np.zeros(count, np.uint8))
            for name, m in of.measured.items()
        },
    )


def npz(reason: str, change: Callable[[dict[str, Any]], None]) -> Attack:
    """Other arrays in a file whose index and digests stay."""

    def forge(board: Board) -> None:
        board.publish(ATTACKER, board.honest())
        with np.load(board.columns()) as file:
            arrays = dict(file)
        change(arrays)
        content = io.BytesIO()
        np.savez_compressed(content, **arrays)
        board.columns().write_bytes(content.getvalue())

    return Attack(forge, reason)


def _halved(arrays: dict[str, Any]) -> None:
    for name in arrays:
        if name.endswith(".0.statistics"):
            arrays[name] = arrays[name] * 0.5


def filled(arrays: dict[str, Any], number: int, dtype: Any) -> Any:
    """An array of one number for each recording, as the first metric of the first block has it."""
    return np.full(arrays["0.0.statistics"].shape[:2], number, dtype)


def index(reason: str, change: Callable[[dict[str, Any]], None]) -> Attack:
    """Another index of a file."""

    def changed(arrays: dict[str, Any]) -> None:
        read = json.loads(arrays["index"].tobytes())
        change(read)
        arrays["index"] = np.frombuffer(json.dumps(read).encode(), np.uint8)

    return npz(reason, changed)


def columns(reason: str, make: Callable[[Board], None]) -> Attack:
    """Something else in place of the file."""

    def forge(board: Board) -> None:
        board.publish(ATTACKER, board.honest())
        make(board)

    return Attack(forge, reason)


def _in_place(make: Callable[[Any], None]) -> Callable[[Board], None]:
    def forge(board: Board) -> None:
        path = board.columns()
        path.unlink()
        make(path)

    return forge


def _bomb(path: Any) -> None:
    """A gigabyte of zeros, a thousand times smaller."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("index.npy", b"\0" * 700_000_000)


def _decoy(board: Board) -> None:
    """Another file, read before the good one, has other recordings under the same digests."""
    good = board.columns()
    with np.load(good) as file:
        arrays = dict(file)
    arrays["0.0.statistics"] = arrays["0.0.statistics"] * 0.5
    for number in ("000000000000", "ffffffffffff"):
        np.savez_compressed(good.with_name(f"{ATTACKER}.{number}.npz"), **arrays)


def _many(board: Board) -> None:
    folder = board.file().parent
    for number in range(60):
        (folder / f"{ATTACKER}.{number + 10**11:012d}.npz").touch()


def aggregated(
    reason: str, change: Callable[[Recordings], Recordings] = lambda of: of, **fields: Any
) -> Attack:
    """An aggregated result, changed."""

    def forge(board: Board) -> None:
        made = []
        for result in board.honest():
            if result.task == "toy":
                honest = from_job(aggregation.aggregated(result, b"salt"))
                of = change(honest.recordings)
                head = honest.head.model_copy(update=fields)
                of = stored(of)
                made.append(replace(honest, head=head, recordings=of, digest=of.digest()))
        board.write(made)

    return Attack(forge, reason)


def _groups(change: Callable[[Values], Values]) -> Callable[[Recordings], Recordings]:
    def changed(of: Recordings) -> Recordings:
        made = {
            n: replace(m, statistics=change(m.statistics.copy())) for n, m in of.measured.items()
        }
        return replace(of, measured=made)

    return changed


def _times(factor: float, count: float) -> Callable[[Values], Values]:
    """Other sums, and other counts of what is in them."""
    return lambda v: np.hstack([v[:, :1] * factor, v[:, 1:2] * count, v[:, 2:]])


NO_MEASUREMENT = "statistics that no measurement of one recording has"
CHANGED = "were changed after they were written"
NOT_THE_TEST = "its recordings are not the test recordings of its fold"
ATTACKS = {
    "above the scale": statistics("lies above its scale", R, put(0, 1.5)),
    "below the scale": statistics("lies below its scale", R, put(0, -3.0)),
    "negative error": statistics("lies below its scale", RMSE, put(0, -1.0)),
    "weighs 10^9": statistics(NO_MEASUREMENT, R, put(1, 1e9)),
    "weighs nothing": statistics(NO_MEASUREMENT, R, put(1, 0.0)),
    "weighs less than nothing": statistics(NO_MEASUREMENT, R, put(1, -1.0)),
    "weighs hardly": statistics(NO_MEASUREMENT, R, put(1, 5e-324)),
    "words by the thousand": statistics(NO_MEASUREMENT, "wer.corpus@1", put(1, 0.5)),
    "half an answer": statistics(NO_MEASUREMENT, "accuracy@1", put(0, 0.5)),
    "two answers": statistics(NO_MEASUREMENT, "macro_f1@1", lambda v: v + 1.0),
    "NaN": statistics("sums", R, put(0, np.nan)),
    "infinite": statistics("sums", RMSE, put(0, np.inf)),
    "huge": statistics("which nothing can be", RMSE, put(0, 1e307)),
    "no statistics": statistics("0 statistics", R, lambda v: v[:, :0]),
    "one statistic": statistics("1 statistics", R, lambda v: v[:, :1]),
    "an older form": statistics("2 statistics", R, lambda v: v[:, :2]),
    "more channels": statistics("8 statistics", R, lambda v: np.hstack([v, v])),
    "a matrix of 3": statistics("9 statistics", "macro_f1@1", lambda v: np.eye(9)[[0] * len(v)]),
    "leaves out the hard ones": measured(
        "leaves out other recordings", R, marked(LEFT_OUT, "target: constant")
    ),
    "leaves out where nobody does": measured(
        "leaves out other recordings", RMSE, marked(LEFT_OUT, "target: constant")
    ),
    "leaves out everything": measured(
        "leaves out other recordings",
        R,
        lambda m: Measured(
            np.zeros_like(m.statistics),
            np.full_like(m.status, LEFT_OUT),
            ("target: constant",) * len(m.status),
        ),
    ),
    "scores what has no target": measured("leaves out other recordings", R, _everything_scored),
    "left out with a score": measured(
        "what is left out has statistics",
        R,
        lambda m: replace(m, status=np.full_like(m.status, LEFT_OUT)),
    ),
    "floored, but well": measured(
        "without the worst score", R, marked(FLOORED, "constant prediction", worst=0.9)
    ),
    "floored where nothing is": measured(
        "without the worst score", RMSE, marked(FLOORED, "constant prediction")
    ),
    "floored with a link": measured(
        "a text that no page can show", R, marked(FLOORED, "\x1b]8;;http://x\x07", worst=-1.0)
    ),
    "a status that there is not": measured(
        "a status that there is not", R, lambda m: replace(m, status=m.status + np.uint8(7))
    ),
    "the good half": recordings(NOT_THE_TEST, lambda of: _part(of, slice(8))),
    "each twice": recordings(NOT_THE_TEST, lambda of: _part(of, list(range(16)) * 2)),
    "the best one again": recordings(NOT_THE_TEST, lambda of: _part(of, [0] * 16)),
    "another order": recordings(NOT_THE_TEST, lambda of: _part(of, list(range(16))[::-1])),
    "of other names": recordings(
        NOT_THE_TEST, lambda of: replace(of, names=tuple(f"\u202e{n}" for n in of.names))
    ),
    "speakers swapped": recordings(
        "its speakers or sessions", lambda of: replace(of, speakers=of.speakers[::-1])
    ),
    "one speaker": recordings(
        "its speakers or sessions", lambda of: replace(of, speakers=("s",) * 16)
    ),
    "sessions swapped": recordings(
        "its speakers or sessions", lambda of: replace(of, sessions=of.sessions[::-1])
    ),
    "many speakers": recordings(NOT_THE_TEST, _many_speakers),
    "numbers without a digest": npz(CHANGED, _halved),
    "float32": npz(
        "expected float64",
        lambda a: a.update({"0.0.statistics": a["0.0.statistics"].astype(np.float32)}),
    ),
    "byte order": npz(
        "expected float64",
        lambda a: a.update({"0.0.statistics": a["0.0.statistics"].astype(">f8")}),
    ),
    "Fortran's order": npz(
        "expected float64",
        lambda a: a.update({"0.0.statistics": np.asfortranarray(a["0.0.statistics"])}),
    ),
    "objects": npz(
        "expected float64", lambda a: a.update({"0.0.statistics": np.array([{}], object)})
    ),
    "status of 9": npz(
        "a status that there is not",
        lambda a: a.update({"0.0.status": filled(a, 9, np.uint8)}),
    ),
    "reason of 9": npz(
        "a reason that its index",
        lambda a: a.update({"0.0.reason": filled(a, 9, np.uint16)}),
    ),
    "prediction of 10^6": npz(
        "a prediction that it does not",
        lambda a: a.update({"0.predictions": a["0.predictions"] + np.uint32(10**6)}),
    ),
    "without an array": npz("not a file of recordings", lambda a: a.pop("0.0.statistics")),
    "without an index": npz("not a file of recordings", lambda a: a.pop("index")),
    "index that is none": npz(
        "its index is not valid", lambda a: a.update(index=np.zeros(9, np.uint8))
    ),
    "index with half a character": npz(
        "its index is not valid",
        lambda a: a.update(index=np.frombuffer(b'{"blocks":["\\ud800"]}', np.uint8)),
    ),
    "deep index": npz(
        "its index is not valid", lambda a: a.update(index=np.frombuffer(b"[" * 10**6, np.uint8))
    ),
    "names by the million": index(
        "expected uint32",
        lambda i: i["blocks"][0].update(
            recordings=[""] * 10**6, speakers=[""] * 10**6, sessions=[""] * 10**6
        ),
    ),
    "wide": index("in memory", lambda i: i["blocks"][0]["columns"][0].update(width=10**9)),
    "narrow": index("expected float64", lambda i: i["blocks"][0]["columns"][0].update(width=-1)),
    "fewer speakers": index("differ in number", lambda i: i["blocks"][0].update(speakers=[])),
    "no recordings beside it": columns("in no file beside it", _in_place(lambda path: None)),  # noqa: ARG005
    "cut": columns(
        "not a file of", lambda b: b.columns().write_bytes(b.columns().read_bytes()[:999])
    ),
    "random": columns("not a file of", lambda b: b.columns().write_bytes(os.urandom(9999))),
    "bomb": columns("when unpacked", _in_place(_bomb)),
    "FIFO of recordings": columns("not a plain file", _in_place(os.mkfifo)),
    "folder of recordings": columns("not a plain file", _in_place(lambda p: p.mkdir())),
    "link to recordings": columns(
        "cannot be opened", _in_place(lambda p: p.symlink_to("/dev/zero"))
    ),
    "recordings of another": columns(
        "in no file beside it", lambda b: b.columns().write_bytes(b.columns("best").read_bytes())
    ),
    "decoys": replace(columns(CHANGED, _decoy), honest=True),
    "empty files of recordings": columns("files of recordings, of which 50 are read", _many),
    "aggregated by another name": aggregated(
        "its groups are not named", lambda of: replace(of, names=tuple(f"g{n}" for n in of.names))
    ),
    "aggregated by speakers": aggregated(
        "its speakers are not named", lambda of: replace(of, speakers=("s0",) * len(of.names))
    ),
    "aggregated with sessions": aggregated(
        "names sessions", lambda of: replace(of, sessions=("x",) * len(of.names))
    ),
    "aggregated, negative": aggregated("counts that no group", _groups(_times(-1.0, -1.0))),
    "aggregated, narrow": aggregated("0 statistics", _groups(lambda v: v[:, :0])),
    "aggregated, wide": aggregated("8 statistics", _groups(lambda v: np.hstack([v, v]))),
    "aggregated, too good": aggregated("lies above its scale", _groups(_times(9.0, 1))),
    "aggregated, not counted": aggregated("counts that no group", _groups(_times(1.0, 0))),
    "aggregated, 10^4000 counted": aggregated(
        "a number that no environment", outcomes={R: {"floored": 10**4000}, RMSE: {}}
    ),
    "aggregated, others counted": aggregated(
        "its counts of outcomes", outcomes={R: {"scored": 7}, RMSE: {"scored": 7}}
    ),
    "aggregated, hard ones left out": aggregated(
        "leaves out other recordings",
        outcomes={R: {"scored": 8, "left out": 8}, RMSE: {"scored": 16}},
    ),
    "aggregated, other outcomes": aggregated(
        "its counts of outcomes", outcomes={R: {"won": 16}, RMSE: {"scored": 16}}
    ),
}
