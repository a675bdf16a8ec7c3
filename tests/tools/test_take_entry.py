"""Pull requests in real repositories: what is taken from them, and what is refused."""

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOL = ROOT / "tools" / "take_entry.py"
CODE = "print('an entry')\n"


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("take_entry", TOOL)
    module = importlib.util.module_from_spec(spec)
    sys.modules["take_entry"] = module  # dataclasses look for it
    spec.loader.exec_module(module)
    return module


def git(folder, *words):
    settings = "-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "commit.gpgsign=false"
    done = subprocess.run(
        ["git", "-C", str(folder), *settings, *words], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def commit(folder, message="x"):
    git(folder, "add", "-A", "-f")
    git(folder, "commit", "-q", "--allow-empty", "-m", message)
    return git(folder, "rev-parse", "HEAD")


def write(folder, files):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


BASE = {
    "benchmark/core.py": "verifier = 1\n",
    "tools/take_entry.py": "base\n",
    "baselines/ridge.py": CODE,
    "submissions/_template.py": CODE,
    "submissions/old.py": CODE,
    "submissions/old.json": "[\n]\n",
    "submissions/old.sealed.json": "{}",
    "submissions/told/manifest.json": "{}",
    "leaderboard.md": "base\n",
}


@pytest.fixture
def place(tmp_path):
    """A clone at the base, and the repository that requests are made in."""
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    git(theirs, "init", "-q", "-b", "main")
    write(theirs, BASE)
    commit(theirs)
    base = tmp_path / "base"
    git(tmp_path, "clone", "-q", str(theirs), str(base))
    return base, theirs


def unchanged(_folder):
    pass


def request(place, files=(), change=unchanged):
    """A branch with other files, fetched into the base as a workflow does; its two commits."""
    base, theirs = place
    write(theirs, dict(files))
    change(theirs)
    head = commit(theirs)
    git(base, "fetch", "-q", "origin", "+refs/heads/main:refs/request")
    return git(base, "rev-parse", "HEAD"), head


def tree(folder):
    files = (path for path in folder.rglob("*") if ".git" not in path.parts and path.is_file())
    return {str(path.relative_to(folder)): path.read_text() for path in files}


TAKEN = {
    "a file": ({"submissions/mine.py": CODE}, "mine", "submission", "no"),
    "a file with results": (
        {
            "submissions/mine.py": CODE,
            "submissions/mine.json": "[\n]\n",
            "submissions/mine.0123456789ab.npz": "x",
        },
        *("mine", "submission", "yes"),
    ),
    "a folder": (
        {
            "submissions/mine/submission.py": CODE,
            "submissions/mine/_layers.py": CODE,
            "submissions/mine/weights/encoder-1.0.safetensors": "x",
            "submissions/mine/results.json": "[\n]\n",
            "submissions/mine/results.0123456789ab.npz": "x",
        },
        *("mine", "submission", "yes"),
    ),
    "predictions": (
        {
            "submissions/mine/manifest.json": "{}",
            "submissions/mine/predictions/new_sentences/t1-a-003.npy": "x",
        },
        *("mine", "predictions", "no"),
    ),
    "a change": ({"submissions/old.py": CODE + "#\n"}, "old", "submission", "yes"),
}


@pytest.mark.parametrize(("files", "name", "kind", "results"), TAKEN.values(), ids=TAKEN)
def test_the_files_of_an_entry_are_taken(tool, place, files, name, kind, results):
    said = tool.take(place[0], *request(place, files))
    assert (said["name"], said["kind"], said["results"]) == (name, kind, results)
    assert said["predictions"] == ("yes" if "predictions" in str(files) else "no")
    assert tree(place[0]) == {**BASE, **files}


def test_pages_that_the_program_writes_are_left_behind(tool, place):
    names = ("metrics.md", "glossary.md", "suite.md", "results/x.md")
    pages = dict.fromkeys(
        ["README.md", "leaderboard.md", *(f"docs/{name}" for name in names)], "first!\n"
    )
    tool.take(place[0], *request(place, {**pages, "submissions/mine.py": CODE}))
    assert tree(place[0]) == {**BASE, "submissions/mine.py": CODE}


def test_what_the_base_has_become_since_stays(tool, place):
    base, _ = place
    old, head = request(place, {"submissions/mine.py": CODE})
    write(base, {"submissions/other.py": CODE, "benchmark/core.py": "verifier = 2\n"})
    new = commit(base)
    assert tool.take(base, new, head)["name"] == "mine"
    assert (base / "submissions/other.py").exists()
    assert (base / "benchmark/core.py").read_text() == "verifier = 2\n"
    with pytest.raises(tool.NotOneEntry, match="this is no checkout of"):
        tool.take(base, old, head)


def test_an_entry_is_removed(tool, place):
    def remove(folder):
        (folder / "submissions/old.py").unlink()
        (folder / "submissions/old.json").unlink()

    assert tool.take(place[0], *request(place, change=remove))["kind"] == "removed"
    left = [path.name for path in (place[0] / "submissions").glob("old*")]
    assert left == ["old.sealed.json"]  # which is not its author's


def link(path, target):
    def make(folder):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).symlink_to(target)

    return make


