"""What lies in the place of an entry, lines of two branches, and whatever else one can write."""

import csv
import json
import os
import subprocess

import commands
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import toy
from benchmark.cli.app import app
from benchmark.leaderboard import snapshot
from benchmark.report import export, refused_page
from benchmark.report.site import pages as site_pages
from hostile import board as boards
from hostile.board import ATTACKER
from hostile.test_forged_results import (  # noqa: F401  (fixtures)
    ATTACKS,
    honest,
    only_the_toy_corpus,
    shown,
    without,
)

MANIFEST = {"title": "Theirs", "licence": "CC0-1.0", "task": "toy", "data": {"toy.all": "0" * 64}}


def told(read):
    return "\n".join([*refused_page.lines(read.refused), refused_page.page(read.refused)])


def manifest(**fields):
    return json.dumps({**MANIFEST, **fields}).encode()


FOLDERS = {  # name of the folder, what is in it: file -> content, what is said
    "chance": ("chance", {"manifest.json": manifest()}, "has a row called chance already"),
    "of a rival": ("rival", {"manifest.json": manifest()}, "has that name already"),
    "beside our code": (ATTACKER, {"manifest.json": manifest()}, "has that name already"),
    "a tag": ("<img src=x>", {"manifest.json": manifest()}, "name the entry with"),
    "a bar": ("a|b", {"manifest.json": manifest()}, "name the entry with"),
    "two lines": ("a\nb", {"manifest.json": manifest()}, "name the entry with"),
    "turned": ("a\u202eb", {"manifest.json": manifest()}, "name the entry with"),
    "formula": ("=1+1", {"manifest.json": manifest()}, "name the entry with"),
    "title that rings": ("x", {"manifest.json": manifest(title="\x07")}, "printable"),
    "title without end": ("x", {"manifest.json": manifest(title="x" * 999)}, "title"),
    "half a title": ("x", {"manifest.json": b'{"title": "\\ud800"}'}, "not an entry"),
    "task as a path": ("x", {"manifest.json": manifest(task="../toy")}, "name it with a-z"),
    "no data": ("x", {"manifest.json": manifest(data={})}, "data"),
    "unknown field": ("x", {"manifest.json": manifest(isolation="bubblewrap")}, "isolation"),
    "kind": ("x", {"manifest.json": manifest(kind="baseline")}, "kind"),
    "deep": ("x", {"manifest.json": b"[" * 100_000}, "not an entry"),
    "huge": ("x", {"manifest.json": b" " * 2_000_000}, "longer than"),
    "UTF-16": ("x", {"manifest.json": manifest().decode().encode("utf-16")}, "not UTF-8"),
    "code and manifest": (
        "y",
        {"manifest.json": manifest(), "submission.py": toy.entry().encode()},
        "y/submission.py has that name already",
    ),
}


@pytest.mark.parametrize("name", FOLDERS)
def test_a_forged_entry_takes_no_row_away(name, without, tmp_path):  # noqa: F811
    origin, expected = without
    board = origin.copy(tmp_path / "project")
    folder, files, reason = FOLDERS[name]
    (board.root / "submissions" / folder).mkdir()
    for file, content in files.items():
        (board.root / "submissions" / folder / file).write_bytes(content)
    read = snapshot.read(board.root)
    assert shown(read, ours=False) == expected
    assert reason in told(read)
    assert all(c.isprintable() or c == "\n" for c in told(read))


@pytest.mark.parametrize(
    "make", [os.mkfifo, lambda p: p.symlink_to("/dev/zero"), lambda p: p.mkdir()]
)
def test_what_is_no_file_is_no_manifest(make, without, tmp_path):  # noqa: F811
    origin, expected = without
    board = origin.copy(tmp_path / "project")
    path = board.root / "submissions" / "x" / "manifest.json"
    path.parent.mkdir()
    make(path)
    read = snapshot.read(board.root)
    assert shown(read, ours=False) == expected
    assert "must be a file, not a link or anything else" in told(read)


