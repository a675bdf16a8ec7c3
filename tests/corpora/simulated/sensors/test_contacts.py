import dataclasses

import numpy as np
import pytest

from benchmark.corpora.simulated.sensors import seeg

QUIET = seeg.Parameters(drift=0.0, gain=0.0, wander=0.0, bursts=0.0)


def only(kind, **changed):
    """All active contacts are of one kind."""
    kinds = tuple(float(name == kind) for name in seeg.KINDS)
    return dataclasses.replace(QUIET, kinds=kinds, **changed)


def test_contacts_are_the_talkers_and_bad_ones_are_marked():
    counts = []
    for talker in range(40):
        here = seeg.contacts("a seed", f"x{talker}")
        assert here == seeg.contacts("a seed", f"x{talker}")
        bad = {*here.dead, *here.noisy}
        assert len(bad) == len(here.dead) + len(here.noisy) == round(0.05 * here.count)
        assert here.dead
        assert here.noisy
        assert len(here.good) == here.count - len(bad)
        assert not bad & set(here.good.tolist())
        counts.append(here.count)
    assert min(counts) >= 54
    assert max(counts) <= 127
    assert len(set(counts)) > 20
    assert seeg.contacts("a seed", "x1") != seeg.contacts("another", "x1")


def test_contacts_are_tuned_to_all_that_moves(make):
    moved = seeg.moved(make(seconds=1.0))
    seen = {int(f) for n in range(12) for f in seeg.active("a seed", f"x{n}").features.flat}
    assert moved.shape == (100, 26)
    assert seen == set(range(26))


def test_seeg_holds_the_good_contacts_alone(make):
    source = make(seconds=2.0)
    values = seeg.seeg(source)
    here = seeg.contacts(source.seed, "x1")
    assert values.shape == (2048, here.count - len(here.dead) - len(here.noisy))
    assert values.dtype == np.float32
    assert np.array_equal(values * 64, np.round(values * 64))
    assert (values.std(axis=0) > 10).all()


def test_every_talker_has_contacts_of_each_kind_in_their_parts():
    for talker in range(12):
        found = seeg.active("a seed", f"x{talker}")
        good = len(seeg.contacts("a seed", f"x{talker}").good)
        share = {kind: found.kinds.count(kind) / len(found.kinds) for kind in seeg.KINDS}
        assert len(found.places) == round(seeg.PARAMETERS.active * good)
        for kind, wanted in zip(seeg.KINDS, seeg.PARAMETERS.kinds, strict=True):
            assert share[kind] == pytest.approx(wanted, abs=1 / len(found.kinds))
        assert set(found.places.tolist()) <= set(range(good))


def test_planning_comes_before_a_phone_and_hearing_after_the_sound(make):
    source = make(seconds=4.0, rest=1.5)
    quiet = seeg.drive(source, only("planning", speech=(0.0, 0.0)))
    change = np.abs(quiet - quiet[0]).max(axis=1)
    first = np.flatnonzero(change > 0.2 * change.max())[0] / 100
    assert 1.1 < first < 1.5
    loud = seeg.drive(source, only("hearing"))
    change = np.abs(loud - loud[0]).max(axis=1)
    first = np.flatnonzero(change > 0.2 * change.max())[0] / 100
    assert 1.5 < first < 1.65


def test_a_moving_contact_prefers_a_state_and_falls_off_to_either_side(make):
    parameters = only("moving", features=1, speech=(0.0, 0.0), moving=(0.0, 0.0))
    source = make(seconds=6.0)
    drive, movement = seeg.drive(source, parameters), seeg.moved(source)
    rises_and_falls = 0
    for column in drive.T:
        # The feature that a contact is tuned to is the one of which its drive is a function.
        orders = np.argsort(movement, axis=0)
        steps = [np.abs(np.diff(column[order])).sum() for order in orders.T]
        course = column[orders[:, int(np.argmin(steps))]]
        top = int(np.argmax(course))
        assert np.all(np.diff(course[: top + 1]) >= -1e-9)
        assert np.all(np.diff(course[top:]) <= 1e-9)
        rises_and_falls += course[0] < 0.9 * course[top] and course[-1] < 0.9 * course[top]
    assert rises_and_falls >= len(drive.T) / 4
    assert drive.min() >= 0


def test_what_is_planned_hangs_on_the_phones_and_nothing_else(make):
    source = make(seconds=3.0)
    still = dataclasses.replace(
        source, points=source.points * 0, audio=source.audio * 0, voiced=~source.voiced
    )
    parameters = only("planning")
    assert np.array_equal(seeg.drive(source, parameters), seeg.drive(still, parameters))
    other = dataclasses.replace(
        source, phones=tuple(("o", start, end) for _, start, end in source.phones)
    )
    assert not np.array_equal(seeg.drive(source, parameters), seeg.drive(other, parameters))
    again = dataclasses.replace(source, id="x1-s02")
    assert np.array_equal(seeg.drive(source, parameters), seeg.drive(again, parameters))


