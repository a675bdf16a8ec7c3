"""EMGSE: features and spectra of known signals, parameter count, padding."""

import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import signal

from benchmark.corpora.simulated.sensors.emg import SIGNALS

ROOT = Path(__file__).resolve().parents[2]
TASK = "emg_speech_enhancement"
HEADER = (ROOT / "baselines" / "emgse.py").read_text().split("# ///")[1]
VARIANTS = tomllib.loads("\n".join(line[2:] for line in HEADER.splitlines()[1:]))["tool"][
    "silentbench"
]["variants"]
SITES = ("left cheek", "chin", "right cheek")


@pytest.fixture(scope="module")
def entry(module):
    return module("emgse")


@pytest.fixture(scope="module")
def domain(module):
    return module("_time_domain")


@pytest.fixture
def told(asked):
    return asked(TASK, emg={"channels": SITES})


@pytest.fixture
def short(entry, monkeypatch):
    """Two epochs of narrow layers, whatever the size."""
    for name in ("RECIPES", "SIDE_BY_SIDE"):
        recipes = {n: replace(r, epochs=2, rate=1e-3) for n, r in getattr(entry, name).items()}
        monkeypatch.setattr(entry, name, recipes)
    monkeypatch.setattr(entry, "WIDTHS", dict.fromkeys(entry.WIDTHS, narrow(entry)))


def narrow(entry):
    return entry.Widths(sound=(9, 7), muscles=(8, 6), joined=10, hidden=5)


def small(entry, muscles=4, gain=True, **settings):
    torch.manual_seed(0)
    return entry.EnhancementNetwork(muscles, narrow(entry), gain, **settings).eval()


def fitted(entry, told, recordings, valid=2, seed=1, **settings):
    torch.manual_seed(seed)
    model = entry.Model(told, seed, **settings)
    model.fit(recordings[:8], recordings[8 : 8 + valid])
    return model


def answers(model, recordings):
    return [
        model.predict({name: r[name] for name in ("noisy", "emg")}, r["clean"].shape)
        for r in recordings
    ]


# Sizes


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("audio", 3_513_081),
        ("cheek", 4_421_381),
        ("all", 4_638_381),
        ("emg", 4_638_381),
        ("faithful", 4_638_381),
        ("paper", 4_638_381),
        ("paper_faithful", 4_638_381),
    ],
)
def test_the_published_network_has_the_published_size(entry, name, expected):
    with torch.device("meta"):
        network = entry.published(**VARIANTS[name])
    assert sum(p.numel() for p in network.parameters()) == expected


def test_the_published_network_has_the_published_output(entry):
    network = entry.published().eval()
    x = torch.randn(1, 64 + 30, 257 + 175)
    with torch.no_grad():
        output = network(x, torch.ones(1, 94))
    assert output.shape == (1, 64, 257)
    assert (output >= 0).all()
    assert [layer.p for layer in network.muscles if hasattr(layer, "p")] == [0.5, 0.5]
    for layer in (network.sound[0], network.muscles[0], network.join[0], network.leave):
        bound = (6 / sum(layer.weight.shape)) ** 0.5
        assert 0.98 * bound < float(layer.weight.detach().abs().max()) <= bound
        assert not layer.bias.any()
    recipe = entry.RECIPES["paper"]
    assert (recipe.optimiser, recipe.rate, recipe.batch, recipe.patience) == ("adam", 1e-4, 16, 14)
    assert (recipe.chunk, recipe.decay, recipe.schedule) == (94, 0.0, "constant")


def test_a_gain_uses_the_spectrum_twice(entry):
    counts = [
        sum(p.numel() for p in entry.EnhancementNetwork(0, entry.Widths(), c).parameters())
        for c in (False, True)
    ]
    assert counts[1] - counts[0] == 257 * 128 == 32_896


@pytest.mark.parametrize("name", ["paper", "paper_faithful"])
def test_at_the_published_size_a_model_has_the_published_layers(entry, asked, name, monkeypatch):
    """Whatever is corrected in its features."""
    made = []
    monkeypatch.setattr(entry, "train", lambda network, *_: made.append(network) or 1 / 0)
    model = entry.Model(asked(TASK, emg={"frame": (35,)}), 0, **VARIANTS[name])
    noise = np.random.default_rng(0).standard_normal((1000, 35))
    with pytest.raises(ZeroDivisionError):
        model.fit([{"noisy": noise.ravel(), "clean": noise.ravel(), "emg": noise}], [])
    assert sum(p.numel() for p in made[0].parameters()) == 4_638_381


