"""Texts, pronunciations, speakers and the recording plan of the embedded corpus.

Everything here is a pure function of ``SEED``; nothing needs the synthesiser. The sentences use
the vocabulary of the GRID corpus (Cooke et al., JASA 120, 2006): command colour preposition
letter digit adverb, without the letter w.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

SEED = 20260
SILENCE_S = 0.15

GRAMMAR: tuple[tuple[str, ...], ...] = (
    ("bin", "lay", "place", "set"),
    ("blue", "green", "red", "white"),
    ("at", "by", "in", "with"),
    tuple("abcdefghijklmnopqrstuvxyz"),
    ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    ("again", "now", "please", "soon"),
)
WORDS = ("up", "down", "left", "right", "yes", "stop", "open", "close", "menu", "back")
POOL_SIZES = {"train": 60, "valid": 12, "test": 18}
PER_SPEAKER = {"train": 20, "valid": 4, "test": 6}
REPETITIONS = 8

# Phone labels that the synthesiser lacks, and the phone that stands in for each. Its own "r" is
# a uvular fricative, so the rounded central vowel 9 is closer to the American approximant.
SUBSTITUTES = {"w": "U", "r": "9", "V": "6", "{": "E:", "A": "a"}

# "'" marks the vowel that carries the (phrase or word) accent.
LEXICON: dict[str, str] = {
    "bin": "b 'I n", "lay": "l 'E I", "place": "p l 'E I s", "set": "s 'E t",
    "blue": "b l 'u", "green": "g r 'i n", "red": "r 'E d", "white": "w 'a I t",
    "at": "{ t", "by": "b a I", "in": "I n", "with": "w I D",
    "letter-a": "'E I", "b": "b 'i", "c": "s 'i", "d": "d 'i", "e": "'i", "f": "'E f",
    "g": "dZ 'i", "h": "'E I tS", "i": "'a I", "j": "dZ 'E I", "k": "k 'E I", "l": "'E l",
    "m": "'E m", "n": "'E n", "o": "'o U", "p": "p 'i", "q": "k j 'u", "r": "'A r",
    "s": "'E s", "t": "t 'i", "u": "j 'u", "v": "v 'i", "x": "'E k s", "y": "w 'a I",
    "z": "z 'i",
    "zero": "z 'I r o U", "one": "w 'V n", "two": "t 'u", "three": "T r 'i", "four": "f 'O r",
    "five": "f 'a I v", "six": "s 'I k s", "seven": "s 'E v @ n", "eight": "'E I t",
    "nine": "n 'a I n",
    "again": "@ g 'E n", "now": "n 'a U", "please": "p l 'i z", "soon": "s 'u n",
    "up": "'V p", "down": "d 'a U n", "left": "l 'E f t", "right": "r 'a I t", "yes": "j 'E s",
    "stop": "s t 'A p", "open": "'o U p @ n", "close": "k l 'o U z", "menu": "m 'E n j u",
    "back": "b '{ k",
}  # fmt: skip

VOWELS = frozenset(("a", "e", "i", "o", "u", "I", "E", "O", "U", "@", "V", "{", "A"))
# Seconds at rate 1, before jitter and final lengthening; connected careful speech.
_CLASS_S = {"vowel": 0.095, "diphthong": 0.062, "schwa": 0.050, "glide": 0.050, "nasal": 0.062}
_CLASS_S |= {"stop": 0.075, "voiced stop": 0.062, "fricative": 0.088, "voiced fricative": 0.066}
_CLASS_S |= {"affricate": 0.100}
_CONSONANTS = {
    "glide": "w r j l", "nasal": "m n", "stop": "p t k", "voiced stop": "b d g",
    "fricative": "f T s", "voiced fricative": "v D z", "affricate": "tS dZ",
}  # fmt: skip
CLASS_OF = {p: name for name, phones in _CONSONANTS.items() for p in phones.split()}
_FINAL = {"sentence": 1.35, "word": 1.25}


@dataclass(frozen=True)
class Speaker:
    """One simulated speaker: ``scale`` of the vocal tract, F0 in Hz, ``rate`` divides durations."""

    id: str
    sex: str
    scale: float
    f0_mean_hz: float
    f0_range_st: float
    rate: float


SPEAKERS = (
    Speaker("t1", "male", 1.0, 112.0, 3.2, 1.06),
    Speaker("t2", "female", 0.89, 205.0, 4.2, 1.10),
    Speaker("t3", "male", 1.04, 98.0, 2.4, 1.00),
    Speaker("t4", "female", 0.865, 222.0, 5.0, 1.18),
    Speaker("t5", "male", 0.97, 126.0, 4.0, 1.16),
    Speaker("t6", "female", 0.84, 238.0, 3.6, 1.04),
    Speaker("t7", "male", 0.945, 139.0, 3.4, 1.12),
    Speaker("t8", "female", 0.91, 190.0, 3.0, 1.14),
)


@dataclass(frozen=True)
class Recording:
    """One utterance to be made; ``pool`` is for sentences, ``repetition`` for words."""

    id: str
    talker: str  # as the manifest calls the speaker
    session: str
    kind: str
    text: str
    pool: str | None = None
    repetition: int | None = None


@dataclass(frozen=True)
class Phone:
    """One phone: ``name`` is the label, ``vtl`` what is synthesised, times in seconds."""

    name: str
    vtl: str
    start: float
    end: float
    accent: bool


def rng(*key: object) -> np.random.Generator:
    """A generator that depends on ``SEED`` and the key alone, never on the order of calls."""
    text = "/".join(str(part) for part in (SEED, *key))
    return np.random.default_rng(int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]))


def _balanced_column(words: tuple[str, ...], n: int, gen: np.random.Generator) -> list[str]:
    """``n`` words in random order, each as often as any other up to one."""
    rounds = -(-n // len(words))
    column = [w for _ in range(rounds) for w in gen.permutation(np.array(words)).tolist()]
    return [column[i] for i in gen.permutation(n)]


def pools() -> dict[str, list[str]]:
    """The disjoint sentence texts of each pool."""
    gen, seen, result = rng("pools"), set[str](), dict[str, list[str]]()
    for pool, size in POOL_SIZES.items():
        while True:
            columns = [_balanced_column(slot, size, gen) for slot in GRAMMAR]
            texts = [" ".join(row) for row in zip(*columns, strict=True)]
            if len(set(texts) | seen) == len(seen) + size:
                break
        seen |= set(texts)
        result[pool] = texts
    return result


def _sentences(index: int, speaker: str) -> list[Recording]:
    """The 30 sentences of the speaker at ``index``: session a, then b, pools in both."""
    halves: dict[str, list[tuple[str, str]]] = {"a": [], "b": []}
    for pool, texts in pools().items():
        n, size = PER_SPEAKER[pool], len(texts)
        mine = [texts[(index * n + k) % size] for k in range(n)]
        halves["a"] += [(pool, text) for text in mine[: n // 2]]
        halves["b"] += [(pool, text) for text in mine[n // 2 :]]
    result: list[Recording] = []
    for half, items in halves.items():
        for k in rng("order", speaker, half).permutation(len(items)).tolist():
            name = f"{speaker}-s{len(result) + 1:02d}"
            pool, text = items[k]
            result.append(
                Recording(name, speaker, f"{speaker}-{half}", "sentence", text, pool=pool)
            )
    return result


def _words(speaker: str) -> list[Recording]:
    """Every command word ``REPETITIONS`` times, by repetition."""
    return [
        Recording(
            f"{speaker}-{word}-{n}", speaker, f"{speaker}-{'a' if n <= REPETITIONS // 2 else 'b'}",
            "word", word, repetition=n,
        )
        for n in range(1, REPETITIONS + 1)
        for word in WORDS
    ]  # fmt: skip


def plan() -> dict[str, list[Recording]]:
    """All recordings in manifest order, by speaker id."""
    return {t.id: _sentences(i, t.id) + _words(t.id) for i, t in enumerate(SPEAKERS)}


def pronounce(text: str) -> list[tuple[str, bool]]:
    """Phone labels of a text with an accent mark each; an unknown word is an error."""
    words = text.split()
    keys = ["letter-a" if w == "a" else w for w in words]
    if missing := [k for k in keys if k not in LEXICON]:
        raise ValueError(f"not in the lexicon: {', '.join(missing)}")
    phones = [p for k in keys for p in LEXICON[k].split()]
    return [(p.lstrip("'"), p.startswith("'")) for p in phones]


def _base_s(names: list[str], i: int) -> float:
    """Duration of phone ``i`` at rate 1 in seconds."""
    name = names[i]
    if name in CLASS_OF:
        return _CLASS_S[CLASS_OF[name]]
    if name == "@":
        return _CLASS_S["schwa"]
    after = names[i + 1] if i + 1 < len(names) else ""
    before = names[i - 1] if i else ""
    glides_on = (name in "aEo" and after in ("I", "U")) or (name in "IU" and before in list("aEo"))
    return _CLASS_S["diphthong" if glides_on else "vowel"]


def timed_phones(rec: Recording, speaker: Speaker) -> list[Phone]:
    """The phones of a recording with seeded durations, in whole milliseconds."""
    gen = rng(rec.id, "durations")
    marked = pronounce(rec.text)
    names = [name for name, _ in marked]
    spread = 0.10 if rec.kind == "word" else 0.05
    rate = speaker.rate * float(np.exp(gen.normal(0.0, spread)))
    final_from = max(i for i, name in enumerate(names) if name in VOWELS)
    result, start = list[Phone](), SILENCE_S
    for i, (name, accent) in enumerate(marked):
        seconds = _base_s(names, i) / rate * float(np.exp(gen.normal(0.0, 0.08)))
        seconds *= _FINAL[rec.kind] if i >= final_from else 1.0
        end = round(start + max(seconds, 0.035), 3)
        result.append(Phone(name, SUBSTITUTES.get(name, name), round(start, 3), end, accent))
        start = end
    return result
