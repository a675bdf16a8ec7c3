"""Splits of a corpus that a user has built: those of the release that its size allows.

They follow from the recordings that there are, so each is a rule, drawn and written down when it is
first used, as those of a user's own corpus are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache, partial

from benchmark.core import Fold, Inapplicable, Recording, SplitRule, UserError
from benchmark.corpora.simulated import splits
from benchmark.corpora.simulated.listing import SILENT, WORD
from benchmark.corpora.simulated.sensors import articulation
from benchmark.corpora.simulated.takes import Kind, Take

MINUTES = (0.5, 1.0, 2.0, 5.0, 10.0)  # of each new talker; a corpus has those that it is long for
SILENCES = ("silent_from_voiced", "silent_from_silent", "silent_from_both")
AMOUNTS = tuple(name for name in splits.rules(MINUTES) if name.startswith("new_speaker_"))
# The splits of each task; the first is part of every run, the others of the full suite.
SERVED: Mapping[str, tuple[str, ...]] = {
    "emg_to_articulation": (
        *("new_sentences", "new_talkers_sentences", *AMOUNTS, "new_session", *SILENCES),
    ),
    "emg_to_mel": (
        *("new_sentences", "new_talkers_sentences", *AMOUNTS, "new_session", *SILENCES),
    ),
    "emg_to_text": ("new_sentences", *SILENCES),
    "emg_word_classification": ("new_talkers",),
    "emg_speech_enhancement": ("new_mixtures",),
    "lip_to_ultrasound": ("new_sentences", "new_talkers_sentences"),
    "seeg_to_mel": ("each_talker",),
}
FIRST = {names[0] for names in SERVED.values()}


def split_rules() -> dict[str, SplitRule]:
    """The rule of each split, by name. Its folds are Inapplicable where the corpus is too small."""
    return {
        name: SplitRule(
            rule.about,
            partial(_folds, name),
            rule.disjoint,
            calibration=rule.calibration,
            tasks=tuple(task for task, names in SERVED.items() if name in names),
            full=name not in FIRST,
        )
        for name, rule in splits.rules(MINUTES).items()
    }


def _folds(name: str, recordings: Sequence[Recording]) -> dict[str, Fold]:
    rule, here = splits.rules(MINUTES)[name], _listed(tuple(recordings))
    if not here.of(rule.needs):
        raise Inapplicable(f"expected takes of kind {rule.needs!r}, which this corpus has not got")
    try:
        made = rule.folds(here)
        if any("+" in id for fold in made.values() for id in fold.test):
            made = {fold: _mixtures(of, recordings) for fold, of in made.items()}
    except UserError as error:
        raise Inapplicable(str(error)) from error
    return dict(made)


def _mixtures(fold: Fold, recordings: Iterable[Recording]) -> Fold:
    """The mixtures of a fold's sentences, of which the rule gives patterns `<sentence>+*`."""
    of: dict[str, list[str]] = defaultdict(list)
    for recording in recordings:
        clean, plus, _ = recording.id.partition("+")
        if plus:
            of[f"{clean}+*"].append(recording.id)
    return Fold(
        **{
            role: tuple(id for pattern in patterns for id in of[pattern])
            for role, patterns in fold.roles().items()
        }
    )


@lru_cache(maxsize=2)  # all splits of a corpus ask for the same
def _listed(recordings: tuple[Recording, ...]) -> splits.Listed:
    clean = {r.id: r for r in recordings if "+" not in r.id}
    takes = [
        Take(r.id, r.speaker, r.session, _kind(r.id), r.text, _of(r.id)) for r in clean.values()
    ]
    return splits.Listed(takes, lru_cache(maxsize=None)(lambda id: _seconds(clean[id])))


def _seconds(recording: Recording) -> float:
    """How long a take is: its phones are known for every frame, and need no file but the list."""
    return float(len(recording["phones"]) / articulation.PARAMETERS.rate)


def _kind(id: str) -> Kind:
    return "silent" if SILENT.fullmatch(id) else "word" if WORD.fullmatch(id) else "sentence"


def _of(id: str) -> str | None:
    return id.removesuffix("-silent") if SILENT.fullmatch(id) else None
