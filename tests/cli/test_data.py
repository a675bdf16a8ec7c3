import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import toy
from benchmark import registry
from benchmark.cli import data as data_module
from benchmark.core import UserError
from benchmark.data import checksums
from benchmark.results import aggregation, published
from run_benchmark import app

ROOT = Path(__file__).resolve().parents[2]


def write(folder):
    folder.mkdir(parents=True)
    (folder / "one.bin").write_bytes(b"one")
    (folder / checksums.MARK).write_text("a miniature of toy\n")


@pytest.fixture
def corpus(monkeypatch):
    changes = {
        "locate": lambda root: root / "toy" if (root / "toy").is_dir() else None,
        "files": lambda folder: sorted(folder.rglob("*.bin")),
        "verify": lambda f: [] if (f / "one.bin").exists() else ["one.bin: expected, found none"],
        "size": "1 kB",
        "source": "https://example.org/toy",
    }
    made = toy.corpus(**changes)
    monkeypatch.setattr(registry, "corpora", lambda: {"toy": made})
    monkeypatch.setattr(registry, "fixtures", lambda: {"toy": write})
    return made


def call(data, *words):
    done = CliRunner().invoke(app, [*words, "--data", str(data)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


@pytest.fixture
def elsewhere(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "one.bin").write_bytes(b"one")
    return tmp_path / "elsewhere"


def test_licence_and_size_are_shown_and_must_be_accepted(corpus, tmp_path, elsewhere):
    done = call(tmp_path, "data", "prepare", "toy", "--from", str(elsewhere))
    assert done.exit_code == 2
    for said in (corpus.licence, "1 kB", "https://example.org/toy", "--accept-licence"):
        assert said in done.output
    assert not (tmp_path / "toy").exists()
    assert not checksums.place(corpus, tmp_path).exists()


def test_what_is_elsewhere_is_linked_checked_and_written_down(corpus, tmp_path, elsewhere):
    words = ("data", "prepare", "toy", "--from", str(elsewhere), "--accept-licence")
    first = call(tmp_path, *words)
    assert first.exit_code == 0, first.output
    assert "1 files of 3 bytes written down" in first.output
    assert (tmp_path / "toy").is_symlink()
    again = call(tmp_path, *words)
    assert "1 files are as they were" in again.output
    print_ = call(tmp_path, "data", "fingerprint", "toy").output.strip()
    assert print_ == checksums.fingerprint(corpus, tmp_path)
    assert print_ in first.output
    assert call(tmp_path, "data", "verify", "toy").exit_code == 0


def test_a_flipped_byte_is_found_by_verify_and_by_prepare(corpus, tmp_path, elsewhere):
    words = ("data", "prepare", "toy", "--from", str(elsewhere), "--accept-licence")
    call(tmp_path, *words)
    (elsewhere / "one.bin").write_bytes(b"oNe")
    for said in (("data", "verify", "toy"), words):
        done = call(tmp_path, *said)
        assert done.exit_code == 2
        assert "one.bin: expected sha256" in done.output
        assert "not as expected, 1 found" in done.output
    assert checksums.written(corpus, tmp_path).files["one.bin"][0] == 3


def test_half_a_corpus_is_named_and_not_written_down(corpus, tmp_path, elsewhere):
    (elsewhere / "one.bin").unlink()
    done = call(tmp_path, "data", "prepare", "toy", "--from", str(elsewhere), "--accept-licence")
    assert done.exit_code == 2
    assert "one.bin: expected, found none" in done.output
    assert checksums.written(corpus, tmp_path) is None


def test_what_no_program_can_fetch_says_how(corpus, tmp_path):
    assert corpus.fetch is None
    done = call(tmp_path, "data", "prepare", "toy", "--accept-licence")
    assert done.exit_code == 2
    assert "cannot be fetched by a program. make it yourself" in done.output


def test_a_miniature_is_written_once_and_marked(corpus, tmp_path):
    assert "never published" in call(tmp_path, "data", "fixture", "toy").output
    assert checksums.held(corpus, tmp_path).miniature
    done = call(tmp_path, "data", "fixture", "toy")
    assert done.exit_code == 2
    assert "already: name another folder" in done.output
    (tmp_path / "own" / "toy").mkdir(parents=True)  # somebody's, half there
    assert call(tmp_path / "own", "data", "fixture", "toy").exit_code == 2
    assert not list((tmp_path / "own" / "toy").iterdir())
    assert "nearest: toy" in call(tmp_path, "data", "fixture", "toi").output


def test_the_list_says_what_is_pinned(corpus, tmp_path):
    (found,) = json.loads(call(tmp_path, "data", "list", "--json").output)
    assert found["pinned"] is False
    assert found["folder"] is None
    assert found["size"] == corpus.size


@pytest.fixture
def results(tmp_path):
    (plain, *_) = published.published(ROOT / "baselines" / "mean.json")
    made = aggregation.aggregated(plain, b"salt").sealed()
    for name, result in (("plain", plain), ("told", made)):
        (tmp_path / f"{name}.json").write_text(result.dump())
    published.merge(tmp_path / "published.json", [made])
    return tmp_path


def test_a_result_of_groups_is_shown_to_tell_nothing(results):
    for name in ("told", "published"):
        done = call(results, "verify-private", str(results / f"{name}.json"))
        assert done.exit_code == 0, done.output
        assert "1 results tell of no single recording" in done.output


def test_a_result_of_recordings_is_refused_with_what_it_tells(results):
    done = call(results, "verify-private", str(results / "plain.json"))
    assert done.exit_code == 2
    assert "not aggregated" in done.output
    assert "items.recording" in done.output
    assert "of the data is in it" in done.output


def test_what_is_no_result_is_said(results):
    (results / "bad.json").write_text("{}")
    for name, said in (("bad", "not a result"), ("absent", "no such file")):
        done = call(results, "verify-private", str(results / f"{name}.json"))
        assert done.exit_code == 2
        assert said in done.output


def test_a_problem_is_an_error_of_the_user(corpus, tmp_path):
    with pytest.raises(UserError, match=r"toy in .* is not as expected, 1 found"):
        data_module._expect(corpus, ["one.bin: gone"], tmp_path)
