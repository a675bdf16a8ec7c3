"""One table's scores against a setting that variants of an entry differ in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmark.core import Metric
from benchmark.leaderboard.tables import Row, Score, Table

MIN_POINTS = 3  # values of a setting that make a curve


@dataclass(frozen=True)
class Curve:
    """An entry's score against a number that its variants differ in."""

    entry: str
    setting: str
    points: tuple[tuple[float, str, Score], ...]  # the number, the variant that has it


def curves(
    table: Table, metric: Metric, settings: Mapping[str, Mapping[str, Mapping[str, Any]]]
) -> list[Curve]:
    """Curves of one table over any number that at least three variants differ in, all else equal.

    `settings` are those of each entry's variants. A list counts by its length, such as electrodes;
    a variant without it has all that the others choose from. `fraction` is 1 where it is not given.
    """
    made = []
    for entry, variants in settings.items():
        rows = {row.variant: row for row in table.rows if row.entry == entry}
        names = sorted({name for chosen in variants.values() for name in chosen})
        for name in names:
            made += _curves_of(entry, name, metric, rows, variants)
    return made


def _curves_of(
    entry: str,
    name: str,
    metric: Metric,
    rows: Mapping[str, Row],
    variants: Mapping[str, Mapping[str, Any]],
) -> list[Curve]:
    implied = _implied(name, [chosen[name] for chosen in variants.values() if name in chosen])
    alike: dict[str, list[tuple[float, str, Score]]] = {}
    for variant, chosen in variants.items():
        number = _number(chosen[name]) if name in chosen else implied
        if number is not None and variant in rows:
            rest = {key: value for key, value in chosen.items() if key != name}
            point = number, variant, rows[variant].scores[metric.id]
            alike.setdefault(repr(sorted(rest.items())), []).append(point)
    return [
        Curve(entry, name, tuple(sorted(points, key=lambda point: point[:2])))
        for points in alike.values()
        if len({number for number, _, _ in points}) >= MIN_POINTS
    ]


def _number(value: Any) -> float | None:
    if isinstance(value, list):
        return float(len(value))
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _implied(name: str, values: Sequence[Any]) -> float | None:
    """The number of a variant that does not give one."""
    if name == "fraction":
        return 1.0
    if all(isinstance(value, list) for value in values):
        return float(len({str(part) for value in values for part in value}))
    return None
