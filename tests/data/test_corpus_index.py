"""The index of a corpus says without its files what the reader says with them."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

import toy
from benchmark import registry
from benchmark.core import Fold, Paths, UserError
from benchmark.data import corpus_index, folds, splits

ROOT = Path(__file__).resolve().parents[2]
CORPORA = registry.corpora()
INDEXED = sorted(path.stem for path in (ROOT / "tasks" / "recordings").glob("*.json"))


@pytest.fixture
def place(tmp_path):
    return toy.project(tmp_path, blind=toy.entry())


def expected(place, corpus=None):
    task = registry.tasks(place.root)["toy"]
    return corpus_index.expected(place.root, "toy", task, "toy.all", corpus or toy.corpus())


def test_an_index_is_read_back(place):
    index = corpus_index.of(toy.corpus(), toy.recordings(place.root))
    assert corpus_index.read(place.root, "toy") == index
    assert index.recordings[:2] == [("s0-0", "s0", "s0-0", 0), ("s0-1", "s0", "s0-1", 1)]
    text = corpus_index.path(place.root, "toy").read_text()
    assert text.count("\n") == toy.SPEAKERS * toy.EACH + 2  # a recording a line


def test_texts_have_the_same_number_where_they_are_the_same(place):
    of = corpus_index.of(toy.corpus(), toy.recordings(place.root)).recordings
    numbers = {name: text for name, _, _, text in of}
    assert numbers["s0-3"] == numbers["s3-3"]
    assert len(set(numbers.values())) == toy.EACH


def test_the_order_of_the_reader_does_not_matter(place):
    every = toy.recordings(place.root)
    assert corpus_index.of(toy.corpus(), every[::-1]) == corpus_index.of(toy.corpus(), every)


def test_the_test_recordings_of_each_fold_are_those_of_the_split(place):
    found = expected(place)
    every = {r.id: r for r in toy.recordings(place.root)}
    split = splits.load(place.root / "tasks" / "splits" / "toy.all.json")
    assert found.test.keys() == split.folds.keys()
    for fold, test in found.test.items():
        assert [r.id for r in test] == sorted(split.folds[fold].test)
        assert [(r.speaker, r.session) for r in test] == [
            (every[r.id].speaker, every[r.id].session) for r in test
        ]
        assert {r.text for r in test} == {"text 5"}
    with pytest.raises(LookupError, match="no x"):
        found.test["a"][0]["x"]


def test_the_digest_of_the_data_is_that_of_the_corpus(place):
    task = registry.tasks(place.root)["toy"]
    split = splits.load(place.root / "tasks" / "splits" / "toy.all.json")
    assert expected(place).data == folds.data_digest("toy", task, split, toy.corpus())
    other = toy.corpus(digest=lambda: "1" * 64)
    assert expected(place, other).data == folds.data_digest("toy", task, split, other)
    # Of files that were never published, the reader does not know the content; the index does.
    unpinned = replace(other, files=lambda folder: folder.iterdir())
    assert expected(place, unpinned).data == expected(place).data


def test_patterns_of_a_split_become_ids(place):
    fold = Fold(("s0-*", "s1-*"), (), ("s[23]-[45]",))
    splits.write(place.root / "tasks" / "splits" / "toy.all.json", "about", [], {"p": fold})
    assert [r.id for r in expected(place).test["p"]] == ["s2-4", "s2-5", "s3-4", "s3-5"]


def test_of_another_version_nothing_is_known(place):
    assert expected(place, toy.corpus(version="2")) is None


def test_without_an_index_or_a_split_nothing_is_known(place):
    corpus_index.path(place.root, "toy").rename(place.root / "away")
    assert expected(place) is None
    (place.root / "away").rename(corpus_index.path(place.root, "toy"))
    (place.root / "tasks" / "splits" / "toy.all.json").unlink()
    assert expected(place) is None


def test_of_a_confidential_corpus_only_the_digest_is_kept(place):
    whole = expected(place)
    corpus_index.write(place.root, corpus_index.of(toy.corpus(), None))
    text = corpus_index.path(place.root, "toy").read_text()
    assert text.endswith('"recordings": null}\n')
    assert not re.search(r"s\d", text)
    assert expected(place).data == whole.data
    assert expected(place).test == {"a": None, "b": None}


def test_a_recording_that_its_index_does_not_have_is_named(place):
    corpus_index.write(place.root, corpus_index.of(toy.corpus(), toy.recordings(place.root)[:-1]))
    with pytest.raises(UserError, match=r"toy\.all, fold a: s3-5 is not in its corpus' index"):
        expected(place)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t[:-9], "EOF|expected"),
        (lambda t: t.replace('"version"', '"versoin"'), "Field required"),
        (lambda t: t.replace(", 0]", ', "0"]'), "valid integer"),
        (lambda t: t.replace('"s0-0", 0]', "0]"), "Field required|valid string"),
    ],
)
def test_a_file_that_is_no_index_is_named(place, change, said):
    file = corpus_index.path(place.root, "toy")
    file.write_text(change(file.read_text()))
    with pytest.raises(UserError, match=rf"toy\.json: not an index of recordings: .*({said})"):
        expected(place)


def test_an_index_is_written_once_for_each_version(place):
    paths = Paths(place.root, place.root / "data", place.runs)
    file = corpus_index.path(place.root, "toy")
    before = file.read_bytes()
    assert not corpus_index.register(paths, toy.corpus())
    assert file.read_bytes() == before
    assert corpus_index.register(paths, toy.corpus(version="2"))
    assert corpus_index.read(place.root, "toy").version == "2"
    file.unlink()
    assert corpus_index.register(paths, toy.corpus(), confidential=True)
    assert corpus_index.read(place.root, "toy").recordings is None


@pytest.mark.parametrize("name", INDEXED)
def test_an_index_in_the_project_is_of_the_reader(name):
    """Where the recordings are here, embedded ones always, the index is of all of them."""
    corpus, index = CORPORA[name], corpus_index.read(ROOT, name)
    assert (index.corpus, index.version) == (name, corpus.version)
    if corpus.files is None:
        assert index.content == corpus.digest()
    if (folder := corpus.locate(ROOT / "data")) and not corpus.miniature:
        assert index == corpus_index.of(corpus, corpus.recordings(folder))


def test_expected_data_of_every_embedded_split_are_those_of_its_files():
    corpus, count = CORPORA["embedded"], 0
    every = {r.id: r for r in corpus.recordings(corpus.locate(ROOT / "data"))}
    for name, task in registry.tasks(ROOT).items():
        for split in (*task.splits, *task.smoke):
            if split.startswith("embedded."):
                whole = splits.load(ROOT / "tasks" / "splits" / f"{split}.json")
                found = corpus_index.expected(ROOT, name, task, split, corpus)
                assert found.data == folds.data_digest(name, task, whole, corpus)
                resolved, _ = splits.resolve(whole, list(every.values()))
                for fold, test in found.test.items():
                    assert [(r.id, r.speaker, r.session) for r in test] == [
                        (i, every[i].speaker, every[i].session)
                        for i in sorted(resolved.folds[fold].test)
                    ]
                    texts = {r.id: r.text for r in test}
                    real = {i: every[i].text for i in texts}
                    assert len(set(texts.values())) == len(set(real.values()))
                    assert len({(texts[i], real[i]) for i in texts}) == len(set(real.values()))
                count += 1
    assert count
