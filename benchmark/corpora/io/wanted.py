"""A file that is wanted, and what to say where it does not come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmark.core import UserError

PAGES = {".html", ".htm"}
ARCHIVES = {"zip", "tar", "gz", "tgz", "bz2", "tbz2", "xz", "txz"}
BUSY = {408, 425, 429, 500, 502, 503, 504}  # statuses that pass by themselves
KEPT = "what has come is kept: fetch again to go on"


class Unfetched(UserError):
    """A file did not come: `why` in a few words, and whether trying `again` at once may help."""

    def __init__(self, message: str, why: str, again: bool = False) -> None:
        super().__init__(message)
        self.why, self.again = why, again


@dataclass(frozen=True)
class Wanted:
    """A file, where to get it, and how long to wait for it."""

    url: str
    target: Path
    size: int | None  # bytes, where it was published
    sha256: str | None  # of the whole, where known: then a wrong continuation shows
    timeout: float  # seconds that each wait for the server may take
    slowest: float  # bytes a second, in the mean over a window
    window: float  # seconds
    tell: Callable[[str], None]

    @property
    def part(self) -> Path:
        return self.target.with_name(f"{self.target.name}.part")

    @property
    def note(self) -> Path:
        return self.target.with_name(f"{self.target.name}.part.json")

    @property
    def by_hand(self) -> str:
        return f"look for it in a browser, get it there and put it at {self.target}"

    def failed(self, why: str, remedy: str, again: bool = False) -> Unfetched:
        return Unfetched(f"{self.url}: {why}; {remedy}", why, again)


def refused(wanted: Wanted, status: int) -> Unfetched:
    remedy = "look for its present address at its source"
    if status in (401, 403, 407):
        remedy = f"it may want a login: get it in a browser and put it at {wanted.target}"
    if status in BUSY:
        remedy = f"try again later; {KEPT}"
    return wanted.failed(f"the server answered {status}", remedy, again=status in BUSY)


def web_page(wanted: Wanted, seen: str) -> Unfetched:
    """What to say where a server sends a page for people instead of a file."""
    suffix = wanted.target.suffix[1:]
    what = f"a sound {suffix} archive" if suffix in ARCHIVES else "the file"
    return wanted.failed(f"what came is not {what} but a web page ({seen[:80]!r})", wanted.by_hand)


def cut_off(wanted: Wanted, have: int, limit: int | None) -> Unfetched:
    why = f"expected {limit or 'all'} bytes, got {have} before the connection ended"
    return wanted.failed(why, KEPT, again=True)


def unanswered(wanted: Wanted, problem: Exception) -> Unfetched:
    """What an exception of requests means; the texts of these print whole object graphs."""
    import requests
    from urllib3.exceptions import ProtocolError

    name, remedy = type(problem).__name__, "check the network and the address, then fetch again"
    broken = bool(problem.args) and isinstance(problem.args[0], ProtocolError)
    if isinstance(problem, requests.Timeout):
        why = f"no answer within {wanted.timeout:g} s"
    elif isinstance(problem, requests.TooManyRedirects):
        why, remedy = "the server redirects in a circle", wanted.by_hand
    elif isinstance(problem, requests.ConnectionError):
        why = f"no connection ({_cause(problem)})"
    else:
        said = str(problem).splitlines()[0] if str(problem) else name
        why, remedy = f"expected an address of http or https ({said})", wanted.by_hand
    return Unfetched(f"{wanted.url}: {why}; {remedy}", name, again=broken)


def _cause(problem: BaseException) -> str:
    """The words of the system, from the bottom of a chain of exceptions."""
    words = ""
    while problem.__context__ is not None:
        problem = problem.__context__
        words = getattr(problem, "strerror", None) or words
    return words or type(problem).__name__
