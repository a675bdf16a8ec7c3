import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from benchmark.core import Signal, Undefined, UndefinedTarget, UserError
from benchmark.metrics.speech import pesq as module
from benchmark.metrics.speech.pesq import PESQ_NB, PESQ_WB, WORST, most_utterances, pesq
from parts import needs

ROOT = Path(__file__).resolve().parents[2]
AUDIO = Signal(unit="", dtype="float32", rate=16_000.0)


@pytest.fixture(scope="module")
def audio(inputs):
    needs("pesq")
    return inputs.speech()


def test_the_metrics_take_prediction_then_target(audio, golden):
    clean, noisy = audio
    assert PESQ_WB.measure(noisy, clean, AUDIO) == pytest.approx([golden["pesq_wb"], 1], abs=1e-4)
    assert PESQ_NB.measure(noisy, clean, AUDIO) == pytest.approx([golden["pesq_nb"], 1], abs=1e-4)
    with pytest.raises(Undefined, match="silent in most of the speech"):
        pesq(noisy, clean, 16_000, "nb")  # noise in the pauses counts as speech of the target


@pytest.mark.parametrize("gain", [1e-30, 1e-4, 8.0, 1e30, -1.0])
def test_neither_gain_nor_polarity_matters(audio, golden, gain):
    clean, noisy = audio
    assert pesq(clean, gain * noisy, 16_000, "wb") == pytest.approx(golden["pesq_wb"], abs=2e-3)


def test_int16_scores_like_floats(audio, golden):
    clean, noisy = ((x * 32_000).astype(np.int16) for x in audio)
    assert pesq(clean, noisy, 16_000, "nb") == pytest.approx(golden["pesq_nb"], abs=3e-3)
    noisy[20_000] = -32_768  # whose magnitude int16 cannot hold
    expected = pesq(clean.astype(float), noisy.astype(float), 16_000, "nb")
    assert pesq(clean, noisy, 16_000, "nb") == expected


def test_ceilings(audio):
    clean, _ = audio
    assert pesq(clean, clean, 16_000, "wb") == pytest.approx(4.644, abs=1e-3)
    assert pesq(clean, clean, 16_000, "nb") == pytest.approx(4.549, abs=1e-3)


def test_the_worst_score_lies_below_that_of_noise(audio):
    clean, _ = audio
    noise = np.random.RandomState(0).standard_normal(clean.size)
    for metric in (PESQ_WB, PESQ_NB):
        assert metric.measure(noise, clean, AUDIO)[0] > metric.worst(AUDIO)[0] == WORST == 0.999


@pytest.mark.parametrize("band", ["wb", "nb"])
def test_undefined_targets_and_undefined_predictions_are_told_apart(audio, band):
    clean, noisy = audio
    for silence in (np.zeros_like(clean), np.full_like(clean, 0.3)):
        with pytest.raises(Undefined, match=r"^silent prediction"):
            pesq(clean, silence, 16_000, band)
        with pytest.raises(Undefined, match=r"^target: silent"):
            pesq(silence, noisy, 16_000, band)
    with pytest.raises(Undefined, match=r"^target: shorter than 0\.25 s"):
        pesq(clean[:3999], noisy[:3999], 16_000, band)


def test_a_silent_target_of_any_length_is_undefined(audio):
    noisy = np.tile(audio[1], 7)
    with pytest.raises(Undefined, match=r"^target: silent"):
        pesq(np.zeros_like(noisy), noisy, 16_000, "wb")


def test_a_target_without_utterance_is_left_out_whatever_is_predicted(audio):
    """Also where the prediction alone would be a reason: all leave out the same recordings."""
    clean, _ = audio
    click = np.zeros_like(clean)
    click[20_000:20_400] = np.sin(np.arange(400.0))
    for prediction in (clean, np.zeros_like(clean), np.sin(np.arange(clean.size)), click[::-1]):
        with pytest.raises(UndefinedTarget, match=r"^target: no utterance"):
            pesq(click, prediction, 16_000, "wb")


