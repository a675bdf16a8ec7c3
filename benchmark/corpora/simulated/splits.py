"""Splits of a simulated corpus, made from the list of its takes alone.

A sentence has one role wherever it occurs, that of `mixtures.roles`: what tests in one table trains
in none, neither with voice nor without, nor under noise. Only `new_session` differs, which tests
the sentences of session b that train elsewhere too, and trains on session a.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from benchmark.core import Calibration, Fold, UserError
from benchmark.corpora.simulated import mixtures
from benchmark.corpora.simulated.sensors.source import FRAME_RATE
from benchmark.corpora.simulated.takes import Kind, Take

TESTED, TESTED_WORDS = 3, 2  # talkers that a fold tests
MINUTES = (0.5, 1.0, 2.0)  # of each new talker, in the release
SMOKE = (("train", 6), ("valid", 2), ("test", 3))  # sentences of a talker
A_FEW = "A few recordings, to see in a minute that everything runs; its scores mean nothing."


@dataclass(frozen=True)
class Listed:
    """What splits are made from: takes in the order of the list, and how long each is."""

    takes: Sequence[Take]
    seconds: Callable[[str], float]  # of a take, by its id
    role: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "role", roles(self.takes))

    def of(self, kind: Kind) -> list[Take]:
        return [take for take in self.takes if take.kind == kind]


@dataclass(frozen=True)
class Drawn:
    """A split: what it is, what test and training must not share, and its folds by name.

    Folds of mixtures hold patterns over their ids.
    """

    about: str
    disjoint: tuple[str, ...]
    folds: Mapping[str, Fold]
    calibration: Calibration | None = None


@dataclass(frozen=True)
class Rule:
    """How a split is made of a corpus; `folds` raises UserError where it is too small for it."""

    about: str
    disjoint: tuple[str, ...]
    folds: Callable[[Listed], Mapping[str, Fold]]
    calibration: Calibration | None = None
    needs: Kind = "sentence"  # takes without which there is no such split


def splits(
    takes: Sequence[Take], seconds: Mapping[str, float], minutes: Sequence[float] = MINUTES
) -> dict[str, Drawn]:
    """All splits by name; `seconds` is how long each take is, by its id.

    UserError where there are too few talkers, or too little of one for the calibration.
    """
    here = Listed(takes, seconds.__getitem__)
    kinds = {take.kind for take in takes}
    made = {
        name: Drawn(rule.about, rule.disjoint, rule.folds(here), rule.calibration)
        for name, rule in rules(minutes).items()
        if rule.needs in kinds
    }
    return made | _smoke(here.of("sentence"), here.of("word"), here.role)


def rules(minutes: Sequence[float]) -> dict[str, Rule]:
    """The rule of each split but smoke splits, with these amounts of a new talker's speech."""
    made = {
        "new_sentences": Rule(
            "All talkers together; no test sentence has a text that was trained on.",
            ("text",),
            lambda here: {"all": _fold(here.of("sentence"), here.role)},
        ),
        "each_talker": Rule(
            "One fold a talker, since electrodes differ; new sentences of the same talker.",
            ("text",),
            _each_talker,
        ),
        "new_session": Rule(
            "Trained on session a of all talkers, tested on session b.",
            ("text", "session"),
            lambda here: {"all": _sessions(here.of("sentence"), here.role)},
        ),
        "new_mixtures": Rule(
            "Mixtures of all talkers; new sentences in unheard noises at SNRs not trained on.",
            ("text",),
            lambda here: {"all": _mixed(_fold(here.of("sentence"), here.role))},
        ),
        "new_talkers": Rule(
            "Two talkers test in each fold and one chooses; nothing of them is trained on.",
            ("session", "speaker"),
            lambda here: _new_talkers(here.of("word"), TESTED_WORDS),
            needs="word",
        ),
    }
    return made | _silent() | _calibrations((0.0, *minutes))


