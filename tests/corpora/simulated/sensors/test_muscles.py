import dataclasses

import numpy as np
import pytest

from benchmark.corpora.simulated.sensors import emg

PLAIN = emg.Parameters(
    weights=0.0, damping=0.0, stiffness=0.0, tonus=0.0, ready=0.0, unit=0.0,
    drift=0.0, gain=0.0, shift=0.0, swallows=0.0, blinks=0.0,
)  # fmt: skip
# What each hidden cause changes first; the steps before it must not notice.
STEPS = {
    "weights": emg.weights,
    "damping": emg.pull,
    "stiffness": emg.pull,
    "tonus": emg.pull,
    "ready": emg.pull,
    "unit": emg.activation,
    "shift": emg.placement,
    "drift": emg.gains,
    "gain": emg.gains,
    "swallows": emg.artefacts,
    "blinks": emg.artefacts,
}
OTHERS = (emg.pull, emg.activation, emg.placement, emg.gains, emg.artefacts, emg.amplifier)


def with_one(name, value=None):
    chosen = getattr(emg.PARAMETERS, name) if value is None else value
    return dataclasses.replace(PLAIN, **{name: chosen})


def test_emg_has_its_shape_and_grid(make):
    values = emg.emg(make(seconds=2.34))
    assert values.shape == (2340, 8)
    assert values.dtype == np.float32
    assert np.array_equal(values * 8, np.round(values * 8))


@pytest.mark.parametrize("name", STEPS)
def test_a_hidden_cause_changes_its_own_step_and_none_beside_it(make, name):
    source = make(seconds=6.0)
    parameters = with_one(name, 2.0 if name in ("swallows", "blinks") else None)
    changed = {
        step for step in OTHERS if not np.array_equal(step(source, parameters), step(source, PLAIN))
    }
    own = STEPS[name]
    follow = {emg.pull, emg.activation} if own in (emg.weights, emg.pull) else {own}
    assert changed == follow
    assert not np.array_equal(emg.emg(source, parameters), emg.emg(source, PLAIN))


@pytest.mark.parametrize("name", STEPS)
def test_a_cause_that_is_off_leaves_the_others_bit_by_bit(make, name):
    source = make(seconds=2.0)
    off = dataclasses.replace(emg.PARAMETERS, **{name: 0.0})
    own = STEPS[name]
    follow = {emg.pull, emg.activation} if own in (emg.weights, emg.pull) else {own}
    for step in set(OTHERS) - follow:
        assert np.array_equal(step(source, off), step(source))


def test_antagonists_contract_together_and_nothing_else_does(make):
    source = make(seconds=6.0)
    difference = emg.pull(source, with_one("stiffness", 0.5)) - emg.pull(source, PLAIN)
    place = emg.NAMES.index
    alike = np.corrcoef(difference.T)
    assert alike[place("masseter"), place("digastric")] == pytest.approx(1)
    assert abs(alike[place("masseter"), place("mentalis")]) < 0.7
    assert difference[:, place("masseter")].std() == pytest.approx(0.5, rel=0.4)
    assert {name for pair in emg.ANTAGONISTS for name in pair} == set(emg.NAMES)


def test_muscles_are_ready_before_the_first_phone_and_rest_after_the_last(make):
    source = make(seconds=4.0, rest=1.5)
    gained = emg.pull(source, with_one("ready")) - emg.pull(source, PLAIN)
    assert (gained[:110] < 0).all()
    assert (gained[160:240] > 0.2).all()
    assert (gained[-100:] < 0).all()
    half = np.flatnonzero(gained[:, 0] > 0)
    assert 0.05 < 1.5 - half[0] / 100 < 0.15
    assert 0 < half[-1] / 100 - 2.5 < 0.1


def test_few_motor_units_are_as_noisy_as_the_root_of_their_activation(make):
    seen, noise = [], []
    for number in range(12):
        source = make(id=f"x1-s{number}")
        calm = emg.activation(source, PLAIN)
        seen.append(calm)
        noise.append(emg.activation(source, with_one("unit", 0.05)) - calm)
    size, off = np.concatenate(seen).ravel(), np.concatenate(noise).ravel()
    weak, strong = (size > 0.2) & (size < 0.4), (size > 0.8) & (size < 1.6)
    assert off[weak].std() == pytest.approx(0.05 * np.sqrt(size[weak].mean()), rel=0.15)
    assert off[strong].std() == pytest.approx(0.05 * np.sqrt(size[strong].mean()), rel=0.15)