def test_what_is_heard_hangs_on_the_sound_and_is_nothing_in_a_silent_take(make):
    source = make(seconds=3.0)
    parameters = only("hearing", threshold=0.5)  # a hum of 120 Hz is little in most bands
    moved = dataclasses.replace(source, points=source.points + 5, f0=source.f0 * 2)
    assert np.array_equal(seeg.drive(source, parameters), seeg.drive(moved, parameters))
    silent = seeg.drive(make(silent=True), parameters)
    assert np.ptp(silent, axis=0).max() < 1e-12
    assert np.ptp(seeg.drive(source, parameters), axis=0).max() > 0.1
    assert silent.max() < seeg.drive(source, parameters).max()


def test_a_silent_take_has_neither_voice_nor_tone(make):
    silent = make(silent=True)
    higher = dataclasses.replace(silent, f0=silent.f0 * 1.5)
    assert np.array_equal(seeg.seeg(silent), seeg.seeg(higher))
    aloud = make()
    changed = dataclasses.replace(aloud, f0=aloud.f0 * 1.5)
    parameters = only("moving", features=26, reach=5.0)
    assert not np.array_equal(seeg.drive(aloud, parameters), seeg.drive(changed, parameters))


def band_power(values, low=70, high=170):
    power = np.abs(np.fft.rfft(values.astype(np.float64), axis=0)) ** 2
    f = np.fft.rfftfreq(len(values), 1 / 1024)
    return power[(f > low) & (f < high)].sum(axis=0) / len(values) ** 2


def test_high_gamma_follows_the_drive_in_the_active_contacts_only(make):
    parameters = dataclasses.replace(QUIET, response=30.0)
    source = make(seconds=6.0)
    silent = seeg.seeg(source, dataclasses.replace(parameters, response=0.0))
    changed = ~np.isclose(seeg.seeg(source, parameters), silent).all(axis=0)
    assert np.array_equal(np.flatnonzero(changed), seeg.active("a seed", "x1").places)
    gamma = (seeg.seeg(source, parameters) - silent)[:, seeg.active("a seed", "x1").places]
    # A drive that comes and goes within 0.1 s widens the band by about 10 Hz.
    assert np.allclose(band_power(gamma, 60, 181), band_power(gamma, 0, 512), rtol=0.02)
    frames = np.square(gamma[: 100 * 61]).reshape(-1, 61, gamma.shape[1]).mean(axis=1)
    at = np.minimum((np.arange(100) * 61 + 30) * 100 // 1024, 599)
    drive = seeg.drive(source, parameters)[at] ** 2
    r = [np.corrcoef(x, y)[0, 1] for x, y in zip(frames.T, drive.T, strict=True)]
    assert np.median(r) > 0.5


@pytest.mark.parametrize("name", ["drift", "gain", "wander", "bursts"])
def test_a_hidden_cause_has_an_effect_and_is_off_at_zero(make, name):
    source = make(seconds=6.0)
    value = 3.0 if name == "bursts" else getattr(seeg.PARAMETERS, name)
    with_it = dataclasses.replace(QUIET, **{name: value})
    assert not np.array_equal(seeg.seeg(source, with_it), seeg.seeg(source, QUIET))
    steps = {"drift": seeg.response, "gain": seeg.response, "bursts": seeg.reference}
    for step in (seeg.drive, seeg.response, seeg.reference):
        same = np.array_equal(step(source, with_it), step(source, QUIET))
        assert same == (step is not steps.get(name))


def test_bursts_of_a_noisy_contact_reach_all_others_alike(make):
    source = make(seconds=6.0)
    plain = seeg.seeg(source, QUIET)
    reached = seeg.seeg(source, dataclasses.replace(QUIET, bursts=2.0)) - plain
    assert np.abs(reached).max() > 10
    np.testing.assert_allclose(reached, np.tile(reached[:, :1], reached.shape[1]), atol=0.04)


def test_the_same_seed_gives_the_same_and_another_another(make):
    source = make(seconds=1.5)
    assert np.array_equal(seeg.seeg(source), seeg.seeg(make(seconds=1.5)))
    other = seeg.active("another", "x1")
    assert not np.array_equal(other.latency[:5], seeg.active("a seed", "x1").latency[:5])
    assert not np.array_equal(seeg.seeg(source)[:, :40], seeg.seeg(make("x1-s02", 1.5))[:, :40])


def test_background_falls_with_frequency(make):
    power = np.abs(np.fft.rfft(seeg.seeg(make(seconds=6.0)).astype(np.float64), axis=0)) ** 2
    f = np.fft.rfftfreq(6 * 1024, 1 / 1024)
    low, high = (power[(f > a) & (f < 2 * a)].mean() for a in (5, 20))
    assert 4 * 0.3 * 2 < np.log2(low / high) < 2 * 2.4 * 1.15
