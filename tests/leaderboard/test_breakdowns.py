import numpy as np
import pytest

import toy
from benchmark import registry
from benchmark.core import Signal, Task
from benchmark.leaderboard import breakdowns, build
from benchmark.leaderboard.curves import settings
from benchmark.leaderboard.snapshot import Snapshot
from benchmark.metrics.classification import ACCURACY, MACRO_F1
from benchmark.metrics.pearson import PER_RECORDING
from benchmark.metrics.speech.mel import MEL_MSE
from benchmark.report import task_page
from benchmark.results.result import Item, JobResult, Measurement


def result(items, metric, seed=0, entry="model", variant="default"):
    """One job; items are (recording, speaker, statistics)."""
    measured = [
        Item(
            recording=name,
            speaker=speaker,
            session="s",
            prediction="",
            seconds=0.0,
            measurements={metric.id: Measurement(statistics=tuple(map(float, statistics)))},
        )
        for name, speaker, statistics in items
    ]
    job = {
        "task": "toy",
        "split": "toy.s",
        "fold": "all",
        "entry": entry,
        "variant": variant,
        "seed": seed,
    }
    rest = {"data": "d", "code": "c", "metrics": (metric.id,), "status": "good"}
    return JobResult(**job, **rest, items=tuple(measured))


def table(metric, *results):
    task = Task("t", ("x",), "y", ("toy.s",), (), (metric,), ("blind",), citation="", version="1")
    (made,) = build.tables(build.unchecked(results), {"toy": task})
    return made, task


def facets(name):
    noise, _, snr = name.partition("@")
    return {"noise": noise, "SNR [dB]": snr.partition(" ")[0]} if snr else {}


def corpus(**signal):
    target = Signal("1", "float32", rate=10.0, **signal)
    return toy.corpus(signals={"x": target, "y": target}, facets=facets)


def by(made, name):
    return next(b for b in made if b.by.startswith(name))


def test_groups_are_reduced_sums_averaged_over_seeds():
    runs = [
        result([("a", "t1", [v, 1]), ("b", "t1", [v, 3]), ("c", "t2", [9, 1])], PER_RECORDING, seed)
        for seed, v in enumerate((1, 3))
    ]
    made, task = table(PER_RECORDING, *runs)
    found = by(breakdowns.of_table(made, task, corpus()), "speaker")
    assert found.groups == ("t1", "t2")
    assert found.rows == {"model": (pytest.approx((2 / 4 + 6 / 4) / 2), 9.0)}


def test_properties_of_recordings_sort_as_numbers_and_are_crossed_for_the_best_entry():
    items = [
        (f"{noise}@{snr} {n}", "t1", [snr + n, 1])
        for noise in ("car", "pink")
        for snr in (-11, 4, -6)
        for n in (0, 1)
    ]
    made, task = table(
        PER_RECORDING, result(items, PER_RECORDING), result(items, PER_RECORDING, entry="blind")
    )
    found = breakdowns.of_table(made, task, corpus())
    assert by(found, "SNR [dB]").groups == ("-11", "-6", "4")
    assert by(found, "SNR [dB]").rows["model"] == (-10.5, -5.5, 4.5)
    assert by(found, "noise").groups == ("car", "pink")
    crossed = by(found, "SNR [dB] and noise")
    assert crossed.by.endswith("model")  # not the trivial baseline
    assert crossed.row_head == "SNR [dB]"
    assert crossed.rows["-6"] == (-5.5, -5.5)


def test_groups_of_aggregated_results_have_no_properties():
    def no_facets(name):
        raise AssertionError(f"{name} is no recording")

    items = [("all group 1", "speaker a", [3, 1]), ("all group 2", "speaker b", [7, 1])]
    made, task = table(PER_RECORDING, result(items, PER_RECORDING))
    signals = {"x": Signal("1", "float32", rate=10.0), "y": Signal("1", "float32", rate=10.0)}
    found = breakdowns.of_table(made, task, toy.corpus(signals=signals, facets=no_facets))
    assert [b.by for b in found] == ["speaker"]


def test_one_group_is_no_breakdown():
    made, task = table(
        PER_RECORDING, result([("a", "t1", [1, 1]), ("b", "t1", [0, 1])], PER_RECORDING)
    )
    assert breakdowns.of_table(made, task, corpus()) == []


