"""The embedded corpus as it is stored; sensors have tests of their own."""

import hashlib
import json
import shutil
import time

import numpy as np
import pytest

from benchmark.core import UserError
from benchmark.corpora import embedded


def entries():
    return embedded.manifest(embedded.FOLDER)["recordings"]


def recipes():
    return embedded.mixtures(embedded.FOLDER)


def by_id():
    return {recording.id: recording for recording in embedded.recordings(embedded.FOLDER)}


def first(kind):
    return next(id for id, entry in entries().items() if entry["kind"] == kind)


@pytest.fixture
def copy(tmp_path):
    return shutil.copytree(embedded.FOLDER, tmp_path / "data")


def test_listing_is_quick_and_reads_no_signal():
    embedded.manifest.cache_clear()
    embedded.sound.cache_clear()
    start = time.perf_counter()
    found = embedded.recordings(embedded.FOLDER)
    assert time.perf_counter() - start < 1
    assert embedded.sound.cache_info().currsize == 0
    assert len({recording.id for recording in found}) == len(found)
    assert len(found) == len(entries()) + len(recipes())


def test_frames_and_samples_cover_each_speaker_without_gap_or_overlap():
    for speaker in {entry["talker"] for entry in entries().values()}:
        own = [entry for entry in entries().values() if entry["talker"] == speaker]
        end = 0
        for entry in sorted(own, key=lambda e: e["frames"][0]):
            assert entry["frames"][0] == end
            assert entry["audio"] == [160 * n for n in entry["frames"]]
            end += entry["frames"][1]
        assert len(embedded.frames(embedded.FOLDER, speaker)["points"]) == end
        assert len(embedded.sound(embedded.FOLDER, speaker)) == 160 * end


@pytest.mark.parametrize("name", embedded.DERIVED)
def test_every_signal_of_a_recording_has_the_length_of_its_duration(name):
    for kind in ("sentence", "word"):
        id = first(kind)
        seconds = entries()[id]["frames"][1] / 100
        signal = embedded.SIGNALS[name]
        assert len(by_id()[id][name]) == int(np.floor(seconds * signal.rate + 0.5 + 1e-9))


def test_two_loads_are_bit_equal():
    def load():
        for cache in (embedded.sound, embedded.frames, embedded.speaker, embedded.manifest):
            cache.cache_clear()
        recording = by_id()[first("word")]
        return {name: recording[name].tobytes() for name in embedded.DERIVED}

    assert load() == load()


def test_no_articulation_channel_stands_still_in_any_recording():
    for id in entries():
        values = embedded.read(embedded.FOLDER, id, "articulation")
        assert (np.ptp(values, axis=0) > 0).all(), id


def test_the_ten_words_are_the_manifest_s_and_labels_name_them():
    words = {entry["text"] for entry in entries().values() if entry["kind"] == "word"}
    assert words <= set(embedded.WORDS)
    assert list(embedded.WORDS) == sorted(embedded.WORDS)
    for id, entry in entries().items():
        if entry["kind"] == "word":
            label = by_id()[id]["word"]
            assert label.shape == ()
            assert label.dtype == np.int64
            assert embedded.SIGNALS["word"].labels[int(label)] == entry["text"]


def test_an_absent_signal_names_recording_and_signal():
    with pytest.raises(UserError, match=f"{first('sentence')}.*word"):
        by_id()[first("sentence")]["word"]
    mixture = next(iter(recipes()))
    with pytest.raises(UserError, match="is a mixture and has no signal 'lips'"):
        by_id()[mixture]["lips"]


def test_each_mixture_has_its_ratio_within_a_tenth_of_a_decibel():
    for id, recipe in recipes().items():
        recording = by_id()[id]
        noisy, clean = recording["noisy"].astype(float), recording["clean"].astype(float)
        ratio = 10 * np.log10(np.sum(clean**2) / np.sum((noisy - clean) ** 2))
        assert ratio == pytest.approx(recipe["snr"], abs=0.1), id
        assert np.abs(noisy).max() < 0.9901, id


