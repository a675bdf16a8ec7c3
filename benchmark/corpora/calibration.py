"""Splits that let a model train on a little of the speaker, or the session, that it is tested on.

How many repetitions, or minutes, of a new user does a device need? One split for each amount; all
of them test the same recordings, so their scores are points of one curve.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Literal

from benchmark.core import Calibration, Fold, Recording, SplitRule, UserError

Group = Literal["speaker", "session"]
Unit = Literal["repetitions", "minutes"]


def calibrated(
    of: Group, amounts: Sequence[float] = (0, 1, 2, 5), unit: Unit = "repetitions"
) -> dict[str, SplitRule]:
    """A rule for each amount, by the name of its split, such as `new_speaker_2_repetitions`.

    A fold for each speaker (session): its first recordings, as many as the largest amount needs,
    are set aside and tested by no split; as many as the amount says train, with all other speakers
    but the one before, who validates. Repetitions are of each text, in the order of the corpus;
    minutes are counted by `Recording.span`.
    """
    whole = unit == "minutes" or all(float(amount).is_integer() for amount in amounts)
    if not amounts or min(amounts) < 0 or not whole:
        raise UserError(f"calibration: expected numbers of {unit}, found {tuple(amounts)}")
    return {
        f"new_{of}_{amount:g}_{unit}".replace(".", "p"): _rule(of, amount, max(amounts), unit)
        for amount in amounts
    }


def _rule(of: Group, amount: float, most: float, unit: Unit) -> SplitRule:
    def folds(recordings: Sequence[Recording]) -> dict[str, Fold]:
        groups = _by(recordings, of)
        names = list(groups)
        if len(names) < 3:
            raise UserError(f"calibration to a new {of} needs 3 of them, found {len(names)}")
        made = {}
        for number, name in enumerate(names):
            own, before = groups[name], names[number - 1]
            aside = _first(own, most, unit)
            test = [r.id for r in own if r not in aside]
            if not test:
                raise UserError(
                    f"calibration: {of} {name} has no more than {most:g} {unit}: nothing is left"
                    " to test on; ask for less"
                )
            train = [r.id for n in names if n not in (name, before) for r in groups[n]]
            train += [r.id for r in _first(own, amount, unit)]
            made[name] = Fold(tuple(train), tuple(r.id for r in groups[before]), tuple(test))
        return made

    counted = unit.removesuffix("s") if amount == 1 else unit
    about = f"A new {of} after {amount:g} {counted}{' of each text' * (unit == 'repetitions')}."
    about += f" Splits of all amounts, up to {most:g}, test the same recordings."
    disjoint = () if amount else (of,)
    return SplitRule(about, folds, disjoint, calibration=Calibration(of, amount, unit))


def _first(own: Sequence[Recording], amount: float, unit: Unit) -> list[Recording]:
    """The first recordings of a speaker, up to so many of each text, or so many minutes."""
    if unit == "repetitions":
        texts = _by(own, "text").values()
        chosen = {r.id for takes in texts for r in takes[: int(amount)]}
        return [r for r in own if r.id in chosen]
    found, seconds = [], 0.0
    for recording in own:
        if recording.span is None:
            raise UserError(
                f"calibration by minutes: recording {recording.id} does not say when it was made;"
                " count repetitions, or give its span"
            )
        if seconds >= 60 * amount:
            break
        found.append(recording)
        seconds += recording.span[1] - recording.span[0]
    return found


def _by(recordings: Sequence[Recording], group: str) -> Mapping[str, list[Recording]]:
    found: defaultdict[str, list[Recording]] = defaultdict(list)
    for recording in recordings:
        found[getattr(recording, group)].append(recording)
    return dict(sorted(found.items()))
