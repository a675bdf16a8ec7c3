"""Targets made from sound, with a package in the place of SPARC that has its shapes and habits."""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.metadata
import io
import json
import re
import sys
import types
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from benchmark.core import Array, Corpus, Recording, Signal, UserError
from benchmark.corpora import gaddy2020, sparc_targets, sparc_voice
from benchmark.corpora.embedded import borrowed
from benchmark.corpora.gaddy2020 import fixture as miniature
from benchmark.corpora.io import sparc
from fake_sparc import Fake, installed, loader

SOUND = Signal("full scale", "float32", 16000.0)
IDS = ("aloud-1", "aloud-2", "aloud-1+pink-m5", "mute-1", "aloud-3")


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Fake:
    """Have the package `sparc`, version 0.1.0, whose model is a Fake."""
    made, module = Fake(), types.ModuleType("sparc")
    module.load_model = loader(made)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "sparc", module)
    monkeypatch.setattr(importlib.metadata, "version", installed)
    return made


def read(id: str, signal: str) -> Array:
    assert signal == "audio"
    if id.startswith("mute"):
        raise AssertionError("nobody speaks: not to be read")
    return np.asarray(np.sin(np.arange(48000) * 0.05 * int(id[-1])), np.float32)


def corpus(**changed: Any) -> Corpus:
    def facets(id: str) -> Mapping[str, str]:
        return {"manner": "silent" if id.startswith("mute") else "voiced"}

    whole = Corpus(
        name="made_up",
        title="",
        version="1",
        licence="",
        citation="",
        advice="",
        signals={"audio": SOUND},
        locate=lambda root: root,
        recordings=lambda _: [Recording(id, "s1", "a", "", partial(read, id)) for id in IDS],
        digest=lambda: "",
        verify=lambda _: [],
        facets=facets,
    )
    return replace(whole, **changed)


def test_streams_of_what_can_be_heard_are_kept(fake: Fake, tmp_path: Path) -> None:
    told: list[str] = []
    done = sparc_targets.make(corpus(), tmp_path, tmp_path / sparc.CACHE, told.append)
    assert (done.made, done.kept, done.without, done.failed) == (3, 0, 1, ())
    assert done.cut == {2: 3}
    assert done.line() == (
        f"3 made, 0 there before, 1 without sound, 0 failed; frames cut: 2 of 3; in {done.folder}"
    )
    assert [audio.dtype for audio in fake.heard] == ["float32"] * 3
    assert told[0].startswith("loading speech-articulatory-coding en+ on ")
    assert told[1:] == ["1 of 3: aloud-1", "2 of 3: aloud-2", "3 of 3: aloud-3"]
    assert sparc.sets(tmp_path) == [done.folder]
    assert {path.name for path in done.folder.iterdir()} == {
        *("aloud-1.npz", "aloud-2.npz", "aloud-3.npz", "settings.json")
    }
    streams = sparc.find(tmp_path, "aloud-2", Path("none"), "made_up", 3.0)
    assert streams.ema.shape == (149, 12)
    assert sparc.articulation(streams).shape == (149, 14)
    assert sparc.articulation(streams).dtype == np.float32
    np.testing.assert_array_equal(sparc.articulation(streams)[:, :12].ravel(), np.arange(1788))
    loudness = np.abs(read("aloud-2", "audio")).mean()
    np.testing.assert_allclose(streams.loudness, np.full(149, loudness), rtol=1e-6)
    np.testing.assert_array_equal(sparc.voicing(streams), np.arange(149) % 2)


def test_a_file_says_what_made_it(fake: Fake, tmp_path: Path) -> None:  # noqa: ARG001
    done = sparc_targets.make(corpus(), tmp_path, tmp_path, print)
    with np.load(done.folder / "aloud-1.npz", allow_pickle=False) as stored:
        assert json.loads(str(stored["settings"])) == sparc_targets.settings()
        assert stored["cut"].tolist() == [0, 2, 1, 1]
        assert int(stored["samples"]) == 48000
        assert {str(stored[name].dtype) for name in sparc.STREAMS} == {"float32"}
    said = {"model": "en+", "package": "speech-articulatory-coding", "version": "0.1.0"}
    assert json.loads((done.folder / "settings.json").read_text()).items() >= said.items()


