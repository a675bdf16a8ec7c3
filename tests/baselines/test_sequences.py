"""Networks that differ in their layers alone: what they see, learn by, and answer."""

import numpy as np
import pytest
import torch
from spelled import ASKED, spoken

from benchmark.core import Asked, Signal

KINDS = ("recurrent", "attention", "ensemble")


@pytest.fixture(scope="module")
def sequences(module):
    return module("_sequences")


@pytest.mark.parametrize(
    ("name", "rate"),
    [("text_conv", 1e-2), ("text_linear", 1e-2), ("recurrent", 1e-2), ("attention", 2e-3)],
)
def test_each_kind_learns_to_spell(name, rate, module):
    entry = module(name)
    torch.manual_seed(0)
    model = entry.Model(ASKED, 1)
    model.recipe = module("_training").Recipe(epochs=40, batch=4, rate=rate, patience=40)
    model.fit([spoken(n) for n in range(20)], [spoken(n) for n in range(20, 25)])
    assert len(model.history) == 40
    for number in range(30, 35):
        recording = spoken(number)
        answer = model.predict({"emg": recording["emg"]}, (-1,))
        assert answer.dtype == np.uint32
        assert "".join(map(chr, answer)) == recording.text


def pulled(number):
    """One of two muscles pulls in the middle of a second, which is the word."""
    rng, word = np.random.default_rng(number), number % 2
    pull = np.full((1000, 2), 2.0)
    pull[300:600, word] = 40
    emg = (rng.standard_normal(pull.shape) * pull).astype(np.float32)
    return {"emg": emg, "word": np.array(word)}


@pytest.mark.parametrize("name", KINDS)
def test_each_kind_learns_words(name, module):
    signals = {
        "emg": ASKED.signals["emg"],
        "word": Signal("class", "int64", labels=("left", "right")),
    }
    torch.manual_seed(0)
    model = module(name).Model(Asked("emg_word_classification", ("emg",), "word", signals), 1)
    model.recipe = module("_training").Recipe(epochs=20, batch=4, rate=2e-3, patience=20)
    model.fit([pulled(n) for n in range(20)], [pulled(n) for n in range(20, 24)])
    answers = [int(model.predict({"emg": pulled(n)["emg"]}, ())) for n in range(30, 40)]
    assert answers == [0, 1] * 5


def test_members_of_an_ensemble_learn_apart_and_answer_together(module):
    ensemble, training = module("ensemble"), module("_training")
    torch.manual_seed(0)
    members = [torch.nn.Linear(3, 2, bias=False) for _ in range(2)]

    class Member(torch.nn.Module):
        def __init__(self, layer):
            super().__init__()
            self.layer = layer

        def forward(self, x, _mask):
            return self.layer(x)

    together = ensemble.Ensemble([Member(layer) for layer in members])
    x, y, mask = torch.randn(4, 5, 3), torch.randn(4, 5, 2), torch.ones(4, 5)
    loss = ensemble.apart(training.squared)
    loss(together.train()(x, mask), y, mask).backward()
    for layer in members:
        alone = torch.nn.Linear(3, 2, bias=False)
        alone.load_state_dict(layer.state_dict())
        training.squared(alone(x), y, mask).backward()
        assert torch.allclose(layer.weight.grad, alone.weight.grad / 2)  # the mean of two losses
    said = together.eval()(x, mask)
    assert torch.allclose(said, (members[0](x) + members[1](x)) / 2)
    assert torch.allclose(loss(said, y, mask), training.squared(said, y, mask))


def test_a_short_silent_recording_gets_a_text(module):
    model = module("text_linear").Model(ASKED, 1)
    model.recipe = module("_training").Recipe(epochs=1, schedule="constant")
    model.fit([spoken(n) for n in range(5)], [])
    assert model.predict({"emg": np.zeros((3, 2), np.float32)}, (-1,)).ndim == 1


def test_a_linear_text_system_is_linear_and_sees_a_fifth_of_a_second(module):
    network = module("text_linear").LinearContext(2, 3).eval()
    x, mask = torch.zeros(1, 40, 2), torch.ones(1, 40)
    rest = network(x, mask)
    x[0, 20] = 1.0
    once, twice = network(x, mask) - rest, network(2 * x, mask) - rest
    torch.testing.assert_close(twice, 2 * once)
    seen = once.abs().sum(-1)[0].nonzero().flatten()
    assert (int(seen.min()), int(seen.max())) == (10, 30)  # frames of 20 ms


def test_the_error_of_words_is_that_of_the_mean_score_of_real_frames(sequences):
    torch.manual_seed(0)
    scores, mask = torch.randn(2, 5, 3), torch.ones(2, 5)
    mask[1, 3:] = 0
    rows = torch.eye(3)[[2, 0]][:, None]
    means = torch.stack([scores[0].mean(0), scores[1, :3].mean(0)])
    expected = torch.nn.functional.cross_entropy(means, torch.tensor([2, 0]), label_smoothing=0.1)
    torch.testing.assert_close(sequences.word_error(scores, rows, mask), expected)


def test_the_error_of_speech_is_that_of_the_heard_magnitude(sequences):
    """A gain of one half on a magnitude of 2 is heard as 1; what pads the batch does not count."""
    power = sequences.LOUDNESS
    rows = torch.tensor([[[2**power, 1.0], [2**power, 1.0], [9.0, 0.0]]])
    scores, mask = torch.tensor([[[0.0], [30.0], [5.0]]]), torch.tensor([[1.0, 1.0, 0.0]])
    expected = torch.tensor((0.0 + (2**power - 1) ** 2) / 2)
    torch.testing.assert_close(sequences.loudness_error(scores, rows, mask), expected)


def test_an_open_gain_gives_the_noisy_speech_back(sequences, asked, recordings):
    view = sequences.SpeechFrames(asked("emg_speech_enhancement"))
    noisy = recordings[0]["noisy"]
    open_ = np.full((view.count(noisy.shape), 257), 50.0, np.float32)
    np.testing.assert_allclose(view.answer(open_, recordings[0], noisy.shape), noisy, atol=1e-5)


def test_noise_is_added_in_training_alone_and_never_to_padding(sequences):
    class Same(torch.nn.Module):
        def forward(self, x, _mask):
            return x

    torch.manual_seed(0)
    network, mask = sequences.Augmented(Same(), 0.5), torch.ones(2, 300)
    mask[1, 200:] = 0
    x = torch.zeros(2, 300, 4)
    added = network(x, mask)
    assert not added[1, 200:].any()
    assert float(added[0].std(0).mean()) == pytest.approx(0.5, rel=0.1)  # of each frame
    assert not torch.equal(network.eval()(x, mask), added)
    assert torch.equal(network(x, mask), x)


@pytest.mark.parametrize("task", ["lip_to_ultrasound", "emg_word_classification", "emg_to_mel"])
def test_kinds_see_the_same_features_of_one_size(task, module, asked, recordings):
    seen = []
    for name in KINDS:
        view = module(name).Model(asked(task), 1).view
        view.fit(recordings[:2])
        seen.append(view.features(recordings[0], len(view.rows(recordings[0]))))
    np.testing.assert_array_equal(*seen)
    assert seen[0].ndim == 2


@pytest.mark.parametrize("name", KINDS)
def test_the_width_is_a_setting(name, module, asked, recordings):
    sizes = []
    for width in (32, 64):
        model = module(name).Model(asked("emg_to_articulation"), 1, width=width)
        model.recipe = module("_training").Recipe(epochs=1, schedule="constant")
        model.fit(recordings[:2], [])
        sizes.append(model.parameters)
    assert sizes[1] > 2 * sizes[0]
