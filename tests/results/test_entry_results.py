"""The files beside an entry: nothing is lost, whoever writes, and what cannot be read is named."""

import hashlib
import json
import multiprocessing
import os
import re
from dataclasses import replace

import numpy as np
import pytest

from benchmark.core import Task, UserError
from benchmark.metrics.pearson import PER_RECORDING
from benchmark.results import columns, entry_results
from benchmark.results.published import from_job, to_job
from benchmark.results.result import Item, Measurement
from example_result import RESULT

TASK = Task(
    *("t", ("x",), "y", ("toy.s",), (), (PER_RECORDING,), ("blind",)), citation="", version="1"
)
TASKS = {"toy": TASK}
R = PER_RECORDING.id
OLD, NEW = "2026-01-01T00:00:00+00:00", "2026-01-02T00:00:00+00:00"


def result(seed=0, value=0.5, **changes):
    items = tuple(
        Item(
            recording=f"r{place}",
            speaker=f"s{place % 2}",
            session="",
            prediction="ab" * 32,
            seconds=0.0,
            measurements={R: Measurement(statistics=(value, 1.0, value, 1.0))},
        )
        for place in range(4)
    )
    values = {"metrics": (R,), "items": items, "seed": seed, "finished": OLD}
    return RESULT.model_copy(update={**values, **changes}).sealed()


def failed(seed=0):
    return result(seed, status="failed", reason="lost", items=())


@pytest.fixture
def path(tmp_path):
    return tmp_path / "baselines" / "ridge.json"


def seeds(path):
    return [r.seed for r in entry_results.read_all(path)]


def files(path):
    return {p.name: (p.stat().st_mtime_ns, p.read_bytes()) for p in path.parent.iterdir()}


def test_results_come_back(path):
    made = [result(0), failed(1), result(2, 0.25)]
    assert entry_results.merge(path, made, TASKS)
    assert entry_results.read_all(path) == made
    assert len(entry_results.column_files(path)) == 1
    assert [r.where for r in entry_results.read(path).results] == [f"{path}:{n}" for n in (2, 3, 4)]
    assert [each.recordings for each in entry_results.read_lines(path)] == [4, 0, 4]


def test_there_is_nothing_beside_a_new_entry(path):
    assert entry_results.read(path) == entry_results.Contents(())
    path.parent.mkdir()
    assert entry_results.read(path) == entry_results.Contents(())
    assert not list(entry_results.read_lines(path))


def test_the_same_results_change_no_file(path):
    entry_results.merge(path, [result(0), result(1)], TASKS)
    before = files(path)
    assert not entry_results.merge(path, [result(1)], TASKS)
    assert not entry_results.merge(path, [], TASKS)
    assert files(path) == before


def test_others_stay_and_the_order_is_that_of_jobs(path):
    entry_results.merge(path, [result(2)], TASKS)
    lines = path.read_text().splitlines()
    entry_results.merge(path, [result(10), result(0)], TASKS)
    assert seeds(path) == [0, 2, 10]
    assert f"{lines[1]}," in path.read_text().splitlines()
    (only,) = entry_results.column_files(path)
    assert len(columns.read(only)) == 1  # all have the same recordings


def test_a_result_takes_the_place_of_its_slot(path):
    entry_results.merge(path, [result(0), result(1)], TASKS)
    assert entry_results.merge(path, [result(0, 0.75, data="e" * 64)], TASKS)
    first, second = entry_results.read_all(path)
    assert (first.data, first.items[0].measurements[R].statistics[0]) == ("e" * 64, 0.75)
    assert second == result(1)
    (only,) = entry_results.column_files(path)
    assert len(columns.read(only)) == 2  # the older recordings are gone


def test_published_results_are_merged_as_they_are(path, tmp_path):
    entry_results.merge(path, [from_job(result(0))], TASKS)
    other = tmp_path / "ridge.json"
    entry_results.merge(other, [result(0)], TASKS)
    assert other.read_bytes() == path.read_bytes()


def test_one_entry_is_not_another_with_a_longer_name(path):
    longer = path.with_name("ridge.x.json")
    entry_results.merge(longer, [result(0)], TASKS)
    entry_results.merge(path.with_name("ridge_2.json"), [result(0)], TASKS)
    entry_results.merge(path, [result(0)], TASKS)
    entry_results.merge(path, [result(0, 0.9)], TASKS)
    assert len(entry_results.column_files(path)) == 1
    assert len(entry_results.column_files(longer)) == 1
    assert seeds(longer) == [0]


def both_sides(path):
    """What git leaves of two branches that published other results, without a conflict."""
    entry_results.merge(path, [result(0)], TASKS)
    left, kept = path.read_text(), entry_results.column_files(path)[0]
    side = path.parent.parent / "other" / path.name
    entry_results.merge(side, [result(0, 0.9, finished=NEW), result(1)], TASKS)
    (other,) = entry_results.column_files(side)
    assert other.name != kept.name
    other.rename(path.with_name(other.name))
    return left, side.read_text()


