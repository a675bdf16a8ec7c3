"""The commands `data` and `verify-private`, on a toy corpus."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

import toy
from benchmark import registry
from benchmark.cli.app import app
from benchmark.corpora import sparc_targets
from benchmark.data import checksums
from benchmark.results import aggregation, entry_results

ROOT = Path(__file__).resolve().parents[2]


def write(folder):
    folder.mkdir(parents=True)
    (folder / "one.bin").write_bytes(b"one")
    (folder / checksums.MINIATURE_MARK).write_text("a miniature of toy\n")


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


def test_prepare_prints_the_licence_and_needs_it_accepted(corpus, tmp_path, elsewhere):
    done = call(tmp_path, "data", "prepare", "toy", "--from", str(elsewhere))
    assert done.exit_code == 2
    for said in (corpus.licence, "1 kB", "https://example.org/toy", "--accept-licence"):
        assert said in done.output
    assert not (tmp_path / "toy").exists()
    assert not checksums.manifest_path(corpus, tmp_path).exists()


def test_prepare_links_a_local_copy_and_stores_its_checksums(corpus, tmp_path, elsewhere):
    words = ("data", "prepare", "toy", "--from", str(elsewhere), "--accept-licence")
    first = call(tmp_path, *words)
    assert first.exit_code == 0, first.output
    assert "checksums of 1 files (3 bytes) stored in" in first.output
    assert (tmp_path / "toy").is_symlink()
    again = call(tmp_path, *words)
    assert "1 files match their checksums" in again.output
    told = call(tmp_path, *words, "--json")
    found = json.loads(told.stdout)
    assert found["fingerprint"] == checksums.fingerprint(corpus, tmp_path)
    assert (found["corpus"], found["files"], found["stored"]) == ("toy", 1, False)
    assert "1 files match their checksums" in told.stderr
    anew = call(tmp_path, *words, "--json", "--overwrite-checksums")
    assert json.loads(anew.stdout)["stored"]
    print_ = call(tmp_path, "data", "fingerprint", "toy").output.strip()
    told = json.loads(call(tmp_path, "data", "fingerprint", "toy", "--json").stdout)
    assert told == {"corpus": "toy", "version": toy.corpus().version, "fingerprint": print_}
    assert print_ == checksums.fingerprint(corpus, tmp_path)
    assert print_ in first.output
    assert call(tmp_path, "data", "verify", "toy").exit_code == 0


def test_check_and_prepare_look_at_every_signal(corpus, tmp_path, elsewhere, monkeypatch):
    done = call(tmp_path, "data", "prepare", "toy", "--from", str(elsewhere), "--accept-licence")
    assert "24 recordings with 96 signals" in done.output
    good = call(tmp_path, "data", "check", "toy")
    assert (good.exit_code, good.output.splitlines()[-1]) == (0, "toy 1 is as it declares")
    twice = replace(corpus, recordings=lambda _folder: [toy.recording(0, 0)] * 2)
    monkeypatch.setattr(registry, "corpora", lambda: {"toy": twice})
    checksums.manifest_path(corpus, tmp_path).unlink()
    for words in (("check", "toy"), ("prepare", "toy", "--accept-licence")):
        bad = call(tmp_path, "data", *words)
        assert bad.exit_code == 2
        assert "s0-0: expected an id of its own, found it twice; rename one" in bad.output
        assert "problems, see above" in bad.output
    assert not checksums.manifest_path(corpus, tmp_path).exists()


def test_verify_and_prepare_find_a_changed_byte(corpus, tmp_path, elsewhere):
    words = ("data", "prepare", "toy", "--from", str(elsewhere), "--accept-licence")
    call(tmp_path, *words)
    (elsewhere / "one.bin").write_bytes(b"oNe")
    for said in (("data", "verify", "toy"), words):
        done = call(tmp_path, *said)
        assert done.exit_code == 2
        assert "one.bin: expected sha256" in done.output
        assert "1 problems found" in done.output
    assert checksums.read_manifest(corpus, tmp_path).files["one.bin"][0] == 3


def test_prepare_stores_no_checksums_of_an_incomplete_corpus(corpus, tmp_path, elsewhere):
    (elsewhere / "one.bin").unlink()
    done = call(tmp_path, "data", "prepare", "toy", "--from", str(elsewhere), "--accept-licence")
    assert done.exit_code == 2
    assert "one.bin: expected, found none" in done.output
    assert checksums.read_manifest(corpus, tmp_path) is None


def test_prepare_explains_how_to_get_a_corpus_without_automatic_download(corpus, tmp_path):
    assert corpus.fetch is None
    done = call(tmp_path, "data", "prepare", "toy", "--accept-licence")
    assert done.exit_code == 2
    assert "no automatic download: follow these steps. make it yourself" in done.output


def test_fixture_writes_a_miniature_and_overwrites_nothing(corpus, tmp_path):
    assert "never published" in call(tmp_path, "data", "fixture", "toy").output
    assert checksums.with_checksums(corpus, tmp_path).miniature
    done = call(tmp_path, "data", "fixture", "toy")
    assert done.exit_code == 2
    assert "exists: choose another folder" in done.output
    (tmp_path / "own" / "toy").mkdir(parents=True)  # somebody's, half there
    assert call(tmp_path / "own", "data", "fixture", "toy").exit_code == 2
    assert not list((tmp_path / "own" / "toy").iterdir())
    assert "there are: toy" in call(tmp_path, "data", "fixture", "toi").output


def test_data_list_says_whether_checksums_are_published(corpus, tmp_path):
    (listed,) = json.loads(call(tmp_path, "data", "list", "--json").output)
    assert listed["pinned"] is False
    assert listed["folder"] is None
    assert listed["size"] == corpus.size


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    (plain, *_) = entry_results.read_all(ROOT / "baselines" / "mean.json")
    made = aggregation.aggregated(plain, b"salt").sealed()
    for name, result in (("plain", plain), ("aggregated", made)):
        (folder / f"{name}.json").write_text(result.dump())
    entry_results.merge(folder / "published.json", [made], registry.tasks(ROOT))
    return folder


@pytest.fixture(scope="module")
def plain(results):
    """What is said of a result that is not aggregated."""
    return call(results, "verify-private", str(results / "plain.json"))


def test_verify_private_accepts_aggregated_results(results):
    for name in ("aggregated", "published"):
        done = call(results, "verify-private", str(results / f"{name}.json"))
        assert done.exit_code == 0, done.output
        assert "1 results: nothing in them describes a single recording" in done.output


def test_verify_private_lists_what_a_plain_result_reveals(results, plain):
    assert plain.exit_code == 2
    assert "not aggregated" in plain.output
    assert "of the data" in plain.output
    assert len(plain.output.splitlines()) < 100
    assert "more: --all shows them" in plain.output
    every = call(results, "verify-private", str(results / "plain.json"), "--all").output
    assert "items.recording" in every
    values = [line for line in every.splitlines() if line.startswith("    ")]
    assert f"{len(values)} values describe single recordings" in every


def test_verify_private_counts_each_kind_once_whatever_the_field(results, plain):
    kinds = [line for line in plain.output.splitlines() if re.match(r"\d+ x ", line)]
    assert len(kinds) < 8
    assert any("the text is not needed" in line for line in kinds)
    told = call(results, "verify-private", str(results / "plain.json"), "--json")
    found = json.loads(told.stdout)
    counted = sum(int(line.partition(" x ")[0]) for line in kinds)
    assert sum(map(len, found["problems"].values())) == counted


def test_checks_of_a_corpus_have_json(corpus, tmp_path, elsewhere):
    call(tmp_path, "data", "prepare", "toy", "--accept-licence", "--from", str(elsewhere))
    good = json.loads(call(tmp_path, "data", "verify", "toy", "--json").stdout)
    assert (good["corpus"], good["version"], good["problems"]) == ("toy", corpus.version, [])
    looked = json.loads(call(tmp_path, "data", "check", "toy", "--json").stdout)
    assert looked["problems"] == []
    assert {"doubts", "compared"} <= set(looked)


def test_verify_private_rejects_what_is_not_a_result(results):
    (results / "bad.json").write_text("{}")
    for name, said in (("bad", "not a result"), ("absent", "no such file")):
        done = call(results, "verify-private", str(results / f"{name}.json"))
        assert done.exit_code == 2
        assert said in done.output


@pytest.mark.usefixtures("corpus")
@pytest.mark.parametrize("failed", [(), ("b: no sound",)])
def test_targets_as_json_stand_alone_on_standard_output(tmp_path, monkeypatch, failed):
    def make(_corpus, _folder, cache, tell):
        tell("1 of 2: a")
        return sparc_targets.Summary(cache, 2 - len(failed), 3, 1, {0: 1}, failed)

    monkeypatch.setattr(sparc_targets, "make", make)
    (tmp_path / "toy").mkdir()
    done = call(tmp_path, "data", "targets", "toy", "--json")
    assert done.exit_code == (2 if failed else 0)
    assert json.loads(done.stdout) == {
        "corpus": "toy",
        "folder": str(tmp_path / "toy" / sparc_targets.CACHE),
        "made": 2 - len(failed),
        "kept": 3,
        "without": 1,
        "cut": {"0": 1},
        "failed": list(failed),
    }
    assert "1 of 2: a" in done.stderr
