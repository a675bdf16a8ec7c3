"""What each nuisance cue tells of the class, on training data."""

from functools import partial

import numpy as np
import pytest

from benchmark.core import Asked, Recording, Signal
from benchmark.data import nuisance

SIGNALS = {
    "emg": Signal("µV", "float32", 500.0, (2,)),
    "word": Signal("class", "int64", labels=("a", "b", "c")),
}
ASKED = Asked("toy", ("emg",), "word", SIGNALS)


def recordings(drift, speakers=4, each=30, seed=0):
    """Noise between silences whose zero moves from block to block; each block is of one word."""
    rng = np.random.default_rng(seed)
    made = []
    for speaker in range(speakers):
        zero = rng.permutation(3) * drift
        for n in range(each):
            word = n % 3
            x = rng.normal(size=(600, 2))
            x[:100] *= 0.1
            x[-100:] *= 0.1
            x += zero[word]
            read = partial(dict.__getitem__, {"emg": x.astype(np.float32), "word": np.array(word)})
            made.append(Recording(f"r{speaker}-{n}", f"s{speaker}", "a", "", read))
    return made


def told(made, valid=()):
    classes = nuisance.classes_of(ASKED, made)
    rows = [nuisance.cues_of(ASKED, recording) for recording in made]
    right = nuisance.right_answers(rows, classes, made, valid)
    return [nuisance.Told(cue, n / len(made), 1 / 3, len(made)) for cue, n in right.items()]


def test_a_corpus_recorded_in_blocks_is_seen_within_a_speaker():
    found = {each.cue: each for each in told(recordings(0.5, speakers=1, each=90))}
    assert found["silence"].tells
    assert found["silence"].accuracy > 0.9
    assert not found["duration"].tells


def test_blocks_tell_no_new_speaker_and_a_corpus_without_them_tells_nothing():
    blocks = recordings(0.5, speakers=60, each=6)
    valid = [Recording("v", "new", "a", "", None)]
    assert not [each.cue for each in told(blocks, valid) if each.tells]
    assert not [each.cue for each in told(recordings(0.0, speakers=1, each=90)) if each.tells]


def test_the_line_names_what_tells_and_chance():
    line = nuisance.line(told(recordings(0.5, speakers=1, each=90)))
    assert line.startswith("nuisance cues tell the class (")
    assert "chance 0.33 (90 training recordings)" in line
    assert nuisance.line([]) == ""


@pytest.mark.parametrize(
    ("texts", "count"), [(["a", "b"] * 5, 10), ([f"t{n}" for n in range(10)], 0)]
)
def test_repeated_texts_are_classes_where_there_are_no_labels(texts, count):
    asked = Asked("toy", ("emg",), "emg", SIGNALS)
    made = [Recording(f"r{n}", "s", "a", text, None) for n, text in enumerate(texts)]
    assert len(nuisance.classes_of(asked, made)) == count
