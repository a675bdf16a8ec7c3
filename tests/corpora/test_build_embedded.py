"""The corpus can be built again: two of its recordings come out as they are stored."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from parts import needs

ROOT = Path(__file__).resolve().parents[2]
STORED = ROOT / "benchmark" / "corpora" / "embedded" / "data"
CHOSEN = ("t1-s01", "t6-up-5")


@pytest.fixture(scope="module")
def again(tmp_path_factory):
    needs("vocaltractlab_cython")
    out = tmp_path_factory.mktemp("embedded")
    command = [sys.executable, ROOT / "tools" / "build_embedded.py", "--out", out]
    done = subprocess.run(
        [*command, "--only", *CHOSEN], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return out


def entry(folder, name):
    manifest = json.loads((folder / "manifest.json").read_text())
    return next(r for r in manifest["recordings"] if r["id"] == name)


@pytest.mark.parametrize("name", CHOSEN)
def test_texts_and_times_are_the_same(again, name):
    new, old = entry(again, name), entry(STORED, name)
    places = ("audio", "frames")  # where they begin depends on what else is stored
    assert {k: v for k, v in new.items() if k not in places} == {
        k: v for k, v in old.items() if k not in places
    }
    assert [new[p][1] for p in places] == [old[p][1] for p in places]


@pytest.mark.parametrize("name", CHOSEN)
def test_movement_and_sound_are_the_same(again, name):
    def cut(folder, what):
        made = entry(folder, name)
        (first, count), (sample, samples) = made["frames"], made["audio"]
        if what == "sound":
            sound, _ = soundfile.read(folder / f"{made['talker']}.flac", dtype="int16")
            return sound[sample : sample + samples]
        with np.load(folder / f"{made['talker']}.npz") as stored:
            return stored[what][first : first + count]

    for what in ("points", "tongue", "f0", "voiced"):
        np.testing.assert_array_equal(cut(again, what), cut(STORED, what))
    # The synthesiser's floats may differ in the last bit from one machine to another.
    difference = cut(again, "sound").astype(int) - cut(STORED, "sound").astype(int)
    assert np.abs(difference).max() <= 2
