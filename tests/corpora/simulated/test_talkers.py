"""Simulated talkers: who they are, how they differ, and that they can articulate."""

from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from benchmark.core import UserError
from benchmark.corpora.simulated.synthesis import vtl
from benchmark.corpora.simulated.takes import CLASSES, TIERS, Warp
from benchmark.corpora.simulated.talkers import (
    anatomy,
    english,
    guards,
    habits,
    people,
    speaker_file,
)
from benchmark.corpora.simulated.texts import lexicon
from parts import needs

LOW, HIGH = np.full(19, -8.0), np.full(19, 8.0)
VOWELS = ("a", "i", "u", "@")
CONSONANTS = ("ll-labial-closure", "tt-alveolar-closure", "tb-velar-closure")


def plain():
    """Shapes with the names of a speaker file and values of their own."""
    rng = np.random.default_rng(0)
    names = [*VOWELS, "a-raw", *(f"{c}({v})" for c in CONSONANTS for v in habits.CONTEXTS)]
    return {name: rng.normal(size=19) for name in names}


def targets(seed="s", talker="x01", size=1.0):
    return habits.targets(plain(), (LOW, HIGH), seed, talker, size)


def test_a_talker_follows_from_seed_and_name_alone():
    assert people.talker("s", "x01", "female") == people.talker("s", "x01", "female")
    assert people.talker("s", "x01", "female") != people.talker("s", "x02", "female")
    assert people.talker("s", "x01", "female").warp != people.talker("t", "x01", "female").warp


def test_the_release_has_six_women_and_six_men_and_development_two_others():
    assert [t.id for t in people.RELEASE] == [f"u{n:02d}" for n in range(1, 13)]
    assert [t.sex for t in people.RELEASE].count("female") == 6
    assert {t.sex for t in people.DEVELOPMENT} == {"female", "male"}
    everyone = [*people.RELEASE, *people.DEVELOPMENT]
    assert len({t.warp for t in everyone}) == len({t.id for t in everyone}) == 14


def test_talkers_lie_where_the_model_can_articulate_and_speak_all_phones():
    for n in range(50):
        talker = people.talker("many", f"x{n}", ("female", "male")[n % 2])
        anatomy.check(talker.warp)
        low, high = people.HABITS
        assert low <= talker.habits <= high
        factors = talker.style.time_constants
        assert {*factors} == {*TIERS} == {*talker.style.lags}
        assert min(factors.values()) >= 0.85
        assert {*talker.style.ratios} == {*CLASSES}


@pytest.mark.parametrize("name", ["oral", "vertical", "pharynx", "palate", "width"])
def test_a_warp_out_of_range_is_refused(name):
    low, high = anatomy.SAFE[name]
    for value in (low - 0.01, high + 0.01):
        with pytest.raises(UserError, match=f"{name} is .* between {low:g} and {high:g}"):
            anatomy.check(replace(Warp(), **{name: value}))


def test_each_factor_warps_its_own_lengths():
    source = """<anatomy><palate><p0 x="2" z="-2" teeth_height="1" palate_height="1"
        palate_angle_deg="40"/></palate><jaw fulcrum_x="-6" rest_pos_y="-1.2"/><larynx>
        <narrow points="1 -2 3 -4 "/></larynx>
        <param name="TCY" min="-3" max="1" neutral="-1" unit="cm"/></anatomy>"""
    tree = ElementTree.fromstring(source)
    anatomy.apply(Warp(oral=1.1, vertical=0.8, pharynx=0.9, palate=1.2, width=1.3), tree)
    palate = tree.find("palate/p0").attrib
    assert {key: float(value) for key, value in palate.items()} == pytest.approx(
        {"x": 2.2, "z": -2.6, "teeth_height": 0.8, "palate_height": 0.96, "palate_angle_deg": 40}
    )
    assert float(tree.find("jaw").attrib["rest_pos_y"]) == pytest.approx(-0.96)
    outline = [float(x) for x in tree.find("larynx/narrow").attrib["points"].split()]
    assert outline == pytest.approx([1.1, -1.8, 3.3, -3.6])
    # The tongue's upper edge, 1.8 cm above its centre, follows the palate: (-1 + 1.8) * 0.96 - 1.44
    assert float(tree.find("param").attrib["neutral"]) == pytest.approx(-0.672)


def test_the_plain_warp_changes_nothing():
    for name in habits.PARAMETERS:
        assert anatomy.warped(Warp(), name, -2.3) == pytest.approx(-2.3)


