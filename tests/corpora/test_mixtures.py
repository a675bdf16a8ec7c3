"""Mixtures of any corpus: protocol, draws, voices that stay apart, levels, and own noises."""

from __future__ import annotations

import hashlib
from collections import Counter
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from scipy.io import wavfile

from benchmark.core import Array, UserError
from benchmark.corpora import embedded, mixing, mixtures
from benchmark.corpora.io import sound
from benchmark.corpora.mixtures import Protocol, Recipe

RATE = 16000
# Four speakers with 4 training, 1 validation and 4 test utterances each.
ROLES = {
    f"s{speaker}-{number}": "train" if number < 4 else "valid" if number == 4 else "test"
    for speaker in range(4)
    for number in range(9)
}
SPEAKERS = {id: id[:2] for id in ROLES}
SOUNDS = {  # in steps of 16 bits, from the 6000th sample on
    "s1-6+babble3-m6": (-8175, -3901, -1670),
    "s1-6+car-m11": (328, -1839, 194),
}


def speech(id: str, length: int = 12000) -> Array:
    """Something that is loud and soft, and another for each id."""
    rng = np.random.default_rng(list(id.encode()))
    return np.asarray(0.1 * rng.standard_normal(length) * np.hanning(length))


def made(**given: object) -> list[Recipe]:
    return mixtures.recipes(ROLES, speakers=SPEAKERS, **given)  # type: ignore[arg-type]


def test_the_protocol_gives_the_published_numbers_of_mixtures() -> None:
    """280, 20 and 40 utterances: 7000 and 500 mixtures, and 160 for each test noise."""
    roles = {
        f"u-{n:04}": "test" if n <= 40 else "valid" if n <= 60 else "train" for n in range(1, 341)
    }
    found = mixtures.recipes(roles)
    assert Counter(roles[r.clean] for r in found) == {"train": 7000, "valid": 500, "test": 1280}
    assert len({r.id for r in found}) == len(found)


def test_training_draws_five_noises_a_level_and_tests_meet_all() -> None:
    every = {"white", "pink", "engine", "car", "street", "babble1", "babble2", "babble3"}
    drawn = Counter()
    for id, role in ROLES.items():
        own = [r for r in made() if r.clean == id]
        levels = (-11, -6, -1, 4) if role == "test" else (-10, -5, 0, 5, 10)
        assert {r.snr for r in own} == set(levels)
        for snr in levels:
            kinds = [r.kind for r in own if r.snr == snr]
            assert len(kinds) == len(set(kinds)) == (8 if role == "test" else 5)
            drawn.update(kinds if role != "test" else [])
            assert set(kinds) <= every
        assert {r.role for r in own} == {"test" if role == "test" else "train"}
    assert set(drawn) == every
    assert max(drawn.values()) < 2 * min(drawn.values())


def test_ids_say_utterance_noise_and_level() -> None:
    by_id = {r.id: r for r in made()}
    assert by_id["s0-5+pink-m11"].snr == -11
    assert by_id["s0-5+babble2-p4"].kind == "babble2"
    assert mixtures.facets("s0-5+pink-m11") == {"noise": "pink", "SNR [dB]": "-11"}
    assert mixtures.facets("s0-5+two-voices-p0") == {"noise": "two-voices", "SNR [dB]": "0"}
    assert mixtures.facets("s0-5") == {}
    for id in ("u01-s002+pink-m11", "u01-s002+babble1-p4"):
        assert mixtures.facets(id) == embedded.CORPUS.facets(id)


def test_recipes_are_the_same_every_time_and_seeds_differ() -> None:
    assert made() == made()
    assert len({(r.kind, r.seed) for r in made()}) == len(made())


def test_recipes_and_sound_are_what_they_were() -> None:
    """Results of today must be those of tomorrow: a change here needs a new version."""
    lines = "\n".join(map(repr, made())).encode()
    assert hashlib.sha256(lines).hexdigest()[:16] == "db0428bc64efd35b"
    by_id = {r.id: r for r in made()}
    for id, expected in SOUNDS.items():
        noisy, _ = mixing.mix(by_id[id], speech(by_id[id].clean), speech)
        np.testing.assert_allclose(noisy[6000:6003] * 32768, expected, atol=2, err_msg=id)


def test_an_utterance_draws_alike_whoever_else_is_there() -> None:
    fewer = {id: role for id, role in ROLES.items() if id[:2] != "s3"}
    known = {r.id: r for r in made()}
    for recipe in mixtures.recipes(fewer, speakers=SPEAKERS):
        assert recipe == known[recipe.id] or recipe.voices
        assert recipe.seed == known[recipe.id].seed


