"""What the synthesiser is told: a talker's own time, rests, pauses and closures."""

import re
from dataclasses import replace

import numpy as np
import pytest

from benchmark.corpora.simulated.synthesis import render, score, vtl
from benchmark.corpora.simulated.takes import Style, Take, Talker, Warp
from benchmark.corpora.simulated.texts import timing
from parts import needs

TALKER = Talker("p1", "a test", "male", Warp(), Style(110.0, 3.0, 1.2, 1.2), habits=0.0)
SCORE = """<gestural_score>
<gesture_sequence type="lip-gestures" unit="">
<gesture value="a" slope="0" duration_s="0.5" time_constant_s="0.02" neutral="0"/>
<gesture value="b" slope="0" duration_s="0.1" time_constant_s="0.02" neutral="0"/>
</gesture_sequence>
<gesture_sequence type="lung-pressure-gestures" unit="dPa">
<gesture value="0" slope="0" duration_s="0.5" time_constant_s="0.02" neutral="0"/>
</gesture_sequence>
</gestural_score>"""


def numbers(text, name):
    return [float(x) for x in re.findall(f'{name}="([^"]+)"', text)]


def test_a_talker_plays_a_score_in_its_own_time():
    exact = replace(score.PARAMETERS, effort=0.0, spread=0.0, late=0.0)
    style = replace(TALKER.style, time_constants={"lip": 1.2}, lags={"lip": 0.03})

    def play(silent):
        return score.played(SCORE, style, np.random.default_rng(0), silent, exact)

    assert numbers(play(False), "time_constant_s") == pytest.approx([0.024, 0.024, 0.02])
    assert numbers(play(True), "time_constant_s") == pytest.approx([0.03, 0.03, 0.02])
    assert numbers(play(False), "duration_s") == pytest.approx([0.53, 0.1, 0.5])


def test_time_constants_stay_where_the_synthesiser_takes_them():
    style = replace(TALKER.style, time_constants={"lip": 0.1})
    played = score.played(SCORE, style, np.random.default_rng(0))
    assert numbers(played, "time_constant_s") == pytest.approx([0.017, 0.017, 0.02])


@pytest.fixture(scope="module")
def spoken():
    """A take that begins with a stop after a long rest, with a pause: what was rendered of it."""
    needs("vocaltractlab_cython")
    text = "back , up"
    names = (f"p1-s{k:03}" for k in range(60))
    rested = (n for n in names if 0.5 < lead_of(n, text) < 0.8 and 0.2 < pause_of(n, text) < 0.4)
    take = Take(next(rested), "p1", "p1-a", "sentence", text)
    api = vtl.load()
    vtl.use(api, vtl.plain_speaker(api))
    heard = {}

    def silence(_, tract, glottis, count):
        heard.update(tract=tract, glottis=glottis)
        return np.zeros(count)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vtl, "sound", silence)  # which takes most of the time
        made = render.render(api, take, TALKER)
    return timing.timed(take, TALKER), made, heard


def lead_of(name, text):
    return timing.timed(Take(name, "p1", "p1-a", "sentence", text), TALKER).phones[0].start


def pause_of(name, text):
    timed = timing.timed(Take(name, "p1", "p1-a", "sentence", text), TALKER)
    return next(p.end - p.start for p in timed.phones if p.name == "sil")


def test_a_stop_closes_after_a_long_rest(spoken):
    """The synthesiser leaves the closure out if its score begins with such a rest."""
    timed, made, _ = spoken
    apart = made.points[:, 4, 1] - made.points[:, 5, 1]
    first = timed.phones[0]
    assert first.name == "b"
    closed = apart[round(first.start * 100) - 3 : round(first.end * 100) + 3].min()
    vowel = timed.phones[1]
    opened = apart[round(vowel.start * 100) : round(vowel.end * 100)].max()
    assert opened - closed > 5  # mm


def test_lungs_rest_in_pauses_and_at_both_ends(spoken):
    timed, _, heard = spoken
    pressure = heard["glottis"][:, vtl.GLOTTIS.index("PR")]

    def at(second):
        return pressure[round(second * vtl.STATE_RATE)]

    pause = next(p for p in timed.phones if p.name == "sil")
    assert at((pause.start + pause.end) / 2) == 0
    assert at(pause.start - 0.03) > 6000
    assert at(pause.end + 0.03) > 6000
    assert at(timed.phones[0].start - 0.1) == 0
    assert at(timed.duration - 0.01) < 100


def test_the_tongue_goes_to_rest_before_and_after(spoken):
    timed, made, _ = spoken
    tongue = made.tongue.reshape(len(made.tongue), -1)
    start, end = (round(t * 100) for t in (timed.phones[0].start, timed.phones[-1].end))
    rest, speech = tongue[: start - 28], tongue[start:end]
    assert len(rest) > 20
    assert rest.std(axis=0).mean() < 0.2 * speech.std(axis=0).mean()
