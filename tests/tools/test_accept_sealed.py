"""What the job that writes makes of sealed results of a job that ran entries."""

import importlib.util
from pathlib import Path

import pytest

import toy
from benchmark import registry
from benchmark.core import Job, UserError
from benchmark.leaderboard.sealed import public_scores, standings
from benchmark.results.result import Item, Measurement
from benchmark.results.sealed import file, secrets
from benchmark.results.sealed.file import SealedResult, Sums
from example_result import RESULT

TOOL = Path(__file__).resolve().parents[2] / "tools" / "accept_sealed.py"
SECRET, DAY = "5" * 64, "2024-05-04"
TALKERS = ("s0", "s1", "s2", "s3")


@pytest.fixture
def place(tmp_path):
    return toy.project(tmp_path / "project", mine=toy.entry())


def published(place):
    """What the gate admits of results of `mine` on both folds, of two recordings a talker."""
    project = toy.known(place)
    expected = project.expected["toy", "toy.all"]
    metrics = project.task("toy", "toy.all").metrics
    rows = {"pearson": (0.8, 1.0, 0.8, 1.0), "rmse": (0.8, 1.0, 0.8)}
    measured = {m.id: Measurement(statistics=rows[m.id.partition(".")[0]]) for m in metrics}
    found = []
    for fold, test in expected.test.items():
        code = project.code("mine", "default", "toy", "toy.all")
        job = Job("toy", "toy.all", fold, "mine", "default", 0, expected.data, code)
        items = tuple(
            Item(recording=r.id, speaker=r.speaker, session=r.session, prediction="0" * 64,
                 seconds=0.1, measurements=measured) for r in test
        )  # fmt: skip
        outcomes = {name: {"scored": len(items)} for name in measured}
        update = {**vars(job), "metrics": tuple(measured), "items": items, "outcomes": outcomes}
        update["isolation"] = "process"
        found.append(RESULT.model_copy(update=update).sealed())
    admitted = toy.admitted(place, found)
    assert admitted.refused == ()
    return admitted


@pytest.fixture
def tool(place, monkeypatch):
    spec = importlib.util.spec_from_file_location("accept_sealed", TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module.gate, "read_project", lambda _root: toy.known(place))
    monkeypatch.setattr(module.gate, "admit", lambda _project: published(place))
    return module


def made(place, **changes):
    """A result that fits: four talkers with two recordings each in both parts."""
    project = toy.known(place)
    metrics = project.task("toy", "toy.all").metrics
    rows = {"pearson": (1.6, 2.0, 1.6, 2.0), "rmse": (1.6, 2.0, 1.6)}
    sums = {
        metric.id: Sums(
            by_talker=dict.fromkeys(TALKERS, rows[metric.id.partition(".")[0]]), recordings=8
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
        "day": DAY,
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
    assert tool.accept(place.root, leave(place, made(place)), SECRET, DAY) == 1
    assert capsys.readouterr().out == "kept: mine, toy, toy.all, seed 0\n"
    assert file.read(place.root / "baselines" / "mine.json") == [made(place)]
    assert [one.secret for one in secrets.read(place.root)] == [SECRET]
    assert [one.day for one in secrets.read(place.root)] == [DAY]
    assert standings.read(toy.known(place), published(place).results)[1] == []


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"secret": "6" * 64}, "of another secret than that of this run"),
        ({"entry": "other"}, "there is no such entry today"),
        ({"code": "2" * 64}, "of other code than today's"),
        ({"isolation": "process"}, "expected a sandbox"),
        ({"seed": 7}, "no result of seed 7 with all folds of its split is published"),
        ({"day": "2024-05-03"}, "of 2024-05-03, where its recordings were made on 2024-05-04"),
        ({"day": "2024-05-06"}, "expected that day or 2024-05-05"),
        ({"day": "2099-05-06"}, "of 2099-05-06, where its recordings were made on 2024-05-04"),
    ],
)
def test_a_result_that_does_not_fit_is_refused(tool, place, capsys, changes, says):
    assert tool.accept(place.root, leave(place, made(place, **changes)), SECRET, DAY) == 0
    assert says in capsys.readouterr().out
    assert secrets.read(place.root) == ()
    assert not list((place.root / "baselines").glob("*.sealed.json"))


def test_files_that_are_none_stop_nothing(tool, place, capsys):
    folder = leave(place, made(place))
    (folder / "a.sealed.json").symlink_to("/etc/passwd")
    (folder / "b.sealed.json").write_text("{}\n")
    assert tool.accept(place.root, folder, SECRET, DAY) == 1
    said = capsys.readouterr().out
    assert "a.sealed.json: no file" in said
    assert "b.sealed.json:1: not a sealed result" in said


def test_a_broken_list_of_secrets_stops_it_before_anything_is_kept(tool, place):
    (place.root / secrets.FILE).parent.mkdir(exist_ok=True)
    (place.root / secrets.FILE).write_text("[")
    with pytest.raises(UserError, match="not a list of announced secrets"):
        tool.accept(place.root, leave(place, made(place)), SECRET, DAY)
    assert not list((place.root / "baselines").glob("*.sealed.json"))


@pytest.mark.parametrize("digest", ["", "5" * 63, "x" * 64, "5" * 64 + "\n"])
def test_the_digest_of_a_secret_is_asked_for(tool, place, digest):
    with pytest.raises(UserError, match="expected the digest of a secret"):
        tool.accept(place.root, leave(place, made(place)), digest, DAY)
    assert registry.entries(place.root).found


@pytest.mark.parametrize("day", ["", "2024-13-01", "yesterday", "2099-01-01", "2024-05-04\n"])
def test_the_day_of_the_recordings_is_asked_for(tool, place, day):
    with pytest.raises(UserError, match="expected the day on which the recordings were made"):
        tool.accept(place.root, leave(place, made(place)), SECRET, day)


def test_a_secret_that_was_replaced_is_refused(tool, place, capsys):
    secrets.announce(place.root, SECRET, "2024-01-01")
    secrets.announce(place.root, "6" * 64, "2024-02-01")
    assert tool.accept(place.root, leave(place, made(place)), SECRET, DAY) == 0
    assert "its secret is of the days from 2024-01-01 to 2024-02-01" in capsys.readouterr().out
    with pytest.raises(UserError, match="a new secret of 2024-02-01 or later"):
        tool.accept(place.root, place.root.parent / "made", "7" * 64, "2024-01-31")


def test_recordings_that_are_left_out_of_the_public_half_are_missed(tool, place, capsys):
    good = made(place)
    fewer = {name: sums.model_copy(update={"recordings": 7}) for name, sums in good.public.items()}
    assert tool.accept(place.root, leave(place, made(place, public=fewer)), SECRET, DAY) == 0
    assert "7 public recordings, where 8 are published of this seed" in capsys.readouterr().out


def test_a_seed_of_which_a_fold_is_missing_is_not_published(place):
    project, results = toy.known(place), published(place).results
    assert len(public_scores.by_seed(project, results).folds) == 1
    assert public_scores.by_seed(project, results[:1]).folds == {}
