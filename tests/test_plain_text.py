"""Text of others: neither a terminal nor a page obeys it, and nothing of it hides."""

import ast
import json
from pathlib import Path

import pytest

from benchmark.plain_text import LONGEST, plain, plain_json
from benchmark.report import console
from benchmark.report.markdown.markdown_table import escaped
from benchmark.report.plots import svg
from benchmark.report.site.rendering import _shown

ROOT = Path(__file__).resolve().parents[1]
# What stands in text -> how it is shown.
HOSTILE = {
    "colour": ("a\x1b[31mb", r"a\x1b[31mb"),
    "title of the window": ("a\x1b]0;x\x07b", r"a\x1b]0;x\x07b"),
    "eight-bit escape": ("a\x9b31mb", r"a\x9b31mb"),
    "line": ("a\nok   b", r"a\nok   b"),
    "return": ("a\rok", r"a\rok"),
    "backspace": ("FAIL\b\b\b\bok", r"FAIL\x08\x08\x08\x08ok"),
    "delete": ("a\x7fb", r"a\x7fb"),
    "nul": ("a\0b", r"a\x00b"),
    "tab": ("a\tb", r"a\tb"),
    "from right to left": ("a\u202eb", r"a\u202eb"),
    "isolate": ("a\u2066b\u2069", r"a\u2066b\u2069"),
    "mark of direction": ("a\u200fb\u061c", r"a\u200fb\u061c"),
    "no width": ("a\u200bb\u2060\ufeff", r"a\u200bb\u2060\ufeff"),
    "joiner": ("a\u200db", r"a\u200db"),
    "soft hyphen": ("a\xadb", r"a\xadb"),
    "line separator": ("a\u2028b\u2029c\x85d", r"a\u2028b\u2029c\x85d"),
    "half a pair": ("a\ud800b", r"a\ud800b"),
    "tag": ("a\U000e0041b", r"a\U000e0041b"),
    "private": ("a\ue000b", r"a\ue000b"),
    "filler": ("a\u3164b\u115f\u2800", r"a\u3164b\u115f\u2800"),
    "variation": ("a\ufe0fb\U000e0100", r"a\ufe0fb\U000e0100"),
    "wide space": ("a\u3000b\xa0c", "a b c"),
    "many accents": ("a" + "\u0301" * 6, "a" + "\u0301" * 4 + r"\u0301\u0301"),
}
FINE = "Ünïcode: 日本語, اَلْعَرَبِيَّةُ, ñ, 😀, ↑ – ≤ [red] :smile: {x} %s \\n"


@pytest.mark.parametrize("text", HOSTILE)
def test_what_cannot_be_shown_is_shown_as_its_escape(text):
    said, shown = HOSTILE[text]
    assert plain(said) == shown
    assert plain(ValueError(said)) == shown
    assert (
        console.figures.text(said).plain
        == svg.plain(said)
        == _shown(said).replace("\xa0", " ")
        == shown
    )
    assert escaped(said).isprintable()


def test_other_text_stays():
    assert plain(FINE) == console.figures.text(FINE).plain == _shown(FINE) == FINE
    assert not console.figures.text(FINE).spans


def test_a_text_is_as_long_as_its_limit():
    assert plain("x" * LONGEST) == "x" * LONGEST
    assert plain("x" * (LONGEST + 1)) == "x" * (LONGEST - 1) + "…"
    assert len(plain("\x1b" * 10**6, 50)) == 50


def test_json_stays_what_it_is():
    value = {name: [said] for name, (said, _) in HOSTILE.items()} | {"fine": FINE}
    text = plain_json(value)
    assert json.loads(text) == value
    assert all(line.isprintable() for line in text.split("\n"))
    assert "日本語" in text


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("&#x202e;&lt;", r"\&\#x202e;\&lt;"),
        ("https://a.b www.a.b", r"https\://a.b www\.a.b"),
        ("@all ~~a~~ $x$", r"\@all \~\~a\~\~ \$x\$"),
        ("a\x1bb", r"a\\x1bb"),
    ],
)
def test_text_makes_no_link_no_entity_no_mention(said, shown):
    assert escaped(said) == shown


PRINTERS = {"options.py", "parameter_count.py", "evaluator.py", "own_corpora.py"}


def test_commands_print_in_one_place():
    """`say` and `say_json` print text; a library prints nothing but tables and `Text`.

    What the evaluator prints, and the counter of parameters, the process reads that started them.
    What a user's corpus file prints when it is read is passed on, as plain text.
    """
    wrong = []
    for path in (ROOT / "benchmark").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            called = ast.unparse(node.func)
            texts = [a for a in node.args if isinstance(a, ast.Constant | ast.JoinedStr)]
            if (
                (called == "print" and path.name not in PRINTERS)
                or (called.endswith((".print", ".add_row")) and any(_foreign(t) for t in texts))
                or called in {"typer.echo", "typer.secho", "sys.stdout.write", "sys.stderr.write"}
            ):
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}: {ast.unparse(node)[:80]}")
    assert not wrong


def _foreign(text):
    """Whether a text is more than words of ours."""
    return isinstance(text, ast.JoinedStr)


def test_json_has_null_for_what_is_no_number():
    value = {"a": float("nan"), "b": [float("inf"), 1.5], "c": (2, "NaN")}
    assert json.loads(plain_json(value)) == {"a": None, "b": [None, 1.5], "c": [2, "NaN"]}
    assert "NaN" not in plain_json({"a": float("nan")})
