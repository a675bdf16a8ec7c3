"""Sound files are whole or refused, and what is read is what libsndfile reads."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from benchmark.core import Array, UserError
from benchmark.corpora.io import sound

SAMPLES = np.random.default_rng(0).normal(0, 0.1, 20001).clip(-1, 1)
FORMS = [
    *(("WAV", "PCM_16"), ("WAV", "FLOAT"), ("WAV", "PCM_U8"), ("WAVEX", "PCM_24")),
    *(("RF64", "PCM_16"), ("WAV", "IMA_ADPCM"), ("FLAC", "PCM_16"), ("FLAC", "PCM_24")),
]


def written(path: Path, form: str, kind: str, samples: Array = SAMPLES) -> Path:
    soundfile.write(path, samples, 16000, format=form, subtype=kind)
    return path


@pytest.mark.parametrize(("form", "kind"), FORMS)
def test_a_whole_file_is_read_as_it_is_and_a_part_of_it_is_refused(
    tmp_path: Path, form: str, kind: str
) -> None:
    path = written(tmp_path / "a.wav", form, kind)
    for dtype in ("float32", "float64"):
        samples, told = sound.read(path, dtype)  # type: ignore[arg-type]
        same, _ = soundfile.read(path, dtype=dtype, always_2d=True)
        np.testing.assert_array_equal(samples, same, strict=True)
        assert (told.rate, told.channels, told.frames) == (16000, 1, len(same))
    content = path.read_bytes()
    for part in (0.1, 0.6, 0.999):
        path.write_bytes(content[: int(len(content) * part)])
        for look in (sound.header, sound.read, sound.examine):
            with pytest.raises(UserError, match=r"a\.wav: (its header says|not a sound wav)"):
                look(path)


@pytest.mark.parametrize("length", [0, 0xFFFFFFFF])
def test_a_length_that_was_left_open_is_refused(tmp_path: Path, length: int) -> None:
    path = written(tmp_path / "a.wav", "WAV", "PCM_16")
    content = path.read_bytes()
    at = content.index(b"data") + 4
    open_end = content[:at] + struct.pack("<I", length) + content[at + 4 :]
    path.write_bytes(open_end[:4] + struct.pack("<I", length) + open_end[8:])
    with pytest.raises(UserError, match=r"leaves the length of its sound open.*; write it again"):
        sound.header(path)


def test_what_follows_the_sound_is_a_chunk_or_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "a.wav", "WAV", "PCM_16")
    content = path.read_bytes()
    path.write_bytes(content + b"LIST" + struct.pack("<I", 4) + b"INFO")
    assert sound.header(path).frames == len(SAMPLES)
    for more in (b"\0\0\0", bytes(100), content[44:1000]):
        path.write_bytes(content + more)
        with pytest.raises(UserError, match="its header says 40046 bytes, found"):
            sound.header(path)


def test_a_flac_file_holds_the_samples_that_its_sum_was_made_of(tmp_path: Path) -> None:
    path = written(tmp_path / "a.flac", "FLAC", "PCM_16")
    content = bytearray(path.read_bytes())
    content[26] ^= 1
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"a\.flac: its samples are not those"):
        sound.read(path)
    content[26:42] = bytes(16)  # no sum is kept
    path.write_bytes(content)
    assert len(sound.read(path)[0]) == len(SAMPLES)


def test_what_cannot_be_known_to_be_whole_is_refused(tmp_path: Path) -> None:
    for form in ("AIFF", "AU", "W64"):
        path = written(tmp_path / "a.wav", form, "PCM_16")
        with pytest.raises(UserError, match="expected WAV or FLAC, found"):
            sound.header(path)


@pytest.mark.parametrize(
    ("samples", "says"),
    [
        (np.zeros(500), "expected sound, found silence"),
        (np.zeros(0), "expected finite samples, found NaN or none"),
        (np.array([0.1, np.nan]), "expected finite samples, found NaN or none"),
        (np.array([0.1, 2.0]), "expected samples from -1 to 1, found 2"),
    ],
)
def test_what_is_no_sound_is_refused_piece_by_piece(
    tmp_path: Path, samples: Array, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sound, "PIECE", 100)
    path = written(tmp_path / "a.wav", "WAV", "FLOAT", samples)
    with pytest.raises(UserError, match=says):
        sound.examine(path)


def test_the_same_sound_has_the_same_sum_in_another_file(tmp_path: Path) -> None:
    one = written(tmp_path / "a.wav", "WAV", "PCM_16")
    stored, _ = soundfile.read(one, dtype="int16")
    other = written(tmp_path / "b.wav", "FLAC", "PCM_16", stored)
    third = written(tmp_path / "c.wav", "WAV", "PCM_16", SAMPLES[:-1])
    assert sound.examine(one) == sound.examine(other) != sound.examine(third)