def test_results_of_predictions_have_no_sandbox_and_no_cost(without, tmp_path):  # noqa: F811
    origin, expected = without
    board = origin.copy(tmp_path / "project")
    board.file().with_suffix(".py").unlink()
    folder = board.root / "submissions" / ATTACKER
    folder.mkdir()
    (folder / "manifest.json").write_bytes(manifest())
    board = boards.Board(board.root)
    results = [r for r in board.honest() if r.task == "toy"]
    costly = {"isolation": "predictions only"}
    free = {"isolation": "bubblewrap", "cost": None}
    board.write([boards.changed(r, **(free if r.seed else costly)) for r in results])
    read = snapshot.read(board.root)
    assert shown(read, ours=False) == expected
    assert "its isolation, bubblewrap, is not one of such an entry" in told(read)
    assert "it has costs, and nobody timed it" in told(read)


def test_an_entry_that_withdraws_from_a_task_has_no_row_there(honest, tmp_path):  # noqa: F811
    board = honest[0].copy(tmp_path / "project")
    code = board.file().with_suffix(".py")
    code.write_text(code.read_text().replace('"toy", "words"', '"words"'))
    read = snapshot.read(board.root)
    tables = {table.task: [row.entry for row in table.rows] for table in read.tables}
    assert ATTACKER not in tables["toy"]
    assert "its entry does not do this task today" in told(read)


def git(folder, *words, check=True):
    name = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main"]
    return subprocess.run(
        ["git", "-C", folder, *name, *words], check=check, capture_output=True, text=True
    )


@pytest.mark.parametrize("union", [True, False])
def test_lines_of_two_branches_are_told_apart(union, honest, tmp_path):  # noqa: F811
    """Both ran the entry again; the merge keeps both sides, with git's marks or without."""
    origin, _ = honest
    board = origin.copy(tmp_path / "project")
    attributes = f"*.json {'merge=union' if union else 'merge'}\n"
    (board.root / ".gitattributes").write_text(attributes)
    git(board.root, "init")
    commit = ("commit", "-qm", "x")
    git(board.root, "add", "-A"), git(board.root, *commit)
    for branch, day in (("one", "02"), ("two", "03")):
        git(board.root, "checkout", "-qb", branch, "main")
        time = f"2026-01-{day}T00:00:00+00:00"
        again = [r.model_copy(update={"finished": time}) for r in board.honest()]
        changed = [_nudged(result, float(day)) for result in again]
        board.publish(ATTACKER, changed)
        git(board.root, "add", "-A"), git(board.root, *commit)
    newest = shown(snapshot.read(board.root), ours=True)
    git(board.root, "merge", "-q", "one", check=False)
    text = board.file().read_text()
    assert ("<<<<<<<" in text) != union
    # Both files of recordings are kept, as both sides of the lines are.
    for branch in ("one", "two"):
        git(board.root, "checkout", branch, "--", *_columns(board.root, branch))
    read = snapshot.read(board.root)
    assert shown(read, ours=True) == newest
    assert "another result of this job stands in" in told(read)


def _columns(root, branch):
    listed = git(root, "ls-tree", "-r", "--name-only", branch).stdout.split()
    return [name for name in listed if name.endswith(".npz")]


def _nudged(result, number):
    """The same with another error of its first recording, where the task has one."""
    if result.task != "toy":
        return result
    first, *others = result.items
    made = dict(first.measurements)
    old = made["rmse.per_recording@1"]
    values = (old.statistics[0] + number / 100, *old.statistics[1:])
    made["rmse.per_recording@1"] = old.model_copy(update={"statistics": values})
    return result.model_copy(
        update={"items": (first.model_copy(update={"measurements": made}), *others)}
    )


