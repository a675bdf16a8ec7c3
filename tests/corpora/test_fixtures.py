"""Every miniature through every task of its corpus: splits, signals, audit, and every entry.

What is found here is that everything runs and fits together on the layout of the real corpora. How
well an entry does on a handful of recordings says nothing.
"""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmark import registry
from benchmark.core import Fold, Paths
from benchmark.data import checksums, folds, leakage, splits
from benchmark.execution import executors, plan, runner
from benchmark.results.scores import score_of
from benchmark.sandbox.request import RunConfig
from benchmark.worker.limits import Limits
from parts import needs

ROOT = Path(__file__).resolve().parents[2]
TASKS = registry.tasks(ROOT)
CORPORA = registry.corpora()
NEEDS = {"dutch_words": "pynwb", "dutch_words_23": "pynwb", "ssc2010": "cv2", "tal": "cv2"}
MADE_OF = {"dutch_words_23": "dutch_words"}  # both read the same folder
FEW = {"train": 16, "valid": 4, "test": 4}  # recordings of a role at most, spread over all of it
NO_TASK = ["simulated", "spire_ema"]  # of a user's own size; not asked for by any task
UNPINNED = [name for name, corpus in CORPORA.items() if corpus.files is not None]
# The widest gap between floors and the rest is where a wrong pairing of signals would show.
BETTER = {
    "emg_to_articulation": ("ridge", "blind"),
    "emg_speech_enhancement": ("ridge", "blind"),
    "seeg_to_mel": ("ridge", "mean"),
    "lip_to_ultrasound": ("ridge", "blind"),
}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return tmp_path_factory.mktemp("data")


def made(name, data):
    """The corpus with a miniature of it in the data folder."""
    if name in NEEDS:
        needs(NEEDS[name])
    corpus = CORPORA[name]
    if corpus.locate(data) is None:
        registry.fixtures()[MADE_OF.get(name, name)](data / MADE_OF.get(name, name))
    if checksums.read_manifest(corpus, data) is None:
        checksums.write_manifest(corpus, data, checksums.make_manifest(corpus, corpus.locate(data)))
    return corpus


def test_every_corpus_that_does_not_travel_has_a_miniature():
    assert {MADE_OF.get(name, name) for name in UNPINNED} == registry.fixtures().keys()


def test_every_other_corpus_serves_a_task():
    served = {s.partition(".")[0] for task in TASKS.values() for s in (*task.splits, *task.smoke)}
    assert sorted({*CORPORA} - served) == NO_TASK


@pytest.mark.parametrize("name", UNPINNED)
def test_a_miniature_is_sound_and_known_for_what_it_is(name, data):
    corpus = made(name, data)
    held = checksums.with_checksums(corpus, data)
    assert held.miniature
    assert held.verify(corpus.locate(data)) == []
    assert held.digest() != corpus.digest()
    assert corpus.known_issues
    assert corpus.size
    assert corpus.source


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=pytest.mark.xdist_group(n)) for n in UNPINNED if n not in NO_TASK],
)
def test_every_entry_runs_on_every_task_of_the_corpus(name, data, tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    made(name, data)
    paths = Paths(ROOT, data, tmp_path / "runs")
    every = [*registry.entries(ROOT).found]  # those of the full suite as well
    chosen = plan.plan(paths, plan.RunSelection(corpora=[name], entries=every), CORPORA)
    assert {task for task, _ in chosen.sources} == {
        task for task, found in TASKS.items() if any(s.startswith(f"{name}.") for s in found.splits)
    }
    for (task, split_name), (_, split, corpus) in chosen.sources.items():
        recordings = {r.id: r for r in corpus.recordings(corpus.locate(data))}
        splits.check(split, recordings)
        for role, ids in next(iter(split.folds.values())).roles().items():
            assert ids, (split_name, role)
            for signal in (*TASKS[task].inputs, TASKS[task].target):
                _as_declared(corpus.signals[signal], recordings[ids[0]][signal])
    # A few recordings of one fold of one split a task: what is tried is that each entry takes the
    # signals of this corpus.
    tried, jobs = {}, []
    for (task, split_name), (on_corpus, split, corpus) in chosen.sources.items():
        if task in {known for known, _ in tried}:
            continue
        few = _few(split)
        tried[task, split_name] = on_corpus, few, corpus
        choice = plan.RunSelection(full=True)
        found = plan.list_jobs(task, on_corpus, few, corpus, chosen.entries, choice, [])
        jobs += [job for job in found if is_tried(job.entry, task, name)]
    conditions = RunConfig(Limits(seconds=300.0))
    some = plan.Plan(tuple(jobs), tried, chosen.entries, ())
    summary = runner.run(paths, some, executors.local_executor(os.cpu_count() or 1), conditions)
    assert summary.bad == {}
    assert runner.publish(paths, some) == []
    _make_sense(paths, jobs)
    _audited(paths, chosen)


def _few(split):
    """One fold of the split, with so few recordings that networks train in seconds."""
    name, fold = next(iter(split.folds.items()))
    roles = fold.roles()
    kept = {role: roles[role][:: -(-len(roles[role]) // most) or 1] for role, most in FEW.items()}
    return replace(split, folds={name: Fold(**kept)}, digest=f"few of {split.digest}")


def is_tried(entry, task, corpus):
    """All entries of a task on one corpus; on each other one floors, ridge and two more in turn.

    With many corpora, each entry on each would take longer than all other tests together.
    """
    serving = [n for n in UNPINNED if any(s.startswith(f"{n}.") for s in TASKS[task].splits)]
    place = serving.index(corpus)
    always = (*TASKS[task].trivial_baselines, "ridge")
    found = registry.entries(ROOT).found.values()
    rest = sorted(e.name for e in found if task in e.tasks and e.name not in always)
    in_turn = {rest[(2 * place + n) % len(rest)] for n in range(2)} if rest else set()
    return place == 0 or entry in always or entry in in_turn


def _as_declared(signal, array):
    assert array.dtype == signal.dtype
    assert np.isfinite(array).all()
    if signal.rate:
        assert array.ndim == 1 + len(signal.frame)
        for found, declared in zip(array.shape[1:], signal.frame, strict=True):
            assert declared in (None, found)


def _make_sense(place, jobs):
    """An honest model is better than a floor: else its signals would not belong to each other."""
    results = [runner.read_result(place.runs, job) for job in jobs]
    for task, (better, worse) in BETTER.items():
        metric = TASKS[task].metrics[0]
        scores = {}
        for result in results:
            if result.task == task:
                scores[result.split, result.entry] = score_of(metric, result)
        for split in {split for split, _ in scores}:
            one, other = scores[split, better], scores[split, worse]
            assert one > other if metric.better == "higher" else one < other, (split, scores)


def _audited(place, chosen):
    """Only the split that says that it leaks does."""
    for (task, _), (found, split, corpus) in chosen.sources.items():
        folds.prepare(place.runs, place.data, task, found, split, corpus, print)
        digest = folds.data_digest(task, found, split, corpus)
        leaks = {f.kind for f in leakage.audit(place, split, digest) if f.leak}
        assert leaks == ({"gap"} if split.name.endswith("legacy_leaky") else set()), split.name