def test_the_first_variant_is_the_default():
    assert next(iter(VARIANTS.items())) == ("all", {})


# Features of EMG


def test_ten_thousand_samples_remain_of_10240(domain):
    kept = domain.at_2000_hz(np.arange(10_240))
    assert len(kept) == 10_000
    gaps = np.flatnonzero(np.diff(kept[:125]) == 2)
    assert [*gaps[:2]] == [41, 83]
    assert kept[:43].tolist() == [*range(42), 43]
    assert 127 not in kept
    assert kept[125] == 128
    assert domain.at_2000_hz(np.zeros((256, 3))).shape == (250, 3)


@pytest.mark.parametrize("rate", [1000.0, 2000.0])
def test_bands_are_those_of_recursive_butterworth_filters(domain, rate):
    x = np.random.default_rng(0).standard_normal((700, 2)) + 5
    for kind, found in zip(("lowpass", "highpass"), domain.split(x, rate), strict=True):
        sections = signal.butter(3, 134.0, kind, fs=rate, output="sos")
        np.testing.assert_allclose(found, signal.sosfilt(sections, x, axis=0), atol=1e-9)


def test_bands_do_not_look_ahead_and_have_half_the_power_at_134_hz(domain):
    x = np.zeros((400, 1))
    x[200] = 1
    for found in domain.split(x, 1000.0):
        assert np.abs(found[:200]).max() < 1e-12
        assert abs(found[200, 0]) > 0.01
        assert np.abs(np.fft.rfft(found[200:, 0], 2000)[268]) == pytest.approx(0.5**0.5, abs=1e-6)


@pytest.mark.parametrize(("samples", "rate"), [(3000, 1000.0), (6000, 2000.0)])
def test_three_seconds_are_372_frames_of_both(domain, entry, samples, rate):
    assert domain.frame_count(samples, rate) == 372
    assert domain.time_domain(np.zeros((samples, 2)), rate).shape == (372, 10)
    assert entry.stft(np.zeros(48_000)).shape == (372, 257)


def test_five_features_of_a_channel_are_their_definitions(domain):
    rng = np.random.default_rng(1)
    x = rng.standard_normal((200, 3)) * [1, 5, 20] + [0, 3, 0]
    found = domain.time_domain(x, 1000.0)
    assert found.dtype == np.float32
    low, high = domain.split(x, 1000.0)
    window = np.blackman(32)
    for frame, channel in [(0, 0), (7, 1), (len(found) - 1, 2)]:
        part = slice(frame * 8, frame * 8 + 32)
        a, b = low[part, channel] * window, high[part, channel] * window
        h = high[part, channel]
        crossings = sum(h[k] * h[k - 1] <= 0 for k in range(1, 32))
        expected = [a.mean(), (a**2).mean(), np.abs(b).mean(), (b**2).mean(), crossings / 32]
        np.testing.assert_allclose(found[frame, 5 * channel :][:5], expected, rtol=1e-5)


def test_emg_shorter_than_a_window_is_one_frame(domain):
    assert domain.time_domain(np.ones((5, 2)), 1000.0).shape == (1, 10)
    assert domain.time_domain(np.ones((40, 2)), 2048.0).shape == (1, 10)


def test_published_crossings_are_those_behind_the_window(domain):
    """Its ends are -1e-17, so that the first and the last pair count where no sign changes."""
    x = np.random.default_rng(1).standard_normal((200, 2))
    plain, published = (domain.time_domain(x, 1000.0, p)[:, 4::5] * 32 for p in (False, True))
    same = domain.split(x, 1000.0)[1]
    same = (same[1:] * same[:-1] > 0).astype(int)
    for frame in (0, 9):
        first, last = same[frame * 8], same[frame * 8 + 30]
        expected = plain[frame] + (2 * first - 1) + (2 * last - 1)
        np.testing.assert_allclose(published[frame], expected)


def test_levels_are_logarithms_in_the_same_order(entry):
    x = np.array([[1.0, 4.0, 3.0, 9.0, 0.5, -2.0, 16.0, 5.0, 25.0, 0.1]])
    expected = [1, np.log(2.01), np.log(3.01), np.log(3.01), 0.5]
    expected += [-2, np.log(4.01), np.log(5.01), np.log(5.01), 0.1]
    np.testing.assert_allclose(entry.logarithmic(x)[0], expected)


# Spectra


