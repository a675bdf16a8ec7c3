import numpy as np
import pytest

from benchmark.core import UserError
from benchmark.corpora import mixing
from benchmark.corpora.noise import KINDS, PARAMETERS, noise


@pytest.mark.parametrize("kind", KINDS)
def test_noise_has_unit_variance_and_repeats_itself(kind):
    sound = noise(kind, "train", 7, 16000)
    assert np.std(sound) == pytest.approx(1)
    np.testing.assert_array_equal(sound, noise(kind, "train", 7, 16000))


@pytest.mark.parametrize("kind", KINDS)
def test_train_and_test_never_draw_the_same_noise(kind):
    one, other = noise(kind, "train", 7, 32000), noise(kind, "test", 7, 32000)
    spectrum = np.fft.rfft(one, 65536) * np.conj(np.fft.rfft(other, 65536))
    assert np.abs(np.fft.irfft(spectrum)).max() / 32000 < 0.8


@pytest.mark.parametrize("kind", ["engine", "car", "street"])
def test_ranges_of_train_and_test_do_not_meet(kind):
    spans = dict(getattr(PARAMETERS, kind))
    assert spans["train"][1] < spans["test"][0] or spans["test"][1] < spans["train"][0]


def test_spectra_are_what_the_names_say():
    f = np.fft.rfftfreq(64000, 1 / 16000)

    def slope(kind):
        power = np.abs(np.fft.rfft(noise(kind, "test", 3, 64000))) ** 2
        low, high = (power[(f > a) & (f < 2 * a)].mean() for a in (200, 1600))
        return np.log2(high / low) / 3

    assert slope("white") == pytest.approx(0, abs=0.15)
    assert slope("pink") == pytest.approx(-1, abs=0.15)
    assert slope("car") < -1


def test_unknown_noise_is_named():
    with pytest.raises(UserError, match="rain"):
        noise("rain", "train", 1, 100)


def test_levels_give_the_ratio_and_prevent_clipping():
    rng = np.random.default_rng(1)
    clean, sound = 0.3 * rng.standard_normal(8000), rng.standard_normal(8000)
    scale, gain = mixing.levels(clean, sound, -5)
    ratio = 10 * np.log10(np.sum(clean**2) / np.sum((scale * sound) ** 2))
    assert ratio == pytest.approx(-5, abs=1e-3)
    assert np.abs(gain * (clean + scale * sound)).max() == pytest.approx(0.99, rel=1e-4)
    assert mixing.levels(0.01 * clean, sound, 10)[1] == 1.0


def test_babble_repeats_short_voices_from_their_offset_at_equal_energy():
    voices = [np.array([1.0, -1.0, 3.0]), 10 * np.array([2.0, -2.0, 1.0, 0.0])]
    out = mixing.babble(voices, [1, 0], 6)
    expected = np.array([-1, 3, 1, -1, 3, 1]) / np.std(voices[0])
    expected = expected + 10 * np.array([2, -2, 1, 0, 2, -2]) / np.std(voices[1])
    np.testing.assert_allclose(out, expected)
