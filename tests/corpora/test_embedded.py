"""The embedded corpus as it is stored: the release of the simulator's plan, and nothing else."""

import hashlib
import json
import shutil
from collections import Counter

import numpy as np
import pytest

from benchmark.core import UserError
from benchmark.corpora import embedded
from benchmark.corpora.simulated import files, plan, reader, stored
from benchmark.corpora.simulated.plan import Plan
from benchmark.corpora.simulated.synthesis import build, parts
from benchmark.corpora.simulated.texts import grammar
from parts import needs

FOLDER, CORPUS = embedded.FOLDER, embedded.CORPUS
SOME = 25  # of recordings, every so many are read


@pytest.fixture(scope="module")
def lines():
    return stored.manifest(FOLDER)["recordings"]


@pytest.fixture(scope="module")
def found():
    return {recording.id: recording for recording in CORPUS.recordings(FOLDER)}


@pytest.fixture
def copy(tmp_path):
    return shutil.copytree(FOLDER, tmp_path / "data")


def test_it_is_where_the_package_is_and_read_as_simulated_corpora_are(tmp_path):
    assert CORPUS.locate(tmp_path) == FOLDER
    assert CORPUS.synthetic
    assert CORPUS.version != "1"  # which was another corpus
    assert CORPUS.signals is reader.SIGNALS
    assert CORPUS.recordings is reader.recordings


def test_it_holds_the_takes_of_the_release(lines):
    release = plan.release()
    said = [
        (line["id"], line["talker"], line["session"], line["kind"], line["text"], line.get("of"))
        for line in lines.values()
    ]
    assert said == [
        (take.id, take.talker, take.session, take.kind, grammar.plain(take.text), take.of)
        for take in release.takes
    ]
    lasts = release.seconds()
    for id, line in lines.items():
        assert line["frames"][1] == round(100 * lasts[id]), id


def test_talkers_are_those_of_the_release():
    listed = stored.manifest(FOLDER)["talkers"]
    for about, talker in zip(listed, plan.release().talkers, strict=True):
        described = json.loads(json.dumps(parts.described(talker)))
        kept = dict(_numbers({name: about[name] for name in described}))
        # Processors round the last place of exp and log differently.
        assert dict(_numbers(described)) == pytest.approx(kept, rel=1e-12, abs=0)


def _numbers(held, name=""):
    """The numbers of nested JSON, and all else, by where they are."""
    if not isinstance(held, dict | list):
        yield name, held
        return
    for key, value in held.items() if isinstance(held, dict) else enumerate(held):
        yield from _numbers(value, f"{name}/{key}")


def test_frames_and_samples_cover_each_talker_without_gap_or_overlap(lines):
    import soundfile

    for about in stored.manifest(FOLDER)["talkers"]:
        own = [line for line in lines.values() if line["talker"] == about["id"]]
        frame = sample = 0
        for line in own:
            assert line["frames"][0] == frame
            frame += line["frames"][1]
            if line["kind"] != "silent":
                assert line["audio"] == [sample, 160 * line["frames"][1]]
                sample += line["audio"][1]
        assert len(stored.movement(FOLDER, about["id"]).points) == frame
        assert soundfile.info(FOLDER / f"{about['id']}.flac").frames == sample


def test_listing_reads_no_file_but_the_list(tmp_path):
    shutil.copy(FOLDER / files.MANIFEST, tmp_path)
    assert len(CORPUS.recordings(tmp_path)) > 2000


def test_every_signal_has_the_length_of_its_recording(found, lines):
    for id in [next(i for i, e in lines.items() if e["kind"] == k) for k in ("silent", "word")]:
        for name in set(reader.has(id)) - {"text", "grammar_text", "word"}:
            signal, values = CORPUS.signals[name], found[id][name]
            seconds = lines[id]["frames"][1] / 100
            assert len(values) == int(np.floor(seconds * signal.rate + 0.5 + 1e-9)), (id, name)
            assert values.dtype == signal.dtype


def test_the_text_of_the_grammar_is_the_text_also_of_mixtures(found, lines):
    for id in [*lines][::SOME]:
        assert found[id]["grammar_text"].tolist() == found[id]["text"].tolist()
    mixture = next(id for id in found if "+" in id)
    clean = reader.recipes(embedded.FOLDER)[mixture].clean
    assert found[mixture]["grammar_text"].tolist() == found[clean]["text"].tolist()


