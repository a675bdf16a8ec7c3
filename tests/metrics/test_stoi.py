import tracemalloc

import numpy as np
import pytest

from benchmark.core import Signal, Undefined
from benchmark.metrics.speech import stoi as module
from benchmark.metrics.speech.stoi import ESTOI, STOI, both, estoi, stoi

AUDIO = Signal(unit="", dtype="float32", rate=16_000.0)
BOTH = pytest.mark.parametrize("score", [stoi, estoi])


@pytest.fixture(scope="module")
def audio(inputs):
    return inputs.speech()


def test_the_metrics_take_prediction_then_target(audio, golden):
    clean, noisy = audio
    assert STOI.measure(noisy, clean, AUDIO) == pytest.approx([golden["stoi"], 1], abs=1e-9)
    assert ESTOI.measure(noisy, clean, AUDIO) == pytest.approx([golden["estoi"], 1], abs=1e-9)
    assert stoi(noisy, clean, 16_000) != pytest.approx(golden["stoi"], abs=1e-3)


@BOTH
@pytest.mark.parametrize("gain", [1e-30, 1e-4, 8.0, 1e12, -1.0])
def test_neither_gain_nor_polarity_matters(audio, score, gain):
    clean, noisy = audio
    expected = score(clean, noisy, 16_000)
    assert score(clean, gain * noisy, 16_000) == pytest.approx(expected, abs=1e-9)
    assert score(gain * clean, noisy, 16_000) == pytest.approx(expected, abs=1e-9)


@BOTH
def test_the_rate_given_is_the_rate_used(audio, score):
    assert score(*audio, 16_000.0) == score(*audio, 16_000)
    assert abs(score(*audio, 10_000) - score(*audio, 16_000)) > 1e-3
    for rate in (None, 0, -8_000, 16_000.5, np.nan):
        with pytest.raises(ValueError, match="rate"):
            score(*audio, rate)


