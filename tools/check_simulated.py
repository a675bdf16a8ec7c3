"""Measure what a simulated corpus is like: lengths, intelligibility, and how talkers differ.

    python tools/check_simulated.py [FOLDER] [--no-asr] [--recogniser FILE]

FOLDER is that of the embedded corpus, if none is given.

Words: a nearest-template classifier (exact DTW on mel cepstra) within and across talkers, of the
command word alone, cut out of its take. Movement: DTW distance of the same word by the same talker
and by another. Sentences: word error rate of pocketsphinx (if installed) with a bigram model of
texts by the same grammar, none of them in the corpus; and of a recogniser that has heard other
talkers of the simulator (`tools/train_recogniser.py`), if one is given.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from _words import dtw, nearest, word_distances
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmark.core import UserError
from benchmark.corpora import embedded
from benchmark.corpora.noise import AUDIO_RATE
from benchmark.corpora.simulated import reader
from benchmark.corpora.simulated.sensors.source import FRAME_RATE
from benchmark.corpora.simulated.texts import grammar, graph, lexicon
from benchmark.recogniser import acoustics, arpa, decoding

Array = NDArray[Any]
Entry = Mapping[str, Any]

MARGIN = 0.03  # s kept around a word
MODEL_TEXTS = 20_000


def lengths(entries: Sequence[Entry]) -> Iterator[str]:
    """One line for each kind of take."""
    for kind in ("sentence", "silent", "word"):
        seconds = [e["frames"][1] / FRAME_RATE for e in entries if e["kind"] == kind]
        if seconds:
            low, middle, high = np.percentile(seconds, (5, 50, 95))
            yield (
                f"{kind}: {len(seconds)} takes, {sum(seconds) / 60:.1f} min; "
                f"5, 50, 95 % of lengths: {low:.2f}, {middle:.2f}, {high:.2f} s"
            )


def span(entry: Entry) -> tuple[float, float]:
    """Where the command word of a take begins and ends, in s, with a margin."""
    lasts = entry["frames"][1] / FRAME_RATE
    said = lexicon.spans(entry["text"], [(n, a, b) for n, a, b in entry["phones"]])
    start, end = next((a, b) for word, a, b in said if word == lexicon.command(entry["text"]))
    return max(start - MARGIN, 0.0), min(end + MARGIN, lasts)


def words(folder: Path, entries: Sequence[Entry]) -> Iterator[str]:
    """Accuracy of the command words by the nearest template in sound."""
    waves = []
    for entry in entries:
        start, end = (round(s * AUDIO_RATE) for s in span(entry))
        waves.append(reader.waveform(folder, entry["id"])[start:end])
    texts = np.array([lexicon.command(e["text"]) for e in entries])
    talkers = np.array([e["talker"] for e in entries])
    late = np.array([e["session"].endswith("-b") for e in entries])
    distances = word_distances(waves)
    same = talkers[:, None] == talkers[None]
    every = np.ones(len(entries), dtype=bool)
    for name, allowed, tests, needed in (
        (
            "within a talker, session a to b",
            same & ~late[None],
            late,
            "one talker in both is needed",
        ),
        ("across talkers", ~same, every, f"two talkers are needed, found {len({*talkers})}"),
    ):
        tests = tests & allowed.any(axis=1)
        if not tests.any():
            yield f"words, {name}: not compared: {needed}"
            continue
        right = nearest(distances, texts, allowed, tests)
        by = {
            str(t): round(100 * float(right[talkers[tests] == t].mean()), 1)
            for t in np.unique(talkers[tests])
        }
        yield f"words, {name}: {100 * right.mean():.1f} %  {by}"


def movement(folder: Path, entries: Sequence[Entry]) -> Iterator[str]:
    """DTW distances of movement, as z-scores of each talker, between takes of one word."""
    moves = []
    for entry in entries:
        source = reader.source(folder, entry["id"])
        start, end = (round(s * FRAME_RATE) for s in span(entry))
        scores = (source.points - source.speaker.rest) / source.speaker.spread
        moves.append(scores[start:end].reshape(end - start, -1))
    found: dict[bool, list[float]] = {True: [], False: []}
    for one, other in combinations(range(len(entries)), 2):
        a, b = entries[one], entries[other]
        if lexicon.command(a["text"]) == lexicon.command(b["text"]):
            away = dtw(moves[one], moves[other][None], np.array([len(moves[other])]))
            found[a["talker"] == b["talker"]].append(float(away[0]))
    if not found[True] or not found[False]:
        talkers = len({e["talker"] for e in entries})
        yield (
            "movement, same word: not compared: two talkers are needed of whom one says a word "
            f"twice, found {talkers} in {len(entries)} recordings of words"
        )
        return
    own, others = np.mean(found[True]), np.mean(found[False])
    yield f"movement, same word: same talker {own:.3f}, other talker {others:.3f}"
    yield f"    ratio {others / own:.2f}"


def recogniser() -> Any:
    """A decoder with a model of the grammar's texts; None where pocketsphinx is missing."""
    try:
        from pocketsphinx import Decoder
    except ImportError:
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "texts.lm"
        texts = grammar.sentences("recogniser", "texts", MODEL_TEXTS)
        said = (grammar.plain(text).lower().split() for text in texts)
        model = arpa.bigrams(said, (word.lower() for word in lexicon.PRONUNCIATIONS))
        path.write_text(model, "utf-8")
        return Decoder(lm=str(path), samprate=AUDIO_RATE, loglevel="FATAL")


