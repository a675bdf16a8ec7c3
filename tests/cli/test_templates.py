"""What `new` writes: by the target's signal, and better than what does not look at the input."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import toy
from benchmark import registry
from benchmark.cli import entries
from benchmark.core import Fold, Paths, Recording, Signal, Split, Undefined, UserError
from benchmark.data import folds
from benchmark.evaluation import small_split
from benchmark.execution import plan
from benchmark.worker import fold_reader
from benchmark.worker.loading import load_module

ROOT = Path(__file__).resolve().parents[2]
TRIVIAL = ("mean", "blind", "nuisance")


def score(model, task, signal, recordings):
    sums = 0
    for recording in recordings:
        target = recording[task.target]
        shape = (-1,) if signal.free else target.shape
        said = np.asarray(model.predict({name: recording[name] for name in task.inputs}, shape))
        metric = task.metrics[0]
        try:
            sums = sums + metric.measure(said, target, signal)
        except Undefined:
            sums = sums + metric.worst(signal)
    value = float(metric.reduce(np.asarray(sums)))
    return value if metric.better == "higher" else -value


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(registry.known_tasks(ROOT)))
def test_a_template_beats_the_trivial_baselines(name, tmp_path, monkeypatch):
    """On the unseen recordings of the smoke split, those for validation and those for the test.

    Either alone has as few as four sentences.
    """
    paths = Paths(ROOT, tmp_path / "data", tmp_path / "runs")
    choice = plan.RunSelection([name], ["embedded"], ["mean"], smoke=True)
    source = plan.plan(paths, choice, registry.corpora()).sources[
        name, registry.task(ROOT, name).smoke[0]
    ]
    task, split, corpus = source
    folds.prepare(paths.runs, paths.data, name, *source, lambda _: None)
    fold = folds.fold_folder(paths.runs, folds.data_digest(name, *source), next(iter(split.folds)))
    asked, roles = fold_reader.read_part(fold / "visible")
    unseen = [*roles["valid"], *fold_reader.read_part(fold / "answers")[1]["test"]]
    (tmp_path / "mine.py").write_text(entries.template(name), "utf-8")
    settings = registry.read_entry(tmp_path / "mine.py", "submission").variants["default"]
    monkeypatch.syspath_prepend(ROOT / "baselines")
    scores = {}
    for entry in ("mine", *TRIVIAL):
        path = tmp_path / "mine.py" if entry == "mine" else ROOT / "baselines" / f"{entry}.py"
        model = load_module(path).Model(asked, 0, **(settings if entry == "mine" else {}))
        model.fit(roles["train"], roles["valid"])
        scores[entry] = score(model, task, corpus.signals[task.target], unseen)
    assert scores["mine"] > max(scores[entry] for entry in TRIVIAL), scores


@pytest.mark.parametrize(
    ("signal", "said"),
    [
        (Signal("class", "int64", labels=("a", "b")), "the class whose mean power envelope"),
        (
            Signal("code point", "uint32", free=True),
            "words that training texts of near power envelopes share",
        ),
        (Signal("1", "float32", 16000.0), "the mean gain of bins"),
        (Signal("1", "float32", 100.0, (80,)), "ridge regression"),
        (Signal("1", "uint8", 25.0, (64, 64)), "ridge regression"),
        (Signal("phone", "uint8", 100.0, labels=("a", "b")), "ridge regression"),
    ],
)
def test_a_template_is_chosen_by_the_signal_of_the_target(monkeypatch, signal, said):
    monkeypatch.setattr(entries, "_target", lambda _task: signal)
    text = entries.template("emg_to_mel")
    assert said in text
    assert 'tasks = ["emg_to_mel"]' in text


def corpus_of(classes):
    words = {f"r{n:03}": n * classes // 60 for n in range(60)}  # in blocks: the first are alike
    made = toy.corpus(
        signals={
            "emg": Signal("V", "float32", 100.0, (1,)),
            "word": Signal("class", "int64", labels=tuple("abcdefghijklmnop"[:classes])),
        },
        recordings=lambda _folder: [
            Recording(i, "s", "1", "the same", lambda _name, w=w: np.array(w))
            for i, w in words.items()
        ],
        locate=lambda root: root,
    )
    return made, words


@pytest.mark.parametrize("classes", [2, 12])
def test_check_draws_recordings_of_all_classes(tmp_path, classes):
    made, words = corpus_of(classes)
    names = sorted(words)
    fold = Fold(tuple(names[::2]), tuple(names[1::4]), tuple(names[3::4]))
    split = Split("toy.all", "", (), {"all": fold}, "0")
    task = replace(registry.task(ROOT, "emg_word_classification"), splits=("toy.all",))
    paths = Paths(ROOT, tmp_path, tmp_path)
    small = small_split._tiny(paths, task, split, made).folds["all"]
    assert {words[i] for i in small.train} == set(range(classes))
    assert len({words[i] for i in small.test}) == 2


def test_check_says_why_no_split_can_be_used(tmp_path):
    task = replace(
        registry.task(ROOT, "emg_to_mel"),
        inputs=("emgg",),
        splits=("nobody.all", "tal.new_speakers"),
        smoke=("embedded.smoke_sentences",),
    )
    with pytest.raises(UserError, match="embedded has") as found:
        small_split.find(Paths(ROOT, tmp_path, tmp_path), task)
    said = str(found.value)
    assert "needs the signal 'emgg', and embedded has" in said
    assert "nobody.all: there is no corpus of that name" in said
