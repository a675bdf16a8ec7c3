"""What holds for every task, split, metric, corpus and entry that is found: a new file is tested
by being there."""

from pathlib import Path

import numpy as np
import pytest

from benchmark import registry
from benchmark.core import Paths, Undefined
from benchmark.corpora import embedded
from benchmark.corpora.simulated import reader
from benchmark.data import checksums, folds, splits
from benchmark.data.installed_split import load_here
from benchmark.metrics import text
from benchmark.metrics.speech import heard
from benchmark.registry import reported_figures
from parts import DATA, skip_without_data

SENTENCES = {1: "u01-s001", 2: "u01-s005"}
ROOT = Path(__file__).resolve().parent.parent
TASKS = registry.tasks(ROOT)
CORPORA = registry.corpora()
ENTRIES = registry.entries(ROOT)
PLACE = Paths(ROOT, DATA, ROOT / "runs")
SPLITS = sorted({name for task in TASKS.values() for name in (*task.splits, *task.smoke)})
PAIRS = [
    (metric, CORPORA[split.partition(".")[0]].signals[task.target])
    for task in TASKS.values()
    for split in task.splits
    for metric in task.on(CORPORA[split.partition(".")[0]]).metrics
]


def here(name):
    """A split and its corpus as they are here, or None where its data are not."""
    corpus = CORPORA[name.partition(".")[0]]
    prepared = corpus.files is None or checksums.manifest_path(corpus, DATA).exists()
    if corpus.locate(DATA) is None or not prepared:
        return None
    return load_here(PLACE, name, corpus)[:2]


def test_the_five_tasks_are_there():
    assert {
        "emg_to_articulation",
        "emg_speech_enhancement",
        "seeg_to_mel",
        "lip_to_ultrasound",
        "emg_word_classification",
    } <= TASKS.keys()


def test_no_entry_is_broken():
    assert ENTRIES.problems == ()


@pytest.mark.parametrize("name", TASKS)
def test_a_task_has_all_it_names(name):
    task = TASKS[name]
    assert task.title
    assert task.version
    assert task.licence
    assert task.splits
    assert task.smoke
    assert task.splits[0] not in task.full  # whoever runs the main suite sees the first table
    assert set(task.trivial_baselines) <= ENTRIES.found.keys()
    assert any(
        name in e.tasks for e in ENTRIES.found.values() if e.name not in task.trivial_baselines
    )
    assert all(name in ENTRIES.found[floor].tasks for floor in task.trivial_baselines)
    if task.unprocessed:
        assert name in ENTRIES.found[task.unprocessed].tasks
    signal = CORPORA[task.splits[0].partition(".")[0]].signals[task.target]
    assert (name in ENTRIES.found["ridge"].tasks) == (not signal.free)  # a text has no frames
    for split in (*task.splits, *task.smoke):
        signals = CORPORA[split.partition(".")[0]].signals
        first = set(task.metrics[0].auxiliary)  # others are left out where there is no signal
        assert {*task.inputs, task.target, *first} <= signals.keys()


@pytest.mark.parametrize("name", SPLITS)
def test_a_split_names_what_its_corpus_has_and_nothing_leaks(name):
    found = here(name)
    if found is None:
        skip_without_data(name.partition(".")[0])
    split, corpus = found
    splits.check(split, {r.id: r for r in corpus.recordings(corpus.locate(DATA))})
    tested = [i for fold in split.folds.values() for i in fold.test]
    assert len(set(tested)) == len(tested)  # else one recording would count more than others


def pinned(name):
    """Whether everyone's copy has the same bytes, so that one audit holds for all."""
    return CORPORA[name.partition(".")[0]].files is None


@pytest.mark.parametrize(
    ("task", "name"), [(t, name) for t in TASKS for name in TASKS[t].splits if pinned(name)]
)
def test_a_split_was_audited_as_it_is_and_leaks_nothing(task, name):
    found = splits.audits(ROOT / "tasks" / "splits")[f"{task} {name}"]
    split = splits.load(ROOT / "tasks" / "splits" / f"{name}.json")
    corpus = CORPORA[split.corpus]
    assert found.data == folds.data_digest(task, TASKS[task], split, corpus), "audit it again"
    assert found.leaks == []


def test_every_split_file_belongs_to_a_task():
    found = {p.stem for p in (ROOT / "tasks" / "splits").glob("*.*.json")}
    # An official list beside the one that tasks use, for who compares with older publications.
    assert found == {*SPLITS, "gaddy2020.official_small_dev"}


def test_reported_figures_belong_to_a_task_a_split_and_an_entry_that_are_there():
    for table in reported_figures.tables(ROOT / "baselines" / "published.toml"):
        assert table.split in ("", *TASKS[table.task].splits), table.source
        assert not table.entry or table.task in ENTRIES.found[table.entry].tasks, table.source


