"""Files are UTF-8, and bytes are what they are, whatever the machine, the locale or the editor."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from benchmark import plain_text, storage
from benchmark.core import UserError
from benchmark.registry import header, reported_figures, source

ROOT = Path(__file__).resolve().parent.parent
MARK = b"\xef\xbb\xbf"
BINARY = {
    "os",
    "gzip",
    "tar",
    "tarfile",
    "zipfile",
    "archive",
    "member",
    "webbrowser",
    "Image",
    "wave",
}
LATIN = {"LC_ALL": "en_US", "PYTHONUTF8": "0"}
ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


def sources():
    for folder in ("benchmark", "tasks", "tools", "benchmarks"):
        yield from sorted((ROOT / folder).rglob("*.py"))
    yield ROOT / "run_benchmark.py"


def trusts_the_locale(call):
    """Whether a call reads or writes text in the encoding of the locale."""
    named = {k.arg: k.value for k in call.keywords}
    if "encoding" in named:
        return False
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    receiver = getattr(getattr(call.func, "value", None), "id", "")
    texts = [a.value for a in call.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
    if name == "read_text":
        return not call.args
    if name == "write_text":
        return isinstance(call.func, ast.Attribute) and len(call.args) < 2
    if name in ("open", "fdopen", "NamedTemporaryFile", "TemporaryFile"):
        if receiver in BINARY and name == "open":
            return False
        is_path = name == "open" and isinstance(call.func, ast.Attribute)
        has_file = not is_path and not name.endswith("File")
        modes = texts[-1:] if len(call.args) > has_file else []
        chosen = [
            b.value for x in call.args if isinstance(x, ast.IfExp) for b in (x.body, x.orelse)
        ]
        modes = modes or [mode for mode in chosen if isinstance(mode, str)]
        mode = getattr(named.get("mode"), "value", modes[0] if modes else "")
        is_binary = "b" in mode or (not mode and name.endswith("File"))
        return not is_binary and not any(t.startswith("utf-8") for t in texts)
    return any(getattr(named.get(n), "value", False) is True for n in TEXT_OF_PROGRAMS)


TEXT_OF_PROGRAMS = ("text", "universal_newlines")


def found_in(text):
    tree = ast.parse(text)
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    return [call.lineno for call in calls if trusts_the_locale(call)]


def test_no_text_is_read_or_written_in_the_encoding_of_the_locale():
    found = {str(p.relative_to(ROOT)): found_in(p.read_text("utf-8")) for p in sources()}
    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    "code",
    [
        "p.read_text()",
        "p.read_text(errors='replace')",
        "p.write_text(x)",
        "open(p)",
        "open(p, 'w')",
        "p.open('a')",
        "os.fdopen(1, 'w')",
        "subprocess.run(c, text=True)",
        "tempfile.NamedTemporaryFile('w')",
    ],
)
def test_the_rule_finds(code):
    assert found_in(code) == [1]


def test_a_checkout_with_windows_line_endings_has_the_same_bytes(tmp_path):
    """Digests are of bytes: with other ones every row of the board would be lost."""
    names = (
        ".gitattributes",
        "README.md",
        "run_benchmark.py",
        "tasks",
        "baselines",
        "leaderboard.md",
    )
    first, second = tmp_path / "first", tmp_path / "second"
    for name in names:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        first.mkdir(exist_ok=True)
        copy(ROOT / name, first / name)
    (first / "odd.txt").write_bytes(b"one\r\ntwo\n")
    clean = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    settings = ["-c", "core.autocrlf=true", "-c", "core.safecrlf=false", "-c", "user.name=a"]
    settings += ["-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    for words in (["init", "-q", str(first)], ["-C", str(first), "add", "."]):
        subprocess.run(["git", *settings, *words], check=True, env=clean)
    subprocess.run(
        ["git", "-C", str(first), *settings, "commit", "-qm", "all"], check=True, env=clean
    )
    subprocess.run(
        ["git", *settings, "clone", "-q", str(first), str(second)], check=True, env=clean
    )
    for path in first.rglob("*"):
        if path.is_file() and ".git" not in path.relative_to(first).parts:
            assert (second / path.relative_to(first)).read_bytes() == path.read_bytes(), path.name


ENTRY = """# /// script
# dependencies = []
# [tool.silentbench]
# title = "A title"
# licence = "MIT"
# tasks = ["emg_to_mel"]
# ///
class Model:
    pass
