import numpy as np
import pytest

from benchmark.core import Undefined
from benchmark.metrics.speech import _sound
from benchmark.metrics.speech.pesq import pesq
from benchmark.metrics.speech.stoi import both, estoi, stoi
from parts import needs

RATES = (8_000, 16_000, 22_050, 44_100)
SAID = r"no sound in the bands|a sound that does not change"


def sounds(rate, seconds=1.5):
    """Sounds that cannot be speech, by name."""
    n = np.arange(int(rate * seconds))
    t = n / rate

    def tone(hertz):
        return np.sin(2 * np.pi * hertz * t)

    noise = np.fft.rfft(np.random.default_rng(0).standard_normal(n.size))
    hertz = np.fft.rfftfreq(n.size, 1 / rate)
    return {
        "Nyquist": 1.0 - 2 * (n % 2),
        "Nyquist, uneven": 0.7 - 1.0 * (n % 2),
        "near Nyquist": tone(rate / 2 - 100) if rate > 10_000 else tone(20),
        "half of it": np.sign(tone(rate / 4) + 1e-9),
        "50 Hz": tone(50),
        "300 Hz": tone(300),
        "1 kHz": tone(1_000),
        "3 kHz": tone(3_000),
        "two": tone(500) + tone(1_500),
        "louder and softer": tone(1_000) * (1 + 0.5 * tone(4)),
        "ramp": t,
        "5 Hz": tone(5),
        "half a period": tone(1 / (2 * seconds)),
        "square": np.sign(tone(200) + 1e-9),
        "impulses": (n % (rate // 100) == 0).astype(float),
        "one sample on a constant": 0.1 + 1e-3 * (n == n.size // 2),
        "narrow noise": np.fft.irfft(noise * (np.abs(hertz - 1_000) < 100), n.size),
    }


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("name", sounds(8_000))
def test_what_cannot_be_speech_has_no_score(name, rate):
    for sound in (sounds(rate)[name], (1e-6 * sounds(rate)[name] + 1e-6).astype(np.float32)):
        with pytest.raises(Undefined, match=SAID):
            _sound.check(sound, rate)


@pytest.mark.parametrize("name", ["Nyquist", "1 kHz", "square"])
def test_every_metric_of_speech_asks(name, inputs):
    needs("pesq")
    clean, _ = inputs.speech(seconds=1.5)
    sound = sounds(16_000)[name]
    for score in (stoi, estoi, both, lambda *x: pesq(*x, "wb"), lambda *x: pesq(*x, "nb")):
        with pytest.raises(Undefined, match=SAID):
            score(clean, sound, 16_000)


def misleading(noisy):
    """What PESQ prefers to noisy speech: most of it silent, or quiet beside a step or a click."""
    n, peak = np.arange(noisy.size), np.abs(noisy).max()
    part = n < 0.4 * n.size
    return {
        "silence": noisy * part,
        "hush": noisy * np.where(part, 1, 0.01),
        "offset": noisy + 100 * peak,
        "ramp": noisy + 100 * peak * n / n.size,
        "click": noisy + 100 * peak * (n == 100),
    }


@pytest.mark.parametrize("name", misleading(np.ones(1)))
def test_what_misleads_pesq_has_no_score_and_has_stoi(name, inputs):
    needs("pesq")
    clean, noisy = inputs.speech(seconds=1.5)
    sound = misleading(noisy)[name]
    for band in ("wb", "nb"):
        with pytest.raises(Undefined, match=r"no sound in|a click or a step|silent in most"):
            pesq(clean, sound, 16_000, band)
    assert stoi(clean, sound, 16_000) > 0


@pytest.mark.parametrize("rate", RATES)
def test_what_may_be_speech_passes(inputs, rate):
    clean, noisy = inputs.speech(rate, seconds=1.5)
    t = np.arange(clean.size) / rate
    white = np.random.default_rng(0).standard_normal(clean.size)
    hum = np.abs(clean).max() * np.sin(2 * np.pi * 50 * t)
    late = np.concatenate([np.zeros(rate), clean[:-rate]])
    for sound in (
        clean,
        noisy,
        white,
        -clean,
        clean * 1e-30,
        clean + 3 * hum,
        noisy + 10 * t,
        late,
    ):
        _sound.check(sound, rate)
    for dtype in (np.float32, np.int16):
        _sound.check((noisy / np.abs(noisy).max() * 9_999).astype(dtype), rate)


def test_of_a_moment_nothing_can_be_said():
    _sound.check(np.sin(np.arange(4_000)), 16_000)