def test_nothing_stands_still_or_is_silent(found, lines):
    for id in [*lines][::SOME]:
        moves = found[id]["articulation"]
        assert (np.ptp(moves, axis=0) > 0).all(), id
        if "audio" in reader.has(id):
            sound = found[id]["audio"]
            blocks = np.abs(sound[: len(sound) // 1600 * 1600]).reshape(-1, 1600)
            assert (blocks.max(axis=1) > 0).all(), id
            assert 0.05 < np.abs(sound).max() < 1, id


def test_two_loads_are_bit_equal(lines):
    id = next(id for id, line in lines.items() if line["kind"] == "word")

    def load():
        for cache in (stored.manifest, stored.movement, stored.speaker, reader.source):
            cache.cache_clear()
        return {n: reader.read(FOLDER, id, n).tobytes() for n in reader.has(id)}

    assert load() == load()


def test_mixtures_are_as_many_as_the_protocol_says_and_at_its_ratios(found):
    recipes = reader.recipes(FOLDER)
    roles = reader.mixtures.roles(reader.sentences(FOLDER))
    assert Counter(roles[r.clean] for r in recipes.values()) == {
        "train": 660,
        "valid": 120,
        "test": 432,
    }
    for id, recipe in [*recipes.items()][::SOME]:
        noisy, clean = (found[id][name].astype(float) for name in ("noisy", "clean"))
        ratio = 10 * np.log10(np.sum(clean**2) / np.sum((noisy - clean) ** 2))
        assert ratio == pytest.approx(recipe.snr, abs=0.1), id
        assert np.abs(noisy).max() < 0.9901, id


def test_every_file_has_its_sum_and_none_is_too_many():
    listed = set(stored.manifest(FOLDER)["files"])
    assert listed | {files.MANIFEST} == {path.name for path in FOLDER.iterdir()}
    assert CORPUS.verify(FOLDER) == []
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 42e6


def test_verify_names_a_corrupt_and_a_missing_file(copy):
    names = sorted(name for name in stored.manifest(copy)["files"] if name.endswith(".movement"))
    content = bytearray((copy / names[0]).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / names[0]).write_bytes(content)
    (copy / names[1]).unlink()
    problems = CORPUS.verify(copy)
    assert [problem.partition(":")[0] for problem in problems] == names[:2]
    assert hashlib.sha256(content).hexdigest()[:12] in problems[0]
    assert "found none" in problems[1]


def test_digest_is_of_the_list_and_of_what_derives_signals(tmp_path, monkeypatch):
    before = embedded.digest()
    monkeypatch.setattr(reader, "digest", lambda: "another")
    derived = embedded.digest()
    monkeypatch.undo()
    shutil.copy(FOLDER / files.MANIFEST, tmp_path)
    path = tmp_path / files.MANIFEST
    path.write_bytes(path.read_bytes() + b" ")
    monkeypatch.setattr(embedded, "FOLDER", tmp_path)
    assert len({before, derived, embedded.digest()}) == 3


def test_a_folder_without_the_corpus_is_named(tmp_path):
    with pytest.raises(UserError, match=r"manifest\.json: cannot be read"):
        CORPUS.recordings(tmp_path)


def test_two_takes_built_again_are_as_stored(tmp_path):
    """On a machine of another kind the synthesiser's last bit may differ, but nothing that counts.

    The tongue is compared after both were stored, each within 0.1 mm.
    """
    needs("vocaltractlab_cython")
    release = plan.release()
    lasts = release.seconds()
    talker = release.talkers[-1]
    own = [take for take in release.takes if take.talker == talker.id]
    silent = min((take for take in own if take.of), key=lambda take: lasts[take.of])
    takes = [take for take in own if take.id in (silent.id, silent.of)]
    build.build(Plan((talker,), tuple(takes)), tmp_path, 1, lambda _: None)
    for take in takes:
        new, old = (reader.source(place, take.id) for place in (tmp_path, FOLDER))
        assert new.phones == old.phones
        np.testing.assert_allclose(new.points, old.points, rtol=0, atol=0.0101)
        np.testing.assert_allclose(new.tongue, old.tongue, rtol=0, atol=0.201)
        np.testing.assert_allclose(new.f0, old.f0, rtol=0, atol=0.0101)
        np.testing.assert_array_equal(new.voiced, old.voiced)
        if take.kind != "silent":
            one, other = (stored.stored_sound(place, take.id) for place in (tmp_path, FOLDER))
            assert np.abs(one.astype(int) - other).max() <= 2
