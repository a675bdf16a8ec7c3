"""Checksum manifests: stored on first use, compared ever after, part of every job's digest."""

import json
import shutil

import pytest

import toy
from benchmark.core import UserError
from benchmark.data import checksums, folds
from benchmark.execution import chance, executors, plan, runner


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data" / "toy"
    (folder / "a").mkdir(parents=True)
    (folder / "a" / "one.bin").write_bytes(b"one")
    (folder / "two.bin").write_bytes(b"second")
    return tmp_path / "data"


def unpinned(**changes):
    values = {
        "locate": lambda root: root / "toy" if (root / "toy").is_dir() else None,
        "files": lambda folder: sorted(folder.rglob("*.bin")),
    }
    return toy.corpus(**{**values, **changes})


def stored(data, corpus):
    checksums.write_manifest(corpus, data, checksums.make_manifest(corpus, data / "toy"))
    return checksums.with_checksums(corpus, data)


def test_a_corpus_with_published_checksums_is_unchanged(tmp_path):
    corpus = toy.corpus()
    assert checksums.with_checksums(corpus, tmp_path) is corpus


def test_a_corpus_without_stored_checksums_is_refused(data):
    with pytest.raises(
        UserError, match=r"no stored checksums: .*data prepare toy --accept-licence"
    ):
        checksums.with_checksums(unpinned(), data)


def test_the_digest_covers_every_byte_and_the_reader(data):
    first = stored(data, unpinned()).digest()
    assert first == stored(data, unpinned()).digest()
    assert stored(data, unpinned(digest=lambda: "1" * 64)).digest() != first
    (data / "toy" / "two.bin").write_bytes(b"Second")
    assert stored(data, unpinned()).digest() != first
    assert len(first) == 64


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda d: (d / "two.bin").unlink(), "two.bin: expected a file, found none"),
        (lambda d: (d / "two.bin").write_bytes(b"s"), "two.bin: expected 6 bytes, found 1"),
        (lambda d: (d / "two.bin").write_bytes(b"sEcond"), "two.bin: expected sha256 "),
        (
            lambda d: (d / "a/new.bin").write_bytes(b"x"),
            "a/new.bin: expected no file of this name, found one",
        ),
    ],
)
def test_a_mismatch_names_file_expected_found_and_next_step(data, damage, message):
    corpus = stored(data, unpinned())
    assert corpus.verify(data / "toy") == []
    damage(data / "toy")
    (problem,) = corpus.verify(data / "toy")
    assert problem.startswith(message)
    assert problem.endswith("data prepare toy --accept-licence --overwrite-checksums")


def test_many_missing_files_are_counted(data):
    for number in range(9):
        (data / "toy" / f"{number}.bin").write_bytes(b"x")
    corpus = stored(data, unpinned())
    for number in range(9):
        (data / "toy" / f"{number}.bin").unlink()
    problems = corpus.verify(data / "toy")
    assert len(problems) == 6
    assert problems[-1].startswith("and 4 other files: expected a file, found none")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "not a checksum manifest"),
        ('{"corpus": "toy"}', "not a checksum manifest"),
        (
            '{"corpus": "toy", "version": "0", "miniature": false, "files": {}}',
            "expected toy 1, found toy 0",
        ),
    ],
)
def test_a_damaged_or_foreign_manifest_is_refused(data, content, message):
    checksums.manifest_path(unpinned(), data).write_text(content)
    with pytest.raises(UserError, match=message):
        checksums.with_checksums(unpinned(), data)


def test_a_corpus_without_files_gets_no_manifest(data):
    with pytest.raises(UserError, match=r"toy: no file of it in .*make it yourself"):
        checksums.make_manifest(unpinned(files=lambda _folder: []), data / "toy")


def test_a_folder_elsewhere_is_linked(data, tmp_path):
    own = tmp_path / "own"
    checksums.link_folder(unpinned(), own, data / "toy")
    checksums.link_folder(unpinned(), own, data / "toy")  # once more changes nothing
    assert (own / "toy").resolve() == data / "toy"
    with pytest.raises(UserError, match="exists: move it away"):
        checksums.link_folder(unpinned(), own, tmp_path)
    with pytest.raises(UserError, match="expected the folder of toy, found none"):
        checksums.link_folder(unpinned(), own, tmp_path / "nowhere")


