"""Planted leaks of each kind are found, and clean splits give no finding."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from benchmark.core import Asked, Fold, Recording, Signal, Split, UserError
from benchmark.data import leakage, splits

RATE = 100.0
SIGNALS = {
    "x": Signal("1", "float32", rate=RATE, frame=(2,)),
    "y": Signal("mm", "float32", rate=RATE, frame=(1,)),
    "noisy": Signal("full scale", "float32", rate=16000.0),
    "clean": Signal("full scale", "float32", rate=16000.0),
    "word": Signal("class", "int64", labels=("a", "b")),
}


def given(arrays, name):
    return arrays[name]


def recording(name, speaker="s", text="", **arrays):
    return Recording(name, speaker, f"{speaker}-a", text, partial(given, arrays))


def signals(rng, length=400):
    return {
        "x": rng.normal(size=(length, 2)).astype(np.float32),
        "y": rng.normal(size=(length, 1)).astype(np.float32).cumsum(axis=0),
    }


def clean(rng, count=6):
    return [recording(f"r{n}", f"s{n}", f"text {n}", **signals(rng, 380 + n)) for n in range(count)]


def findings(seen, test, inputs=("x",), target="y", disjoint=(), guard=0.0, context=0.0):
    fold = Fold(tuple(r.id for r in seen), (), tuple(r.id for r in test))
    split = Split("toy.all", "", disjoint, {"all": fold}, "", guard)
    asked = Asked("toy", inputs, target, SIGNALS)
    return list(leakage.compare(split, "all", asked, seen, test, context))


def kinds(*chosen, **rest):
    return {(f.kind, f.signal, f.leak) for f in findings(*chosen, **rest)}


@pytest.fixture
def parts():
    recordings = clean(np.random.default_rng(0))
    return recordings[:4], recordings[4:]


def test_a_clean_split_gives_no_finding(parts):
    assert kinds(*parts) == set()


@pytest.mark.parametrize("begin", [0, 7, 133])
def test_windows_of_one_recording_overlap_wherever_they_begin(parts, begin):
    seen, test = parts
    whole = {name: test[0][name] for name in ("x", "y")}
    window = recording("w", "s9", "other", **{n: a[begin : begin + 200] for n, a in whole.items()})
    (x, y) = [f for f in findings([*seen, window], test) if f.kind == "overlap"]
    assert (x.signal, y.signal) == ("x", "y")
    assert x.message == "r4 and w"
    assert x.leak


def test_a_copy_with_another_gain_is_a_near_duplicate(parts):
    seen, test = parts
    rng = np.random.default_rng(1)
    louder = {n: (3 * test[1][n] + 1).astype(np.float32) for n in ("x", "y")}
    louder = {n: a + rng.normal(size=a.shape).astype(np.float32) * 1e-3 for n, a in louder.items()}
    copy = recording("c", "s9", "other", **louder)
    assert kinds([*seen, copy], test) == {
        ("near duplicate", "x", True),
        ("near duplicate", "y", True),
    }


def mixtures(rng, gains, noises):
    made = []
    for number, (gain, noise) in enumerate(zip(gains, noises, strict=True)):
        voice = rng.normal(size=len(noise)).cumsum() * 1e-3
        mixed = np.round((voice + gain * noise) * 32768) / 32768
        arrays = {"noisy": mixed.astype(np.float32), "clean": voice.astype(np.float32)}
        made.append(recording(f"m{number}", f"s{number}", f"text {number}", **arrays))
    return made


def low(noise):
    """Noise as of a car: next to nothing above a few hundred hertz."""
    return np.convolve(noise, np.hanning(64) / 32, mode="same")


@pytest.mark.parametrize("kind", [lambda noise: noise, low], ids=["white", "car"])
def test_noise_in_train_and_test_is_found_at_any_level_and_time(kind):
    rng = np.random.default_rng(2)
    noise = kind(rng.normal(size=40_000)) * 0.05
    apart = mixtures(rng, [1.0, 0.5, 0.25], [noise[:12_000], noise[13_000:25_000], noise[26_000:]])
    chosen = {"inputs": ("noisy",), "target": "clean"}
    assert kinds(apart[:2], apart[2:], **chosen) == set()
    shared = mixtures(
        rng, [1.0, 0.5, 0.2], [noise[:12_000], noise[13_000:25_000], noise[5000:17_000]]
    )
    assert ("noise", "noisy", True) in kinds(shared[:2], shared[2:], **chosen)


def test_a_shared_name_is_a_leak_only_where_the_split_promises_otherwise(parts):
    seen, test = parts
    test = [replace(r, text=seen[0].text) for r in test]
    assert kinds(seen, test) == {("text", "", False)}
    assert kinds(seen, test, disjoint=("text",)) == {("text", "", True)}
    (finding,) = findings(seen, test)
    assert finding.message == "2 of 2 test recordings share their text"


def test_silence_and_constant_signals_are_left_out():
    rng = np.random.default_rng(3)
    made = clean(rng)
    for recording_ in made:
        for name in ("x", "y"):
            recording_[name][100:300] = 0.0
    assert kinds(made[:4], made[4:]) == set()
    still = [
        replace(r, read=partial(given, {"x": np.zeros((400, 2)), "y": np.ones((400, 1))}))
        for r in made
    ]
    assert kinds(still[:4], still[4:]) == set()


def test_labels_and_short_signals_are_left_out():
    made = [
        recording(f"r{n}", f"s{n}", word=np.array(0), x=np.ones((5, 2), np.float32))
        for n in range(4)
    ]
    assert kinds(made[:2], made[2:], target="word") == set()


def test_a_stored_summary_is_read_back(tmp_path, parts):
    seen, test = parts
    test = [replace(test[0], speaker=seen[0].speaker), *test[1:], replace(seen[0], id="again")]
    made = leakage.summary(findings(seen, test), "digest")
    assert made.leaks == ["near duplicate", "overlap"]
    assert made.shares == ["session", "speaker", "text"]
    (tmp_path / splits.AUDITS).write_text('{"toy toy.all": ' + made.model_dump_json() + "}")
    assert splits.audits(tmp_path) == {"toy toy.all": made}
    (tmp_path / splits.AUDITS).write_text("[]")
    with pytest.raises(UserError, match="not a file of leakage audits"):
        splits.audits(tmp_path)


def test_lines_name_the_leaking_recordings(parts):
    seen, test = parts
    lines = leakage.lines(findings([*seen, replace(test[0], id="again")], test))
    message = "1 of 2 test recordings share their text"
    assert lines[0] == f"shared: text, 1 fold, such as all: {message}"
    assert "LEAK: overlap x, 1 fold, such as all: r4 and again" in lines


def timed(parts, *spans, session="s-a"):
    """The recordings of both parts in one session of one speaker, at these times."""
    several = [r for part in parts for r in part]
    made = [
        replace(r, speaker="s", session=session, span=span)
        for r, span in zip(several, spans, strict=True)
    ]
    return made[: len(parts[0])], made[len(parts[0]) :]


APART = ((0.0, 1.0), (1.0, 2.0), (2.0, 3.0), (3.0, 4.0), (4.5, 5.5), (6.0, 7.0))


@pytest.mark.parametrize(
    ("guard", "context", "leaks"),
    [(0.0, 0.0, False), (0.5, 0.0, False), (0.6, 0.0, True), (0.0, 0.6, True), (0.2, 0.4, False)],
)
def test_a_gap_shorter_than_the_guard_or_than_a_context_is_findings(parts, guard, context, leaks):
    seen, test = timed(parts, *APART)
    gaps = [f for f in findings(seen, test, guard=guard, context=context) if f.kind == "gap"]
    assert bool(gaps) == leaks
    if gaps:
        assert gaps[0].message == "r4 and r3 are 0.500 s apart, expected 0.600 s or more"
        assert gaps[0].leak


def test_overlap_in_time_is_found_without_a_guard(parts):
    seen, test = timed(parts, *APART[:4], (3.9, 5.5), (6.0, 7.0))
    assert ("gap", "", True) in kinds(seen, test)
    seen, test = timed(parts, *APART[:4], (0.2, 0.4), (6.0, 7.0))  # inside a recording
    assert ("gap", "", True) in kinds(seen, test)


def test_times_of_other_sessions_and_unknown_times_are_ignored(parts):
    seen, test = timed(parts, *APART[:4], (3.9, 5.5), (6.0, 7.0))
    elsewhere = [replace(r, session="s-b") for r in test]
    assert "gap" not in {kind for kind, _, _ in kinds(seen, elsewhere)}
    unknown = [replace(r, span=None) for r in test]
    assert "gap" not in {kind for kind, _, _ in kinds(seen, unknown)}
