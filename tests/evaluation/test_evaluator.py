"""What a model returns is not to be trusted: each way of being wrong has its sentence."""

import math
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from safetensors.numpy import save_file

import toy
from benchmark.core import (
    MachineFault,
    Metric,
    Recording,
    Signal,
    Undefined,
    UndefinedTarget,
    UserError,
)
from benchmark.evaluation import evaluator, scoring
from benchmark.execution import executors, plan, runner
from benchmark.sandbox import backends
from benchmark.worker.limits import Limits


def run(folder, conditions=toy.CONFIG, **entries):
    place = toy.project(folder, **entries)
    chosen = plan.plan(place, plan.RunSelection(), {"toy": toy.corpus()})
    summary = runner.run(place, chosen, executors.serial_executor(), conditions)
    return place, chosen, summary


def only_result(folder, text, conditions=toy.CONFIG):
    place, chosen, _ = run(folder, conditions, model=text)
    return runner.read_result(place.runs, chosen.jobs[0])


def test_a_good_job_leaves_everything_that_matters(tmp_path):
    fit = "self.parameters = 7; assert len(train) == 16 and len(valid) == 4; print('hello')"
    result = only_result(tmp_path, toy.entry(fit, toy.SUM))
    assert result.status == "good"
    assert result.metrics == ("pearson.per_recording@1", "rmse.per_recording@1")
    assert result.isolation == backends.strongest()
    assert result.environment["numpy"] == np.__version__
    assert result.environment["python"].startswith("3.")
    assert result.cost.parameters == 7
    assert result.cost.signal_seconds == 4 * toy.FRAMES / 10
    assert result.cost.real_time_factor == pytest.approx(
        result.cost.predict_seconds / result.cost.signal_seconds
    )
    assert 20 < result.cost.peak_memory_mb < 2000  # the model's process alone
    assert [item.recording for item in result.items] == ["s0-5", "s1-5", "s2-5", "s3-5"]
    assert {item.speaker for item in result.items} == {"s0", "s1", "s2", "s3"}
    for item in result.items:
        x, y = (
            toy.recording(int(item.speaker[1]), 5)["x"],
            toy.recording(int(item.speaker[1]), 5)["y"],
        )
        error = math.sqrt(np.mean((x @ [[2.0], [-1.0]] - y) ** 2))
        total, count = item.measurements["rmse.per_recording@1"].statistics[:2]
        assert total / count == pytest.approx(error, rel=1e-6)


def test_predictions_are_kept_by_hash(tmp_path):
    place, chosen, _ = run(tmp_path, model=toy.entry(predict=toy.SUM))
    result = runner.read_result(place.runs, chosen.jobs[0])
    for item in result.items:
        kept = place.runs / "predictions" / item.prediction[:2] / f"{item.prediction}.npy"
        assert np.load(kept, allow_pickle=False).shape == (toy.FRAMES, 1)


@pytest.mark.parametrize(
    ("fit", "predict", "reason"),
    [
        ("pass", "return np.zeros((3, 1))", ": expected shape (50, 1), got (3, 1)"),
        ("pass", "return np.zeros(shape, complex)", "expected real numbers, got dtype complex128"),
        ("pass", "return np.zeros(shape, bool)", "expected real numbers, got dtype bool"),
        ("pass", "return np.full(shape, 'a')", "expected real numbers, got dtype <U1"),
        ("pass", "return np.full(shape, None)", "predict returned object, expected numbers"),
        ("pass", "return np.full(shape, np.nan)", ": 50 of 50 values are NaN or infinite"),
        ("pass", "raise KeyError('lost')", "KeyError: 'lost'"),
        ("raise RuntimeError('no\\nfit')", "return 1", "fit"),
        ("raise SystemExit", "return 1", "the model's process ended without an answer"),
        ("import os; os.kill(os.getpid(), 9)", "return 1", "was killed by a signal"),
        ("self.nothing.here()", "return 1", "AttributeError"),
    ],
)
def test_what_is_wrong_gets_a_sentence(tmp_path, fit, predict, reason):
    result = only_result(tmp_path, toy.entry(fit, predict))
    assert result.status == "failed"
    assert reason in result.reason
    assert result.items == ()


