"""EMG2EMA: parameter count, attention by distance, norms that ignore padding, input features."""

from pathlib import Path

import numpy as np
import pytest
import torch

from benchmark.registry import read_entry

functional = torch.nn.functional

ROOT = Path(__file__).resolve().parents[2]
VARIANTS = read_entry(ROOT / "baselines" / "emg2ema.py", "baseline").variants
TASK = "emg_to_articulation"
PHONES = ("sil", "a", "b")


@pytest.fixture(scope="module")
def entry(module):
    return module("emg2ema")


@pytest.fixture(scope="module")
def movement(module):
    return module("_movement")


@pytest.fixture(scope="module")
def relative(module):
    return module("_relative")


@pytest.fixture(scope="module")
def strided(module):
    return module("_strided")


class Wide:
    """A recording of eight electrodes, with loudness, pitch and phones."""

    def __init__(self, recording):
        self.recording = recording

    def __getitem__(self, signal):
        if signal == "phones":
            return (self.recording["articulation"][:, 0] > 3).astype(np.uint8)
        value = self.recording[signal]
        if signal == "emg":
            return np.concatenate([value, value[:, ::-1], value[:, :2]], axis=1)
        first, second = value.T
        return np.stack([first, 100 + first * second, second, first + second], axis=1)


@pytest.fixture(scope="module")
def wide(recordings):
    return [Wide(recording) for recording in recordings]


@pytest.fixture(scope="module")
def told(asked):
    """As `asked`, of the wide recordings; pitch comes before a position to test the order."""
    made = asked(
        TASK,
        emg={"frame": (8,)},
        articulation={"frame": (4,), "channels": ("TDX", "pitch", "TDY", "loudness")},
    )
    phones = type(made.signals["emg"])("phone", "uint8", 50.0, labels=PHONES)
    return type(made)(TASK, made.inputs, made.target, {**made.signals, "phones": phones})


def small(entry, channels=2, **sizes):
    torch.manual_seed(0)
    sizes = {"width": 16, "feed": 24, "heads": 2, "layers": 2, "dropout": 0.0, **sizes}
    return entry.ArticulationNetwork(channels, 3, 2, 4, **sizes)


def fitted(entry, told, recordings, valid=2, **settings):
    torch.manual_seed(1)
    model = entry.Model(told, 1, **settings)
    model.fit(recordings[:8], recordings[8 : 8 + valid])
    return model


def answers(model, recordings):
    return [model.predict({"emg": r["emg"]}, r["articulation"].shape) for r in recordings]


# Sizes


def test_the_published_network_has_published_size_and_output(entry):
    network = entry.published().eval()
    assert sum(p.numel() for p in network.parameters()) == 54_136_382
    with torch.no_grad():
        output = network(torch.randn(2, 1600, 8), torch.ones(2, 1600))
    assert [head.out_features for head in network.heads] == [12, 1, 1, 48]
    assert output[..., :12].shape == (2, 200, 12)
    assert output.shape == (2, 200, 12 + 2 + 48)
    layer = network.transformer.layers[0]
    assert len(network.transformer.layers) == 6
    assert (layer.attention.heads, layer.attention.reach, layer.drop.p) == (8, 100, 0.2)
    assert layer.attention.dropout == 0.2


@pytest.mark.parametrize(
    ("name", "expected"), [("electrodes_2346", 54_124_094), ("electrodes_24", 54_117_950)]
)
def test_fewer_electrodes_change_the_first_block_only(entry, name, expected):
    with torch.device("meta"):
        network = entry.published(**VARIANTS[name])
    assert sum(p.numel() for p in network.parameters()) == expected


def test_variants_at_the_published_size_learn_distances_or_keep_them(entry):
    assert next(iter(VARIANTS.values())) == {}
    for name, frozen in (("paper", 0), ("paper_faithful", 6 * 8 * 199 * 96)):
        with torch.device("meta"):
            network = entry.published(**VARIANTS[name])
        counts = dict.fromkeys((True, False), 0)
        for parameter in network.parameters():
            counts[parameter.requires_grad] += parameter.numel()
        assert counts == {True: 54_136_382 - frozen, False: frozen}