def test_the_speaker_is_kept_for_the_decoder(fake: Fake, tmp_path: Path) -> None:  # noqa: ARG001
    sparc_targets.make(corpus(), tmp_path, tmp_path / sparc.CACHE, print)
    streams = sparc.find(tmp_path, "aloud-2", Path("none"), "made_up", 3.0)
    np.testing.assert_array_equal(streams.spk_emb, np.full(64, read("aloud-2", "audio")[1]))
    np.testing.assert_array_equal(streams.pitch_stats, [120, 5])
    speaker = sparc.speaker(tmp_path, "aloud-3", "made_up")
    assert speaker.dtype == np.float32
    np.testing.assert_array_equal(speaker, np.full(64, read("aloud-3", "audio")[1]))
    with pytest.raises(UserError, match=r"mute-1: .* got none in .*silentbench data targets made"):
        sparc.speaker(tmp_path, "mute-1", "made_up")


def test_files_of_before_are_read_and_say_what_they_lack(fake: Fake, tmp_path: Path) -> None:
    cache = tmp_path / sparc.CACHE
    folder = sparc_targets.make(corpus(), tmp_path, cache, print).folder
    path, before = folder / "aloud-1.npz", sparc.read_npz(folder / "aloud-1.npz")
    with np.load(path) as whole:
        np.savez(path, **{n: whole[n] for n in whole if n not in sparc.WHOLE})
    # The same set: nothing is made again, and the streams are as they were.
    assert sparc_targets.make(corpus(), tmp_path, cache, print).made == 0
    assert len(fake.heard) == 3
    streams = sparc.find(tmp_path, "aloud-1", Path("none"), "made_up", 3.0)
    assert streams.spk_emb is streams.pitch_stats is None
    np.testing.assert_array_equal(sparc.articulation(streams), sparc.articulation(before))
    with pytest.raises(UserError, match=r"aloud-1.npz was made before .*; remove the file and"):
        sparc.speaker(tmp_path, "aloud-1", "made_up")


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"spk_emb": np.zeros((1, 64), np.float32)}, r"spk_emb finite float \(n,\), got float32"),
        ({"spk_emb": np.full(64, np.nan)}, "spk_emb .*, got NaN or infinity"),
        ({"pitch_stats": np.zeros(3)}, r"pitch_stats finite float \(2,\), got float64 \(3,\)"),
        ({"spk_emb": np.zeros(0, np.float32)}, "spk_emb finite float"),
        ({"ema": np.zeros((149, 13), np.float32)}, r"expected ema float \(time, 12\)"),
        ({"pitch": np.full((150, 1), np.nan)}, "pitch holds NaN or infinity"),
        ({"periodicity": None}, r"expected periodicity float \(time, 1\), got object"),
    ],
)
def test_a_speaker_or_streams_that_are_none_are_not_kept(
    fake: Fake,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    changed: dict[str, Any],
    says: str,
) -> None:
    sound = fake.encode
    monkeypatch.setattr(fake, "encode", lambda audio: {**sound(audio), **changed})
    done = sparc_targets.make(corpus(), tmp_path, tmp_path, print)
    assert (done.made, len(done.failed)) == (0, 3)
    assert all(re.search(says, failure) for failure in done.failed)
    assert list(done.folder.glob("*.npz")) == []


def test_articulation_is_decoded_with_its_speaker(fake: Fake) -> None:
    voice = sparc_voice.load(print)
    assert voice.rate == 16000
    answer = np.arange(14.0 * 30).reshape(30, 14)
    wave = sparc_voice.sound(voice, "aloud-1", answer, np.full(64, 7.0))
    assert (wave.dtype, wave.shape) == (np.float32, (9600,))
    [given] = fake.decoded
    np.testing.assert_array_equal(given["ema"], answer[:, :12])
    np.testing.assert_array_equal(given["loudness"], answer[:, 12])
    np.testing.assert_array_equal(given["pitch"], answer[:, 13])
    assert {array.dtype.name for array in given.values()} == {"float32"}
    assert sparc.CHANNELS[12:] == ("loudness", "pitch")