def _each_talker(here: Listed) -> dict[str, Fold]:
    voiced = here.of("sentence")
    return {who: _fold(_of(voiced, who), here.role) for who in _talkers(voiced)}


def listed(entries: Iterable[Mapping[str, Any]]) -> tuple[list[Take], dict[str, float]]:
    """The takes of a manifest's recordings, and how long each is in s."""
    names = ("id", "talker", "session", "kind", "text")
    takes, seconds = [], {}
    for entry in entries:
        takes.append(Take(**{name: entry[name] for name in names}, of=entry.get("of")))
        seconds[entry["id"]] = entry["frames"][1] / FRAME_RATE
    return takes, seconds


def roles(takes: Iterable[Take]) -> dict[str, str]:
    """ "train", "valid" or "test" of each sentence, silent ones as the one that they repeat."""
    takes = list(takes)
    by_talker: dict[str, list[str]] = {}
    for take in takes:
        if take.kind == "sentence":
            by_talker.setdefault(take.talker, []).append(take.id)
    role = mixtures.roles(by_talker)
    for take in takes:
        if take.of is not None:
            role[take.id] = role[take.of]
    return role


def _silent() -> dict[str, Rule]:
    """Three ways to learn silent speech, which test the same silent takes."""
    made = {}
    ways: tuple[tuple[str, str, tuple[Kind, ...], Kind], ...] = (
        (
            "from_voiced",
            "what was said aloud, so that nothing silent is seen",
            ("sentence",),
            "sentence",
        ),
        ("from_silent", "silent sentences", ("silent",), "silent"),
        ("from_both", "what was said aloud and silently", ("sentence", "silent"), "silent"),
    )
    for name, about, train, valid in ways:
        about = f"Silent sentences of all talkers, new texts; trained on {about}."
        folds = partial(_silent_folds, train, valid)
        made[f"silent_{name}"] = Rule(about, ("text",), folds, needs="silent")
    return made


def _silent_folds(train: Sequence[Kind], valid: Kind, here: Listed) -> dict[str, Fold]:
    learned = [take for kind in train for take in here.of(kind)]
    chosen, tested = _ids(here.of(valid), here.role, "valid"), here.of("silent")
    return {"all": Fold(_ids(learned, here.role, "train"), chosen, _ids(tested, here.role, "test"))}


def _sessions(voiced: Sequence[Take], role: Mapping[str, str]) -> Fold:
    first = sorted({take.session for take in voiced if take.session.endswith("-a")})
    a = [take for take in voiced if take.session in first]
    b = tuple(take.id for take in voiced if take.session not in first)
    learned = tuple(take.id for take in a if role[take.id] != "valid")
    return Fold(learned, _ids(a, role, "valid"), b)


def _new_talkers(
    takes: Sequence[Take], tested: int, role: Mapping[str, str] | None = None
) -> dict[str, Fold]:
    """Folds that test so many talkers each; the talker before them in turn chooses.

    With roles, each part has the sentences of its own role; without, all.
    """
    talkers = _talkers(takes)
    if len(talkers) < tested + 2:
        raise UserError(f"new talkers: expected {tested + 2} or more, found {len(talkers)}")
    folds = {}
    for first in range(0, len(talkers), tested):
        test = talkers[first : first + tested]
        valid = talkers[first - 1]
        rest = [who for who in talkers if who not in (*test, valid)]
        parts = {"train": rest, "valid": [valid], "test": test}
        chosen = {part: _of(takes, *who) for part, who in parts.items()}
        folds["-".join(test)] = Fold(
            **{
                part: _ids(these, role, part) if role else tuple(take.id for take in these)
                for part, these in chosen.items()
            }
        )
    return folds


