"""Hostile entries on the judge: the order of asking, its probes, what survives an attempt."""

from __future__ import annotations

from hostile.attack import Attack

ATTACKS: tuple[Attack, ...] = ()
