"""The training loop: it learns, keeps the best state, stops early, and ignores padding."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")


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
    history = training.train(network, train, valid, training.squared, training.Recipe(**values), 1)
    return network, history


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


def test_without_valid_the_training_examples_choose(training):
    made = examples(training)
    network, history = fit(training, made, [], epochs=5)
    assert training.evaluate(network, made, training.squared, 4) == pytest.approx(min(history))


def test_the_network_rests_when_it_is_trained(training):
    network, _ = fit(training, examples(training), [], epochs=1)
    assert not network.training


def test_the_error_ignores_padding(training):
    output, target = torch.ones(2, 5, 3), torch.zeros(2, 5, 3)
    mask = torch.tensor([[1.0, 1, 1, 1, 1], [1, 1, 0, 0, 0]])
    output[1, 2:] = 99
    assert float(training.squared(output, target, mask)) == pytest.approx(1.0)


@pytest.mark.parametrize("name", ["TimeConvolution", "Recurrent"])
def test_layers_answer_alike_whatever_pads_the_batch(module, name):
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


def test_size_counts_what_is_learnt(training):
    assert training.size(Line()) == 8
