"""Recordings of a toy language: each letter is a muscle that pulls."""

import numpy as np

from benchmark.core import Asked, Recording, Signal

SIGNALS = {
    "emg": Signal("µV", "float32", 1000.0, (2,)),
    "text": Signal("code point", "uint32", free=True),
}
ASKED = Asked("emg_to_text", ("emg",), "text", SIGNALS)
TEXTS = ("aa ba", "ba ab", "ab aa", "aa ab", "ba aa")


def spoken(number):
    """Each letter is 120 ms in which one of two muscles pulls; words lie 120 ms apart."""
    text = TEXTS[number % len(TEXTS)]
    rng = np.random.default_rng(number)
    pull = np.repeat([{"a": (40, 2), "b": (2, 40), " ": (2, 2)}[c] for c in f" {text} "], 120, 0)
    emg = (rng.standard_normal(pull.shape) * pull).astype(np.float32)
    values = {"emg": emg, "text": np.array([ord(c) for c in text], np.uint32)}
    return Recording(f"r{number}", "s", "s", text, values.__getitem__)
