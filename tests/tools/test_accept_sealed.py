"""What the job that writes makes of sealed results of a job that ran entries."""

import importlib.util
from pathlib import Path

import pytest

import toy
from benchmark import registry
from benchmark.core import UserError
from benchmark.leaderboard.sealed import standings
from benchmark.results.sealed import file, secrets
from benchmark.results.sealed.file import SealedResult, Sums

TOOL = Path(__file__).resolve().parents[2] / "tools" / "accept_sealed.py"
SECRET = "5" * 64


@pytest.fixture
def place(tmp_path):
    return toy.project(tmp_path / "project", mine=toy.entry())


@pytest.fixture
def tool(place, monkeypatch):
    spec = importlib.util.spec_from_file_location("accept_sealed", TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module.gate, "read_project", lambda _root: toy.known(place))
    return module


def made(place, **changes):
    """A result that fits: two talkers with two recordings each in both parts."""
    project = toy.known(place)
    metrics = project.task("toy", "toy.all").metrics
    rows = {"pearson": (1.6, 2.0, 1.6, 2.0), "rmse": (1.6, 2.0, 1.6)}
    sums = {
        metric.id: Sums(
            by_talker=dict.fromkeys(("s0", "s1"), rows[metric.id.partition(".")[0]]), recordings=4
        )
        for metric in metrics
    }
    fields = {
        "task": "toy",
        "split": "toy.all",
        "entry": "mine",
        "variant": "default",
        "seed": 0,
        "data": project.expected["toy", "toy.all"].data,
        "code": project.code("mine", "default", "toy", "toy.all"),
        "secret": SECRET,
        "content": "1" * 64,
        "isolation": "bubblewrap",
        "day": "2026-05-04",
        "public": sums,
        "sealed": sums,
    }
    return SealedResult(**{**fields, **changes})


def leave(place, *results):
    folder = place.root.parent / "made" / "sealed" / "submissions"
    folder.mkdir(parents=True)
    file.merge(folder / "mine.json", results)
    return folder.parents[1]


def test_a_result_that_fits_is_kept_and_its_secret_announced(tool, place, capsys):
    assert tool.accept(place.root, leave(place, made(place)), SECRET) == 1
    assert capsys.readouterr().out == "kept: mine, toy, toy.all, seed 0\n"
    assert file.read(place.root / "baselines" / "mine.json") == [made(place)]
    assert [one.secret for one in secrets.read(place.root)] == [SECRET]
    assert standings.read(toy.known(place))[1] == []


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"secret": "6" * 64}, "of another secret than that of this run"),
        ({"entry": "other"}, "there is no such entry today"),
        ({"code": "2" * 64}, "of other code than today's"),
        ({"isolation": "process"}, "expected a sandbox"),
    ],
)
def test_a_result_that_does_not_fit_is_refused(tool, place, capsys, changes, says):
    assert tool.accept(place.root, leave(place, made(place, **changes)), SECRET) == 0
    assert says in capsys.readouterr().out
    assert secrets.read(place.root) == ()
    assert not list((place.root / "baselines").glob("*.sealed.json"))


def test_files_that_are_none_stop_nothing(tool, place, capsys):
    folder = leave(place, made(place))
    (folder / "a.sealed.json").symlink_to("/etc/passwd")
    (folder / "b.sealed.json").write_text("{}\n")
    assert tool.accept(place.root, folder, SECRET) == 1
    said = capsys.readouterr().out
    assert "a.sealed.json: no file" in said
    assert "b.sealed.json:1: not a sealed result" in said


def test_a_broken_list_of_secrets_stops_it_before_anything_is_kept(tool, place):
    (place.root / secrets.FILE).parent.mkdir(exist_ok=True)
    (place.root / secrets.FILE).write_text("[")
    with pytest.raises(UserError, match="not a list of announced secrets"):
        tool.accept(place.root, leave(place, made(place)), SECRET)
    assert not list((place.root / "baselines").glob("*.sealed.json"))


@pytest.mark.parametrize("digest", ["", "5" * 63, "x" * 64, "5" * 64 + "\n"])
def test_the_digest_of_a_secret_is_asked_for(tool, place, digest):
    with pytest.raises(UserError, match="expected the digest of a secret"):
        tool.accept(place.root, leave(place, made(place)), digest)
    assert registry.entries(place.root).found
