"""The words that simulated talkers say, and how each sounds.

Labels of phones are those of the signal `phones`: SAMPA for American English, a diphthong being
two of them. The synthesiser knows the phones of German; SUBSTITUTES names those whose shapes
`talkers.english` writes anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmark.core import UserError

SILENCE = "sil"
WORDS = ("back", "close", "down", "left", "menu", "open", "right", "stop", "up", "yes")

# Its own r is a uvular fricative; w is a vowel said fast.
SUBSTITUTES: Mapping[str, str] = {
    "w": "Y", "r": "9", "V": "2", "{": "E:", "A": "y", "3": "9",
}  # fmt: skip

# "'" precedes the vowel that can carry an accent; words without one are never accented.
_SOUNDS = """
I a I; you j u; he h i; she S i; it I t; we w i; they D E I; me m i; him h I m; her h 3; us V s
them D E m; somebody s 'V m b V d i; nobody n 'o U b V d i
the D @; a @; an @ n; my m a I; your j O r; his h I z; our a U r; their D E r; this D I s
that D { t; these D i z; those D o U z; every 'E v r i; some s V m; no n 'o U
one w 'V n; two t 'u; three T r 'i; four f 'O r; five f 'a I v; six s 'I k s; seven s 'E v @ n
eight 'E I t; nine n 'a I n; ten t 'E n
man m '{ n; men m 'E n; woman w 'U m @ n; women w 'I m @ n; boy b 'O I; boys b 'O I z; girl g '3 l
girls g '3 l z; child tS 'a I l d; children tS 'I l d r @ n; baby b 'E I b i; babies b 'E I b i z
dog d 'O g; dogs d 'O g z; cat k '{ t; cats k '{ t s; bird b '3 d; birds b '3 d z; horse h 'O r s
horses h 'O r s @ z; cow k 'a U; teacher t 'i tS 3; teachers t 'i tS 3 z; doctor d 'A k t 3
doctors d 'A k t 3 z; farmer f 'A r m 3; farmers f 'A r m 3 z; sailor s 'E I l 3; mother m 'V D 3
father f 'A D 3; sister s 'I s t 3; sisters s 'I s t 3 z; brother b r 'V D 3; brothers b r 'V D 3 z
friend f r 'E n d; friends f r 'E n d z; uncle 'V N k @ l
house h 'a U s; houses h 'a U z @ z; door d 'O r; doors d 'O r z; table t 'E I b @ l
tables t 'E I b @ l z; chair tS 'E r; chairs tS 'E r z; window w 'I n d o U
windows w 'I n d o U z; flower f l 'a U 3; flowers f l 'a U 3 z; apple '{ p @ l; apples '{ p @ l z
egg 'E g; eggs 'E g z; book b 'U k; books b 'U k s; letter l 'E t 3; letters l 'E t 3 z
song s 'O N; songs s 'O N z; picture p 'I k tS 3; pictures p 'I k tS 3 z
camera k '{ m r @; phone f 'o U n; clock k l 'A k; train t r 'E I n; trains t r 'E I n z; car k 'A r
cars k 'A r z; boat b 'o U t; boats b 'o U t s; ship S 'I p; ships S 'I p s
bag b '{ g; bags b '{ g z; box b 'A k s; boxes b 'A k s @ z; coat k 'o U t; shoe S 'u; shoes S 'u z
hat h '{ t; hats h '{ t s; ring r 'I N; stone s t 'o U n; stones s t 'o U n z; bottle b 'A t @ l
glass g l '{ s; spoon s p 'u n; menu m 'E n j u
garden g 'A r d @ n; kitchen k 'I tS @ n; street s t r 'i t; road r 'o U d; city s 'I t i
river r 'I v 3; lake l 'E I k; hill h 'I l; hills h 'I l z; mountain m 'a U n t @ n; tree t r 'i
trees t r 'i z; school s k 'u l; market m 'A r k @ t; shop S 'A p; shops S 'A p s; bridge b r 'I dZ
tower t 'a U 3; island 'a I l @ n d
bread b r 'E d; milk m 'I l k; water w 'O t 3; coffee k 'O f i; sugar S 'U g 3; honey h 'V n i
music m j 'u z I k; money m 'V n i; sand s '{ n d; snow s n 'o U; rain r 'E I n; paper p 'E I p 3
morning m 'O r n I N; evening 'i v n I N; night n 'a I t; winter w 'I n t 3; summer s 'V m 3
big b 'I g; small s m 'O l; old 'o U l d; young j 'V N; new n 'u; red r 'E d; blue b l 'u
green g r 'i n; white w 'a I t; black b l '{ k; yellow j 'E l o U; brown b r 'a U n; long l 'O N
short S 'O r t; quick k w 'I k; slow s l 'o U; happy h '{ p i; sad s '{ d; quiet k w 'a I @ t
loud l 'a U d; cold k 'o U l d; warm w 'O r m; heavy h 'E v i; empty 'E m p t i; clean k l 'i n
dirty d '3 t i; soft s 'O f t; strange s t r 'E I n dZ; pretty p r 'I t i; broken b r 'o U k @ n
see s 'i; sees s 'i z; saw s 'O; find f 'a I n d; finds f 'a I n d z; found f 'a U n d
take t 'E I k; takes t 'E I k s; took t 'U k; keep k 'i p; keeps k 'i p s; kept k 'E p t
like l 'a I k; likes l 'a I k s; liked l 'a I k t; love l 'V v; loves l 'V v z; loved l 'V v d
want w 'A n t; wants w 'A n t s; wanted w 'A n t @ d; bring b r 'I N; brings b r 'I N z
brought b r 'O t; buy b 'a I; buys b 'a I z; bought b 'O t; hold h 'o U l d; holds h 'o U l d z
held h 'E l d; watch w 'A tS; watches w 'A tS @ z; watched w 'A tS t; carry k 'E r i
carries k 'E r i z; carried k 'E r i d; open 'o U p @ n; opens 'o U p @ n z; opened 'o U p @ n d
close k l 'o U z; closes k l 'o U z @ z; closed k l 'o U z d; paint p 'E I n t
paints p 'E I n t s; painted p 'E I n t @ d
sell s 'E l; sells s 'E l z; sold s 'o U l d; move m 'u v; moves m 'u v z; moved m 'u v d
sleep s l 'i p; sleeps s l 'i p s; slept s l 'E p t; run r 'V n; runs r 'V n z; ran r '{ n
walk w 'O k; walks w 'O k s; walked w 'O k t; sing s 'I N; sings s 'I N z; sang s '{ N
fall f 'O l; falls f 'O l z; fell f 'E l; smile s m 'a I l; smiles s m 'a I l z
smiled s m 'a I l d; wait w 'E I t; waits w 'E I t s; waited w 'E I t @ d; work w '3 k
works w '3 k s; worked w '3 k t; swim s w 'I m; swims s w 'I m z; swam s w '{ m; laugh l '{ f
laughs l '{ f s; laughed l '{ f t; dance d '{ n s; dances d '{ n s @ z; danced d '{ n s t
stay s t 'E I; stays s t 'E I z; stayed s t 'E I d
am { m; is I z; are A r; was w V z; were w 3; do d u; does d V z; did d I d; not n 'A t
can k { n; will w I l; must m V s t; should S U d; let l 'E t
again @ g 'E n; now n 'a U; today t @ d 'E I; tonight t @ n 'a I t; soon s 'u n; often 'O f @ n
never n 'E v 3; always 'O l w E I z; slowly s l 'o U l i; quickly k w 'I k l i; here h 'I r
outside a U t s 'a I d; together t @ g 'E D 3; please p l 'i z; very v 'E r i
yesterday j 'E s t 3 d E I; sometimes s 'V m t a I m z; finally f 'a I n @ l i; perhaps p 3 h '{ p s
yes j 'E s; well w 'E l; then D 'E n; suddenly s 'V d @ n l i; later l 'E I t 3; say s 'E I
in I n; on O n; under V n d 3; near n I r; with w I D; behind b I h a I n d; from f r V m
over o U v 3; beside b I s a I d; without w I D a U t; at { t
and { n d; but b V t; or O r; because b I k O z; while w a I l; so s o U; when w E n; if I f
who h 'u; what w 'V t; where w 'E r; why w 'a I; how h 'a U
up 'V p; down d 'a U n; left l 'E f t; right r 'a I t; stop s t 'A p; back b '{ k
"""


def _entries() -> dict[str, tuple[str, ...]]:
    found = {}
    for entry in _SOUNDS.replace("\n", ";").split(";"):
        if parts := entry.split():
            found[parts[0]] = tuple(parts[1:])
    return found


_MARKED = _entries()
PRONUNCIATIONS: Mapping[str, tuple[str, ...]] = {
    word: tuple(sound.lstrip("'") for sound in sounds) for word, sounds in _MARKED.items()
}
# Which phone of a word can be accented.
STRESSED: Mapping[str, int] = {
    word: next(place for place, sound in enumerate(sounds) if sound.startswith("'"))
    for word, sounds in _MARKED.items()
    if any(sound.startswith("'") for sound in sounds)
}
VOWELS = frozenset(("@", "3", "A", "E", "I", "O", "U", "V", "a", "i", "o", "u", "{"))
CONSONANTS: Mapping[str, tuple[str, ...]] = {
    "glide": ("j", "l", "r", "w"),
    "nasal": ("N", "m", "n"),
    "stop": ("k", "p", "t"),
    "voiced stop": ("b", "d", "g"),
    "fricative": ("S", "T", "f", "h", "s"),
    "voiced fricative": ("D", "v", "z"),
    "affricate": ("dZ", "tS"),
}
UNVOICED = frozenset((*CONSONANTS["stop"], *CONSONANTS["fricative"], "tS"))
PHONES = (SILENCE, *sorted(VOWELS.union(*CONSONANTS.values())))


def sounds(text: str) -> list[tuple[str, ...]]:
    """The phones of each word of a text; of each ",", which is a pause, SILENCE alone."""
    if unknown := sorted({*text.split()} - {*PRONUNCIATIONS, ","}):
        raise UserError(f"text {text!r}: expected words of the lexicon, found {unknown[0]!r}")
    return [(SILENCE,) if word == "," else PRONUNCIATIONS[word] for word in text.split()]


def command(text: str) -> str:
    """The one command word of a text, as the recordings of kind "word" have it."""
    found = [word for word in text.split() if word in WORDS]
    if len(found) != 1:
        raise UserError(f"text {text!r}: expected one of {', '.join(WORDS)}, found {found or None}")
    return found[0]


def spans(text: str, phones: Sequence[tuple[str, float, float]]) -> list[tuple[str, float, float]]:
    """Words of a text, pauses left out, with start and end in s, by the (name, start, end) of its
    phones in the order of the recording. UserError where the phones are not those of the text.
    """
    words = [word for word in text.split() if word != ","]
    said = [phone for phone in phones if phone[0] != SILENCE]
    lengths = [len(PRONUNCIATIONS[word]) for word in words]
    expected = [name for word in words for name in PRONUNCIATIONS[word]]
    if expected != [name for name, _, _ in said]:
        raise UserError(f"text {text!r}: its phones are {[name for name, _, _ in said]}")
    ends = [sum(lengths[: k + 1]) for k in range(len(words))]
    return [
        (word, said[end - length][1], said[end - 1][2])
        for word, length, end in zip(words, lengths, ends, strict=True)
    ]