def test_variants_use_the_electrodes_of_their_names():
    kept = {name: v["electrodes"] for name, v in VARIANTS.items() if "electrodes" in v}
    assert len(kept) == 3 + 8
    for name, electrodes in kept.items():
        kind, _, digits = name.rpartition("_")
        named = {int(digit) - 1 for digit in digits}
        assert set(electrodes) == (named if kind == "electrodes" else set(range(8)) - named)
        assert electrodes == sorted(electrodes)


# Attention


def plain_attention(attention, x, mask):
    """Entry by entry, from the definition."""
    batch, time, width = x.shape
    part = width // attention.heads
    q, k, v = (x @ w.T for w in attention.enter.weight.chunk(3))
    out = torch.zeros(batch, time, width)
    for b in range(batch):
        for h in range(attention.heads):
            own = slice(h * part, (h + 1) * part)
            for i in range(time):
                near = [j for j in range(time) if abs(j - i) < attention.reach and mask[b, j]]
                logits = torch.stack(
                    [
                        q[b, i, own] @ k[b, j, own] / part**0.5
                        + q[b, i, own] @ attention.distances[h, j - i + attention.reach - 1]
                        for j in near
                    ]
                )
                out[b, i, own] = logits.softmax(0) @ v[b, near, own]
    return out @ attention.leave.weight.T


