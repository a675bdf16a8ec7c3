"""The grammar as a weighted automaton: which texts a recogniser may hear, and how likely each is.

It accepts every text of `grammar`, without pauses, and besides them only texts that repeat an
adjective in a phrase, an item in a list or the `her` of a subject in its object, or that are of one
word or of more than `grammar.LONGEST`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache

from benchmark.corpora.simulated.texts import words as known
from benchmark.corpora.simulated.texts.automaton import (
    DEAD,
    END,
    State,
    even,
    maybe,
    mix,
    pushed,
    said,
    state,
)

Then = Callable[[str, str], State]  # from a subject's first word and form to what follows
KINDS = {"people": 0.35, "things": 0.4, "places": 0.1, "mass": 0.15}
NOUNS = {"people": known.PEOPLE, "things": known.THINGS, "places": known.PLACES}
ADJECTIVES_BEFORE = {0: 0.6, 1: 0.32, 2: 0.08}


def _article(articles: Sequence[str], to: State) -> State:
    """As `grammar`: `the` is the most frequent one, and `a` is `an` before a vowel."""
    found = list[State]()
    for one in (*articles, "the", "the", "the"):
        if one == "a":
            vowel = state(arc for arc in to.arcs if arc[1][0] in "aeiou")
            other = state(arc for arc in to.arcs if arc[1][0] not in "aeiou")
            found.append(state([(1.0, "an", vowel), (1.0, "a", other)]))
        else:
            found.append(said([one], to))
    return even(found)


def _adjectives(to: State) -> State:
    once = said(known.ADJECTIVES, to)
    parts = {0: to, 1: once, 2: said(known.ADJECTIVES, once)}
    return mix(*((chance, parts[count]) for count, chance in ADJECTIVES_BEFORE.items()))


@cache
def _noun_phrase(kind: str, third: State, plural: State) -> State:
    """A noun phrase; what follows depends on its form."""
    if kind == "mass":
        return _article(known.BARE, _adjectives(said(known.MASS, third)))
    rows = NOUNS[kind]
    many = [row[1] for row in rows if len(row) == 2]
    share = 0.4 * len(many) / len(rows)
    # Nouns of one form only are drawn as singulars more often.
    single = mix(
        *(
            ((0.6 if len(row) == 2 else 1.0) / len(rows) / (1 - share), said(row[:1], third))
            for row in rows
        )
    )
    plurals = _adjectives(said(many, plural))
    singles = _adjectives(single)
    some = mix((0.25, said(known.NUMBERS, plurals)), (0.75, _article(known.PLURAL, plurals)))
    one = mix((0.06, said(["one"], singles)), (0.94, _article(known.SINGULAR, singles)))
    return mix((share, some), (1 - share, one))


def _phrase(chances: Mapping[str, float], third: State, plural: State | None = None) -> State:
    plural = plural or third
    return mix(*((p, _noun_phrase(kind, third, plural)) for kind, p in chances.items()))


@cache
def _place(to: State) -> State:
    times = [
        said(["at"], said(["night"], to))
        if part == "night"
        else said(["in"], said(["the"], said([part], to)))
        for part in known.TIMES
    ]
    where = list[State]()
    for preposition in known.PREPOSITIONS:
        kind = "people" if preposition in ("with", "without", "from") else "places"
        where.append(said([preposition], _phrase({kind: 0.6, "things": 0.4}, to)))
    return mix((0.15, even(times)), (0.85, even(where)))


def _subject(then: Then, things: bool = False) -> State:
    forms = {"first": 0.2, "third": 0.4, "plural": 0.4}
    pronouns = mix(
        *(
            (chance / len(known.SUBJECTS[form]), said([word], then(word, form)))
            for form, chance in forms.items()
            for word in known.SUBJECTS[form]
        )
    )
    kinds = {"people": 0.3, "things": 0.5, "mass": 0.2} if things else {"people": 1.0}
    after = {form: then("", form) for form in ("third", "plural")}
    third, plural = (maybe(0.1, _place(to), to) for to in after.values())
    return mix((0.42, pronouns), (0.58, _phrase(kinds, third, plural)))


def _object(who: str, to: State) -> State:
    own = known.OBJECT_OF.get(who, who)
    pronouns = said([one for one in known.OBJECTS if one != own], to)
    return mix((0.25, pronouns), (0.75, _phrase(KINDS, to)))


@cache
def _action(who: str, shape: int, to: State, negated: bool = False) -> State:
    """A verb and what it needs; `shape` 0 to 2 is plain, third person or past."""
    placed = maybe(0.2, _place(to), to)
    verbs = [said([verb[shape]], _object(who, placed)) for verb in known.TRANSITIVE]
    manner = maybe(0.45, _place(to), to)
    others = said(
        [verb[shape] for verb in known.INTRANSITIVE],
        maybe(0.25, said(known.MANNERS, manner), manner),
    )
    act = mix((0.6, even(verbs)), (0.4, others))
    often = ["always" if negated and word == "never" else word for word in known.OFTEN]
    return maybe(0.1, said(often, act), act)


@cache
def _being(to: State) -> State:
    more = maybe(0.15, said(["and"], said(known.ADJECTIVES, to)), to)
    how = said(known.ADJECTIVES, more)
    return mix((0.35, _place(to)), (0.65, maybe(0.3, said(["very"], how), how)))


@cache
def _statement(to: State, past: bool | None = None) -> State:
    """A subject and what it does or is; `past` says when, None leaves it open."""

    def when(make: Callable[[bool], State]) -> State:
        late = 0.35 if past is None else float(past)
        return maybe(late, make(True), make(False))

    def plain(who: str, form: str) -> State:
        return when(lambda b: _action(who, 2 if b else int(form == "third"), to))

    def be(_: str, form: str) -> State:
        after = maybe(0.12, said(["not"], _being(to)), _being(to))
        return when(lambda before: said([known.BE[form][before]], after))

    def modal(who: str, _: str) -> State:
        negated = said(["not"], _action(who, 0, to, negated=True))
        return said(known.MODALS, maybe(0.12, negated, _action(who, 0, to)))

    def negated(who: str, form: str) -> State:
        if who == "nobody":
            return plain(who, form)
        acts = said(["not"], _action(who, 0, to, negated=True))
        return when(lambda before: said([known.DO[form][before]], acts))

    parts = {plain: 0.55, be: 0.2, modal: 0.13, negated: 0.12}
    if past is not None:
        parts = {plain: 0.68, be: 0.2, negated: 0.12}
    return mix(*((p, _subject(then, things=then is be)) for then, p in parts.items()))


def _question(to: State) -> State:
    def acts(who: str, _: str) -> State:
        return _action(who, 0, to)

    def thing(*_: str) -> State:
        placed = maybe(0.3, _place(to), to)
        return said([verb[0] for verb in known.TRANSITIVE], placed)

    def formed(forms: Mapping[str, tuple[str, str]], then: Then, things: bool = False) -> State:
        """A form of a verb, and after it a subject of that form."""
        return mix(
            *(
                (chance, said([verbs[before]], _subject(_only(form, then), things)))
                for form, verbs in forms.items()
                for before, chance in enumerate((0.7, 0.3))
            )
        )

    who = mix((0.7, _action("who", 1, to)), (0.3, _action("who", 2, to)))
    asked = maybe(0.4, formed(known.BE, lambda *_: to), formed(known.DO, acts))
    return mix(
        (0.25, formed(known.DO, acts)),
        (0.2, formed(known.BE, lambda *_: _being(to), things=True)),
        (0.15, said(known.MODALS, _subject(acts))),
        (0.15, said(["who"], who)),
        (0.1, said(["what"], formed(known.DO, thing))),
        (0.15, said(["where", "why", "when", "how"], asked)),
    )


def _only(form: str, then: Then) -> Then:
    return lambda who, found: then(who, found) if found == form else DEAD


def _order(to: State) -> State:
    you = _action("you", 0, to)
    return mix(
        (0.65, you),
        (0.15, said(["please"], you)),
        (0.12, said(["do"], said(["not"], _action("you", 0, to, negated=True)))),
        (0.08, said(["let"], said(["us"], _action("we", 0, to)))),
    )


def _listing(to: State) -> State:
    def items(words: Sequence[str]) -> State:
        last = said(words, to)
        joined = mix((0.75, said(["and"], last)), (0.25, said(["or"], last)))
        two = said(words, joined)
        three = said(words, two)
        return mix((0.3, two), (0.4, three), (0.3, said(words, three)))

    plural = [nouns[1] for nouns in (*known.PEOPLE, *known.THINGS) if len(nouns) == 2]
    return mix((0.25, items(known.ADJECTIVES)), (0.75, items([*plural, *known.MASS])))


def _opened(part: State) -> State:
    return maybe(0.22, said(known.OPENERS, part), part)


@cache
def texts() -> State:
    """Where all texts begin; chances of each state add up to one."""
    over = state([(1.0, END, None)])
    closer = said(known.ADVERBS, over)
    joined = said(known.JOINERS, _statement(over))
    asked = maybe(0.22, closer, over)
    ended = mix((0.22, closer), (0.78, maybe(0.25, joined, over)))
    told = _statement(ended)
    yesterday = said(["yesterday"], _statement(ended, past=True))
    clauses = said(known.WHEN, _statement(_statement(over)))
    bare = mix((0.9, told), (0.1, clauses))
    stated = mix((0.05, yesterday), (0.95 * 0.22, said(known.OPENERS, told)), (0.95 * 0.78, bare))
    fragment = mix((0.5, _phrase(KINDS, over)), (0.5, _place(over)))
    return pushed(
        mix(
            (0.5, stated),
            (0.16, _opened(_question(asked))),
            (0.14, _opened(_order(ended))),
            (0.12, maybe(0.2, said(["yes", "no", "well"], fragment), fragment)),
            (0.08, _listing(over)),
        )
    )
