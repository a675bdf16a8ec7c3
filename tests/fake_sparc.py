"""A package in the place of SPARC that has its shapes, its signatures and its habits."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmark.core import Array
from benchmark.corpora import sparc_targets

VERSION = importlib.metadata.version


def installed(name: str) -> str:
    """In the place of `importlib.metadata.version`, where SPARC is installed too."""
    return "0.1.0" if name == sparc_targets.PACKAGE else VERSION(name)


class Fake:
    """SPARC: 3 s of sound give 149, 151 and 150 frames, and a frame gives 320 samples."""

    output_sr = 16000
    generator: Any = object()  # None where there is no decoder

    def __init__(self) -> None:
        self.heard: list[Array] = []
        self.decoded: list[dict[str, Array]] = []

    def encode(self, audio: Array) -> dict[str, Any]:
        assert audio.ndim == 1
        self.heard.append(audio)
        frames = len(audio) // 320
        voiced = np.arange(frames)[:, None] % 2
        return {
            "ema": np.arange(12.0 * (frames - 1)).reshape(-1, 12).astype(np.float32),
            "loudness": np.full((frames + 1, 1), np.abs(audio).mean(), np.float32),
            "pitch": np.full((frames, 1), 120, np.float32),
            "periodicity": (0.39 + 0.02 * voiced).astype(np.float32),
            "pitch_stats": np.array([120, 5], np.float32),
            "spk_emb": np.full(64, audio[1], np.float32),
            "ft_len": frames,
        }

    def decode(
        self, ema: Array, pitch: Array, loudness: Array, spk_emb: Array, **_more: Any
    ) -> Array:
        """As of 0.1.0: arrays alone, movement of twelve columns, one embedding; sound (n,)."""
        assert all(type(one) is np.ndarray for one in (ema, pitch, loudness, spk_emb))
        if ema.ndim != 2 or ema.shape[1] != 12 or spk_emb.shape != (64,):
            raise RuntimeError(f"expected 14 channels and 64 numbers, got {ema.shape}")
        given = {"ema": ema, "pitch": pitch, "loudness": loudness, "spk_emb": spk_emb}
        self.decoded.append(given)
        frames = min(len(ema), len(pitch), len(loudness))
        return np.full(320 * frames, spk_emb[0] / 100, np.float32)


def loader(made: Fake) -> Callable[..., Fake]:
    """Its `load_model`."""

    def load_model(name: str, device: str) -> Fake:  # noqa: ARG001
        return made

    return load_model