@pytest.mark.parametrize("samples", [1, 300, 512, 513, 5000])
@pytest.mark.parametrize("faithful", [False, True])
def test_resynthesis_keeps_the_length(entry, told, samples, faithful):
    """An untouched spectrum: corrected it is the signal, faithful only the edges fade."""
    x = np.random.default_rng(0).standard_normal(samples)
    model = entry.Model(told, 0, faithful=faithful)
    back = entry.istft(model.spectrum(x), model.window)[model.lead * 128 :][:samples]
    assert np.abs(back).max() < 1.01 * np.abs(x).max()
    if not faithful:
        np.testing.assert_allclose(back, x, atol=1e-9)
    elif samples == 5000:
        np.testing.assert_allclose(back[512:4352], x[512:4352], atol=1e-9)


@pytest.mark.parametrize("faithful", [False, True])
def test_the_noisy_spectrum_resynthesises_the_noisy_signal(
    entry, told, recordings, monkeypatch, faithful
):
    model = entry.Model(told, 0, faithful=faithful)
    model.standard = entry.Standard.of([model.muscles(r["emg"]) for r in recordings])
    model.network = None
    quiet = {"noisy": recordings[0]["noisy"][:9001] * 1e-3, "emg": recordings[0]["emg"]}
    said = model.spectrum_of(quiet["noisy"], quiet)
    assert len(said) == (67 if faithful else 71 + 3)
    monkeypatch.setattr(entry, "answer", lambda network, x: said[: len(x) - 30])  # noqa: ARG005
    found = model.predict(quiet, (9001,))
    np.testing.assert_allclose(found[512:8400], quiet["noisy"][512:8400], atol=1e-8)
    monkeypatch.setattr(entry, "answer", lambda network, x: -said)  # noqa: ARG005
    assert not model.predict(quiet, (9001,)).any()  # no negative magnitudes


@pytest.mark.parametrize(("faithful", "period"), [(False, 512), (True, 511)])
def test_a_window_is_periodic_or_as_published_symmetric(entry, told, faithful, period):
    x, n = np.random.default_rng(0).standard_normal(1024), 2 * np.pi * np.arange(512) / period
    window = 0.42 - 0.5 * np.cos(n) + 0.08 * np.cos(2 * n)
    expected = [np.fft.rfft(window * x[k : k + 512]) for k in (0, 128, 256, 384, 512)]
    model = entry.Model(told, 0, faithful=faithful)
    lead = model.lead
    np.testing.assert_allclose(model.spectrum(x)[lead : lead + 5], expected, atol=1e-9)


def test_the_published_range_is_upside_down(entry):
    np.testing.assert_allclose(
        entry.inverted(np.array([[2.0, 6.0], [3.0, 2.0]])), [[1, 0], [0.75, 1]]
    )
    np.testing.assert_allclose(
        entry.unit_range(np.array([[2.0, 5], [4, 5], [3, 5]])).T[0], [0, 1, 0.5]
    )
    assert np.isfinite(entry.inverted(np.ones((2, 2)))).all()


# What the network is given


def test_electrodes_on_the_cheek(entry, told, asked):
    assert entry.on_the_cheek(SIGNALS["emg"], 8) == [0, 5, 6, 7]
    assert entry.on_the_cheek(told.signals["emg"], 3) == [0, 2]
    assert entry.on_the_cheek(asked(TASK).signals["emg"], 35) == list(range(28))
    assert entry.on_the_cheek(asked(TASK).signals["emg"], 1) == [0]


