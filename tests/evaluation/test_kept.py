"""A kept model answers as it did when it was trained, and nothing damaged or foreign is used."""

import json
import os
import shutil
from dataclasses import replace

import numpy as np
import pytest

import toy
from benchmark import registry
from benchmark.core import UserError
from benchmark.data import splits
from benchmark.evaluation.kept import description as form
from benchmark.evaluation.kept.prediction import answering
from benchmark.evaluation.kept.training import Training, train

LEARNS = """
x = np.concatenate([r["x"] for r in train])
y = np.concatenate([r["y"] for r in train])
self.weights = np.linalg.lstsq(x, y, rcond=None)[0]
self.parameters, self.history = self.weights.size, [2.0, 1.0]
"""
ANSWERS = "return (inputs['x'] @ self.weights).reshape(shape)"
OWN = """
    def save(self, folder):
        np.save(folder / "weights.npy", self.weights)

    def load(self, folder):
        self.weights = np.load(folder / "weights.npy")
"""


def keep(folder, text=None, config=toy.CONFIG, name="kept", place=None, **changes):
    """A toy project, and the folder of the model that was trained in it."""
    place = place or toy.project(folder, model=text or toy.entry(LEARNS, ANSWERS))
    entry = registry.entries(place.root).pick("model")
    split = splits.load(place.root / "tasks" / "splits" / "toy.all.json")
    what = Training(
        "toy", registry.task(place.root, "toy"), split, toy.corpus(), "a", entry, "default"
    )
    place.runs.mkdir(exist_ok=True)
    kept = folder / name
    train(place, replace(what, **changes), config, kept, lambda _: None)
    return place, kept


def answer(place, kept, x, config=toy.CONFIG):
    found = form.read(kept)
    entry = registry.entries(place.root).pick("model")
    with answering(place, kept, found, entry, config) as worker:
        return worker.answer("mine", {"x": x})[0]


def expected(x):
    """Least squares on the training part of fold a, as the toy entry fits them."""
    chosen = [toy.recording(s, n) for s in range(toy.SPEAKERS) for n in range(4)]
    x_seen = np.concatenate([r["x"] for r in chosen])
    y_seen = np.concatenate([r["y"] for r in chosen])
    return x @ np.linalg.lstsq(x_seen, y_seen, rcond=None)[0]


@pytest.mark.parametrize("own", ["", OWN])
def test_a_kept_model_answers_for_new_inputs_without_its_training_data(tmp_path, own):
    place, kept = keep(tmp_path, toy.entry(LEARNS, ANSWERS) + own)
    x = np.random.default_rng(1).normal(size=(7, 2)).astype(np.float32)
    np.testing.assert_allclose(answer(place, kept, x), expected(x), rtol=1e-5)
    files = {path.name for path in (kept / "model").iterdir()}
    assert files == ({"weights.npy"} if own else {"arrays.safetensors", "model.pickle"})
    assert not [path for path in place.runs.iterdir() if path.name.startswith(".")]


def test_neither_fit_nor_any_recording_is_there_when_it_answers(tmp_path):
    look = """
    import json, os
    found = []
    for at, folders, names in os.walk("/"):
        folders[:] = [n for n in folders if n not in ("proc", "usr", "lib", "site-packages")]
        found += [os.path.join(at, n) for n in names if n == "index.json" or n.endswith(".npy")]
    (index,) = found
    assert json.load(open(index))["train"] == [], index
    return np.full(shape, self.fits)
    """
    fit = "self.fits = self.__dict__.get('fits', 0) + 1"
    place, kept = keep(tmp_path, toy.entry(fit, look))
    np.testing.assert_array_equal(answer(place, kept, np.zeros((3, 2), np.float32)), 1)


def test_the_description_says_what_was_trained_on_what(tmp_path):
    _, kept = keep(tmp_path, seed=3, fold="b")
    found = form.read(kept)
    assert (found.entry, found.task, found.split, found.fold) == ("model", "toy", "toy.all", "b")
    assert (found.seed, found.parameters, found.history) == (3, 2, [2.0, 1.0])
    assert found.recordings == {"train": 16, "valid": 4}
    assert found.frames == {"x": [2], "y": [1]}
    assert found.environment["numpy"] == np.__version__
    assert found.asked().signals["x"] == toy.SIGNALS["x"]
    assert "input: x, 2 a time step, 10 Hz, 1" in "\n".join(found.in_words())


def truncated(kept):
    path = kept / "model" / "arrays.safetensors"
    path.write_bytes(path.read_bytes()[:-1])


def flipped(kept):
    path = kept / "model" / "arrays.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def edited(kept):
    path = kept / "kept.json"
    path.write_text(path.read_text().replace('"seed": 0', '"seed": 1'))


def linked(kept):
    path = kept / "model" / "model.pickle"
    os.rename(path, kept / "elsewhere")
    path.symlink_to(kept / "elsewhere")


