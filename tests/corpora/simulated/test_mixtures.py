"""Noises of simulated corpora, and which of them are mixed with what."""

from __future__ import annotations

import hashlib
from collections import Counter
from itertools import product

import numpy as np
import pytest

from benchmark.core import Array, UserError
from benchmark.corpora.mixtures import Recipe, facets
from benchmark.corpora.simulated import mixtures
from benchmark.corpora.simulated.noises import kinds, parts

RATE = 16000
BLOCK = 320  # samples, 20 ms
SENTENCES = {f"t{t:02}": [f"t{t:02}-s{k:02}" for k in range(70)] for t in range(1, 13)}
ROLE = mixtures.roles(SENTENCES)
ALL = mixtures.recipes("seed", SENTENCES, ROLE)
EVERY = [(side, name) for side, names in kinds.SIDES.items() for name in names]
SOUNDS = {  # the 20000th sample of the first noise of each kind, in thousandths
    "train": "-1143 -50 27 -1072 889 644 1132 -862 -442 -1104 653 -904 -83 -1674 -1302 -473 -227 "
    "-72 -220 205 -894 -125 620 307 -1106 -1492 -284 -180 -238",
    "test": "-134 1672 555 476 -28 541 1896 -78 155 3 896 -659 394 -205 -332",
}


def speech(id: str, length: int = 12000) -> Array:
    """Something that is loud and soft above the noise of a room, and another for each id."""
    rng = np.random.default_rng(list(id.encode()))
    loud = 0.1 * rng.standard_normal(length) * np.hanning(length)
    return np.asarray(loud + 3e-4 * rng.standard_normal(length))


def role_of(recipe: Recipe) -> str:
    return ROLE[recipe.clean]


# Noises


@pytest.fixture(scope="module")
def sounds() -> dict[tuple[str, str], Array]:
    """A second and a half of every noise."""
    return {(side, name): kinds.noise("seed", side, name, 0, 24000) for side, name in EVERY}


def test_there_are_eighteen_test_noises_and_more_to_train_on() -> None:
    assert len(mixtures.KINDS["test"]) == 18
    assert len(mixtures.KINDS["train"]) == 32
    assert not set(kinds.TRAIN) & set(kinds.TEST)


def test_no_test_noise_can_be_one_of_training() -> None:
    for one, other in product(kinds.TRAIN.values(), kinds.TEST.values()):
        if one.family != other.family:
            continue
        apart = [
            high < lowest or low > highest
            for (low, high), (lowest, highest) in zip(one.spans, other.spans, strict=True)
        ]
        assert any(apart), f"{one} and {other} may be one noise"


def test_noises_have_unit_variance_and_are_never_silent(
    sounds: dict[tuple[str, str], Array],
) -> None:
    for key, sound in sounds.items():
        assert sound.shape == (24000,), key
        assert abs(np.std(sound) - 1) < 1e-9, key
        assert abs(np.mean(sound)) < 0.05, key
        blocks = sound.reshape(-1, BLOCK)
        assert np.sqrt(np.mean(blocks**2, axis=1)).min() > 0.005, key


def test_noises_lie_everywhere_in_the_spectrum_and_in_time(
    sounds: dict[tuple[str, str], Array],
) -> None:
    """Of either side: centroids from below 200 Hz to above 3.5 kHz, steady and in pieces."""
    for side in kinds.SIDES:
        centres, depths = [], []
        for (of, _), sound in sounds.items():
            if of == side:
                power = np.abs(np.fft.rfft(sound)) ** 2
                centres.append(np.fft.rfftfreq(len(sound), 1 / RATE) @ power / power.sum())
                level = 10 * np.log10(np.mean(sound.reshape(-1, BLOCK) ** 2, axis=1))
                depths.append(np.std(level))
        assert min(centres) < 200
        assert max(centres) > 3500
        assert min(depths) < 0.6
        assert max(depths) > 10
        assert sum(500 < centre < 3000 for centre in centres) >= 6


def test_noises_are_what_they_were(sounds: dict[tuple[str, str], Array]) -> None:
    """A change here changes what is mixed: it needs a new version of PARAMETERS."""
    for side, expected in SOUNDS.items():
        found = [round(1000 * sounds[side, name][20000]) for name in kinds.SIDES[side]]
        np.testing.assert_allclose(found, [int(v) for v in expected.split()], atol=2)


@pytest.mark.parametrize("odd", [False, True])
def test_partials_are_a_sum_of_sines(odd: bool) -> None:
    frequency = 150 + 20 * np.sin(np.arange(4000) / 500)
    sound = parts.partials(np.random.default_rng(0), frequency, 0.7, 12, odd)
    rng, orders = np.random.default_rng(0), np.arange(1, 13, 2 if odd else 1)
    level = rng.uniform(0.3, 1.0, len(orders)) / orders**0.7
    begin = rng.uniform(0, 2 * np.pi, len(orders))
    phase = 2 * np.pi * np.cumsum(frequency) / RATE
    expected = level @ np.sin(np.outer(orders, phase) + begin[:, None])
    np.testing.assert_allclose(sound, expected / np.std(expected), atol=1e-9)