def _calibrations(minutes: Sequence[float]) -> dict[str, Rule]:
    """New talkers, after so many minutes of each; all amounts have the same tests and folds."""
    made = {}
    for amount in minutes:
        folds = partial(_calibrated, amount)
        calibration = Calibration("speaker", amount, "minutes")
        if not amount:
            made["new_talkers_sentences"] = Rule(
                "Three talkers test in each fold and one chooses; nothing of them is trained on.",
                ("text", "session", "speaker"),
                folds,
                calibration,
            )
        else:
            made[f"new_speaker_{amount:g}_minutes".replace(".", "p")] = Rule(
                "The three talkers who test in a fold have each given so many minutes: "
                f"{amount:g}. All amounts test the same sentences.",
                ("text",),
                folds,
                calibration,
            )
    return made


def _calibrated(amount: float, here: Listed) -> dict[str, Fold]:
    voiced, folds = here.of("sentence"), {}
    for name, fold in _new_talkers(voiced, TESTED, here.role).items():
        own = [
            id
            for who in name.split("-")
            for id in _first(_of(voiced, who), here.role, here.seconds, amount)
        ]
        folds[name] = Fold((*fold.train, *own), fold.valid, fold.test)
    return folds


def _mixed(fold: Fold) -> Fold:
    """The mixtures of a fold's sentences, whatever they are: as patterns."""
    return Fold(**{role: tuple(f"{id}+*" for id in ids) for role, ids in fold.roles().items()})


def _first(
    own: Sequence[Take], role: Mapping[str, str], seconds: Callable[[str], float], minutes: float
) -> list[str]:
    """The first sentences of a talker that test nowhere, so many minutes of them or a bit more."""
    found, lasted = [], 0.0
    for take in own:
        if lasted >= 60 * minutes:
            break
        if role[take.id] != "test":
            found.append(take.id)
            lasted += seconds(take.id)
    if lasted < 60 * minutes:
        raise UserError(
            f"calibration: {own[0].talker} has {lasted / 60:.1f} minutes to learn from, expected "
            f"{minutes:g}; ask for less"
        )
    return found


def _smoke(
    voiced: Sequence[Take], words: Sequence[Take], role: Mapping[str, str]
) -> dict[str, Drawn]:
    """A few recordings of two talkers, or of one, of whom a model with many inputs needs more."""
    two = _talkers(voiced)[:2]
    few = [take for who in two for take in _some(_of(voiced, who), role)]
    one = [t for t in _of(voiced, two[0]) if t in few or role[t.id] != "test"]
    made = {
        "smoke_sentences": Drawn(A_FEW, ("text",), {"all": _fold(few, role)}),
        "smoke_mixtures": Drawn(A_FEW, ("text",), {"all": _mixed(_fold(_of(few, two[0]), role))}),
        "smoke_talkers": Drawn(A_FEW, ("text",), {two[0]: _fold(one, role)}),
    }
    if words and len(two) == 2:
        train, test = ([take.id for take in _of(words, who)] for who in two)
        fold = Fold(tuple(train[:-10]), tuple(train[-10:]), tuple(test[:10]))
        made["smoke_words"] = Drawn(A_FEW, ("speaker",), {two[1]: fold})
    return made


def _some(takes: Iterable[Take], role: Mapping[str, str]) -> list[Take]:
    left, found = dict(SMOKE), []
    for take in takes:
        if left[role[take.id]]:
            left[role[take.id]] -= 1
            found.append(take)
    return found


def _fold(takes: Sequence[Take], role: Mapping[str, str]) -> Fold:
    return Fold(*(_ids(takes, role, part) for part in ("train", "valid", "test")))


def _ids(takes: Iterable[Take], role: Mapping[str, str], part: str) -> tuple[str, ...]:
    return tuple(take.id for take in takes if role[take.id] == part)


def _of(takes: Iterable[Take], *talkers: str) -> list[Take]:
    return [take for take in takes if take.talker in talkers]


def _talkers(takes: Iterable[Take]) -> list[str]:
    return sorted({take.talker for take in takes})
