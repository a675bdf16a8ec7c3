"""The file from which the synthesiser reads a talker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

import numpy as np

from benchmark.core import Array, UserError
from benchmark.corpora.simulated.synthesis import vtl
from benchmark.corpora.simulated.takes import Talker
from benchmark.corpora.simulated.talkers import anatomy, english, guards, habits

Tree = ElementTree.Element

FOLDS = {"female": 0.75, "male": 1.0}  # length of the vocal folds, besides the pharynx's factor
SCHWA = "@"


@dataclass(frozen=True)
class Report:
    """What it took to make a talker, and what came of it."""

    moved: Mapping[str, float]  # cm: how far the repair moved a consonant's critical parameter
    shares: Mapping[str, float]  # of its habit that each phone keeps
    areas: Mapping[str, float]  # cm2, of the consonants' constrictions
    formants: Mapping[str, tuple[float, ...]]  # Hz, F1 and F2 of the vowels
    length: float  # cm, of the vocal tract in a schwa


def _tract(tree: Tree, part: str) -> Tree:
    found = tree.find(f"vocal_tract_model/{part}")
    if found is None:
        raise UserError(f"the speaker file has no <{part}> in its <vocal_tract_model>")
    return found


def shapes(tree: Tree) -> dict[str, Array]:
    """All targets of the vocal tract, (19,) each in order of `habits.PARAMETERS`."""
    result = {}
    for shape in _tract(tree, "shapes"):
        values = {param.attrib["name"]: float(param.attrib["value"]) for param in shape}
        result[shape.attrib["name"]] = np.array([values[name] for name in habits.PARAMETERS])
    return result


def limits(tree: Tree) -> tuple[Array, Array]:
    """The least and the greatest value of each parameter, (19,) each."""
    params = {param.attrib["name"]: param.attrib for param in _tract(tree, "anatomy").iter("param")}
    least, greatest = (
        np.array([float(params[name][key]) for name in habits.PARAMETERS]) for key in ("min", "max")
    )
    return least, greatest


def write(tree: Tree, targets: Mapping[str, Array]) -> str:
    """The text of the file with these targets."""
    for shape in _tract(tree, "shapes"):
        for param in shape:
            value = targets[shape.attrib["name"]][habits.INDEX[param.attrib["name"]]]
            param.set("value", f"{value:.6f}")
    return ElementTree.tostring(tree, encoding="unicode")


def _shorten_folds(tree: Tree, talker: Talker) -> None:
    """Scale the rest length of the vocal folds, within what the model allows."""
    for param in tree.iter("param"):
        if param.attrib["name"] == "RL":
            low, neutral, high = (float(param.attrib[key]) for key in ("min", "neutral", "max"))
            folds = neutral * talker.warp.pharynx * FOLDS[talker.sex]
            param.set("neutral", f"{min(max(folds, low), high):.6f}")


def _warped(talker: Talker, targets: Mapping[str, Array]) -> dict[str, Array]:
    return {
        name: np.array(
            [
                anatomy.warped(talker.warp, parameter, float(value))
                for parameter, value in zip(habits.PARAMETERS, shape, strict=True)
            ]
        )
        for name, shape in targets.items()
    }


def unguarded(source: str, talker: Talker) -> tuple[Tree, dict[str, Array], dict[str, Array]]:
    """The talker's file as a tree, its targets, and those without habits; nothing is repaired.

    `source` is the text of the plain model's speaker file.
    """
    tree = ElementTree.fromstring(source)
    plain, bounds = english.spoken(shapes(tree)), limits(tree)
    mine = habits.targets(plain, bounds, talker.seed, talker.id, talker.habits)
    anatomy.apply(talker.warp, _tract(tree, "anatomy"))
    _shorten_folds(tree, talker)
    return tree, _warped(talker, mine), _warped(talker, plain)


def make(api: Any, talker: Talker) -> tuple[str, Report]:
    """The talker's speaker file, and what it took; the synthesiser then holds this talker.

    Raises UserError where the talker cannot articulate even with repaired targets.
    """
    source = vtl.plain_speaker(api)
    vtl.use(api, source)
    wanted = guards.areas(api, english.spoken(shapes(ElementTree.fromstring(source))))
    tree, mine, plain = unguarded(source, talker)
    vtl.use(api, write(tree, mine))  # the guards measure in this anatomy
    # Vowels first: a transfer function leaves the synthesiser as rendering does, and in that state
    # the lips of some labials measure differently than in a new one.
    vowels, shares, formants = guards.kept(api, mine, plain)
    targets, moved = mine | vowels, dict[str, float]()
    for phone in sorted({habits.phone(name) for name in wanted}):
        names = [name for name in wanted if habits.phone(name) == phone]
        fitting, shares[phone] = guards.constricted(
            api, {n: mine[n] for n in names}, {n: plain[n] for n in names}, wanted
        )
        for name, shape in fitting.items():
            unmoved = plain[name] + shares[phone] * (mine[name] - plain[name])
            moved[name] = float(np.abs(shape - unmoved).max())
        targets |= fitting
    areas = guards.areas(api, targets)
    if faults := guards.faults(wanted, areas, formants):
        raise UserError(
            f"talker {talker.id} cannot articulate: {'; '.join(faults)}. Choose another seed or "
            "name, or another warp or a smaller size of habits."
        )
    text = write(tree, targets)
    vtl.use(api, text)  # also a new state
    return text, Report(
        moved=moved,
        shares=shares,
        areas=areas,
        formants={name: tuple(map(float, found)) for name, found in formants.items()},
        length=guards.length(api, targets[SCHWA]),
    )
