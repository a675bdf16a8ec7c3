"""The child process: fit one model, then predict one recording at a time.

    python -m benchmark.worker '{"visible", "entry", "settings", "seed", "limits", ...}'

It sees the visible part of one fold and nothing of the answers; test inputs reach it one by one
through its standard input, after `fit` has finished. The entry's own printing goes to the log.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import IO, Any

import numpy as np

from benchmark.core import Model
from benchmark.worker import fold_reader, keeping, limits, outlook, protocol, seccomp, window
from benchmark.worker.model import fit, make_model, self_report
from benchmark.worker.window import Window

AUDITED = "audit: "  # prefix of log lines that say what the entry did
NETWORK = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.bind")


def main(text: str) -> None:
    arguments = json.loads(text)
    limits.die_with_parent()
    shared = window.inherited()
    limits.bind(limits.Limits(**arguments["limits"]), arguments["own_user"])
    seccomp.refuse(arguments["network"])
    source, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb", 0)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)  # what the entry prints must not look like a prediction
    # Line buffered, since the evaluator ends this process without a warning.
    sys.stdout = os.fdopen(1, "w", 1, "utf-8", "replace", closefd=False)
    outlook.check(arguments["closed"])
    asked, roles = fold_reader.read_part(Path(arguments["visible"]))
    protocol.send(answers, {"ready": True})
    protocol.receive(source)  # the judge says when; nothing of the entry has run by then
    if arguments["audit"]:
        _audit()
    model = make_model(Path(arguments["entry"]), asked, arguments["seed"], arguments["settings"])
    if arguments["kept"]:
        model = keeping.load(model, Path(arguments["kept"]))
    else:
        fit(model, roles)
    if arguments["keeps"]:
        keeping.save(model, Path(arguments["keeps"]))
    protocol.send(answers, self_report(model))
    _predict(model, source, answers, shared)


def _audit() -> None:
    """Log what an entry does that a sandbox would forbid; a help for the honest, no sandbox."""
    mine = (os.environ["TMPDIR"], os.environ["SILENTBENCH_CHECKPOINTS"], "/dev/")
    seen: set[str] = set()

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        line = ""
        if event in NETWORK:
            line = f"network: {event} {arguments[1:] if 'connect' in event else arguments}"
        elif event == "open" and isinstance(arguments[0], str) and _writes(*arguments[1:]):
            path = os.path.abspath(arguments[0])
            line = "" if path.startswith(mine) else f"writes outside its scratch: {path}"
        if line and line not in seen:
            seen.add(line)
            os.write(2, f"{AUDITED}{line[:200]!r}\n".encode())

    sys.addaudithook(hook)


def _writes(mode: str | None, flags: int | None) -> bool:
    """Whether a file that was opened like this can be changed."""
    by_name = mode is not None and any(letter in mode for letter in "wax+")
    by_flag = flags is not None and flags & (os.O_WRONLY | os.O_RDWR) != 0
    return by_name or by_flag


def _predict(model: Model, source: IO[bytes], answers: IO[bytes], shared: Window) -> None:
    """Answer requests until the evaluator kills this process."""
    while True:
        request = protocol.receive(source)
        asked = request["inputs"]
        announced = [(np.dtype(dtype), tuple(shape)) for dtype, shape in asked.values()]
        arrays = protocol.receive_arrays(source, announced, shared)
        inputs = dict(zip(asked, arrays, strict=True))
        array = np.asarray(model.predict(inputs, tuple(request["shape"])))
        if array.dtype.hasobject:
            raise TypeError(f"predict returned {array.dtype}, expected numbers")
        head = {"array": [array.dtype.str, list(array.shape)]}
        protocol.send(answers, head, array, window=shared)


if __name__ == "__main__":
    main(*sys.argv[1:])
