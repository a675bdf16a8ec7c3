"""Spectrograms from movement: near the true ones, of talkers it never saw, and who trains it."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmark.core import UserError
from benchmark.corpora import embedded
from benchmark.corpora.simulated import reader
from benchmark.spectra import articulatory, convolutions

ROOT = Path(__file__).resolve().parents[2]
TAKES = ROOT / "tests" / "corpora" / "simulated" / "takes"


@pytest.fixture
def tool(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    import train_articulatory

    yield train_articulatory
    for name in ("train_articulatory", "train_recogniser"):
        sys.modules.pop(name, None)


def test_true_movement_gives_nearly_the_true_spectrogram():
    for id in ("u02-s003", "u07-s005"):
        target = reader.read(embedded.FOLDER, id, "mel")
        made = articulatory.spectrogram(reader.read(embedded.FOLDER, id, "articulation"))
        count = min(len(made), len(target))
        assert len(target) - count <= 1
        assert made.dtype == np.float32
        error = np.square(made[:count] - target[:count]).mean()
        assert error < 0.35 * target.var(axis=0).mean()


def test_frames_are_where_they_were():
    """A step at one second of movement is a step at one second of its spectrogram."""
    moved = np.zeros((100, 14))
    moved[50:] = 1
    made = articulatory.inputs(moved, np.zeros(14), np.ones(14))
    assert len(made) == 172
    assert np.argmax(made[:, 0] >= 1) == pytest.approx(86.13, abs=1)
    assert articulatory.inputs(1e6 * moved, np.zeros(14), np.ones(14)).max() == articulatory.LIMIT


def test_training_learns_and_gives_the_same_network_in_numpy(tool):
    rng = np.random.default_rng(0)
    moves = rng.normal(0, 1, (200, 14)).cumsum(axis=0)
    inputs = articulatory.inputs(moves, moves.mean(axis=0), moves.std(axis=0))
    target = np.float32(inputs @ rng.normal(0, 1, (14, 80)))
    found = tool.train([(moves, target)], steps=30)
    made = convolutions.applied(found.layers, articulatory.DILATIONS, inputs)
    assert np.square(made - target).mean() < 0.7 * target.var()
    torch.manual_seed(0)
    network = tool.network()
    network(torch.randn(2, 14, 60))
    x = torch.randn(1, 14, 60)
    expected = network.eval()(x)[0].T.detach().numpy()
    layers = tool.plain(network)
    found = convolutions.applied(layers, articulatory.DILATIONS, x[0].T.numpy())
    assert np.allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda n: {"mean": n.mean[:-1]}, "mean: expected 14 finite numbers"),
        (lambda n: {"deviation": n.deviation * np.nan}, "deviation: expected 14 finite numbers"),
        (lambda n: {"deviation": n.deviation * 0}, "deviation: expected numbers above 0"),
        (lambda _: {"mean": np.array(["rest"] * 14)}, "expected a network by tools"),
        (lambda n: {"layers": (n.layers[0], *n.layers[2:], n.layers[3])}, "layer 3: expected"),
        (lambda n: {"layers": (*n.layers[:3], n.layers[2])}, "expected 80 outputs, found 160"),
    ],
)
def test_a_network_that_does_not_fit_is_refused(tmp_path, change, says):
    path, network = tmp_path / "it.npz", articulatory.read(articulatory.FILE)
    articulatory.write(path, replace(network, **change(network)))
    with pytest.raises(UserError, match=rf"it\.npz: {says}.*train it again"):
        articulatory.read(path)


def test_a_damaged_network_is_named(tmp_path):
    path, whole = tmp_path / "it.npz", articulatory.FILE.read_bytes()
    for content in (b"", b"PK", whole[:999], whole[: len(whole) // 2]):
        path.write_bytes(content)
        with pytest.raises(UserError, match=r"it\.npz: expected a network by tools"):
            articulatory.read(path)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--steps", "0", "--out", "it.npz"), "--steps: expected 10 or more, found 0"),
        (("--out", "none/it.npz"), "--out: expected a file"),
    ],
)
def test_wrong_arguments_are_told_before_training(
    tool, monkeypatch, tmp_path, capsys, arguments, says
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["it", str(TAKES), *arguments])
    monkeypatch.setattr(tool, "train", lambda *_: pytest.fail("it trains"))
    with pytest.raises(SystemExit) as stopped:
        tool.main()
    assert says in f"{stopped.value}{capsys.readouterr().err}"
