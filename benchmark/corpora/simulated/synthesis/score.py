"""How a talker plays a gestural score: some gestures take longer, some tiers come late."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree import ElementTree

import numpy as np

from benchmark.corpora.simulated.takes import TIERS, Style

SUFFIX = "-gestures"  # of the names of tiers in a score


@dataclass(frozen=True)
class Parameters:
    version: int = 1
    effort: float = 0.1  # deviation of the log of a take's time constants
    spread: float = 0.1  # the same of single gestures
    least: float = 0.85  # factor of a time constant; the synthesiser refuses less in the velic tier
    most: float = 1.9
    late: float = 0.004  # s, deviation of a tier's lag from take to take
    shortest: float = 0.02  # s, of a tier's first gesture
    silent: float = 1.25  # factor of time constants without voice


PARAMETERS = Parameters()


def played(
    score: str,
    style: Style,
    rng: np.random.Generator,
    silent: bool = False,
    parameters: Parameters = PARAMETERS,
) -> str:
    """The score with a talker's time constants and lags; glottis, pitch and lungs stay.

    A longer time constant makes a gesture miss its target where time is short. The lag of a tier
    makes its first gesture longer or shorter, which moves all that follow.
    """
    effort = np.exp(rng.normal(0.0, parameters.effort)) * (parameters.silent if silent else 1.0)
    root = ElementTree.fromstring(score)
    for sequence in root.iter("gesture_sequence"):
        tier = sequence.get("type", "").removesuffix(SUFFIX)
        if tier not in TIERS:
            continue
        usual = effort * style.time_constants.get(tier, 1.0)
        gestures = list(sequence.iter("gesture"))
        factors = usual * np.exp(rng.normal(0.0, parameters.spread, len(gestures)))
        factors = np.clip(factors, parameters.least, parameters.most)
        for gesture, factor in zip(gestures, factors, strict=True):
            _multiply(gesture, "time_constant_s", float(factor))
        lag = style.lags.get(tier, 0.0) + rng.normal(0.0, parameters.late)
        for gesture in gestures[:1]:
            seconds = max(float(gesture.get("duration_s", 0)) + lag, parameters.shortest)
            gesture.set("duration_s", f"{seconds:.6f}")
    return ElementTree.tostring(root, "unicode")


def _multiply(gesture: ElementTree.Element, name: str, factor: float) -> None:
    gesture.set(name, f"{float(gesture.get(name, 0)) * factor:.6f}")
