"""Copies of whole recordings are found however they were stored, and others are not."""

from functools import partial

import numpy as np
import pytest

from benchmark.core import Asked, Fold, Recording, Signal, Split
from benchmark.data import duplicates, leakage

KINDS = {  # rate, shape
    "noise": (1000.0, (900, 4)),
    "sound": (16000.0, (12_000,)),
    "slow": (100.0, (300, 6)),
    "short": (100.0, (40, 2)),
    "few frames": (50.0, (16, 9)),
    "fewer frames": (50.0, (5, 9)),
    "video": (60.0, (80, 24, 20)),
    "picture": (1.0, (1, 40, 30)),
    "many channels": (1024.0, (700, 120)),
}
CHANGES = {
    "copy": lambda x: x,
    "louder": lambda x: 3.7 * x,
    "softer": lambda x: 1e-3 * x,
    "upside down": lambda x: -x,
    "offset": lambda x: x + 12.5,
    "rounded": lambda x: np.round(x / np.abs(x).max() * 2000) / 2000,
    "noise": lambda x: x + 0.002 * np.random.default_rng(9).normal(size=x.shape),
}
WHOLE = ("fewer frames", "picture")
CUTS = {
    "begins later": lambda x: x[3:],
    "ends earlier": lambda x: x[:-4],
    "both": lambda x: x[2:-1],
    "moved": lambda x: np.concatenate([x[5:], x[:5][::-1]]),
}


def made(kind, rng):
    _, shape = KINDS[kind]
    x = rng.normal(size=shape)
    if kind in ("slow", "short"):
        wide = np.hanning(9 if kind == "short" else 21)
        x = np.apply_along_axis(np.convolve, 0, x, wide, mode="same")
    if kind == "sound":
        x = np.convolve(x, np.hanning(12), mode="same") * np.hanning(len(x))
    if kind == "video":
        x = np.apply_along_axis(np.convolve, 0, x, np.hanning(7), mode="same")
    if kind in ("video", "picture"):
        x += np.linspace(0, 30, x.shape[-1])  # what all of them show
    return x.astype(np.float32)


def leaks(kind, seen, test):
    rate, shape = KINDS[kind]
    signal = Signal("1", "float32", rate, shape[1:])
    asked = Asked("toy", ("x",), "word", {"x": signal, "word": Signal("class", "int64")})
    parts = []
    for name, part in (("s", seen), ("t", test)):
        reads = [partial(dict.__getitem__, {"x": x, "word": np.array(0)}) for x in part]
        parts.append([Recording(f"{name}{n}", name, "", "", r) for n, r in enumerate(reads)])
    ids = [tuple(r.id for r in part) for part in parts]
    split = Split("toy.all", "", (), {"all": Fold(ids[0], (), ids[1])}, "")
    found = leakage.compare(split, "all", asked, *parts)
    return {f.message for f in found if f.kind == "near duplicate"}


@pytest.mark.parametrize("kind", KINDS)
def test_copies_are_found_however_they_were_stored(kind):
    rng = np.random.default_rng(0)
    seen = [made(kind, rng) for _ in range(30)]
    for name, change in CHANGES.items():
        copy = change(seen[7].astype(np.float64)).astype(np.float32)
        assert leaks(kind, seen, [made(kind, rng), copy]) == {"t1 and s7"}, name
    for name, cut in CUTS.items() if kind not in WHOLE else ():  # it has no ends
        copy = (0.5 * cut(seen[7]) + 1).astype(np.float32)
        assert leaks(kind, seen, [made(kind, rng), copy]) == {"t1 and s7"}, name


@pytest.mark.parametrize("kind", KINDS)
def test_other_recordings_are_no_copies(kind):
    rng = np.random.default_rng(1)
    assert (
        leaks(kind, [made(kind, rng) for _ in range(60)], [made(kind, rng) for _ in range(20)])
        == set()
    )


@pytest.mark.parametrize("kind", ["noise", "slow", "short", "video", "picture"])
def test_what_is_said_again_is_no_copy(kind):
    """Two recordings of one word have much in common."""
    rng = np.random.default_rng(2)
    word = made(kind, rng)
    said = [word + 0.4 * made(kind, rng) for _ in range(40)]
    assert leaks(kind, said[:25], said[25:]) == set()


def test_hum_and_drift_in_two_recordings_make_no_copy():
    """Mains of any phase and a slow drift, far above what the muscles do."""
    rng = np.random.default_rng(4)
    time = np.arange(200)[:, None] / 250
    made = []
    for _ in range(80):
        hum = np.sin(2 * np.pi * (50.1 * time + rng.random())) * rng.uniform(1, 3, 4)
        drift = np.sin(2 * np.pi * (rng.uniform(0.2, 2) * time + rng.random())) * [0, 3, 0, 5]
        made.append((hum + drift + 0.15 * rng.normal(size=(200, 4))).astype(np.float32))
    assert leaks("noise", made[:50], made[50:]) == set()
    copy = (2 * made[7][3:]).astype(np.float32)
    assert leaks("noise", made[:50], [made[60], copy]) == {"t1 and s7"}


def test_a_copy_with_a_spoilt_channel_is_found_whichever_is_looked_at_first():
    """The channels that vary most are looked at first: one of them may be noise in the copy."""
    rng = np.random.default_rng(6)
    for width in (20, 40, 120):
        seen = [rng.normal(size=(300, width)) * np.linspace(1, 3, width) for _ in range(20)]
        copy = seen[7].copy()
        copy[:, -1] = 9 * rng.normal(size=len(copy))
        assert duplicates.is_copy(copy, seen[7], 0, 400)
        assert not duplicates.is_copy(copy, seen[8], 0, 400)


def test_one_of_many_is_found_and_labels_are_not_compared():
    rng = np.random.default_rng(3)
    seen = [rng.normal(size=(60, 2)).astype(np.float32) for _ in range(2000)]
    test = [rng.normal(size=(60, 2)).astype(np.float32) for _ in range(300)]
    test[250] = (seen[1500][2:] * 2).astype(np.float32)
    assert leaks("short", seen, test) == {"t250 and s1500"}


def test_constant_and_tiny_signals_have_no_outline():
    for signal in (
        np.zeros((500, 3)),
        np.full((4, 5, 6), 7, np.uint8),
        np.ones((2, 2)),
        np.zeros((0, 2)),
    ):
        assert len(duplicates.outline(signal, 100.0).places) == 0
