"""Durations and F0 of takes: within their limits, and nothing that a deaf answer could follow."""

from dataclasses import replace

import numpy as np
import pytest

from benchmark.corpora.simulated import plan
from benchmark.corpora.simulated.takes import CLASSES, PAUSE, Take
from benchmark.corpora.simulated.talkers import people
from benchmark.corpora.simulated.texts import lexicon, pitch, timing

RATE = 50  # Hz
FOLDS = 4
POINTS = 200
TALKER = people.talker("some seed", "u01", "female")


def take(text, name="u01-s001", kind="sentence"):
    return Take(name, "u01", "u01-a", kind, text)


@pytest.fixture(scope="module")
def said():
    """Talkers, takes and their times, of a corpus of the release's size."""
    made = plan.drawn("some seed", 12, plan.Share(30, rounds=8))
    of = {talker.id: talker for talker in made.talkers}
    return [(of[t.talker], t, timing.timed(t, of[t.talker])) for t in made.takes]


def test_phones_follow_each_other_without_gaps(said):
    for _, one, timed in said:
        phones = timed.phones
        assert [p.end for p in phones[:-1]] == [p.start for p in phones[1:]]
        assert [p.name for p in phones] == [s for w in lexicon.sounds(one.text) for s in w]
        assert all((p.symbol == PAUSE) == (p.name == lexicon.SILENCE) for p in phones)
        assert min(p.end - p.start for p in phones) > 0.034


def test_rests_and_pauses_are_within_their_limits(said):
    rests = [s for _, _, timed in said for s in (timed.phones[0].start, timed.tail)]
    pauses = [p.end - p.start for _, _, t in said for p in t.phones if p.symbol == PAUSE]
    assert 0.1 <= min(rests) < 0.11
    assert 1.1 < max(rests) <= 1.2
    assert 0.12 <= min(pauses) + 1e-9 < 0.13
    assert 0.49 < max(pauses) <= 0.5 + 1e-9
    assert np.std(rests) > 0.25


def test_sentences_are_of_very_different_length(said):
    lengths = [timed.duration for _, one, timed in said if one.kind == "sentence"]
    low, high = np.percentile(lengths, (5, 95))
    assert high > 3 * low
    assert 2.4 < np.mean(lengths) < 3.0


def test_silent_takes_are_slower():
    def speech(kind, number):
        phones = timing.timed(take("the old dog sleeps", f"{kind}{number}", kind), TALKER).phones
        return phones[-1].end - phones[0].start

    ratio = np.mean([speech("silent", k) for k in range(400)]) / np.mean(
        [speech("sentence", k) for k in range(400)]
    )
    assert ratio == pytest.approx(1 / timing.PARAMETERS.silent, rel=0.03)


def test_a_talker_is_slow_in_what_they_are_slow_in():
    slow = replace(TALKER, style=replace(TALKER.style, ratios={**TALKER.style.ratios, "stop": 2.0}))
    text = "take the picture back"
    for one, other in zip(
        timing.timed(take(text), replace(TALKER, style=replace(TALKER.style, ratios={}))).phones,
        timing.timed(take(text), replace(slow, style=replace(slow.style, ratios={"stop": 2.0})))
        .phones,
        strict=True,
    ):  # fmt: skip
        longer = (other.end - other.start) / (one.end - one.start)
        assert longer == pytest.approx(2.0 if one.name in "ptk" else 1.0, abs=0.03)


def test_the_last_word_is_longer_by_the_talkers_factor():
    def length(final):
        style = replace(TALKER.style, final=final)
        phones = timing.timed(take("the dogs sleep"), replace(TALKER, style=style)).phones
        return phones[-4].start - phones[0].start, phones[-1].end - phones[-4].start

    (before, last), (same, longer) = length(1.0), length(1.5)
    assert before == same
    assert longer == pytest.approx(1.5 * last, rel=0.02)


def test_classes_of_phones_are_those_that_talkers_have():
    found = {c for sounds in lexicon.PRONUNCIATIONS.values() for c in timing.classes(sounds)}
    assert found == set(CLASSES) == set(timing.BASE)
    assert timing.classes(lexicon.PRONUNCIATIONS["boy"]) == ["voiced stop", *["diphthong"] * 2]


