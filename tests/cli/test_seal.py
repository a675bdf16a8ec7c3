"""What `seal score` asks for and refuses, before anything is trained."""

from __future__ import annotations

import os
import shutil
import signal
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from benchmark import registry
from benchmark.cli.app import app
from benchmark.cli.seal import score as command
from benchmark.core import Fold, Split, UserError
from benchmark.corpora.simulated import stored
from benchmark.corpora.simulated.plan import Share
from benchmark.results.sealed.file import SealedResult, Sums
from parts import ROOT

TAKES = ROOT / "tests" / "corpora" / "simulated" / "takes"


def said(*arguments: object, **variables: str) -> str:
    """What a test that is asked for is refused for."""
    words = ["seal", "score", *map(str, arguments)]
    if "--task" not in arguments:
        words += ["mean", "--task", "emg_to_mel"]
    variables = {"SILENTBENCH_SEALED": "", "SILENTBENCH_FAST": "", **variables}
    done = CliRunner(env=variables).invoke(app, words)
    assert done.exit_code in (2, 128 + signal.SIGTERM)
    return " ".join(done.stderr.split())


@pytest.fixture
def public(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with three takes in it, on which the task has a split."""
    shutil.copytree(TAKES, tmp_path / "simulated")
    split = Split("simulated.new", "", (), {}, "5" * 64)
    monkeypatch.setattr(
        command.plan, "sources", lambda _paths, _task, names, corpora:
        {split.name: (split, corpora[names[0]])}
    )  # fmt: skip
    monkeypatch.setattr(command, "default_split", lambda *_: split.name)
    stored.manifest.cache_clear()
    return tmp_path


def test_a_folder_or_a_secret_is_asked_for_and_not_both(tmp_path: Path) -> None:
    asked = "expected --sealed (or SILENTBENCH_SEALED) or --secret-file, found"
    assert f"{asked} neither" in said()
    both = f"{asked} both ({tmp_path} and FILE)"
    assert both in said("--sealed", tmp_path, "--secret-file", "FILE")
    assert both in said("--secret-file", "FILE", SILENTBENCH_SEALED=str(tmp_path))


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["mean", "typo", "--task", "emg_to_mel"], "typo"),
        (["mean", "--task", "emg_to_mell"], "emg_to_mell"),
        (["mean", "--task", "emg_to_mel", "--split", "simulated.typo"], "simulated.typo"),
        (["mean", "emg_words", "--task", "emg_to_mel"], "emg_words: does none of emg_to_mel; it"),
        (["mean", "--task", "emg_to_mel", "--variants", "typo"], "--variants typo: expected some"),
        (["mean", "--task", "emg_to_mel", "--isolation", "process"], "needs a sandbox"),
    ],
)
def test_what_is_not_there_is_named_before_anything_is_made(
    public: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], says: str
) -> None:
    monkeypatch.setattr(command.making, "make", pytest.fail)
    secret = public / "secret"
    secret.write_text("a secret of thirty-two bytes and more", "utf-8")
    assert says in said(*words, "--data", public, "--secret-file", secret)


def test_an_entry_without_a_model_and_inexact_computation_are_refused(
    public: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("--data", public, "--sealed", public)
    assert "SILENTBENCH_FAST: a sealed test computes exactly" in said(*words, SILENTBENCH_FAST="1")
    found = registry.entries(command.ROOT)
    other = replace(found.found["mean"], kind="predictions")
    monkeypatch.setattr(
        command.registry, "entries", lambda _: replace(found, found={"mean": other})
    )
    assert "mean: has predictions, and no model to ask for others" in said(*words)


def test_public_recordings_are_no_sealed_test_and_sealed_ones_train_nothing(public: Path) -> None:
    words = ("--data", public, "--sealed", public / "simulated", "--corpus", "simulated")
    assert "expected a sealed corpus, found one that trains, too" in said(*words)
    listed = public / "simulated" / "manifest.json"
    head = '"sealed": true, "seed_sha256": "5", "format"'
    listed.write_text(listed.read_text("utf-8").replace('"format"', head), "utf-8")
    stored.manifest.cache_clear()
    assert "expected public recordings to train on, found sealed ones" in said(*words)


def test_a_short_secret_is_refused_and_not_shown(public: Path) -> None:
    path = public / "secret"
    path.write_text("password\n", "utf-8")
    told = said("--data", public, "--secret-file", path)
    assert "expected 32 bytes or more, 8 of them different, found 8" in told
    assert "password" not in told


def test_what_is_made_from_a_secret_is_removed(
    public: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where it cannot be scored; here it is no sealed corpus."""
    folders: list[Path] = []

    def make(_secret: bytes, digest: str, *rest: object) -> None:
        assert len(digest) == 64
        folder = rest[2]
        assert isinstance(folder, Path)
        shutil.copytree(TAKES, folder, dirs_exist_ok=True)
        folders.append(folder)

    monkeypatch.setattr(command.making, "make", make)
    path = public / "secret"
    path.write_text("a secret of thirty-two bytes and more", "utf-8")
    assert "expected a sealed corpus" in said("--data", public, "--secret-file", path)
    stored.manifest.cache_clear()
    assert len(folders) == 1
    assert not folders[0].exists()


@pytest.mark.parametrize(
    ("tested", "share"),
    [
        (("u01-s004", "u02-s004"), Share(8)),
        (("u01-s004+white-m6",), Share(8)),
        (("u01-aw001", "u01-bw001"), Share(2, rounds=2)),
        (("u01-s004-silent",), Share(8, silent=8)),
        (("u01-s004", "u01-aw001"), Share(8, rounds=2)),
    ],
)
def test_takes_are_made_of_the_kinds_that_the_split_tests(
    public: Path, monkeypatch: pytest.MonkeyPatch, tested: tuple[str, ...], share: Share
) -> None:
    split = Split("simulated.new", "", (), {"all": Fold(("u03-s001",), (), tested)}, "5" * 64)
    monkeypatch.setattr(
        command.plan, "sources", lambda _paths, _task, names, corpora:
        {split.name: (split, corpora[names[0]])}
    )  # fmt: skip
    asked: list[object] = []

    def make(_secret: bytes, _digest: str, share: Share, *_rest: object) -> None:
        asked.append(share)
        raise UserError("enough")

    monkeypatch.setattr(command.making, "make", make)
    path = public / "secret"
    path.write_text("a secret of thirty-two bytes and more", "utf-8")
    assert "enough" in said("--data", public, "--secret-file", path)
    assert asked == [share]


def test_a_terminated_command_removes_what_it_made(
    public: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders: list[Path] = []

    def make(_secret: bytes, _digest: str, *rest: object) -> None:
        assert isinstance(rest[2], Path)
        (rest[2] / "z01.flac").write_bytes(b"sound")
        folders.append(rest[2])
        os.kill(os.getpid(), signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(command.making, "make", make)
    path = public / "secret"
    path.write_text("a secret of thirty-two bytes and more", "utf-8")
    said("--data", public, "--secret-file", path)
    assert len(folders) == 1
    assert not folders[0].exists()
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_corpus_of_another_format_is_refused(tmp_path: Path) -> None:
    told = said("--sealed", tmp_path, "--corpus", "gaddy2020")
    assert "gaddy2020: expected a corpus of the format of sealed recordings" in told


def test_a_sealed_score_is_json_with_both_values_of_the_metric_that_ranks() -> None:
    metric = registry.task(ROOT, "emg_to_articulation").metrics[0]
    public = Sums(by_talker={"a": (1.5, 2.0), "b": (0.5, 2.0)}, recordings=4)
    sealed = Sums(by_talker={"c": (0.5, 2.0)}, recordings=2)
    result = SealedResult(
        task="emg_to_articulation",
        split="embedded.new_talkers",
        entry="mine",
        variant="default",
        seed=1,
        data="0" * 64,
        code="1" * 64,
        secret="2" * 64,
        content="3" * 64,
        isolation="bubblewrap",
        day="2026-01-01",
        public={metric.id: public},
        sealed={metric.id: sealed},
    )
    assert command._as_json(metric, result) == {
        "entry": "mine",
        "variant": "default",
        "seed": 1,
        "task": "emg_to_articulation",
        "split": "embedded.new_talkers",
        "metric": metric.id,
        "public": 0.5,
        "sealed": 0.25,
    }
