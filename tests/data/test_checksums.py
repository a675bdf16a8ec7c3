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


def prepared(data, corpus):
    checksums.write_down(corpus, data, checksums.take_stock(corpus, data / "toy"))
    return checksums.held(corpus, data)


def test_a_pinned_corpus_is_what_it_says(tmp_path):
    corpus = toy.corpus()
    assert checksums.held(corpus, tmp_path) is corpus


def test_what_was_never_checked_is_not_run_on(data):
    with pytest.raises(UserError, match=r"never checked: .*data prepare toy --accept-licence"):
        checksums.held(unpinned(), data)


def test_the_digest_is_of_every_byte_and_of_the_reader(data):
    first = prepared(data, unpinned()).digest()
    assert first == prepared(data, unpinned()).digest()
    assert prepared(data, unpinned(digest=lambda: "1" * 64)).digest() != first
    (data / "toy" / "two.bin").write_bytes(b"Second")
    assert prepared(data, unpinned()).digest() != first
    assert len(first) == 64


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda d: (d / "two.bin").unlink(), "two.bin: expected a file, found none"),
        (lambda d: (d / "two.bin").write_bytes(b"s"), "two.bin: expected 6 bytes, found 1"),
        (lambda d: (d / "two.bin").write_bytes(b"sEcond"), "two.bin: expected sha256 "),
        (lambda d: (d / "a/new.bin").write_bytes(b"x"), "a/new.bin: was not there before"),
    ],
)
def test_a_changed_file_is_named_with_expected_and_found(data, harm, said):
    held = prepared(data, unpinned())
    assert held.verify(data / "toy") == []
    harm(data / "toy")
    (problem,) = held.verify(data / "toy")
    assert problem.startswith(said)
    assert problem.endswith("get it again, or prepare toy anew")


def test_many_missing_files_are_counted(data):
    for number in range(9):
        (data / "toy" / f"{number}.bin").write_bytes(b"x")
    held = prepared(data, unpinned())
    for number in range(9):
        (data / "toy" / f"{number}.bin").unlink()
    problems = held.verify(data / "toy")
    assert len(problems) == 6
    assert problems[-1].startswith("and 4 other files: expected a file, found none")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "not a list of sums"),
        ('{"corpus": "toy"}', "not a list of sums"),
        (
            '{"corpus": "toy", "version": "0", "miniature": false, "files": {}}',
            "expected toy 1, found toy 0",
        ),
    ],
)
def test_a_damaged_or_foreign_list_is_refused(data, content, said):
    checksums.place(unpinned(), data).write_text(content)
    with pytest.raises(UserError, match=said):
        checksums.held(unpinned(), data)


def test_nothing_to_list_is_said(data):
    with pytest.raises(UserError, match=r"toy: no file of it in .*make it yourself"):
        checksums.take_stock(unpinned(files=lambda _folder: []), data / "toy")


def test_a_folder_elsewhere_is_linked_not_copied(data, tmp_path):
    own = tmp_path / "own"
    checksums.link(unpinned(), own, data / "toy")
    checksums.link(unpinned(), own, data / "toy")  # once more changes nothing
    assert (own / "toy").resolve() == data / "toy"
    with pytest.raises(UserError, match="is there already"):
        checksums.link(unpinned(), own, tmp_path)
    with pytest.raises(UserError, match="expected the folder of toy, found none"):
        checksums.link(unpinned(), own, tmp_path / "nowhere")


def test_a_foreign_folder_is_not_linked(tmp_path):
    corpus = unpinned(locate=lambda _root: None)
    with pytest.raises(UserError, match="not laid out as toy is"):
        checksums.link(corpus, tmp_path / "own", tmp_path)
    assert not (tmp_path / "own" / "toy").exists()


