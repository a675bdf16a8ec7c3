"""The steps of a build: a talker's speaker file, one take, and the files of all takes of a talker.

Each writes its result whole or not at all, and needs nothing but what is passed or on disk.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from benchmark import storage
from benchmark.core import Array, UserError
from benchmark.corpora.noise import AUDIO_RATE
from benchmark.corpora.simulated import files, listing
from benchmark.corpora.simulated.synthesis import render, vtl
from benchmark.corpora.simulated.takes import Take, Talker
from benchmark.corpora.simulated.talkers import speaker_file
from benchmark.corpora.simulated.texts import grammar, timing

SPEAKER, RECORD = "speaker.json", "record.json"
REFUSED = "refused"  # of a take that the synthesiser does not make: why
SAMPLES = AUDIO_RATE // render.FRAME_RATE  # of sound in a frame


def make_speaker(api: Any, talker: Talker, path: Path) -> None:
    """Write a talker's speaker file, and what is measured on it."""
    text, _ = speaker_file.make(api, talker)
    vtl.use(api, text)
    about = {"text": text, "palate": vtl.palate(api).tolist(), "length": vtl.length(api)}
    storage.write_json(path, about)


def make_take(api: Any, take: Take, talker: Talker, speaker: Path, path: Path) -> None:
    """Render a take and write it, points and pitch to the precision of the corpus's files.

    Where the synthesiser refuses its score, what it says is written instead.
    """
    vtl.use(api, json.loads(speaker.read_text("utf-8"))["text"])
    try:
        made = render.render(api, take, talker)
    except api.VtlApiError as error:
        _write(path, {REFUSED: np.array(" ".join(str(error).split()))})
        return
    arrays: dict[str, Any] = {
        "points": files.whole(made.points / files.POINT, np.int16),
        "tongue": made.tongue.astype(np.float32),
        "f0": files.whole(made.f0 / files.HERTZ, np.uint16),
        "voiced": made.voiced.astype(bool),
        "audio": np.zeros(0, np.int16) if made.audio is None else made.audio,
    }
    _write(path, arrays)


def _write(path: Path, arrays: Mapping[str, Any]) -> None:
    content = io.BytesIO()
    np.savez(content, **arrays)
    storage.write_whole(path, content.getvalue())


def make_files(
    talker: Talker, takes: Sequence[Take], paths: Sequence[Path], work: Path, out: Path, code: str
) -> None:
    """Write a talker's sound and movement to `out`, and then its part of the list beside `work`.

    Takes that the synthesiser refused are left out, and so are silent ones of theirs.
    """
    found = {take.id: _arrays(path) for take, path in zip(takes, paths, strict=True)}
    refused = {id: str(arrays[REFUSED]) for id, arrays in found.items() if REFUSED in arrays}
    takes = left(takes, refused.keys())
    if not takes:
        raise UserError(f"all takes are refused by the synthesiser: {'; '.join(refused.values())}")
    made = [found[take.id] for take in takes]
    about = json.loads((work / SPEAKER).read_text("utf-8"))
    joined = {name: np.concatenate([take[name] for take in made]) for name in made[0]}
    movement = files.movement(
        joined["points"] * files.POINT,
        joined["tongue"].astype(np.float64),
        joined["f0"] * files.HERTZ,
        joined["voiced"],
        np.array(about["palate"]),
    )
    contents = {f"{talker.id}.movement": files.encoded(movement)}
    if len(joined["audio"]):
        contents[f"{talker.id}.flac"] = files.encoded_sound(joined["audio"])
    for name, content in contents.items():
        storage.write_whole(work / name, content)
        os.replace(work / name, out / name)
    record = {
        "digest": code,
        "talker": described(talker) | {"length_mm": round(about["length"], 1), "digest": code},
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()},
        "recordings": _entries(talker, takes, [len(take["f0"]) for take in made]),
        "refused": refused,
    }
    storage.write_json(work.with_name(f"{talker.id}.{RECORD}"), record)


def left(takes: Sequence[Take], refused: Collection[str]) -> list[Take]:
    """Takes without refused ones and silent ones of theirs."""
    return [take for take in takes if take.id not in refused and take.of not in refused]


def _arrays(path: Path) -> dict[str, Array]:
    with np.load(path, allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}


def described(talker: Talker) -> dict[str, Any]:
    """What the list says of a talker: not the seed, which may be a secret."""
    about = asdict(talker)
    del about["seed"]
    return about


