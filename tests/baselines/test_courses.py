"""Mean courses as trivial baselines: of all answers, of the speaker's, and of those as long."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmark.core import COURSES, Asked, Recording, Signal
from benchmark.evaluation import validation
from benchmark.registry import tasks

ROOT = Path(__file__).resolve().parents[2]
EMG, PLACE = Signal("µV", "float32", 1000.0, (2,)), Signal("mm", "float32", 100.0, (1,))
ASKED = Asked("t", ("emg",), "place", {"emg": EMG, "place": PLACE})
UP, DOWN = np.linspace(0, 1, 11)[:, None], np.linspace(1, 0, 21)[:, None]


def said(number, answer, speaker="s1", level=1.0):
    """A recording whose EMG tells nothing but its level."""
    rng = np.random.default_rng(number)
    emg = (level * rng.standard_normal((200, 2))).astype(np.float32)
    values = {"emg": emg, "place": np.asarray(answer, np.float32)}
    return Recording(f"r{number}", speaker, "x", "", values.__getitem__)


def fitted(module, name, train, valid=(), asked=ASKED):
    model = module(name).Model(asked, 0)
    model.fit(train, list(valid))
    return model


class Forbidden(dict):
    def __getitem__(self, name):
        raise AssertionError(f"read input {name}")


def test_the_template_is_the_mean_answer_at_the_length_asked_whatever_comes_in(module):
    model = fitted(module, "template", [said(0, UP), said(1, UP), said(2, 3 * DOWN)])
    answer = model.predict(Forbidden(), (31, 1))
    wanted = (2 * np.linspace(0, 1, 31) + 3 * np.linspace(1, 0, 31)) / 3
    np.testing.assert_allclose(answer[:, 0], wanted, atol=1e-6)
    assert answer.dtype == np.float32
    assert model.parameters == 100


def test_an_answer_of_whole_numbers_is_rounded(module):
    asked = replace(ASKED, signals={"emg": EMG, "place": replace(PLACE, dtype="uint8")})
    model = fitted(module, "template", [said(0, UP * 0 + 2), said(1, UP * 0 + 3.4)], (), asked)
    answer = model.predict({}, (4, 1))
    assert answer.dtype == np.uint8
    assert answer.ravel().tolist() == [3] * 4  # of 2.7


def test_length_answers_by_the_answers_that_were_as_long(module):
    train = [said(n, DOWN if n % 2 else UP) for n in range(16)]
    model = fitted(module, "length", train)
    short, long = model.predict(Forbidden(), (12, 1)), model.predict(Forbidden(), (20, 1))
    np.testing.assert_allclose(short[:, 0], np.linspace(0, 1, 12), atol=1e-6)
    np.testing.assert_allclose(long[:, 0], np.linspace(1, 0, 20), atol=1e-6)


def two_speakers(first, levels=(1.0, 20.0)):
    answers = {"a": UP, "b": 1 - UP}
    return [
        said(first + n, answers[name] + (n // 2) / 100, name, level)
        for n in range(12)
        for name, level in [("ab"[n % 2], levels[n % 2])]
    ]


def test_a_known_speaker_is_told_by_the_level_of_the_input(module):
    model = fitted(module, "template_speaker", two_speakers(0), two_speakers(50))
    for one in two_speakers(100):
        answer = model.predict({"emg": one["emg"]}, (11, 1))
        rises = answer[-1, 0] > answer[0, 0]
        assert rises == (one.speaker == "a")


def test_the_answer_is_that_of_all_where_speakers_are_new_or_nobody_is_there_to_choose_by(module):
    """New speakers have other answers, so that those of the likeliest known one do not help."""
    new = [said(n, UP * 0 + 0.5, f"new {n % 2}", (1.0, 20.0)[n % 2]) for n in range(50, 60)]
    wanted = fitted(module, "template", two_speakers(0)).predict({}, (7, 1))
    for valid in (new, []):
        model = fitted(module, "template_speaker", two_speakers(0), valid)
        np.testing.assert_allclose(model.predict({"emg": new[0]["emg"]}, (7, 1)), wanted)


def test_speakers_of_other_numbers_of_channels_are_kept_apart(module):
    asked = replace(ASKED, signals={"emg": replace(EMG, frame=(None,)), "place": PLACE})
    wide = np.random.default_rng(0).standard_normal((200, 3)).astype(np.float32)
    train = [*two_speakers(0), Recording("w", "c", "x", "", {"emg": wide, "place": 9 + UP}.get)]
    model = fitted(module, "template_speaker", train, two_speakers(50), asked)
    assert model.predict({"emg": wide[:150]}, (5, 1)).min() >= 9
    odd = np.ones((50, 7), np.float32)  # like nobody
    assert model.predict({"emg": odd}, (5, 1)).shape == (5, 1)


@pytest.mark.parametrize("name", COURSES)
@pytest.mark.parametrize(
    "task", [n for n, task in tasks(ROOT).items() if {*COURSES} <= {*task.trivial_baselines}]
)
def test_they_do_every_task_that_names_them(name, task, module, asked, recordings):
    about = asked(task)
    signal = about.signals[about.target]
    model = fitted(module, name, recordings[:8], recordings[8:10], about)
    for recording in recordings[10:]:
        shape = recording[about.target].shape
        answer = model.predict({name: recording[name] for name in about.inputs}, shape)
        validation.check_head(name, answer.dtype, answer.shape, shape, signal)
        validation.check_values(name, answer, signal)