@pytest.mark.parametrize(("rate", "band"), [(22_050, "wb"), (8_000, "wb"), (44_100, "nb")])
def test_other_rates_are_refused(audio, rate, band):
    with pytest.raises(ValueError, match="rate"):
        pesq(*audio, rate, band)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda x: x[:-1],
        lambda x: x[:, None],
        lambda x: x[None],
        lambda x: x[:0],
        lambda x: np.where(np.arange(x.size) == 9, np.nan, x),
    ],
)
def test_refuses_other_shapes_and_nan(audio, wrong):
    clean, noisy = audio
    with pytest.raises(ValueError, match=r"prediction|expected"):
        pesq(clean, wrong(noisy), 16_000, "nb")
    with pytest.raises(ValueError, match=r"target|expected"):
        pesq(wrong(clean), noisy, 16_000, "nb")


@pytest.mark.parametrize("band", ["wb", "nb"])
def test_long_audio_with_few_utterances_equals_the_library(audio, band):
    needs("pesq")
    import pesq as library

    for clean, noisy in (
        [np.pad(x, (160_000, 100_000)) for x in audio],
        [np.tile(x, 8)[: 20 * 16_000 + 1] for x in audio],
    ):
        expected = library.pesq(16_000, clean, noisy, band)
        assert pesq(clean, noisy, 16_000, band) == pytest.approx(expected, abs=1e-4)