@pytest.mark.parametrize("name", CORPORA)
def test_a_corpus_says_what_it_is_and_holds_what_it_says(name):
    corpus = CORPORA[name]
    assert corpus.licence
    assert corpus.citation
    assert "\n" not in corpus.advice
    assert len(corpus.digest()) == 64
    folder = corpus.locate(DATA)
    if folder is None:
        skip_without_data(name)
    recordings = corpus.recordings(folder)
    assert len({r.id for r in recordings}) == len(recordings)
    assert all(
        r.id.replace("-", "").replace("_", "").replace("+", "").isalnum() for r in recordings
    )


@pytest.mark.parametrize("task", TASKS)
def test_signals_are_as_declared(task):
    for split in TASKS[task].splits:
        found = here(split)
        if found is None:
            continue  # the test above says so
        resolved, corpus = found
        fold = next(iter(resolved.folds.values()))
        recordings = {r.id: r for r in corpus.recordings(corpus.locate(DATA))}
        for name in (*TASKS[task].inputs, TASKS[task].target):
            signal, array = corpus.signals[name], recordings[fold.test[0]][name]
            assert array.dtype == signal.dtype
            assert array.ndim == (1 + len(signal.frame) if signal.rate or signal.free else 0)
            assert bool(signal.rate) != bool(signal.free or signal.labels)
            if signal.rate:
                for found, declared in zip(array.shape[1:], signal.frame, strict=True):
                    assert declared in (None, found)
                assert np.isfinite(array).all()
                assert not signal.channels or len(signal.channels) == array.shape[1]


def example(metric, signal, seed):
    if "grammar_text" in metric.auxiliary:  # noise may sound like noise
        name = next(n for n in ("mel", "audio", "articulation") if reader.SIGNALS[n] == signal)
        return reader.read(embedded.FOLDER, SENTENCES[seed], name)
    rng = np.random.default_rng(seed)
    if signal.labels:
        return np.array(rng.integers(len(signal.labels)))
    if signal.free:
        return np.frombuffer(b"again now" if seed == 1 else b"one at now", np.uint8)
    if signal.dtype == "uint8":
        return rng.integers(0, 256, (4, *signal.frame)).astype(np.uint8)
    sound = signal.rate == 16_000  # 1 s within full scale; else 200 frames that vary like speech
    size = (16_000 if sound else 200, *signal.frame)
    return rng.normal(scale=0.1 if sound else 1, size=size).astype(np.float32)


def auxiliary(metric, target, signal):
    """What a metric needs beside: where there is a voice, or the text that is heard in `target`."""
    return [
        text.encoded(heard.words(target, signal))
        if name == "grammar_text"
        else np.arange(len(target)) % 3 > 0
        for name in metric.auxiliary
    ]


@pytest.mark.parametrize(("metric", "signal"), PAIRS, ids=lambda x: getattr(x, "id", ""))
def test_a_metric_keeps_its_word(metric, signal):
    name, _, version = metric.id.partition("@")
    assert name
    assert version.isdigit()
    target, prediction = example(metric, signal, 1), example(metric, signal, 2)
    prediction = np.resize(prediction, target.shape)
    before = prediction.copy(), target.copy()
    state = np.random.get_state()[1].copy()
    beside = auxiliary(metric, target, signal)
    first = metric.measure(prediction, target, signal, *beside)
    assert first.dtype == np.float64
    assert first.ndim == 1
    again = metric.measure(prediction, target, signal, *beside)
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(prediction, before[0])
    np.testing.assert_array_equal(target, before[1])
    np.testing.assert_array_equal(np.random.get_state()[1], state)
    perfect = metric.measure(target, target, signal, *beside)
    right = metric.reduce(perfect)
    wrong = metric.reduce(first)
    assert right.shape == ()
    assert right > wrong if metric.better == "higher" else right < wrong
    many = np.stack([first, perfect])
    assert metric.reduce(many).shape == (2,)


@pytest.mark.parametrize(("metric", "signal"), PAIRS, ids=lambda x: getattr(x, "id", ""))
def test_nothing_is_never_better_than_something(metric, signal):
    if signal.labels or signal.free:
        return  # every label is an answer, and so is every text
    target = example(metric, signal, 1)
    beside = auxiliary(metric, target, signal)
    try:
        measured = metric.measure(np.zeros_like(target), target, signal, *beside)
    except Undefined:
        assert metric.worst is not None
        measured = metric.worst(signal)
    nothing = metric.reduce(measured)
    right = metric.reduce(metric.measure(target, target, signal, *beside))
    assert nothing < right if metric.better == "higher" else nothing > right
