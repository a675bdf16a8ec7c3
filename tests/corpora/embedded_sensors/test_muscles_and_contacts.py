import dataclasses

import numpy as np
import pytest

from benchmark.corpora.embedded.sensors import emg, seeg
from benchmark.corpora.io.sparc import POINTS


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
        source, height = bumps(make(f"t1-s{number:02d}"))
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
    one, other = make(), make(speaker="t2")
    second = dataclasses.replace(one, session="t1-b")
    base = emg.placement(one)
    between_sessions = np.abs(np.log(emg.placement(second)[base > 0] / base[base > 0])).mean()
    between_speakers = np.abs(np.log(emg.placement(other)[base > 0] / base[base > 0])).mean()
    assert 0.05 < between_sessions < between_speakers


def test_contact_counts_differ_and_lie_between_54_and_127(make):
    counts = list(seeg.CONTACTS.values())
    assert len(counts) == len(set(counts)) == 8
    assert min(counts) == 54
    assert max(counts) == 127
    assert seeg.seeg(make(speaker="t5")).shape[1] == 54


def high_gamma(values):
    from scipy.signal import butter, sosfiltfilt

    band = butter(4, (70, 170), "bandpass", fs=1024, output="sos")
    return sosfiltfilt(band, values.astype(np.float64), axis=0) ** 2


@pytest.mark.parametrize("speaker", ["t1", "t5"])
def test_high_gamma_follows_the_drive_in_the_active_contacts_only(make, speaker):
    source = make(seconds=6.0, speaker=speaker)
    active, weights, latency = seeg.tuning(source)
    assert len(active) == round(0.15 * seeg.CONTACTS[speaker])
    assert weights.shape == (27, len(active))
    assert (np.abs(latency) <= 0.15).all()
    power = high_gamma(seeg.seeg(source))
    frames = power[: 102 * (len(power) // 102)].reshape(-1, 102, power.shape[1]).mean(axis=1)
    drive = seeg.drive(source)[: 100 * 6].reshape(-1, 10, len(active)).mean(axis=1) ** 2
    count = min(len(frames), len(drive))
    r = [np.corrcoef(frames[:count, c], drive[:count, k])[0, 1] for k, c in enumerate(active)]
    assert np.median(r) > 0.5
    silent = np.setdiff1d(np.arange(power.shape[1]), active)
    assert np.median(power[:, active].std(axis=0)) > 1.5 * np.median(power[:, silent].std(axis=0))


def test_background_falls_with_frequency(make):
    values = seeg.seeg(make(seconds=6.0)).astype(np.float64)
    power = np.abs(np.fft.rfft(values, axis=0)) ** 2
    f = np.fft.rfftfreq(len(values), 1 / 1024)
    low, high = (power[(f > a) & (f < 2 * a)].mean() for a in (5, 20))
    # amplitude 1 / (f + 1) ** 1.2: power falls by about 2 * 1.2 octaves each octave
    assert 4 * 0.3 * 2 < np.log2(low / high) < 2 * 2.4 * 1.15
