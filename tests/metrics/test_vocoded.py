"""STOI of spectrograms by their vocoded sounds."""

from pathlib import Path

import numpy as np
import pytest

from benchmark import registry
from benchmark.core import Signal, Undefined
from benchmark.corpora import dutch_words_23, embedded
from benchmark.corpora.io.mel import SIGNAL
from benchmark.corpora.simulated import reader
from benchmark.metrics.speech import mcd, stoi, vocoded
from benchmark.spectra import vocoder

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def mel():
    return reader.read(embedded.FOLDER, "u03-s004", "mel")


def noisy(mel, deviation):
    return mel + np.random.RandomState(0).normal(0, deviation, mel.shape).astype(np.float32)


def test_equals_stoi_of_the_two_sounds(mel):
    prediction = noisy(mel, 1.5)
    sounds = [vocoder.sound(x, 2) for x in (mel, prediction)]
    assert vocoded.both(prediction, mel) == stoi.both(*sounds, 11_025)
    expected = stoi.stoi(*sounds, 11_025), stoi.estoi(*sounds, 11_025)
    for metric, value in zip((vocoded.STOI, vocoded.ESTOI), expected, strict=True):
        assert metric.measure(prediction, mel, SIGNAL) == pytest.approx([value, 1], abs=1e-12)


def test_a_perfect_prediction_has_one_and_noise_less(mel):
    assert vocoded.both(mel.copy(), mel) == pytest.approx((1, 1), abs=1e-9)
    scores = [vocoded.both(noisy(mel, d), mel) for d in (0.5, 1.5, 4.0)]
    assert (np.diff(scores, axis=0) < -0.05).all()
    assert max(scores[0]) < 1


def test_level_does_not_matter_and_frequency_does(mel):
    assert min(vocoded.both(mel + 1, mel)) > 0.99
    assert vocoded.both(mel[:, ::-1], mel)[1] < 0.5


def test_one_pass_serves_both_metrics(mel, monkeypatch):
    calls = []
    made = vocoder.sound
    monkeypatch.setattr(vocoder, "sound", lambda *a: calls.append(1) or made(*a))
    prediction, target = noisy(mel, 1.1), mel[::-1].copy()
    for metric in (vocoded.STOI, vocoded.ESTOI):
        metric.measure(prediction, target, SIGNAL)
    assert len(calls) == 2
    vocoded.STOI.measure(noisy(mel, 1.2), target, SIGNAL)  # only the prediction is new
    assert len(calls) == 3


def test_a_changed_array_is_measured_anew(mel):
    prediction = noisy(mel, 1.0)
    before = vocoded.both(prediction, mel)
    prediction[:, ::2] = -9
    after = vocoded.both(prediction, mel)
    assert after != before
    assert vocoded.both(noisy(mel, 1.0), mel) == before


@pytest.mark.parametrize(
    "still",
    [
        lambda x: 0 * x,
        lambda x: 0 * x + x.mean(axis=0),
        lambda x: x - 1e3,
        lambda x: x + 1e3,
        lambda x: x.mean(axis=0) + 0.19 * (x - x.mean(axis=0)) / x.std(axis=0),
    ],
)
def test_what_hardly_changes_in_time_has_no_score(mel, still):
    for metric, worst in ((vocoded.STOI, 0.0), (vocoded.ESTOI, -1.0)):
        with pytest.raises(Undefined, match=r"^a prediction that hardly changes"):
            metric.measure(still(mel), mel, SIGNAL)
        assert metric.worst(SIGNAL).tolist() == [worst, 1.0]
    assert mel.std(axis=0).mean() > 1
    moving = mel.mean(axis=0) + 0.21 * (mel - mel.mean(axis=0)) / mel.std(axis=0)
    assert vocoded.both(moving, mel)[0] > 0.4


def test_a_target_without_speech_is_left_out(mel):
    with pytest.raises(Undefined, match=r"^target: "):
        vocoded.STOI.measure(mel[:20], mel[:20].copy(), SIGNAL)


def test_refuses_what_does_not_fit(mel):
    with pytest.raises(ValueError, match="front end"):
        vocoded.STOI.measure(mel, mel, Signal("ln", "float32", 100.0, (80,)))
    with pytest.raises(ValueError, match="expected shape"):
        vocoded.STOI.measure(mel[1:], mel, SIGNAL)
    with pytest.raises(ValueError, match="NaN"):
        vocoded.STOI.measure(mel * np.nan, mel, SIGNAL)


def test_only_the_shared_front_end_is_measured_so():
    task = registry.task(ROOT, "seeg_to_mel")
    ours = {vocoded.STOI, vocoded.ESTOI, mcd.MCD_LOG_MEL, mcd.MCD_LOG_MEL_DTW}
    assert ours <= set(task.on(embedded.CORPUS).metrics)
    assert not ours & set(task.on(dutch_words_23.CORPUS).metrics)