def module(path):
    def make(folder):
        sha = git(folder, "rev-parse", "HEAD")
        git(folder, "update-index", "--add", "--cacheinfo", f"160000,{sha},{path}")
        (folder / path).mkdir(parents=True)

    return make


def move(old, new):
    def make(folder):
        (folder / old).rename(folder / new)

    return make


MINE = {"submissions/mine.py": CODE}
REFUSED = {
    "two entries": ({**MINE, "submissions/two.py": CODE}, None, "one entry a pull request"),
    "none": ({"leaderboard.md": "x"}, None, "none"),
    "the verifier": ({**MINE, "benchmark/core.py": "x"}, None, "'benchmark/core.py' is no part"),
    "the tool": ({**MINE, "tools/take_entry.py": "x"}, None, "'tools/take_entry.py' is no part"),
    "a workflow": ({**MINE, ".github/workflows/x.yml": "x"}, None, "x.yml' is no part"),
    "a baseline's results": ({**MINE, "baselines/ridge.json": "x"}, None, "is no part"),
    "records": ({**MINE, "submissions/_verified.json": "{}"}, None, "_verified.json' is no part"),
    "sealed results": (
        *({**MINE, "submissions/mine.sealed.json": "{}"}, None),
        "mine.sealed.json': sealed results come from who holds the secret",
    ),
    "sealed results in a folder": (
        *({"submissions/m/results.sealed.json": "{}"}, None),
        "results.sealed.json': sealed results come",
    ),
    "a sealed result taken away": (
        *({}, lambda folder: (folder / "submissions/old.sealed.json").unlink()),
        "old.sealed.json': sealed results come",
    ),
    "a secret announced": (
        *({**MINE, "submissions/_sealed_secrets.json": "[]"}, None),
        "_sealed_secrets.json': sealed results come",
    ),
    "a shared layer": ({**MINE, "submissions/_new.py": CODE}, None, "make the entry a folder"),
    "the template": ({"submissions/_template.py": "x"}, None, "_template.py' is no part"),
    "attributes": ({**MINE, "submissions/.gitattributes": "x"}, None, ".gitattributes' is no"),
    "attributes in a folder": ({"submissions/m/.gitattributes": "x"}, None, "is no part"),
    "pickles": ({"submissions/mine/weights/a.pkl": "x"}, None, "a.pkl' is no part"),
    "a deep file": ({"submissions/mine/a/b/c.py": "x"}, None, "c.py' is no part"),
    "shell": ({"submissions/a;b.py": CODE}, None, "a-z, 0-9 and _ only"),
    "a new line": ({"submissions/a\nname=x.py": CODE}, None, "is no part"),
    "capitals": ({"submissions/Mine.py": CODE}, None, "is no part"),
    "another alphabet": ({"submissions/m\u0456ne.py": CODE}, None, "is no part"),
    "a long name": ({f"submissions/{'m' * 65}.py": CODE}, None, "is no part"),
    "dots": ({"submissions/mine/weights/..safetensors": "x"}, None, "is no part"),
    "chance": ({"submissions/chance.py": CODE}, None, "is the name of a baseline"),
    "an oracle": ({"submissions/oracle_x.py": CODE}, None, "is the name of a baseline"),
    "a baseline's name": ({"submissions/ridge.py": CODE}, None, "is the name of a baseline"),
    "a link": ({}, link("submissions/mine.py", "old.py"), "must be a file, not a link"),
    "a link outside": ({}, link("submissions/mine.json", "/etc/passwd"), "not a link"),
    "a link for a folder": (MINE, link("submissions/mine", "../tools"), "is no part"),
    "another repository": (MINE, module("submissions/mine/weights"), "is no part"),
    "a repository as a file": ({}, module("submissions/mine.py"), "or another repository"),
    "code and a manifest": (
        *({**MINE, "submissions/mine/manifest.json": "{}"}, None),
        "mine has code (submissions/mine.py) and a manifest.json",
    ),
    "a manifest in a folder of code": (
        *({"submissions/m/submission.py": CODE, "submissions/m/manifest.json": "{}"}, None),
        "m has code (submissions/m/submission.py) and a manifest.json",
    ),
    "a manifest for an entry of the base": (
        *({"submissions/old/manifest.json": "{}"}, None),
        "old has code (submissions/old.py) and a manifest.json",
    ),
    "code for predictions of the base": (
        *({"submissions/told/submission.py": CODE}, None),
        "told has code (submissions/told/submission.py) and a manifest.json",
    ),
    "a file and a folder": (
        *({**MINE, "submissions/mine/submission.py": CODE}, None),
        "mine is a file and a folder",
    ),
    "the template renamed": (
        *({}, move("submissions/_template.py", "submissions/mine.py")),
        "_template.py' is no part",
    ),
}


