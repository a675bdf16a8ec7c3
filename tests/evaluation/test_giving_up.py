"""Giving up on the hardest recordings never pays, measured on what an honest baseline answers."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmark import registry, storage
from benchmark.data import folds
from benchmark.evaluation import scoring
from benchmark.results.result import parse
from benchmark.worker import fold_reader

ROOT = Path(__file__).resolve().parents[2]
TASKS = registry.tasks(ROOT)
SHORT = 4  # frames or samples that hold something: too few for any metric


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    words = [
        "run",
        "--suite",
        "smoke",
        "--corpus",
        "embedded",  # one set of labels
        "--entry",
        "ridge",
        "--entry",
        "emg2text",
        "--runs",
        str(folder),
        "--json",
    ]
    done = subprocess.run(
        [sys.executable, ROOT / "run_benchmark.py", *words],
        capture_output=True,
        text=True,
        check=False,
    )
    assert json.loads(done.stdout)["good"] == json.loads(done.stdout)["planned"]
    return folder


def honest(runs, task):
    """(recording, prediction) of every test recording, its target's name and its signal."""
    found = []
    for path in sorted((runs / "results" / task).rglob("*.json")):
        result = parse(path.read_bytes(), path)
        folder = folds.fold_folder(runs, result.data, result.fold) / "answers"
        asked, roles = fold_reader.read_part(folder)
        kept = {i.recording: storage.kept(runs / "predictions", i.prediction) for i in result.items}
        found += [(r, storage.read_array(kept[r.id])) for r in roles["test"]]
    return found, asked.target, asked.signals[asked.target]


def constant(prediction):
    return np.full_like(prediction, {"f": 0.5, "u": 128, "i": 0}[prediction.dtype.kind])


def too_short(prediction):
    short = np.zeros_like(prediction)
    short[:SHORT] = prediction[:SHORT]
    return short


WAYS = {
    "nothing": lambda x: x[:0],
    "zeros": np.zeros_like,
    "a constant": constant,
    "its own mean": lambda x: np.full_like(x, x.mean()),
    "the mean frame": lambda x: np.broadcast_to(x.mean(axis=0), x.shape).astype(x.dtype),
    "too short": too_short,
}
FEW = {"word": ("a constant",), "text": ("nothing",)}
CASES = [
    (task, metric, way)
    for task, declared in TASKS.items()
    for metric in declared.metrics
    for way in FEW.get(declared.target, tuple(w for w in WAYS if w != "nothing"))
]


def score(metric, pairs, target, signal):
    statistics = [scoring.measure(metric, x, r, r[target], signal).statistics for r, x in pairs]
    return np.array([s for s in statistics if s])


@pytest.mark.parametrize(
    ("task", "metric", "way"), CASES, ids=lambda x: getattr(x, "id", x) if x else ""
)
def test_giving_up_on_the_worst_half_never_pays(task, metric, way, runs):
    pairs, target, signal = honest(runs, task)
    values = metric.reduce(score(metric, pairs, target, signal))
    order = np.argsort(values if metric.better == "higher" else -values)
    worst = set(order[: len(order) // 2].tolist())
    given_up = [(r, WAYS[way](x) if n in worst else x) for n, (r, x) in enumerate(pairs)]
    before, after = (
        float(metric.reduce(score(metric, some, target, signal).sum(axis=0)))
        for some in (pairs, given_up)
    )
    print(before, after)
    assert after <= before if metric.better == "higher" else after >= before
