"""Griffin-Lim against a written-out one, against recorded sound, and against itself."""

from pathlib import Path

import numpy as np
import pytest

from benchmark.core import Signal
from benchmark.corpora import embedded
from benchmark.corpora.io.mel import SIGNAL, log_mel
from benchmark.corpora.simulated import reader
from benchmark.data import splits
from benchmark.metrics.speech import stoi
from benchmark.spectra import vocoder
from benchmark.spectra.mel import PARAMETERS, mel_filters

SENTENCE = "u01-s001"
TASKS = Path(__file__).resolve().parents[2] / "tasks"


@pytest.fixture(scope="module")
def mel():
    return reader.read(embedded.FOLDER, SENTENCE, "mel")


@pytest.fixture(scope="module")
def recorded():
    """The sound of the sentence at 22,050 Hz."""
    from scipy.signal import resample_poly

    return resample_poly(reader.waveform(embedded.FOLDER, SENTENCE), 441, 320)


def written_out(mel, size=1024, hop=256):
    """Griffin-Lim frame by frame in float64, with the spectra of two rounds side by side."""
    filters = mel_filters(22_050, 1024, 80, 0, 8_000.0)
    bins = size // 2 + 1
    wanted = np.maximum(np.exp(mel.astype(float)) @ np.linalg.pinv(filters).T, 1e-6)[:, :bins]
    turns = np.random.RandomState(0).random_sample(wanted.shape)
    spectra, before = wanted * np.exp(2j * np.pi * turns), 0
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)
    frames = range(len(wanted))
    for last in [False] * 16 + [True]:
        sound, weights = np.zeros((2, (len(wanted) - 1) * hop + size))
        for k in frames:
            at = slice(k * hop, k * hop + size)
            sound[at] += window * np.fft.irfft(spectra[k])
            weights[at] += window**2
        sound /= np.maximum(weights, 1e-3)
        if last:
            return np.append(sound, np.zeros(hop))[size // 2 :][: len(wanted) * hop]
        now = np.array([np.fft.rfft(window * sound[k * hop : k * hop + size]) for k in frames])
        spectra = now - 0.99 / 1.99 * before
        before = now
        spectra *= wanted / np.abs(spectra)
    raise AssertionError


@pytest.mark.parametrize("divisor", [1, 2])
def test_equals_a_written_out_one(mel, divisor):
    part = mel[40:64]
    plain = written_out(part, 1024 // divisor, 256 // divisor)
    made = vocoder.sound(part, divisor)
    assert made.dtype == np.float32
    assert made.shape == plain.shape == (24 * 256 // divisor,)
    assert made == pytest.approx(plain, abs=2e-3 * np.abs(plain).max())


@pytest.mark.parametrize("divisor", [1, 2])
def test_its_sound_is_nearly_that_which_was_recorded(mel, recorded, divisor):
    made = vocoder.sound(mel, divisor)
    clean = recorded[::divisor]  # STOI hears nothing of what folds back
    count = min(len(clean), len(made))
    heard, extended = stoi.both(clean[:count], made[:count], vocoder.rate(divisor))
    assert heard > 0.95
    assert extended > 0.88


def test_of_true_spectrograms_as_much_is_understood_as_of_recorded_sound_but_for_a_twentieth():
    """Every 24th test sentence, against recorded sound; not vocoded twice, as oracles are."""
    from scipy.signal import resample_poly

    known = splits.load(TASKS / "splits" / "embedded.new_sentences.json")
    split, _ = splits.resolve(known, embedded.CORPUS.recordings(embedded.FOLDER))
    scores = []
    for id in split.folds["all"].test[::24]:
        made = vocoder.sound(reader.read(embedded.FOLDER, id, "mel"), 2)
        clean = resample_poly(reader.waveform(embedded.FOLDER, id), 441, 640)
        count = min(len(clean), len(made))
        scores.append(stoi.stoi(clean[:count], made[:count], vocoder.rate(2)))
    assert len(scores) == 8
    assert np.mean(scores) >= 0.95


def test_its_sound_has_the_spectrogram_that_it_was_made_of(mel):
    again = log_mel(vocoder.sound(mel), 22_050, 1024, 256, 80, 0, 8_000)[: len(mel)]
    loud = mel > mel.max() - 6
    assert np.abs(again - mel)[loud].mean() < 0.25
    assert np.abs(np.roll(again, 2, axis=0) - mel)[loud].mean() > 0.5


def test_magnitudes_have_the_bands_that_they_were_made_of(mel):
    filters = mel_filters(22_050, 1024, 80, 0, 8_000.0)
    bands = vocoder.magnitudes(mel) @ filters.T
    assert np.median(np.abs(np.log(bands) - mel)) < 0.05
    assert np.array_equal(vocoder.magnitudes(mel, 2), vocoder.magnitudes(mel)[:, :257])


@pytest.mark.parametrize("divisor", [1, 2])
def test_repeats_bit_by_bit_whatever_random_numbers_are_drawn(mel, divisor):
    part = mel[40:64]
    first = vocoder.sound(part, divisor).tobytes()
    for seed in range(20):
        np.random.seed(seed)
        state = np.random.get_state()[1].copy()
        assert vocoder.sound(part.copy(), divisor).tobytes() == first
        assert np.array_equal(np.random.get_state()[1], state)


def test_long_sound_is_made_in_blocks_that_meet_in_time(mel, monkeypatch):
    whole = vocoder.sound(mel)
    monkeypatch.setattr(vocoder, "BLOCK", 100)
    made = vocoder.sound(mel)
    assert made.shape == whole.shape
    heard = stoi.both(whole, made, 22_050)
    assert heard == pytest.approx((0.956, 0.924), abs=0.02)
    # The first block has the phases of the whole, up to what its neighbours tell it.
    first = slice(0, 80 * 256)
    assert np.corrcoef(whole[first], made[first])[0, 1] > 0.95


def test_levels_that_no_sound_has_are_held(mel):
    wild = mel.astype(np.float64)
    wild[3, :] = 1e300
    wild[5, :] = -1e300
    held = np.clip(wild, np.log(1e-5), 5)
    assert np.array_equal(vocoder.sound(wild), vocoder.sound(held))
    assert np.isfinite(vocoder.sound(wild)).all()
    assert np.log(PARAMETERS.window * PARAMETERS.window / PARAMETERS.rate) < vocoder.CEILING


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (np.zeros((0, 80)), "expected"),
        (np.zeros((5, 79)), "expected"),
        (np.zeros(80), "expected"),
        (np.full((5, 80), np.nan), "NaN"),
        (np.full((5, 80), -np.inf), "infinity"),
    ],
)
def test_refuses_what_is_no_spectrogram(wrong, message):
    with pytest.raises(ValueError, match=message):
        vocoder.sound(wrong)


def test_refuses_other_rates(mel):
    with pytest.raises(ValueError, match="divisor"):
        vocoder.sound(mel, 3)


def test_knows_the_front_end_by_unit_rate_and_bands():
    assert vocoder.fits(SIGNAL)
    assert not vocoder.fits(Signal("ln", "float32", 100.0, (80,)))
    assert not vocoder.fits(Signal("ln", "float32", SIGNAL.rate, (23,)))
    assert not vocoder.fits(Signal("dB", "float32", SIGNAL.rate, (80,)))
