"""Every baseline on every task that it names: it fits quickly; predictions have shape and type."""

import functools
from pathlib import Path

import numpy as np
import pytest

from benchmark import registry
from benchmark.registry import entries, source
from benchmark.worker.loading import load_module

ROOT = Path(__file__).resolve().parents[2]
FOUND = [e for e in entries(ROOT).found.values() if e.kind == "baseline"]
PAIRS = [pytest.param(e.name, task, id=f"{e.name}-{task}") for e in FOUND for task in e.tasks]
TORCH = {e.name for e in FOUND if "torch" in e.dependencies}
CONVOLUTIONS = {
    "emg_to_articulation": "articulation_conv",
    "emg_speech_enhancement": "enhancement_mask",
    "lip_to_ultrasound": "lips_conv",
    "emg_word_classification": "words_conv",
}
# Tasks with enough frames in few recordings for networks of other kinds to learn from.
BY_LAYERS = ["emg_to_articulation", "emg_speech_enhancement", "lip_to_ultrasound", "seeg_to_mel"]
NETWORKS = [
    *CONVOLUTIONS.items(),
    *((task, name) for name in ("recurrent", "attention") for task in BY_LAYERS),
]
# Of those that are no trivial baselines and no published systems, by kind: the same chances on
# every task.
KINDS = {
    "linear": {"ridge", "text_linear"},
    "convolution": {*CONVOLUTIONS.values(), "seeg_densenet", "text_conv"},
    "recurrent": {"recurrent"},
    "attention": {"attention"},
}


def answers(model, asked, recordings):
    out = []
    for recording in recordings:
        inputs = {name: recording[name] for name in asked.inputs}
        shape = (-1,) if asked.signals[asked.target].free else recording[asked.target].shape
        out.append(np.asarray(model.predict(inputs, shape)))
    return out


def fitted(module, name, asked, recordings, seed=1, train=8, valid=2):
    entry = module(name)
    if name in TORCH:
        import torch

        torch.manual_seed(seed)  # as the worker does
    model = entry.Model(asked, seed)
    model.fit(recordings[:train], recordings[8 : 8 + valid])
    return model


@pytest.fixture(scope="module")
def trained(module, asked, recordings):
    """An entry's number of parameters and its answers on a task; trained once for all tests."""

    @functools.cache
    def train(name, task):
        model = fitted(module, name, asked(task), recordings)
        return model.parameters, answers(model, asked(task), recordings[10:])

    return train


@pytest.mark.parametrize(("name", "task"), PAIRS)
def test_predictions_have_the_requested_shape_and_type(name, task, trained, asked, recordings):
    parameters, given = trained(name, task)
    assert type(parameters) is int
    target = asked(task).target
    kinds = {"ultrasound": np.uint8, "word": np.int64, "text": np.uint32}
    kind = kinds.get(target, np.float32)
    for recording, answer in zip(recordings[10:], given, strict=True):
        assert answer.ndim == recording[target].ndim
        assert target == "text" or answer.shape == recording[target].shape
        assert answer.dtype == kind
        assert np.isfinite(answer).all()


@pytest.mark.parametrize(("name", "task"), PAIRS)
def test_equal_seeds_give_equal_predictions(name, task, trained, module, asked, recordings):
    again = fitted(module, name, asked(task), recordings)
    second = answers(again, asked(task), recordings[10:])
    for one, other in zip(trained(name, task)[1], second, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(("name", "task"), [pair for pair in PAIRS if pair.values[0] in TORCH])
def test_a_network_fits_without_valid_recordings(task, name, module, asked, recordings):
    model = fitted(module, name, asked(task), recordings, train=3, valid=0)
    assert len(answers(model, asked(task), recordings[10:])) == 2


@pytest.mark.parametrize(("task", "name"), NETWORKS, ids=str)
def test_networks_and_ridge_beat_the_mean(task, name, trained, asked, recordings):
    target = asked(task).target

    def error(which):
        given = trained(which, task)[1]
        pairs = [(a.astype(float), r[target]) for a, r in zip(given, recordings[10:], strict=True)]
        return np.mean([np.mean((a - t) ** 2) for a, t in pairs])

    mean = error("mean")
    assert error("ridge") < 0.7 * mean
    assert error(name) < 0.9 * mean


@pytest.mark.parametrize("kind", KINDS)
def test_every_task_has_a_system_of_each_kind(kind):
    done = {task for entry in FOUND if entry.name in KINDS[kind] for task in entry.tasks}
    assert done == set(registry.tasks(ROOT))


def test_words_work_at_a_low_rate_with_two_channels(module, asked, recordings):
    told = asked("emg_word_classification", emg={"rate": 250.0, "frame": (2,)})

    class Slow:
        def __init__(self, recording):
            self.recording = recording

        def __getitem__(self, signal):
            value = self.recording[signal]
            return value[::4, :2] if signal == "emg" else value

    slow = [Slow(recording) for recording in recordings]
    for name in ("ridge", "words_conv", "recurrent"):
        model = fitted(module, name, told, slow)
        assert all(a.shape == () for a in answers(model, told, slow[10:]))
        short = model.predict({"emg": np.zeros((26, 2), np.float32)}, ())
        assert 0 <= int(short) < 3


@pytest.mark.parametrize("entry", FOUND, ids=lambda e: e.name)
def test_only_networks_need_torch(entry):
    imported = {
        name.split(".")[0]
        for path in source.files(entry.path)
        for line in path.read_text().splitlines()
        if line.startswith(("import ", "from "))
        for name in [line.split()[1]]
    }
    assert ("torch" in imported) == (entry.name in TORCH)
    assert not imported & {"scipy", "sklearn", "pandas"}  # a trivial baseline starts within 0.1 s


def test_the_template_runs(asked, recordings):
    template = ROOT / "submissions" / "_template.py"
    assert len(template.read_text("utf-8").splitlines()) <= 60
    told = asked("emg_to_articulation")
    model = load_module(template).Model(told, 1, context=3)
    model.fit(recordings[:8], recordings[8:10])
    for answer in answers(model, told, recordings[10:]):
        assert answer.shape[1] == 2
        assert answer.dtype.kind == "f"
