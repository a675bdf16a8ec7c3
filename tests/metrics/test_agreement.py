import numpy as np
import pytest
from sklearn.metrics import r2_score

from benchmark.core import Signal, Undefined
from benchmark.metrics.agreement import CCC, R2, ccc, moments, r2

FOUR = Signal(unit="mm", dtype="float64", rate=100.0, frame=(4,), channels=("a", "b", "c", "d"))


@pytest.fixture
def pair(inputs):
    return inputs.trajectories()


def lin(x, y):
    """Lin's concordance as he writes it."""
    return 2 * np.cov(x, y, bias=True)[0, 1] / (x.var() + y.var() + (x.mean() - y.mean()) ** 2)


def test_equals_scikit_learn_and_lin(pair, golden):
    target, prediction = pair
    found = moments(prediction, target)
    sklearn = r2_score(target, prediction, multioutput="raw_values")
    assert r2(*found) == pytest.approx(sklearn, rel=1e-12)
    assert r2(*found) == pytest.approx(golden["r2"], rel=1e-12)
    by_hand = [lin(x, y) for x, y in zip(prediction.T, target.T, strict=True)]
    assert ccc(*found) == pytest.approx(by_hand, rel=1e-12)
    assert ccc(*found) == pytest.approx(golden["ccc"], rel=1e-12)


def test_the_score_is_of_sums_over_recordings(pair):
    recordings = [pair, tuple(x[:20] * 3 + 7 for x in pair), tuple(x[5:] for x in pair[::-1])]
    sums = sum(R2.measure(x, y, FOUR) for y, x in recordings)
    errors = sum(np.square(x - y).mean(axis=0) for y, x in recordings)
    spreads = sum(y.var(axis=0) for y, _ in recordings)
    assert R2.reduce(sums) == pytest.approx((1 - errors / spreads).mean(), rel=1e-12)
    assert R2.parts(sums) == pytest.approx(1 - errors / spreads, rel=1e-12)
    shared = sum(
        [np.cov(x[:, c], y[:, c], bias=True)[0, 1] for c in range(4)] @ np.eye(4)
        for y, x in recordings
    )
    both = sum(
        x.var(axis=0) + y.var(axis=0) + np.square(x.mean(axis=0) - y.mean(axis=0))
        for y, x in recordings
    )
    assert CCC.reduce(sums) == pytest.approx((2 * shared / both).mean(), rel=1e-12)
    assert CCC.parts(sums) == pytest.approx(2 * shared / both, rel=1e-12)


def test_a_wrong_scale_and_a_wrong_offset_count(pair):
    target, _ = pair
    for wrong in (2 * target, target + 50, 0.1 * (target - target.mean(axis=0))):
        assert R2.reduce(R2.measure(wrong, target, FOUR)) < 0
        assert 0 <= CCC.reduce(CCC.measure(wrong, target, FOUR)) < 0.9


def test_ends_of_the_scale(pair):
    target, _ = pair
    for metric in (R2, CCC):
        assert metric.reduce(metric.measure(target, target, FOUR)) == 1.0
        still = metric.measure(np.broadcast_to(target.mean(axis=0), target.shape), target, FOUR)
        assert metric.reduce(still) == pytest.approx(0.0, abs=1e-12)
    centred = target - target.mean(axis=0)
    assert CCC.reduce(CCC.measure(-centred, centred, FOUR)) == pytest.approx(-1.0, abs=1e-12)
    assert R2.reduce(R2.measure(-centred, centred, FOUR)) == pytest.approx(-3.0, abs=1e-12)