def test_features_hold_sound_and_the_chosen_electrodes(entry, told, recordings):
    one = recordings[0]
    quiet = {"noisy": one["noisy"], "emg": np.zeros_like(one["emg"])}
    for settings, columns in (({}, 514 + 15), ({"emg": "cheek"}, 514 + 10), ({"emg": "none"}, 514)):
        model = entry.Model(told, 0, **settings)
        model.standard = entry.Standard.of([model.muscles(r["emg"]) for r in recordings])
        x = model.features(one)
        assert x.shape == (-(-len(one["noisy"]) // 128) + 3, columns)
        np.testing.assert_allclose(x[:, 257:514].mean(axis=0), 0, atol=1e-6)
        np.testing.assert_array_equal(x[:, :514], model.features(quiet)[:, :514])
        muscles = model.standard(model.muscles(one["emg"]))
        np.testing.assert_array_equal(x[3 : 3 + len(muscles), 514:], muscles)
        np.testing.assert_array_equal(x[:3, 514:], muscles[[0, 0, 0]])
    other = {**quiet, "emg": one["emg"] * [1, 9, 1]}
    model = entry.Model(told, 0, emg="cheek")
    np.testing.assert_array_equal(model.muscles(one["emg"]), model.muscles(other["emg"]))


def test_the_spectrum_is_heard_once_where_it_is_said(entry, told, recordings):
    twice, once = entry.Model(told, 0), entry.Model(told, 0, mapping="spectrum")
    for model in (twice, once):
        model.standard = entry.Standard.of([model.muscles(r["emg"]) for r in recordings])
    expected = np.delete(twice.features(recordings[0]), np.arange(257, 514), axis=1)
    np.testing.assert_array_equal(once.features(recordings[0]), expected)
    with pytest.raises(ValueError, match="faithful says the spectrum"):
        entry.Model(told, 0, mapping="gain", faithful=True)


@pytest.mark.parametrize(
    ("frames", "starts"), [(5, [0]), (64, [0]), (127, [0]), (200, [0, 64, 128])]
)
def test_pieces_lie_side_by_side_with_their_context(entry, module, frames, starts):
    x = np.arange(frames + 30.0)[:, None]
    made = entry.pieces(module("_training").Example(x, -x))
    assert [piece.x[0, 0] for piece in made] == starts
    assert {len(piece.x) for piece in made} == {min(frames, 64) + 30 if frames < 64 else 94}
    for piece in made:
        np.testing.assert_array_equal(piece.y, -piece.x)


def test_faithful_learns_from_pieces(entry, told, recordings):
    model = entry.Model(told, 0, faithful=True)
    assert model.recipe.chunk is None
    frames = [len(model.features(r)) for r in recordings]
    made = model.examples(recordings)
    assert [len(e.x) for e in made] == [94] * sum(count // 64 for count in frames)
    other = entry.Model(told, 0, mapping="spectrum")
    other.standard = entry.Standard.of([other.muscles(r["emg"]) for r in recordings])
    assert min(len(e.x) for e in other.examples(recordings)) > 94


def test_correction_does_not_depend_on_loudness(entry, told, recordings):
    one = recordings[0]
    soft = {name: one[name] / 8 for name in ("noisy", "clean")} | {"emg": one["emg"]}
    same, different = entry.Model(told, 0), entry.Model(told, 0, faithful=True)
    np.testing.assert_allclose(
        same.spectrum_of(one["clean"], one), same.spectrum_of(soft["clean"], soft), atol=1e-5
    )
    assert (
        different.spectrum_of(one["clean"], one).mean()
        > 2 * different.spectrum_of(soft["clean"], soft).mean()
    )


def test_faithful_features_lie_between_0_and_1_and_inside_the_signal(entry, told, recordings):
    model = entry.Model(told, 0, faithful=True)
    model.standard = None
    x = model.features(recordings[0])
    assert x.shape == (1 + (len(recordings[0]["noisy"]) - 512) // 128, 257 + 15)
    assert x.min() == 0
    assert x.max() == 1
    loud = np.abs(entry.stft(recordings[0]["noisy"]))
    assert np.unravel_index(loud.argmax(), loud.shape) == np.unravel_index(
        x[:, :257].argmin(), loud.shape
    )


def test_emg_is_early_by_as_many_frames_as_the_spectrum(entry, told, recordings):
    """A burst of EMG and a click at the same time are in the same frames."""
    noisy, emg = np.full(16000, 1e-6), np.zeros((1000, 3))
    noisy[8000], emg[500] = 1, 1e3
    model = entry.Model(told, 0)
    model.standard = entry.Standard.of([model.muscles(r["emg"]) for r in recordings])
    x = model.features({"noisy": noisy, "emg": emg})
    sound, muscles = x[:, 100], x[:, 514 + 3]
    assert sound.argmax() in (62 + 1, 62 + 2)
    assert abs(int(sound.argmax()) - int(muscles.argmax())) <= 1
    other = entry.Model(told, 0, faithful=True)
    x = other.features({"noisy": noisy, "emg": emg})
    assert abs(int(x[:, 100].argmin()) - int(x[:, 257 + 3].argmax())) <= 1


# The network


@pytest.mark.parametrize("gain", [False, True])
def test_predictions_do_not_depend_on_padding(entry, gain):
    network = small(entry, gain=gain)
    x, mask = torch.rand(2, 70, network.heard + 4), torch.ones(2, 70)
    x[1, 45:] = mask[1, 45:] = 0
    with torch.no_grad():
        together, alone = network(x, mask)[1, :15], network(x[1:, :45], mask[1:, :45])[0]
    torch.testing.assert_close(together, alone, atol=1e-6, rtol=1e-5)


def test_a_frame_sees_15_frames_of_emg_to_either_side(entry):
    network = small(entry)
    x = torch.rand(1, 60, 514 + 4, requires_grad=True)
    heard = x[:, 15:45, :514]
    network.encoded(x, heard)[0, 12, -6:].sum().backward()
    seen = x.grad[0, :, 514:].abs().sum(-1).nonzero().flatten()
    assert seen.tolist() == list(range(12, 12 + 31))


def test_the_two_directions_are_summed(entry):
    network = small(entry)
    x = torch.randn(1, 9, 10)
    with torch.no_grad():
        forwards, backwards = network.lstm(x)[0].chunk(2, -1)
        found = network.both_ways(x, torch.ones(1, 9))
    torch.testing.assert_close(found, forwards + backwards)


def test_the_gain_lies_between_its_bounds(entry):
    network = small(entry)
    x = 3 * torch.rand(1, 40, 514 + 4)
    noisy = torch.expm1(x[:, 15:25, :257])
    for bias, gain in ((-50.0, entry.SOFTEST), (50.0, 1.0)):
        torch.nn.init.constant_(network.leave.bias, bias)
        with torch.no_grad():
            found = torch.expm1(network(x, torch.ones(1, 40)))
        torch.testing.assert_close(found, gain * noisy, rtol=1e-3, atol=1e-5)


def test_without_sound_the_gain_follows_the_muscles_alone(entry):
    network = small(entry, sound=False)
    x = torch.rand(1, 50, 514 + 4)
    other = x.clone()
    other[..., :514] = torch.rand(1, 50, 514)

    def gain(x):
        with torch.no_grad():
            return torch.expm1(network(x, torch.ones(1, 50))) / torch.expm1(x[:, 15:35, :257])

    torch.testing.assert_close(gain(x), gain(other), rtol=1e-3, atol=1e-4)
    other[..., 514:] += 1
    assert not torch.allclose(gain(x), gain(other), atol=1e-3)


def test_the_loss_is_its_definition(entry):
    rng = np.random.default_rng(0)
    output, rows = rng.standard_normal((2, 4, 3)), rng.standard_normal((2, 34, 3))
    mask = np.ones((2, 34))
    mask[1, 32:] = 0
    expected = (
        np.abs(output[0] - rows[0, 15:19]).sum() + np.abs(output[1, :2] - rows[1, 15:17]).sum()
    )
    found = entry.absolute(*map(torch.from_numpy, (output, rows, mask)))
    assert float(found) == pytest.approx(expected / 3 / 6)


# Training


@pytest.mark.parametrize("name", VARIANTS)
@pytest.mark.usefixtures("short")
def test_every_variant_fits_and_predicts(entry, told, recordings, name):
    model = fitted(entry, told, recordings, **VARIANTS[name])
    assert type(model.parameters) is int
    assert type(model.flops) is float
    assert model.flops > 0
    assert len(model.history) == 2
    assert model.corrected is ("faithful" not in name)
    assert model.network.gain is (name in ("all", "audio", "cheek", "emg"))
    for recording, answer in zip(recordings[10:], answers(model, recordings[10:]), strict=True):
        assert answer.shape == recording["clean"].shape
        assert answer.dtype == np.float32
        assert np.isfinite(answer).all()
        assert np.abs(answer).max() < 2


@pytest.mark.usefixtures("short")
def test_equal_seeds_give_equal_predictions_without_names_or_valid_recordings(
    entry, asked, recordings
):
    runs = [answers(fitted(entry, asked(TASK), recordings, 0), recordings[10:]) for _ in range(2)]
    for one, other in zip(*runs, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("faithful", [False, True])
def test_it_predicts_for_silence_and_any_length(entry, told, recordings, faithful):
    model = fitted(entry, told, recordings, faithful=faithful)
    for samples, emg in ((1, 1), (127, 8), (511, 31), (5000, 900), (20_000, 400)):
        inputs = {"noisy": np.zeros(samples, np.float32), "emg": np.zeros((emg, 3), np.float32)}
        answer = model.predict(inputs, (samples,))
        assert answer.shape == (samples,)
        assert np.isfinite(answer).all()


def test_it_learns_to_reduce_noise(entry, told, recordings):
    model = fitted(entry, told, recordings)
    error, before = (
        np.mean(
            [np.mean((x - r["clean"]) ** 2) for x, r in zip(given, recordings[10:], strict=True)]
        )
        for given in (answers(model, recordings[10:]), [r["noisy"] for r in recordings[10:]])
    )
    assert error < 0.5 * before
