"""Statistics of recordings -> a score, its interval, and what has no value."""

from collections import Counter

import numpy as np
import pytest

from benchmark.leaderboard import row_scores
from benchmark.leaderboard.tables import MeasuredSeeds, TestSet
from benchmark.metrics.pearson import PER_RECORDING
from benchmark.metrics.text import WER
from benchmark.results import bootstrap
from benchmark.results.published import FLOORED, LEFT_OUT


def recorded(speakers, sessions=None, texts=None):
    names = tuple(f"r{number}" for number in range(len(speakers)))
    blank = ("",) * len(names)
    return TestSet(names, tuple(speakers), tuple(sessions or blank), tuple(texts or blank))


def scored(metric, test, statistics, status=None, reasons=()):
    statistics = np.array(statistics, dtype=np.float64)
    status = np.zeros(statistics.shape[:2], np.uint8) if status is None else np.array(status)
    return row_scores.score(metric, test, MeasuredSeeds(statistics, status, Counter(reasons)))


@pytest.mark.parametrize(
    ("speakers", "sessions", "unit", "units"),
    [
        ("aabb", "1212", "speaker", tuple("aabb")),
        ("aaaa", "1122", "session", ("a 1", "a 1", "a 2", "a 2")),
        ("aaaa", "1111", "recording", ("r0", "r1", "r2", "r3")),
    ],
)
def test_the_unit_is_the_largest_of_which_there_are_several(speakers, sessions, unit, units):
    test = recorded(speakers, sessions)
    assert (test.unit, test.units, test.n_units) == (unit, units, len(set(units)))


def test_a_score_is_that_of_the_bootstrap_of_sums_by_unit():
    rng = np.random.default_rng(0)
    statistics = np.stack([rng.random((2, 6)), np.ones((2, 6))], axis=-1)
    test = recorded("bbaacc")
    found = scored(PER_RECORDING, test, statistics)
    sums = statistics.reshape(2, 3, 2, 2).sum(axis=2)[:, [1, 0, 2]]  # of a, b, c
    draws = bootstrap.resampled(sums, PER_RECORDING.reduce)
    point = bootstrap.score(sums, PER_RECORDING.reduce)
    assert found.value == point
    assert (found.low, found.high) == bootstrap.interval(draws, point, 3, scale=(-1, 1))
    assert found.units == ("a", "b", "c")
    np.testing.assert_array_equal(found.draws, draws.astype(np.float32))
    assert found.by_unit["b"] == pytest.approx(statistics[:, :2, 0].mean())
    assert found.sd_seeds == pytest.approx(np.std(statistics[..., 0].mean(axis=1), ddof=1))
    assert found.recordings == 6


def test_what_is_left_out_does_not_count_whatever_its_statistics():
    statistics = [[[0.5, 1], [np.nan, 7], [0.7, 1], [9, 1]]]
    found = scored(PER_RECORDING, recorded("aabc"), statistics, [[0, LEFT_OUT, 0, LEFT_OUT]])
    assert found.value == pytest.approx(0.6)
    assert found.recordings == 2
    assert found.units == ("a", "b")  # nothing of c counts
    nothing = scored(PER_RECORDING, recorded("aabc"), statistics, [[LEFT_OUT] * 4])
    assert (nothing.value, nothing.undefined) == (None, row_scores.NOTHING_COUNTS)


def test_a_row_of_worst_scores_has_no_value():
    statistics = [[[-1.0, 1], [-1.0, 1]]]
    found = scored(PER_RECORDING, recorded("ab"), statistics, [[FLOORED] * 2], {"constant": 2})
    assert (found.value, found.unscorable) == (None, {"constant": 2})


def test_a_speaker_without_reference_words_is_no_exception():
    """Errors and words; nobody knows the rate of the first speaker, nor of draws of it alone."""
    statistics = [[[1, 0], [1, 4], [2, 4], [1, 4]]]
    found = scored(WER, recorded("abcd"), statistics)
    assert found.value == 5 / 12
    assert set(found.by_unit) == {"b", "c", "d"}
    assert np.isinf(found.draws).mean() == pytest.approx(1 / 256, abs=0.003)
    assert found.low < found.value < found.high < np.inf
    few = scored(WER, recorded("ab"), [[[1, 0], [1, 4]]])
    assert few.value == 0.5
    assert (few.low, few.high, few.undefined) == (None, None, row_scores.NO_INTERVAL)
    assert not few.draws.size
    none = scored(WER, recorded("ab"), [[[1, 0], [0, 0]]])
    assert (none.value, none.low, none.undefined) == (None, None, row_scores.NO_VALUE)


def test_arrays_of_other_shapes_are_refused():
    with pytest.raises(ValueError, match="3 recordings"):
        scored(WER, recorded("abc"), [[[1, 1], [1, 1]]])


def spoken(speakers, texts, seed=0):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=texts) + rng.normal(size=(speakers, texts)) / 5
    statistics = np.stack([values.ravel(), np.ones(values.size)], axis=-1)[None]
    names = [(f"s{s}", f"t{t}") for s in range(speakers) for t in range(texts)]
    return recorded([s for s, _ in names], texts=[t for _, t in names]), statistics


def width(found):
    return found.high - found.low


def test_texts_that_repeat_are_drawn_with_the_speakers():
    """Texts differ, speakers do not: without the texts the interval would be far too narrow."""
    test, statistics = spoken(6, 10)
    found = scored(PER_RECORDING, test, statistics)
    unknown = scored(PER_RECORDING, recorded(test.speakers), statistics)
    assert found.value == unknown.value
    assert width(found) > 3 * width(unknown)
    assert found.texts == tuple(sorted(f"t{n}" for n in range(10)))
    assert unknown.texts == ()
    other = scored(PER_RECORDING, recorded(test.speakers, texts=range(60)), statistics)
    assert (other.low, other.high, other.texts) == (unknown.low, unknown.high, ())


def test_one_text_and_texts_of_which_some_are_unknown_are_not_drawn():
    test, statistics = spoken(6, 10)
    for texts in (["same"] * 60, [*test.texts[:-1], ""]):
        assert scored(PER_RECORDING, recorded(test.speakers, texts=texts), statistics).texts == ()


def test_the_order_of_the_test_set_changes_nothing_but_rounding():
    test, statistics = spoken(6, 10)
    order = np.random.default_rng(1).permutation(60)
    turned = recorded([test.speakers[i] for i in order], texts=[test.texts[i] for i in order])
    one = scored(PER_RECORDING, test, statistics)
    other = scored(PER_RECORDING, turned, statistics[:, order])
    assert (other.low, other.high) == pytest.approx((one.low, one.high), abs=1e-9)
    assert other.units == one.units


def test_a_text_of_which_nothing_counts_is_not_drawn():
    test, statistics = spoken(6, 10)
    status = np.zeros((1, 60), np.uint8)
    status[0, ::10] = LEFT_OUT  # the first text of all speakers
    kept = [place for place in range(60) if place % 10]
    fewer = recorded([test.speakers[i] for i in kept], texts=[test.texts[i] for i in kept])
    one = scored(PER_RECORDING, test, statistics, status)
    other = scored(PER_RECORDING, fewer, statistics[:, kept])
    assert one == other
    assert len(one.texts) == 9
