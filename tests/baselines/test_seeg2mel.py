"""stereoEEG2speech and its DenseNet: sizes as published, windows, attention, losses, speakers."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmark.core import Recording
from benchmark.registry import read_entry

ROOT = Path(__file__).resolve().parents[2]
VARIANTS = read_entry(ROOT / "baselines" / "seeg2mel.py", "baseline").variants
TASK = "seeg_to_mel"


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    """As in a worker; on a busy machine several threads wait for each other ten times as long."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def entry(module):
    return module("seeg2mel")


@pytest.fixture(scope="module")
def layers(module):
    return module("_seq2seq")


@pytest.fixture(scope="module")
def fronts(module):
    return module("_fronts")


@pytest.fixture(scope="module")
def losses(module):
    return module("_seq2seq_losses")


@pytest.fixture(scope="module")
def attention(module):
    return module("_attention")


@pytest.fixture(scope="module")
def windows(module):
    return module("_windows")


@pytest.fixture(scope="module")
def dense(module):
    return module("seeg_densenet")


@pytest.fixture(scope="module")
def published(entry):
    """The network with the 2-D front end, in evaluation mode."""
    torch.manual_seed(0)
    return entry.published(front="2d").eval()


@pytest.fixture(scope="module")
def said(published):
    with torch.no_grad():
        return published(torch.randn(2, 1025, 112), torch.ones(2, 1025))


def parameters(network):
    return sum(parameter.numel() for parameter in network.parameters())


class Plain(torch.nn.Identity):
    """A front end that leaves the contacts as they are."""

    def __init__(self, contacts):
        super().__init__()
        self.features, self.stride = contacts, 1


def small(layers, frames=6, out=5, contacts=4, **settings):
    """A network without dropout, so that training has one answer."""
    torch.manual_seed(3)
    sizes = layers.Sizes(8, 1, 6, 7, 9, 10, 11, dropout=0.0, filters=3, reach=5)
    values = {"teacher": 0.0, **settings}
    return layers.Seq2Seq(Plain(contacts), contacts, frames, out, sizes, **values)