def test_electrodes_slip_with_the_session_towards_a_neighbour_only(make):
    one, again = make(), make(id="x1-s02")
    other = make(session="x1-b")
    slipped = emg.placement(one, with_one("shift"))
    assert np.array_equal(slipped, emg.placement(again, with_one("shift")))
    here = dataclasses.replace(with_one("shift"), session_spread=0.0)
    assert not np.array_equal(emg.placement(one, here), emg.placement(other, here))
    gains = emg.placement(one, PLAIN)
    for site, pair in enumerate(emg.NEIGHBOURS):
        parts = []
        for towards in pair:
            way = gains[:, towards] - gains[:, site]
            part = float(way @ (slipped[:, site] - gains[:, site]) / (way @ way))
            rest = np.abs(gains[:, site] + part * way - slipped[:, site]).max()
            parts.append((rest < 1e-9, part))
        assert any(fits and 0 <= part <= emg.PARAMETERS.shift for fits, part in parts)


def test_swallows_are_of_the_neck_and_blinks_of_the_eye(make):
    source = make(seconds=20.0)
    neck = emg.artefacts(source, with_one("swallows", 0.5)).std(axis=0)
    eye = emg.artefacts(source, with_one("blinks", 0.5)).std(axis=0)
    assert neck.argmax() == emg.SITES.index("below chin 3 cm back")
    assert eye.argmax() == emg.SITES.index("right cheek near nose")


def test_swallows_and_blinks_come_as_often_as_they_are_said_to(make):
    sources = [make(id=f"x1-s{number}", seconds=8.0, rest=3.0) for number in range(30)]
    for name, often in (("swallows", 0.06), ("blinks", 0.15)):
        seen = [emg.artefacts(source, with_one(name)).any() for source in sources]
        assert getattr(emg.PARAMETERS, name) == often
        assert np.mean(seen) == pytest.approx(1 - np.exp(-8 * often), abs=0.25)


def test_the_larynx_drives_no_muscle_in_a_silent_take(make):
    silent = make(silent=True)
    high = dataclasses.replace(silent, f0=silent.f0 * 1.5, voiced=np.ones(300, bool))
    assert np.array_equal(emg.emg(silent), emg.emg(high))
    aloud = make()
    higher = dataclasses.replace(aloud, f0=aloud.f0 * 1.5)
    assert not np.array_equal(emg.emg(aloud), emg.emg(higher))


def test_muscles_pull_less_without_voice_each_by_a_factor_of_the_talkers(make):
    aloud = dataclasses.replace(make(), voiced=np.zeros(300, bool), f0=np.full(300, 120.0))
    factors = []
    for id in ("x1-s01", "x1-s02"):
        voiced = dataclasses.replace(aloud, id=id)
        silent = dataclasses.replace(voiced, silent=True)
        ratio = emg.activation(silent, PLAIN) / emg.activation(voiced, PLAIN)
        np.testing.assert_allclose(ratio, np.broadcast_to(ratio[0], ratio.shape), rtol=1e-9)
        factors.append(ratio[0])
    np.testing.assert_allclose(*factors)
    assert np.exp(np.log(factors[0]).mean()) == pytest.approx(0.8, rel=0.25)
    assert 0.1 < np.log(factors[0]).std() < 0.5


def test_the_seed_makes_everything_and_the_same_one_the_same(make):
    source, same, other = make(), make(), make(seed="another")
    assert np.array_equal(emg.emg(source), emg.emg(same))
    for step in (emg.weights, *OTHERS):
        parameters = dataclasses.replace(emg.PARAMETERS, swallows=2.0)
        assert not np.array_equal(step(source, parameters), step(other, parameters))


def test_recordings_of_a_talker_share_what_is_the_talkers(make):
    source, next_ = make(), make(id="x1-s02")
    for step in (emg.weights, emg.placement):
        assert np.array_equal(step(source), step(next_))
    assert not np.array_equal(emg.gains(source), emg.gains(next_))
    assert not np.array_equal(emg.weights(source), emg.weights(make(speaker="x2")))