@pytest.mark.parametrize("constant", [0.0, 0.1, 0.3, 1 / 3, 36.6])
def test_a_constant_target_adds_its_error_and_no_variance(pair, constant):
    target, prediction = pair
    plain = R2.measure(prediction, target, FOUR)
    still = target.copy()
    still[:, 1] = constant
    found = R2.measure(prediction, still, FOUR)
    error = np.square(prediction[:, 1] - constant).mean()
    assert found[[0, 3, 7, 11]] == pytest.approx([3, error, 0, 0], rel=1e-12)
    # Alone it has no value, and with another recording in which it moves it lowers that one's.
    for metric in (R2, CCC):
        assert np.isnan(metric.parts(found)[1])
        others = np.delete(metric.parts(plain), 1)
        assert metric.reduce(found) == pytest.approx(others.mean(), rel=1e-12)
        assert metric.parts(found + plain)[1] < metric.parts(plain)[1]


def test_a_constant_prediction_has_no_concordance(pair):
    target, prediction = pair
    prediction[:] = 0.1
    assert CCC.parts(CCC.measure(prediction, target, FOUR)).tolist() == [0.0] * 4


def test_undefined_and_refused(pair):
    target, prediction = pair
    with pytest.raises(Undefined, match="target: constant"):
        R2.measure(prediction, np.full_like(target, 3.3), FOUR)
    with pytest.raises(Undefined, match="target: fewer than 10 frames"):
        R2.measure(prediction[:9], target[:9], FOUR)
    with pytest.raises(Undefined, match=r"^prediction too large"):
        R2.measure(np.where(prediction > 40, 1e200, prediction), target, FOUR)
    with pytest.raises(ValueError, match="declares its number of channels"):
        R2.measure(prediction, target, Signal(unit="mm", dtype="float64", frame=(None,)))
    with pytest.raises(ValueError, match="expected 4 channels"):
        R2.measure(prediction[:, :3], target[:, :3], FOUR)
    for wrong in (
        prediction[:1],
        prediction[:, :1],
        prediction[:, 0],
        np.full_like(target, np.nan),
    ):
        with pytest.raises(ValueError, match=r"expected|NaN"):
            R2.measure(wrong, target, FOUR)


def test_no_target_that_moves_has_no_score():
    assert np.isnan(R2.reduce(np.zeros((3, 14)))).all()


def test_only_targets_that_declare_channels_are_scored_so():
    assert R2.fits(FOUR)
    assert not R2.fits(Signal(unit="mm", dtype="float64", frame=(None,)))


@pytest.mark.parametrize("seed", range(5))
def test_float32_of_published_statistics_is_plausible_and_on_the_scale(seed):
    """Moments of any pair, near and far from its target, opposite and still."""
    random = np.random.RandomState(seed)
    target = random.standard_normal((30, 4)) * [1e-3, 1, 1, 1e3] + [0, 0, 1e4, 5]
    nearly_still = target.mean(axis=0) + 1e-5 * (target - target.mean(axis=0))
    for x in (target, -target, 0 * target, nearly_still, target * 1e6, random.randn(30, 4)):
        row = CCC.measure(x, target, FOUR)[None]
        row[:, 2:] = row[:, 2:].astype(np.float32)
        assert CCC.plausible(row, FOUR).all()
        assert -1 <= CCC.reduce(row)[0] <= 1


def test_rounding_leaves_no_concordance_below_the_scale():
    opposite = np.array([1, 1, 3.9999998, 1, -1])
    one = Signal(unit="mm", dtype="float64", frame=(1,))
    assert CCC.plausible(opposite[None], one).all()
    assert CCC.reduce(opposite) == -1.0


def test_an_error_is_not_negative():
    still = np.array([[0, 1, -1.0, 0, 0], [0, 1, 1.0, 0, 0]])
    assert R2.plausible(still, Signal(unit="mm", dtype="float64", frame=(1,))).tolist() == [
        False,
        True,
    ]


@pytest.mark.parametrize(
    ("column", "value"),
    [(0, 5.0), (0, 1.5), (0, -1.0), (2, -1.0), (6, -1.0), (10, 1e6), (10, -1e6)],
)
def test_moments_that_no_pair_has_are_implausible(pair, column, value):
    row = R2.measure(*pair[::-1], FOUR)[None]
    assert R2.plausible(row, FOUR).all()
    row[0, column] = value
    assert not R2.plausible(row, FOUR).any()
