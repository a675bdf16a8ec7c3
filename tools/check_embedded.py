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
from _words import nearest, word_distances
from numpy.typing import NDArray

Array = NDArray[Any]

RATE_HZ = 16000
DEFAULT_DATA = Path(__file__).resolve().parent.parent / "benchmark/corpora/embedded/data"


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