def sentences(folder: Path, entries: Sequence[Entry]) -> Iterator[str]:
    """Word error rates of the recogniser, of all talkers and of each."""
    decoder = recogniser()
    if decoder is None:
        yield "sentences: pocketsphinx is not installed, skipped"
        return
    heard = []
    for entry in entries:
        decoder.start_utt()
        wave = np.rint(reader.waveform(folder, entry["id"]) * 32767).astype(np.int16)
        decoder.process_raw(wave.tobytes(), full_utt=True)
        decoder.end_utt()
        heard.append(decoder.hyp().hypstr if decoder.hyp() else "")
    yield from errors("pocketsphinx en-us with bigrams of the grammar", entries, heard)


def errors(name: str, entries: Sequence[Entry], heard: Sequence[str]) -> Iterator[str]:
    """Word error rates of what a recogniser heard, of all talkers and of each."""
    from jiwer import wer

    said = [entry["text"].lower() for entry in entries]
    heard = [text.lower() for text in heard]
    yield f"sentences, {name}: WER {wer(said, heard):.3f}"
    for talker in sorted({e["talker"] for e in entries}):
        mine = [k for k, e in enumerate(entries) if e["talker"] == talker]
        yield f"    {talker}: {wer([said[k] for k in mine], [heard[k] for k in mine]):.3f}"


def of_others(folder: Path, entries: Sequence[Entry], path: Path) -> acoustics.Network:
    """A recogniser that was trained on other talkers than the corpus has; UserError if on these."""
    network, seed = acoustics.read(path), reader.manifest(folder)["seed_sha256"][:12]
    for talker in sorted({entry["talker"] for entry in entries}):
        if f"{seed}/{talker}" in network.talkers:
            raise UserError(
                f"{path}: expected other talkers than the corpus has, found {talker}; train one on "
                "another corpus"
            )
    return network


def trained(folder: Path, entries: Sequence[Entry], network: acoustics.Network) -> Iterator[str]:
    """Word error rates of a recogniser of other talkers."""
    texts, ordered, heard = graph.of_grammar(), list[Entry](), list[str]()
    for talker in sorted({entry["talker"] for entry in entries}):
        mine = [entry for entry in entries if entry["talker"] == talker]
        spectrograms = [reader.read(folder, entry["id"], "mel") for entry in mine]
        heard += [decoding.recognise(s, texts) for s in acoustics.scores(network, spectrograms)]
        ordered += mine
    name = f"recogniser of {len(network.talkers)} other talkers with the grammar"
    yield from errors(name, ordered, heard)


def main() -> None:
    """Parse the command line and print the figures."""
    parser = argparse.ArgumentParser(description="Check a simulated corpus.")
    parser.add_argument("folder", nargs="?", type=Path, default=embedded.FOLDER)
    parser.add_argument("--no-asr", action="store_true", help="no pocketsphinx")
    parser.add_argument("--recogniser", type=Path, help="one by tools/train_recogniser.py")
    args = parser.parse_args()
    try:
        entries = [*reader.manifest(args.folder)["recordings"].values()]
        # What is wrong with it is found before anything that takes long.
        network = of_others(args.folder, entries, args.recogniser) if args.recogniser else None
    except UserError as error:
        raise SystemExit(str(error)) from None
    kinds = {k: [e for e in entries if e["kind"] == k] for k in ("sentence", "word")}
    parts = [lengths(entries)]
    if kinds["word"]:
        parts += [words(args.folder, kinds["word"]), movement(args.folder, kinds["word"])]
    if kinds["sentence"] and not args.no_asr:
        parts.append(sentences(args.folder, kinds["sentence"]))
    if kinds["sentence"] and network is not None:
        parts.append(trained(args.folder, kinds["sentence"], network))
    try:
        for part in parts:
            for line in part:
                print(line, flush=True)
    except UserError as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()