@pytest.mark.parametrize(("time", "reach"), [(1, 3), (5, 9), (6, 6), (11, 4)])
def test_attention_is_its_definition(relative, time, reach):
    torch.manual_seed(0)
    attention = relative.RelativeAttention(8, 2, reach, 0.5).eval()
    x, mask = torch.randn(2, time, 8), torch.ones(2, time)
    mask[1, -1 - time // 4 :] = time < 3  # each frame still has a key nearby
    with torch.no_grad():
        found, expected = attention(x, mask), plain_attention(attention, x, mask)
    torch.testing.assert_close(found * mask[..., None], expected * mask[..., None])


def test_attention_does_not_look_beyond_99_frames(relative):
    torch.manual_seed(0)
    attention = relative.RelativeAttention(8, 2, 100, 0.0).eval()
    x = torch.randn(1, 260, 8, requires_grad=True)
    attention(x, torch.ones(1, 260))[0, 130].sum().backward()
    seen = x.grad[0].abs().sum(-1).nonzero().flatten()
    assert seen.tolist() == list(range(130 - 99, 130 + 99 + 1))


def test_rows_without_any_key_still_have_a_gradient(relative):
    attention = relative.RelativeAttention(8, 2, 3, 0.0)
    x, mask = torch.randn(1, 12, 8), torch.ones(1, 12)
    mask[0, 2:] = 0
    (attention(x, mask)[0, :2].sum()).backward()
    assert all(p.grad.isfinite().all() for p in attention.parameters())


def test_as_published_vectors_of_distances_stay_and_projections_begin_small(relative):
    torch.manual_seed(0)
    attention = relative.RelativeAttention(96, 4, 9, 0.0, published=True)
    attention(torch.randn(2, 12, 96), torch.ones(2, 12)).square().sum().backward()
    learnt = {name for name, p in attention.named_parameters() if p.grad is not None}
    assert learnt == {"enter.weight", "leave.weight"}
    for weight, expected in (
        (attention.enter.weight, torch.empty(4, 96, 24)),
        (attention.leave.weight, torch.empty(4, 24, 96)),
    ):
        torch.nn.init.xavier_normal_(expected)
        assert float(weight.detach().std()) == pytest.approx(float(expected.std()), rel=0.05)


def test_attention_weights_are_dropped_in_training_only(relative):
    torch.manual_seed(0)
    attention = relative.RelativeAttention(8, 2, 3, 0.5)
    x, mask = torch.randn(1, 12, 8), torch.ones(1, 12)
    assert not torch.equal(attention(x, mask), attention(x, mask))
    attention.eval()
    assert torch.equal(attention(x, mask), attention(x, mask))


def test_dropout_keeps_the_mean_and_drops_its_share(relative):
    torch.manual_seed(0)
    dropout, x = relative.ByteDropout(0.25), torch.ones(101, 1003, requires_grad=True)
    out = dropout(x)
    assert sorted(set(out.flatten().tolist())) == [0, pytest.approx(4 / 3)]
    assert float((out == 0).float().mean()) == pytest.approx(0.25, abs=0.003)
    assert float((out[1:] * out[:-1] == 0).float().mean()) == pytest.approx(1 - 0.75**2, abs=0.01)
    out.sum().backward()
    assert torch.equal(x.grad, out)
    assert not torch.equal(dropout(x), out)
    assert dropout.eval()(x) is x
    assert relative.ByteDropout(0.0)(x) is x


def test_a_layer_normalises_after_each_sum(relative):
    torch.manual_seed(0)
    layer = relative.RelativeLayer(8, 2, 12, 4, 0.3).eval()
    x, mask = torch.randn(1, 6, 8), torch.ones(1, 6)
    with torch.no_grad():
        middle = functional.layer_norm(x + layer.attention(x, mask), (8,))
        inside = layer.feed[3](functional.relu(layer.feed[0](middle)))
        expected = functional.layer_norm(middle + inside, (8,))
        torch.testing.assert_close(layer(x, mask), expected)


# Blocks


def test_norms_are_those_of_torch_where_nothing_pads(strided):
    torch.manual_seed(0)
    ours, theirs = strided.MaskedNorm(3), torch.nn.BatchNorm1d(3)
    for step in range(3):
        x = torch.randn(4, 3, 10) * (1 + step) + step
        torch.testing.assert_close(ours(x, torch.ones(4, 1, 10)), theirs(x))
    torch.testing.assert_close(ours.state_dict(), theirs.state_dict())
    x = torch.randn(4, 3, 10)
    torch.testing.assert_close(ours.eval()(x, torch.ones(4, 1, 10)), theirs.eval()(x))


def test_norms_ignore_padding(strided):
    torch.manual_seed(0)
    x, mask = torch.randn(2, 3, 10), torch.ones(2, 1, 10)
    mask[1, :, 4:] = 0
    real = torch.cat([x[0], x[1, :, :4]], dim=1)[None]
    theirs, ours = torch.nn.BatchNorm1d(3), strided.MaskedNorm(3)
    x[1, :, 4:] = 99
    torch.testing.assert_close(ours(x, mask)[0], theirs(real)[0, :, :10])
    torch.testing.assert_close(ours.running_var, theirs.running_var)


def test_a_block_is_two_convolutions_and_a_parallel_one(strided):
    torch.manual_seed(0)
    block = strided.StridedBlock(2, 3).eval()
    x, mask = torch.randn(1, 2, 9), torch.ones(1, 1, 5)
    scale = 1 / (1 + 1e-5) ** 0.5
    with torch.no_grad():
        inside = functional.relu(block.halve(x) * scale)
        expected = functional.relu(block.mix(inside) * scale + block.carry(x) * scale)
        torch.testing.assert_close(block(x, mask), expected)
    assert (block.halve.stride, block.mix.stride, block.carry.stride) == ((2,), (1,), (2,))


def test_blocks_ignore_padding_for_any_length(strided):
    """Of an odd length the last window reaches beyond the recording."""
    torch.manual_seed(0)
    blocks = strided.StridedBlocks(2, 16, 3).eval()
    x, mask = torch.randn(2, 40, 2), torch.ones(2, 40)
    x[1, 19:] = mask[1, 19:] = 0
    with torch.no_grad():
        (together, left), (alone, _) = blocks(x, mask), blocks(x[1:, :19], mask[1:, :19])
    assert left.sum(1).tolist() == [5, 3]
    torch.testing.assert_close(together[1, :3], alone[0])


# The network


def test_predictions_do_not_depend_on_padding(entry):
    network = small(entry).eval()
    x, mask = torch.randn(2, 240, 2), torch.ones(2, 240)
    x[1, 96:] = mask[1, 96:] = 0
    with torch.no_grad():
        together, alone = network(x, mask)[1, :12], network(x[1:, :96], mask[1:, :96])[0]
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-4)


