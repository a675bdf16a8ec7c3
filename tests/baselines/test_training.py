"""The training loop: it learns, keeps the best state, stops early, and ignores padding."""

import numpy as np
import pytest
import torch


@pytest.fixture(scope="module")
def training(module):
    return module("_training")


class Line(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.map = torch.nn.Linear(3, 2)

    def forward(self, x, mask):
        return self.map(x) * mask[..., None]


def examples(training, count=12, sign=1.0):
    rng = np.random.default_rng(0)
    weights = np.array([[1.0, -2.0], [0.5, 0.0], [-1.0, 1.0]])
    out = []
    for number in range(count):
        x = rng.standard_normal((20 + number, 3)).astype(np.float32)
        out.append(training.Example(x, (sign * x @ weights).astype(np.float32)))
    return out


def fit(training, train, valid, **recipe):
    torch.manual_seed(0)
    network = Line()
    values = {"epochs": 60, "batch": 4, "rate": 5e-2, "decay": 0.0, **recipe}
    made = training.Recipe(**values)
    return network, training.train(network, train, valid, training.squared, made, 1).history


def test_it_learns_a_linear_map(training):
    made = examples(training)
    network, history = fit(training, made[:9], made[9:])
    assert min(history) < 1e-3 * history[0]
    answer = training.answer(network, made[9].x)
    np.testing.assert_allclose(answer, made[9].y, atol=0.1)


@pytest.mark.parametrize("chunk", [None, 8])
def test_it_is_deterministic(training, chunk):
    made = examples(training)
    one, other = (fit(training, made[:9], made[9:], epochs=3, chunk=chunk)[1] for _ in range(2))
    assert one == other


def test_the_best_state_is_kept_and_training_stops(training):
    train, valid = examples(training), examples(training, 3, sign=-1.0)
    network, history = fit(training, train, valid, patience=4)
    best = int(np.argmin(history))
    assert history[-1] > history[best]  # it gets worse on valid as it learns the opposite
    assert len(history) == best + 5
    kept = training.evaluate(network, valid, training.squared, 4)
    assert kept == pytest.approx(history[best])


def test_after_an_epoch_that_is_asked_for_it_ends_in_the_state_of_that_epoch(training, monkeypatch):
    train, valid = examples(training), examples(training, 3, sign=-1.0)
    _, whole = fit(training, train, valid, patience=4)
    best = int(np.argmin(whole))
    monkeypatch.setenv("SILENTBENCH_EPOCH", str(best + 3))
    network, history = fit(training, train, valid, patience=4)
    assert history == whole[: best + 3]
    kept = training.evaluate(network, valid, training.squared, 4)
    assert kept == pytest.approx(whole[best + 2])
    assert kept > whole[best]


def test_without_valid_recordings_training_loss_selects_the_state(training):
    made = examples(training)
    network, history = fit(training, made, [], epochs=5)
    assert training.evaluate(network, made, training.squared, 4) == pytest.approx(min(history))


def test_the_trained_network_is_in_evaluation_mode(training):
    network, _ = fit(training, examples(training), [], epochs=1)
    assert not network.training


def test_the_error_ignores_padding(training):
    output, target = torch.ones(2, 5, 3), torch.zeros(2, 5, 3)
    mask = torch.tensor([[1.0, 1, 1, 1, 1], [1, 1, 0, 0, 0]])
    output[1, 2:] = 99
    assert float(training.squared(output, target, mask)) == pytest.approx(1.0)


@pytest.mark.parametrize("name", ["TimeConvolution", "Recurrent"])
def test_layers_ignore_padding(module, name):
    torch.manual_seed(0)
    network = getattr(module("_layers"), name)(4, 2).eval()
    x = torch.randn(2, 30, 4)
    mask = torch.ones(2, 30)
    mask[1, 12:] = 0
    with torch.no_grad():
        together = network(x, mask)[1, :12]
        alone = network(x[1:, :12], mask[1:, :12])[0]
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-4)


def test_pooling_ignores_padding(module):
    x = torch.tensor([[[1.0], [3.0], [5.0], [7.0], [99.0]]])
    mask = torch.tensor([[1.0, 1.0, 1.0, 1.0, 0.0]])
    assert module("_layers").pooled_in_parts(x, mask, 2).tolist() == [[2.0, 6.0]]


