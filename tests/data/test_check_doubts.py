"""What is odd between recordings is a doubt: streams moved, exchanged or copied, other sessions."""

import numpy as np
import pytest

import toy
from benchmark.core import Checks, Signal
from benchmark.data.checks import corpus as whole
from benchmark.data.checks import courses, learnt, sessions, together

SOUND = Signal("full scale", "float32", 16000.0, span=2.0)
EMG = Signal("µV", "float32", 1000.0, (4,))
SIGNALS = {"audio": SOUND, "emg": EMG}
SECONDS = 3


def streams(number, session="1"):
    """Sound and muscles that are strong at the same moments, and electrodes of a session."""
    rng = np.random.default_rng([number, int(session)])
    strength = 0.05 + np.repeat(rng.uniform(0, 1, SECONDS * 8) ** 2, 125)
    sound = 0.2 * np.repeat(strength, 16) * rng.standard_normal(16000 * SECONDS)
    emg = 50 * strength[:, None] * rng.standard_normal((1000 * SECONDS, 4))
    emg += 300 * np.sin(np.arange(4) * int(session)) + rng.standard_normal(4)
    return {"audio": sound.astype(np.float32), "emg": emg.astype(np.float32)}


def profiles(arrays):
    """Of {id: (session, {signal: array})}."""
    return [
        courses.Profile(id, session, {n: courses.course(SIGNALS[n], a) for n, a in both.items()})
        for id, (session, both) in arrays.items()
    ]


def honest(count=12):
    return {f"r{n}": (str(1 + n % 3), streams(n, str(1 + n % 3))) for n in range(count)}


def said(arrays):
    found, lines = together.findings(profiles(arrays), SIGNALS)
    more, further = sessions.findings(profiles(arrays), SIGNALS)
    return {(id, problem.kind) for id, _, problem in found + more}, lines + further


def test_honest_recordings_raise_no_doubt_and_it_is_said_what_was_compared():
    doubts, lines = said(honest())
    assert doubts == set()
    assert "audio and emg of 12 recordings rise and fall together" in lines[0]
    assert "emg of 12 recordings in 3 sessions compared with the others of its session" in lines


def test_a_stream_that_was_moved_is_named():
    arrays = honest()
    arrays["r4"][1]["emg"] = np.roll(arrays["r4"][1]["emg"], 750, axis=0)
    assert said(arrays)[0] == {("r4", "streams apart in time")}


def test_streams_that_were_exchanged_are_named():
    arrays = honest()
    one, other = arrays["r1"][1], arrays["r4"][1]  # of one session
    one["audio"], other["audio"] = other["audio"], one["audio"]
    assert said(arrays)[0] == {("r1", "streams exchanged"), ("r4", "streams exchanged")}


def test_a_copy_that_was_changed_a_little_is_named():
    arrays = honest()
    copied = arrays["r3"][1]["emg"]
    arrays["r6"][1]["emg"] = np.round(copied * 1.01, 1).astype(np.float32)
    assert {("r3", "near copy"), ("r6", "near copy")} <= said(arrays)[0]


def test_a_recording_of_another_session_is_named():
    arrays = honest()
    for id, session in (("r3", "2"), ("r4", "1")):
        arrays[id] = (arrays[id][0], streams(int(id[1:]), session))
    kind = "recorded as another session"
    assert said(arrays)[0] == {("r3", kind), ("r4", kind)}


def test_streams_that_have_nothing_in_common_are_not_compared():
    arrays = honest()
    for number, (_, both) in enumerate(arrays.values()):
        both["audio"] = streams(100 + number)["audio"]
    doubts, lines = said(arrays)
    assert doubts == set()
    assert "do not rise and fall together" in lines[0]
    assert "not compared" in lines[0]


def pairs(steps, fits):
    """Made-up recordings of two streams of which one is known, and the other is alike to a part."""
    made = []
    for number, (count, fit) in enumerate(zip(steps, fits, strict=True)):
        rng = np.random.default_rng(number)
        one, noise = (learnt.fast(rng.standard_normal((count, 4))) for _ in range(2))
        other = fit * one + np.sqrt(1 - fit**2) * noise
        made.append(learnt.Pair(f"r{number}", (one, other), (other, one)))
    return made


