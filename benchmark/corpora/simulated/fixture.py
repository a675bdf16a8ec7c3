"""A miniature of a simulated corpus from the embedded one: two talkers, words and silent takes.

Movement and sound are those of the embedded corpus; a silent take is a sentence of it, slower and
with smaller movements. Written twice, all bytes are the same.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from benchmark import storage
from benchmark.core import Array
from benchmark.corpora import embedded
from benchmark.corpora.simulated import files
from benchmark.corpora.simulated.sensors.source import FRAME_RATE

TALKERS = ("t1", "t2")
SENTENCES, WORDS, SILENT = 12, 4, 2  # of each talker
SLOWER, SMALLER = 1.15, 0.85  # of a silent take against its voiced one


def write(folder: Path) -> None:
    """Write the miniature into a folder."""
    talkers, entries, sums = list[Any](), list[dict[str, Any]](), dict[str, str]()
    for talker in TALKERS:
        talkers.append({"id": talker, "digest": "miniature"})
        lines, contents = _talker(talker)
        entries += lines
        for name, content in contents.items():
            storage.write_whole(folder / name, content)
            sums[name] = hashlib.sha256(content).hexdigest()
    (folder / "FIXTURE").write_text("A miniature, made from the embedded corpus.\n", "utf-8")
    head = {"format": files.FORMAT, "sensor_seed": "miniature", "talkers": talkers, "files": sums}
    files.write_manifest(folder, head, [files.line(entry) for entry in entries])


def _talker(talker: str) -> tuple[list[dict[str, Any]], dict[str, bytes]]:
    """The talker's lines of the list, and the contents of its files."""
    stored = embedded.frames(embedded.FOLDER, talker)
    sound, heard = embedded.sound(embedded.FOLDER, talker), list[Array]()
    parts: dict[str, list[Array]] = {name: [] for name in ("points", "tongue", "f0", "voiced")}
    lines, frame, sample = list[dict[str, Any]](), 0, 0
    for entry, silent in _takes(talker):
        first, count = entry["frames"]
        part = {name: stored[name][first : first + count].astype(np.float64) for name in parts}
        line = {name: entry[name] for name in ("talker", "session", "text")}
        line |= {"id": entry["id"], "kind": entry["kind"], "phones": entry["phones"]}
        if silent:
            line |= {"id": f"{entry['id']}-silent", "kind": "silent", "of": entry["id"]}
            line["phones"] = [[n, round(a * SLOWER, 3), round(b * SLOWER, 3)]
                              for n, a, b in entry["phones"]]  # fmt: skip
            part = {name: _slower(values) for name, values in part.items()}
            part["voiced"][:] = 0
        else:
            begin, length = entry["audio"]
            heard.append(sound[begin : begin + length])
            line["audio"] = [sample, length]
            sample += length
        count = len(part["f0"])
        line["frames"] = [frame, count]
        frame += count
        lines.append(line)
        for name, values in part.items():
            parts[name].append(values)
    joined = {name: np.concatenate(values) for name, values in parts.items()}
    made = files.movement(
        joined["points"] / 100,
        joined["tongue"] / 100,
        joined["f0"] / 100,
        joined["voiced"] > 0,
        stored["palate"] / 100,
    )
    contents = {f"{talker}.movement": files.encoded(made)}
    contents[f"{talker}.flac"] = files.encoded_sound(np.concatenate(heard))
    return lines, contents


def _takes(talker: str) -> list[tuple[dict[str, Any], bool]]:
    """Recordings of the embedded corpus, under the ids of this one, and which to make silent."""
    own = [
        e for e in embedded.manifest(embedded.FOLDER)["recordings"].values()
        if e["talker"] == talker
    ]  # fmt: skip
    said = [e for e in own if e["kind"] == "sentence"][:SENTENCES]
    words = [e for e in own if e["kind"] == "word"][:WORDS]
    words = [e | {"id": f"{talker}-aw{k + 1:03d}"} for k, e in enumerate(words)]
    return [*((e, False) for e in (*said, *words)), *((e, True) for e in said[:SILENT])]


def _slower(values: Array) -> Array:
    """Frames (N, ...) at 100 Hz, stretched in time and drawn towards their mean."""
    count = int(len(values) * SLOWER)
    times = np.arange(count) / SLOWER / FRAME_RATE
    flat = values.reshape(len(values), -1)
    grid = np.arange(len(values)) / FRAME_RATE
    moved = np.stack([np.interp(times, grid, column) for column in flat.T], axis=1)
    middle = moved.mean(axis=0)
    return np.asarray(middle + SMALLER * (moved - middle)).reshape(count, *values.shape[1:])