def test_training_does_not_depend_on_padding(entry, monkeypatch):
    """Gradients and running means of the norms are those of the real frames."""
    monkeypatch.setattr(entry, "STRIDE", 1)  # no shift: the drawn number would differ
    outputs = []
    for padding in (0, 40):
        network = small(entry).train()
        x = torch.randn(2, 80, 2, generator=torch.Generator().manual_seed(1))
        x[1, 48:] = 0
        mask = torch.ones(2, 80)
        mask[1, 48:] = 0
        x, mask = functional.pad(x, (0, 0, 0, padding)), functional.pad(mask, (0, padding))
        outputs.append(network(x, mask)[:, :10] * mask[:, :80:8, None])
    torch.testing.assert_close(*outputs, atol=1e-5, rtol=1e-4)


def test_shifting_does_not_change_its_argument(entry):
    x = torch.arange(24.0).reshape(2, 6, 2)
    before = x.clone()
    moved = entry.shifted(x, 2)
    assert torch.equal(moved[:, :4], before[:, 2:])
    assert torch.equal(moved[:, 4:], torch.zeros(2, 2, 2))
    moved += 1
    assert torch.equal(x, before)
    entry.shifted(x, 0).add_(1)
    assert torch.equal(x, before)


def test_only_training_shifts_and_by_less_than_a_frame(entry, monkeypatch):
    drawn = []

    def seen(x, samples):
        drawn.append(samples)
        return x

    monkeypatch.setattr(entry, "shifted", seen)
    network, x, mask = small(entry), torch.randn(1, 16, 2), torch.ones(1, 16)
    before = x.clone()
    for _ in range(60):
        network(x, mask)
    assert set(drawn) == set(range(8))
    assert torch.equal(x, before)
    network.eval()(x, mask)
    assert len(drawn) == 60


# The loss


def test_the_loss_is_its_definition(entry):
    rng = np.random.default_rng(0)
    output = rng.standard_normal((2, 4, 3 + 2 + 4))
    rows = rng.standard_normal((2, 4, 3 + 2 + 1))
    rows[..., -1] = rng.integers(4, size=(2, 4))
    length = (4, 2)
    total = 0.0
    for b in range(2):
        for t in range(length[b]):
            said, true = output[b, t], rows[b, t]
            total += np.sqrt(np.sum((said[:3] - true[:3]) ** 2))
            total += 1.0 * abs(said[3] - true[3]) + 0.5 * abs(said[4] - true[4])
            total += 0.5 * (np.log(np.exp(said[5:]).sum()) - said[5 + int(true[5])])
    mask = torch.tensor([[1.0] * 32, [1.0] * 16 + [0.0] * 16])
    loss = entry.ArticulationLoss(3, (1.0, 0.5), True)
    found = loss(torch.from_numpy(output), torch.from_numpy(rows), mask)
    assert float(found) == pytest.approx(total / 6, rel=1e-5)


def test_pitch_loudness_and_phones_weigh_as_published(entry, told, wide):
    model = entry.Model(told, 0)
    model.view.fit(wide)
    network = model.layers((8,), 0)
    assert model.loss == entry.ArticulationLoss(2, (0.5, 1.0), True)  # pitch comes first here
    assert [head.out_features for head in network.heads] == [2, 1, 1, len(PHONES)]


# The input


def sine(frequency, rate=1000.0, seconds=2.0):
    return np.sin(2 * np.pi * frequency * np.arange(round(seconds * rate)) / rate)[:, None]


def gain(change, frequency):
    """In the middle, away from the ends."""
    x = sine(frequency)
    return np.abs(change(x)[500:1500]).max() / np.abs(x[500:1500]).max()


