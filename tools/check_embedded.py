"""Measure the intelligibility of the embedded corpus: word accuracy and word error rate.

    python tools/check_embedded.py [--data DIR] [--no-asr]

Words: a nearest-template classifier (exact DTW on mel cepstra) within and across speakers.
Sentences: the word error rate of pocketsphinx (if installed) with the corpus grammar.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from _embedded_text import GRAMMAR
from numpy.typing import NDArray
from scipy.fft import dct
from scipy.signal import get_window

Array = NDArray[Any]

RATE_HZ, HOP, WINDOW, FFT = 16000, 160, 400, 512
MELS, CEPSTRA = 26, 13
DEFAULT_DATA = Path(__file__).resolve().parent.parent / "benchmark/corpora/embedded/data"


def _mel_bank() -> Array:
    """Triangular filters (MELS, FFT // 2 + 1) from 100 to 7600 Hz, equal steps in mel."""
    low, high = (2595 * np.log10(1 + f / 700) for f in (100.0, 7600.0))
    mel_edges = np.linspace(low, high, MELS + 2)
    edges = 700 * (10 ** (mel_edges / 2595) - 1)
    bins = np.fft.rfftfreq(FFT, 1 / RATE_HZ)
    rising = (bins - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - bins) / np.diff(edges)[1:, None]
    return np.asarray(np.maximum(0.0, np.minimum(rising, falling)))


def mfcc(wave: Array) -> Array:
    """Cepstra c1.. and their differences, (frames, 24), mean removed; 100 frames a second."""
    frames = np.lib.stride_tricks.sliding_window_view(wave, WINDOW)[::HOP]
    power = np.abs(np.fft.rfft(frames * get_window("hamming", WINDOW), FFT)) ** 2
    mel = power @ _mel_bank().T
    logs = np.log(np.maximum(mel, mel.max() * 1e-5))
    cepstra = dct(logs, norm="ortho")[:, 1:CEPSTRA]
    cepstra = cepstra - cepstra.mean(axis=0)
    return np.hstack([cepstra, 2 * np.gradient(cepstra, axis=0)]).astype(np.float32)


def dtw(test: Array, templates: Array, lengths: Array) -> Array:
    """Exact DTW distances (batch,) of (n, c) to padded templates (batch, m, c).

    Steps (1, 0), (0, 1), (1, 1), divided by the sum of both lengths; anti-diagonals at once.
    """
    batch, m, _ = templates.shape
    n = len(test)
    squares = np.sum(test**2, 1)[:, None, None] + np.sum(templates**2, 2).T[None]
    cross = np.einsum("nc,bmc->nmb", test, templates, optimize=True)
    cost = np.sqrt(np.maximum(squares - 2 * cross, 0.0))
    far = np.full((n + 1, batch), np.inf, dtype=cost.dtype)
    before, last, result = far.copy(), far.copy(), np.zeros(batch)
    before[0] = 0.0  # the corner before both beginnings
    rows = np.arange(n)
    for k in range(n + m - 1):
        i = rows[max(0, k - m + 1) : k + 1]
        now = far.copy()
        best = np.minimum(np.minimum(last[i + 1], last[i]), before[i])
        now[i + 1] = cost[i, k - i] + best
        ended = lengths == k - n + 2
        result[ended] = now[n, ended]
        before, last = last, now
    return np.asarray(result / (n + lengths))


def word_distances(waves: list[Array]) -> Array:
    """DTW distances (N, N) between all words; the diagonal is infinite."""
    features = [mfcc(w) for w in waves]
    lengths = np.array([len(f) for f in features])
    padded = np.zeros((len(features), lengths.max(), features[0].shape[1]), dtype=np.float32)
    for row, feature in zip(padded, features, strict=True):
        row[: len(feature)] = feature
    result = np.array([dtw(f, padded, lengths) for f in features])
    np.fill_diagonal(result, np.inf)
    return result


def nearest(distances: Array, texts: Array, allowed: Array, tests: Array) -> Array:
    """Which of the ``tests`` rows have their own text in the nearest ``allowed`` template."""
    masked = np.where(allowed, distances, np.inf)[tests]
    return np.asarray(texts[masked.argmin(axis=1)] == texts[tests])


def check_words(results: list[dict[str, Any]], waves: list[Array]) -> None:
    """Print the accuracies of the ten words."""
    texts = np.array([r["text"] for r in results])
    speaker = np.array([r["talker"] for r in results])
    late = np.array([r["session"].endswith("-b") for r in results])
    distances = word_distances(waves)
    same = speaker[:, None] == speaker[None]
    everything = np.ones(len(results), dtype=bool)
    for name, allowed, tests in (
        ("within, leave one out", same, everything),
        ("within, session a -> b", same & ~late[None], late),
        ("across speakers", ~same, everything),
    ):
        if not allowed[tests].any():
            continue
        right = nearest(distances, texts, allowed, tests)
        by, words = (
            {str(k): round(100 * float(right[key[tests] == k].mean()), 1) for k in np.unique(key)}
            for key in (speaker, texts)
        )
        print(f"words, {name}: {100 * right.mean():.1f} %  {by}\n    {words}")


def _grammar() -> str:
    """The sentence grammar in the Java speech grammar format."""
    slots = " ".join(f"( {' | '.join(slot)} )" for slot in GRAMMAR)
    return f"#JSGF V1.0;\ngrammar sentences;\npublic <sentence> = {slots};\n"


def check_sentences(results: list[dict[str, Any]], waves: list[Array]) -> None:
    """Print the word error rate of pocketsphinx; its chance level is about 0.83."""
    try:
        from jiwer import wer
        from pocketsphinx import Decoder
    except ImportError:
        print("sentences: pocketsphinx or jiwer is not installed, skipped")
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sentences.gram"
        path.write_text(_grammar(), "utf-8")
        decoder = Decoder(jsgf=str(path), samprate=RATE_HZ, loglevel="FATAL")
    recognised = []
    for wave in waves:
        decoder.start_utt()
        decoder.process_raw(np.rint(wave * 32767).astype(np.int16).tobytes(), full_utt=True)
        decoder.end_utt()
        recognised.append(decoder.hyp().hypstr if decoder.hyp() else "")
    texts = [r["text"] for r in results]
    print(f"sentences, pocketsphinx en-us with the grammar: WER {wer(texts, recognised):.3f}")
    for speaker in sorted({r["talker"] for r in results}):
        mine = [i for i, r in enumerate(results) if r["talker"] == speaker]
        rate = wer([texts[i] for i in mine], [recognised[i] for i in mine])
        print(f"    {speaker}: WER {rate:.3f}")


def load(data: Path) -> tuple[list[dict[str, Any]], list[Array]]:
    """All recordings of the manifest and their audio."""
    results: list[dict[str, Any]] = json.loads((data / "manifest.json").read_text("utf-8"))[
        "recordings"
    ]
    sounds = {t: soundfile.read(data / f"{t}.flac")[0] for t in {r["talker"] for r in results}}
    return results, [sounds[r["talker"]][r["audio"][0] : sum(r["audio"])] for r in results]


def main() -> None:
    """Parse the command line and print the figures."""
    parser = argparse.ArgumentParser(description="Check the embedded corpus.")
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--no-asr", action="store_true", help="words only, no speech recogniser")
    args = parser.parse_args()
    results, waves = load(args.data)
    print(f"{len(results)} recordings, {sum(len(w) for w in waves) / RATE_HZ / 60:.2f} min")
    for kind, check in (("word", check_words), ("sentence", check_sentences)):
        if kind == "sentence" and args.no_asr:
            continue
        chosen = [i for i, r in enumerate(results) if r["kind"] == kind]
        if chosen:
            check([results[i] for i in chosen], [waves[i] for i in chosen])


if __name__ == "__main__":
    main()