def test_a_folder_with_another_layout_is_not_linked(tmp_path):
    corpus = unpinned(locate=lambda _root: None)
    with pytest.raises(UserError, match="does not have the layout of toy"):
        checksums.link_folder(corpus, tmp_path / "own", tmp_path)
    assert not (tmp_path / "own" / "toy").exists()


def test_results_on_a_miniature_are_not_published(tmp_path):
    place = toy.project(tmp_path, blind=toy.entry(predict=toy.BLIND))
    (place.data / "toy").mkdir()
    (place.data / "toy" / "one.bin").write_bytes(b"one")
    (place.data / "toy" / checksums.MINIATURE_MARK).write_text("a miniature")
    corpus = unpinned()
    assert stored(place.data, corpus).miniature
    chosen = plan.plan(place, plan.RunSelection(), {"toy": corpus})
    assert runner.run(place, chosen, executors.local_executor(2), toy.CONFIG).ok
    assert runner.publish(place, chosen) == []
    assert not chance.renew(place, chosen)
    assert not list((tmp_path / "baselines").glob("*.json"))


def test_other_bytes_are_another_job(tmp_path):
    place = toy.project(tmp_path, blind=toy.entry(predict=toy.BLIND))
    (place.data / "toy").mkdir()
    for content in (b"one", b"two"):
        (place.data / "toy" / "one.bin").write_bytes(content)
        checksums.manifest_path(unpinned(), place.data).unlink(missing_ok=True)
        stored(place.data, unpinned())
        jobs = plan.plan(place, plan.RunSelection(), {"toy": unpinned()}).jobs
        (place.data / f"{content.decode()}.json").write_text(json.dumps(jobs[0].data))
    assert (place.data / "one.json").read_text() != (place.data / "two.json").read_text()


def test_an_unprepared_corpus_stops_only_its_own_jobs(tmp_path):
    place = toy.project(tmp_path, blind=toy.entry(predict=toy.BLIND))
    (place.data / "toy").mkdir()
    task = (tmp_path / "tasks" / "toy.py").read_text()
    splits = tmp_path / "tasks" / "splits"
    (splits / "other.all.json").write_bytes((splits / "toy.all.json").read_bytes())
    both = task.replace('splits=("toy.all",)', 'splits=("toy.all", "other.all")')
    (tmp_path / "tasks" / "toy.py").write_text(both)
    corpora = {"toy": unpinned(), "other": toy.corpus(name="other")}
    chosen = plan.plan(place, plan.RunSelection(), corpora)
    assert {job.split for job in chosen.jobs} == {"other.all"}
    assert any("no stored checksums" in note for note in chosen.notes)
    with pytest.raises(UserError, match="no stored checksums"):
        plan.plan(place, plan.RunSelection(corpora=["toy"]), corpora)


def test_a_change_after_the_first_check_is_found(tmp_path):
    place = toy.project(tmp_path, blind=toy.entry(predict=toy.BLIND))
    (place.data / "toy").mkdir()
    (place.data / "toy" / "one.bin").write_bytes(b"one")
    stored(place.data, unpinned())

    def prepare_once():
        chosen = plan.plan(place, plan.RunSelection(), {"toy": unpinned()})
        task, split, corpus = chosen.sources["toy", "toy.all"]
        folds.prepare(place.runs, place.data, "toy", task, split, corpus, lambda _: None)

    prepare_once()
    shutil.rmtree(place.runs / "prepared")
    prepare_once()
    shutil.rmtree(place.runs / "prepared")
    (place.data / "toy" / "one.bin").write_bytes(b"oNe")
    with pytest.raises(UserError, match=r"does not match its checksums: one\.bin: expected sha256"):
        prepare_once()


def test_a_changed_byte_stops_a_run_and_the_file_is_named(tmp_path):
    place = toy.project(tmp_path, blind=toy.entry(predict=toy.BLIND))
    (place.data / "toy").mkdir()
    (place.data / "toy" / "one.bin").write_bytes(b"one")
    stored(place.data, unpinned())
    (place.data / "toy" / "one.bin").write_bytes(b"oNe")
    chosen = plan.plan(place, plan.RunSelection(), {"toy": unpinned()})
    summary = runner.run(place, chosen, executors.local_executor(2), toy.CONFIG)
    assert not summary.ok
    assert "one.bin: expected sha256" in summary.bad["missing"][0]
    assert folds.find(unpinned(), place.data) == place.data / "toy"
