"""A corpus that a user builds: its splits follow from its recordings, and it runs as one's own."""

import numpy as np
import pytest

from benchmark import registry
from benchmark.core import Inapplicable, Paths, Recording, UserError
from benchmark.corpora.simulated import CORPUS, built, fixture, mixtures, plan, splits
from benchmark.data import installed_split
from benchmark.execution import runner
from benchmark.execution.plan import RunSelection
from benchmark.execution.plan import plan as planned
from benchmark.leaderboard import snapshot
from benchmark.registry import own_corpora
from parts import ROOT

CALIBRATIONS = {f"new_speaker_{name}_minutes" for name in ("0p5", "1", "2", "5", "10")}


def listed(made):
    """The recordings of a plan, mixtures too; their phones are there, and nothing else."""
    lasts = made.seconds()
    sentences = {}
    for take in made.takes:
        if take.kind == "sentence":
            sentences.setdefault(take.talker, []).append(take.id)
    roles = mixtures.roles(sentences)

    def phones(id):
        return lambda _signal: np.zeros(round(50 * lasts[id]))

    clean = [Recording(t.id, t.talker, t.session, t.text, phones(t.id)) for t in made.takes]
    mixed = mixtures.recipes("seed", sentences, roles) if len(roles) > 40 else ()
    return clean + [Recording(r.id, r.clean[:3], "", "", phones(r.clean)) for r in mixed]


@pytest.fixture(scope="module")
def release():
    return listed(plan.release())


def folds(name, recordings):
    return CORPUS.splits[name].folds(recordings)


def test_a_built_corpus_has_the_splits_of_the_release(release):
    made = splits.splits(plan.release().takes, plan.release().seconds())
    names = {name for name in made if not name.startswith("smoke")}
    assert {*CORPUS.splits} == names | CALIBRATIONS
    for name in names - CALIBRATIONS - {"new_mixtures"}:
        assert folds(name, release) == made[name].folds, name
        rule = CORPUS.splits[name]
        assert (rule.about, rule.disjoint) == (made[name].about, made[name].disjoint)
        assert rule.calibration == made[name].calibration


def test_mixtures_are_those_of_the_sentences_of_each_role(release):
    clean, mixed = (folds(name, release)["all"] for name in ("new_sentences", "new_mixtures"))
    assert [len(ids) for ids in mixed.roles().values()] == [660, 120, 432]
    for role, ids in mixed.roles().items():
        assert {id.partition("+")[0] for id in ids} <= {*clean.roles()[role]}


def test_a_calibration_has_so_many_minutes_of_each_new_talker():
    made = plan.drawn("calibrated", 5, minutes=36)
    lasts, recordings = made.seconds(), listed(made)
    nothing = folds("new_talkers_sentences", recordings)
    for name, amount in (("0p5", 0.5), ("1", 1), ("2", 2), ("5", 5)):
        found = folds(f"new_speaker_{name}_minutes", recordings)
        for those, fold in found.items():
            assert fold.test == nothing[those].test
            for who in those.split("-"):
                own = [lasts[id] for id in fold.train if id.startswith(who)]
                # Lengths are known in frames of phones.
                assert 60 * amount - 0.02 * len(own) <= sum(own) < 60 * amount + max(own) + 1
    with pytest.raises(Inapplicable, match=r"minutes to learn from, expected 10"):
        folds("new_speaker_10_minutes", recordings)


def test_what_a_small_corpus_has_not_got_is_inapplicable():
    small = listed(plan.drawn("small", 2, plan.Share(8)))
    assert len(folds("new_sentences", small)["all"].test) == 4
    for name, says in (
        ("silent_from_voiced", "expected takes of kind 'silent'"),
        ("new_talkers", "expected takes of kind 'word'"),
        ("new_talkers_sentences", "expected 5 or more, found 2"),
        ("new_mixtures", "needs recordings to train on"),
    ):
        with pytest.raises(Inapplicable, match=says):
            folds(name, small)


def test_each_task_has_the_splits_that_it_has_of_the_release():
    """Calibrations go on to 10 minutes, and are of EMG to mel as well."""
    for name, task in registry.tasks(ROOT).items():
        ours = [s.removeprefix("embedded.") for s in task.splits if s.startswith("embedded.")]
        full = [s.removeprefix("embedded.") for s in task.full if s.startswith("embedded.")]
        of = {s: rule for s, rule in CORPUS.splits.items() if name in rule.tasks}
        assert {*of} - CALIBRATIONS == {*ours} - CALIBRATIONS, name
        assert {s for s in of if of[s].full} - CALIBRATIONS == {*full} - CALIBRATIONS
        assert {*built.SERVED[name]} == {*of}


@pytest.fixture
def places(tmp_path, monkeypatch):
    monkeypatch.setenv(own_corpora.VARIABLE, str(tmp_path / "plugins"))
    monkeypatch.setattr(own_corpora, "BESIDE", tmp_path / "nowhere")
    (tmp_path / "plugins").mkdir()
    return Paths(ROOT, tmp_path / "data", tmp_path / "runs")


def test_its_splits_are_served_where_there_may_be_corpora_of_a_user(places, monkeypatch):
    task = registry.tasks(ROOT)["emg_to_mel"]
    assert "simulated.new_sentences" in task.splits
    assert "simulated.new_sentences" not in task.full
    assert "simulated.new_session" in task.full
    assert "simulated.new_mixtures" not in task.splits
    assert registry.left_out(ROOT) == ()
    beside = places.data.parent / "plugins" / "splits"
    assert registry.split_file(ROOT, "simulated.new").parent == beside
    monkeypatch.setenv(own_corpora.VARIABLE, "")
    assert not any("simulated." in s for t in registry.tasks(ROOT).values() for s in t.splits)
    assert registry.corpora()["simulated"].own is None


def test_a_built_corpus_is_planned_and_shown_and_nothing_of_it_is_published(places):
    fixture.write(places.data / "simulated")
    corpora = registry.corpora()
    choice = RunSelection(
        tasks=["emg_to_mel", "emg_word_classification"],
        corpora=["simulated"],
        entries=["mean", "nuisance"],
        full=True,
    )
    chosen = planned(places, choice, corpora)
    found = {split for _, split in chosen.sources}
    assert {"simulated.new_sentences", "simulated.silent_from_both"} <= found
    assert not any(runner.is_published(chosen, job) for job in chosen.jobs)
    notes = "\n".join(chosen.notes)
    assert "left out: simulated.new_talkers: new talkers: expected 4 or more, found 2" in notes
    board = snapshot.read_own(places)
    assert ("emg_to_mel", "simulated.new_sentences") in board.expected
    assert not board.refused
    with pytest.raises(UserError, match="new talkers: expected 4 or more"):
        planned(places, RunSelection(splits=["simulated.new_talkers"]), corpora)


@pytest.mark.usefixtures("places")
def test_another_corpus_in_its_place_is_noticed():
    few, many = (plan.drawn("s", 2, plan.Share(count)) for count in (8, 12))
    rule = CORPUS.splits["new_sentences"]
    file = registry.split_file(ROOT, "simulated.new_sentences")
    corpus = registry.corpora()["simulated"]
    installed_split.freeze(file, "simulated.new_sentences", corpus, listed(few))
    split = installed_split.splits.load(file)
    assert installed_split.changes(split, rule, listed(few)) == []
    (note,) = installed_split.changes(split, rule, listed(many))
    assert "recordings are not in it" in note