def test_no_text_of_an_entry_is_a_formula(honest, tmp_path):  # noqa: F811
    board = honest[0].copy(tmp_path / "project")
    code = board.file().with_suffix(".py")
    formula = "=HYPERLINK(1)"
    code.write_text(code.read_text().replace("Toy entry", formula))
    board.publish(ATTACKER, boards.Board(board.root).honest())
    site_pages.write(snapshot.read(board.root), tmp_path / "site")
    with (tmp_path / "site" / "results.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    titles = {row["title"] for row in rows if row["entry"] == ATTACKER}
    assert titles == {f"'{formula}"}
    for begin in "=+-@\t":
        assert export.files._no_formula(f"{begin}1") == f"'{begin}1"
    assert export.files._no_formula(-1.0) == -1.0


@pytest.fixture(scope="module")
def playground(without, tmp_path_factory):  # noqa: F811
    board = without[0].copy(tmp_path_factory.mktemp("play") / "project")
    board.publish(ATTACKER, board.honest())
    return board, board.file().read_bytes(), board.columns().read_bytes(), without[1]


@settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    of=st.sampled_from(["lines", "columns", "another"]),
    cuts=st.lists(
        st.tuples(st.floats(0, 1), st.floats(0, 0.1), st.binary(max_size=40)),
        min_size=1,
        max_size=4,
    ),
)
def test_no_file_changes_another_row(playground, of, cuts):
    """Bytes are cut out of files and others put in; lines of other entries are added."""
    board, lines, columns, expected = playground
    if of == "another":
        lines = board.file("best").read_bytes() + lines
    changed = columns if of == "columns" else lines
    for place, length, content in cuts:
        start = int(place * len(changed))
        changed = changed[:start] + content + changed[start + int(length * len(changed)) :]
    for old in board.file().parent.glob("*.npz"):
        old.unlink()
    board.file().write_bytes(lines if of == "columns" else changed)
    name = board.file().with_name(f"{ATTACKER}.0123456789ab.npz")
    name.write_bytes(changed if of == "columns" else columns)
    read = snapshot.read(board.root)
    # A row of the attacker that is left is made of good lines; it may move tiers of others.
    mine = any(row.entry == ATTACKER for table in read.tables for row in table.rows)
    if not mine:
        assert shown(read, ours=False) == expected
        assert ATTACKER in told(read)
    scores = {
        (table.task, row.name, m): (s.value, s.low, s.high, s.normalised)
        for table in read.tables
        for row in table.rows
        for m, s in row.scores.items()
        if row.entry != ATTACKER
    }
    assert scores == _scores_without(board)


_KNOWN = {}


def _scores_without(board):
    """Of the other rows, on a board without any result of the attacker."""
    if not _KNOWN:
        kept = {path: path.read_bytes() for path in board.file().parent.glob(f"{ATTACKER}.*")}
        for path in kept:
            if path.suffix != ".py":
                path.unlink()
        for table in snapshot.read(board.root).tables:
            for row in table.rows:
                for m, s in row.scores.items():
                    _KNOWN[table.task, row.name, m] = s.value, s.low, s.high, s.normalised
        for path, content in kept.items():
            path.write_bytes(content)
    return _KNOWN


@pytest.mark.parametrize("name", ["a FIFO", "UTF-16", "of a rival", "no statistics"])
def test_every_verb_works_or_says_a_sentence(name, without, tmp_path, monkeypatch):  # noqa: F811
    board = without[0].copy(tmp_path / "project")
    ATTACKS[name].forge(board)
    commands.move(monkeypatch, board.root)
    where = ["--data", str(board.root / "data"), "--runs", str(board.root / "runs")]
    for words, status in (
        (["leaderboard"], 0),
        (["leaderboard", "--check"], 0),
        (["show", "best"], 0),
        (["show", ATTACKER], 2),
        (["diff", "best", "rival"], 0),
        (["diff", "best", ATTACKER], None),
        (["list"], 0),
        (["run", "--dry-run", *where], 0),
    ):
        ended = CliRunner().invoke(app, words)
        assert ended.exception is None or isinstance(ended.exception, SystemExit), words
        assert status in (None, ended.exit_code), (words, ended.output)