def test_the_newest_of_two_lines_of_a_job_stays(path):
    left, right = both_sides(path)
    path.write_text(right.replace("\n]\n", "\n") + left.removeprefix("[\n"))
    found = entry_results.read(path)
    assert not found.problems
    assert sorted((r.head.seed, r.head.finished) for r in found.results) == [
        (0, OLD),
        (0, NEW),
        (1, OLD),
    ]
    entry_results.merge(path, [result(2)], TASKS)
    assert [(r.seed, r.finished) for r in entry_results.read_all(path)] == [
        (0, NEW),
        (1, OLD),
        (2, OLD),
    ]
    assert len(entry_results.column_files(path)) == 1


def test_conflict_marks_cost_no_result(path):
    left, right = both_sides(path)
    path.write_text(f"<<<<<<< HEAD\n{left}=======\n{right}>>>>>>> theirs\n")
    found = entry_results.read(path)
    assert len(found.results) == 3
    assert [p.reason for p in found.problems] == [
        f"not a result: {mark!r}" for mark in ("<<<<<<< HEAD", "=======", ">>>>>>> theirs")
    ]
    assert [p.where for p in found.problems] == [f"{path}:{n}" for n in (1, 5, 10)]
    before = path.read_bytes()
    with pytest.raises(UserError, match=r"ridge\.json:1: not a result.*remove it, or restore it"):
        entry_results.merge(path, [result(5)], TASKS)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "change",
    {
        "CR LF": lambda c: c.replace(b"\n", b"\r\n"),
        "byte order mark": lambda c: b"\xef\xbb\xbf" + c,
        "both": lambda c: b"\xef\xbb\xbf" + c.replace(b"\n", b"\r\n"),
        "no end of the last line": lambda c: c.rstrip(b"\n"),
        "empty lines": lambda c: c.replace(b"\n", b"\n\n"),
        "a comma too many": lambda c: c.replace(b"}\n]", b"},\n]"),
        "no commas": lambda c: c.replace(b"},\n", b"}\n"),
    }.values(),
)
def test_how_lines_end_does_not_matter(path, change):
    entry_results.merge(path, [result(0), result(1)], TASKS)
    whole = path.read_bytes()
    path.write_bytes(change(whole))
    assert not entry_results.read(path).problems
    assert seeds(path) == [0, 1]
    assert entry_results.merge(path, [], TASKS)  # and are written again as they should be
    assert path.read_bytes() == whole


def test_a_bad_line_costs_no_other(path):
    entry_results.merge(path, [result(n) for n in range(3)], TASKS)
    lines = path.read_text().splitlines()
    lines[2] = lines[2].replace('"python"', '"pyhton"').replace('"seed":1', '"seed":7')
    path.write_text("\n".join(lines))
    found = entry_results.read(path)
    assert [r.head.seed for r in found.results] == [0, 2]
    assert [(p.where, p.reason) for p in found.problems] == [
        (f"{path}:3", "changed after it was written: its content does not match its seal")
    ]
    with pytest.raises(UserError, match=r"ridge\.json:3: changed after"):
        entry_results.read_all(path)
    assert [each.result.seed for each in entry_results.read_lines(path)] == [0, 2]


def test_only_so_many_bad_lines_are_named(path):
    entry_results.merge(path, [result(0)], TASKS)
    path.write_text(path.read_text() + "x\n" * 250)
    found = entry_results.read(path)
    assert len(found.results) == 1
    assert len(found.problems) == entry_results.MOST_PROBLEMS + 1
    assert found.problems[-1].reason == "150 more lines that hold no result"


def test_a_line_without_its_recordings_is_named(path):
    entry_results.merge(path, [result(0), failed(1)], TASKS)
    entry_results.column_files(path)[0].unlink()
    found = entry_results.read(path)
    assert [r.head.seed for r in found.results] == [1]
    assert [p.reason for p in found.problems] == ["its recordings are in no file beside it"]


def resealed(path, **changes):
    """The only line of a file with other content and the right seal."""
    text = path.read_text().splitlines()[1]
    body = json.loads(text)
    del body["seal"]
    body.update(changes)
    whole = json.dumps(body, separators=(",", ":"))[:-1]
    seal = hashlib.sha256(whole.encode()).hexdigest()
    path.write_text(f'[\n{whole},"seal":"{seal}"}}\n]\n')


@pytest.mark.parametrize("changes", [{"recordings": 3}, {"sums": {}}])
def test_sums_that_are_not_those_of_the_recordings_are_named(path, changes):
    entry_results.merge(path, [result(0)], TASKS)
    resealed(path, **changes)
    (problem,) = entry_results.read(path).problems
    assert problem.reason == (
        "its number of recordings or its sums are not those of its recordings"
    )