def linked_folder(kept):
    os.rename(kept / "model", kept / "elsewhere")
    (kept / "model").symlink_to(kept / "elsewhere")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return keep(tmp_path_factory.mktemp("whole"))[1]


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (truncated, "arrays.safetensors: damaged: expected"),
        (flipped, "arrays.safetensors: damaged: expected"),
        (edited, "kept.json: damaged or edited"),
        (linked, "model.pickle: expected a plain file"),
        (linked_folder, "model: expected a folder, found"),
        (lambda kept: (kept / "model" / "model.pickle").unlink(), "model.pickle: damaged: .*miss"),
        (lambda kept: (kept / "model" / "more").touch(), "more: is no file of this model"),
        (lambda kept: (kept / "kept.json").write_text("{"), "kept.json: damaged"),
        (lambda kept: (kept / "kept.json").write_text("[1]"), "kept.json: damaged"),
        (lambda kept: (kept / "kept.json").write_bytes(b"\xff\xfe"), "kept.json: expected UTF-8"),
        (lambda kept: (kept / "kept.json").write_text('{"layout": 2}'), "expected layout 1, found"),
        (lambda kept: (kept / "kept.json").write_text('{"layout": 1}'), "kept.json: damaged"),
        (lambda kept: (kept / "kept.json").unlink(), "found a folder without kept.json"),
    ],
)
def test_a_damaged_folder_is_refused_by_the_name_of_the_file(whole, tmp_path, damage, says):
    kept = tmp_path / "kept"
    shutil.copytree(whole, kept)
    form.read(kept)
    damage(kept)
    with pytest.raises(UserError, match=says):
        form.read(kept)


def test_what_is_no_folder_of_a_model_says_so(tmp_path):
    with pytest.raises(
        UserError, match="that `silentbench train --keep` has written, found no such folder"
    ):
        form.read(tmp_path / "nothing")


def test_other_code_of_the_entry_is_refused_and_another_header_is_not(tmp_path):
    place, kept = keep(tmp_path)
    found, path = form.read(kept), place.root / "baselines" / "model.py"
    text = path.read_text()
    path.write_text(text.replace("Toy entry", "Another title"))
    form.check_code(found, registry.entries(place.root).pick("model"))
    path.write_text(text.replace("rcond=None", "rcond=0.0"))
    with pytest.raises(UserError, match=r"model.py: expected the code .* found other code"):
        form.check_code(found, registry.entries(place.root).pick("model"))


def test_libraries_of_another_version_are_named(whole):
    found = form.read(whole)
    assert form.other_versions(found) == []
    other = found.model_copy(update={"environment": {**found.environment, "numpy": "1.0"}})
    (said,) = form.other_versions(other)
    assert said.startswith(f"numpy is {np.__version__} here, and was 1.0")


@pytest.mark.parametrize(
    ("fit", "says"),
    [
        ("raise ValueError('too few')", "could not be trained and kept: ValueError: too few; see"),
        ("self.f = lambda: 0", "cannot be kept by its attributes .*give its class `Model` two"),
        ("time.sleep(60)", "took longer than 2 s"),
    ],
)
def test_a_model_that_fails_to_train_leaves_no_folder(tmp_path, fit, says):
    config = replace(toy.CONFIG, limits=replace(toy.CONFIG.limits, seconds=2.0))
    with pytest.raises(UserError, match=says):
        keep(tmp_path, toy.entry(fit), config)
    assert not (tmp_path / "kept").exists()


def test_links_of_an_entry_lead_nowhere(tmp_path):
    link = '\n    def save(self, folder):\n        (folder / "x").symlink_to("/etc/passwd")\n'
    with pytest.raises(UserError, match="x: expected a plain file, found another kind"):
        keep(tmp_path, toy.entry() + link)
    assert not (tmp_path / "kept").exists()


def test_a_folder_with_files_is_not_written_over(tmp_path):
    place, kept = keep(tmp_path)
    before = (kept / "kept.json").read_bytes()
    with pytest.raises(UserError, match="expected a new folder, found one with files"):
        keep(tmp_path, place=place, seed=1)
    assert (kept / "kept.json").read_bytes() == before
    (tmp_path / "empty").mkdir()
    keep(tmp_path, place=place, name="empty")


EPOCHS = """
import os
asked = int(os.environ.get("SILENTBENCH_EPOCH", "9"))
self.history = [1.0] * min(asked, 5)
self.epoch = len(self.history)
"""


def test_an_epoch_is_asked_for_and_one_beyond_the_end_is_refused(tmp_path):
    text = toy.entry(EPOCHS, "return np.full(shape, self.epoch)")
    place, kept = keep(tmp_path, text, epoch=3)
    assert answer(place, kept, np.zeros((2, 2), np.float32)).tolist() == [[3], [3]]
    assert form.read(kept).epoch == 3
    with pytest.raises(UserError, match=r"--epoch 7: expected model .*, found 5 epochs"):
        keep(tmp_path, place=place, name="late", epoch=7)


def test_an_entry_without_epochs_cannot_be_asked_for_one(tmp_path):
    with pytest.raises(UserError, match="found nothing of epochs in its history"):
        keep(tmp_path, toy.entry("pass"), epoch=1)


@pytest.mark.parametrize(
    ("predict", "says"),
    [
        ("return np.zeros(3)", r"mine: expected shape \(4, 1\)"),
        ("return np.full(shape, np.nan)", "mine: 4 of 4 values are NaN or infinite"),
        ("raise KeyError('z')", "model gave no answer: KeyError: 'z'; see"),
    ],
)
def test_an_answer_is_validated_as_in_a_run(tmp_path, predict, says):
    place, kept = keep(tmp_path, toy.entry(predict=predict))
    with pytest.raises(UserError, match=says):
        answer(place, kept, np.zeros((4, 2), np.float32))


def test_without_a_sandbox_it_works_alike(tmp_path):
    place, kept = keep(tmp_path, config=toy.OPEN)
    x = np.ones((3, 2), np.float32)
    np.testing.assert_allclose(answer(place, kept, x, toy.OPEN), expected(x), rtol=1e-5)
    assert json.loads((kept / "kept.json").read_text())["files"]
