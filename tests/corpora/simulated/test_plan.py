"""Which talker says what: texts of one talker each, silent takes beside voiced ones, any size."""

import math
from collections import Counter, defaultdict

import pytest

from benchmark.core import UserError
from benchmark.corpora.simulated import plan
from benchmark.corpora.simulated.texts.grammar import plain

PLANS = {
    "release": plan.release,
    "development": plan.development,
    "drawn": lambda: plan.drawn("a secret", 8, plan.Share(8, silent=3, rounds=1), letter="z"),
    "long": lambda: plan.drawn("a secret", 3, minutes=6),
}


@pytest.fixture(scope="module", params=PLANS)
def made(request):
    return PLANS[request.param]()


def sentences(one):
    return [take for take in one.takes if take.kind == "sentence"]


def test_every_text_is_said_by_one_talker_once(made):
    said = Counter(plain(take.text) for take in sentences(made))
    assert set(said.values()) == {1}


def test_a_silent_take_is_beside_a_voiced_one_of_the_same_session_and_text(made):
    by_id = {take.id: take for take in made.takes}
    assert len(by_id) == len(made.takes)
    for take in made.takes:
        assert (take.of is not None) == (take.kind == "silent")
        if take.of:
            voiced = by_id[take.of]
            assert voiced.kind == "sentence"
            same = (take.text, take.talker, take.session)
            assert same == (voiced.text, voiced.talker, voiced.session)


def test_both_sessions_hold_about_as_much_of_each_kind(made):
    counts = defaultdict(Counter)
    for take in made.takes:
        counts[take.talker, take.kind][take.session[-1]] += 1
    assert {talker for talker, _ in counts} == {talker.id for talker in made.talkers}
    for (_, kind), of in counts.items():
        assert abs(of["a"] - of["b"]) <= (10 if kind == "word" else 1)


def test_the_release_has_the_size_that_fits_the_package():
    one, seconds = plan.release(), plan.release().seconds()
    minutes = Counter()
    for take in one.takes:
        minutes[take.kind] += seconds[take.id] / 60
    assert Counter(talker.sex for talker in one.talkers) == {"female": 6, "male": 6}
    assert minutes["sentence"] == pytest.approx(34, abs=2)
    assert minutes["silent"] == pytest.approx(16, abs=2)
    assert minutes["word"] == pytest.approx(14, abs=1)


def test_no_text_of_one_plan_is_in_another():
    texts = [{plain(t.text) for t in sentences(make())} for make in PLANS.values()]
    for k, one in enumerate(texts[:3]):  # two drawn from one secret have talkers of other names
        assert not any(one & other for other in texts[k + 1 : 3])
    assert not texts[3] & (texts[0] | texts[1])


def test_with_more_minutes_the_takes_before_stay():
    few, many = (set(plan.drawn("s", 3, minutes=minutes).takes) for minutes in (2, 5))
    assert few < many


def test_the_minutes_asked_for_are_filled():
    one = plan.drawn("s", 3, minutes=5)
    assert 4.6 < sum(one.seconds().values()) / 60 <= 5


def test_another_seed_gives_other_talkers_and_texts():
    one, other = (plan.drawn(seed, 2, plan.Share(3)) for seed in ("s", "t"))
    assert not {t.text for t in one.takes} & {t.text for t in other.takes}
    assert one.talkers[0].warp != other.talkers[0].warp


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda: plan.drawn("s", 0, minutes=1), "talkers: expected 1 to 10,000, found 0"),
        (lambda: plan.drawn("s", 10**13, minutes=1), "talkers: expected 1 to 10,000, found 10,000"),
        (lambda: plan.drawn("s", 2), "minutes: expected more than 0 .*, found 0.0"),
        (lambda: plan.drawn("s", 2, minutes=math.nan), "minutes: .*, found nan"),
        (lambda: plan.drawn("s", 9000, plan.Share(900)), "expected 2,000,000 or less"),
        (lambda: plan.drawn("s", 9000, minutes=1, rounds=90), "expected 2,000,000 or less"),
        (lambda: plan.drawn("s", 2, minutes=1, silent=-1), "found -1 of 1"),
        (lambda: plan.drawn("s", 2, minutes=0.5, silent=30), "expected 30 sentences or more"),
        (lambda: plan.Share(3, silent=4), "expected 0 to all of the .*, found 4 of 3"),
        (lambda: plan.Share(0), "expected 1 or more sentences, .* found 0 and 0"),
        (lambda: plan.Share(1, rounds=-1), "found 1 and -1"),
    ],
)
def test_a_plan_without_sense_is_refused(ask, says):
    with pytest.raises(UserError, match=says):
        ask()


def test_minutes_come_with_silent_takes_and_command_words():
    one = plan.drawn("s", 3, minutes=5, silent=3, rounds=2)
    assert sentences(one) == sentences(plan.drawn("s", 3, minutes=5))
    counts = Counter((take.talker, take.kind) for take in one.takes)
    assert {counts[t.id, "silent"] for t in one.talkers} == {3}
    assert {counts[t.id, "word"] for t in one.talkers} == {20}


def test_more_than_a_thousand_sentences_of_a_talker_are_the_first_ones():
    found = [int(t.id.partition("-s")[2]) for t in plan.drawn("s", 1, minutes=46).takes]
    assert len(found) > 1000
    assert sorted(found) == [*range(1, len(found) + 1)]


def test_planning_looks_at_each_text_a_few_times_whatever_the_size(monkeypatch):
    looked, known = [0], (plan.release(), plan.development())

    def counted(text):
        looked[0] += 1
        return plain(text)

    monkeypatch.setattr(plan.grammar, "plain", counted)
    made = plan.drawn("s", 10, minutes=30)
    seen = sum(len(sentences(one)) for one in known)
    assert looked[0] < 3 * len(made.takes) + seen