def contours(said):
    """log F0 at RATE and which frames are voiced, of each sentence."""
    for talker, one, timed in said:
        if one.kind == "sentence":
            times = np.arange(round(timed.duration * RATE)) / RATE
            voiced = np.zeros(len(times), bool)
            for phone in timed.phones:
                if phone.name not in lexicon.UNVOICED | {lexicon.SILENCE}:
                    voiced |= (times >= phone.start) & (times < phone.end)
            yield np.log(pitch.contour(timed, talker, one, times)), voiced


def stretched(values, count):
    return np.interp(np.linspace(0, 1, count), np.linspace(0, 1, len(values)), values)


def test_the_mean_course_of_pitch_says_nothing_of_a_take(said):
    """What an answer without input can do: the mean of the training part, stretched."""
    found = list(contours(said))
    scores = []
    for fold in range(FOLDS):
        train = [stretched(f0 - f0.mean(), POINTS) for k, (f0, _) in enumerate(found)
                 if k % FOLDS != fold]  # fmt: skip
        mean = np.mean(train, axis=0)
        for f0, voiced in found[fold::FOLDS]:
            answer = stretched(mean, len(f0))
            if voiced.sum() > 5:
                scores.append(np.corrcoef(answer[voiced], f0[voiced])[0, 1])
    assert abs(np.mean(scores)) < 0.1


def test_pitch_moves_as_much_as_speech_does(said):
    semitones = [12 / np.log(2) * np.std(f0[voiced]) for f0, voiced in contours(said[::7])]
    assert 0.8 < np.mean(semitones) < 2.0


def test_questions_rise():
    def end(text):
        rises = []
        for k in range(200):
            one = take(text, f"u01-{k}")
            timed = timing.timed(one, TALKER)
            last = timed.phones[-1].end
            f0 = pitch.contour(timed, TALKER, one, np.array([last - 0.2, last]))
            rises.append(f0[1] > f0[0])
        return np.mean(rises)

    assert end("does it swim quickly") > end("it can swim quickly") + 0.2


def test_times_and_pitch_depend_on_seed_and_take_alone():
    one, other = (timing.timed(take("we slept"), t) for t in (TALKER, replace(TALKER, seed="s")))
    assert one == timing.timed(take("we slept"), TALKER) != other
    times = np.arange(0, 1, 0.1)
    f0 = pitch.contour(one, TALKER, take("we slept"), times)
    np.testing.assert_array_equal(f0[3:5], pitch.contour(one, TALKER, take("we slept"), times[3:5]))
    assert not np.allclose(
        f0, pitch.contour(one, replace(TALKER, seed="s"), take("we slept"), times)
    )


@pytest.mark.parametrize("neighbours", [5, 25])
def test_duration_hardly_tells_a_command_word(said, neighbours):
    """Nearest durations of other talkers vote: chance + 0.05 at most."""
    rows = [(t.id, lexicon.WORDS.index(lexicon.command(one.text)), timed.duration)
            for t, one, timed in said if one.kind == "word"]  # fmt: skip
    who, word, length = (np.array(column) for column in zip(*rows, strict=True))
    right = []
    for talker in np.unique(who):
        train = who != talker
        away = np.abs(length[~train, None] - length[None, train])
        nearest = word[train][np.argsort(away, axis=1, kind="stable")[:, :neighbours]]
        votes = (nearest[..., None] == np.arange(len(lexicon.WORDS))).sum(axis=1)
        right += list(votes.argmax(axis=1) == word[~train])
    assert np.mean(right) < 1 / len(lexicon.WORDS) + 0.05


def test_a_command_word_has_no_fixed_place(said):
    starts = []
    for _, one, timed in said:
        if one.kind == "word":
            found = lexicon.spans(one.text, [(p.name, p.start, p.end) for p in timed.phones])
            starts += [start for word, start, _ in found if word in lexicon.WORDS]
    low, high = np.percentile(starts, (10, 90))
    assert high - low > 0.7