def test_mains_and_drift_are_removed_without_delay(movement):
    def change(x):
        return movement.cleaned(x, 1000.0, 50.0)

    assert gain(change, 0.5) < 0.01
    assert gain(change, 2) == pytest.approx(0.5, abs=0.05)
    for harmonic in range(50, 500, 50):
        assert gain(change, harmonic) < 0.1
    for kept in (30, 75, 225):
        np.testing.assert_allclose(change(sine(kept))[500:1500], sine(kept)[500:1500], atol=0.06)
    assert gain(lambda x: movement.cleaned(x, 1000.0, 60.0), 50) > 0.9


def test_a_wave_is_resampled_without_aliases(movement):
    def change(x):
        return movement.resampled(x, 1000.0, 800, 400.0)

    wave = change(sine(60))
    assert wave.shape == (800, 1)
    np.testing.assert_allclose(wave[100:700], sine(60, 400.0)[100:700], atol=0.01)
    assert np.abs(change(sine(320))[100:700]).max() < 0.01  # else it would be heard at 80 Hz


def test_large_amplitudes_are_compressed(movement):
    np.testing.assert_allclose(movement.compressed(np.array([0.0, 20.0])), [0, 1], atol=1e-3)
    assert movement.compressed(np.array([1e6])) == pytest.approx(50)


@pytest.mark.parametrize("settings", [{}, {"front": "wave"}, {"faithful": True}])
def test_the_input_has_eight_samples_a_frame_of_the_chosen_electrodes(entry, told, wide, settings):
    bands = 1 if settings else 4
    for electrodes, count in ((None, 8), ([1, 3], 2), ([2, 30], 1)):
        model = entry.Model(told, 0, electrodes=electrodes, **settings)
        x = model.view.features(wide[0], 37)
        assert x.shape == (8 * 37, bands * count)
        if electrodes:

            class Other(Wide):
                def __getitem__(self, signal):
                    value = super().__getitem__(signal).copy()
                    value[:, [0, 4, 5, 6, 7]] = 1e3
                    return value

            np.testing.assert_array_equal(x, model.view.features(Other(wide[0].recording), 37))
    for missing in ([8], [-1]):
        model = entry.Model(told, 0, electrodes=missing, **settings)
        with pytest.raises(ValueError, match=r"electrodes .*numbered from 0 to 7"):
            model.view.features(wide[0], 37)


def test_faithful_reads_no_band_powers(entry, told):
    with pytest.raises(ValueError, match="faithful reads the wave"):
        entry.Model(told, 0, front="power", faithful=True)


def test_rows_hold_positions_then_the_others_and_the_phone(movement, told, wide):
    view = movement.Movement(told)
    view.fit(wide)
    target = wide[0]["articulation"]
    rows = view.rows(wide[0])
    assert view.order == [0, 2, 1, 3]
    np.testing.assert_allclose(rows[:, 2], view.standard(target)[:, 1])
    np.testing.assert_array_equal(rows[:, 4], wide[0]["phones"])
    more = np.column_stack([rows[:, :4], rows])  # scores of phones follow in an answer
    np.testing.assert_allclose(view.answer(more, {}, target.shape), target, atol=1e-4)


@pytest.mark.parametrize("frames", [1, 2, 50, 51])
def test_published_frames_come_and_go_at_86_hz(movement, told, frames):
    """What lies on a line in time stays there, whatever the two rates."""
    view = movement.PublishedMovement(told)
    line = np.outer(np.arange(frames) / 50, [1.0, 60.0, -2.0, 3.0]).astype(np.float32)

    class Line:
        def __getitem__(self, signal):
            return np.zeros(frames, np.uint8) if signal == "phones" else line

    view.fit([Line()])
    rows = view.rows(Line())
    assert (
        len(rows)
        == view.count(line.shape)
        == max(1, len(np.arange(0, (frames - 1) / 50, 1 / 86.16)))
    )
    times = np.arange(len(rows)) / 86.16
    expected = view.standard(np.outer(times, [1.0, 60.0, -2.0, 3.0]))[:, view.order]
    np.testing.assert_allclose(rows[:, :4], expected, atol=1e-4)
    back = view.answer(rows, {}, line.shape)
    np.testing.assert_allclose(back[:-1], line[:-1], atol=1e-3)
    np.testing.assert_allclose(back[-1], line[-1], atol=60 / 86)  # held from the last frame