def test_voices_of_training_never_babble_in_a_test() -> None:
    for recipe in made():
        count = int(recipe.kind[-1]) if recipe.kind.startswith("babble") else 0
        assert len(recipe.voices) == len(set(recipe.voices)) == len(recipe.offset) == count
        for voice in recipe.voices:
            assert ROLES[voice] == recipe.role
            assert SPEAKERS[voice] != SPEAKERS[recipe.clean]


def test_a_corpus_of_one_speaker_babbles_with_other_utterances() -> None:
    voices: dict[str, set[str]] = {"train": set(), "test": set()}
    own = {id: role for id, role in ROLES.items() if id.startswith("s0")}
    for recipe in mixtures.recipes(own):
        assert recipe.clean not in recipe.voices
        voices[recipe.role] |= set(recipe.voices)
    assert voices == {
        "train": {"s0-0", "s0-1", "s0-2", "s0-3"},
        "test": {"s0-5", "s0-6", "s0-7", "s0-8"},
    }


def test_anybody_babbles_where_other_speakers_are_too_few() -> None:
    few = {id: role for id, role in ROLES.items() if id[:2] == "s0" or id == "s1-5"}
    voices = {v for r in mixtures.recipes(few, speakers=SPEAKERS) for v in r.voices}
    assert voices == set(few) - {"s0-4"}


def test_too_few_voices_are_named() -> None:
    with pytest.raises(UserError, match=r"^b: expected [123] other utterances of role test"):
        mixtures.recipes({"a": "train", "c": "train", "d": "train", "e": "train", "b": "test"})


def test_a_smaller_protocol_gives_fewer_mixtures() -> None:
    small = Protocol(train=(0,), test=(4,), draws=2)
    assert len(made(protocol=small)) == 20 * 2 + 16 * 8


@pytest.mark.parametrize("kind", ["white", "engine", "babble1", "babble3"])
def test_the_level_of_a_mixture_is_what_its_name_says(kind: str) -> None:
    for recipe in (r for r in made() if r.kind == kind and r.clean in ("s0-0", "s2-7")):
        clean = speech(recipe.clean)
        noisy, target = mixing.mix(recipe, clean, speech)
        assert noisy.dtype == target.dtype == np.float32
        assert noisy.shape == target.shape == clean.shape
        added = noisy.astype(np.float64) - target
        level = 10 * np.log10(np.sum(target.astype(np.float64) ** 2) / np.sum(added**2))
        assert abs(level - recipe.snr) < 0.05
        assert (noisy * 32768 == np.round(noisy * 32768)).all()
        assert np.abs(noisy).max() < 1


def test_a_mixture_is_made_softer_only_where_it_would_clip() -> None:
    by_id = {r.id: r for r in made()}
    clean = speech("s0-5")
    _, target = mixing.mix(by_id["s0-5+white-p4"], clean, speech)
    np.testing.assert_allclose(target, clean, atol=2**-15)
    loud = clean * 0.95 / np.abs(clean).max()
    noisy, softer = mixing.mix(by_id["s0-5+white-m11"], loud, speech)
    assert abs(np.abs(noisy).max() - 0.99) < 1e-4
    ratio = float(softer @ loud / (loud @ loud))
    assert ratio < 0.5
    np.testing.assert_allclose(softer, loud * ratio, atol=2**-14)


def test_the_same_noise_sounds_otherwise_in_a_test() -> None:
    by_id = {r.id: r for r in made()}
    tested = by_id["s0-5+car-p4"]
    assert tested.role == "test"
    one, other = (
        mixing.mix(Recipe(**{**vars(tested), "role": role}), speech("s0-5"), speech)[0]
        for role in ("train", "test")
    )
    assert np.abs(one - other).max() > 0.01


def test_silence_is_refused_by_name() -> None:
    by_id = {r.id: r for r in made()}
    recipe = by_id["s0-5+babble2-p4"]
    with pytest.raises(UserError, match=r"^s0-5: expected speech, found silence"):
        mixing.mix(recipe, np.zeros(100), speech)
    with pytest.raises(UserError, match=r"^s0-5\+babble2-p4: .*silence in s\d-\d and s\d-\d;"):
        mixing.mix(recipe, speech("s0-5"), lambda _: np.zeros(100))


# Noises of one's own


