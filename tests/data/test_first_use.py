"""A split is audited when it is first used: a leak stops it, the rest is told once."""

import json
from dataclasses import replace

import numpy as np
import pytest

import toy
from benchmark.cli.running import foreseen
from benchmark.core import Recording, UserError
from benchmark.data import first_use, folds, leakage, splits
from benchmark.execution import executors, plan, runner


def copied(of, name, speaker, **changes):
    """A recording that holds what another one holds, up to `changes`, under other names."""

    def read(signal):
        return changes.get(signal, lambda x: x)(of[signal])

    return Recording(name, speaker, f"{speaker}-0", f"text of {name}", read)


@pytest.fixture
def project(tmp_path):
    """A project in which a training and a test recording may be one; what is told of it."""

    def make(*extra, leaks=()):
        place = toy.project(tmp_path, good=toy.entry(predict=toy.SUM), blind=toy.entry())
        made = [*toy.recordings(place.data), *extra]
        fold = splits.by_group(made, "text", ["sentence 4"], ["sentence 5", "text of test-copy"])
        path = place.root / "tasks" / "splits" / "toy.all.json"
        splits.write(path, "new sentences", ["text"], {"a": fold})
        if leaks:
            raw = json.loads(path.read_text())
            path.write_text(json.dumps({**raw, "leaks": leaks}))
        corpus = toy.corpus(recordings=lambda _: made)
        return place, plan.plan(place, plan.RunSelection(), {"toy": corpus})

    return make


def ran(place, chosen, **how):
    told = []
    summary = runner.run(
        place, chosen, executors.serial_executor(), toy.CONFIG, tell=told.append, **how
    )
    return summary, told


LOUDER = {"x": lambda x: (3 * x).astype(np.float32), "y": lambda y: (2 * y).astype(np.float32)}


def test_a_split_that_leaks_is_not_run_unless_it_is_asked_for(project):
    place, chosen = project(copied(toy.recording(0, 0), "test-copy", "s9", **LOUDER))
    summary, _ = ran(place, chosen)
    assert summary.good == 0
    (reasons,) = summary.bad.values()
    assert len(reasons) == len(chosen.jobs) == 2
    assert "toy.all leaks: near duplicate x" in reasons[0]
    assert "test-copy and s0-0" in reasons[0]
    assert "--allow-leaks" in reasons[0]
    assert ran(place, chosen)[0].good == 0  # what is kept says so again
    assert ran(place, chosen, allow_leaks=True)[0].good == 2


def test_a_split_that_is_there_to_show_a_leak_is_run(project):
    copy = copied(toy.recording(0, 0), "test-copy", "s9", **LOUDER)
    place, chosen = project(copy, leaks=["near duplicate"])
    assert ran(place, chosen)[0].ok


def test_findings_are_told_once_and_the_audit_is_kept_by_its_data(project, monkeypatch):
    place, chosen = project()
    summary, told = ran(place, chosen)
    assert summary.ok
    assert any(line.startswith("toy on toy.all: shared: speaker") for line in told)

    def never(*_):
        raise AssertionError("audited again")

    monkeypatch.setattr(leakage, "audit", never)
    summary, told = ran(place, chosen, everything=True)
    assert summary.ok
    assert not any("shared" in line for line in told)
    (task, split, corpus) = chosen.sources["toy", "toy.all"]
    data = folds.data_digest("toy", task, split, corpus)
    first_use.path(place.runs, data, 0.0).write_text("{")  # damaged: as if it were not there
    with pytest.raises(AssertionError, match="again"):
        first_use.check(place, "toy", split, data, 0.0, told.append)


def test_groups_of_identical_recordings_are_counted_over_all_parts(project):
    """Two in training are no leak; one of them in the test part is."""
    twins = [copied(toy.recording(1, n), f"copy-{n}", "s8") for n in (0, 1)]
    place, chosen = project(*twins)
    summary, told = ran(place, chosen)
    assert summary.ok
    (line,) = [line for line in told if "identical" in line]
    assert "2 groups of byte-identical recordings (4 recordings), such as copy-0, s1-0" in line
    assert "0 groups in test and in training" in line


def test_a_group_in_test_and_training_is_a_leak(project):
    place, chosen = project(copied(toy.recording(0, 0), "test-copy", "s9"))
    (task, split, corpus) = chosen.sources["toy", "toy.all"]
    told = []
    folds.prepare(place.runs, place.data, "toy", task, split, corpus, told.append)
    data = folds.data_digest("toy", task, split, corpus)
    kinds = {f.kind for f in leakage.audit(place, split, data) if f.leak}
    assert kinds >= {"identical", "near duplicate"}
    with pytest.raises(UserError, match="leaks"):
        first_use.check(place, "toy", split, data, 0.0, told.append)


def foreseen_of(place, chosen, allow_leaks=False):
    stands = runner.standing(place, toy.CONFIG)
    return foreseen.look(place, chosen, stands, here=True, allow_leaks=allow_leaks)


def test_a_dry_run_foresees_a_leak_that_is_known_and_makes_nothing(project):
    place, chosen = project(copied(toy.recording(0, 0), "test-copy", "s9", **LOUDER))
    before = foreseen_of(place, chosen)
    assert (before.parts[0].ready, before.parts[0].problem, before.status) == (False, "", 0)
    assert not place.runs.exists()
    ran(place, chosen)
    (part,) = foreseen_of(place, chosen).parts
    assert "toy.all leaks: near duplicate x" in part.problem
    assert foreseen_of(place, chosen).status == 2
    allowed = foreseen_of(place, chosen, allow_leaks=True)
    assert (allowed.parts[0].ready, allowed.parts[0].problem, allowed.status) == (True, "", 0)


def test_a_dry_run_finds_recordings_that_are_gone(project):
    place, chosen = project()
    source, (task, split, corpus) = next(iter(chosen.sources.items()))
    fewer = replace(corpus, recordings=lambda data: corpus.recordings(data)[:-1])
    without = replace(chosen, sources={source: (task, split, fewer)})
    found = foreseen_of(place, without)
    assert "which is not a recording" in found.parts[0].problem
    assert (found.status, found.blocked, found.runs) == (2, 2, [])
    assert f"{chosen.jobs[0].key}: {found.parts[0].problem}" in str(ran(place, without)[0].bad)


def test_a_dry_run_names_what_entries_lack_where_they_would_run(project):
    place, chosen = project()
    lacking = replace(chosen.entries["blind"], dependencies=("nowhere_to_be_found",))
    chosen = replace(chosen, entries={**chosen.entries, "blind": lacking})
    found = foreseen_of(place, chosen)
    assert "nowhere_to_be_found, which is not installed here" in found.unmet["blind"]
    assert (found.blocked, found.status, found.runs) == (1, 1, [None])
    stands = runner.standing(place, toy.CONFIG)
    assert not foreseen.look(place, chosen, stands, here=False, allow_leaks=False).blocked