def test_channels_have_the_names_of_the_target():
    items = [("a", "t1", [0.5, 1, 0.2, 0.8, 1, 1]), ("b", "t2", [0.9, 1, 0, 0.9, 0, 1])]
    made, task = table(PER_RECORDING, result(items, PER_RECORDING))
    channels = corpus(frame=(2,), channels=("tongue", "lip"))
    found = by(breakdowns.of_table(made, task, channels), "channel")
    assert found.groups == ("tongue", "lip")
    # The tongue of the second recording does not move, so its mean is that of the first alone.
    assert found.rows["model"] == pytest.approx((0.2, 0.85))


def test_variants_are_broken_down_by_named_channels(tmp_path):
    runs = [
        result([("a", "t1", [v, 1, v, v / 2, 1, 1])], PER_RECORDING, variant=name)
        for name, v in (("default", 0.8), ("deaf", 0.2))
    ]
    made, task = table(PER_RECORDING, *runs)
    channels = corpus(frame=(2,), channels=("tongue", "lip"))
    header = "# [tool.silentbench.variants]\n# default = {}\n# deaf = { keep = 1 }\n"
    toy.project(tmp_path, model=toy.entry(extra=header))
    read = Snapshot((made,), {"toy": task}, {"toy": channels}, registry.entries(tmp_path).found)
    (found,) = breakdowns.of_ablation(read.ablation(made, "model"), task, channels)
    assert found.groups == ("tongue", "lip")
    assert sorted(found.rows.values()) == [pytest.approx((0.2, 0.1)), pytest.approx((0.8, 0.4))]
    section = task_page.pages(read)["toy"].partition("### Variants of")[2]
    assert "by channel</summary>" in section
    assert "| 0.200 | 0.100 |" in section
    for other in (corpus(frame=(2,)), corpus(labels=("no", "yes"))):
        assert breakdowns.of_ablation(made, task, other) == []


def test_many_bands_are_averaged_and_an_old_result_has_none():
    items = [("a", "t1", [1, 1, *range(80)]), ("b", "t2", [1, 1, *range(80)])]
    made, task = table(MEL_MSE, result(items, MEL_MSE))
    found = by(breakdowns.of_table(made, task, corpus(frame=(80,))), "band")
    assert found.groups[:2] == ("1–4", "5–8")
    assert found.groups[-1] == "77–80"
    assert found.rows["model"][:2] == (1.5, 5.5)
    old = [("a", "t1", [1, 1]), ("b", "t2", [1, 1])]
    made, task = table(MEL_MSE, result(old, MEL_MSE))
    assert [b.by for b in breakdowns.of_table(made, task, corpus(frame=(80,)))] == ["speaker"]


def test_confusion_matrices_are_counts_of_all_seeds():
    cell = np.eye(4)
    runs = [result([("a", "t1", cell[1]), ("b", "t1", cell[3])], MACRO_F1, seed) for seed in (0, 1)]
    made, task = table(MACRO_F1, *runs)
    target = Signal("class", "int64", labels=("yes", "no"))
    (found,) = breakdowns.confusions(made, task, target)
    np.testing.assert_array_equal(found.counts, [[0, 2], [0, 2]])
    made, task = table(ACCURACY, result([("a", "t1", [1, 1])], ACCURACY))
    assert breakdowns.confusions(made, task, target) == []


VARIANTS = {
    "all": {},
    "tenth": {"fraction": 0.1},
    "half": {"fraction": 0.5},
    "other_half": {"fraction": 0.5, "network": "other"},
    "two": {"electrodes": [1, 3]},
    "three": {"electrodes": [0, 1, 2]},
}


def test_a_curve_is_over_one_setting_with_all_others_equal():
    results = [
        result(
            [("a", "t1", [len(variant), 1]), ("b", "t2", [1, 1])], PER_RECORDING, variant=variant
        )
        for variant in VARIANTS
    ]
    made, _ = table(PER_RECORDING, *results)
    fractions, electrodes = sorted(
        settings.curves(made, PER_RECORDING, {"model": VARIANTS}),
        key=lambda curve: curve.setting,
        reverse=True,
    )
    assert [point[:2] for point in fractions.points] == [(0.1, "tenth"), (0.5, "half"), (1, "all")]
    # A variant without the setting has all that the others choose from: 0, 1, 2 and 3.
    assert [p[:2] for p in electrodes.points] == [(2, "two"), (3, "three"), (4, "all")]
    assert (
        fractions.points[0][2].value
        == made.rows[[r.variant for r in made.rows].index("tenth")].scores[PER_RECORDING.id].value
    )


def test_two_values_are_no_curve():
    few = {name: VARIANTS[name] for name in ("all", "half")}
    results = [result([("a", "t1", [1, 1])], PER_RECORDING, variant=name) for name in few]
    made, _ = table(PER_RECORDING, *results)
    assert settings.curves(made, PER_RECORDING, {"model": few}) == []