def test_size_counts_trainable_parameters(training):
    line = Line()
    assert training.size(line) == 8
    line.map.bias.requires_grad_(False)
    assert training.size(line) == 6


def test_a_chunk_has_the_rows_of_its_frames_or_the_one_of_the_recording(training):
    x, random = np.arange(40.0)[:, None], np.random.default_rng(0)
    frames, whole = training.Example(x, -x), training.Example(x, x[:1])
    for _ in range(5):
        cut, rows = training._cut(frames, 8, random)
        np.testing.assert_array_equal(rows, -cut)
        assert len(cut) == 8
        cut, rows = training._cut(whole, 8, random)
        np.testing.assert_array_equal(rows, x[:1])
        assert len(cut) == 8


@pytest.fixture
def checkpoints(training, tmp_path, monkeypatch):
    monkeypatch.setenv("SILENTBENCH_CHECKPOINTS", str(tmp_path))
    monkeypatch.setattr(training, "SAVE_SECONDS", 0.0)
    return tmp_path


class Noisy(Line):
    """Draws from torch as dropout does."""

    def forward(self, x, mask):
        return super().forward(x + 0.1 * torch.randn_like(x) * self.training, mask)


@pytest.mark.parametrize("schedule", ["cycle", "plateau", "constant"])
def test_an_interrupted_training_resumes_with_the_same_outcome(
    training, checkpoints, monkeypatch, schedule
):
    made = examples(training)
    recipe = training.Recipe(epochs=9, batch=4, rate=5e-2, schedule=schedule, warm_up=4, halve=1)

    def go(network, name):
        torch.manual_seed(0)
        return training.train(network, made[:9], made[9:], training.squared, recipe, 1, name)

    whole, cut = Noisy(), Noisy()
    cut.load_state_dict(whole.state_dict())
    expected = go(whole, "whole")
    step, left = training._Run.step, [14]

    def killed(self, *given):
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        step(self, *given)

    with monkeypatch.context() as patch:
        patch.setattr(training._Run, "step", killed)
        with pytest.raises(KeyboardInterrupt):
            go(cut, "cut")
    torch.manual_seed(99)
    again = Noisy()
    found = training.train(again, made[:9], made[9:], training.squared, recipe, 7, "cut")
    assert found.history == expected.history
    assert found.flops == expected.flops
    torch.testing.assert_close(again.state_dict(), whole.state_dict(), rtol=0, atol=0)
    assert sorted(path.name for path in checkpoints.iterdir()) == ["cut.pt", "whole.pt"]


@pytest.mark.usefixtures("checkpoints")
def test_a_finished_training_is_not_repeated(training, monkeypatch):
    made = examples(training)
    first = fit(training, made[:9], made[9:], epochs=3)[1]
    monkeypatch.setattr(training._Run, "step", None)
    assert fit(training, made[:9], made[9:], epochs=3)[1] == first


def test_operations_are_counted_forward_and_backward(training):
    made = examples(training)[:4]
    recipe = training.Recipe(epochs=2, batch=4)
    course = training.train(Line(), made, [], training.squared, recipe, 1)
    # Padded to 23 frames; 2 operations a weight forward, and again for the weights backward.
    assert course.flops == 2 * (4 * 23) * (3 * 2) * (2 + 2)


def test_the_step_is_halved_on_a_plateau_and_rises_first(training):
    recipe = training.Recipe(epochs=9, rate=1.0, schedule="plateau", warm_up=4, halve=1)
    run = training._Run(Line(), recipe, 3, 0)
    rates = []
    for _ in range(5):
        rates.append(run.optimiser.param_groups[0]["lr"])
        run.optimiser.step()
        run.by_batch[0].step()
    assert rates == pytest.approx([0.25, 0.4375, 0.625, 0.8125, 1.0])
    for error in (3.0, 2.0, 2.0, 2.0):
        run.close_epoch(error)
    assert run.optimiser.param_groups[0]["lr"] == pytest.approx(0.5)
