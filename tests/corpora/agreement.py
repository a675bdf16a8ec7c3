"""A parser of the English that simulated talkers speak, with tables and rules of its own.

Person and number are spelled out: each rule of a clause exists for I, for the third person and for
the plural. Forms of nouns and verbs come from the rules of English and lists of exceptions.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import pairwise


def listed(text: str) -> set[str]:
    return set(text.split())


def paired(text: str) -> dict[str, str]:
    one, two = zip(*(pair.split(":") for pair in text.split()), strict=True)
    return dict(zip(one, two, strict=True))


IRREGULAR_PLURALS = paired("man:men woman:women child:children")
COUNTED = listed(
    "man woman boy girl child baby dog cat bird horse cow teacher doctor farmer sailor mother"
    " father sister brother friend uncle house door table chair window flower apple egg book"
    " letter song picture train car boat ship bag box shoe hat stone camera phone clock coat ring"
    " bottle glass spoon menu tree shop hill garden kitchen street road city river lake mountain"
    " school market bridge tower island"
)
ADJECTIVES = listed(
    "big small old young new red blue green white black yellow brown long short quick slow happy"
    " sad quiet loud cold warm heavy empty clean dirty soft strange pretty broken"
)
IRREGULAR_PASTS = paired(
    "see:saw find:found take:took keep:kept bring:brought buy:bought hold:held sell:sold"
    " sleep:slept run:ran sing:sang fall:fell swim:swam"
)
WITH_OBJECT = listed(
    "see find take keep like love want bring buy hold watch carry open close paint sell move"
)
WITHOUT_OBJECT = listed("sleep run walk sing fall smile wait work swim laugh dance stay")
ACCUSATIVE = paired("I:me we:us they:them he:him she:her it:it")
POSSESSIVES = listed("my your his her our their")
SINGLE_WORDS = listed(
    "not very and who what please let us do at night in the yesterday I you he she it we they"
    " somebody nobody me him her them"
)


def plural(noun: str) -> str:
    return IRREGULAR_PLURALS.get(noun) or third(noun)


def third(word: str) -> str:
    if word.endswith("y") and word[-2] not in "aeiou":
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(("s", "x", "ch", "sh")) else "s")


def past(verb: str) -> str:
    if verb in IRREGULAR_PASTS:
        return IRREGULAR_PASTS[verb]
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return verb[:-1] + "ied"
    return verb + ("d" if verb.endswith("e") else "ed")


FORMS = {"plain": str, "third": third, "past": past}
WORDS: dict[str, set[str]] = {
    ",": {","},
    "adjective": ADJECTIVES,
    "one_noun": COUNTED,
    "many_noun": {plural(noun) for noun in COUNTED},
    "mass_noun": listed("bread milk water coffee sugar honey music money sand snow rain paper"),
    "one_article": POSSESSIVES | listed("the a an this that every one"),
    "many_article": POSSESSIVES
    | listed("the these those some two three four five six seven eight nine ten"),
    "mass_article": POSSESSIVES | listed("the this that some"),
    "preposition": listed("in on under near with behind from over beside without"),
    "season": listed("morning evening winter summer"),
    "manner": listed("slowly quickly"),
    "often": listed("often never always"),
    "modal": listed("can will must should"),
    **{be: {be} for be in ("am", "is", "are", "was", "were", "does", "did")},
    "plain_do": {"do"},
    "joiner": listed("and but or because while so when if"),
    "both": listed("and or"),
    "when": listed("because while when if"),
    "opener": listed("sometimes finally perhaps no yes well then suddenly later"),
    "closer": listed("again now today tonight soon here outside together please"),
    "reply": listed("yes no well"),
    "asking": listed("where why when how"),
    **{f"{form}_with": {make(verb) for verb in WITH_OBJECT} for form, make in FORMS.items()},
    **{f"{form}_without": {make(verb) for verb in WITHOUT_OBJECT} for form, make in FORMS.items()},
    **{f"<{word}>": {word} for word in SINGLE_WORDS},
}
# A pronoun or a noun phrase as subject -> how its verbs go.
PRONOUNS = {
    "I": "first",
    "he": "third",
    "she": "third",
    "it": "third",
    "somebody": "third",
    "nobody": "third",
    "you": "plural",
    "we": "plural",
    "they": "plural",
}
PRESENT_BE = {"first": "am", "third": "is", "plural": "are"}
PAST_BE = {"first": "was", "third": "was", "plural": "were"}


def rules() -> Iterator[tuple[str, str]]:
    """Pairs of a symbol and one way to write it; `x?` may be missing."""
    yield "text", "opener? ,? main close?"
    yield "text", "opener? ,? question end?"
    yield "text", "opener? ,? order close?"
    yield "text", "<yesterday> ,? past_clause close?"
    yield "text", "when clause , clause close?"
    yield "text", "fragment"
    yield "text", "reply , fragment"
    yield "text", "list"
    yield "main", "clause"
    yield "close", "end"
    yield "close", ",? joiner clause"
    yield "end", ",? closer"
    yield "fragment", "noun_phrase"
    yield "fragment", "place"
    for kind in ("things", "adjectives"):
        yield "list", f"{kind} both {kind[:-1]}"
        yield kind, f"{kind[:-1]} , {kind}"
        yield kind, kind[:-1]
    yield "thing", "many_noun"
    yield "thing", "mass_noun"
    yield "adjective_list", "adjective adjective_list?"
    yield "one_phrase", "one_article adjective_list? one_noun"
    yield "one_phrase", "mass_article? adjective_list? mass_noun"
    yield "many_phrase", "many_article adjective_list? many_noun"
    yield "noun_phrase", "one_phrase"
    yield "noun_phrase", "many_phrase"
    yield "place", "preposition noun_phrase"
    yield "place", "<in> <the> season"
    yield "place", "<at> <night>"
    yield "state", "place"
    yield "state", "<very>? adjective"
    yield "state", "<very>? adjective <and> adjective"
    yield "clause", "past_clause"
    for modal in ("", "<not>"):
        yield "could", f"modal {modal}".strip()
    subjects = [(f"<{word}>", form) for word, form in PRONOUNS.items()]
    subjects += [("one_phrase place?", "third"), ("many_phrase place?", "plural")]
    for subject, form in subjects:
        own = subject.strip("<>") if subject in {f"<{word}>" for word in PRONOUNS} else "other"
        for shape in ("plain", "third", "past"):
            yield f"{shape}_{own}", f"often? {shape}_with object_{own} place?"
            yield f"{shape}_{own}", f"often? {shape}_without manner? place?"
        yield f"object_{own}", "noun_phrase"
        for word in ("me", "you", "him", "her", "it", "us", "them"):
            if word != ACCUSATIVE.get(own, own):
                yield f"object_{own}", f"<{word}>"
        now, before = PRESENT_BE[form], PAST_BE[form]
        do = "does" if form == "third" else "plain_do"
        yield "past_clause", f"{subject} {before} <not>? state"
        yield "past_clause", f"{subject} did <not> plain_{own}"
        yield "past_clause", f"{subject} past_{own}"
        yield "clause", f"{subject} {now} <not>? state"
        yield "clause", f"{subject} {do} <not> plain_{own}"
        yield "clause", f"{subject} could plain_{own}"
        yield "clause", f"{subject} {'third' if form == 'third' else 'plain'}_{own}"
        for be in (now, before):
            yield "question", f"{be} {subject} state"
            yield "question", f"asking {be} {subject}"
        for form_of_do in (do, "did"):
            yield "question", f"{form_of_do} {subject} plain_{own}"
            yield "question", f"<what> {form_of_do} {subject} plain_with place?"
            yield "question", f"asking {form_of_do} {subject} plain_{own}"
        yield "question", f"modal {subject} plain_{own}"
    yield "question", "<who> third_other"
    yield "question", "<who> past_other"
    yield "order", "<please>? plain_you"
    yield "order", "<do> <not> plain_you"
    yield "order", "<let> <us> plain_we"


def _table() -> dict[str, list[tuple[str, ...]]]:
    table: dict[str, list[tuple[str, ...]]] = {}
    for symbol, way in rules():
        table.setdefault(symbol, []).append(tuple(way.split()))
    return table


TABLE = _table()


def is_english(text: str) -> bool:
    """Whether the rules can write the text, commas included."""
    words = tuple(text.split())
    if any(a in ("a", "an") and (a == "an") != (b[0] in "aeiou") for a, b in pairwise(words)):
        return False

    if ("not", "never") in pairwise(words):
        return False

    @cache
    def ends(symbol: str, start: int) -> frozenset[int]:
        if symbol in WORDS:
            fits = start < len(words) and words[start] in WORDS[symbol]
            return frozenset((start + 1,)) if fits else frozenset()
        return frozenset().union(*(follow(way, start) for way in TABLE[symbol]))

    def follow(way: tuple[str, ...], start: int) -> set[int]:
        places = {start}
        for part in way:
            symbol = part.removesuffix("?")
            after = {end for place in places for end in ends(symbol, place)}
            places = after | places if part.endswith("?") else after
        return places

    return len(words) in ends("text", 0)
