"""A sealed test from end to end: two talkers with two sentences each, in the sandbox."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import lookup_entry
import pytest

import toy
from benchmark import registry
from benchmark.core import Checks, Corpus, Fold, Paths, Recording, UserError
from benchmark.data import splits
from benchmark.execution import plan, runner
from benchmark.execution.executors import local_executor
from benchmark.execution.seal.combined import MARK, Sealed, combine, extended
from benchmark.execution.seal.score import Scored, default_split, score
from benchmark.leaderboard import gate, snapshot
from benchmark.leaderboard.sealed import public_scores, standings
from benchmark.leaderboard.tables import Table
from benchmark.report.sealed import sealed_table
from benchmark.results.published import PublishedResult, from_job
from benchmark.results.result import read_result
from benchmark.results.sealed import file, secrets
from benchmark.results.sealed.gaps import gaps

SECRET = file.secret_digest(b"a secret of thirty-two bytes that is for tests alone")
HONEST = {
    "both": toy.SUM,
    "one": "return inputs['x'][:, :1].reshape(shape)",
    "other": "return -inputs['x'][:, 1:].reshape(shape)",
    "blind": toy.BLIND,
    "late": toy.SUM.replace("inputs['x']", "np.roll(inputs['x'], 1, axis=0)"),
}
SPLIT = "toy.all"


def hidden(folder: Path, talkers: int = 2, each: int = 2) -> Sealed:
    """Recordings of talkers whom nobody has heard, with ids that public ones have, too."""
    folder.mkdir()
    (folder / "manifest.json").write_text(json.dumps({"talkers": talkers}))

    def recordings(_folder: Path) -> list[Recording]:
        made = [toy.recording(70 + t, 50 + n) for t in range(talkers) for n in range(each)]
        return [replace(one, id=f"s{k // 6}-{k % 6}") for k, one in enumerate(made)]

    return Sealed(toy.corpus(recordings=recordings), folder)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Paths:
    root = tmp_path_factory.mktemp("sealed") / "project"
    paths = toy.project(root, **{n: toy.entry(predict=text) for n, text in HONEST.items()})
    file = root / "tasks" / "splits" / f"{SPLIT}.json"
    fold = splits.load(file).folds["a"]
    splits.write(file, "new sentences", ["text"], {"a": fold})
    tested = fold.test
    known = [one for one in toy.recordings(root) if one.id in tested]
    lookup_entry.write(root, "toy", "x", "y", known)
    return paths


@pytest.fixture(scope="module")
def scored(place: Paths) -> tuple[Scored, list[str]]:
    said: list[str] = []
    split = splits.load(registry.split_file(place.root, SPLIT))
    found = score(
        *(place, "toy", (split, toy.corpus()), hidden(place.root / "hidden"), SECRET),
        *(plan.RunSelection(), local_executor(2), toy.CONFIG, said.append),
        cores=2,
    )
    for result in found.results:
        file.merge(registry.entries(place.root).found[result.entry].results, [result])
    secrets.announce(place.root, SECRET, found.results[0].day)
    return found, said


@pytest.fixture(scope="module")
def published(place: Paths) -> list[PublishedResult]:
    """What the same entries got on the public recordings alone."""
    chosen = plan.plan(place, plan.RunSelection(), {"toy": toy.corpus()})
    runner.run(place, chosen, local_executor(2), toy.CONFIG)
    jobs = (read_result(place.runs, job) for job in chosen.jobs)
    return [from_job(result) for result in jobs if result is not None]


def test_every_entry_has_scores_of_both_tests(scored: tuple[Scored, list[str]]) -> None:
    found, _ = scored
    assert found.failed == ()
    assert {r.entry for r in found.results} == {*HONEST, "lookup"}
    for result in found.results:
        for sums in result.public.values():
            assert sums.recordings == 4
            assert {*sums.by_talker} == {"s0", "s1", "s2", "s3"}
        for sums in result.sealed.values():
            assert sums.recordings == 4
            assert {*sums.by_talker} == {"s70", "s71"}
        assert result.secret == SECRET


@pytest.mark.usefixtures("scored")
def test_nothing_of_a_recording_is_left(place: Paths) -> None:
    """No prediction, text, id or folder: not in files, not in the working folder."""
    assert not list(place.runs.glob("sealed-*"))
    assert not list(place.runs.rglob("*.npy"))
    for path in place.root.rglob("*.sealed.json"):
        text = path.read_text()
        assert "sentence" not in text
        assert MARK not in text
        assert "prediction" not in text
        assert {*json.loads(text.splitlines()[0])} <= {*file.SealedResult.model_fields}


def test_the_lookup_entry_is_unmasked_and_no_honest_one_is(
    place: Paths, scored: tuple[Scored, list[str]]
) -> None:
    metric = registry.task(place.root, "toy").metrics[0]
    found = gaps(metric, {(r.entry, r.variant): [r] for r in scored[0].results})
    assert {name for (name, _), gap in found.items() if gap.marked} == {"lookup"}
    gap = found["lookup", "default"]
    assert gap.public == pytest.approx(1.0)
    assert gap.low > 0.5
    assert abs(found["both", "default"].sealed - 0.9) < 0.1


@pytest.mark.usefixtures("scored")
def test_the_board_shows_both_scores_and_the_mark(
    place: Paths, published: list[PublishedResult]
) -> None:
    project = toy.known(place)
    found, refused = standings.read(project, published)
    assert refused == []
    standing = found["toy", SPLIT]
    assert (standing.talkers, standing.recordings) == (2, 4)
    assert next(iter(standing.gaps))[0] == "both"  # the best sealed score
    board = snapshot.Snapshot([], project.tasks, project.corpora, project.entries, sealed=found)
    lines = sealed_table.lines(board, _table(SPLIT))
    marked = [line for line in lines if sealed_table.MARK in line]
    assert [line.split("|")[1].strip() for line in marked] == ["lookup"]
    assert sealed_table.lines(board, _table("toy.none")) == []
    assert sealed_table.lines(board, replace(_table(SPLIT), aggregated=True)) == []


def _table(split: str) -> Table:
    return Table("toy", split, (), (), 4, 4, 2, "speaker", 4)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"entry": "one"}, "of one, beside both"),
        ({"data": "1" * 64}, "other data"),
        ({"code": "1" * 64}, "other code"),
        ({"variant": "large"}, "no variant large"),
        ({"split": "toy.other"}, "no table of toy on toy.other"),
        ({"isolation": "process"}, "expected a sandbox"),
        ({"setup": "fast"}, "expected a sandbox and exact"),
        ({"public": {}}, "other metrics"),
        (
            {"public": {"r": {"by_talker": {"s9": (1.0, 1.0, 1.0, 1.0)}}}},
            "its split tests no talker s9",
        ),
        ({"public": {"r": {"recordings": 99}}}, "99 public recordings, and its split tests 4"),
        ({"sealed": {"r": {"recordings": 1}}}, "counts that no recordings have"),
        ({"sealed": {"r": {"floored": 9}}}, "counts that no recordings have"),
        ({"sealed": {"r": {"by_talker": {"s70": (1.0,)}}}}, "1 statistics, which it has not"),
        ({"sealed": {"r": {"by_talker": {"s70": (9.0, 1.0, 1.0, 1.0)}}}}, "above its scale"),
        ({"sealed": {"r": {"by_talker": {"s70": (1.0, -1.0, 1.0, 1.0)}}}}, "counts that no group"),
    ],
)
def test_a_result_that_does_not_fit_today_is_not_shown(
    place: Paths, scored: tuple[Scored, list[str]], changes: Mapping[str, object], reason: str
) -> None:
    good = next(r for r in scored[0].results if r.entry == "both")
    project = toy.known(place)
    assert standings.unfit(project, "both", good) == ""
    assert reason in standings.unfit(project, "both", changed(good, changes))


def changed(result: file.SealedResult, changes: Mapping[str, object]) -> file.SealedResult:
    """With other fields, and in `public` and `sealed` with other sums of the first metric."""
    update = dict(changes)
    for part in ("public", "sealed"):
        if isinstance(other := update.get(part), dict) and "r" in other:
            sums = dict(getattr(result, part))
            first = next(iter(sums))
            update[part] = sums | {first: sums[first].model_copy(update=other["r"])}
    return result.model_copy(update=update)


def test_a_day_hides_no_announced_secret_and_what_is_not_announced_is_not_shown(
    place: Paths, scored: tuple[Scored, list[str]], published: list[PublishedResult]
) -> None:
    project = toy.known(place)
    results = project.entries["both"].results
    before, known = file.path(results).read_text(), (place.root / secrets.FILE).read_text()
    (good,) = file.read(results)
    file.merge(results, [good.model_copy(update={"secret": "7" * 64})])
    found, (refused,) = standings.read(project, published)
    assert found["toy", SPLIT].secret == SECRET
    assert "of a secret that submissions/_sealed_secrets.json does not announce" in refused.reason
    assert secrets.announce(place.root, "7" * 64, good.day)
    assert not secrets.announce(place.root, SECRET, good.day)  # the order stays
    found, refused_now = standings.read(project, published)
    assert refused_now == []
    assert found["toy", SPLIT].secret == "7" * 64
    assert {name for name, _ in found["toy", SPLIT].gaps} == {"both"}
    (place.root / secrets.FILE).write_text("[{}]")
    found, (broken,) = standings.read(project, published)
    assert found == {}
    assert "not a list of announced secrets: 0.secret" in broken.reason
    (place.root / secrets.FILE).write_text(known)
    file.path(results).write_text(before + before)  # the same slot twice
    found, twice = standings.read(project, published)
    assert ("both", "default") not in found["toy", SPLIT].gaps
    assert {one.reason for one in twice} == {
        "sealed: two results of one seed, secret and setup: score it again"
    }
    file.path(results).write_text(before)
    assert scored


def test_a_result_is_of_the_days_of_its_secret(
    place: Paths, scored: tuple[Scored, list[str]], published: list[PublishedResult]
) -> None:
    project = toy.known(place)
    results = project.entries["both"].results
    before, (good,) = file.path(results).read_text(), file.read(results)
    for day, says in (
        ("2099-01-01", "sealed: of 2099-01-01, which is to come: today is "),
        ("2001-01-01", f"and its secret is of the days from {good.day} to "),
    ):
        file.merge(results, [good.model_copy(update={"day": day})])
        found, (refused,) = standings.read(project, published)
        assert says in refused.reason
        assert ("both", "default") not in found["toy", SPLIT].gaps
    file.path(results).write_text(before)
    assert scored


def test_a_secret_that_was_replaced_makes_no_more_results() -> None:
    one, two = (
        secrets.Announced(secret=digit * 64, day=day)
        for digit, day in (("1", "2024-01-05"), ("2", "2024-02-05"))
    )

    def said(secret: str, day: str) -> str:
        return secrets.out_of_period((one, two), secret, day, "2024-03-01")

    assert said(one.secret, "2024-02-05") == said(two.secret, "2024-03-01") == ""
    assert "of the days from 2024-01-05 to 2024-02-05" in said(one.secret, "2024-02-06")
    assert "of the days from 2024-02-05 to 2024-03-01" in said(two.secret, "2024-02-04")
    assert "2024-03-02, which is to come" in said(two.secret, "2024-03-02")
    with pytest.raises(UserError, match="a new secret of 2024-02-05 or later"):
        secrets.with_secret((one, two), "3" * 64, "2024-02-04")


def test_the_public_half_must_be_what_is_published(
    place: Paths, scored: tuple[Scored, list[str]], published: list[PublishedResult]
) -> None:
    project = toy.known(place)
    known = public_scores.by_seed(project, published)
    good = next(r for r in scored[0].results if r.entry == "both")
    assert known.unlike(good) == ""
    assert standings.read(project, published)[1] == []
    sums = next(iter(good.public.values())).by_talker

    def with_first(**update: object) -> str:
        other = changed(good, {"public": {"r": update}})
        assert standings.unfit(project, "both", other) == ""
        return known.unlike(other)

    worse = {name: (0.5 * of[0], *of[1:]) for name, of in sums.items()}
    assert "is published of this seed: score it again" in with_first(by_talker=worse)
    # The whole score stays, and its talkers are others.
    moves = {"s0": -0.09, "s1": 0.03, "s2": 0.03, "s3": 0.03}
    swapped = {name: (of[0] + moves[name], *of[1:]) for name, of in sums.items()}
    assert "a public score of talker s0 of" in with_first(by_talker=swapped)
    three = {name: of for name, of in sums.items() if name != "s3"}
    assert "other public talkers than are published" in with_first(by_talker=three)
    few = with_first(by_talker=three, recordings=3)
    assert "3 public recordings, where 4 are published of this seed" in few
    for update in ({"seed": 5}, {"setup": "threads4"}):
        reason = known.unlike(good.model_copy(update=update))
        assert "with all folds of its split is published" in reason
    assert standings.read(project)[0] == {}  # nothing is published


@pytest.mark.usefixtures("scored")
def test_a_broken_file_stops_no_other(place: Paths, published: list[PublishedResult]) -> None:
    project = toy.known(place)
    path = file.path(project.entries["one"].results)
    before = path.read_text()
    path.write_text(before.replace('"task"', '"tusk"', 1))
    found, refused = standings.read(project, published)
    path.write_text(before)
    assert ("one", "default") not in found["toy", SPLIT].gaps
    assert ("both", "default") in found["toy", SPLIT].gaps
    assert "not a sealed result" in refused[0].reason
    assert isinstance(refused[0], gate.Refused)


# What is put together


def test_public_folds_train_alone_and_ids_do_not_meet(tmp_path: Path) -> None:
    paths = toy.project(tmp_path / "p", both=toy.entry())
    split = splits.load(registry.split_file(paths.root, SPLIT))
    sealed = hidden(tmp_path / "h")
    corpus = combine(toy.corpus(), paths.data, sealed)
    recordings = corpus.recordings(paths.data)
    assert len({one.id for one in recordings}) == len(recordings) == 24 + 4
    task = registry.task(paths.root, "toy")
    wide = extended(split, task, toy.corpus(), sealed, recordings)
    for name, fold in split.folds.items():
        assert wide.folds[name].train == fold.train
        assert wide.folds[name].valid == fold.valid
        assert wide.folds[name].test == (*fold.test, *(f"{MARK}s0-{k}" for k in range(4)))
    assert wide.digest != split.digest
    other = hidden(tmp_path / "other", talkers=3)
    assert extended(split, task, toy.corpus(), other, recordings).digest != wide.digest
    assert combine(toy.corpus(), paths.data, other).digest() != corpus.digest()


def test_sealed_sentences_of_a_public_talker_are_tested_where_the_talker_is(
    tmp_path: Path,
) -> None:
    paths = toy.project(tmp_path / "p", both=toy.entry())
    known = toy.recordings(paths.root)
    folds = {
        f"s{n}": Fold(*(tuple(f"s{n}-{k}" for k in part) for part in ((0, 1), (2,), (3, 4))))
        for n in range(4)
    }
    split = replace(splits.load(registry.split_file(paths.root, SPLIT)), folds=folds)
    sealed = hidden(tmp_path / "h")
    same = [replace(one, speaker="s1") for one in sealed.corpus.recordings(tmp_path)]
    both = [*known, *(replace(one, id=f"{MARK}{one.id}") for one in same)]
    wide = extended(split, registry.task(paths.root, "toy"), toy.corpus(), sealed, both)
    tested = {name: [i for i in f.test if i.startswith(MARK)] for name, f in wide.folds.items()}
    assert {name: len(ids) for name, ids in tested.items()} == {"s0": 0, "s1": 4, "s2": 0, "s3": 0}


def test_a_sealed_test_that_says_nothing_is_refused(tmp_path: Path) -> None:
    paths = toy.project(tmp_path / "p", both=toy.entry())
    split = splits.load(registry.split_file(paths.root, SPLIT))
    task = registry.task(paths.root, "toy")

    def widened(sealed: Sealed, public: Corpus) -> None:
        recordings = combine(public, paths.data, sealed).recordings(paths.data)
        extended(split, task, public, sealed, recordings)

    with pytest.raises(UserError, match="2 recordings or more of each talker, found 1 of one"):
        widened(hidden(tmp_path / "single", each=1), toy.corpus())
    unlike = toy.corpus(checks=Checks(signals=lambda _id: ("x", "word")))
    free = {**toy.SIGNALS, "x": replace(toy.SIGNALS["x"], frame=(None,))}
    with pytest.raises(UserError, match="whose models know the channels of their own talkers"):
        widened(hidden(tmp_path / "free"), toy.corpus(signals=free))
    with pytest.raises(UserError, match=f"expected recordings such as {SPLIT} tests, with y"):
        widened(hidden(tmp_path / "other"), unlike)


def test_the_split_of_new_talkers_is_chosen_before_others(tmp_path: Path) -> None:
    paths = toy.project(tmp_path / "p", both=toy.entry())
    task = replace(registry.task(paths.root, "toy"), splits=("toy.all", "toy.talkers", "else.x"))
    one = splits.load(registry.split_file(paths.root, SPLIT))
    other = replace(one, name="toy.talkers", disjoint=("text", "speaker"))
    assert default_split(task, "toy", [one]) == "toy.all"
    assert default_split(task, "toy", [one, other]) == "toy.talkers"
    with pytest.raises(UserError, match="no split of this task is on elsewhere"):
        default_split(task, "elsewhere", [one])
