from pathlib import Path

import pytest

import toy
from benchmark import registry
from benchmark.execution import executors, plan, runner
from benchmark.leaderboard import build
from benchmark.metrics import classification, pearson, rmse
from benchmark.metrics.speech import mcd
from benchmark.report import metrics_page


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    place = toy.project(
        tmp_path_factory.mktemp("metrics_page"),
        best=toy.entry(predict=toy.SUM),
        worse=toy.entry(predict=toy.SUM + " * 3"),
        blind=toy.entry(predict=toy.BLIND),
    )
    chosen = plan.plan(place, plan.RunSelection(), {"toy": toy.corpus()})
    runner.run(place, chosen, executors.serial_executor(), toy.CONFIG)
    runner.publish(place, chosen)
    tasks = registry.tasks(place.root)
    admitted = toy.admitted(place, toy.published(place))
    return metrics_page.page(tasks, build.tables(admitted, tasks))


def test_every_metric_has_a_row_and_a_definition(page):
    for metric in metrics_page.all_metrics():
        assert page.count(f"| `{metric.id}` |") == 1
        assert f"- `{metric.id}` ({metric.title}): {metric.definition}." in page


def test_a_metric_that_a_task_makes_is_on_the_page_of_its_module():
    root = Path(__file__).resolve().parents[2]
    tasks = {"emg_to_text": registry.task(root, "emg_to_text")}
    (made,) = metrics_page.of_tasks(tasks)
    assert made.id == "per.simulated@1"
    page = metrics_page.page(tasks, [])
    assert page.count("| `per.simulated@1` | PER |") == 1
    start = page.index("## text: ")
    assert "- `per.simulated@1` (PER): phone errors" in page[start:].partition("\n## ")[0]


def test_a_row_lists_the_tasks_that_use_the_metric(page):
    rows = {line.split("`")[1]: line for line in page.splitlines() if line.startswith("| `")}
    assert rows["rmse.per_recording@1"].endswith("| toy |")
    assert rows["mcd.no_dtw@1"].endswith("|  |")


def test_degenerate_predictions_are_shown_with_the_best_entry(page):
    after = page[page.index("- `rmse.per_recording@1`") :]
    line = after[after.index("measured on `toy.all`: ") :].splitlines()[0]
    assert line.startswith("measured on `toy.all`: trivial baselines blind ")
    assert "; best other best " in line
    assert "worse" not in line
    assert rmse.RMSE.degenerate in after
    assert (
        "measured on" not in page[: page.index("## mel")]
    )  # nothing for metrics that no task uses
    assert not classification.ACCURACY.degenerate


def test_scale_and_unscorable_predictions_in_words():
    assert metrics_page.scale(mcd.MCD) == "0 to open"
    assert metrics_page.scale(pearson.PER_RECORDING) == "-1 to 1"
    assert metrics_page.failure(pearson.PER_RECORDING) == "gets the worst score"
    assert metrics_page.failure(rmse.RMSE).startswith("none: every finite prediction has a value")
