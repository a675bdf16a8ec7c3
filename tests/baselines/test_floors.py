"""Trivial baselines ignore their input: predictions depend on training targets only."""

from types import SimpleNamespace

import numpy as np
import pytest

from benchmark.core import Asked, Recording, Signal
from benchmark.evaluation import validation
from benchmark.metrics.text import word_error_rate

KINDS = {
    "signal": (Signal("mm", "float32", 50.0, (2,)), "articulation"),
    "sound": (Signal("full scale", "float32", 16000.0), "clean"),
    "pictures": (Signal("grey level", "uint8", 60.0, (16, 20), span=255.0), "ultrasound"),
    "label": (Signal("class", "int64", labels=("no", "perhaps", "yes")), "word"),
    "text": (Signal("code point", "uint32", free=True), "text"),
}
TASKS = ["emg_to_articulation", "emg_speech_enhancement", "lip_to_ultrasound"]


class Forbidden(dict):
    def __getitem__(self, name):
        raise AssertionError(f"a trivial baseline read input {name}")


@pytest.fixture
def fitted(module, asked, recordings):
    def make(name, task, seed=3, train=8):
        model = module(name).Model(asked(task), seed)
        model.fit(recordings[:train], recordings[8:10])
        return model

    return make


@pytest.mark.parametrize("task", [*TASKS, "emg_word_classification"])
@pytest.mark.parametrize("name", ["mean", "blind"])
def test_trivial_baselines_do_not_read_inputs(name, task, fitted, asked, recordings):
    shape = recordings[10][asked(task).target].shape
    assert fitted(name, task).predict(Forbidden(), shape).shape == shape


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["mean", "blind"])
def test_trivial_baselines_do_every_kind_of_target_of_any_name(name, kind, module, recordings):
    signal, source = KINDS[kind]
    about = Asked(
        "later", ("input",), "target", {"input": Signal("1", "float32"), "target": signal}
    )
    renamed = [
        Recording(r.id, r.speaker, r.session, r.text, lambda name, r=r: {"target": r[source]}[name])
        for r in recordings
    ]
    model = module(name).Model(about, 3)
    model.fit(renamed[:8], renamed[8:10])
    for recording in renamed[10:]:
        shape = validation.shape_of(signal, recording["target"])
        answer = model.predict(Forbidden(), shape)
        validation.check_head(name, answer.dtype, answer.shape, shape, signal)
        validation.check_values(name, answer, signal)


def test_the_mean_is_that_of_all_training_frames(fitted, recordings):
    answer = fitted("mean", "emg_to_articulation").predict(Forbidden(), (7, 2))
    frames = np.concatenate([recording["articulation"] for recording in recordings[:8]])
    np.testing.assert_allclose(answer, np.tile(frames.mean(axis=0), (7, 1)), rtol=1e-6)


def test_the_mean_image_is_rounded(fitted, recordings):
    answer = fitted("mean", "lip_to_ultrasound").predict(Forbidden(), (3, 16, 20))
    frames = np.concatenate([recording["ultrasound"] for recording in recordings[:8]])
    np.testing.assert_array_equal(answer[0], np.rint(frames.mean(axis=0)).astype(np.uint8))


def test_the_most_frequent_class_is_predicted(fitted, recordings):
    words = [int(recording["word"]) for recording in recordings[:7]]
    assert words.count(0) == 3  # of 7; the others are there twice
    assert fitted("mean", "emg_word_classification", train=7).predict(Forbidden(), ()) == 0


@pytest.mark.parametrize("task", TASKS)
def test_blind_predicts_training_targets_repeated_or_cut(task, fitted, asked, recordings):
    model, target = fitted("blind", task), asked(task).target
    known = [recording[target] for recording in recordings[:8]]
    for count in (5, 3 * len(known[0])):
        answer = model.predict(Forbidden(), (count, *known[0].shape[1:]))
        repeated = [np.concatenate([k] * 4)[:count] for k in known]
        assert any(np.array_equal(answer, one) for one in repeated)


def test_blind_draws_for_each_recording_by_its_beginning_and_by_seed(fitted):
    def first(seed):
        return fitted("blind", "emg_to_articulation", seed).predict(Forbidden(), (30, 2)).tobytes()

    model = fitted("blind", "emg_to_articulation")
    inputs = [np.full((30, 3), number, np.float32) for number in range(10)]
    series = [model.predict({"emg": x}, (30, 2)).tobytes() for x in inputs]
    assert len(set(series)) > 2
    for x in inputs:
        x[1:] = 7  # which is later than the beginning
    assert series == [model.predict({"emg": x}, (30, 2)).tobytes() for x in inputs]
    assert len({first(seed) for seed in range(6)}) > 1
    assert first(1) == first(1)


def test_noisy_speech_is_passed_through(fitted, recordings):
    noisy = recordings[10]["noisy"]
    answer = fitted("noisy_speech", "emg_speech_enhancement").predict({"noisy": noisy}, noisy.shape)
    np.testing.assert_array_equal(answer, noisy)


TEXTS = ("the cat sat", "the dog", "go to the sea", "a cat")
SAID = [
    ("the cat", TEXTS),  # 6 errors of 11 words; the 8, cat 9
    ("five four", ("one two", "three four", "five six")),  # of equals the first by letters
    ("the cat", ("The cat", "the old cat", "no cat")),  # cat comes in first, and the before it
    ("", ("", "")),
]


@pytest.mark.parametrize(("wanted", "texts"), SAID)
def test_the_fixed_text_is_what_costs_least(wanted, texts, module):
    """By hand: no word costs a word each, the commonest one less wherever it is said."""
    train = [{"text": np.array([*map(ord, text)], np.uint32)} for text in texts]
    model = module("fixed_text").Model(SimpleNamespace(target="text"), 0)
    model.fit(train, [])
    answer = model.predict({}, (None,))
    assert (answer.dtype, "".join(map(chr, answer))) == (np.uint32, wanted)


def test_errors_of_words_are_those_that_are_scored(module):
    errors = module("fixed_text").errors
    for said in ("", "the", "the cat", "cat the sea a"):
        wanted = word_error_rate(TEXTS, [said] * len(TEXTS)) * sum(len(t.split()) for t in TEXTS)
        assert errors(said.split(), [text.split() for text in TEXTS]) == round(wanted)
