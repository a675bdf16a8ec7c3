"""Find commands in a text (a page, a workflow) and parse them against the command line."""

import re
import shlex
from pathlib import Path

import typer

from benchmark.cli.app import app

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = typer.main.get_command(app)
UsageError = typer.BadParameter.__base__  # typer brings a click of its own
TARGETS = set(re.findall(r"(?m)^([a-z]+):", (ROOT / "Makefile").read_text()))
# The program by its name begins a line, a code span or a prompt; its script stands anywhere.
CALL = re.compile(r"(?:run_benchmark\.py|(?m:^|[`$])[ \t]*silentbench)((?:[ \t]+[^\s`#|;&]\S*)+)")
NAMED = re.compile(r"(?<![\w/.-])silentbench((?: [^\s`#|;&]\S*)+)")
FENCED = re.compile(r"(?ms)^```.*?\n(.*?)^```$")


def mistakes(text):
    """A sentence for each call of the program in a script that it would not accept."""
    found = [f"make {t}: no such target" for t in re.findall(r"(?m)^make (\w+)", text)]
    found = [sentence for sentence in found if sentence.split()[1].strip(":") not in TARGETS]
    for call in CALL.findall(text.replace("\\\n", " ")):
        words = shlex.split(call)
        command, rest = _command(words)
        try:
            if command is None:
                raise UsageError("no such command")
            if rest not in (["--help"], ["--version"]):
                command.make_context(command.name, rest)  # parses, does not run
        except UsageError as error:
            found.append(f"{' '.join(words)}: {error.format_message()}")
    return found


def mistakes_in_page(text):
    """The same for Markdown: calls in prose and code spans may leave out arguments and values."""
    fenced = FENCED.findall(text)
    prose = FENCED.sub("", text)
    spans = re.findall(r"`([^`\n]+)`", prose)
    found = mistakes("\n".join([*fenced, *(s for s in spans if s.startswith("make "))]))
    calls = [*CALL.findall(prose), *(s for s in spans if " --" in s)]
    return found + [sentence for call in calls for sentence in _unknown(call, call in spans)]


def mistakes_in_message(text):
    """The same for a text of the program itself, whose hints begin with its name.

    X stands for what is filled in; where that is the command, nothing is known of it.
    """
    calls = [call for call in NAMED.findall(text) if call.split()[0] != "X"]
    found = [sentence for call in calls for sentence in _unknown(call, False)]
    for span in re.findall(r"`([^`\n]+)`", text):
        first, second, *_ = [*span.split(), "", ""]
        inner = getattr(PROGRAM.commands.get(first), "commands", ())
        if first in PROGRAM.commands and (second.startswith("--") or second in inner):
            found.append(f"{span}: does not begin with the name of the program")
    return found


def _unknown(call, is_span):
    """Names of a command or of options that the program does not have."""
    words = [word.strip("().,;:`") for word in call.split()]
    command, rest = _command(words)
    if command is None:  # a span may be a call of another program
        return [] if is_span else [f"{call}: no such command"]
    known = {o for p in command.params for o in (*p.opts, *p.secondary_opts)} | {"--help"}
    return [f"{call}: no option {w}" for w in rest if w.startswith("--") and w not in known]


def _command(words):
    """The command that a list of words begins with, None where there is none, and the rest."""
    command = PROGRAM
    while hasattr(command, "commands") and words and not words[0].startswith("--"):
        command, words = command.commands.get(words[0]), words[1:]
    return command, words
