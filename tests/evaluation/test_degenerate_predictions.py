"""A degenerate prediction for the hardest recordings never improves a score.

Measured half of the way from the predictions of a trained baseline to the truth, since one that is
trained on a few recordings is hardly better than a degenerate one, and on transcripts with wrong
words.
"""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmark import registry, storage
from benchmark.corpora.embedded import CORPUS
from benchmark.data import folds
from benchmark.evaluation import scoring
from benchmark.metrics.text import encoded
from benchmark.results.result import parse
from benchmark.worker import fold_reader

ROOT = Path(__file__).resolve().parents[2]
TASKS = registry.tasks(ROOT)
HEARD = {"wer_asr.simulated@1", "cer_asr.simulated@1", "per_asr.simulated@1"}
SHORT = 4  # frames or samples that hold something: too few for any metric


def constant(prediction):
    return np.full_like(prediction, {"f": 0.5, "u": 128, "i": 0}[prediction.dtype.kind])


def too_short(prediction):
    short = np.zeros_like(prediction)
    short[:SHORT] = prediction[:SHORT]
    return short


DEGENERATE = {
    "zeros": np.zeros_like,
    "a constant": constant,
    "its own mean": lambda x: np.full_like(x, x.mean()),
    "the mean frame": lambda x: np.broadcast_to(x.mean(axis=0), x.shape).astype(x.dtype),
    "too short": too_short,
}
OF_TARGET = {"word": {"a constant": constant}, "text": {"nothing": lambda x: x[:0]}}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    words = ["run", "--suite", "smoke", "--corpus", "embedded", "--entry", "ridge", "--json"]
    done = subprocess.run(
        [sys.executable, ROOT / "run_benchmark.py", *words, "--runs", folder],
        capture_output=True,
        text=True,
        check=False,
    )
    outcome = json.loads(done.stdout)
    assert outcome["good"] == outcome["planned"] > 0
    return folder


def trained(runs, task):
    """(recording, prediction) of every test recording, and the signal of the target."""
    pairs, target = [], TASKS[task].target
    for path in sorted((runs / "results" / task).rglob("*.json")):
        result = parse(path.read_bytes(), path)
        folder = folds.fold_folder(runs, result.data, result.fold) / "answers"
        asked, roles = fold_reader.read_part(folder)
        kept = {i.recording: storage.kept(runs / "predictions", i.prediction) for i in result.items}
        for place, recording in enumerate(roles["test"]):
            truth, said = recording[target], storage.read_array(kept[recording.id])
            pairs.append((recording, halfway(said, truth, place)))
    return pairs, asked.signals[asked.target]


def halfway(said, truth, place):
    """The mean of both; of labels every second is right."""
    if truth.ndim == 0:
        return said if place % 2 else truth
    return ((said.astype(np.float64) + truth) / 2).astype(said.dtype)


def transcribed():
    """Texts of the corpus with none to all of their words wrong."""
    rng = np.random.default_rng(0)
    pairs = []
    for recording in CORPUS.recordings(CORPUS.locate(Path("unused")))[:12]:
        words = recording.text.split()
        wrong = rng.random(len(words)) < rng.random()
        heard = ["hum" if bad else word for bad, word in zip(wrong, words, strict=True)]
        pairs.append((recording, encoded(" ".join(heard))))
    return pairs, CORPUS.signals["text"]


@pytest.fixture(scope="module")
def predictions(runs):
    """By task, read once."""
    of_text = [name for name, task in TASKS.items() if task.target == "text"]
    return {task: transcribed() if task in of_text else trained(runs, task) for task in TASKS}


CASES = [(name, metric) for name, task in TASKS.items() for metric in task.on(CORPUS).metrics]


@pytest.mark.parametrize(("task", "metric"), CASES, ids=lambda x: getattr(x, "id", x))
def test_a_degenerate_prediction_for_the_worst_half_never_pays(task, metric, predictions):
    target = TASKS[task].target
    pairs, signal = predictions[task]

    def statistics(recording, prediction):
        found = scoring.measure(metric, prediction, recording, recording[target], signal)
        return np.array(found.statistics)

    honest = {r.id: statistics(r, x) for r, x in pairs}
    counted = [(r, x) for r, x in pairs if honest[r.id].size]
    assert len(counted) >= 3
    sign = 1 if metric.better == "higher" else -1
    order = sorted(counted, key=lambda pair: sign * metric.reduce(honest[pair[0].id]))
    if metric.id in HEARD:  # nothing heard is a rate of 1: better than more errors than words
        # Whatever word is heard has some letters and phones of another.
        most = 1.0 if metric.id.startswith("wer_") else 0.5
        order = [pair for pair in order if metric.reduce(honest[pair[0].id]) <= most]
        assert len(order) >= 2
    # A label that is wrong cannot become worse, so of labels all are replaced.
    worst = order if target == "word" else order[: len(order) // 2]
    before = float(metric.reduce(sum(honest[r.id] for r, _ in counted)))
    for name, degenerate in OF_TARGET.get(target, DEGENERATE).items():
        changed = honest | {r.id: statistics(r, degenerate(x)) for r, x in worst}
        after = float(metric.reduce(sum(changed[r.id] for r, _ in counted)))
        assert sign * after <= sign * before, f"{name}: {before} becomes {after}"
