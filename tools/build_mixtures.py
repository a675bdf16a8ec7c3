"""Write mixtures.json of the embedded corpus: clean sentence, noise and SNR of each mixture.

    python tools/build_mixtures.py [FOLDER]

A train sentence gets five mixtures, one for each training SNR, a valid sentence one, a test
sentence four, one for each test SNR; the kinds of noise rotate. Run it again after the corpus has
changed: the same corpus gives the same file.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmark.corpora import embedded, mixing
from benchmark.corpora.noise import KINDS, generator

TRAIN_SNR = (-10, -5, 0, 5, 10)  # dB, as in Wang et al. 2022 (arXiv 2202.06507)
TEST_SNR = (-11, -6, -1, 4)
VOICES = 3  # at most, in babble

Entry = dict[str, Any]


def kinds(speakers: int) -> tuple[str, ...]:
    """Names of noises; babble needs as many other speakers as it has voices."""
    return KINDS + tuple(f"babble{n}" for n in range(1, min(VOICES, speakers - 1) + 1))


def voices(entry: Entry, count: int, pool: list[Entry], seed: int) -> list[str]:
    """`count` recordings of `pool` by different speakers, none of them the speaker of `entry`."""
    rng = generator("babble", entry["id"], str(seed))
    others = sorted({other["talker"] for other in pool} - {entry["talker"]})
    chosen = [others[k] for k in rng.permutation(len(others))[:count]]
    own = [[other["id"] for other in pool if other["talker"] == name] for name in chosen]
    return [ids[int(rng.integers(len(ids)))] for ids in own]


def recipe(folder: Path, entry: Entry, kind: str, snr: int, pools: dict[str, list[Entry]]) -> Entry:
    """One mixture; its seed is a hash of sentence, kind and SNR."""
    role = "test" if entry["pool"] == "test" else "train"
    name = f"{entry['id']}+{kind}-{'m' if snr < 0 else 'p'}{abs(snr)}"
    rng = generator("mixture", name)
    seed = int(rng.integers(2**31))
    count = int(kind[-1]) if kind.startswith("babble") else 0
    made = {"id": name, "clean": entry["id"], "kind": kind, "role": role, "seed": seed}
    made["voices"] = voices(entry, count, pools[role], seed)
    made["offset"] = [int(rng.integers(16000)) for _ in range(count)]
    waveform = partial(embedded.waveform, folder)
    clean = waveform(entry["id"])
    sound = mixing.disturbance(made, len(clean), waveform)
    scale, gain = mixing.levels(clean, sound, snr)
    return {**made, "snr": snr, "scale": scale, "gain": gain}


def plan(sentences: list[Entry]) -> list[tuple[Entry, str, int]]:
    """Sentence, kind and SNR of every mixture: kinds rotate, so all pairs are equally frequent."""
    names = kinds(len({entry["talker"] for entry in sentences}))
    planned = []
    for pool, levels in (("train", TRAIN_SNR), ("valid", TRAIN_SNR), ("test", TEST_SNR)):
        chosen = [entry for entry in sentences if entry["pool"] == pool]
        for turn, entry in enumerate(chosen):
            every = (
                [(levels[turn % 5], turn)]
                if pool == "valid"
                else [(snr, turn + k * 2 + 1) for k, snr in enumerate(levels)]
            )
            planned += [(entry, names[place % len(names)], snr) for snr, place in every]
    return planned


def main(folder: Path) -> None:
    entries = list(embedded.manifest(folder)["recordings"].values())
    sentences = [entry for entry in entries if entry["kind"] == "sentence"]
    pools = {role: [e for e in sentences if e["pool"] == role] for role in ("train", "test")}
    lines = [json.dumps(recipe(folder, *item, pools)) for item in plan(sentences)]
    (folder / "mixtures.json").write_text("[\n" + ",\n".join(lines) + "\n]\n", "utf-8")
    write_checksum(folder, "mixtures.json")


def write_checksum(folder: Path, name: str) -> None:
    """Write the checksum of a file into the manifest; its other lines are unchanged."""
    manifest = folder / "manifest.json"
    total = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    rest = re.sub(rf'\n  "{re.escape(name)}": "[0-9a-f]+",', "", manifest.read_text("utf-8"))
    line = f'\n  "{name}": "{total}",'
    manifest.write_text(rest.replace('"files": {', f'"files": {{{line}', 1), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else embedded.FOLDER)
