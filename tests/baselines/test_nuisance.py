"""Nuisance cues: what they are, that nothing else is seen, that each kind of answer uses them."""

from functools import partial

import numpy as np
import pytest

from benchmark.core import Asked, Recording, Signal
from benchmark.evaluation import validation

RATE = 200.0
INPUT = Signal("µV", "float32", RATE, (2,))
TARGETS = {
    "signal": Signal("mm", "float32", 50.0, (2,)),
    "sound": Signal("full scale", "float32", 8000.0),
    "pictures": Signal("grey level", "uint8", 25.0, (30, 20), span=255.0),
    "label": Signal("class", "int64", labels=("no", "perhaps", "yes")),
    "text": Signal("code point", "uint32", free=True),
    "texts": Signal("code point", "uint32", free=True),
}
WORDS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]


def course(number, count):
    return np.sin(np.linspace(0, np.pi, count)) + number


def answer(kind, number, seconds):
    """An answer that the number 0, 1 or 2 tells, as far as nuisance cues can."""
    count = round(seconds * (TARGETS[kind].rate or 0))
    if kind == "signal":
        return np.stack([course(number, count), -course(number, count)], axis=1)
    if kind == "sound":
        noise = np.random.default_rng(count).normal(size=count)
        return noise * 0.1 * (number + 1)
    if kind == "pictures":
        return np.full((count, 30, 20), 50) + np.rint(40 * course(number, count))[:, None, None]
    if kind == "label":
        return np.array(number)
    said = " ".join(WORDS[number : number + 3])
    said += f" {WORDS[round(seconds * 1000) % 7]}" if kind == "texts" else ""
    return np.array([ord(letter) for letter in said])


def recordings(kind, cue, count=36, seed=0):
    """The input is noise; its level, offset, length, or the offset of its silences tells."""
    rng = np.random.default_rng(seed)
    made = []
    for n in range(count):
        number = n % 3
        seconds = 1.5 + 0.002 * (n // 3) + (0.5 * number if cue == "duration" else 0)
        length = round(seconds * RATE)
        x = 10 * rng.normal(size=(length, 2))
        x[:60] *= 0.05
        x[-60:] *= 0.05
        if cue == "level":
            x *= 2.0**number
        if cue == "offset":
            x += [0, 5 * number]
        if cue == "silence":
            x[:40, 0] += 4 * number
            x[40:80, 0] -= 4 * number  # no offset of the whole
        values = {"emg": x.astype(np.float32)}
        values["answer"] = answer(kind, number, seconds).astype(TARGETS[kind].dtype)
        made.append(Recording(f"r{n}", "s", "a", f"t{n}", partial(dict.__getitem__, values)))
    return made


def fitted(module, kind, cue, train=30, valid=()):
    made = recordings(kind, cue)
    asked = Asked("later", ("emg",), "answer", {"emg": INPUT, "answer": TARGETS[kind]})
    model = module("nuisance").Model(asked, 3)
    model.fit(made[:train], valid)
    return model, made[train:]


@pytest.mark.parametrize("cue", ["duration", "level", "offset", "silence"])
def test_each_cue_is_found_where_it_alone_tells_the_class(cue, module):
    model, test = fitted(module, "label", cue)
    assert model.cue in (cue, "silence" if cue in ("level", "offset") else cue)
    answers = [int(model.predict({"emg": r["emg"]}, ())) for r in test]
    assert answers == [int(r["answer"]) for r in test]
    assert model.parameters > 0


def test_where_no_cue_tells_anything_the_commonest_class_answers(module):
    model, test = fitted(module, "label", "none", train=31)
    answers = {int(model.predict({"emg": r["emg"]}, ())) for r in test}
    assert model.cue == "" or len(answers) > 1  # by chance, a cue may look useful
    model.cue = ""
    assert {int(model.predict({"emg": r["emg"]}, ())) for r in test} == {0}


@pytest.mark.parametrize("kind", TARGETS)
def test_every_kind_of_target_has_an_answer_that_follows_the_cue(kind, module):
    model, test = fitted(module, kind, "level")
    for recording in test:
        wanted = recording["answer"]
        shape = validation.shape_of(TARGETS[kind], wanted)
        found = model.predict({"emg": recording["emg"]}, shape)
        validation.check_head(kind, found.dtype, found.shape, shape, TARGETS[kind])
        validation.check_values(kind, found, TARGETS[kind])
        if kind == "texts":
            assert found[:12].tolist() == wanted[:12].tolist()  # the words that the level tells
        elif kind == "sound":
            assert found.std() == pytest.approx(wanted.std(), rel=0.1)
        else:
            np.testing.assert_allclose(found, wanted, atol=0.2 if kind == "signal" else 6)


def test_what_is_in_a_recording_changes_no_answer(module):
    """Pieces of its middle in another order: its length, levels, offsets and silences stay."""
    model, test = fitted(module, "signal", "level")
    for recording in test:
        x = recording["emg"].copy()
        pieces = x[30:270].reshape(-1, 5, 2)
        x[30:270] = np.random.default_rng(1).permutation(pieces).reshape(-1, 2)
        assert not np.array_equal(x, recording["emg"])
        shape = recording["answer"].shape
        one, other = (model.predict({"emg": a}, shape) for a in (recording["emg"], x))
        np.testing.assert_allclose(one, other, rtol=1e-4)


def test_a_course_is_stretched_to_the_length_asked_for(module):
    model, _ = fitted(module, "signal", "none")
    model.cue = ""
    short, long = (model.predict({}, (n, 2))[:, 0] for n in (10, 200))
    np.testing.assert_allclose(short[[0, -1]], long[[0, -1]])
    assert long.argmax() in range(90, 110)
    assert long.max() - long.min() == pytest.approx(1.0, abs=0.05)


def test_parts_are_kept_apart_as_the_validation_part_is(module):
    parts = module("_cues").parts

    def made(speakers, sessions):
        return [
            Recording(f"r{n}", s, t, "", None)
            for n, (s, t) in enumerate(zip(speakers, sessions, strict=True))
        ]

    train = made("aabbcc" * 3, "121212" * 3)
    of_speakers = parts(train, made("d", "1"))
    assert len({(r.speaker, p) for r, p in zip(train, of_speakers, strict=True)}) == 3
    of_sessions = parts(train, made("a", "3"))
    assert len({(r.session, p) for r, p in zip(train, of_sessions, strict=True)}) == 2
    by_lot = parts(train, ())
    assert len(set(by_lot)) == 5
    for turn in (2, 3, 5):  # words that take turns are in several parts
        assert len(set(by_lot[::turn])) > 1


def test_signals_of_many_channels_and_pictures_and_nothing_at_all(module):
    cues = module("_cues").cues
    rng = np.random.default_rng(0)
    seeg = Signal("µV", "float32", RATE, (None,))
    for channels in (3, 40):
        found = cues({"seeg": rng.normal(size=(300, channels))}, {"seeg": seeg})
        assert [x.shape for x in found.values()] == [(1,), (5,), (5,), (30,)]
    pictures = Signal("grey level", "uint8", 25.0, (8, 9))
    found = cues({"lips": rng.integers(0, 255, (40, 8, 9), np.uint8)}, {"lips": pictures})
    assert found["level"].shape == (1,)
    empty = cues({"emg": np.zeros((0, 2), np.float32)}, {"emg": INPUT})
    assert all(np.isfinite(x).all() for x in empty.values())
