"""What a shell asks at each key: most of it is answered without reading the command it is about.

Reading one takes longer than anybody waits for a name. Its own declarations say the same, and a
test holds both against each other.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

import typer

from benchmark.cli.named import known
from benchmark.cli.named.known import Complete

PROGRAM = "silentbench"
ASKED = "_SILENTBENCH_COMPLETE"  # the library sets it, to `complete_` and the shell
OPTIONS: Mapping[str, Complete] = {
    "--task": known.tasks,
    "--corpus": known.corpora,
    "--split": known.splits,
}
# By command: what its first argument is, and whether any number of them may follow.
ARGUMENTS: Mapping[str, tuple[Complete, bool]] = {
    "run": (known.entries, True),
    "rescore": (known.entries, True),
    "verify": (known.entries, True),
    "seal score": (known.entries, True),
    "ratings make": (known.entries, True),
    "show": (known.tasks_and_entries, False),
    "compare": (known.entries, False),
    "diff": (known.entries, False),
    "listen": (known.entries, False),
    "check": (known.entries, False),
    "score": (known.entries, False),
    "train": (known.entries, False),
    "contract": (known.tasks, False),
    **{
        f"data {verb}": (known.corpora, False)
        for verb in ("prepare", "verify", "check", "fingerprint", "fixture", "targets", "split")
    },
}


def typed(environment: Mapping[str, str]) -> list[str] | None:
    """The words that a shell asks about, the last one as far as it is typed; None: it does not."""
    if not environment.get(ASKED, "").startswith("complete_"):
        return None
    if "COMP_WORDS" in environment:  # of bash
        words = _split(environment["COMP_WORDS"])
        at = int(environment.get("COMP_CWORD", len(words)))
        return [*words[1:at], *(words[at : at + 1] or [""])]
    line = environment.get("_TYPER_COMPLETE_ARGS", "")
    return _split(line)[1:] + ([""] if line.endswith(" ") or not line else [])


def answer(words: Sequence[str], verbs: Sequence[str]) -> typer.Typer | None:
    """A command line that completes the last of these words, where no command must be read."""
    *before, last = [*words] or [""]
    complete = None if last.startswith("-") else _of(before, verbs)
    if complete is None:
        return None
    app = typer.Typer(context_settings={"ignore_unknown_options": True})
    named = typer.Argument(autocompletion=complete)

    def anything(words: list[str] = named) -> None:
        """It is only asked what could be typed."""

    app.command()(anything)
    return app


def _of(before: Sequence[str], verbs: Sequence[str]) -> Complete | None:
    """What names the word after these; None where only the command can say."""
    if not before:
        return _beginning(verbs)
    if before[-1] in OPTIONS:
        return OPTIONS[before[-1]]
    if before[-1].startswith("-"):  # which may take a value
        return None
    for length in (1, 2):
        complete, many = ARGUMENTS.get(" ".join(before[:length]), (None, False))
        if complete and (many or len(before) == length):
            return complete
    return None


def _beginning(verbs: Sequence[str]) -> Complete:
    def complete(begun: str) -> list[str]:
        return [verb for verb in verbs if verb.startswith(begun)]

    return complete


def _split(line: str) -> list[str]:
    """As a shell does; the last word may lack its closing quotation mark."""
    lexer = shlex.shlex(line, posix=True)
    lexer.whitespace_split, lexer.commenters = True, ""
    words: list[str] = []
    try:
        words.extend(lexer)
    except ValueError:
        words.append(lexer.token)
    return words
