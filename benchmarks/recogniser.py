"""How fast the recogniser hears, and how much rounding changes of what it hears.

    OMP_NUM_THREADS=1 python benchmarks/recogniser.py [--every 5]

Every so manieth test sentence of `embedded.new_sentences`: processor time against duration, by each
signal in which the metric hears; 20 repeats of one sentence bit by bit; and the word error rate
where the input was rounded otherwise (each value moved at random by up to half of the last place of
float32), and where the network calculates in float64 instead of float32. Both stand for a machine
that rounds otherwise; a model that is trained there again moves its answers by more, such as 0.01
or 0.1 nepers. Done for true spectrograms and for ones with noise of 1.5 nepers, in which many words
are close to others.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from vocoder import sentences

from benchmark.core import Array
from benchmark.corpora import embedded
from benchmark.corpora.simulated import reader
from benchmark.metrics import text
from benchmark.metrics.speech import heard
from benchmark.recogniser import acoustics, decoding
from benchmark.recogniser import heard as recogniser
from benchmark.spectra import articulatory, mel

REPEATS, NOISE = 20, 1.5  # times, nepers
CHANGES = (0.01, 0.1)  # nepers, standard deviation
HEARD = ("mel", "audio", "articulation")  # signals


def read(id: str, signal: str) -> Array:
    return np.asarray(reader.read(embedded.FOLDER, id, signal))


def speed(ids: list[str]) -> None:
    spent: defaultdict[str, float] = defaultdict(float)
    seconds = 0.0
    for number, id in enumerate(["warm-up", *ids]):
        inputs = {name: read(ids[0] if number == 0 else id, name) for name in HEARD}
        for name, array in inputs.items():
            start = time.process_time()
            heard.words(array, reader.SIGNALS[name])
            spent[f"heard by {name}"] += (time.process_time() - start) * (number > 0)
        start = time.process_time()
        articulatory.spectrogram(inputs["articulation"])
        spent["articulation to mel"] += (time.process_time() - start) * (number > 0)
        seconds += len(inputs["mel"]) / mel.FRAME_RATE * (number > 0)
    print(f"{len(ids)} sentences, {seconds:.0f} s")
    for name, used in spent.items():
        print(f"{name}: {seconds / used:.0f} x real time")


def rounded(array: Array, random: np.random.Generator) -> Array:
    """Each value moved by up to half of the distance to the next one in float32."""
    single = array.astype(np.float32)
    return single + np.spacing(np.abs(single)) * random.uniform(-0.5, 0.5, single.shape)


def in_double(spectrogram: Array) -> str:
    network = recogniser._network()
    layers = tuple((w.astype(np.float64), b.astype(np.float64)) for w, b in network.layers)
    scores = acoustics.scores(replace(network, layers=layers), [spectrogram.astype(np.float64)])
    return decoding.recognise(scores[0], recogniser._graph())


def rounding(ids: list[str], noise: float) -> None:
    random = np.random.default_rng(0)
    said, found = list[str](), defaultdict[str, list[str]](list)
    for id in ids:
        true = read(id, "mel")
        array = np.float32(true + random.normal(0, noise, true.shape))
        said.append(text.normalised(text.decoded(read(id, "grammar_text"))))
        found["as it is"].append(recogniser.text(array))
        found["rounded otherwise"].append(recogniser.text(rounded(array, random)))
        found["network in float64"].append(in_double(array))
        for by in CHANGES:
            moved = array + random.normal(0, by, array.shape)
            found[f"moved by {by:g} nepers"].append(recogniser.text(moved))
    words = sum(len(sentence.split()) for sentence in said)
    print(f"noise of {noise:g} nepers, {words} words")
    for name, texts in found.items():
        others = sum(one != other for one, other in zip(texts, found["as it is"], strict=True))
        rate = text.word_error_rate(said, texts)
        print(f"    {name}: WER {rate:.4f}, {others} texts differ")


def main() -> None:
    parser = argparse.ArgumentParser(description="Speed of the recogniser, and rounding.")
    parser.add_argument("--every", type=int, default=5, help="take every so manieth sentence")
    ids = sentences(parser.parse_args().every)
    speed(ids)
    one = read(ids[0], "mel")
    bits = {acoustics.scores(recogniser._network(), [one])[0].tobytes() for _ in range(REPEATS)}
    print(f"{REPEATS} repeats: {len(bits)} different")
    for noise in (0.0, NOISE):
        rounding(ids, noise)


if __name__ == "__main__":
    main()