def test_a_noise_depends_on_seed_side_name_and_number_alone() -> None:
    first = kinds.noise("seed", "test", "wind", 1, 4000)
    assert (first == kinds.noise("seed", "test", "wind", 1, 4000)).all()
    for other in (("other", "test", "wind", 1), ("seed", "test", "wind", 2)):
        assert np.abs(np.corrcoef(first, kinds.noise(*other, 4000))[0, 1]) < 0.5
    with pytest.raises(UserError, match=r"^expected a noise of train, which are .*'wind'"):
        kinds.noise("seed", "train", "wind", 1, 4000)


# Mixtures


def test_every_talker_gives_as_many_mixtures_of_each_level() -> None:
    counts = Counter((role_of(r), r.clean[:3], r.snr) for r in ALL)
    for talker in SENTENCES:
        assert [counts["train", talker, snr] for snr in (-10, -5, 0, 5, 10)] == [11] * 5
        assert [counts["valid", talker, snr] for snr in (-10, -5, 0, 5, 10)] == [2] * 5
        assert [counts["test", talker, snr] for snr in (-11, -6, -1, 4)] == [9] * 4
    assert Counter(map(role_of, ALL)) == {"train": 660, "valid": 120, "test": 432}
    assert len({r.id for r in ALL}) == len(ALL)


def test_every_test_noise_meets_six_talkers_at_every_level() -> None:
    tested = Counter((r.kind, r.snr) for r in ALL if role_of(r) == "test")
    assert len(tested) == 18 * 4
    assert set(tested.values()) == {6}
    assert len({(r.kind, r.clean[:3]) for r in ALL if role_of(r) == "test"}) == 18 * 12


def test_noises_of_training_are_equally_frequent() -> None:
    for role in ("train", "valid"):
        drawn = Counter(r.kind for r in ALL if role_of(r) == role)
        assert set(drawn) == set(mixtures.KINDS["train"])
        assert max(drawn.values()) - min(drawn.values()) <= 1
    levels = Counter((r.kind, r.snr) for r in ALL if role_of(r) == "train")
    assert max(levels.values()) <= 8
    assert len(levels) > 150


def test_sentences_are_used_equally_often() -> None:
    for role, most in (("train", 2), ("valid", 2), ("test", 3)):
        used = Counter(r.clean for r in ALL if role_of(r) == role)
        assert set(used) == {id for id, r in ROLE.items() if r == role}
        assert max(used.values()) <= most


def test_voices_are_of_others_on_the_same_side() -> None:
    for recipe in ALL:
        count = int(recipe.kind[-1]) if recipe.kind.startswith("babble") else 0
        assert len(recipe.voices) == len(recipe.offset) == count
        assert len({recipe.clean[:3], *(v[:3] for v in recipe.voices)}) == count + 1
        assert {ROLE[v] for v in recipe.voices} <= {recipe.role}
        assert recipe.role == ("test" if role_of(recipe) == "test" else "train")


def test_recipes_are_what_they_were_and_hang_on_the_seed() -> None:
    again = mixtures.recipes("seed", dict(reversed(SENTENCES.items())), ROLE)
    assert again == ALL
    lines = "\n".join(map(repr, ALL)).encode()
    assert hashlib.sha256(lines).hexdigest()[:16] == "add656fcb4f13d30"
    other = mixtures.recipes("other", SENTENCES, ROLE)
    assert not {r.seed for r in ALL} & {r.seed for r in other}


def test_two_talkers_of_two_sentences_can_be_tested_alone() -> None:
    few = {talker: ids[:2] for talker, ids in list(SENTENCES.items())[:2]}
    found = mixtures.recipes("seed", few, {id: "test" for ids in few.values() for id in ids})
    assert len(found) == len({r.id for r in found}) == 2 * 36
    assert {r.role for r in found} == {"test"}
    assert all(r.clean not in r.voices for r in found)
    with pytest.raises(UserError, match=r"^a: expected 1 other sentences to babble, found 0"):
        mixtures.recipes("seed", {"t": ["a"]}, {"a": "test"})


@pytest.mark.parametrize("kind", ["white", "keyboard", "babble2"])
def test_a_mixture_has_the_level_of_its_name_and_is_never_silent(kind: str) -> None:
    for recipe in [r for r in ALL if r.kind == kind and role_of(r) == "test"][:4]:
        noisy, target = mixtures.mix(recipe, "seed", speech(recipe.clean), speech)
        assert noisy.dtype == target.dtype == np.float32
        added = noisy.astype(np.float64) - target
        level = 10 * np.log10(np.sum(target.astype(np.float64) ** 2) / np.sum(added**2))
        assert abs(level - recipe.snr) < 0.05
        assert facets(recipe.id) == {"noise": kind, "SNR [dB]": str(recipe.snr)}
        for sound in (noisy, target):
            assert np.abs(sound).max() < 1
            assert np.any(sound[: 12000 // BLOCK * BLOCK].reshape(-1, BLOCK), axis=1).all()


def test_silence_is_refused_by_name() -> None:
    recipe = next(r for r in ALL if r.kind == "pink")
    with pytest.raises(UserError, match=rf"^{recipe.clean}: expected speech, found silence"):
        mixtures.mix(recipe, "seed", np.zeros(100), speech)