def test_an_entry_that_cannot_be_imported_fails_alone(tmp_path):
    broken = toy.entry().replace("import time", "import no_such_library")
    place, chosen, summary = run(tmp_path, broken=broken, fine=toy.entry(predict=toy.SUM))
    assert runner.states(summary) == {"planned": 4, "good": 2, "failed": 2}
    result = runner.read_result(place.runs, chosen.jobs[0])
    assert result.reason == "ModuleNotFoundError: No module named 'no_such_library'"


def test_a_job_over_its_time_is_ended_with_its_children(tmp_path):
    pids = tmp_path / "pids"
    fit = (
        "import os\nif os.fork() == 0: os.setsid()\n"
        f"open({str(pids)!r}, 'a').write(f'{{os.getpid()}} '); time.sleep(60)"
    )
    place, chosen, summary = run(
        tmp_path / "project", replace(toy.OPEN, limits=Limits(seconds=1.5)), model=toy.entry(fit)
    )
    result = runner.read_result(place.runs, chosen.jobs[0])
    assert (result.status, result.reason) == ("timed out", "took longer than 1.5 s")
    assert runner.states(summary) == {"planned": 2, "good": 0, "timed out": 2}
    started = pids.read_text().split()
    assert len(started) == 4
    for pid in started:
        cmdline = Path("/proc", pid, "cmdline")
        assert not cmdline.exists() or not cmdline.read_bytes()  # gone, or waiting to be buried


def test_what_an_entry_prints_is_no_answer(tmp_path):
    fit = "import os; os.write(1, b'{\"array\": [1]}'); print('x' * 100_000)"
    result = only_result(tmp_path, toy.entry(fit, "print('y'); " + toy.SUM))
    assert result.status == "good"


def test_what_an_entry_prints_is_kept_to_the_last_line(tmp_path):
    place, chosen, _ = run(tmp_path, model=toy.entry(predict="print('seen'); " + toy.SUM))
    log = (place.runs / "logs" / chosen.jobs[0].key).with_suffix(".log")
    assert log.read_text() == "seen\n" * 4


def test_answers_never_enter_the_prepared_part_of_the_model(tmp_path):
    place, _, _ = run(tmp_path, model=toy.entry())
    visible = {p.stem for p in place.runs.rglob("prepared/*/visible/*/*.npy")}
    answers = {p.stem for p in place.runs.rglob("prepared/*/answers/*/*.npy")}
    assert answers == {"s0-5", "s1-5", "s2-5", "s3-5"}
    assert len(visible) == 20
    assert not visible & answers


def test_each_fold_has_its_own_seed_and_repeats_it(tmp_path):
    fit = "self.value = np.random.normal()"
    predict = "return inputs['x'][:, :1] + self.value"
    place, chosen, _ = run(tmp_path, one=toy.entry(fit, predict), two=toy.entry(fit, predict))
    results = [runner.read_result(place.runs, job) for job in chosen.jobs]
    hashes = {(r.entry, r.fold): [i.prediction for i in r.items] for r in results}
    assert hashes["one", "a"] == hashes["two", "a"]
    assert hashes["one", "a"] != hashes["one", "b"]


def metric(measure, floor=None):
    return Metric("m@1", "M", "", "higher", measure, lambda sums: sums, "", "", floor)


def undefined(reason, kind=Undefined):
    def measure(*_args):
        raise kind(reason)

    return measure


def test_an_undefined_value_has_a_reason_and_no_score():
    nothing, signal = np.zeros(3), Signal("", "float32")
    given = nothing, Recording("r", "s", "1", "", {}.__getitem__), nothing, signal
    with_floor = metric(undefined("silence"), lambda _signal: np.array([-1.0, 1.0]))
    floored = scoring.measure(with_floor, *given)
    assert (floored.status, floored.reason, floored.statistics) == (
        "floored",
        "silence",
        (-1.0, 1.0),
    )
    left = scoring.measure(metric(undefined("silence", UndefinedTarget)), *given)
    assert (left.status, left.reason) == ("left out", "target: silence")
    assert left.statistics == ()
    with pytest.raises(scoring.NoValue, match="r: m@1 is undefined: silence"):
        scoring.measure(metric(undefined("silence")), *given)


