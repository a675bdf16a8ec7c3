"""What an entry declares that it needs, held against what is installed here."""

from __future__ import annotations

import importlib.metadata
import shlex
from collections.abc import Iterable

from packaging.requirements import InvalidRequirement, Requirement

_found: dict[str, str] = {}  # every job of an entry asks; what is not here may come


def installed(name: str) -> str | None:
    """The version of a distribution that is installed here, by any spelling of its name."""
    if name not in _found:
        try:
            _found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            return None
    return _found[name]


def parse(text: str) -> Requirement | None:
    """A declared dependency; None for what is none."""
    try:
        return Requirement(text)
    except InvalidRequirement:
        return None


def fits(wanted: Requirement, version: str) -> bool:
    """Whether an installed version is one that is asked for."""
    return wanted.specifier.contains(version, prereleases=True)


def is_asked_for(wanted: Requirement) -> bool:
    """Whether it is needed on this Python and system at all."""
    return wanted.marker is None or wanted.marker.evaluate()


def first_unmet(dependencies: Iterable[str]) -> str:
    """The first that is not installed here, as the end of a sentence "it needs ..."; or nothing.

    What is no requirement is nobody's to install, and left to the entry.
    """
    for wanted in filter(None, map(parse, dependencies)):
        if not is_asked_for(wanted):
            continue
        version = installed(wanted.name)
        # Without the address that a requirement may have: nobody should install from there.
        named = f"{wanted.name}{wanted.specifier}"
        install = f"pip install {shlex.quote(named)}"
        if version is None:
            return f"{named}, which is not installed here: {install}"
        if not fits(wanted, version):
            return f"{named}, and {wanted.name} {version} is installed here: {install}"
    return ""