def test_habits_are_a_talkers_own_and_the_same_each_time():
    first, again, other = targets(), targets(), targets(talker="x02")
    for name in first:
        np.testing.assert_array_equal(first[name], again[name])
        assert name == "a-raw" or not np.allclose(first[name], other[name])


def test_no_habits_are_the_models_own():
    for name, shape in targets(size=0).items():
        np.testing.assert_array_equal(shape, plain()[name])


def test_greater_habits_lie_further_away():
    def moved(size):
        names = range(8)
        return np.mean(
            [
                np.abs(targets(talker=f"x{n}", size=size)[k] - plain()[k]).mean()
                for n in names
                for k in plain()
            ]
        )

    assert moved(0.6) < 0.8 * moved(1.0)


def test_what_makes_a_constriction_is_not_given_to_its_context():
    """Where the context may move a parameter, its spread over contexts shrinks or grows."""
    mine, before = targets(), plain()
    for consonant, maker in zip(CONSONANTS, ("ll", "tt", "tb"), strict=True):
        index = habits.INDEX[guards.CRITICAL[maker]]
        spread = [
            np.ptp([shapes[f"{consonant}({v})"][index] for v in habits.CONTEXTS])
            for shapes in (mine, before)
        ]
        assert spread[0] == pytest.approx(spread[1])


def test_habits_stay_within_the_models_limits():
    low, high = np.full(19, -0.5), np.full(19, 0.5)
    found = habits.targets(plain(), (low, high), "s", "x01", 1.0)
    for name, shape in found.items():
        assert name == "a-raw" or (shape.min() >= -0.5 and shape.max() <= 0.5)


class Tube:
    """A synthesiser whose tract is narrowest by the tongue's tip: 0.1 cm2 a 0.1 cm below 0."""

    def tract_state_to_tube_state(self, shape):
        areas = np.ones(40)
        areas[32] = max(-float(shape[habits.INDEX["TTY"]]), 0.0001)
        return {"tube_length": np.full(40, 0.4), "tube_area": areas}


def tip(height):
    shape = np.zeros(19)
    shape[habits.INDEX["TTY"]] = height
    return shape


@pytest.mark.parametrize(
    ("height", "wanted", "expected"),
    [
        (-0.3, 0.15, -0.1875),  # too open: up to 25 % above what is wanted, and no further
        (0.1, 0.15, -0.1125),  # shut
        (-0.16, 0.15, -0.16),  # fits
        (-0.12, 0.0001, -0.005),  # a closure
    ],
)
def test_a_constriction_is_repaired_by_the_least_move(height, wanted, expected):
    found = guards.repaired(Tube(), "tt-alveolar-fricative(a)", tip(height), wanted)
    assert found[habits.INDEX["TTY"]] == pytest.approx(expected, abs=guards.FINE)
    assert guards.fits(guards.area(Tube(), "tt-alveolar-fricative(a)", found), wanted)


def test_a_constriction_beyond_repair_is_none_and_its_habit_is_shrunk():
    names = [f"tt-alveolar-fricative({v})" for v in habits.CONTEXTS]
    assert guards.repaired(Tube(), names[0], tip(-1.2), 0.15) is None
    mine, model = dict.fromkeys(names, tip(-1.2)), dict.fromkeys(names, tip(-0.15))
    shapes, share = guards.constricted(Tube(), mine, model, dict.fromkeys(names, 0.15))
    assert 0 < share < 1
    assert guards.faults(dict.fromkeys(names, 0.15), guards.areas(Tube(), shapes), HEARD) == []


class Bow(Tube):
    """A synthesiser whose tract opens as the tip leaves 0, to either side."""

    def tract_state_to_tube_state(self, shape):
        return super().tract_state_to_tube_state(-abs(shape))


def test_what_lies_between_contexts_must_fit_too():
    names = [f"tt-alveolar-fricative({v})" for v in habits.CONTEXTS]
    mine = dict(zip(names, (tip(-0.15), tip(0.15), tip(-0.15)), strict=True))
    model, wanted = dict.fromkeys(names, tip(-0.15)), dict.fromkeys(names, 0.15)
    shapes, share = guards.constricted(Bow(), mine, model, wanted)
    assert 0 < share < 1  # the talker's own targets fit, but in the middle of them it is shut
    for shape in guards.between(shapes):
        assert guards.fits(guards.area(Bow(), names[0], shape), 0.15)