def test_what_is_scored_on_a_miniature_is_not_published(tmp_path):
    place = toy.project(tmp_path, blind=toy.entry(predict=toy.BLIND))
    (place.data / "toy").mkdir()
    (place.data / "toy" / "one.bin").write_bytes(b"one")
    (place.data / "toy" / checksums.MARK).write_text("a miniature")
    corpus = unpinned()
    assert prepared(place.data, corpus).miniature
    chosen = plan.plan(place, plan.Choice(), {"toy": corpus})
    assert runner.run(place, chosen, executors.local(2), toy.CONDITIONS).ok
    assert runner.publish(place, chosen) == []
    assert not chance.renew(place, chosen)
    assert not list((tmp_path / "baselines").glob("*.json"))


def test_a_job_is_of_the_bytes_that_are_here(tmp_path):
    place = toy.project(tmp_path, blind=toy.entry(predict=toy.BLIND))
    (place.data / "toy").mkdir()
    for content in (b"one", b"two"):
        (place.data / "toy" / "one.bin").write_bytes(content)
        checksums.place(unpinned(), place.data).unlink(missing_ok=True)
        prepared(place.data, unpinned())
        jobs = plan.plan(place, plan.Choice(), {"toy": unpinned()}).jobs
        (place.data / f"{content.decode()}.json").write_text(json.dumps(jobs[0].data))
    assert (place.data / "one.json").read_text() != (place.data / "two.json").read_text()


def test_a_corpus_that_was_not_prepared_stops_only_its_own_jobs(tmp_path):
    place = toy.project(tmp_path, blind=toy.entry(predict=toy.BLIND))
    (place.data / "toy").mkdir()
    task = (tmp_path / "tasks" / "toy.py").read_text()
    splits = tmp_path / "tasks" / "splits"
    (splits / "other.all.json").write_bytes((splits / "toy.all.json").read_bytes())
    both = task.replace('splits=("toy.all",)', 'splits=("toy.all", "other.all")')
    (tmp_path / "tasks" / "toy.py").write_text(both)
    corpora = {"toy": unpinned(), "other": toy.corpus(name="other")}
    chosen = plan.plan(place, plan.Choice(), corpora)
    assert {job.split for job in chosen.jobs} == {"other.all"}
    assert any("never checked" in note for note in chosen.notes)
    with pytest.raises(UserError, match="never checked"):
        plan.plan(place, plan.Choice(corpora=["toy"]), corpora)


def test_bytes_that_change_after_the_first_look_are_found(tmp_path):
    place = toy.project(tmp_path, blind=toy.entry(predict=toy.BLIND))
    (place.data / "toy").mkdir()
    (place.data / "toy" / "one.bin").write_bytes(b"one")
    prepared(place.data, unpinned())

    def prepare_once():
        chosen = plan.plan(place, plan.Choice(), {"toy": unpinned()})
        task, split, corpus = chosen.sources["toy", "toy.all"]
        folds.prepare(place.runs, place.data, "toy", task, split, corpus, lambda _: None)

    prepare_once()
    shutil.rmtree(place.runs / "prepared")
    prepare_once()
    shutil.rmtree(place.runs / "prepared")
    (place.data / "toy" / "one.bin").write_bytes(b"oNe")
    with pytest.raises(UserError, match=r"not as it was: one\.bin: expected sha256"):
        prepare_once()


def test_a_flipped_byte_stops_a_run_with_the_file_named(tmp_path):
    place = toy.project(tmp_path, blind=toy.entry(predict=toy.BLIND))
    (place.data / "toy").mkdir()
    (place.data / "toy" / "one.bin").write_bytes(b"one")
    prepared(place.data, unpinned())
    (place.data / "toy" / "one.bin").write_bytes(b"oNe")
    chosen = plan.plan(place, plan.Choice(), {"toy": unpinned()})
    summary = runner.run(place, chosen, executors.local(2), toy.CONDITIONS)
    assert not summary.ok
    assert "one.bin: expected sha256" in summary.bad["missing"][0]
    assert folds.find(unpinned(), place.data) == place.data / "toy"