def test_clean_is_the_recording_s_sound_times_the_gain_and_emg_is_its_emg():
    id, recipe = next(iter(recipes().items()))
    clean = by_id()[recipe["clean"]]
    expected = clean["audio"] * recipe["gain"]
    np.testing.assert_allclose(by_id()[id]["clean"], expected, atol=1 / 65535)
    np.testing.assert_array_equal(by_id()[id]["emg"], clean["emg"])


def test_train_and_test_mixtures_share_no_noise():
    assert {entries()[r["clean"]]["pool"] for r in recipes().values() if r["role"] == "test"} == {
        "test"
    }
    used = {role: set() for role in ("train", "test")}
    for recipe in recipes().values():
        pool = entries()[recipe["clean"]]["pool"]
        assert recipe["role"] == ("test" if pool == "test" else "train")
        used[recipe["role"]].add(recipe["seed"])
        used[recipe["role"]].update(recipe["voices"])
        for voice in recipe["voices"]:
            assert entries()[voice]["pool"] == recipe["role"]
    assert not used["train"] & used["test"]


def test_babble_is_by_other_speakers_each_once():
    for recipe in recipes().values():
        speakers = [entries()[voice]["talker"] for voice in recipe["voices"]]
        assert len(set(speakers)) == len(speakers) == len(recipe["offset"])
        assert entries()[recipe["clean"]]["talker"] not in speakers
        assert recipe["kind"].startswith("babble") == bool(speakers)


def test_ratios_are_the_protocol_s_and_kinds_of_noise_are_about_as_common():
    for pool, levels, each in (("train", {-10, -5, 0, 5, 10}, 5), ("test", {-11, -6, -1, 4}, 4)):
        own = [r for r in recipes().values() if entries()[r["clean"]]["pool"] == pool]
        sentences = [e for e in entries().values() if e.get("pool") == pool]
        assert len(own) == each * len(sentences)
        assert {r["snr"] for r in own} == levels
        pairs = {}
        for recipe in own:
            key = recipe["kind"], recipe["snr"]
            pairs[key] = pairs.get(key, 0) + 1
        assert max(pairs.values()) - min(pairs.values()) <= 1


def test_verify_finds_nothing_wrong_as_published():
    assert embedded.verify(embedded.FOLDER) == []


def test_every_file_has_its_sum(copy):
    listed = set(embedded.manifest(copy)["files"])
    assert listed | {"manifest.json"} == {path.name for path in copy.iterdir()}
    (copy / "mixtures.json").write_text("{")
    assert embedded.verify(copy)[0].startswith("mixtures.json: expected sha256")


def test_verify_names_a_corrupt_and_a_missing_file(copy):
    names = sorted(name for name in embedded.manifest(copy)["files"] if name.endswith(".npz"))
    content = bytearray((copy / names[0]).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / names[0]).write_bytes(content)
    (copy / names[1]).unlink()
    problems = embedded.verify(copy)
    assert [problem.partition(":")[0] for problem in problems] == names[:2]
    assert hashlib.sha256(content).hexdigest()[:12] in problems[0]
    assert "found none" in problems[1]


def test_digest_is_that_of_published_results():
    """It is part of their data digest: another value makes all of them stale."""
    assert embedded.digest() == "1e6e8e15f637b827379c1b2f053cdb795435cd09443dab5570214d76e39d63c0"


def test_digest_changes_with_either_list(copy):
    before = embedded.digest(copy)
    assert before == embedded.digest(embedded.FOLDER)
    listed = json.loads((copy / "mixtures.json").read_text())
    (copy / "mixtures.json").write_text(json.dumps(listed[:-1]))
    assert embedded.digest(copy) != before


def test_a_folder_without_the_corpus_is_named(tmp_path):
    with pytest.raises(UserError, match=r"expected manifest\.json"):
        embedded.recordings(tmp_path)


def test_corpus_is_where_the_package_is(tmp_path):
    assert embedded.CORPUS.locate(tmp_path) == embedded.FOLDER
    assert embedded.CORPUS.synthetic
    assert set(embedded.DERIVED) | {"noisy", "clean", "word", "text", "phones"} == set(
        embedded.CORPUS.signals
    )