def wav(path: Path, sound: Array, rate: int = RATE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    wavfile.write(path, rate, sound)
    return path


@pytest.fixture
def own(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    for name in ("n1", "n2", "n3", "n4", "n5", "n6"):
        wav(tmp_path / "noise/train" / f"{name}.wav", rng.uniform(-0.5, 0.5, 3000))
    for name in ("Street Noise", "2M+1F"):
        wav(tmp_path / "noise/test" / f"{name}.wav", rng.uniform(-0.5, 0.5, 3000))
    return tmp_path


def test_without_a_folder_noises_are_synthesised(tmp_path: Path) -> None:
    assert mixtures.noises(tmp_path) == mixtures.SYNTHESISED


def test_own_noises_take_the_place_of_all_others(own: Path) -> None:
    noises = mixtures.noises(own)
    assert noises.train == ("n1", "n2", "n3", "n4", "n5", "n6")
    assert noises.test == ("2M_1F", "Street_Noise")
    found = made(noises=noises)
    assert len(found) == 20 * 25 + 16 * 4 * 2
    for recipe in found:
        side = "test" if ROLES[recipe.clean] == "test" else "train"
        assert recipe.voices == (f"noise/{side}/{recipe.kind}",)
    ids = {r.id for r in found}
    assert "s0-5+Street_Noise-m11" in ids
    assert len({r.offset for r in found}) > 100
    assert not any(set("+ ") & set(id.split("+", 1)[1]) for id in ids)


def test_own_noise_begins_somewhere_and_repeats(own: Path) -> None:
    noises = mixtures.noises(own)
    recipe = next(r for r in made(noises=noises) if r.kind == "2M_1F" and r.snr == 4)
    clean = speech(recipe.clean)
    noisy, target = mixing.mix(recipe, clean, partial(mixing.sound, noises))
    added = noisy.astype(np.float64) - target
    np.testing.assert_allclose(added[:3000], added[3000:6000], atol=2**-13)
    _, whole = wavfile.read(own / "noise/test/2M+1F.wav")
    begin = recipe.offset[0] % 3000
    like = np.corrcoef(added[: 3000 - begin], whole[begin:])[0, 1]
    assert like > 0.999


def test_own_noise_of_another_rate_is_resampled_and_channels_averaged(tmp_path: Path) -> None:
    times = np.arange(20000) / 20000
    tone = np.sin(2 * np.pi * 440 * times)
    path = wav(tmp_path / "a.wav", np.column_stack([0.6 * tone, 0.2 * tone]), 20000)
    found = mixing.sound(mixtures.Noises((), (), {"noise/test/a": path}), "noise/test/a")
    expected = 0.4 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found[200:-200], expected[200:-200], atol=2e-3)


def test_a_folder_of_noises_that_is_not_complete_is_refused(own: Path) -> None:
    (own / "noise/train/n6.wav").unlink()
    made(noises=mixtures.noises(own))
    (own / "noise/train/n5.wav").unlink()
    with pytest.raises(UserError, match="expected 5 noises of training or more, found 4"):
        made(noises=mixtures.noises(own))
    for path in (own / "noise/test").iterdir():
        path.unlink()
    with pytest.raises(UserError, match=r"noise/test: expected \*\.wav with noises, found none"):
        mixtures.noises(own)


def test_two_noises_of_one_name_are_refused(own: Path) -> None:
    wav(own / "noise/test/Street_Noise.wav", np.ones(9, np.int16))
    with pytest.raises(
        UserError, match=r"Street_Noise\.wav: .* is called Street_Noise as Street N"
    ):
        mixtures.noises(own)


def test_a_noise_heard_in_training_is_named(own: Path) -> None:
    assert mixtures.problems(own) == []
    same = (own / "noise/train/n2.wav").read_bytes()
    (own / "noise/test/quiet.wav").write_bytes(same)
    (told,) = mixtures.problems(own)
    assert told.startswith(f"{own / 'noise/test/quiet.wav'}: expected a noise that is not heard")
    assert "n2.wav" in told


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (np.array([0.5, np.nan]), "expected finite samples"),
        (np.zeros(0), "expected finite samples, found NaN or none"),
        (np.array([0.5, -3000.0]), "expected samples from -1 to 1, found 3000"),
    ],
)
def test_a_wav_that_is_not_sound_is_refused(tmp_path: Path, content: Array, says: str) -> None:
    path = wav(tmp_path / "a.wav", content)
    with pytest.raises(UserError, match=says):
        sound.read(path)


def test_a_file_that_is_no_wav_is_refused(tmp_path: Path) -> None:
    for content in (b"", b"RIFF", b"text " * 100):
        (tmp_path / "a.wav").write_bytes(content)
        with pytest.raises(UserError, match=r"a\.wav: not a sound wav file"):
            sound.read(tmp_path / "a.wav")
    with pytest.raises(UserError, match=r"b\.wav: not a sound wav file"):
        sound.read(tmp_path / "b.wav")


def test_sound_of_16_bits_is_brought_to_full_scale_1(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", np.array([0, 16384, -32768], np.int16))
    samples, told = sound.read(path)
    assert (samples[:, 0].tolist(), told.rate) == ([0, 0.5, -1], RATE)
