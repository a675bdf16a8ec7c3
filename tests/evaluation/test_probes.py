"""What a second worker shows: how far ahead a model looks, and whether it remembers."""

import math

import numpy as np
import pytest

import toy
from benchmark.core import Recording, Signal
from benchmark.evaluation import probes
from benchmark.execution import executors, plan, runner

FINE, FRAMES = 1000.0, 100.0  # Hz of the input and of the answer
SIGNALS = {
    "x": Signal("1", "float32", rate=FINE, frame=(2,)),
    "picture": Signal("1", "uint8", rate=50.0, frame=(4, 4)),
    "y": Signal("1", "float32", rate=FRAMES, frame=(1,)),
}


def recording(number, seconds=3.0):
    rng = np.random.default_rng(number)
    values = {
        "x": rng.normal(size=(int(seconds * FINE), 2)).astype(np.float32),
        "picture": rng.integers(0, 256, (int(seconds * 50), 4, 4)).astype(np.uint8),
        "y": np.zeros((int(seconds * FRAMES), 1), np.float32),
    }
    return Recording(f"r{number}", "s", "1", "", values.__getitem__)


RECORDINGS = [recording(number) for number in range(4)]


def looker(milliseconds, name="x"):
    """A model whose frame at time t is the mean of its input from t - 50 ms to t + look-ahead."""
    rate = SIGNALS[name].rate

    def ask(given, inputs):
        x = inputs[name].reshape(len(inputs[name]), -1).astype(float)
        frames = int(len(given[name]) / rate * FRAMES)
        out = []
        for frame in range(frames):
            last = math.floor((frame / FRAMES + milliseconds / 1000) * rate + 1e-6)
            last = min(last, len(x) - 1)
            out.append([x[max(0, last - int(0.05 * rate)) : last + 1].mean()])
        return np.array(out)

    return ask


def scores(ask, names=("x",)):
    return {r.id: ask(r, {name: r[name] for name in names}) for r in RECORDINGS}


def seen(ask, names=("x",), second=None):
    """Look-ahead of a model whose two workers answer alike, or by `second`."""
    questions = probes.questions(RECORDINGS, SIGNALS, names, "y", look_ahead=True)
    found = [(second or ask)(q.recording, q.inputs()) for q in questions]
    scored = scores(ask, names)
    unsure = probes.order_change(questions, found, scored)
    return probes.look_ahead(questions, found, scored, FRAMES, unsure)


def change(ask, second=None):
    questions = probes.questions(RECORDINGS, SIGNALS, ("x",), "y", look_ahead=False)
    found = [(second or ask)(q.recording, q.inputs()) for q in questions]
    return probes.order_change(questions, found, scores(ask))


@pytest.mark.parametrize("milliseconds", [0, 10, 40, 200, 333])
def test_look_ahead_is_found_to_within_a_frame(milliseconds):
    for _ in range(5):  # noise and moments are drawn anew each time
        assert abs(seen(looker(milliseconds)) - milliseconds) <= 1000 / FRAMES


@pytest.mark.parametrize("milliseconds", [0, 40, 200])
def test_pictures_are_looked_ahead_in_too(milliseconds):
    found = seen(looker(milliseconds, "picture"), ("picture",))
    assert abs(found - milliseconds) <= 1000 / 50 + 1000 / FRAMES


def test_a_scale_of_the_whole_recording_looks_to_its_end():
    def ask(given, inputs):  # noqa: ARG001
        x = inputs["x"][:: int(FINE / FRAMES), :1]
        return x / inputs["x"].std()

    assert seen(ask) > 500


def test_who_never_looks_does_not_look_ahead():
    assert seen(lambda given, _: np.arange(int(len(given["x"]) / FINE * FRAMES))[:, None]) == 0


def test_random_answers_show_nothing():
    rng = np.random.default_rng(1)
    ask = looker(0)
    assert seen(lambda *given: ask(*given) + rng.normal(size=(300, 1))) is None


def test_noise_leaves_the_past_and_the_kind_of_numbers():
    for name in ("x", "picture"):
        whole = RECORDINGS[0][name]
        rng = np.random.default_rng(2)
        found = probes.noise_after(whole, 1.5, SIGNALS[name], rng)
        first = int(1.5 * SIGNALS[name].rate)
        np.testing.assert_array_equal(found[:first], whole[:first])
        assert (found[first:] != whole[first:]).mean() > 0.9
        assert (found.dtype, found.shape) == (whole.dtype, whole.shape)
        assert found.std() == pytest.approx(whole.std(), rel=0.1)
        assert RECORDINGS[0][name] is whole


def test_memory_between_recordings_shows_in_another_order():
    def remembers():
        calls = []
        return lambda given, _: calls.append(given.id) or np.arange(5.0) * len(calls)

    assert max(change(remembers(), remembers()) for _ in range(5)) > 0.1
    assert change(lambda given, _: given["y"]) == 0


def test_a_text_of_another_length_is_as_unlike_as_can_be():
    word, longer = (lambda *_: np.array([1, 2, 3])), (lambda *_: np.array([1, 2, 3, 7]))
    assert change(word) == 0
    assert change(word, longer) == probes.UNLIKE < math.inf


def test_a_recording_that_comes_as_noise_comes_in_no_other_form():
    for _ in range(20):
        asked = probes.questions(RECORDINGS, SIGNALS, ("x",), "y", look_ahead=True)
        noisy = [q.recording.id for q in asked if q.noisy_from is not None]
        again = [q.recording.id for q in asked if q.noisy_from is None]
        assert sorted(noisy + again) == [r.id for r in RECORDINGS]
        assert noisy
        assert again


def test_two_recordings_are_asked_the_other_way_round():
    for _ in range(20):
        asked = probes.questions(RECORDINGS[:2], SIGNALS, ("x",), "y", look_ahead=False)
        assert [q.recording.id for q in asked] == ["r1", "r0"]


def test_of_one_recording_the_noise_comes_first():
    asked = probes.questions(RECORDINGS[:1], SIGNALS, ("x",), "y", look_ahead=True)
    assert [q.noisy_from is None for q in asked] == [False, True]


def test_how_many_are_asked_is_not_known_beforehand():
    many = [recording(number, 0.1) for number in range(40)]
    for look_ahead in (False, True):
        counts = {len(probes.questions(many, SIGNALS, ("x",), "y", look_ahead)) for _ in range(100)}
        assert len(counts) > 2


AHEAD = """
x = inputs["x"] @ np.float32([[2.0], [-1.0]])
return np.concatenate([x[{frames}:], np.zeros(({frames}, 1))]).reshape(shape)
"""


@pytest.mark.parametrize("frames", [0, 2])
def test_a_result_holds_what_became_of_the_claim(tmp_path, frames):
    entry = toy.entry(predict=AHEAD.format(frames=frames), extra="# causal = true\n")
    place = toy.project(tmp_path, claims=entry, silent=toy.entry(predict=toy.SUM))
    chosen = plan.plan(place, plan.RunSelection(), {"toy": toy.corpus()})
    assert runner.run(place, chosen, executors.serial_executor(), toy.CONFIG).ok
    found = {j.entry: runner.read_result(place.runs, j).probes for j in chosen.jobs}
    assert found["claims"].claims_causal
    assert abs(found["claims"].look_ahead_ms - frames * 100) <= 100
    assert not found["silent"].claims_causal
    assert found["silent"].look_ahead_ms is None