def crowd(rate=16_000, count=40):
    """`count` bursts of 0.3 s, each an utterance, and the same with noise."""
    random = np.random.RandomState(0)
    burst = np.concatenate([random.standard_normal(3 * rate // 10), np.zeros(3 * rate // 10)])
    clean = np.tile(burst, count)
    return clean, clean + 0.1 * random.standard_normal(clean.size)


def test_too_many_utterances_are_scored_in_pieces_weighted_by_length():
    needs("pesq")
    for size, count in ((320_001, 34), (329_601, 35)):
        clean, noisy = (x[:size] for x in crowd())
        halves = np.array_split(np.arange(size), 2)
        parts = [pesq(clean[half], noisy[half], 16_000, "nb") for half in halves]
        in_pieces = np.average(parts, weights=[half.size for half in halves])
        assert most_utterances(clean, 16_000) == count
        got = pesq(clean, noisy, 16_000, "nb")
        assert (abs(got - in_pieces) < 1e-9) == (count > 34)


class Codes:
    NO_UTTERANCES_DETECTED = -7


def test_more_than_two_minutes_are_always_cut(inputs, monkeypatch):
    """However few utterances there are: what the library needs grows with the length."""
    sizes = []
    monkeypatch.setattr(module, "_call", lambda clean, *_: sizes.append(clean.size) or (Codes, 2.0))
    speech, _ = inputs.speech()
    for seconds, pieces in ((119, 1), (121, 7)):
        sizes.clear()
        clean = np.zeros(seconds * 16_000)
        clean[: speech.size] = speech
        clean[speech.size :: 1_000] = 1e-3  # no piece is silent
        pesq(clean, clean, 16_000, "nb")
        assert (len(sizes), sum(sizes)) == (pieces, clean.size)


@pytest.mark.parametrize(
    ("value", "error"), [(np.nan, Undefined), (-1.0, RuntimeError), (-0.01, RuntimeError)]
)
def test_what_the_library_returns_is_checked(inputs, monkeypatch, value, error):
    monkeypatch.setattr(module, "_call", lambda *_: (Codes, value))
    with pytest.raises(error, match=r"no value|failed with code"):
        pesq(*inputs.speech(), 16_000, "nb")


@pytest.mark.parametrize(("level", "enough"), [(10**-2.7, True), (10**-3.4, False)])
def test_sound_reaches_down_to_60_db_below_the_loudest(inputs, level, enough):
    needs("pesq")
    clean, noisy = inputs.speech()
    faint = level * np.sign(noisy)
    faint[10_000:10_100] = 1.0  # 6 ms
    with pytest.raises(Undefined) as raised:
        pesq(clean, faint, 16_000, "nb")
    assert str(raised.value) == ("a click or a step" if enough else "less than 0.25 s of sound")


def test_a_long_signal_is_not_copied(audio, monkeypatch):
    """The library's own need depends on the piece alone, so something quick stands for it."""
    clean, noisy = (np.tile(x, 100).astype(np.float32) for x in audio)
    kept, pieces = clean.copy(), []

    def call(clean, degraded, rate, band):  # noqa: ARG001
        pieces.append(clean.size)
        assert clean.dtype == degraded.dtype == np.float64
        return Codes, 2.0

    monkeypatch.setattr(module, "_call", call)
    tracemalloc.start()
    assert pesq(clean, noisy, 16_000, "nb") == 2.0
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 0.6 * clean.nbytes
    assert sum(pieces) == clean.size
    assert max(pieces) <= 18 * 16_000  # beyond two minutes nothing is counted
    assert np.array_equal(kept, clean)


CROWDED = """
import numpy as np
from benchmark.metrics.speech.pesq import pesq
random = np.random.RandomState(0)
rate = 16_000
for on, off in ((0.2, 0.22), (0.21, 0.25), (0.6, 0.4)):
    burst = np.concatenate([random.standard_normal(int(on * rate)), np.zeros(int(off * rate))])
    clean = np.tile(burst, 1 + int(61 / (on + off)))
    noisy = clean + 0.1 * random.standard_normal(clean.size)
    print(pesq(clean, noisy, rate, "nb"))
"""


def test_more_than_fifty_utterances_do_not_kill_the_process():
    needs("pesq")
    command = [sys.executable, "-c", CROWDED]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert all(1 < float(line) < 4.55 for line in done.stdout.split())
    assert len(done.stdout.split()) == 3


def test_says_how_to_install_the_library(monkeypatch, inputs):
    monkeypatch.setitem(sys.modules, "pesq", None)
    with pytest.raises(UserError, match=r"pip install -e \.\[pesq\]"):
        pesq(*inputs.speech(), 16_000, "wb")


@pytest.mark.parametrize("seconds", [0.0003, 0.01, 0.24])
@pytest.mark.parametrize("where", [0.0, 0.6])
def test_a_prediction_with_hardly_any_sound_has_no_score(inputs, seconds, where):
    clean, noisy = inputs.speech(seconds=1.5)
    start = int(where * 16_000)
    click = np.zeros_like(noisy)
    click[start : start + int(seconds * 16_000)] = noisy[start : start + int(seconds * 16_000)]
    with pytest.raises(Undefined, match=r"less than 0.25 s of sound"):
        pesq(clean, click, 16_000, "wb")
    with pytest.raises(Undefined, match=r"less than 0.25 s of sound"):
        pesq(clean, click + 1e-9, 16_000, "wb")  # an offset is no sound either
    click[start : start + 8_000] = noisy[start : start + 8_000]
    with pytest.raises(Undefined, match=r"silent in most of the speech"):
        pesq(clean, click, 16_000, "wb")
    click[start // 4 :] = noisy[start // 4 :]
    assert pesq(clean, click, 16_000, "wb") > 1


def test_a_short_word_needs_half_of_its_sound_only(inputs):
    clean, noisy = inputs.speech(seconds=1.5)
    word, short = clean[:4_400].copy(), noisy[:4_400].copy()
    word[3_900:] = short[3_900:] = 0
    assert pesq(word, short, 16_000, "nb") > 1
    short[1_500:] = 0
    with pytest.raises(Undefined, match=r"less than 0.25 s of sound"):
        pesq(word, short, 16_000, "nb")
