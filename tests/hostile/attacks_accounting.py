"""Hostile entries that use more memory, disk, processes or time than is counted."""

from __future__ import annotations

from hostile.attack import Attack

ATTACKS: tuple[Attack, ...] = ()
