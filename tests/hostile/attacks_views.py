"""Hostile entries on what is visible: copies of answers, the machine's files, other folds."""

from __future__ import annotations

from hostile.attack import Attack

ATTACKS: tuple[Attack, ...] = ()
