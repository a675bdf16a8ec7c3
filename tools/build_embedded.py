"""Build the embedded corpus: eight simulated speakers with a vocal tract model.

    python tools/build_embedded.py [--out DIR] [--speakers t1 t2] [--only ID ...] [--jobs 2]

Needs the extra ``synth`` (GPL-3.0, used only here; the output is data). The seed of every recording
derives from its id, so a part built alone equals the same part of the whole corpus.
``benchmark/corpora/embedded/data/manifest.json`` lists units and names of the output.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import os
import subprocess
import sys
import traceback
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from _embedded_text import SEED, SPEAKERS, SUBSTITUTES, Recording, Speaker, plan, timed_phones
from _embedded_vtl import (
    FRAME_HZ,
    GAIN,
    LOWER_INCISOR,
    LOWER_LIP,
    PALATE,
    RATE_HZ,
    TONGUE_POINTS,
    UPPER_LIP,
    Rendered,
    load_api,
    outlines,
    parameter_names,
    render,
    set_speaker,
    units,
)

DEFAULT_OUT = Path(__file__).resolve().parent.parent / "benchmark/corpora/embedded/data"
FIELDS = ("points", "tongue", "tract", "glottis", "f0", "voiced")


def _forked(task: Any, *args: Any) -> Any:
    """Result of ``task(*args)`` in a fork of this process.

    The synthesiser is global to its process; a fresh copy for each recording makes sure that no
    state is left over from what was built before it.
    """
    here, there = multiprocessing.Pipe(duplex=False)
    pid = os.fork()
    if pid == 0:
        try:
            there.send(task(*args))
        finally:  # the parent fails at the missing result; the reason is printed here
            if sys.exc_info()[0]:
                traceback.print_exc()
            os._exit(0)
    there.close()
    try:
        return here.recv()
    except EOFError as error:
        raise RuntimeError(f"building failed: {args[1:2]}") from error
    finally:
        os.waitpid(pid, 0)


def _neutral(api: Any) -> dict[str, Any]:
    """Palate outline and tract length of the speaker's neutral vowel."""
    state = api.get_shape("@", "tract")
    length = float(np.sum(api.tract_state_to_tube_state(state)["tube_length"]))
    return {"palate": units(outlines(api, state)["upper"][PALATE]), "length": length}


