"""Which talker says what in which session: the takes of a corpus, before anything is rendered."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import count

from benchmark.core import UserError
from benchmark.corpora.simulated.takes import Take, Talker
from benchmark.corpora.simulated.talkers import people
from benchmark.corpora.simulated.texts import carriers, grammar, lexicon, timing

SESSIONS = ("a", "b")
BLOCK = 20  # texts that a talker is given at a time

MOST = 100_000  # minutes of a corpus: ten weeks
MOST_TALKERS, MOST_TAKES = 10_000, 2_000_000


@dataclass(frozen=True)
class Share:
    """What each talker says, in both sessions together."""

    sentences: int
    silent: int = 0  # how many of the sentences are also moved without voice
    rounds: int = 0  # how often each command word is said

    def __post_init__(self) -> None:
        if self.sentences < 1 or self.rounds < 0:
            raise UserError(
                "a talker's share: expected 1 or more sentences, 0 or more rounds of words, found"
                f" {self.sentences} and {self.rounds}"
            )
        if not 0 <= self.silent <= self.sentences:
            raise UserError(
                "a talker's share: expected 0 to all of the sentences to be silent, too, found"
                f" {self.silent} of {self.sentences}"
            )

    @property
    def takes(self) -> int:
        """How many takes that makes."""
        return self.sentences + self.silent + self.rounds * len(lexicon.WORDS)


@dataclass(frozen=True)
class Plan:
    """Talkers, and their takes in the order of the manifest: by talker, then by session."""

    talkers: tuple[Talker, ...]
    takes: tuple[Take, ...]

    def seconds(self) -> dict[str, float]:
        """How long each take will be, by its id."""
        of = {talker.id: talker for talker in self.talkers}
        return {take.id: timing.timed(take, of[take.talker]).duration for take in self.takes}


RELEASE = Share(sentences=66, silent=30, rounds=6)
DEVELOPMENT = Share(sentences=40, silent=16, rounds=6)


@lru_cache(maxsize=1)
def release() -> Plan:
    """The embedded corpus: twelve talkers, every text said by one of them."""
    return planned(people.RELEASE, RELEASE)


@lru_cache(maxsize=1)
def development() -> Plan:
    """Two more talkers, the only ones on whom the difficulty of a task is set."""
    return planned(people.DEVELOPMENT, DEVELOPMENT, _texts_of(release()))


def drawn(
    seed: str,
    talkers: int,
    share: Share | None = None,
    minutes: float = 0.0,
    letter: str = "x",
    silent: int = 0,
    rounds: int = 0,
) -> Plan:
    """A corpus of any size, of texts that neither release nor development has.

    Each talker says a `share`, or else as many sentences as `minutes` in all hold, so many of them
    `silent` as well, and `rounds` of command words. With more minutes the takes before stay.
    """
    if not 1 <= talkers <= MOST_TALKERS:
        raise UserError(f"talkers: expected 1 to {MOST_TALKERS:,}, found {talkers:,}")
    if share is None and not 0 < minutes <= MOST:
        raise UserError(f"minutes: expected more than 0 and at most {MOST:,}, found {minutes:,}")
    if share is not None and (minutes or silent or rounds):
        raise ValueError("a share of each talker, or minutes of all, not both")
    beside = Share(max(1, silent), silent, rounds) if share is None else share
    if talkers * beside.takes > MOST_TAKES:
        raise UserError(
            f"{talkers:,} talkers with {beside.takes:,} takes each: expected {MOST_TAKES:,} or less"
        )
    digits = max(2, len(str(talkers)))
    sexes: tuple[people.Sex, people.Sex] = ("female", "male")
    drawn_ones = tuple(
        people.talker(seed, f"{letter}{n + 1:0{digits}d}", sexes[n % 2]) for n in range(talkers)
    )
    seen = _texts_of(release()) | _texts_of(development())
    if share is not None:
        return planned(drawn_ones, share, seen)
    return _filling(drawn_ones, 60 * minutes / talkers, silent, rounds, seen)


def planned(talkers: Sequence[Talker], share: Share, seen: Collection[str] = ()) -> Plan:
    """The share of each of the talkers, who have one seed; no text is said by two."""
    said: dict[str, list[str]] = {talker.id: [] for talker in talkers}
    blocks = _texts(talkers, seen)
    for _ in range(-(-share.sentences // BLOCK) * len(talkers)):
        talker, texts = next(blocks)
        said[talker.id] += texts
    takes = (t for who in talkers for t in _takes(who, said[who.id][: share.sentences], share))
    return Plan(tuple(talkers), tuple(takes))


def _filling(
    talkers: Sequence[Talker], seconds: float, silent: int, rounds: int, seen: Collection[str]
) -> Plan:
    """As many sentences of each talker as so many seconds hold, one at least."""
    said: dict[str, list[str]] = {talker.id: [] for talker in talkers}
    lasted, full = dict.fromkeys(said, 0.0), set[str]()
    blocks = _texts(talkers, seen)
    # Who has enough is still given blocks: texts are the same however many minutes are asked for.
    while len(full) < len(talkers):
        talker, texts = next(blocks)
        for text in texts if talker.id not in full else ():
            take = _sentence(talker.id, len(said[talker.id]), text)
            lasts = timing.timed(take, talker).duration
            if said[talker.id] and lasted[talker.id] + lasts > seconds:
                full.add(talker.id)
                break
            said[talker.id].append(text)
            lasted[talker.id] += lasts
    if short := [f"{len(said[name])} of {name}" for name in said if len(said[name]) < silent]:
        raise UserError(
            f"silent takes: expected {silent} sentences or more of each talker, found {short[0]}; "
            "ask for more minutes, or for fewer silent takes"
        )
    takes = (
        take
        for who in talkers
        for take in _takes(who, said[who.id], Share(len(said[who.id]), silent, rounds))
    )
    return Plan(tuple(talkers), tuple(takes))


def _texts_of(plan: Plan) -> set[str]:
    return {take.text for take in plan.takes if take.kind == "sentence"}


def _texts(talkers: Sequence[Talker], seen: Collection[str]) -> Iterator[tuple[Talker, list[str]]]:
    """Blocks of texts of each talker in turn, all different, without end."""
    taken = {grammar.plain(text) for text in seen}
    for block in count():
        for talker in talkers:
            name = f"{talker.id}/{block}"
            yield talker, grammar.new_sentences(talker.seed, name, BLOCK, taken)


def _takes(talker: Talker, said: Sequence[str], share: Share) -> Iterator[Take]:
    """A talker's takes: in each session sentences, what of them is silent, and command words."""
    name = talker.id
    for which, session in enumerate(SESSIONS):
        here = f"{name}-{session}"
        sentences = [
            _sentence(name, number, text)
            for number, text in enumerate(said)
            if number % len(SESSIONS) == which
        ]
        yield from sentences
        for take in sentences[: _part(share.silent, which)]:
            yield Take(f"{take.id}-silent", name, here, "silent", take.text, of=take.id)
        words = carriers.commands(talker.seed, here, _part(share.rounds, which))
        for number, text in enumerate(words):
            yield Take(f"{name}-{session}w{number + 1:03d}", name, here, "word", text)


def _sentence(talker: str, number: int, text: str) -> Take:
    """The `number`-th sentence of a talker, from 0 on; sessions take turns."""
    session = f"{talker}-{SESSIONS[number % len(SESSIONS)]}"
    return Take(f"{talker}-s{number + 1:03d}", talker, session, "sentence", text)


def _part(number: int, which: int) -> int:
    """Of a number of things, how many fall to the session."""
    return (number + len(SESSIONS) - 1 - which) // len(SESSIONS)