def test_what_cannot_be_decoded_is_named(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    voice, speaker = sparc_voice.load(print), np.zeros(64)
    for answer in (np.zeros((5, 12)), np.full((5, 14), np.nan), np.zeros(14)):
        with pytest.raises(UserError, match=r"x1: expected finite articulation \(time, 14\)"):
            sparc_voice.sound(voice, "x1", answer, speaker)
    with pytest.raises(UserError, match=r"x1: SPARC could not decode it \(RuntimeError: expected"):
        sparc_voice.sound(voice, "x1", np.zeros((5, 14)), np.zeros(32))
    monkeypatch.setattr(fake, "decode", lambda **_: np.full(9, np.nan))
    with pytest.raises(UserError, match=r"x1: expected finite sound \(time,\) of SPARC"):
        sparc_voice.sound(sparc_voice.load(print), "x1", np.zeros((5, 14)), speaker)
    monkeypatch.setattr(fake, "generator", None)
    with pytest.raises(UserError, match=r"en\+ came without a decoder"):
        sparc_voice.load(print)


def test_articulation_of_people_alone_is_decoded() -> None:
    people = gaddy2020.SIGNALS["articulation"]
    assert sparc_voice.fits(people)
    assert not any(
        sparc_voice.fits(other)
        for other in (
            replace(people, unit="mm"),
            replace(people, rate=100.0),
            replace(people, frame=(12,), channels=people.channels[:12]),
            gaddy2020.SIGNALS["mel"],
        )
    )


@pytest.mark.needs("speech-articulatory-coding")
@pytest.mark.filterwarnings("ignore")  # of its own, which are many
def test_the_real_package_encodes_and_decodes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its code as it is, with random weights of few channels: shapes, names and types are real."""
    silent = types.ModuleType("torchaudio")  # imported and not used on this way
    silent.__spec__ = importlib.machinery.ModuleSpec("torchaudio", None)
    monkeypatch.setitem(sys.modules, "torchaudio", silent)
    package = importlib.import_module("sparc")
    config = random_weights(tmp_path / "wavlm-random")
    whole = package.load_model
    monkeypatch.setattr(
        package, "load_model", lambda _, device: whole(config=config, device=device)
    )
    done = sparc_targets.make(corpus(), tmp_path, tmp_path / sparc.CACHE, print)
    assert (done.made, done.failed) == (3, ())
    streams = sparc.find(tmp_path, "aloud-1", Path("none"), "made_up", 3.0)
    speaker = sparc.speaker(tmp_path, "aloud-1", "made_up")
    assert speaker.shape == (64,)
    assert streams.pitch_stats is not None
    voice = sparc_voice.load(print)
    waves = [
        sparc_voice.sound(voice, "aloud-1", sparc.articulation(streams), embedding)
        for embedding in (speaker, speaker + 1)
    ]
    assert voice.rate == 16000
    assert {len(wave) for wave in waves} == {320 * len(streams.ema)}
    assert np.abs(waves[0] - waves[1]).max() > 0  # the speaker counts


def random_weights(folder: Path) -> dict[str, Any]:
    """A configuration of the real package whose parts are small and random."""
    from sparc.generator import HiFiGANGenerator  # type: ignore[import-not-found]
    from sparc.spk_encoder import SpeakerEncodingLayer  # type: ignore[import-not-found]
    from transformers import WavLMConfig, WavLMModel  # type: ignore[import-not-found]

    torch.manual_seed(1)
    size = 32
    shape = {"num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 64}
    speech = WavLMConfig(hidden_size=size, conv_dim=(16,) * 7, **shape)
    WavLMModel(speech).save_pretrained(folder)
    generator = {
        "channels": 32,
        "upsample_scales": (8, 5, 4, 2),
        "upsample_kernel_sizes": (16, 10, 8, 4),
        "spk_emb_size": 64,
    }
    return {
        "speech_model": str(folder),
        "target_layer": 2,
        "crepe_model": "tiny",
        "spk_ft_size": size,
        "linear_model_state_dict": {"weight": torch.randn(12, size), "bias": torch.zeros(12)},
        "spk_ft_ckpt": SpeakerEncodingLayer(size, 64).state_dict(),
        "generator_configs": generator,
        "generator_ckpt": HiFiGANGenerator(**generator).state_dict(),
    }


def test_what_was_interrupted_goes_on(
    fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = sparc_targets.make(corpus(), tmp_path, tmp_path, print)
    before = (first.folder / "aloud-1.npz").stat().st_mtime_ns
    (first.folder / "aloud-2.npz").unlink()
    again = sparc_targets.make(corpus(), tmp_path, tmp_path, print)
    assert (again.made, again.kept, again.folder) == (1, 2, first.folder)
    assert len(fake.heard) == 4
    assert (first.folder / "aloud-1.npz").stat().st_mtime_ns == before
    whole = sparc_targets.make(
        corpus(), tmp_path, tmp_path, pytest.fail
    )  # nothing is loaded or told
    assert (whole.made, whole.kept) == (0, 3)
    assert whole.line().startswith(
        "0 made, 3 there before, 1 without sound, 0 failed; frames cut: "
    )
    monkeypatch.setattr(importlib.metadata, "version", lambda _: "0.2.0")
    other = sparc_targets.make(corpus(), tmp_path, tmp_path, print)
    assert (other.made, other.kept) == (3, 0)
    assert other.folder != first.folder


def test_two_runs_write_the_same_bytes(fake: Fake, tmp_path: Path) -> None:  # noqa: ARG001
    one, other = (sparc_targets.make(corpus(), tmp_path, tmp_path / n, print).folder for n in "ab")
    assert one.name == other.name
    for path in one.iterdir():
        assert path.read_bytes() == (other / path.name).read_bytes()


def test_a_recording_that_fails_is_named_and_the_others_are_made(
    fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = fake.encode

    def encode(audio: Array) -> dict[str, Any]:
        found = sound(audio)
        if len(fake.heard) == 1:
            found["loudness"] = np.zeros((153, 1), np.float32)
        if len(fake.heard) == 2:
            raise RuntimeError("out of memory\nwith a second line")
        return found

    monkeypatch.setattr(fake, "encode", encode)
    done = sparc_targets.make(corpus(), tmp_path, tmp_path, print)
    assert (done.made, done.kept, len(done.failed)) == (1, 0, 2)
    assert done.failed == (
        "aloud-1 (SPARC): expected streams that differ by 2 frames, got ema 149, loudness 153, "
        "pitch 150, periodicity 150",
        "aloud-2: SPARC could not encode it (RuntimeError: out of memory)",
    )
    assert [path.name for path in done.folder.glob("*.npz")] == ["aloud-3.npz"]


def test_a_recording_of_silence_is_not_scaled_by_nothing(fake: Fake, tmp_path: Path) -> None:
    def silence(_: Path) -> list[Recording]:
        return [Recording("aloud-9", "s1", "a", "", lambda _: np.zeros(16000, np.float32))]

    done = sparc_targets.make(corpus(recordings=silence), tmp_path, tmp_path, print)
    assert done.failed == ("aloud-9: expected sound, got silence; SPARC cannot scale it",)
    assert fake.heard == []


@pytest.mark.parametrize("signals", [{}, {"audio": replace(SOUND, rate=22050.0)}])
@pytest.mark.usefixtures("fake")
def test_a_corpus_without_fitting_sound_is_refused(
    tmp_path: Path, signals: dict[str, Signal]
) -> None:
    with pytest.raises(UserError, match="made_up: expected a signal audio at 16000 Hz"):
        sparc_targets.make(corpus(signals=signals), tmp_path, tmp_path, print)


def test_a_place_that_cannot_be_written_is_reported_before_anything_is_run(
    fake: Fake, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"cannot be written .*make a folder of your own"):
        sparc_targets.make(corpus(), tmp_path, tmp_path / "file", print)
    assert fake.heard == []


def no_package(name: str) -> str:
    raise importlib.metadata.PackageNotFoundError(name)


def test_without_the_package_it_is_said_which_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Another package may be imported as sparc: its name is what counts.
    monkeypatch.setitem(sys.modules, "sparc", types.ModuleType("sparc"))
    monkeypatch.setattr(importlib.metadata, "version", no_package)
    told = sparc_targets.sparc_available()
    assert "pip install speech-articulatory-coding==0.1.0" in told
    assert "\n" not in told
    with pytest.raises(UserError, match="speech-articulatory-coding is not installed"):
        sparc_targets.make(corpus(), tmp_path, tmp_path, print)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "problem", [ImportError("no torchaudio"), OSError("libtorch_cuda.so: no such file\nmore")]
)
def test_a_package_that_cannot_be_imported_says_why(
    fake: Fake,  # noqa: ARG001
    monkeypatch: pytest.MonkeyPatch,
    problem: Exception,
) -> None:
    def broken(_: str) -> None:
        raise problem

    assert sparc_targets.sparc_available() == ""
    monkeypatch.setattr(importlib, "import_module", broken)
    told = sparc_targets.sparc_available()
    assert str(problem).splitlines()[0] in told
    assert "\n" not in told


def test_a_stranger_called_sparc_is_not_taken_for_it(
    fake: Fake,  # noqa: ARG001
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "sparc", types.ModuleType("sparc"))
    assert "cannot be imported (AttributeError" in sparc_targets.sparc_available()


@pytest.mark.parametrize(
    "problem", [FileNotFoundError("weights"), RuntimeError("hub"), KeyError("en+")]
)
def test_weights_that_cannot_be_had_are_reported(
    fake: Fake,  # noqa: ARG001
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    problem: Exception,
) -> None:
    def none(_: str, device: str) -> None:  # noqa: ARG001
        raise problem

    monkeypatch.setattr(sys.modules["sparc"], "load_model", none)
    whole = torch.load
    with pytest.raises(UserError, match=r"the weights of .* cannot be had .* Hugging Face"):
        sparc_targets.make(corpus(), tmp_path, tmp_path, print)
    assert torch.load is whole


def checkpoint(path: Path) -> Path:
    """Weights as an accelerator saves them, written without one."""
    saved, whole = io.BytesIO(), torch.ones(3)
    torch.save({"weight": whole}, saved)
    with zipfile.ZipFile(saved) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            there, here = b"X\x06\x00\x00\x00cuda:0", b"X\x03\x00\x00\x00cpu"
            content = source.read(name)
            target.writestr(name, content.replace(here, there) if "data.pkl" in name else content)
    return path


@pytest.mark.needs("no accelerator")
def test_weights_of_an_accelerator_load_without_one(
    fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = checkpoint(tmp_path / "model.ckpt")
    loaded: dict[str, Any] = {}

    def load_model(name: str, device: str) -> Fake:
        loaded.update(torch.load(path), name=name, device=device)
        loaded["named"] = torch.load(path, map_location="meta")["weight"]
        loaded["given"] = torch.load(path, "meta")["weight"]
        return fake

    with pytest.raises(RuntimeError, match="CUDA"):
        torch.load(path)
    monkeypatch.setattr(sys.modules["sparc"], "load_model", load_model)
    sparc_targets.make(corpus(), tmp_path, tmp_path / "cache", print)
    assert (loaded["name"], loaded["device"]) == ("en+", "cpu")
    assert loaded["weight"].tolist() == [1, 1, 1]
    assert loaded["named"].device.type == loaded["given"].device.type == "meta"
    with pytest.raises(RuntimeError, match="CUDA"):
        torch.load(path)


def test_the_corpus_finds_what_was_made_of_it(fake: Fake, tmp_path: Path) -> None:
    miniature.write(tmp_path)
    done = sparc_targets.make(gaddy2020.CORPUS, tmp_path, tmp_path / sparc.CACHE, print)
    # 28 utterances aloud; 24 mouthed ones have sound files, in which nobody speaks.
    assert (done.made, done.without, done.failed) == (28, 24, ())
    assert len(fake.heard) == 28
    found = {one.id: one for one in gaddy2020.recordings(tmp_path)}
    one = found["voiced-5-4-0001-War_of_the_Worlds-0522"]
    waveform = borrowed.source(borrowed.shortest(miniature.SPEAKER, "sentence", 1)[0]).audio
    np.testing.assert_allclose(one["articulation"][:, 12], np.abs(waveform).mean(), rtol=1e-4)
    assert one["articulation"].shape == (len(waveform) // 320 - 1, 14)
    assert set(one["voicing"].tolist()) == {0, 1}
    added = {path for path in gaddy2020.corpus_files(tmp_path) if done.folder in path.parents}
    assert added == set(done.folder.glob("*.npz"))
    assert gaddy2020.verify(tmp_path) == []
