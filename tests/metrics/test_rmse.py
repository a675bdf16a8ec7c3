import numpy as np
import pytest

from benchmark.core import Signal, Undefined
from benchmark.metrics.rmse import RMSE, rmse, squared_errors

FOUR = Signal(unit="mm", dtype="float64", rate=100.0, frame=(4,))
OPEN = Signal(unit="mm", dtype="float64", rate=100.0)


def test_equals_the_written_out_sums(inputs, golden):
    target, prediction = inputs.trajectories()
    assert rmse(prediction, target) == pytest.approx(golden["rmse"], rel=1e-14)
    assert squared_errors(prediction, target) == pytest.approx(golden["mse"], rel=1e-14)
    got = RMSE.measure(prediction, target, FOUR)
    assert got == pytest.approx([golden["rmse"], 1, *golden["mse"]], rel=1e-14)
    assert RMSE.measure(prediction, target, OPEN).shape == (2,)


def test_by_hand():
    # Errors 3 and 5 in one channel, 0 and 0 in the other: sqrt(34 / 4).
    prediction, target = np.array([[3.0, 1.0], [5.0, 1.0]]), np.array([[0.0, 1.0], [0.0, 1.0]])
    assert rmse(prediction, target) == pytest.approx(np.sqrt(8.5))


def test_the_root_is_taken_in_each_recording():
    one = RMSE.measure(np.full((5, 4), 1.0), np.zeros((5, 4)), FOUR)
    three = RMSE.measure(np.full((50, 4), 3.0), np.zeros((50, 4)), FOUR)
    assert RMSE.reduce(one + three) == 2.0


def test_unsigned_integers_do_not_wrap():
    prediction, target = np.full((3, 1), 250, np.uint8), np.full((3, 1), 255, np.uint8)
    assert rmse(prediction, target) == 5.0


def test_a_constant_prediction_has_an_rmse():
    assert RMSE.measure(np.zeros((5, 4)), np.zeros((5, 4)), FOUR)[0] == 0.0
    assert RMSE.worst is None


def test_too_large_to_square_is_undefined():
    with pytest.raises(Undefined, match="too large"):
        RMSE.measure(np.full((5, 4), 1e200), np.zeros((5, 4)), FOUR)


@pytest.mark.parametrize(
    "prediction", [np.zeros((5, 1)), np.zeros((1, 4)), np.zeros(5), np.full((5, 4), np.nan)]
)
def test_refuses_other_shapes_and_nan(prediction):
    with pytest.raises(ValueError, match=r"prediction|expected"):
        rmse(prediction, np.zeros((5, 4)))


def test_channels_of_another_unit_do_not_count():
    units = ("mm", "mm", "Hz", "Hz")
    mixed = Signal(unit="mm", dtype="float64", rate=100.0, frame=(4,), units=units)
    prediction = np.tile([3.0, 3.0, 100.0, 0.0], (5, 1))
    got = RMSE.measure(prediction, np.zeros((5, 4)), mixed)
    assert got.tolist() == [3.0, 1.0, 9.0, 9.0, 10_000.0, 0.0]
