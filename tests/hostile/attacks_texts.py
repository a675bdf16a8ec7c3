"""Hostile entries by what they say: texts, numbers, names and titles."""

from __future__ import annotations

from hostile.attack import Attack

ATTACKS: tuple[Attack, ...] = ()