@pytest.mark.parametrize(("files", "change", "sentence"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_entry_is_refused_and_nothing_is_written(tool, place, files, change, sentence):
    commits = request(place, files, change or unchanged)
    with pytest.raises(tool.NotOneEntry, match=re.escape(sentence)):
        tool.take(place[0], *commits)
    assert tree(place[0]) == BASE
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(TOOL), str(place[0]), *commits],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: ")


SCRIPT = """
import runpy, sys
from pathlib import Path
tool, root, *sys.argv[1:] = sys.argv[1:]
sys.argv[0] = tool
names = runpy.run_path(tool)
names["main"].__globals__["ROOT"] = Path(root)
names["main"]()
"""


def test_sizes_are_limited(tool, place, monkeypatch):
    files = {
        "submissions/mine/manifest.json": "{}",
        "submissions/mine/predictions/all/a.npy": b"x" * 60,
        "submissions/mine/predictions/all/b.npy": b"y" * 60,
    }
    commits = request(place, files)
    monkeypatch.setattr(tool, "LARGEST_PREDICTIONS", 119)
    with pytest.raises(tool.NotOneEntry, match="120 bytes of predictions, at most 119"):
        tool.take(place[0], *commits)
    monkeypatch.setattr(tool, "LARGEST_PREDICTIONS", 120)
    small = {kind: 59 if "predictions" in kind else most for kind, most in tool.KINDS.items()}
    with monkeypatch.context() as patch:
        patch.setattr(tool, "KINDS", small)
        with pytest.raises(tool.NotOneEntry, match=r"a.npy' has 60 bytes, at most 59 are allowed"):
            tool.take(place[0], *commits)
    with monkeypatch.context() as patch:
        patch.setattr(tool, "MOST_FILES", 2)
        with pytest.raises(tool.NotOneEntry, match="3 files, at most 2 are allowed"):
            tool.take(place[0], *commits)
    tool.take(place[0], *commits)


def test_filters_of_a_request_are_not_run(tool, place, tmp_path):
    """Attributes and settings in the folder of git are the base's; files come from objects."""
    base, _ = place
    (base / ".git" / "info").mkdir(exist_ok=True)
    (base / ".git" / "info" / "attributes").write_text("*.py filter=bad\n")
    git(base, "config", "filter.bad.smudge", f"touch {tmp_path / 'ran'}; cat")
    tool.take(base, *request(place, MINE))
    assert (base / "submissions/mine.py").read_text() == CODE
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "commits", [("main", "HEAD"), ("--output=x", "HEAD"), ("0" * 40, "1" * 40)]
)
def test_a_commit_is_its_digits_and_there(tool, place, commits):
    with pytest.raises(tool.NotOneEntry):
        tool.changes(place[0], *commits)
    assert not os.path.lexists(place[0] / "x")


def test_the_entries_that_a_merge_brings_are_named(tool, place):
    base, _ = place
    files = {
        "submissions/mine.py": CODE,
        "submissions/mine.json": "[\n]\n",
        "submissions/told/predictions/all/a.npy": "x",
        "benchmark/core.py": "verifier = 2\n",
        "submissions/_verified.json": "{}",
    }
    old, new = request(place, files, change=lambda f: (f / "submissions/old.py").unlink())
    assert tool.names(base, old, new) == ["mine", "told"]
    assert json.dumps(tool.names(base, new, new)) == "[]"