def test_published_scales_are_fixed_and_millimetres_are_standardised(movement, told, wide):
    view = movement.PublishedMovement(told)
    units = ("SPARC unit", "Hz", "mm", "1")
    view.units = units
    view.fit(wide)
    assert view.standard.mean[[0, 1, 3]].tolist() == [0, 130, 0]
    assert view.standard.scale[[0, 1, 3]].tolist() == [1, 70, 1]
    seen = np.concatenate([r["articulation"][:, 2] for r in wide])
    assert view.standard.mean[2] == pytest.approx(seen.mean(), rel=1e-4)
    assert view.standard.scale[2] == pytest.approx(seen.std(), rel=1e-4)


def test_faithful_inputs_keep_their_scale(entry, told, wide, monkeypatch):
    seen = []
    monkeypatch.setattr(entry.NetworkModel, "_standardised", lambda self, e: seen.append(self) or e)
    monkeypatch.setattr(entry.Model, "layers", lambda *_: 1 / 0)
    for settings, same in (({"faithful": True}, True), ({"front": "wave"}, False)):
        with pytest.raises(ZeroDivisionError):
            entry.Model(told, 0, **settings).fit(wide, [])
        x = np.array([[3.0] * 8], np.float32)
        assert np.array_equal(seen[-1].standard(x), x) is same


def test_windows_continue_across_recordings(entry, module):
    example = module("_training").Example
    x, y = np.arange(8 * 25.0)[:, None], np.arange(25.0)[:, None]
    made = entry.windows([example(x[:80], y[:10]), example(x[80:], y[10:])], 12)
    assert [len(e.y) for e in made] == [12, 12, 1]
    np.testing.assert_array_equal(np.concatenate([e.x for e in made]), x)
    np.testing.assert_array_equal(np.concatenate([e.y for e in made]), y)
    np.testing.assert_array_equal(made[1].x[::8, 0] / 8, made[1].y[:, 0])


# Training


@pytest.fixture
def short(entry, monkeypatch):
    """Two epochs of a tiny network, whatever the variant."""
    recipes = {key: entry.replace(value, epochs=2) for key, value in entry.RECIPES.items()}
    monkeypatch.setattr(entry, "RECIPES", recipes)
    sizes = {"width": 16, "feed": 16, "heads": 2, "layers": 1}
    monkeypatch.setattr(entry, "SIZES", dict.fromkeys(entry.SIZES, sizes))


@pytest.mark.parametrize("name", VARIANTS)
@pytest.mark.usefixtures("short")
def test_every_variant_fits_and_predicts(entry, told, wide, name):
    model = fitted(entry, told, wide, **VARIANTS[name])
    assert type(model.parameters) is int
    assert type(model.flops) is float
    assert len(model.history) == 2
    for recording, answer in zip(wide[10:], answers(model, wide[10:]), strict=True):
        assert answer.shape == recording["articulation"].shape
        assert answer.dtype == np.float32
        assert np.isfinite(answer).all()


@pytest.mark.parametrize("name", ["default", "faithful"])
@pytest.mark.usefixtures("short")
def test_it_fits_without_phones_channel_names_or_valid_recordings(entry, asked, recordings, name):
    runs = []
    for _ in range(2):
        model = fitted(entry, asked(TASK), recordings, valid=0, **VARIANTS[name])
        runs.append(answers(model, recordings[10:]))
    for one, other in zip(*runs, strict=True):
        np.testing.assert_array_equal(one, other)
    assert model.predict({"emg": np.zeros((7, 3), np.float32)}, (1, 2)).shape == (1, 2)


def test_it_learns(entry, told, wide):
    model = fitted(entry, told, wide)
    seen = np.concatenate([r["articulation"] for r in wide[:8]])
    targets = [r["articulation"] for r in wide[10:]]

    def error(given):
        off = [(a - t) / seen.std(axis=0) for a, t in zip(given, targets, strict=True)]
        return np.mean(np.concatenate(off) ** 2)

    assert error(answers(model, wide[10:])) < 0.6 * error([seen.mean(axis=0)] * 2)
