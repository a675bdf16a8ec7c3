"""Simulated corpora: what files keep, and the recordings that are read from them."""

import json
import re
import shutil

import numpy as np
import pytest

from benchmark.core import UserError
from benchmark.corpora import embedded, simulated
from benchmark.corpora.simulated import files, fixture, mixtures, reader
from benchmark.corpora.simulated.texts import lexicon

CORPUS = simulated.CORPUS
ONE, TWO = fixture.TALKERS
CHOSEN = fixture.chosen(ONE)
FIRST = CHOSEN[0]
SHORT = next(id for id in CHOSEN if f"{id}-silent" in CHOSEN)
SENTENCES = [id for id in CHOSEN if re.fullmatch(".*-s[0-9]+", id)]
WORD = next(id for id in CHOSEN if reader.WORD.fullmatch(id))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("data") / "simulated"
    fixture.write(made)
    return made


def plain(id):
    return reader.source(embedded.FOLDER, id)


def test_points_pitch_and_sound_are_exact_and_the_tongue_to_a_tenth(folder):
    for id in (SHORT, f"{SHORT}-silent", fixture.chosen(TWO)[3]):
        read, made = reader.source(folder, id), plain(id)
        np.testing.assert_allclose(read.points, made.points, rtol=0, atol=1e-9)
        np.testing.assert_allclose(read.f0, made.f0, rtol=0, atol=1e-9)
        np.testing.assert_array_equal(read.voiced, made.voiced)
        np.testing.assert_allclose(read.tongue, made.tongue, rtol=0, atol=0.1001)
        if not made.silent:
            sounds = [reader.stored_sound(place, id) for place in (folder, embedded.FOLDER)]
            np.testing.assert_array_equal(*sounds)


def test_a_talker_is_what_all_its_takes_are(folder):
    takes = [e["id"] for e in reader.manifest(folder)["recordings"].values() if e["talker"] == TWO]
    sources = [reader.source(folder, id) for id in takes]
    talker = sources[0].speaker
    points, tongue = (
        np.concatenate([getattr(s, n) for s in sources]) for n in ("points", "tongue")
    )
    np.testing.assert_allclose(talker.rest, points.mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(talker.spread, np.maximum(points.std(axis=0), 0.05), atol=1e-6)
    np.testing.assert_allclose(talker.tongue, tongue.mean(axis=0), atol=0.02)
    tones = np.log2(np.concatenate([s.f0[s.voiced] for s in sources]))
    assert talker.pitch == pytest.approx((tones.mean(), tones.std()), abs=1e-6)
    np.testing.assert_allclose(talker.palate, plain(takes[0]).speaker.palate, atol=1e-9)


@pytest.mark.parametrize("jump", [0, 200])
def test_a_tongue_that_no_component_explains_is_kept_all_the_same(jump):
    rng = np.random.default_rng(jump)
    points = rng.uniform(-100 - jump, 100, (50, 6, 2))  # differences that do not fit 16 bits
    tongue = rng.normal(0, 4, (50, 37, 2))
    f0, voiced = rng.uniform(20, 655, 50), rng.random(50) > 0.5
    made = files.movement(points, tongue, f0, voiced, points[0])
    back = files.decoded(files.encoded(made), files.Path("x"))
    np.testing.assert_allclose(back.points * 0.01, points, atol=0.0051)
    np.testing.assert_allclose(back.tongue(0, 50), tongue, atol=0.1001)
    np.testing.assert_allclose(back.tongue(20, 3), tongue[20:23], atol=0.1001)
    np.testing.assert_allclose(back.f0 * 0.01, f0, atol=0.0051)
    np.testing.assert_array_equal(back.voiced, voiced)
    np.testing.assert_allclose(back.palate * 0.01, points[0], atol=0.0051)


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="does not fit"):
        files.whole(np.array([40000.0]), np.int16)
    with pytest.raises(ValueError, match="does not fit"):
        files.whole(np.array([np.nan]), np.int16)