"""


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("marked", [b"", MARK])
@pytest.mark.parametrize("blanks", ["", " ", "\t "])
def test_an_entry_may_be_saved_by_any_editor(tmp_path, ending, marked, blanks):
    usual = tmp_path / "usual" / "mine.py"
    usual.parent.mkdir()
    usual.write_bytes(ENTRY.encode())
    path = tmp_path / "mine.py"
    text = ENTRY.replace("# ///\n", f"# ///{blanks}\n").replace("script\n", f"script{blanks}\n")
    path.write_bytes(marked + text.replace("\n", ending).encode())
    assert header.read(path)[0].title == "A title"
    assert source.digest(path, ()) == source.digest(usual, ())


def test_what_people_edit_may_begin_with_a_byte_order_mark(tmp_path):
    manifest = tmp_path / "manifest.json"
    text = '{"title": "A", "licence": "MIT", "task": "a", "data": {"x.y": "0"}}'
    manifest.write_bytes(MARK + text.encode())
    assert header.read_manifest(manifest).title == "A"
    figures = tmp_path / "published.toml"
    figures.write_bytes(MARK + (ROOT / "baselines" / "published.toml").read_bytes())
    assert reported_figures.tables(figures)


def test_what_is_no_utf8_is_said_to_be_none(tmp_path):
    path = tmp_path / "a.json"
    path.write_bytes("Müller".encode("utf-16"))
    with pytest.raises(UserError, match=r"a\.json: expected UTF-8, found .* at byte 0; save it as"):
        storage.read_text(path)


def test_a_name_that_is_no_utf8_is_kept(tmp_path):
    import json

    name = os.fsdecode(b"M\xfcller")
    storage.write_json(tmp_path / "a.json", {name: "µ"})
    assert json.loads((tmp_path / "a.json").read_bytes()) == {name: "µ"}


@pytest.fixture(scope="module")
def latin(tmp_path_factory):
    """A locale in ISO-8859-1, which few machines have installed."""
    folder = tmp_path_factory.mktemp("locales")
    made = ["localedef", "-i", "en_US", "-f", "ISO-8859-1", str(folder / "en_US")]
    subprocess.run(made, check=False, capture_output=True)
    return {**LATIN, "LOCPATH": str(folder)}


def call(variables, *words, cwd=ROOT):
    usual = {k: v for k, v in os.environ.items() if k not in ("LC_ALL", "LANG", "PYTHONIOENCODING")}
    return subprocess.run(
        [sys.executable, ROOT / "run_benchmark.py", *words],
        env={**usual, **variables},
        cwd=cwd,
        capture_output=True,
        check=False,
    )


@pytest.mark.slow
def test_no_locale_stops_a_verb_or_changes_what_it_says(latin):
    usual = call({"LC_ALL": "C.UTF-8"}, "list").stdout.decode()
    assert "↑" in usual
    for variables in (latin, ASCII):
        listed = call(variables, "list")
        said = usual.replace("↑", "^").replace("↓", "v")
        assert (listed.returncode, listed.stdout.decode("latin-1")) == (0, said)
    checked = call(latin, "metrics", "--check")
    assert checked.returncode == 0, checked.stderr


@pytest.mark.slow
def test_what_is_printed_as_json_reads_back_the_same():
    import json

    words = ("contract", "emg_to_articulation", "--corpus", "embedded", "--json")
    usual = json.loads(call({"LC_ALL": "C.UTF-8"}, *words).stdout)
    assert json.loads(call(ASCII, *words).stdout) == usual
    assert "µ" in json.dumps(usual, ensure_ascii=False)


@pytest.mark.slow
def test_a_run_in_another_locale_gives_the_same_result(tmp_path, latin):
    words = ("run", "--suite", "smoke", "--task", "emg_to_articulation", "--entry", "mean")
    made = []
    for name, variables in (("usual", {"LC_ALL": "C.UTF-8"}), ("latin", latin), ("ascii", ASCII)):
        done = call(variables, *words, "--runs", str(tmp_path / name))
        assert done.returncode == 0, done.stdout + done.stderr
        (result,) = (tmp_path / name / "results").rglob("*.json")
        made.append((result.relative_to(tmp_path / name), predictions(tmp_path / name)))
    assert made[0] == made[1] == made[2]


def predictions(runs):
    return sorted(p.name for p in (runs / "predictions").rglob("*.npy"))


def test_what_a_terminal_has_no_sign_for_is_written_in_ascii():
    plain_text.print_anything()
    assert "F1 ↑ – 3 µV ≤ 日".encode("ascii", plain_text.HANDLER) == rb"F1 ^ - 3 uV <= \u65e5"
    assert "3 µV ↓".encode("latin-1", plain_text.HANDLER) == b"3 \xb5V v"