def _entry(rec: Recording, made: Rendered, frame: int, phones: list[Any]) -> dict[str, Any]:
    """The manifest's line of a recording that begins at ``frame``."""
    n = len(made.f0)
    fields = {k: v for k, v in asdict(rec).items() if v is not None}
    fields["audio"] = [frame * RATE_HZ // FRAME_HZ, len(made.audio)]
    fields["frames"] = [frame, n]
    fields["phones"] = [[p.name, p.start, p.end] for p in phones]
    return fields


def build_speaker(speaker: Speaker, recordings: Sequence[Recording], out: Path) -> None:
    """Write ``<id>.flac``, ``<id>.npz`` and the part ``<id>.part.json`` of one speaker."""
    api = load_api()
    set_speaker(api, speaker)
    tract_names, glottis_names = parameter_names(api)
    still = _neutral(api)
    made, entries, frame = list[Rendered](), list[dict[str, Any]](), 0
    for rec in recordings:
        phones = timed_phones(rec, speaker)
        made.append(_forked(render, api, rec, phones, speaker))
        entries.append(_entry(rec, made[-1], frame, phones))
        frame += len(made[-1].f0)
        print(rec.id, len(made[-1].f0) / FRAME_HZ, flush=True)
    audio = np.concatenate([m.audio for m in made])
    soundfile.write(out / f"{speaker.id}.flac", audio, RATE_HZ, subtype="PCM_16")
    arrays: dict[str, Any] = {
        name: np.concatenate([getattr(m, name) for m in made]) for name in FIELDS
    }
    np.savez_compressed(out / f"{speaker.id}.npz", palate=still["palate"], **arrays)
    about = asdict(speaker) | {"tract_length_cm": round(still["length"], 2)}
    part = {"talker": about, "recordings": entries, "tract": tract_names, "glottis": glottis_names}
    (out / f"{speaker.id}.part.json").write_text(json.dumps(part), "utf-8")


def _header(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """The manifest without recordings and files."""
    points = [*TONGUE_POINTS, "lower incisor", "upper lip", "lower lip"]
    return {
        "name": "embedded", "version": "1",
        "generator": "VocalTractLab API 2.4.2 via vocaltractlab-cython 0.0.17, speaker JD3",
        "builder": "tools/build_embedded.py", "seed": SEED,
        "licence": (
            "Simulated speech made with VocalTractLab (GPL-3.0) and its speaker JD3; the files "
            "hold numbers and sound that the program put out and no part of the program."
        ),
        "audio_rate_hz": RATE_HZ, "audio_gain": GAIN, "frame_rate_hz": FRAME_HZ,
        "units": {
            "points": "10 um, (frames, 6, 2), x forwards and y up, midsagittal",
            "tongue": "as points, (frames, 37, 2), root to tip",
            "palate": "as points, (12, 2), once a talker",
            "f0": "0.01 Hz, as commanded, also where unvoiced",
            "voiced": "1 where PR > 2000 dPa and (XB + XT) / 2 < 0.06 cm",
        },
        "points": points,
        "outline_indices": {
            **{name: ["tongue", i] for name, i in TONGUE_POINTS.items()},
            "lower incisor": ["lower", LOWER_INCISOR], "upper lip": ["upper", UPPER_LIP],
            "lower lip": ["lower", LOWER_LIP], "palate": ["upper", [PALATE.start, PALATE.stop]],
        },
        "tract_parameters": parts[0]["tract"], "glottis_parameters": parts[0]["glottis"],
        "phone_substitutes": SUBSTITUTES, "talkers": [p["talker"] for p in parts],
    }  # fmt: skip


def write_manifest(out: Path, speakers: Sequence[str]) -> None:
    """Join the speakers' parts into ``manifest.json``, one recording a line."""
    files = [out / f"{t}.part.json" for t in speakers]
    parts = [json.loads(f.read_text("utf-8")) for f in files]
    names = [f"{t}.{ext}" for t in speakers for ext in ("flac", "npz")]
    sums = {n: hashlib.sha256((out / n).read_bytes()).hexdigest() for n in names}
    lines = [json.dumps(r) for p in parts for r in p["recordings"]]
    head = json.dumps(_header(parts) | {"files": sums}, indent=1)
    body = ",\n  ".join(lines)
    text = f'{head[:-2]},\n "recordings": [\n  {body}\n ]\n}}\n'
    json.loads(text)
    (out / "manifest.json").write_text(text, "utf-8")
    for file in files:
        file.unlink()


def _run_children(speakers: list[str], only: list[str], out: Path, jobs: int) -> None:
    """One process a speaker, ``jobs`` at a time; the first failure ends the build."""
    waiting, running = list(speakers), dict[str, subprocess.Popen[bytes]]()
    while waiting or running:
        while waiting and len(running) < jobs:
            name = waiting.pop(0)
            command = [sys.executable, __file__, "--out", str(out), "--child", name]
            running[name] = subprocess.Popen([*command, "--only", *only])
        name = next(iter(running))
        if (code := running.pop(name).wait()) != 0:
            for other in running.values():
                other.kill()
            raise SystemExit(f"building {name} failed with {code}")


def _select(speakers: list[str], only: list[str]) -> dict[str, list[Recording]]:
    """The recordings to build, by speaker; unknown names are an error."""
    whole = plan()
    known = {r.id for rs in whole.values() for r in rs} | set(whole)
    if unknown := sorted((set(speakers) | set(only)) - known):
        raise SystemExit(f"unknown: {', '.join(unknown)}")
    chosen = {t: [r for r in whole[t] if not only or r.id in only] for t in speakers or whole}
    return {t: rs for t, rs in chosen.items() if rs}


def main() -> None:
    """Parse the command line and build."""
    parser = argparse.ArgumentParser(description="Build the embedded corpus.")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT)
    parser.add_argument("--speakers", "--talkers", nargs="*", default=[], metavar="ID")
    parser.add_argument("--only", nargs="*", default=[], metavar="ID")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--child", help=argparse.SUPPRESS)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    chosen = _select([args.child] if args.child else args.speakers, args.only)
    if args.child:
        speaker = next(t for t in SPEAKERS if t.id == args.child)
        build_speaker(speaker, chosen[args.child], args.out)
        sys.stdout.flush()
        os._exit(0)
    load_api()
    _run_children(list(chosen), args.only, args.out, args.jobs)
    write_manifest(args.out, list(chosen))


if __name__ == "__main__":
    main()
