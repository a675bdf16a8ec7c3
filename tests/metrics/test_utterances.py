"""The estimate that keeps PESQ's library from writing beyond its tables of 50 utterances.

Counts are pinned: they were held against the library's own (at least 0.7 of it, the same in the
median) for the constants of the module, so whoever changes one has to do that again.
"""

import numpy as np
import pytest

from benchmark.metrics.speech.pesq import most_utterances

RATE = 16_000


def bursts(count, on=0.3, off=0.3, faint=0.0):
    """`count` stretches of noise, `on` seconds each, and `off` seconds of fainter noise behind."""
    random = np.random.RandomState(0)
    sizes = int(on * RATE), int(off * RATE)
    parts = [
        level * random.standard_normal(n) for n, level in zip(sizes, (1.0, faint), strict=True)
    ]
    return np.tile(np.concatenate(parts), count)


@pytest.mark.parametrize("rate", [8_000, 16_000])
@pytest.mark.parametrize("scale", [1e-200, 1.0, 1e200])
def test_counts_bursts_between_silences(rate, scale):
    assert most_utterances(scale * bursts(60), rate) == 60


def test_int16_at_full_scale_does_not_overflow():
    loud = np.where(bursts(5) > 0.5, -32_768, 0).astype(np.int16)
    assert most_utterances(loud, RATE) == 5


def test_short_gaps_are_closed_and_short_bursts_are_none():
    assert most_utterances(bursts(60, off=0.15), RATE) == 1
    assert most_utterances(bursts(60, on=0.1), RATE) == 0


def test_a_click_joins_no_utterances():
    sound = bursts(10)
    assert most_utterances(sound, RATE) == 10
    for start in range(0, len(sound), 9_600):
        sound[start + 7_200 : start + 7_210] = 1.0
    assert most_utterances(sound, RATE) == 10


def test_neither_noise_nor_hum_nor_a_faint_tail_hides_the_gaps():
    assert most_utterances(bursts(60, faint=0.06), RATE) >= 60
    hum = 2 * np.sin(2 * np.pi * 50 * np.arange(60 * 9_600) / RATE)
    assert most_utterances(bursts(60) + hum, RATE) >= 60
    tail = bursts(60).reshape(60, -1)
    tail[:, 6_900:7_500] = 0.002
    assert most_utterances(tail.ravel(), RATE) == 60


def test_the_count_errs_on_the_high_side_in_steady_noise():
    """There the library finds some utterances, or one, by chance."""
    noise = np.random.RandomState(1).standard_normal(60 * RATE)
    assert most_utterances(noise, RATE) == 53


def test_an_utterance_has_46_windows_of_4_ms():
    assert most_utterances(bursts(10, on=0.184), RATE) == 10
    assert most_utterances(bursts(10, on=0.176), RATE) == 0


def test_five_windows_of_sound_within_a_gap_join_its_two_sides():
    """0.3 s of silence with 20 ms of sound in it is two gaps of less than 0.2 s."""
    sound = bursts(10)
    for start in range(0, len(sound), 9_600):
        sound[start + 7_200 : start + 7_520] = np.random.RandomState(1).standard_normal(320)
    assert most_utterances(sound, RATE) == 1


def speech_like(seed):
    """40 stretches of any loudness with fainter ones between, about half a minute."""
    random = np.random.RandomState(seed)
    parts = []
    for _ in range(40):
        for loudness, length in (((0.05, 1), (0.15, 0.6)), ((0.0, 0.2), (0.1, 0.5))):
            level = random.uniform(*loudness)
            parts.append(level * random.standard_normal(int(random.uniform(*length) * RATE)))
    return np.concatenate(parts)


def test_counts_of_sound_with_unequal_parts():
    assert [most_utterances(speech_like(seed), RATE) for seed in range(3)] == [18, 24, 24]
