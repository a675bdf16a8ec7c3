"""What measures simulated corpora: the power of a comparison, words and movement of talkers."""

import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def power(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import power

    yield power
    del sys.modules["power"]


@pytest.fixture
def check(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    import check_simulated

    yield check_simulated
    for name in ("check_simulated", "_words"):
        sys.modules.pop(name, None)


def test_without_a_difference_one_in_twenty_is_found(power):
    found = power.Spread(0.0, 1.0, 1.0, 16)
    assert power.power(0.0, found, 16, 4000) == pytest.approx(0.05, abs=0.012)


def test_power_grows_with_the_difference_and_the_recordings(power):
    found = power.Spread(0.0, 0.2, 2.0, 16)
    few, more, many = (power.power(0.6, found, n, 1000) for n in (2, 16, 200))
    assert few < more < many
    assert many > 0.99
    assert power.power(0.9, found, 16, 1000) > more


def test_the_spread_of_talkers_and_of_recordings_is_told_apart(power):
    rng = np.random.default_rng(1)
    one, other = {}, {}
    for talker in map(str, range(400)):
        level = 1.0 + 0.5 * rng.standard_normal()
        for recording in map(str, range(5)):
            one[talker, recording] = rng.standard_normal()
            noise = 2.0 * rng.standard_normal()
            other[talker, recording] = one[talker, recording] + level + noise
    found = power.spread(one, other)
    assert found.gap == pytest.approx(1.0, abs=0.15)
    assert found.within == pytest.approx(2.0, rel=0.05)
    assert found.between == pytest.approx(0.5, abs=0.2)
    assert found.recordings == 5


def test_one_talker_is_too_few_to_compare_talkers_and_it_is_said(check):
    folder = Path(__file__).with_name("takes")
    entries = [*check.reader.manifest(folder)["recordings"].values()]
    said = [e for e in entries if e["kind"] == "word"]
    within, across = check.words(folder, said)
    assert within.startswith("words, within a talker, session a to b: 100.0 %")
    assert across == "words, across talkers: not compared: two talkers are needed, found 1"
    (line,) = check.movement(folder, said)
    assert "not compared: two talkers are needed" in line
    assert "nan" not in within + across + line
    early = [e for e in said if e["session"].endswith("-a")]
    assert next(iter(check.words(folder, early))).endswith("one talker in both is needed")
