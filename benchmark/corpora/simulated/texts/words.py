"""The words of the grammar, by what they do in a sentence."""

from __future__ import annotations

from collections.abc import Mapping


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _rows(text: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(row.split()) for row in text.split(","))


SUBJECTS: Mapping[str, tuple[str, ...]] = {  # by the form of the verb
    "first": ("I",),
    "third": ("he", "she", "it", "somebody", "nobody"),
    "plural": ("you", "we", "they"),
}
# What is not said of oneself: I see me, you like you.
OBJECT_OF = {"I": "me", "he": "him", "she": "her", "it": "it", "we": "us", "they": "them"}
OBJECTS = ("me", "you", "him", "her", "it", "us", "them")
BE = {"first": ("am", "was"), "third": ("is", "was"), "plural": ("are", "were")}
DO = {"first": ("do", "did"), "third": ("does", "did"), "plural": ("do", "did")}
MODALS = ("can", "will", "must", "should")
PEOPLE = _rows(
    "man men, woman women, boy boys, girl girls, child children, baby babies, dog dogs, cat cats,"
    "bird birds, horse horses, teacher teachers, doctor doctors, farmer farmers, sister sisters,"
    "brother brothers, friend friends, cow, sailor, mother, father, uncle"
)
THINGS = _rows(
    "house houses, door doors, table tables, chair chairs, window windows, flower flowers,"
    "apple apples, egg eggs, book books, letter letters, song songs, picture pictures,"
    "train trains, car cars, boat boats, ship ships, bag bags, box boxes, shoe shoes, hat hats,"
    "stone stones, camera, phone, clock, coat, ring, bottle, glass, spoon, menu"
)
PLACES = _rows(
    "tree trees, shop shops, hill hills, garden, kitchen, street, road, city, river, lake,"
    "mountain, school, market, bridge, tower, island"
)
MASS = _words("bread milk water coffee sugar honey music money sand snow rain paper")
TIMES = _words("morning evening night winter summer")
ADJECTIVES = _words(
    "big small old young new red blue green white black yellow brown long short quick slow happy"
    " sad quiet loud cold warm heavy empty clean dirty soft strange pretty broken"
)
TRANSITIVE = _rows(  # plain form, third person, past
    "see sees saw, find finds found, take takes took, keep keeps kept, like likes liked,"
    "love loves loved, want wants wanted, bring brings brought, buy buys bought, hold holds held,"
    "watch watches watched, carry carries carried, open opens opened, close closes closed,"
    "paint paints painted, sell sells sold, move moves moved"
)
INTRANSITIVE = _rows(
    "sleep sleeps slept, run runs ran, walk walks walked, sing sings sang, fall falls fell,"
    "smile smiles smiled, wait waits waited, work works worked, swim swims swam,"
    "laugh laughs laughed, dance dances danced, stay stays stayed"
)
SINGULAR = ("the", "a", "my", "your", "his", "her", "our", "their", "this", "that", "every")
PLURAL = ("the", "my", "your", "his", "her", "our", "their", "these", "those", "some")
BARE = ("the", "my", "your", "his", "her", "our", "their", "this", "that", "some", "")
NUMBERS = _words("two three four five six seven eight nine ten")
PREPOSITIONS = _words("in on under near with behind from over beside without")
OPENERS = ("sometimes", "finally", "perhaps", "no", "yes", "well", "then", "suddenly", "later")
ADVERBS = ("again", "now", "today", "tonight", "soon", "here", "outside", "together", "please")
MANNERS = ("slowly", "quickly")
OFTEN = ("often", "never", "always")
JOINERS = ("and", "but", "or", "because", "while", "so", "when", "if")
WHEN = ("because", "while", "when", "if")