@pytest.mark.parametrize(
    ("prediction", "sentence"),
    [
        ("np.array(1.0)", "expected integers, got dtype float64"),
        ("np.array(2)", "label from 0 to 1, got 2"),
    ],
)
def test_labels_are_whole_numbers_of_known_classes(tmp_path, prediction, sentence):
    place = toy.project(tmp_path, model=toy.entry(predict=f"return {prediction}"))
    task = toy.TASK.format(
        module="classification", target="word", metrics="classification.ACCURACY"
    )
    (tmp_path / "tasks" / "toy.py").write_text(task)
    chosen = plan.plan(place, plan.RunSelection(), {"toy": toy.corpus()})
    runner.run(place, chosen, executors.serial_executor(), toy.CONFIG)
    assert sentence in runner.read_result(place.runs, chosen.jobs[0]).reason


@pytest.mark.parametrize(
    ("prediction", "sentence"),
    [
        ("np.frombuffer(b'yes', np.uint8)", ""),
        ("np.zeros(0, np.int64)", ""),
        ("np.array([1.5])", "expected integers, got dtype float64"),
        ("np.array([-1])", "expected code points of Unicode"),
        ("np.array([0x110000])", "expected code points of Unicode"),
        ("np.array([0xD800, 32])", "half a surrogate pair"),
        ("np.array([32, 0xDFFF])", "half a surrogate pair"),
        ("np.array([0xD7FF, 0xE000])", ""),
        ("np.zeros(10_001, int)", "expected at most 10000 code points"),
        ("np.zeros((1, 3), int)", "expected at most 10000 code points"),
        ("np.array(1)", "expected at most 10000 code points"),
    ],
)
def test_a_text_may_have_any_length(tmp_path, prediction, sentence):
    place = toy.project(
        tmp_path, model=toy.entry(predict=f"assert shape == (-1,); return {prediction}")
    )
    (tmp_path / "tasks" / "toy.py").write_text(
        toy.TASK.format(module="text", target="text", metrics="text.WER")
    )
    chosen = plan.plan(place, plan.RunSelection(), {"toy": toy.corpus()})
    runner.run(place, chosen, executors.serial_executor(), toy.CONFIG)
    result = runner.read_result(place.runs, chosen.jobs[0])
    assert sentence in result.reason
    assert (result.status == "good") == (not sentence)
    if not sentence:
        right = prediction.count("yes")
        assert [i.measurements["wer.corpus@1"].statistics for i in result.items] == [
            (1.0 - right, 1.0)
        ] * 4


LAST_BREATH = """
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from benchmark.core import Metric, Task

PIDS = Path({pids!r})


def alive(prediction, target, signal):
    found = [Path("/proc", pid, "cmdline") for pid in PIDS.read_text().split()]
    return np.array([sum(p.exists() and bool(p.read_bytes()) for p in found), 1.0])


def mean(sums):
    return sums[..., 0] / sums[..., 1]


ALIVE = Metric("alive@1", "Alive", "", "lower", alive, mean, "", "")
TASK = Task(
    title="Toy", inputs=("x",), target="y", splits=("toy.all",), smoke=("toy.all",),
    metrics=(ALIVE,), trivial_baselines=(), citation="", version="1",
)
"""


def test_the_model_has_ended_before_any_answer_is_measured(tmp_path):
    pids = tmp_path / "pids"
    fit = f"import os; open({str(pids)!r}, 'a').write(f'{{os.getpid()}} ')"
    place = toy.project(tmp_path / "project", model=toy.entry(fit, toy.SUM))
    (place.root / "tasks" / "toy.py").write_text(LAST_BREATH.format(pids=str(pids)))
    chosen = plan.plan(place, plan.RunSelection(), {"toy": toy.corpus()})
    assert runner.run(place, chosen, executors.serial_executor(), toy.OPEN).ok
    items = runner.read_result(place.runs, chosen.jobs[0]).items
    assert [item.measurements["alive@1"].statistics[0] for item in items] == [0.0] * 4


