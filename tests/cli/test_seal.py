"""What `seal score` asks for and refuses, before anything is trained."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from benchmark.cli.app import app
from benchmark.cli.seal import score as command
from benchmark.corpora.simulated import fixture, reader


def said(*arguments: object, **variables: str) -> str:
    words = ["seal", "score", "mean", "--task", "emg_to_mel", *map(str, arguments)]
    done = CliRunner(env={"SILENTBENCH_SEALED": "", **variables}).invoke(app, words)
    assert done.exit_code != 0
    return " ".join(done.stderr.split())


def test_a_folder_or_a_secret_is_asked_for() -> None:
    assert "--sealed, or --secret-file" in said()


def test_public_recordings_are_no_sealed_test(tmp_path: Path) -> None:
    fixture.write(tmp_path)
    assert "expected a sealed corpus, found one that trains, too" in said("--sealed", tmp_path)


def test_a_short_secret_is_refused_and_not_shown(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("password\n", "utf-8")
    told = said("--secret-file", path)
    assert "expected 32 bytes or more, 8 of them different, found 8" in told
    assert "password" not in told


def test_what_is_made_from_a_secret_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where it cannot be scored; here it is no sealed corpus."""
    folders: list[Path] = []

    def make(_secret: bytes, digest: str, *rest: object) -> None:
        assert len(digest) == 64
        folder = rest[2]
        assert isinstance(folder, Path)
        fixture.write(folder)
        folders.append(folder)

    monkeypatch.setattr(command.making, "make", make)
    path = tmp_path / "secret"
    path.write_text("a secret of thirty-two bytes and more", "utf-8")
    assert "expected a sealed corpus" in said("--secret-file", path)
    reader.manifest.cache_clear()
    assert len(folders) == 1
    assert not folders[0].exists()


def test_a_terminated_command_removes_what_it_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders: list[Path] = []

    def make(_secret: bytes, _digest: str, *rest: object) -> None:
        assert isinstance(rest[2], Path)
        (rest[2] / "z01.flac").write_bytes(b"sound")
        folders.append(rest[2])
        os.kill(os.getpid(), signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(command.making, "make", make)
    path = tmp_path / "secret"
    path.write_text("a secret of thirty-two bytes and more", "utf-8")
    said("--secret-file", path)
    assert len(folders) == 1
    assert not folders[0].exists()
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_corpus_of_another_format_is_refused(tmp_path: Path) -> None:
    told = said("--sealed", tmp_path, "--corpus", "embedded")
    assert "embedded: expected a corpus of the format of sealed recordings" in told