HEARD = {  # Hz, F1 and F2 as usual
    "a": (800, 1300), "E": (600, 1800), "I": (380, 2050), "i": (270, 2300), "O": (560, 950),
    "U": (400, 850), "u": (300, 750), "e": (380, 2200), "@": (500, 1500), "9": (420, 1350),
    "2": (640, 1200), "E:": (650, 1720), "Y": (310, 700),
}  # fmt: skip


def test_vowels_in_wrong_order_are_named():
    assert guards.disordered(HEARD) == []
    assert guards.disordered(HEARD | {"O": (850, 950)}) == ["F1 a > O"]
    assert guards.disordered(HEARD | {"i": (270, 2000)}) == ["F2 i > I"]
    assert guards.disordered(HEARD | {"9": (420, 680)}) == ["F2 9 > u", "F2 9 > Y"]


def test_english_shapes_stand_where_no_english_phone_is_said():
    written = {*lexicon.SUBSTITUTES.values()}
    assert not written & {*lexicon.PHONES}
    zeros = dict.fromkeys((f"{english.LATERAL}({v})" for v in habits.CONTEXTS), np.zeros(19))
    assert written < {*english.spoken(zeros)}


# With the synthesiser -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def api():
    needs(vtl.MODULE)
    return vtl.load()


@pytest.fixture(scope="module")
def wanted(api):
    """Areas of the plain model's constrictions."""
    source = vtl.plain_speaker(api)
    vtl.use(api, source)
    return guards.areas(api, english.spoken(speaker_file.shapes(ElementTree.fromstring(source))))


def test_english_shapes_resonate_as_english(api):
    source = vtl.plain_speaker(api)
    vtl.use(api, source)
    tree = ElementTree.fromstring(source)
    (low, high), shapes = speaker_file.limits(tree), english.spoken(speaker_file.shapes(tree))
    for name, expected in {
        "Y": (320, 700),
        "9": (410, 1310),
        "2": (640, 1200),
        "E:": (640, 1720),
        "y": (680, 1110),
        "i": (280, 2150),
        "I": (400, 1940),
        "u": (310, 1000),
        f"{english.LATERAL}(a)": (390, 1290),
        f"{english.LATERAL}(i)": (370, 1430),
    }.items():
        assert np.all((low <= shapes[name]) & (shapes[name] <= high))
        np.testing.assert_allclose(guards.formants(api, shapes[name]), expected, rtol=0.05)


def test_a_talkers_file_holds_the_english_shapes(api):
    talker = replace(people.talker("guards", "x14", "male"), habits=0.0, warp=Warp())
    _, mine, plain = speaker_file.unguarded(vtl.plain_speaker(api), talker)
    for name in {*lexicon.SUBSTITUTES.values(), f"{english.LATERAL}(i)"}:
        german = speaker_file.shapes(ElementTree.fromstring(vtl.plain_speaker(api)))
        np.testing.assert_allclose(mine[name], english.spoken(german)[name])
        np.testing.assert_allclose(mine[name], plain[name])


def faults(api, wanted, text):
    """What cannot be articulated with a speaker file."""
    vtl.use(api, text)
    shapes = speaker_file.shapes(ElementTree.fromstring(text))
    heard = {name: guards.formants(api, shapes[name]) for name in HEARD}
    return guards.faults(wanted, guards.areas(api, shapes), heard)


def test_a_talker_with_great_habits_articulates_thanks_to_the_guards(api, wanted):
    talker = replace(people.talker("guards", "x14", "female"), habits=1.0)
    tree, mine, _ = speaker_file.unguarded(vtl.plain_speaker(api), talker)
    assert faults(api, wanted, speaker_file.write(tree, mine))
    text, report = speaker_file.make(api, talker)
    assert faults(api, wanted, text) == []
    assert min(report.shares.values()) < 1  # of some phone
    assert np.mean([*report.shares.values()]) > 0.8  # most habits are whole
    np.testing.assert_allclose(
        vtl.shape(api, "i"), speaker_file.shapes(ElementTree.fromstring(text))["i"], atol=1e-6
    )  # the process uses it
    assert 120 < vtl.length(api) < 190  # mm


def test_a_talker_who_cannot_articulate_is_refused(api, monkeypatch):
    monkeypatch.setattr(guards, "kept", lambda *_: ({}, {}, {}))
    monkeypatch.setattr(guards, "constricted", lambda _api, _mine, plain, _wanted: (plain, 0.0))
    monkeypatch.setattr(guards, "faults", lambda *_: ["F1 a > O"])
    with pytest.raises(UserError, match=r"talker x01 cannot articulate: F1 a > O"):
        speaker_file.make(api, people.talker("guards", "x01", "female"))
