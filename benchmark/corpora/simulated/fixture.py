"""A miniature of a simulated corpus: short recordings of two talkers of the embedded one.

Of each session some sentences, of which one is silent as well, and some command words. Written
twice, all bytes are the same.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, get_args

import numpy as np

from benchmark import storage
from benchmark.core import Array
from benchmark.corpora import embedded
from benchmark.corpora.simulated import files, plan, reader, stored
from benchmark.corpora.simulated.takes import Kind

TALKERS = ("u01", "u02")
SENTENCES, WORDS = 6, 2  # of each session of a talker


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
    heard, lines, frame, sample = list[Array](), list[dict[str, Any]](), 0, 0
    parts: dict[str, list[Array]] = {name: [] for name in ("points", "tongue", "f0", "voiced")}
    for id in chosen(talker):
        line = {**stored.entry(embedded.FOLDER, id)}
        source = reader.source(embedded.FOLDER, id)
        for name, values in parts.items():
            values.append(getattr(source, name))
        count = len(source.points)
        line["frames"] = [frame, count]
        frame += count
        if "audio" in line:
            heard.append(stored.stored_sound(embedded.FOLDER, id))
            line["audio"] = [sample, len(heard[-1])]
            sample += len(heard[-1])
        lines.append(line)
    joined = {name: np.concatenate(values) for name, values in parts.items()}
    palate = stored.movement(embedded.FOLDER, talker).palate * files.POINT
    contents = {f"{talker}.movement": files.encoded(files.movement(**joined, palate=palate))}
    contents[f"{talker}.flac"] = files.encoded_sound(np.concatenate(heard))
    return lines, contents


def chosen(talker: str) -> list[str]:
    """Ids of the recordings, in the order of the embedded corpus."""
    own = {
        id: line
        for id, line in stored.manifest(embedded.FOLDER)["recordings"].items()
        if line["talker"] == talker
    }
    picked = set[str]()
    for session in plan.SESSIONS:
        here = {id: e for id, e in own.items() if e["session"] == f"{talker}-{session}"}
        by_length = sorted(here, key=lambda id: (here[id]["frames"][1], id))
        kinds = {
            kind: [id for id in by_length if here[id]["kind"] == kind] for kind in get_args(Kind)
        }
        silent = kinds["silent"][0]
        aloud = here[silent]["of"]
        others = [id for id in kinds["sentence"] if id != aloud]
        picked |= {silent, aloud, *others[: SENTENCES - 1], *kinds["word"][:WORDS]}
    return [id for id in own if id in picked]
