"""SimpleCNN, SimpleTransformer, FFTCNN, GRU and TCN: known outputs, padding, data fractions."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmark.registry import read_entry

ROOT = Path(__file__).resolve().parents[2]
VARIANTS = read_entry(ROOT / "baselines" / "emg_words.py", "baseline").variants
COUNTS = {
    "cnn": 23_018,
    "transformer": 68_170,
    "transformer_positions": 68_170,
    "fft": 14_698,
    "hybrid": 41_130,
    "gru": 23_306,
    "tcn": 23_146,
    "within_session": 20_874,
}


@pytest.fixture(scope="module")
def networks(module):
    return module("_word_networks")


@pytest.fixture(scope="module")
def entry(module):
    return module("emg_words")


def made(networks, name, features=8, out=10):
    torch.manual_seed(3)
    return networks.NETWORKS[name](features, out).eval()


def wave(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


class Same(torch.nn.Module):
    def forward(self, x, mask):  # noqa: ARG002
        return x


def size(network):
    return sum(parameter.numel() for parameter in network.parameters())


@pytest.mark.parametrize(("name", "count"), COUNTS.items(), ids=str)
def test_published_parameters(entry, name, count):
    assert size(entry.published(network=name, fraction=0.5, size="ci")) == count


def test_published_is_the_network_of_each_variant(entry, networks):
    assert set(COUNTS) == set(networks.NETWORKS)
    for settings in VARIANTS.values():
        assert size(entry.published(**settings)) == COUNTS[settings["network"]]
    assert size(entry.published()) == COUNTS[next(iter(VARIANTS.values()))["network"]]


@pytest.mark.parametrize("name", COUNTS)
@pytest.mark.parametrize("length", [4, 5, 29, 100, 103, 257])
def test_any_length_gives_one_row(networks, name, length):
    with torch.no_grad():
        out = made(networks, name)(wave(2, length, 8), torch.ones(2, length))
    assert out.shape == (2, 10)
    assert out.isfinite().all()


@pytest.mark.parametrize("name", COUNTS)
@pytest.mark.parametrize("length", [4, 7, 30, 33])
def test_padding_changes_nothing(networks, name, length):
    """Beyond the mask there is noise, which must not change the output."""
    network, x = made(networks, name), wave(2, 150, 8)
    mask = torch.ones(2, 150)
    mask[1, length:] = 0
    with torch.no_grad():
        together = network(x, mask)[1]
        alone = network(x[1:, :length], mask[1:, :length])[0]
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-4)


def printed(network, x):
    """Two convolutions with pooling, all frames side by side, one linear layer; x (batch, 8, T)."""
    for layer in network.stack.layers:
        x = torch.nn.functional.conv1d(x, layer.weight, layer.bias, padding=1)
        x = torch.nn.functional.max_pool1d(x.clamp(min=0), 2)
    return x.flatten(1)


@pytest.mark.parametrize("length", [100, 101, 102, 103])
def test_simple_cnn_is_the_published_one_where_that_fits(networks, length):
    network, x = made(networks, "cnn"), wave(3, length, 8)
    with torch.no_grad():
        flat = printed(network, x.transpose(1, 2)).unflatten(1, (64, 25)).transpose(1, 2).flatten(1)
        expected = network.choose(flat)
        torch.testing.assert_close(network(x, torch.ones(3, length)), expected)


@pytest.mark.parametrize(("length", "flat"), [(96, 1536), (99, 1536), (104, 1664)])
def test_the_published_cnn_fits_no_other_length(networks, length, flat):
    network = made(networks, "cnn")
    assert printed(network, wave(1, 8, length)).shape == (1, flat)
    assert network.choose[1].in_features == 1600


def test_the_published_two_sided_spectrum_does_not_fit_its_layer(networks):
    network, x = made(networks, "fft"), wave(2, 8, 100)
    layer = network.choose[1]
    assert layer.in_features == 768
    with torch.no_grad():
        two_sided = printed(network, torch.fft.fft(x).abs())
        assert two_sided.shape == (2, 1600)
        with pytest.raises(RuntimeError, match="cannot be multiplied"):
            layer(two_sided)
        one_sided = printed(network, torch.fft.rfft(x).abs())
        assert one_sided.shape == (2, 768)
        said = network(x.transpose(1, 2), torch.ones(2, 100))
        torch.testing.assert_close(said, layer(one_sided))


@pytest.mark.parametrize("length", [40, 100, 101, 250])
def test_the_spectrum_is_that_of_the_whole_recording(networks, length):
    x = wave(1, length, 2).double()
    frequency = torch.arange(51) / 100
    angle = 2 * torch.pi * torch.outer(frequency, torch.arange(length)).double()
    expected = torch.complex(angle.cos() @ x[0], -(angle.sin() @ x[0])).abs()
    found = made(networks, "fft").spectrum(x, torch.ones(1, length))[0]
    torch.testing.assert_close(found, expected.float(), atol=1e-3, rtol=1e-4)


def test_the_transformer_knows_order_only_from_positions(networks):
    x, mask = wave(2, 50, 8), torch.ones(2, 50)
    shuffled = x[:, torch.randperm(50, generator=torch.Generator().manual_seed(1))]
    with torch.no_grad():
        plain, placed = (made(networks, n) for n in ("transformer", "transformer_positions"))
        torch.testing.assert_close(plain(x, mask), plain(shuffled, mask), atol=1e-6, rtol=1e-5)
        assert (placed(x, mask) - placed(shuffled, mask)).abs().max() > 1e-3
    assert plain.state_dict().keys() == placed.state_dict().keys()


def test_sinusoids(networks):
    table = networks.sinusoids(5, 8)
    assert table.shape == (5, 8)
    assert table[3, 0].item() == pytest.approx(np.sin(3))
    assert table[3, 1].item() == pytest.approx(np.cos(3))
    assert table[2, 7].item() == pytest.approx(np.cos(2 / 10000**0.75))


def test_the_tcn_is_causal_and_sees_61_frames(networks):
    network = made(networks, "tcn", features=2)
    x = wave(1, 2, 100).requires_grad_()
    (gradient,) = torch.autograd.grad(network.blocks(x)[0, :, 80].sum(), x)
    seen = gradient[0].abs().sum(0).nonzero().flatten()
    assert (seen.min().item(), seen.max().item()) == (20, 80)


def test_a_block_of_the_tcn_carries_its_input(networks):
    block, x = networks.CausalBlock(4, 4, 2), wave(1, 4, 9).abs()
    for parameter in block.parameters():
        parameter.data.zero_()
    torch.testing.assert_close(block(x), x)


@pytest.mark.parametrize("length", [1, 3, 6, 10])
def test_parts_are_those_of_adaptive_pooling(networks, length):
    x, mask = wave(2, 10, 3), torch.ones(2, 10)
    mask[1, length:] = 0
    found = networks.parts_of(mask, 4) @ x
    expected = torch.nn.functional.adaptive_avg_pool1d(x[1:, :length].transpose(1, 2), 4)
    torch.testing.assert_close(found[1], expected[0].T)


def test_the_maximum_is_that_of_real_frames(networks):
    network = made(networks, "within_session")
    network.time, network.choose = Same(), torch.nn.Identity()
    x = -torch.rand(1, 6, 3)
    mask = torch.tensor([[1.0, 1.0, 1.0, 1.0, 0.0, 0.0]])
    expected = torch.cat([x[0, :4].mean(0), x[0, :4].amax(0)])
    torch.testing.assert_close(network(x, mask)[0], expected)


def test_noise_is_for_training_and_for_real_frames(networks):
    network = networks.Disturbed(Same(), noise=0.5)
    x, mask = torch.zeros(4, 500, 3), torch.ones(4, 500)
    mask[:, 400:] = 0
    noisy = network(x, mask)
    assert noisy[:, :400].std().item() == pytest.approx(0.5, rel=0.05)
    assert (noisy[:, 400:] == 0).all()
    assert torch.equal(network.eval()(x, mask), x)


def test_labels_are_smoothed(entry):
    rows = torch.tensor([[[0.0, 1.0]]])
    sure = entry.cross_entropy(torch.tensor([[-20.0, 20.0]]), rows, None).item()
    assert sure == pytest.approx(40 * 0.1 / 2, rel=1e-4)


class Word:
    """A recording that only has a class."""

    def __init__(self, word, session):
        self.word, self.session = word, session

    def __getitem__(self, signal):
        return np.array({"word": self.word}[signal])


def test_a_fraction_has_all_classes_and_many_sessions(entry):
    words = [Word(word, f"s{s}") for s in range(10) for word in range(5) for _ in range(4)]
    chosen = entry.share(words, 0.1, seed=1)
    assert len(chosen) == len(set(map(id, chosen))) == 20
    assert set(Counter(w.word for w in chosen).values()) == {4}
    for word in range(5):
        assert len({w.session for w in chosen if w.word == word}) == 4
    sets = [{w.session for w in chosen if w.word == word} for word in range(5)]
    assert len(set().union(*sets)) > 6  # each class draws its own
    assert len(entry.share(words, 0.5, seed=1)) == 100


def test_a_fraction_depends_on_the_seed(entry):
    words = [Word(word, f"s{s}") for s in range(4) for word in range(3) for _ in range(5)]
    one, same, other = ({id(w) for w in entry.share(words, 0.25, seed)} for seed in (1, 1, 2))
    assert one == same != other


def test_every_class_keeps_a_recording(entry):
    words = [Word(0, "a")] * 40 + [Word(1, "b")]
    assert {w.word for w in entry.share(words, 0.1, seed=1)} == {0, 1}


def test_few_recordings_are_repeated_more_often(entry):
    recipe = entry.RECIPES["ci"]
    assert entry.stretched(recipe, 1000) == recipe
    some = entry.stretched(recipe, 200)
    assert some.epochs * 200 == pytest.approx(entry.STEPS * recipe.batch, rel=0.02)
    assert some.patience / recipe.patience == pytest.approx(some.epochs / recipe.epochs, rel=0.02)
    assert entry.stretched(recipe, 8).epochs == 5 * recipe.epochs


@pytest.fixture
def short(entry, monkeypatch):
    """Two epochs are enough to see that a variant runs."""
    monkeypatch.setattr(entry, "stretched", lambda recipe, count: replace(recipe, epochs=2))  # noqa: ARG005


def model(entry, told, recordings, **settings):
    torch.manual_seed(1)
    made = entry.Model(told, 1, **settings)
    made.fit(recordings[:8], recordings[8:10])
    return made


@pytest.mark.parametrize("settings", VARIANTS.values(), ids=list(VARIANTS))
@pytest.mark.usefixtures("short")
def test_every_variant_fits_and_predicts(entry, asked, recordings, settings):
    told = asked("emg_word_classification")
    fitted = model(entry, told, recordings, **settings)
    for recording in recordings[10:]:
        answer = fitted.predict({"emg": recording["emg"]}, ())
        assert answer.shape == ()
        assert answer.dtype == np.int64
        assert 0 <= answer < 3
    assert fitted.parameters == size(fitted.network) > 1000
    assert fitted.flops > 0
    assert len(fitted.history) == 2
    printed = settings.get("faithful", False) or settings.get("size") == "paper"
    raw = settings.get("raw", False) or printed
    assert isinstance(fitted.view, entry.Samples) == raw
    assert hasattr(fitted.network, "noise") != raw
    network = fitted.network if raw else fitted.network.network
    assert network.choose[0].p == (0.0 if printed else entry.DROPOUT)


@pytest.mark.usefixtures("short")
def test_a_model_draws_its_fraction_from_training_data_by_seed(
    entry, asked, recordings, monkeypatch
):
    drawn = []

    def half(given, fraction, seed):
        drawn.append((given, fraction, seed))
        return given[:4]

    monkeypatch.setattr(entry, "share", half)
    entry.Model(asked("emg_word_classification"), 17, fraction=0.5).fit(
        recordings[:8], recordings[8:10]
    )
    assert drawn == [(recordings[:8], 0.5, 17)]


@pytest.mark.usefixtures("short")
def test_short_recordings_and_low_rates(entry, asked, recordings):
    told = asked("emg_word_classification", emg={"rate": 250.0, "frame": (2,)})

    def slow(recording):
        return {"emg": recording["emg"][::4, :2], "word": recording["word"]}

    for settings in ({}, {"raw": True}, {"network": "within_session"}):
        fitted = model(entry, told, [slow(r) for r in recordings], **settings)
        for length in (1, 3, 26, 400):
            emg = np.arange(2.0 * length, dtype=np.float32).reshape(length, 2)
            assert 0 <= fitted.predict({"emg": emg}, ()) < 3


def test_gain_matters_only_within_a_session(entry, asked, recordings):
    told = asked("emg_word_classification")
    emg = 10 * recordings[0]["emg"]  # far above what keeps logarithms finite
    for name, same in (("cnn", True), ("within_session", False)):
        view = entry.Model(told, 1, network=name).view
        one, other = (view.features({"emg": emg * gain}, 1) for gain in (1.0, 100.0))
        assert np.allclose(one, other, atol=2e-3) == same


def test_slow_waves_are_used_at_low_rates_only(entry, asked):
    emg = np.random.default_rng(0).standard_normal((250, 2)).astype(np.float32)
    for rate, columns in ((1000.0, 5 * 2), (250.0, (2 + 1 + 1) * 2)):
        told = asked("emg_word_classification", emg={"rate": rate, "frame": (2,)})
        view = entry.Model(told, 1).view
        assert view.features({"emg": emg}, 1).shape == (round(250 / rate * 50), columns)


@pytest.mark.parametrize("unit", [1e-6, 1e6])
def test_raw_samples_are_centred_and_scaled_in_any_unit(entry, asked, recordings, unit):
    emg = [r["emg"] * [1.0, 2.0, 4.0] + [5.0, 0.0, 0.0] for r in recordings]
    view = entry.Model(asked("emg_word_classification"), 1, raw=True).view
    view.fit([{"emg": (unit * x).astype(np.float32)} for x in emg])
    found = view.features({"emg": (unit * emg[0]).astype(np.float32)}, 1)
    centred = [x - x.mean(axis=0) for x in emg]
    expected = centred[0] / np.concatenate(centred).std(axis=0)
    np.testing.assert_allclose(found, expected, atol=1e-2)


@pytest.fixture(scope="module")
def bursts():
    """Each class has its time of loud EMG, whatever the gain and the length."""

    def made(number):
        rng = np.random.default_rng(number)
        word, length = number % 3, 600 + 20 * (number % 7)
        envelope = np.full(length, 0.2)
        envelope[(1 + 2 * word) * length // 7 :][: length // 7] = 1.0
        emg = rng.standard_normal((length, 3)) * envelope[:, None] * 20 * 3 ** rng.normal()
        return {"emg": emg.astype(np.float32), "word": np.array(word)}

    return [made(number) for number in range(50)]


def test_the_default_learns_across_gains_and_repeats(entry, asked, bursts):
    told = asked("emg_word_classification")

    def fitted():
        torch.manual_seed(1)
        found = entry.Model(told, 1)
        found.fit(bursts[:24], bursts[24:32])
        return found

    one, other = fitted(), fitted()
    assert one.history == other.history
    right = [int(one.predict({"emg": r["emg"]}, ())) == r["word"] for r in bursts[32:]]
    assert np.mean(right) > 0.9


def test_it_fits_without_valid_recordings(entry, asked, bursts, monkeypatch):
    monkeypatch.setattr(entry, "STEPS", 1)
    found = entry.Model(asked("emg_word_classification"), 1)
    found.fit(bursts[:9], [])
    assert 0 <= found.predict({"emg": bursts[9]["emg"]}, ()) < 3


@pytest.mark.parametrize("raw", [False, True])
def test_seconds_are_those_in_the_middle(entry, asked, raw):
    told = asked("emg_word_classification")
    emg = np.random.default_rng(0).standard_normal((901, 3)).astype(np.float32)
    for seconds, part in ((0.25, slice(325, 575)), (2.0, slice(None)), (1e-9, slice(450, 451))):
        whole, cut = (entry.Model(told, 1, seconds=s, raw=raw).view for s in (None, seconds))
        for view, seen in ((whole, emg[part]), (cut, emg)):
            if raw:
                view.fit([{"emg": seen}])
        np.testing.assert_array_equal(
            cut.features({"emg": emg}, 1), whole.features({"emg": emg[part]}, 1)
        )


@pytest.mark.parametrize(("length", "expected"), [(30, [30]), (100, [100]), (350, [100] * 3)])
def test_pieces_have_100_samples_and_what_is_shorter_stays_whole(entry, length, expected):
    x = np.arange(2.0 * length).reshape(length, 2)
    made = entry.pieces(x)
    assert [len(piece) for piece in made] == expected
    np.testing.assert_array_equal(np.concatenate(made), x[: sum(expected)])


@pytest.mark.usefixtures("short")
def test_faithful_learns_and_answers_by_windows(entry, asked, recordings, monkeypatch):
    seen = []

    def learnt(_network, examples, *_):
        seen.extend((len(e.x), e.y.shape) for e in examples)
        raise KeyboardInterrupt

    told = asked("emg_word_classification")
    made = entry.Model(told, 1, faithful=True)
    with monkeypatch.context() as patch:
        patch.setattr("_network.train", learnt)
        with pytest.raises(KeyboardInterrupt):
            made.fit(recordings[:8], recordings[8:10])
    assert set(seen) == {(100, (1, 3))}
    assert len(seen) == sum(len(r["emg"]) // 100 for r in recordings[:8])

    def said(_network, piece):
        """For the second class, but in the first window, which is sure of the third."""
        return np.array([0.0, 1.0, 0.0]) if piece[0, 0] else np.array([0.0, 0.0, 9.0])

    monkeypatch.setattr(entry, "answer", said)
    monkeypatch.setattr(made.view, "features", lambda *_: np.arange(900.0).reshape(300, 3))
    made.standard = lambda x: x
    assert made.predict({}, ()) == 2
    assert entry.Model(told, 1).budget.chunk is None


@pytest.mark.parametrize("network", ["transformer", "transformer_positions", "hybrid", "cnn"])
def test_attention_to_samples_learns_from_a_part_of_them(entry, asked, network):
    told = asked("emg_word_classification")
    chunk = entry.CHUNK if "transformer" in network else None
    assert entry.Model(told, 1, network=network, raw=True).budget.chunk == chunk
    for settings in ({}, {"size": "paper"}, {"faithful": True}):
        assert entry.Model(told, 1, network=network, **settings).budget.chunk is None