@pytest.mark.parametrize(
    ("made", "changes"),
    [
        (result(0), {"statistics": "", "recordings": 0}),
        (result(0), {"statistics": ""}),
        (failed(0), {"recordings": 4}),
    ],
)
def test_a_good_result_has_recordings_and_a_failed_one_has_none(path, made, changes):
    entry_results.merge(path, [made], TASKS)
    resealed(path, **changes)
    (problem,) = entry_results.read(path).problems
    assert problem.reason == "a good result without recordings"


def test_recordings_that_were_changed_are_named(path):
    entry_results.merge(path, [result(0), result(1, 0.25)], TASKS)
    (file,) = entry_results.column_files(path)
    with np.load(file) as read:
        arrays = dict(read)
    values = arrays["0.0.statistics"]
    values[values == 0.5] = 0.9
    np.savez_compressed(file, **arrays)
    found = entry_results.read(path)
    assert [r.head.seed for r in found.results] == [1]
    assert [p.reason for p in found.problems] == [
        "recordings of 1 results were changed after they were written",
        "its recordings are in no file beside it",
    ]


def test_a_bad_file_of_recordings_costs_no_other(path):
    entry_results.merge(path, [result(0)], TASKS)
    path.with_name(f"ridge.{'0' * 12}.npz").write_bytes(b"x")
    found = entry_results.read(path)
    assert len(found.results) == 1
    assert [(p.where, p.reason[:24]) for p in found.problems] == [
        (str(path.with_name(f"ridge.{'0' * 12}.npz")), "not a file of recordings")
    ]


def test_other_metrics_than_those_of_its_recordings_are_named(path):
    made = from_job(result(0))
    head = made.head.model_copy(update={"metrics": ("m@1",)})
    entry_results.merge(path, [replace(made, head=head)], TASKS)
    (problem,) = entry_results.read(path).problems
    assert problem.reason == "its recordings were scored by other metrics than it says"


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda p: p.symlink_to("elsewhere"), "cannot be opened as a plain file"),
        (os.mkfifo, "not a plain file"),
        (lambda p: p.mkdir(), "not a plain file"),
        (lambda p: p.write_bytes(b"[\n\xff\n]"), "not UTF-8: invalid start byte at byte 2"),
    ],
)
def test_what_is_no_file_of_text_is_named(path, make, said):
    path.parent.mkdir()
    make(path)
    (problem,) = entry_results.read(path).problems
    assert (problem.where, problem.reason.partition(":")[0]) == (str(path), said.partition(":")[0])
    assert problem.reason.startswith(said)
    with pytest.raises(UserError, match=re.escape(said)):
        entry_results.merge(path, [result(0)], TASKS)


def test_a_large_file_is_not_read(path, monkeypatch):
    entry_results.merge(path, [result(0)], TASKS)
    monkeypatch.setattr(entry_results, "LARGEST_FILE", 10)
    (problem,) = entry_results.read(path).problems
    assert "at most 10 are read" in problem.reason


def _publish(path, start, own):
    start.wait()
    for seed in own:
        entry_results.merge(path, [result(seed, (seed + 1) / 256)], TASKS)


def test_processes_that_publish_at_once_lose_nothing(path):
    """8 processes, 20 results each; meanwhile every reader sees a whole file."""
    context = multiprocessing.get_context("fork")
    start = context.Event()
    own = [range(20 * n, 20 * n + 20) for n in range(8)]
    workers = [context.Process(target=_publish, args=(path, start, seeds)) for seeds in own]
    for worker in workers:
        worker.start()
    start.set()
    counts = [0]
    while any(worker.is_alive() for worker in workers):
        found = entry_results.read(path)
        assert not found.problems
        counts.append(len(found.results))
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0] * 8
    assert counts == sorted(counts)
    assert seeds(path) == list(range(160))
    assert [to_job(r) for r in entry_results.read(path).results] == [
        result(seed, (seed + 1) / 256) for seed in range(160)
    ]
    assert len(entry_results.column_files(path)) == 1
    assert not [p for p in path.parent.iterdir() if p.name.startswith(".")]


def test_what_is_dropped_is_gone_and_the_rest_as_it_was(path):
    entry_results.merge(path, [result(0), result(1, 0.7), failed(2)], TASKS)
    lines = path.read_text("utf-8").splitlines()
    assert entry_results.drop(path, lambda r: r.head.seed == 1) == 1
    assert seeds(path) == [0, 2]
    assert path.read_text("utf-8").splitlines() == [lines[0], lines[1], *lines[3:]]
    before = files(path)
    assert entry_results.drop(path, lambda r: r.head.seed == 1) == 0
    assert files(path) == before
    path.write_text("[\nnonsense\n]\n", "utf-8")
    with pytest.raises(UserError, match="restore it with git"):
        entry_results.drop(path, lambda _: True)
    assert "nonsense" in path.read_text("utf-8")