def broken(content):
    """Ways in which a movement file can be wrong, by name."""
    line, _, rest = content.partition(b"\n")
    head = json.loads(line)

    def with_head(**changed):
        return json.dumps(head | changed).encode() + b"\n" + rest

    fewer = {**head["arrays"], "f0": [head["arrays"]["f0"][0] - 1, head["arrays"]["f0"][1]]}
    huge = {**head["arrays"], "points": [10**12, head["arrays"]["points"][1]]}
    flipped = bytearray(content)
    flipped[-len(rest) // 2] ^= 255
    return {
        "empty": b"",
        "cut": content[:-100],
        "longer": content + b"x",
        "no list": b"[]\n" + rest,
        "format": with_head(format=99),
        "fewer": with_head(arrays=fewer),
        "huge": with_head(arrays=huge),
        "negative": with_head(arrays={**head["arrays"], "points": [-1, 5]}),
        "flipped": bytes(flipped),
    }


BREAKS = ("empty", "cut", "longer", "no list", "format", "fewer", "huge", "negative", "flipped")


@pytest.mark.parametrize("how", BREAKS)
def test_a_broken_movement_file_is_refused(folder, how):
    wrong = broken((folder / f"{ONE}.movement").read_bytes())[how]
    with pytest.raises(UserError, match="file again"):
        files.decoded(wrong, files.Path("x"))


def test_sound_that_is_not_there_is_refused(folder, tmp_path):
    with pytest.raises(UserError, match="found fewer"):
        files.read_sound(folder / f"{ONE}.flac", 0, 10**8)
    (tmp_path / "x.flac").write_bytes(b"no sound")
    with pytest.raises(UserError, match="not a sound FLAC"):
        files.read_sound(tmp_path / "x.flac", 0, 1)
    with pytest.raises(UserError, match="movement: cannot be read"):
        files.read_movement(files.Path("no/such.movement"))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 99}', '{"format": 1}'])
def test_a_broken_list_is_refused(tmp_path, text):
    (tmp_path / files.MANIFEST).write_text(text)
    with pytest.raises(UserError, match="not a list of a simulated corpus"):
        files.read_manifest(tmp_path)
    (problem,) = reader.verify(tmp_path)
    assert "manifest.json: not a list of a simulated corpus" in problem


LISTS = {
    "sensor_seed: Field required": lambda o: o.pop("sensor_seed"),
    "talkers.0.id: Field required": lambda o: o["talkers"][0].pop("id"),
    "talkers.0.id: String should match": lambda o: o["talkers"][0].update(id="../u01"),
    "talkers: u01 is there twice": lambda o: o["talkers"].append(o["talkers"][0]),
    "files: Field required": lambda o: o.pop("files"),
    "files.../x.flac": lambda o: o["files"].update({"../x.flac": "0" * 64}),
    "recordings.0.frames: Field required": lambda o: o["recordings"][0].pop("frames"),
    "recordings.0.frames.1: Input": lambda o: o["recordings"][0]["frames"].__setitem__(1, 1.5),
    "recordings.0.phones.0.1: Input": lambda o: o["recordings"][0]["phones"][0].__setitem__(1, -1),
    f"recordings, row 1 ({FIRST}): expected `audio`": lambda o: o["recordings"][0].pop("audio"),
    "expected phones of the lexicon, found q": lambda o: o["recordings"][0]["phones"].append(
        ["q", 0.0, 0.1]
    ),
    f"in recordings, row 1 ({FIRST}), found 'sung'": lambda o: o["recordings"][0].update(
        kind="sung"
    ),
    f"row 1 ({FIRST}): expected kind 'sentence', as the id says, found 'word'": lambda o: o[
        "recordings"
    ][0].update(kind="word"),
    f"row 1 ({FIRST}): expected phone 2": lambda o: o["recordings"][0]["phones"][1].__setitem__(
        2, 99.0
    ),
    "after those before it": lambda o: o["recordings"][0]["phones"].reverse(),
    f"row 1 ({FIRST}): expected the phones of its text 'yes', number 1 of them j, found": (
        lambda o: o["recordings"][0].update(text="yes")
    ),
    "found none": lambda o: o["recordings"][0]["phones"].clear(),
    "expected a text of words of the lexicon, found 'zebra'": lambda o: o["recordings"][0].update(
        text="zebra"
    ),
    "expected one command word in its text": lambda o: next(
        e for e in o["recordings"] if e["kind"] == "word"
    ).update(text="up and down"),
    "expected one of the talkers listed, found u01": lambda o: o["talkers"].pop(0),
    f"recordings: {FIRST} is there twice": lambda o: o["recordings"].append(o["recordings"][0]),
    "expected `of`, a take with voice": lambda o: o["recordings"].pop(CHOSEN.index(SHORT)),
    "seed_sha256: a sealed corpus": lambda o: o.update(sealed=True),
    "format: expected 1, found 2": lambda o: o.update(format=2),
}


@pytest.mark.parametrize("says", LISTS)
def test_a_list_that_lacks_something_or_contradicts_itself_is_refused(folder, tmp_path, says):
    found = json.loads((folder / files.MANIFEST).read_text())
    LISTS[says](found)
    (tmp_path / files.MANIFEST).write_text(json.dumps(found))
    with pytest.raises(UserError, match=re.escape(says)):
        files.read_manifest(tmp_path)


def test_changed_and_missing_files_are_named(folder, tmp_path):
    copy = tmp_path / "simulated"
    shutil.copytree(folder, copy)
    assert reader.verify(copy) == []
    (copy / f"{ONE}.flac").unlink()
    (copy / f"{TWO}.movement").write_bytes(b"other")
    problems = sorted(reader.verify(copy))
    assert [p.partition(":")[0] for p in problems] == [f"{ONE}.flac", f"{TWO}.movement"]