def talking(recording, speaker="s1", contacts=None):
    """The recording from another speaker, its contacts repeated up to that many."""

    def read(name):
        value = recording[name]
        if name != "seeg" or contacts is None:
            return value
        return np.tile(value, (1, -(-contacts // value.shape[1])))[:, :contacts]

    return Recording(recording.id, speaker, "s1", recording.text, read)


def short(entry, monkeypatch, epochs=1):
    recipes = {name: replace(recipe, epochs=epochs) for name, recipe in entry.RECIPES.items()}
    monkeypatch.setattr(entry, "RECIPES", recipes)


def fitted(entry, told, training, valid, seed=1, **settings):
    torch.manual_seed(seed)
    model = entry.Model(told, seed, **settings)
    model.fit(training, valid)
    return model


def answer(model, recording):
    return model.predict({"seeg": recording["seeg"]}, recording["mel"].shape)


def test_the_published_network_has_its_size(entry, published):
    assert parameters(published) == 6_007_659
    assert parameters(entry.published(front="1d")) == 5_829_409


def test_every_variant_can_be_counted(entry):
    counts = {name: parameters(entry.published(**v)) for name, v in VARIANTS.items()}
    assert counts["paper"] == counts["paper_faithful"] == counts["front_2d"] == 6_007_659
    assert counts["faithful_2d"] == 6_007_659
    assert counts["faithful"] == counts["default"] == 5_829_409
    assert counts["faithful_bins"] > counts["bins"] == counts["mixed"] > counts["default"]


def test_a_window_becomes_18_frames_through_39_steps(said):
    assert said.frames.shape == said.early.shape == (2, 18, 80)
    assert said.attention.shape == (2, 18, 39)
    assert said.embedding.shape == (2, 2 * 3 * 256)
    torch.testing.assert_close(said.attention.sum(2), torch.ones(2, 18))


def test_the_1d_front_end_leaves_19_steps(fronts, entry):
    front = fronts.Front1d(112, entry.CONVOLUTIONS["paper", "1d"])
    assert front(torch.randn(1, 1025, 112)).shape == (1, 19, 100)


@pytest.mark.parametrize("contacts", [101, 124])
def test_the_faithful_front_end_takes_101_to_124_contacts(fronts, entry, contacts):
    front = fronts.Front2d(contacts, entry.CONVOLUTIONS["paper", "2d"], exact=True)
    assert front(torch.randn(1, 110, contacts)).shape == (1, 1, 75)


@pytest.mark.parametrize("contacts", [100, 125])
def test_the_faithful_front_end_takes_no_others(entry, contacts):
    with pytest.raises(ValueError, match=f"takes 101 to 124 contacts, these are {contacts}"):
        entry.published(front="2d", faithful=True, contacts=contacts)


@pytest.mark.parametrize("contacts", [4, 54, 60, 101, 115, 127])
@pytest.mark.parametrize("kind", ["ci", "raw", "paper"])
def test_the_2d_front_end_takes_any_contacts(fronts, entry, kind, contacts):
    front = fronts.Front2d(contacts, entry.CONVOLUTIONS[kind, "2d"])
    steps, features = front(torch.randn(1, 110, contacts)).shape[1:]
    assert steps == {"ci": 51, "raw": 1, "paper": 1}[kind]
    assert features == front.features == entry.CONVOLUTIONS[kind, "2d"][-1].maps


def test_up_to_112_contacts_both_2d_front_ends_agree(fronts, entry):
    convolutions = entry.CONVOLUTIONS["raw", "2d"]
    for contacts, alike in ((112, True), (113, False)):
        torch.manual_seed(0)
        exact = fronts.Front2d(contacts, convolutions, exact=True)
        pooled = fronts.Front2d(contacts, convolutions)
        pooled.load_state_dict(exact.state_dict())
        x = torch.randn(2, 120, contacts)
        assert torch.equal(exact(x), pooled(x)) == alike


def test_the_3d_front_end_as_published_leaves_130_steps_of_270_features(fronts, entry):
    front = fronts.Front3d(107, entry.CONVOLUTIONS["paper", "3d"], exact=True)
    assert front(torch.randn(1, 1025, 107)).shape == (1, 130, 270)
    assert front.features == 270
    with pytest.raises(ValueError, match="takes 107 contacts, these are 108"):
        fronts.Front3d(108, entry.CONVOLUTIONS["paper", "3d"], exact=True)


@pytest.mark.parametrize("contacts", [4, 107, 127, 150])
@pytest.mark.parametrize("kind", ["ci", "raw", "paper"])
def test_the_3d_front_end_takes_any_contacts(fronts, entry, kind, contacts):
    front = fronts.Front3d(contacts, entry.CONVOLUTIONS[kind, "3d"]).eval()
    x = torch.randn(1, 54, contacts)
    found = front(x)
    assert found.shape[2] == front.features
    assert abs(found.shape[1] * front.stride - 54) < 6 * front.stride
    x[:, :, -1] += 1.0
    assert not torch.equal(front(x), found)


def test_windows_do_not_touch_each_other(published):
    torch.manual_seed(1)
    x = torch.randn(2, 1025, 112)
    with torch.no_grad():
        together = published(x, None).frames[1]
        alone = published(x[1:], None).frames[0]
    torch.testing.assert_close(together, alone, atol=1e-4, rtol=1e-4)


def test_teacher_forcing_feeds_the_previous_true_frame_in_training_only(layers):
    network = small(layers, teacher=1.0)
    x = torch.randn(2, 12, 4 + 5)
    other = x.clone()
    other[:, 3, 4:] += 5.0  # the true frame 3
    changed = (network(x, None).early - network(other, None).early).abs().amax((0, 2))
    assert (changed[:4] == 0).all()
    assert (changed[4:] > 1e-5).all()
    network.eval()
    torch.testing.assert_close(network(x, None).frames, network(other, None).frames)
    torch.testing.assert_close(network(x[..., :4], None).frames, network(x, None).frames)


def test_teacher_forcing_of_all_windows_equals_frame_by_frame(layers):
    x = torch.randn(3, 12, 4 + 5)
    network = small(layers, teacher=1.0)
    at_once = network(x, None).early
    network.teacher = 1 - 1e-6  # every window is drawn, but the loop does not know that
    torch.testing.assert_close(network(x, None).early, at_once)


def test_teacher_forcing_is_drawn_for_each_window(layers):
    network = small(layers, teacher=0.5)
    x = torch.randn(64, 12, 4 + 5)
    mixed = network(x, None).early
    network.teacher = 0.0
    free = network(x, None).early
    network.teacher = 1.0
    taught = network(x, None).early
    is_free = torch.isclose(mixed, free, atol=1e-6).all(2).all(1)
    is_taught = torch.isclose(mixed, taught, atol=1e-6).all(2).all(1)
    assert (is_free ^ is_taught).all()
    assert 10 < is_free.sum() < 54


def test_attention_is_that_of_a_convolution_and_a_layer(attention):
    torch.manual_seed(0)
    attention = attention.LocationAttention(10, 8, 6, 3, 5)
    query, memory, past = torch.randn(2, 8), torch.randn(2, 9, 10), torch.rand(2, 2, 9)
    keys, prior = attention.memory(memory), torch.randn(9)
    found = attention(query, keys, past, attention.located(), prior)
    place = attention.place(attention.past(past).transpose(1, 2))
    energy = attention.score(torch.tanh(keys + place + attention.query(query)[:, None]))
    torch.testing.assert_close(found, torch.softmax(energy[..., 0] + prior, 1))


def test_attention_receives_previous_and_cumulative_weights(layers):
    network, told = small(layers).eval(), []
    network.attention.register_forward_pre_hook(lambda _, given: told.append(given[2]))
    weights = network(torch.randn(2, 10, 4), None).attention
    assert not told[0].any()
    for frame in range(1, 6):
        torch.testing.assert_close(told[frame][:, 0], weights[:, frame - 1])
        torch.testing.assert_close(told[frame][:, 1], weights[:, :frame].sum(1))


@pytest.mark.parametrize(("rate", "steps"), [(1.0, 54), (1.0, 90), (2.0, 90)])
def test_aligned_attention_expects_each_frame_in_its_place(layers, rate, steps):
    network = small(layers, frames=18, aligned=3.0, rate=rate)
    x = torch.randn(2, steps, 4)
    with torch.no_grad():
        for parameter in network.attention.score.parameters():
            parameter.zero_()  # nothing else to go by
        weights = network.eval()(x, None).attention
    place = (weights * torch.arange(float(steps))).sum(2)
    expected = (steps - 1) / 2 + rate * (torch.arange(18) - 8.5)
    torch.testing.assert_close(place, expected.expand(2, -1), atol=1e-2, rtol=0)
    spread = ((torch.arange(float(steps)) - place[..., None]) ** 2 * weights).sum(2).sqrt()
    assert float(spread.max()) == pytest.approx(3 * rate, rel=0.05)


def test_dot_attention_expects_each_frame_in_its_place_where_it_is_aligned(layers):
    network = small(layers, frames=18, aligned=3.0, attention="dot").eval()
    torch.nn.init.zeros_(network.attention.memory.weight)
    torch.nn.init.zeros_(network.attention.memory.bias)
    with torch.no_grad():
        weights = network(torch.randn(1, 54, 4), None).attention
    assert weights.argmax(2)[0].tolist() == pytest.approx((17.5 + np.arange(18)) // 1, abs=1)


def test_free_attention_has_no_prior(layers):
    network = small(layers)
    with torch.no_grad():
        network.attention.score.weight.zero_()
        weights = network.eval()(torch.randn(1, 10, 4), None).attention
    torch.testing.assert_close(weights, torch.full((1, 6, 10), 0.1))


def test_the_postnet_sees_neighbours_unless_it_is_faithful(layers):
    for faithful in (True, False):
        network = small(layers, faithful=faithful).eval()
        torch.nn.init.ones_(network.postnet.layers[-2].weight)
        x = torch.randn(1, 6, 5)
        other = x.clone()
        other[:, 3] += 1.0
        with torch.no_grad():
            changed = (network.postnet(x) - network.postnet(other)).abs().amax((0, 2)) > 1e-7
        assert changed[3]
        assert changed.sum() == (1 if faithful else 6)


def test_the_postnet_adds_zero_at_initialisation(layers):
    network = small(layers)
    output = network(torch.randn(2, 12, 4), None)
    torch.testing.assert_close(output.frames, output.early)


def test_training_of_a_faithful_network_drops_out_what_enters_the_decoder(layers):
    torch.manual_seed(0)
    sizes = layers.Sizes(8, 1, 6, 7, 9, 10, 11, dropout=0.5, filters=3, reach=5)
    entered = {}
    for faithful in (True, False):
        network = layers.Seq2Seq(
            Plain(4), 4, 6, 5, sizes, teacher=0.0, centroids=None, faithful=faithful
        )
        seen = entered[faithful] = []
        network.cell.register_forward_pre_hook(lambda _, given, seen=seen: seen.append(given[0]))
        network(torch.randn(16, 10, 4), None)
    codes = {key: torch.stack(seen)[..., 7 : 7 + 32] for key, seen in entered.items()}
    assert (codes[True][..., 16:] == 0).float().mean() == pytest.approx(0.5, abs=0.05)
    assert (codes[True][..., 16:] - 2 * (codes[True][..., 16:] != 0)).abs().max() == 0
    assert (codes[False][..., 16:] != 0).all()


@pytest.mark.parametrize("attention", ["location", "dot"])
def test_a_faithful_network_starts_with_uniform_weights_by_both_sides(layers, attention):
    torch.manual_seed(0)
    network = small(layers, faithful=True, attention=attention)
    tanh = 5 / 3
    expected = [(network.prenet.layers[1].weight, 1.0), (network.head[0].weight, 1.0)]
    convolutions = [m.weight for m in network.postnet.layers if isinstance(m, torch.nn.Conv1d)]
    expected += [(convolutions[0], tanh), (convolutions[3], tanh), (convolutions[4], 1.0)]
    if attention == "location":
        seen = network.attention
        expected += [(seen.query.weight, tanh), (seen.past.weight, 1.0), (seen.memory.weight, tanh)]
    for weight, gain in expected:
        sides = (weight.shape[0] + weight.shape[1]) * weight[0, 0].numel()
        bound = gain * (6 / sides) ** 0.5
        assert 0.85 * bound < weight.abs().max() <= bound


def test_the_faithful_answer_is_the_centre_of_the_likeliest_class(layers):
    centres = np.sort(np.random.default_rng(0).standard_normal((5, 3)))
    network = small(layers, centroids=centres, faithful=True).eval()
    with torch.no_grad():
        output = network(torch.randn(2, 10, 4), None)
    chosen = output.logits.argmax(-1)
    for bin_ in range(5):
        expected = torch.tensor(centres[bin_], dtype=torch.float32)[chosen[..., bin_]]
        assert torch.equal(output.frames[..., bin_], expected)


def test_positions_are_sines_and_cosines(module):
    code = module("_seq2seq_layers").positions(40)
    assert code.shape == (40, 32)
    torch.testing.assert_close(code[:, 0], torch.sin(torch.arange(40.0)))
    torch.testing.assert_close(code[0], torch.cat([torch.zeros(16), torch.ones(16)]))
    assert torch.cdist(code, code).fill_diagonal_(9).min() > 0.1  # no two steps look alike


def test_centroids_of_plain_clusters(losses):
    values = np.array([[0.0, 10.1, 20.0], [0.1, 10.0, 0.2]])
    np.testing.assert_allclose(losses.centroids(values, 3), [0.1, 10.05, 20.0], rtol=1e-6)


def test_centroids_are_the_means_of_what_is_nearest(losses):
    values = np.random.default_rng(0).gamma(2.0, size=2000)
    centres = losses.centroids(values, 7).astype(float)
    assert (np.diff(centres) > 0).all()
    chosen = np.abs(values[:, None] - centres).argmin(1)
    means = [values[chosen == k].mean() for k in range(7)]
    np.testing.assert_allclose(centres, means, rtol=1e-5)
    where = losses.nearest(torch.tensor(values)[:, None], torch.tensor(centres)[None])
    np.testing.assert_array_equal(where[:, 0], chosen)


def test_more_classes_than_values_are_allowed(losses):
    assert np.isfinite(losses.centroids(np.zeros(5), 4)).all()


@pytest.mark.parametrize("local", [False, True])
def test_centroids_come_from_training_recordings(entry, asked, recordings, monkeypatch, local):
    short(entry, monkeypatch)
    found = []
    for valid in (recordings[8:10], []):
        model = fitted(entry, asked(TASK), recordings[:3], valid, loss="bins", local=local)
        found.append(model.view.centroids)
    np.testing.assert_array_equal(*found)
    assert found[0].shape == (5, entry.CLASSES)
    assert (found[0] == found[0][0]).all() != local


def test_contrastive_loss_falls_with_distance_between_speakers(losses):
    speaker = torch.tensor([0.0, 0.0, 1.0, 1.0])
    away = torch.tensor([0.0, 0.0, 1.0, 1.0])[:, None]
    costs = [float(losses.contrastive(far * away.expand(4, 6), speaker)) for far in (0, 0.5, 1, 9)]
    assert costs == pytest.approx([1.0, 0.25, 0.0, 0.0], abs=1e-4)


def test_contrastive_loss_rises_with_spread_within_a_speaker(losses):
    speaker = torch.tensor([0.0, 0.0, 1.0, 1.0])
    costs = [
        float(losses.contrastive(torch.tensor([[-s], [s], [9.0 - s], [9.0 + s]]), speaker))
        for s in (0.0, 0.1, 0.2)
    ]
    assert costs == pytest.approx([0.0, 0.04, 0.16], abs=1e-5)


def test_minimising_the_contrastive_loss_separates_speakers(losses):
    torch.manual_seed(0)
    speaker = torch.arange(8) % 2
    embedding = (0.1 * torch.randn(8, 4)).requires_grad_()
    for _ in range(60):
        (step,) = torch.autograd.grad(losses.contrastive(embedding, speaker), embedding)
        embedding = (embedding - 2.0 * step).detach().requires_grad_()
    distance = torch.cdist(embedding, embedding) / 2  # root mean square of four features
    same = speaker[:, None] == speaker
    assert distance[same].max() < 0.1
    assert distance[~same].min() > 0.8


def test_contrastive_loss_of_one_speaker_is_zero(losses):
    assert float(losses.contrastive(torch.randn(5, 3), torch.zeros(5))) == 0.0


def test_soft_correlation_is_over_frames(losses):
    rng = np.random.default_rng(0)
    logits, classes = rng.standard_normal((3, 18, 4, 5)), rng.integers(0, 4, (3, 18, 4))
    likely = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    one = np.eye(5)[classes]
    expected = [
        np.corrcoef(one[b, :, k, c], likely[b, :, k, c])[0, 1] if one[b, :, k, c].any() else 0.0
        for b in range(3)
        for k in range(4)
        for c in range(5)
    ]  # the last class never occurs
    found = losses.soft_correlation(torch.tensor(logits), torch.tensor(classes))
    assert float(found) == pytest.approx(np.mean(expected), abs=1e-6)


def test_windows_are_centred_on_their_frames(windows):
    place = windows.Place(18, 1025, 12.0)
    x = np.arange(4000.0)[:, None]
    found = place.signal(x, 60)[:, 0]
    assert len(found) == 1025
    assert found.mean() == pytest.approx((60 + 8.5) * 12.0)
    assert (np.diff(found) == 1).all()
    np.testing.assert_array_equal(windows.Place(18, 54).signal(x, 60)[:, 0], np.arange(42, 96))
    assert place.signal(x, 0)[0] == 0  # held, not wrapped


def test_the_signal_of_a_window_may_come_late(windows):
    place, x = windows.Place(1, 4, late=-2.5), np.arange(40.0)[:, None]
    assert place.signal(x, 20)[:, 0].tolist() == [16, 17, 18, 19]  # all before the frame


@pytest.mark.parametrize("count", [1, 5, 18, 19, 47, 131])
@pytest.mark.parametrize("hop", [1, 1.26, 6, 18])
def test_windows_join_to_what_they_were_cut_from(windows, count, hop):
    place = windows.Place(18, 54)
    y = np.random.default_rng(0).standard_normal((count, 3)).astype(np.float32)
    starts = place.starts(count, hop)
    assert max(np.diff([*starts, starts[-1]])) <= np.ceil(hop)
    cut = np.stack([place.answer(y, start) for start in starts])
    assert cut.shape == (len(starts), 18, 3)
    np.testing.assert_allclose(place.joined(cut, starts, count), y, rtol=1e-6)


def test_windows_of_recordings_are_examples(module, windows):
    example = module("_training").Example
    made = [example(np.full((n, 2), n), np.arange(n)[:, None] + [0, 100]) for n in (10, 4)]
    found = windows.Windows(made, windows.Place(4, 6), 3, beside=1)
    assert len(found) == 4
    assert [e.y[0, 0] for e in found] == [0, 3, 6, 0]
    assert [e.x[0, 0] for e in found[1:]] == [10, 10, 4]
    np.testing.assert_array_equal(found[1].x[:, 2], [3, 4, 5, 6, 0, 0])
    assert found[3].x.shape == (6, 3)


@pytest.mark.parametrize("variant", [name for name in VARIANTS if "paper" not in name])
def test_every_variant_fits_and_predicts(entry, asked, recordings, monkeypatch, variant):
    short(entry, monkeypatch)
    wide = 101 if variant == "faithful_2d" else None
    made = [talking(recording, contacts=wide) for recording in recordings]
    model = fitted(entry, asked(TASK), made[:2], made[2:3], **VARIANTS[variant])
    assert type(model.parameters) is int
    assert len(model.history) == 1
    assert type(model.flops) is float
    found = answer(model, made[10])
    assert found.shape == made[10]["mel"].shape
    assert found.dtype == np.float32
    assert np.isfinite(found).all()
    np.testing.assert_array_equal(found, answer(model, made[10]))


def test_paper_settings_make_the_published_network(entry, asked):
    model = entry.Model(asked(TASK), 1, **VARIANTS["paper"])
    model.view.centroids = None
    assert parameters(model.layers((112,), 81)) == 6_007_659
    assert model.place.samples == 1025
    assert model.recipe.batch == 32
    starts = model.place.starts(1000, model.hop)
    assert np.mean(np.diff(starts)) == pytest.approx(15 / 1024 * 22050 / 256, abs=0.01)


@pytest.mark.parametrize(("variant", "stride"), [("default", 6), ("faithful", 18)])
def test_faithful_windows_are_answered_side_by_side(entry, asked, variant, stride):
    assert entry.Model(asked(TASK), 1, **VARIANTS[variant]).stride == stride


def test_the_faithful_variant_refuses_other_contacts(entry, asked, recordings):
    with pytest.raises(ValueError, match="these are 4"):
        fitted(entry, asked(TASK), recordings[:2], [], **VARIANTS["faithful_2d"])


def test_dropout_at_prediction_depends_on_the_seed(entry, asked, recordings, monkeypatch):
    short(entry, monkeypatch)
    made = [talking(recording, contacts=101) for recording in recordings]
    model = fitted(entry, asked(TASK), made[:2], [], **VARIANTS["faithful_2d"])
    first = answer(model, made[10])
    model.seed += 1
    assert not np.array_equal(first, answer(model, made[10]))
    torch.manual_seed(5)
    state = torch.get_rng_state()
    answer(model, made[10])
    assert torch.equal(state, torch.get_rng_state())


def test_prediction_draws_no_other_random_numbers(entry, asked, recordings, monkeypatch):
    short(entry, monkeypatch)
    model = fitted(entry, asked(TASK), recordings[:2], [])
    first = answer(model, recordings[10])
    model.seed += 1
    np.testing.assert_array_equal(first, answer(model, recordings[10]))


def test_predictions_from_classes_lie_between_their_centres(entry, asked, recordings, monkeypatch):
    short(entry, monkeypatch, epochs=2)
    model = fitted(entry, asked(TASK), recordings[:4], [], loss="bins")
    found = model.view.standard(answer(model, recordings[10]))
    assert found.min() >= model.view.centroids.min() - 1e-5
    assert found.max() <= model.view.centroids.max() + 1e-5


def test_the_error_has_the_scale_of_the_task(entry, asked, recordings, monkeypatch):
    short(entry, monkeypatch, epochs=3)
    model = fitted(entry, asked(TASK), recordings[:4], recordings[8:10])
    model.stride = 18
    scale = float(model.view.standard.scale[0]) ** 2
    errors = [np.square(answer(model, r) - r["mel"]).mean() for r in recordings[8:10]]
    assert min(model.history) * scale == pytest.approx(np.mean(errors), rel=0.15)


def test_the_contrastive_loss_refuses_a_single_speaker(entry, asked, recordings):
    with pytest.raises(ValueError, match="all training recordings are of one: choose a split"):
        fitted(entry, asked(TASK), recordings[:2], [], contrast=0.1)


def test_speakers_with_different_contacts_train_together(entry, asked, recordings, monkeypatch):
    short(entry, monkeypatch, epochs=2)
    made = [
        talking(recording, "ab"[number % 2], 3 + number % 2)
        for number, recording in enumerate(recordings)
    ]
    models = [fitted(entry, asked(TASK), made[:6], made[6:8], contrast=c) for c in (0.0, 5.0)]
    assert models[0].history != models[1].history
    assert models[1].view.contacts == 4
    rows = [models[1].view.rows(recording)[0, -1] for recording in made[:2]]
    assert rows == [0, 1]
    for model in models:
        for recording in (*made[8:10], talking(made[10], "stranger", 6)):
            assert np.isfinite(answer(model, recording)).all()


def test_it_learns(entry, asked, recordings, monkeypatch):
    short(entry, monkeypatch, epochs=8)
    model = fitted(entry, asked(TASK), recordings[:8], recordings[8:10])
    assert min(model.history) < 0.5  # of the variance
    short_recording = {"seeg": recordings[10]["seeg"][:30]}
    assert model.predict(short_recording, (3, 5)).shape == (3, 5)


def test_the_published_densenet_has_its_size(dense):
    network = dense.published().eval()
    assert parameters(network) == parameters(dense.published(faithful=True)) == 328_160
    with torch.no_grad():
        assert network(torch.randn(1, 17, 108), None).shape == (1, 1, 80)


def test_a_square_grid_is_nearly_square_and_holds_all_contacts(dense):
    for contacts in range(1, 200):
        rows, columns = dense.square(contacts)
        assert contacts <= rows * columns < contacts + columns
        assert 0 <= columns - rows <= 3
    assert dense.square(108) == (10, 11)


def test_the_published_grid_has_rows_of_12_and_at_least_9(dense):
    found = [dense.as_published(contacts) for contacts in (1, 107, 108, 109, 127)]
    assert found == [(9, 12), (9, 12), (9, 12), (10, 12), (11, 12)]


@pytest.mark.parametrize("published", [False, True])
@pytest.mark.parametrize("contacts", [1, 4, 54, 127])
def test_the_densenet_takes_any_contacts(dense, contacts, published):
    network = dense.DenseNet(contacts, 80, dense.SIZES["ci"], published).eval()
    x = torch.randn(2, 17, contacts)
    found = network(x, None)
    assert found.shape == (2, 1, 80)
    unseen = x.clone()
    unseen[:, 1::2] += 9.0  # every other frame
    torch.testing.assert_close(network(unseen, None), found)
    unseen[:, 0, -1] += 9.0
    assert not torch.allclose(network(unseen, None), found)


@pytest.mark.parametrize(
    ("faithful", "shape", "first"),
    [(False, (9, 2, 3), [1, 2, 3]), (True, (4, 9, 12), [1, 2, 3, 4, 5, *[0] * 7])],
)
def test_contacts_fill_the_grid_row_by_row(dense, faithful, shape, first):
    network = dense.DenseNet(5, 1, dense.SIZES["ci"], False, faithful)
    network.layers = torch.nn.Identity()
    seen = network(torch.arange(1.0, 6).expand(1, 17, 5), None)[:, 0]
    assert seen.shape == (1, 1, *shape)
    assert seen[0, 0, 0, 0].tolist() == first
    assert float(seen[0, 0, 0].sum()) == 15


def test_the_faithful_densenet_sees_250_ms_around_10_ms_before_its_frame(dense, asked):
    model = dense.Model(asked(TASK), 1, faithful=True)
    time = np.arange(4000.0)[:, None] / 1024
    seen = model.place.signal(time, 100)[:, 0]
    assert len(seen) == 255
    assert seen.mean() - 100 * 256 / 22050 == pytest.approx(-0.0104, abs=0.5 / 1024)


def test_the_faithful_densenet_sees_the_band_itself(dense, asked, recordings):
    seen = dense.Model(asked(TASK), 1, faithful=True).view.features(recordings[0], 20)
    assert seen.shape == recordings[0]["seeg"].shape
    assert abs(seen.mean()) < 0.1 * seen.std()
    model = dense.Model(asked(TASK), 1, size="paper")
    assert model.view.features(recordings[0], 20).shape == (20, 4)
    assert model.hop == pytest.approx(0.015 * 22050 / 256)


def test_dropout_is_in_the_faithful_densenet_alone(dense):
    for faithful in (False, True):
        network = dense.published(faithful=faithful)
        rates = {m.p for m in network.modules() if isinstance(m, torch.nn.Dropout)}
        assert rates == ({0.1} if faithful else {0.0})
    torch.manual_seed(0)
    found = dense.Layer(3, 8, dropout=0.5)(torch.randn(2, 3, 4, 4, 4))
    assert (found[:, 3:] == 0).float().mean() == pytest.approx(0.5, abs=0.1)
    assert (found[:, :3] != 0).all()


def test_the_densenet_learns(dense, asked, recordings):
    model = fitted(dense, asked(TASK), recordings[:8], recordings[8:10])
    assert min(model.history) < 0.5  # of the variance
    assert answer(model, recordings[10]).shape == recordings[10]["mel"].shape


def test_the_faithful_densenet_fits_and_predicts(dense, asked, recordings, monkeypatch):
    sizes = dense.SIZES["ci"]
    few = replace(sizes, maps=2, growth=2, recipe=replace(sizes.recipe, epochs=1))
    monkeypatch.setitem(dense.SIZES, "ci", few)
    model = fitted(dense, asked(TASK), recordings[:2], recordings[2:3], faithful=True)
    found = answer(model, recordings[10])
    assert found.shape == recordings[10]["mel"].shape
    assert np.isfinite(found).all()