def moved(pair):
    return learnt.Pair(
        pair.id, (pair.streams[0], np.roll(pair.streams[1], 12, axis=0)),
        (np.roll(pair.predicted[0], 12, axis=0), pair.predicted[1]),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("steps", "fit", "named"),
    [
        (100, 0.7, True),  # 4 s of streams that belong together
        (40, 0.9, True),
        (30, 0.55, False),  # a word, of streams that hardly do: nothing can be told
    ],
)
def test_short_recordings_of_weakly_related_streams_are_not_compared(
    monkeypatch, steps, fit, named
):
    made = pairs([steps] * 16, [fit] * 16)
    made[3] = moved(made[3])
    monkeypatch.setattr(together, "predicted", lambda *_: made)
    told = together._of_group([], ("audio", "emg"))
    assert told.fits[0] - told.fits[1] > together.RELATED
    assert told.compared == (16 if named else 0)
    assert {id for id, _, problem in told.findings if problem.kind == "streams apart in time"} == (
        {"r3"} if named else set()
    )
    monkeypatch.setattr(together, "SURE", 0.0)
    assert "r3" in {id for id, _, _ in together._of_group([], ("audio", "emg")).findings}


def test_a_clear_move_is_named_where_honest_fits_are_spread(monkeypatch):
    """Three deviations of such fits are more than any fit can lie below the usual one."""
    made = pairs([100] * 16, [0.3, 0.9] * 8)
    made[3] = moved(made[3])
    monkeypatch.setattr(together, "predicted", lambda *_: made)
    told = together._of_group([], ("audio", "emg"))
    assert [(id, problem.kind) for id, _, problem in told.findings] == [
        ("r3", "streams apart in time")
    ]
    monkeypatch.setattr(together, "CLEAR", np.inf)
    assert together._of_group([], ("audio", "emg")).findings == []


def test_recordings_that_are_left_out_are_not_counted_as_compared(monkeypatch):
    made = pairs([100] * 12 + [24] * 4, [0.5] * 16)
    monkeypatch.setattr(together, "predicted", lambda *_: made)
    told = together._of_group([], ("audio", "emg"))
    assert told.compared == 12
    line = together._line(("audio", "emg"), [16], [told])
    assert line.startswith("audio and emg of 16 recordings rise and fall together")
    assert line.endswith(", enough to compare in 12")


def test_a_fit_that_is_usual_in_its_group_is_no_doubt(monkeypatch):
    """Of recordings that fit from hardly to well, the one that fits least is none to look at."""
    spread = np.linspace(0.2, 0.95, 16)
    made = pairs([100] * 16, spread)
    made[0] = moved(made[0])
    monkeypatch.setattr(together, "predicted", lambda *_: made)
    assert together._of_group([], ("audio", "emg")).findings == []
    monkeypatch.setattr(together, "APART", 0.0)
    assert {id for id, _, _ in together._of_group([], ("audio", "emg")).findings} >= {"r0"}


def test_sessions_that_look_alike_are_not_told_apart():
    arrays = {f"r{n}": (str(n % 3), streams(n)) for n in range(12)}
    doubts, lines = said(arrays)
    assert doubts == set()
    assert any("does not tell the sessions apart" in line for line in lines)


@pytest.mark.parametrize("count", [0, 50])
def test_what_is_too_short_has_no_course(count):
    assert courses.course(EMG, np.ones((count, 4), np.float32)) is None


def test_courses_are_of_sensors_and_of_each_declaration_once():
    signals = SIGNALS | {
        "emg_raw": EMG,
        "lips": Signal("grey level", "uint8", 60.0, (96, 96)),
        "mel": Signal("ln", "float32", 100.0, (80,)),
        "phones": Signal("phone", "uint8", 50.0, labels=("sil", "a")),
        "word": Signal("class", "int64", labels=("no", "yes")),
    }
    assert courses.streams(signals, Checks()) == ["audio", "emg", "lips"]
    assert courses.streams(signals, Checks(shared=("audio",))) == ["emg", "lips"]


def test_doubts_of_a_reader_are_told_and_refuse_nothing(tmp_path):
    odd = Checks(doubts=lambda folder: [f"{folder}/a: expected a date, found none"])
    report = whole.check_corpus(toy.corpus(checks=odd), tmp_path, print)
    assert report.problems == 0
    assert report.doubts.lines() == [f"{tmp_path}/a: expected a date, found none"]
    assert "1 doubts" in report.line()