def test_what_a_model_says_of_its_training_is_kept_where_it_is_well_formed(tmp_path):
    place = toy.project(
        tmp_path,
        good=toy.entry("self.history, self.flops, self.parameters = [2.0, 1.5], 1e9, 7", toy.SUM),
        odd=toy.entry("self.history, self.flops, self.parameters = ['a'], 'b', 1.5", toy.SUM),
        infinite=toy.entry("self.history, self.flops = [float('nan')], float('inf')", toy.SUM),
    )
    chosen = plan.plan(place, plan.RunSelection(), {"toy": toy.corpus()})
    assert runner.run(place, chosen, executors.serial_executor(), toy.CONFIG).ok
    for job in chosen.jobs:
        cost = runner.read_result(place.runs, job).cost
        if job.entry == "good":
            assert (cost.curve, cost.flops, cost.parameters) == ((2.0, 1.5), 1e9, 7)
        else:
            assert (cost.curve, cost.flops, cost.parameters) == ((), None, None)


def test_a_model_finds_its_checkpoints_until_its_result_is_good(tmp_path):
    fit = """
        import os
        from pathlib import Path
        mark = Path(os.environ["SILENTBENCH_CHECKPOINTS"]) / "mark"
        if not mark.exists():
            mark.write_text("begun")
            raise RuntimeError("killed")
    """
    place = toy.project(tmp_path, model=toy.entry(fit, toy.SUM))
    chosen = plan.plan(place, plan.RunSelection(), {"toy": toy.corpus()})
    assert not runner.run(place, chosen, executors.serial_executor(), toy.CONFIG).ok
    assert len(list(place.runs.rglob("mark"))) == 2
    assert runner.run(place, chosen, executors.serial_executor(), toy.CONFIG, retry_failed=True).ok
    assert not list(place.runs.rglob("mark"))


def test_hints_are_for_learning_only(tmp_path):
    fit = "self.words = [int(r['word']) for r in (*train, *valid)]"
    predict = "assert set(inputs) == {'x'} and len(self.words) == 20; " + toy.SUM
    place = toy.project(tmp_path, model=toy.entry(fit, predict))
    task = (tmp_path / "tasks" / "toy.py").read_text()
    task = task.replace('version="1",', 'version="1", privileged=("word",),')
    (tmp_path / "tasks" / "toy.py").write_text(task)
    chosen = plan.plan(place, plan.RunSelection(), {"toy": toy.corpus()})
    assert runner.run(place, chosen, executors.serial_executor(), toy.CONFIG).ok
    assert len(list(place.runs.rglob("visible/word/*.npy"))) == 2 * 20
    assert not list(place.runs.rglob("answers/word"))


def test_a_trained_model_finds_its_weights_and_needs_no_fit(tmp_path):
    place = toy.project(tmp_path)
    folder = tmp_path / "submissions" / "trained"
    (folder / "weights").mkdir(parents=True)
    np_weights = {"w": np.float32([[2.0], [-1.0]])}
    save_file(np_weights, folder / "weights" / "model.safetensors")
    text = toy.entry(
        predict="""
        from pathlib import Path
        from safetensors.numpy import load_file
        w = load_file(Path(__file__).parent / "weights" / "model.safetensors")["w"]
        return (inputs["x"] @ w).reshape(shape)
    """
    )
    text = text.replace("    def fit(self, train, valid):\n        pass\n", "")
    assert "def fit" not in text
    (folder / "submission.py").write_text(text)
    chosen = plan.plan(place, plan.RunSelection(), {"toy": toy.corpus()})
    assert runner.run(place, chosen, executors.serial_executor(), toy.CONFIG).ok
    result = runner.read_result(place.runs, chosen.jobs[0])
    assert result.entry == "trained"
    item = result.items[0].measurements["pearson.per_recording@1"]
    assert item.statistics[0] > 0.8


def test_weights_or_a_library_that_a_metric_misses_are_a_fault_of_the_machine(
    tmp_path, monkeypatch
):
    def measure_all(*_):
        raise UserError("it.npz: expected the weights with sha256 1, found 2")

    monkeypatch.setattr(scoring, "measure_all", measure_all)
    request = SimpleNamespace(
        fold=tmp_path,
        paths=SimpleNamespace(root=tmp_path),
        job=SimpleNamespace(task="toy"),
        processes=1,
        metrics=("wer@1",),
    )
    with pytest.raises(MachineFault, match="expected the weights with sha256 1"):
        evaluator._items(request, {}, tmp_path)