def _entries(talker: Talker, takes: Sequence[Take], counts: Sequence[int]) -> list[dict[str, Any]]:
    """The list's lines of a talker's takes, in the order in which they lie in the files."""
    entries, frame, sample = list[dict[str, Any]](), 0, 0
    for take, count in zip(takes, counts, strict=True):
        entry: dict[str, Any] = {
            **{name: getattr(take, name) for name in ("id", "talker", "session", "kind")},
            "text": grammar.plain(take.text),
            "frames": [frame, count],
            "phones": [[p.name, p.start, p.end] for p in timing.timed(take, talker).phones],
        }
        frame += count
        if take.kind == "silent":
            entry["of"] = take.of
        else:
            entry["audio"] = [sample, count * SAMPLES]
            sample += count * SAMPLES
        entries.append(entry)
    return entries


def finished(folder: Path, building: Path) -> dict[str, dict[str, Any]]:
    """The parts of the list, by talker, of all who are finished: listed, or about to be.

    A talker of whom a listed file is missing or is another is to be made again.
    """
    found = {}
    if (folder / files.MANIFEST).exists():
        listed = files.read_manifest(folder)
        for about in listed["talkers"]:
            name = about["id"]
            if not _whole(folder, {f: s for f, s in listed["files"].items() if _of(f) == name}):
                continue
            found[name] = {
                "digest": about["digest"],
                "talker": about,
                "files": {f: s for f, s in listed["files"].items() if _of(f) == name},
                "recordings": [e for e in listed["recordings"].values() if e["talker"] == name],
                "refused": about.get("refused", {}),
            }
    for path in building.glob(f"*.{RECORD}"):
        record = _record(path, folder)
        if record is not None:
            found[record["talker"]["id"]] = record
    return found


def _record(path: Path, folder: Path) -> dict[str, Any] | None:
    """A finished talker's part of the list; None where its files are missing or are others.

    UserError where a build did not write it, or where it is not of its files.
    """
    try:
        found: dict[str, Any] = json.loads(path.read_text("utf-8"))
        kinds = {"digest": str, "talker": dict, "files": dict, "recordings": list, "refused": dict}
        if wrong := [name for name, kind in kinds.items() if not isinstance(found[name], kind)]:
            raise TypeError(f"{wrong[0]} is no {kinds[wrong[0]].__name__}")
        id = found["talker"]["id"]
        parts = {"talkers": [found["talker"]], **{n: found[n] for n in ("files", "recordings")}}
        listing.check(
            json.dumps({"format": files.FORMAT, "sensor_seed": "", **parts}), files.FORMAT
        )
        if found["talker"]["digest"] != found["digest"] or {*map(_of, found["files"])} != {id}:
            raise ValueError("its digests or files are not of one talker")
        if not _whole(folder, found["files"]):
            return None
        _is_of_files(found["recordings"], folder / f"{id}.movement", folder / f"{id}.flac")
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise UserError(
            f"{path}: not a record of a finished talker ({problem!r}); remove it, and the talker "
            "is built again"
        ) from problem
    return found


def _is_of_files(entries: Sequence[Mapping[str, Any]], movement: Path, sound: Path) -> None:
    """ValueError unless recordings follow one another to the end of their files."""
    import soundfile

    frames = len(files.read_movement(movement).points)
    samples = soundfile.info(sound).frames if sound.exists() else 0
    for name, length in (("frames", frames), ("audio", samples)):
        end = 0
        for entry in entries:
            if name in entry:
                if entry[name][0] != end:
                    raise ValueError(
                        f"{entry['id']}: expected {name} from {end} on, found {entry[name][0]}"
                    )
                end += entry[name][1]
        if end != length:
            raise ValueError(f"{name}: expected {end} in its file, found {length}")


def _of(file: str) -> str:
    """The talker of a file of a corpus."""
    return file.rpartition(".")[0]


def _whole(folder: Path, sums: Mapping[str, str]) -> bool:
    """Whether files are there as listed: their sha256 by name."""
    return all(
        (folder / name).is_file()
        and hashlib.sha256((folder / name).read_bytes()).hexdigest() == expected
        for name, expected in sums.items()
    )


def header(
    seed: str, records: Sequence[Mapping[str, Any]], sealed: str | None = None
) -> dict[str, Any]:
    """The list without its recordings; `sealed` is the digest of a sealed corpus's secret."""
    return {
        "format": files.FORMAT,
        "generator": "VocalTractLab API 2.4.2 via vocaltractlab-cython 0.0.17, speaker JD3",
        "licence": (
            "Simulated speech made with VocalTractLab (GPL-3.0) and its speaker JD3; the files "
            "hold numbers and sound that the program put out and no part of the program."
        ),
        **({"sealed": True} if sealed else {}),
        "seed_sha256": sealed or hashlib.sha256(seed.encode()).hexdigest(),
        "sensor_seed": hashlib.sha256(f"{seed}/sensors".encode()).hexdigest(),
        "audio_rate_hz": AUDIO_RATE,
        "frame_rate_hz": render.FRAME_RATE,
        "talkers": [record["talker"] | {"refused": record["refused"]} for record in records],
        "files": {name: sha for record in records for name, sha in record["files"].items()},
    }
