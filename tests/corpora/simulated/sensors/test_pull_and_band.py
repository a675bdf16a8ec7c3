import dataclasses

import numpy as np

from benchmark.corpora.io.sparc import POINTS
from benchmark.corpora.simulated.sensors import emg
from benchmark.corpora.simulated.sensors.muscles import MUSCLES


def bumps(source):
    """Nothing moves but the lower lip, upwards, three times."""
    time = np.arange(300) / 100
    height = sum(np.exp(-0.5 * ((time - at) / 0.08) ** 2) for at in (0.7, 1.4, 2.2))
    points = np.tile(source.speaker.rest, (300, 1, 1))
    points[:, POINTS.index("LL"), 1] += 4 * source.speaker.spread[5, 1] * height
    return dataclasses.replace(source, points=points), height


def test_emg_leads_the_movement_by_about_60_ms(make):
    power = np.zeros(3000)
    for number in range(20):
        source, height = bumps(make(f"x1-s{number:02d}"))
        power += emg.emg(source)[:, 5].astype(np.float64) ** 2
    envelope = np.convolve(np.sqrt(power / 20), np.ones(21) / 21, "same")
    moved = np.interp(np.arange(3000) / 1000, np.arange(300) / 100, height)
    lags = range(-200, 201)
    match = [np.corrcoef(np.roll(envelope, lag)[300:2700], moved[300:2700])[0, 1] for lag in lags]
    assert 45 <= lags[int(np.argmax(match))] <= 75  # ms that the EMG must be held back to fit
    assert max(match) > 0.8


def test_activation_is_the_undelayed_one_moved_by_the_delay(make):
    source = make()
    now = emg.activation(source, emg.Parameters(delay=0.0))
    ahead = emg.activation(source)
    np.testing.assert_allclose(ahead[:-6], now[6:], atol=1e-12)
    assert (now >= 0).all()


def test_activation_is_not_linear_in_the_movement(make):
    source = make()
    low, middle, high = (
        emg.activation(
            dataclasses.replace(
                source, points=source.speaker.rest + k * source.speaker.spread + 0 * source.points
            )
        )[100]
        for k in (-2.0, 0.0, 2.0)
    )
    bend = np.abs(low + high - 2 * middle) / (np.abs(high - low) + 1e-9)
    assert np.median(bend) > 0.3


def test_emg_keeps_to_its_band_but_for_mains_and_wander(make):
    values = emg.emg(make(seconds=8.0)).astype(np.float64)
    power = np.abs(np.fft.rfft(values * np.hanning(len(values))[:, None], axis=0)) ** 2
    f = np.fft.rfftfreq(len(values), 0.001)
    middle = power[(f > 60) & (f < 140)].mean()
    assert power[(f > 4) & (f < 18)].mean() < 0.25 * middle
    assert power[f > 460].mean() < 0.25 * middle
    quiet = power[(f > 44) & (f < 48)].mean(axis=0)
    assert (power[(f > 49.5) & (f < 50.5)].mean(axis=0) > 1.5 * quiet).sum() >= 4


def test_sessions_and_speakers_differ_in_placement(make):
    one, other = make(), make(speaker="x2")
    second = dataclasses.replace(one, session="x1-b")
    heard = np.array([muscle.sites for muscle in MUSCLES]) > 0
    base, elsewhere, theirs = (np.log(emg.placement(s)[heard]) for s in (one, second, other))
    between_sessions = np.abs(elsewhere - base).mean()
    between_speakers = np.abs(theirs - base).mean()
    assert 0.05 < between_sessions < between_speakers