def test_every_signal_is_as_declared(folder):
    found = {r.id: r for r in CORPUS.recordings(folder)}
    mixture = next(id for id in found if "+" in id)
    for id in (SHORT, f"{SHORT}-silent", WORD, mixture):
        for name in reader.has(id):
            signal, values = CORPUS.signals[name], found[id][name]
            assert values.dtype == signal.dtype, name
            assert np.isfinite(values).all(), name
            if signal.rate is not None and "+" not in id:
                seconds = reader.entry(folder, id)["frames"][1] / 100
                assert abs(len(values) / signal.rate - seconds) <= 1 / signal.rate, name
    assert not {*reader.SIGNALS} ^ {n for id in found for n in reader.has(id)}


def test_ids_tell_what_a_recording_has(folder):
    for id, line in reader.manifest(folder)["recordings"].items():
        assert ("audio" in reader.has(id)) == ("audio" in line) == (line["kind"] != "silent")
        assert ("word" in reader.has(id)) == (line["kind"] == "word")
    with pytest.raises(UserError, match="kind silent and has no signal 'audio'"):
        reader.read(folder, f"{SHORT}-silent", "audio")
    with pytest.raises(UserError, match="no recording is called 'x'"):
        reader.read(folder, "x", "emg")


def test_a_silent_take_sounds_like_its_voiced_one(folder):
    """Its mel, in its own time, is nearer to that of its voiced take than to that of another."""
    silent = reader.read(folder, f"{SHORT}-silent", "mel")
    slower = np.linspace(0, 1, len(silent))

    def distance(id):
        mel = reader.read(folder, id, "mel")
        at = np.clip(slower * (len(mel) - 1), 0, len(mel) - 1).round().astype(int)
        return np.mean((mel[at] - silent) ** 2)

    assert distance(SHORT) < min(distance(id) for id in SENTENCES if id != SHORT)


def test_the_word_is_found_among_others(folder, monkeypatch):
    line = dict(reader.entry(folder, WORD))
    word = lexicon.command(line["text"])
    monkeypatch.setattr(reader, "entry", lambda *_: line | {"text": f"and then {word}"})
    assert reader.SIGNALS["word"].labels[reader.read(folder, WORD, "word")] == word


def test_silence_has_the_noise_of_a_room(folder):
    line = reader.entry(folder, SHORT)
    first = line["phones"][0][1]
    rest = reader.waveform(folder, SHORT)[: int(first * 16000) - 800]
    assert 10 ** (-75 / 20) < rest.std() < 10 ** (-65 / 20)


def test_mixtures_follow_from_the_list(folder):
    made = reader.recipes(folder)
    assert made
    id, recipe = next((i, r) for i, r in made.items() if r.kind not in mixtures.BABBLE)
    noisy, clean = (reader.read_mixture(folder, id, name) for name in ("noisy", "clean"))
    energy = np.sum(clean.astype(float) ** 2) / np.sum((noisy - clean).astype(float) ** 2)
    assert 10 * np.log10(energy) == pytest.approx(recipe.snr, abs=0.1)
    np.testing.assert_array_equal(
        reader.read_mixture(folder, id, "emg"), reader.read(folder, recipe.clean, "emg")
    )
    assert CORPUS.facets(id) == {"noise": recipe.kind, "SNR [dB]": str(recipe.snr)}
    with pytest.raises(UserError, match="is a mixture"):
        reader.read_mixture(folder, id, "mel")


def test_a_corpus_with_few_sentences_has_no_mixtures(folder, monkeypatch):
    monkeypatch.setattr(reader, "sentences", lambda _: {ONE: SENTENCES[:2]})
    assert reader.recipes.__wrapped__(folder) == {}


def test_it_is_found_where_it_was_built_to_its_end(folder, tmp_path):
    assert CORPUS.locate(folder.parent) == folder
    assert CORPUS.locate(tmp_path) is None
    (tmp_path / "simulated").mkdir()
    assert CORPUS.locate(tmp_path) is None
    assert {p.name for p in CORPUS.files(folder)} == {
        *("manifest.json", "u01.flac", "u01.movement", "u02.flac", "u02.movement")
    }
    assert re.fullmatch("[0-9a-f]{64}", CORPUS.digest())


def test_both_sounds_of_a_mixture_are_mixed_once(folder, monkeypatch):
    made, mix = [], mixtures.mix
    monkeypatch.setattr(mixtures, "mix", lambda *given: made.append(given) or mix(*given))
    id = next(iter(reader.recipes(folder)))
    reader.mixed.cache_clear()
    noisy, clean = (reader.read_mixture(folder, id, name) for name in ("noisy", "clean"))
    assert len(made) == 1
    noisy[:] = clean[:] = 0  # what is given away is the reader's own no more
    assert reader.read_mixture(folder, id, "noisy").any()
    assert reader.read_mixture(folder, id, "clean").any()
