"""Hostile entries by system calls and sockets that no model needs."""

from __future__ import annotations

from hostile.attack import Attack

ATTACKS: tuple[Attack, ...] = ()
