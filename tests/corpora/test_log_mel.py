import numpy as np
import pytest

from benchmark.corpora.io import mel
from benchmark.corpora.io.mel import mel_filters

# librosa 0.11.0: filters.mel(sr=16000, n_fft=64, n_mels=6, fmin=200, fmax=7000), its third row, and
# ln max(filters @ |stft(hop_length=100, pad_mode="constant")|, 1e-5) of `noise()`, first and last
# frame.
FILTER = [
    0.00011801025869389031,
    0.0010309532893594635,
    0.0015588065513538248,
    0.0009448997596271871,
    0.00033099296790054954,
]
FIRST = [
    -6.54938764140188,
    -6.313156249786508,
    -6.7729113155336,
    -7.132479330758378,
    -6.978564930722732,
    -6.34837693464027,
]
LAST = [
    -6.746270771485081,
    -6.837127453338375,
    -6.847758001442657,
    -7.098688459256878,
    -6.86847490880612,
    -6.9612946671878895,
]
SETTINGS = (16_000, 64, 100, 6, 200, 7_000)


def noise():
    return np.random.RandomState(5).standard_normal(300) * 0.1


def test_filters_are_those_of_slaney():
    got = mel_filters(16_000, 64, 6, 200, 7_000)
    assert got.shape == (6, 33)
    assert got[2, 4:9] == pytest.approx(FILTER, rel=1e-12)
    assert np.count_nonzero(got[2]) == len(FILTER)
    fine = mel_filters(16_000, 1 << 16, 40, 0, 8_000)
    assert fine.sum(axis=1) * 16_000 / (1 << 16) == pytest.approx(np.ones(40), abs=1e-4)


def test_log_mel_equals_librosa():
    got = mel.log_mel(noise(), *SETTINGS)
    assert got.shape == (4, 6)
    assert got.dtype == np.float64
    assert got[0] == pytest.approx(FIRST, abs=1e-12)
    assert got[-1] == pytest.approx(LAST, abs=1e-12)
    assert mel.log_mel(noise().astype(np.float32), *SETTINGS) == pytest.approx(got, abs=1e-5)


def test_log_mel_of_silence_and_of_a_pulse():
    wav = np.zeros(1000)
    assert mel.log_mel(wav, *SETTINGS) == pytest.approx(np.full((11, 6), np.log(1e-5)))
    wav[300] = 0.5
    got = mel.log_mel(wav, *SETTINGS)
    areas = mel_filters(16_000, 64, 6, 200, 7_000).sum(axis=1)
    assert got[3] == pytest.approx(np.log(0.5 * areas))
    assert got[[2, 4]] == pytest.approx(np.full((2, 6), np.log(1e-5)))


def test_log_mel_takes_any_length_and_blocks_do_not_show(monkeypatch):
    for size in (1, 63, 99, 100):
        assert mel.log_mel(np.ones(size), *SETTINGS).shape == (1 + size // 100, 6)
    assert mel.log_mel(noise(), 16_000, 65, 10, 6, 0, 8_000).shape == (30, 6)
    wav = noise()
    expected = mel.log_mel(wav, 16_000, 64, 10, 6, 0, 8_000)
    monkeypatch.setattr(mel, "BLOCK", 4)
    assert np.array_equal(mel.log_mel(wav, 16_000, 64, 10, 6, 0, 8_000), expected)
    assert np.array_equal(wav, noise())


@pytest.mark.parametrize(
    "wav",
    [
        np.zeros(0),
        np.zeros((300, 2)),
        np.ones(300, np.int16),
        np.ones(300, bool),
        np.full(300, np.nan),
        np.full(300, np.inf),
    ],
)
def test_log_mel_refuses_other_input(wav):
    with pytest.raises(ValueError, match="wav"):
        mel.log_mel(wav, *SETTINGS)


@pytest.mark.parametrize(
    "settings",
    [
        (16_000, 1, 100, 6, 200, 7_000),
        (16_000, 64, 0, 6, 200, 7_000),
        (16_000, 64, 100, 0, 200, 7_000),
        (16_000, 64, 100, 6, -1, 7_000),
        (16_000, 64, 100, 6, 7_000, 7_000),
        (16_000, 64, 100, 6, 200, 8_001),
        (np.nan, 64, 100, 6, 200, 7_000),
    ],
)
def test_log_mel_refuses_settings_without_bands(settings):
    with pytest.raises(ValueError, match="expected"):
        mel.log_mel(noise(), *settings)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_spectrogram_has_the_bits_it_has_with_the_filter_that_scipy_designs(dtype, monkeypatch):
    from scipy import signal

    sound = (0.1 * np.random.default_rng(0).standard_normal(8000)).astype(dtype)
    made = mel.spectrogram(sound, 40)
    plain = signal.resample_poly
    monkeypatch.setattr(signal, "resample_poly", lambda *given, **_: plain(*given))
    np.testing.assert_array_equal(mel.spectrogram(sound, 40), made)
