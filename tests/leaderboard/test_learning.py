"""Learning curves: what is shown of the losses and times that results report."""

import pytest

from benchmark.core import Job, Task
from benchmark.leaderboard.curves import learning
from benchmark.leaderboard.tables import Row, Table
from benchmark.metrics.rmse import RMSE
from benchmark.report.site import site_plots
from benchmark.results.published import from_job
from benchmark.results.result import Cost, JobResult


def result(losses, seconds=100.0, fold="a"):
    cost = Cost(
        fit_seconds=1.0,
        predict_seconds=1.0,
        signal_seconds=None,
        real_time_factor=None,
        parameters=1,
        curve=losses,
        peak_memory_mb=1.0,
        fit_cpu_seconds=seconds,
    )
    job = Job("t", "c.s", fold, "e", "default", 0, "d", "c")
    return from_job(JobResult(**vars(job), metrics=(), status="good", cost=cost))


def table(*rows):
    made = [
        Row(str(n), "default", {}, 1, None, None, None, "", False, None, tuple(results))
        for n, results in enumerate(rows)
    ]
    return Table("t", "c.s", tuple(made), (), 1, 1, 1, "speaker", 1)


def curves(*rows):
    return learning.curves(table(*rows))


def test_the_first_half_is_the_share_of_the_fall_that_it_reached():
    (curve,) = curves([result((5.0, 3.0, 2.0, 1.0, 4.0))])  # the middle epoch is of the first half
    assert curve.first_half == pytest.approx(0.75)
    assert (curve.epochs, curve.best_epoch, curve.cpu_seconds) == (5, 4, 100)
    assert curve.points == ((1, 20, 1.0), (2, 40, 0.5), (3, 60, 0.25), (4, 80, 0), (5, 100, 0.75))


def test_losses_may_be_negative_and_never_fall():
    fell, rose, level = curves(
        [result((1.0, -1.0, -3.0, -3.0))], [result((1.0, 2.0))], [result((1.0, 1.0))]
    )
    assert fell.first_half == pytest.approx(0.5)
    assert (rose.first_half, level.first_half) == (None, None)
    assert [left for *_, left in level.points] == [0, 0]


def test_folds_are_averaged_and_the_first_is_drawn():
    (curve,) = curves([result((2.0, 1.0), 10.0), result((9.0, 5.0, 5.0, 1.0), 30.0, "b")])
    assert (curve.epochs, curve.best_epoch, curve.cpu_seconds) == (3, 3, 20)
    assert curve.first_half == pytest.approx((0 + 0.5) / 2)
    assert curve.points == ((1, 5, 1.0), (2, 10, 0.0))


def test_rows_without_losses_of_every_fold_have_no_curve():
    assert curves([result(())], [result((1.0,))], [result((2.0, 1.0)), result((), fold="b")]) == []


def test_without_a_time_there_are_epochs_alone():
    (curve,) = curves([result((2.0, 1.0), None)])
    assert curve.cpu_seconds is None
    assert curve.points == ((1, None, 1.0), (2, None, 0.0))


def test_long_curves_are_thinned_out_and_keep_their_ends():
    (curve,) = curves([result(tuple(float(1000 - n) for n in range(1000)))])
    epochs = [epoch for epoch, *_ in curve.points]
    assert len(epochs) <= learning.MOST_POINTS + 1
    assert (epochs[0], epochs[-1]) == (1, 1000)
    assert curve.points[-1][1:] == (100.0, 0.0)


def test_plots_are_against_epochs_and_where_it_was_measured_against_time():
    task = Task("T", ("x",), "y", ("c.s",), (), (RMSE,), citation="", version="1")
    plots = site_plots.learning_curves(task, table([result((2.0, 1.0))]), {})
    assert [plot.caption for plot in plots] == [
        f"Learning curves against {setting}, first fold and seed, T, c.s"
        for setting in ("epochs", "CPU time [s]")
    ]
    assert all("validation loss: 1 at first" in plot.svg for plot in plots)
    for seconds in (None, 0.0):
        assert len(site_plots.learning_curves(task, table([result((2.0, 1.0), seconds)]), {})) == 1
    assert site_plots.learning_curves(task, table([result(())]), {}) == []