def half_silent(noisy):
    return np.where(np.arange(noisy.size) < noisy.size // 2, noisy, 0.0)


@pytest.mark.parametrize("rate", [8_000, 10_000, 11_025, 16_000, 22_050, 48_000])
def test_equals_the_library_at_any_rate(inputs, rate):
    from pystoi import stoi as library

    clean, noisy = inputs.speech(rate, seconds=2.5)
    assert stoi(clean, noisy, rate) == pytest.approx(library(clean, noisy, rate), abs=1e-11)
    extended = library(clean, noisy, rate, extended=True)
    assert estoi(clean, noisy, rate) == pytest.approx(extended, abs=1e-11)
    assert both(clean, noisy, rate) == (stoi(clean, noisy, rate), estoi(clean, noisy, rate))


def test_the_last_frame_counts_where_the_length_at_10_khz_is_rounded_up(inputs):
    from pystoi import stoi as library

    size = 35_226  # 22,016.25 samples at 10 kHz: the last of 22,017 begins one more frame
    clean, noisy = (x[:size] for x in inputs.speech())
    assert stoi(clean, noisy, 16_000) == pytest.approx(library(clean, noisy, 16_000), abs=1e-11)


def test_bands_that_hardly_move_have_their_correlation(inputs):
    from pystoi import stoi as library

    clean, _ = inputs.speech(10_000)
    t = np.arange(clean.size) / 10_000
    # At multiples of the frame rate a steady tone has a constant envelope.
    steady = sum(
        (1 + 1e-4 * np.sin(2 * np.pi * (3 + n / 7) * t)) * np.sin(2 * np.pi * 78.125 * n * t + n)
        for n in range(2, 60)
    )
    expected = library(clean, steady, 10_000, extended=True)
    got = module._mean(module._extended, *module._envelopes(clean, steady, 10_000))
    assert got == pytest.approx(expected, abs=1e-6)
    with pytest.raises(Undefined, match="a sound that does not change"):
        estoi(clean, steady, 10_000)


@pytest.mark.parametrize("score", [(stoi, False), (estoi, True)])
def test_equals_the_library_where_levels_straddle_the_limit(score):
    """Noise that fades by 60 dB in steps of half a decibel, and the least that has a value."""
    from pystoi import stoi as library

    ours, extended = score
    random = np.random.RandomState(0)
    clean = random.standard_normal(120 * 500) * np.repeat(10 ** (-np.arange(120) / 40), 500)
    noisy = clean + 0.01 * random.standard_normal(clean.size)
    expected = library(clean, noisy, 10_000, extended=extended)
    assert ours(clean, noisy, 10_000) == pytest.approx(expected, abs=1e-11)
    clean, noisy = clean[:4097], noisy[:4097]  # 31 frames, of which one is lost
    expected = library(clean, noisy, 10_000, extended=extended)
    assert ours(clean, noisy, 10_000) == pytest.approx(expected, abs=1e-11)
    with pytest.raises(Undefined, match=r"^target: less than 30 frames"):
        ours(clean[:-1], noisy[:-1], 10_000)


@BOTH
def test_a_signal_may_lie_below_zero(audio, score):
    clean, noisy = (np.abs(x) for x in audio)
    assert score(-clean, -noisy, 16_000) == pytest.approx(score(clean, noisy, 16_000), abs=1e-11)


def test_stoi_of_a_half_silent_prediction_equals_the_library(audio):
    from pystoi import stoi as library

    clean, noisy = audio[0], half_silent(audio[1])
    assert stoi(clean, noisy, 16_000) == pytest.approx(library(clean, noisy, 16_000), abs=1e-11)


def still_counts_nothing(x, y):
    """ESTOI of band envelopes, segment by segment, where what has no norm has no correlation."""

    def unit(vector):
        centred = vector - vector.mean()
        norm = np.linalg.norm(centred)
        return centred / norm if norm > 1e-9 else np.zeros_like(vector)

    values = []
    for start in range(x.shape[1] - 29):
        rows = [np.array([unit(band) for band in z[:, start : start + 30]]) for z in (x, y)]
        values.append(sum(unit(a) @ unit(b) for a, b in zip(rows[0].T, rows[1].T, strict=True)))
    return np.mean(values) / 30


def test_silent_bands_and_frames_contribute_nothing_to_estoi(audio):
    clean, noisy = audio[0], half_silent(audio[1])
    bands = module._envelopes(clean, noisy, 16_000)
    assert (~bands[1].any(axis=0)).sum() > 30
    got = estoi(clean, noisy, 16_000)
    assert got == pytest.approx(still_counts_nothing(*bands), abs=1e-11)
    click = np.zeros(25_000)
    click[12_000] = 1.0
    assert estoi(clean[:25_000], click, 10_000) == pytest.approx(0, abs=1e-12)


@BOTH
def test_the_global_generator_is_neither_used_nor_changed(audio, score):
    clean, noisy = audio[0], half_silent(audio[1])
    kept, scores = (clean.copy(), noisy.copy()), set()
    for seed in range(20):
        np.random.seed(seed)
        before = np.random.get_state()[1].copy()
        scores.add(score(clean, noisy, 16_000))
        assert np.array_equal(np.random.get_state()[1], before)
    assert len(scores) == 1
    assert np.array_equal(kept, (clean, noisy))


@pytest.mark.parametrize(
    ("rate", "block", "chunk"),
    [(10_000, 1, 30), (16_000, 1, 1), (16_000, 7, 30), (22_050, 13, 1), (48_000, 50, 64)],
)
def test_values_depend_on_neither_blocks_nor_chunks(inputs, monkeypatch, rate, block, chunk):
    clean, noisy = inputs.speech(rate, seconds=2.5)
    clean[: rate // 2] = 0.0  # whole blocks without an active frame
    expected = both(clean, noisy, rate)
    monkeypatch.setattr(module, "BLOCK", block)
    monkeypatch.setattr(module, "CHUNK", chunk)
    assert both(clean, noisy, rate) == pytest.approx(expected, abs=1e-12)


def test_memory_grows_by_the_envelopes_only(inputs, monkeypatch):
    monkeypatch.setattr(module, "BLOCK", 64)
    clean, noisy = (np.tile(x, 40).astype(np.float32) for x in inputs.speech())
    both(clean[:48_000], noisy[:48_000], 16_000)
    tracemalloc.start()
    both(clean, noisy, 16_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < clean.nbytes


@BOTH
@pytest.mark.parametrize("dtype", [np.int16, np.int32, np.float32])
def test_the_type_does_not_matter(audio, score, dtype):
    clean, noisy = (np.round(x / np.abs(x).max() * 32_767) for x in audio)
    noisy[20_000] = -32_768  # whose magnitude int16 cannot hold
    got = score(clean.astype(dtype), noisy.astype(dtype), 16_000)
    assert got == pytest.approx(score(clean, noisy, 16_000), abs=1e-12)


@BOTH
def test_undefined_targets_and_undefined_predictions_are_told_apart(audio, score):
    clean, noisy = audio
    for silence in (np.zeros_like(clean), np.full_like(clean, 0.3)):
        with pytest.raises(Undefined, match=r"^silent prediction"):
            score(clean, silence, 16_000)
        with pytest.raises(Undefined, match=r"^target: silent"):
            score(silence, noisy, 16_000)
    for prediction in (noisy, np.zeros_like(noisy)):
        with pytest.raises(Undefined, match=r"^target: too short"):
            score(clean[2000:2100], prediction[2000:2100], 16_000)
        with pytest.raises(Undefined, match=r"^target: less than 30 frames"):
            score(clean[1000:7000], prediction[1000:7000], 16_000)


@BOTH
def test_little_speech_in_a_long_target_is_undefined(audio, score):
    clean, noisy = audio
    brief = np.where((np.arange(clean.size) > 2000) & (np.arange(clean.size) < 4000), clean, 0.0)
    with pytest.raises(Undefined, match=r"^target: less than 30 frames"):
        score(brief, noisy, 16_000)


@BOTH
def test_a_prediction_silent_where_the_target_speaks_is_silent(audio, score):
    clean, _ = audio
    late = np.concatenate([clean, np.zeros(16_000)])
    prediction = np.zeros_like(late)
    prediction[-8_000:] = np.sin(np.arange(8_000.0))
    with pytest.raises(Undefined, match=r"^silent prediction"):
        score(late, prediction, 16_000)


@BOTH
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
def test_refuses_other_shapes_and_nan(audio, score, wrong):
    clean, noisy = audio
    with pytest.raises(ValueError, match=r"prediction|expected"):
        score(clean, wrong(noisy), 16_000)
    with pytest.raises(ValueError, match=r"target|expected"):
        score(wrong(clean), wrong(noisy) if wrong(clean).ndim == 2 else noisy, 16_000)


def test_one_pass_serves_both_metrics(audio, monkeypatch):
    clean, noisy = audio[0], audio[1] - 0.1 * audio[0]  # a pair that no other test asks for
    other = noisy + 0.2 * clean
    passes, pass_of = [], module._envelopes
    monkeypatch.setattr(module, "_envelopes", lambda *a: passes.append(1) or pass_of(*a))
    expected = [both(clean, prediction, 16_000) for prediction in (noisy, other)]
    assert expected[0] != expected[1]
    passes.clear()
    for prediction, scores in zip((noisy, other) * 3, expected * 3, strict=True):
        assert [m.measure(prediction, clean, AUDIO)[0] for m in (STOI, ESTOI)] == list(scores)
    assert len(passes) == 6
    assert STOI.measure(clean, other, AUDIO)[0] == stoi(other, clean, 16_000) != expected[1][0]


def test_arrays_that_were_changed_in_place_are_measured_anew(audio):
    clean, noisy = (x.copy() for x in audio)
    before = STOI.measure(noisy, clean, AUDIO)[0]
    noisy[:20_000] += clean[:20_000]
    assert ESTOI.measure(noisy, clean, AUDIO)[0] == estoi(clean, noisy, 16_000)
    assert STOI.measure(noisy, clean, AUDIO)[0] == stoi(clean, noisy, 16_000) != before
    clean[-20_000:] = np.roll(clean[-20_000:], 900)
    assert STOI.measure(noisy, clean, AUDIO)[0] == stoi(clean, noisy, 16_000)
    slower = Signal(unit="", dtype="float32", rate=10_000.0)
    assert STOI.measure(noisy, clean, slower)[0] == stoi(clean, noisy, 10_000)


def test_a_pair_without_a_score_leaves_none_to_the_next(audio):
    clean, noisy = audio
    for _ in range(2):
        for metric in (STOI, ESTOI):
            with pytest.raises(Undefined, match=r"^silent prediction"):
                metric.measure(np.zeros_like(noisy), clean, AUDIO)
        assert STOI.measure(noisy, clean, AUDIO)[0] == stoi(clean, noisy, 16_000)


def test_worst_scores():
    assert STOI.worst(AUDIO).tolist() == [0, 1]
    assert ESTOI.worst(AUDIO).tolist() == [-1, 1]
