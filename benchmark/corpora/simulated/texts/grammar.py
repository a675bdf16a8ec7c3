"""Sentences by chance: short English clauses, questions, orders, lists and fragments.

Verbs agree with their subjects in person and number, articles and numerals with their nouns,
"yesterday" with the past, so that a language model of these texts is one of English.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from benchmark.core import UserError
from benchmark.corpora.noise import generator
from benchmark.corpora.simulated.texts.words import (
    ADJECTIVES,
    ADVERBS,
    BARE,
    BE,
    DO,
    INTRANSITIVE,
    JOINERS,
    MANNERS,
    MASS,
    MODALS,
    NUMBERS,
    OBJECT_OF,
    OBJECTS,
    OFTEN,
    OPENERS,
    PEOPLE,
    PLACES,
    PLURAL,
    PREPOSITIONS,
    SINGULAR,
    SUBJECTS,
    THINGS,
    TIMES,
    TRANSITIVE,
    WHEN,
)

LONGEST = 14  # words
Words = list[str]
T = TypeVar("T")


@dataclass(frozen=True)
class Phrase:
    """A noun phrase and the form of the verb that goes with it: first, third or plural."""

    words: Words
    form: str


@dataclass(frozen=True)
class Writer:
    """Draws of one text."""

    rng: np.random.Generator

    def some(self, items: Collection[T]) -> T:
        return [*items][int(self.rng.integers(len(items)))]

    def by(self, chances: Mapping[T, float]) -> T:
        names = [*chances]
        return names[int(self.rng.choice(len(names), p=np.array([*chances.values()])))]

    def maybe(self, chance: float, make: Callable[[], Words]) -> Words:
        return make() if self.rng.random() < chance else []


def noun_phrase(w: Writer, kind: str = "") -> Phrase:
    """Article or numeral, adjectives and noun; `kind` is people, things, places or mass."""
    kind = kind or w.by({"people": 0.35, "things": 0.4, "places": 0.1, "mass": 0.15})
    many = w.by({0: 0.6, 1: 0.32, 2: 0.08})
    adjectives = [str(a) for a in w.rng.choice(ADJECTIVES, many, replace=False)]
    if kind == "mass":
        return Phrase([*_article(w, BARE), *adjectives, w.some(MASS)], "third")
    nouns = w.some({"people": PEOPLE, "things": THINGS, "places": PLACES}[kind])
    if len(nouns) == 2 and w.rng.random() < 0.4:
        article = [w.some(NUMBERS)] if w.rng.random() < 0.25 else _article(w, PLURAL)
        return Phrase([*article, *adjectives, nouns[1]], "plural")
    if w.rng.random() < 0.06:
        return Phrase(["one", *adjectives, nouns[0]], "third")
    return Phrase(_elided([*_article(w, SINGULAR), *adjectives, nouns[0]]), "third")


def _article(w: Writer, articles: tuple[str, ...]) -> Words:
    """`the` is the most frequent one, as in English."""
    return [one for one in [w.some((*articles, "the", "the", "the"))] if one]


def _elided(words: Words) -> Words:
    """`a` becomes `an` before a vowel: none of the vocabulary is an exception."""
    return ["an", *words[1:]] if words[0] == "a" and words[1][0] in "aeiou" else words


def subject(w: Writer, things: bool = False) -> Phrase:
    if w.rng.random() < 0.42:
        form = w.by({"first": 0.2, "third": 0.4, "plural": 0.4})
        return Phrase([w.some(SUBJECTS[form])], form)
    kind = w.by({"people": 0.3, "things": 0.5, "mass": 0.2}) if things else "people"
    phrase = noun_phrase(w, kind)
    return Phrase([*phrase.words, *w.maybe(0.1, lambda: place(w))], phrase.form)


def object_(w: Writer, of: Phrase | None = None) -> Words:
    if w.rng.random() < 0.25:
        own = OBJECT_OF.get(of.words[0], of.words[0]) if of else "you"
        return [w.some([one for one in OBJECTS if one != own])]
    return noun_phrase(w).words


def place(w: Writer) -> Words:
    if w.rng.random() < 0.15:
        part = w.some(TIMES)
        return ["at", "night"] if part == "night" else ["in", "the", part]
    preposition = w.some(PREPOSITIONS)
    kind = "people" if preposition in ("with", "without", "from") else "places"
    return [preposition, *noun_phrase(w, kind if w.rng.random() < 0.6 else "things").words]


def state(w: Writer) -> Words:
    """What follows a form of `be`."""
    if w.rng.random() < 0.35:
        return place(w)
    words = [*w.maybe(0.3, lambda: ["very"]), w.some(ADJECTIVES)]
    return [*words, *w.maybe(0.15, lambda: ["and", w.some(ADJECTIVES)])]


def action(w: Writer, who: Phrase, form: int | None = None) -> Words:
    """A verb and what it needs; `form` 0 to 2 is plain, third person or past."""
    often = w.maybe(0.1, lambda: [w.some(OFTEN)])
    shape = form if form is not None else int(who.form == "third")
    if w.rng.random() < 0.6:
        return [
            *often,
            w.some(TRANSITIVE)[shape],
            *object_(w, who),
            *w.maybe(0.2, lambda: place(w)),
        ]
    manner = w.maybe(0.25, lambda: [w.some(MANNERS)])
    return [*often, w.some(INTRANSITIVE)[shape], *manner, *w.maybe(0.45, lambda: place(w))]


def statement(w: Writer, past: bool | None = None) -> Words:
    """A subject and what it does or is; `past` says when, None leaves it open."""
    before = w.rng.random() < 0.35 if past is None else past
    how = w.by({"plain": 0.55, "be": 0.2, "modal": 0.13, "negated": 0.12})
    if past is not None and how == "modal":
        how = "plain"
    who = subject(w, things=how == "be")
    if how == "negated" and who.words == ["nobody"]:
        how = "plain"
    if how == "be":
        negated = w.maybe(0.12, lambda: ["not"])
        return [*who.words, BE[who.form][before], *negated, *state(w)]
    if how == "modal":
        return [*who.words, w.some(MODALS), *w.maybe(0.12, lambda: ["not"]), *action(w, who, 0)]
    if how == "negated":
        return [*who.words, DO[who.form][before], "not", *action(w, who, 0)]
    return [*who.words, *action(w, who, 2 if before else None)]


def question(w: Writer) -> Words:
    before = int(w.rng.random() < 0.3)
    how = w.by({"do": 0.25, "be": 0.2, "modal": 0.15, "who": 0.15, "what": 0.1, "ask": 0.15})
    if how == "who":
        return ["who", *action(w, Phrase(["who"], "third"), 2 if before else 1)]
    who = subject(w, things=how == "be")
    if how == "be":
        return [BE[who.form][before], *who.words, *state(w)]
    if how == "modal":
        return [w.some(MODALS), *who.words, *action(w, who, 0)]
    if how == "do":
        return [DO[who.form][before], *who.words, *action(w, who, 0)]
    if how == "what":
        verb = w.some(TRANSITIVE)[0]
        return ["what", DO[who.form][before], *who.words, verb, *w.maybe(0.3, lambda: place(w))]
    asked = w.some(("where", "why", "when", "how"))
    if w.rng.random() < 0.4:
        return [asked, BE[who.form][before], *who.words]
    return [asked, DO[who.form][before], *who.words, *action(w, who, 0)]


def order(w: Writer) -> Words:
    start = w.by({"": 0.65, "please": 0.15, "do not": 0.12, "let us": 0.08}).split()
    who = Phrase(["we" if start == ["let", "us"] else "you"], "plural")
    return [*start, *action(w, who, 0)]


def fragment(w: Writer) -> Words:
    return noun_phrase(w).words if w.rng.random() < 0.5 else place(w)


def listing(w: Writer) -> Words:
    """Two to four nouns, or adjectives."""
    count = w.by({2: 0.3, 3: 0.4, 4: 0.3})
    plural = [nouns[1] for nouns in (*PEOPLE, *THINGS) if len(nouns) == 2]
    source = ADJECTIVES if w.rng.random() < 0.25 else (*plural, *MASS)
    items = [str(item) for item in w.rng.choice(source, count, replace=False)]
    first = [word for item in items[:-2] for word in (item, ",")]
    return [*first, items[-2], w.by({"and": 0.75, "or": 0.25}), items[-1]]


def _comma(w: Writer, chance: float) -> Words:
    return w.maybe(chance, lambda: [","])


def sentence(w: Writer) -> Words:
    """One text of any length; `sentences` keeps those of 2 to 14 words."""
    how = w.by({"state": 0.5, "ask": 0.16, "order": 0.14, "part": 0.12, "list": 0.08})
    if how == "part":
        return [*w.maybe(0.2, lambda: [w.some(("yes", "no", "well")), ","]), *fragment(w)]
    if how == "list":
        return listing(w)
    past, opener = None, w.maybe(0.22, lambda: [w.some(OPENERS), *_comma(w, 0.6)])
    if how == "state" and w.rng.random() < 0.05:
        past, opener = True, ["yesterday", *_comma(w, 0.5)]
    if how == "state" and not opener and w.rng.random() < 0.1:
        return [w.some(WHEN), *statement(w), ",", *statement(w)]
    words = {"state": lambda: statement(w, past), "ask": lambda: question(w)}.get(
        how, lambda: order(w)
    )()
    closer = w.maybe(0.22, lambda: [*_comma(w, 0.3), w.some(ADVERBS)])
    joined = lambda: [*_comma(w, 0.6), w.some(JOINERS), *statement(w)]  # noqa: E731
    return [*opener, *words, *(closer or (w.maybe(0.25, joined) if how != "ask" else []))]


def sentences(seed: str, name: str, count: int, seen: Collection[str] = ()) -> list[str]:
    """`count` texts, each once, none of `seen`; they depend on the arguments alone.

    Words and "," where a pause is made. Two texts that differ in pauses alone are the same.
    """
    return new_sentences(seed, name, count, {plain(text) for text in seen})


def new_sentences(seed: str, name: str, count: int, taken: set[str]) -> list[str]:
    """The same, none of `taken`, which holds texts without pauses and gets these as well."""
    writer = Writer(generator(seed, "texts", name))
    found = list[str]()
    for _ in range(1000 + 100 * count):
        if len(found) == count:
            return found
        text = " ".join(sentence(writer)).replace("not never", "not always")  # negated once
        bare = plain(text)
        if 2 <= len(bare.split()) <= LONGEST and bare not in taken:
            taken.add(bare)
            found.append(text)
    raise UserError(f"texts: expected {count} new ones, found {len(found)}; ask for fewer")


def plain(text: str) -> str:
    """A text without its pauses, as recordings give it."""
    return " ".join(word for word in text.split() if word != ",")


def asks(text: str) -> bool:
    """Whether a text is a question that yes or no answers."""
    words = [word for word in plain(text).split() if word not in OPENERS]
    first = {*MODALS, *(form for forms in (*BE.values(), *DO.values()) for form in forms)}
    return words[:1] != [] and words[0] in first and words[1:2] != ["not"]
