import dataclasses

import numpy as np
import pytest

from benchmark.corpora.noise import AUDIO_RATE
from benchmark.corpora.simulated.sensors import aloud, sound
from benchmark.corpora.simulated.sensors.source import readiness


def test_a_room_is_heard_at_minus_70_dbfs_and_is_the_recordings_own():
    quiet = sound.in_room(np.zeros(5 * AUDIO_RATE), "a seed", "x1-s01")
    assert 20 * np.log10(quiet.std()) == pytest.approx(-70, abs=0.5)
    assert np.array_equal(quiet * 32768, np.round(quiet * 32768))
    assert np.array_equal(quiet, sound.in_room(np.zeros(5 * AUDIO_RATE), "a seed", "x1-s01"))
    for seed, id in (("another", "x1-s01"), ("a seed", "x1-s02")):
        other = sound.in_room(np.zeros(5 * AUDIO_RATE), seed, id)
        assert abs(np.corrcoef(quiet, other)[0, 1]) < 0.05


def test_a_room_takes_nothing_from_the_sound_and_stays_within_full_scale():
    loud = np.full(AUDIO_RATE, 32767, np.int16)
    heard = sound.in_room(loud, "a seed", "x1-s01")
    assert heard.max() < 1
    assert heard.min() > 0.99


def test_nothing_of_a_mel_is_at_its_floor_at_rest(make):
    source = make()
    assert sound.mel(source).min() > np.log(1e-5) + 1
    assert sound.audio(source).dtype == np.float32


def test_speech_is_where_phones_are_at_the_rate_of_the_mel(make):
    source = make(seconds=3.0, rest=0.5)
    inside = sound.speech(source)
    assert inside.shape == (len(sound.mel(source)),)
    assert inside.dtype == np.uint8
    place = np.arange(len(inside)) / sound.MEL_RATE
    assert inside[(place > 0.51) & (place < 2.49)].all()
    assert not inside[(place < 0.49) | (place > 2.51)].any()
    paused = dataclasses.replace(source, phones=(*source.phones[:5], ("sil", 1.0, 2.5)))
    assert not sound.speech(paused)[place > 1.01].any()


def test_readiness_leads_and_trails_speech_and_lasts_through_a_short_pause(make):
    source = make(seconds=3.0, rest=1.0)
    ready = readiness(source, 0.1, 0.04, 0.2)
    assert len(ready) == 300
    assert ready[0] == 0
    assert ready[150] == pytest.approx(1)
    assert abs(np.flatnonzero(ready >= 0.5)[0] - 90) <= 1
    assert abs(np.flatnonzero(ready >= 0.5)[-1] - 204) <= 1
    assert (np.diff(ready[:150]) >= -1e-12).all()
    cut = dataclasses.replace(source, phones=source.phones[:4] + source.phones[5:])
    assert readiness(cut, 0.1, 0.04, 0.2).min() == 0
    assert readiness(cut, 0.1, 0.04, 0.2)[120:180].min() > 0.9


def test_a_path_through_distances_is_the_cheapest():
    rng = np.random.default_rng(0)
    distance = rng.random((7, 9))
    total = np.full(distance.shape, np.inf)
    for i in range(7):
        for j in range(9):
            near = [total[i - a, j - b] for a, b in ((1, 1), (1, 0), (0, 1)) if i >= a and j >= b]
            total[i, j] = distance[i, j] + (min(near) if near else 0)
    rows, columns = aloud.path(distance)
    assert distance[rows, columns].sum() == pytest.approx(total[-1, -1])
    assert (rows[0], columns[0], rows[-1], columns[-1]) == (0, 0, 6, 8)
    assert set(zip(np.diff(rows), np.diff(columns), strict=True)) <= {(1, 1), (1, 0), (0, 1)}


def slowed(voiced, factor=1.25):
    """A silent take that moves as `voiced` did, but slower."""
    count = round(len(voiced.points) * factor)
    place = np.minimum(np.arange(count) / factor, len(voiced.points) - 1)
    near = np.round(place).astype(int)
    return dataclasses.replace(
        voiced,
        id=f"{voiced.id}-silent",
        points=voiced.points[near],
        tongue=voiced.tongue[near],
        f0=voiced.f0[near],
        voiced=np.zeros(count, bool),
        audio=np.zeros(160 * count),
        phones=tuple((label, a * factor, b * factor) for label, a, b in voiced.phones),
        silent=True,
        aloud=voiced,
    )


def test_targets_of_a_silent_take_are_those_aloud_in_its_own_time(make):
    voiced = make(seconds=3.0)
    silent = slowed(voiced)
    at = aloud.times(silent)
    assert len(at) == 375
    assert (np.diff(at) >= 0).all()
    assert np.abs(at - np.arange(375) / 125).max() < 0.06
    mel = aloud.mel(silent)
    assert mel.shape == (silent.length(sound.MEL_RATE), 80)
    assert mel.dtype == np.float32
    inside = sound.speech(silent) > 0
    # The hum is in the lowest bands, where the silent take moves, a quarter longer.
    assert mel[inside, :4].mean() > mel[~inside, :4].mean() + 2
    own = aloud.articulation(silent)
    assert own.shape == (silent.length(50), 14)
    assert np.abs(own[:, 0] - silent.points[::2, 0, 0]).max() < 0.2
    assert own[:, 12].std() > 0.1
    assert aloud.voicing(silent).mean() == pytest.approx(aloud.voicing(voiced).mean(), abs=0.05)
    assert set(np.unique(aloud.voicing(silent))) == {0, 1}


def test_a_voiced_take_has_its_own_targets(make):
    source = make()
    assert np.array_equal(aloud.mel(source), sound.mel(source))
    with pytest.raises(ValueError, match="x1-s01: expected a silent take"):
        aloud.times(source)
