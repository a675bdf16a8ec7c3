"""Each rule of the gate: what breaks it alone is refused with its reason, and nothing else is."""

from dataclasses import replace

import numpy as np
import pytest

from benchmark import registry
from benchmark.core import CHANCE
from benchmark.data import corpus_index
from benchmark.leaderboard import fitness, gate, snapshot
from benchmark.leaderboard.gate import Refused
from benchmark.metrics.classification import ACCURACY, MACRO_F1
from benchmark.metrics.pearson import PER_RECORDING
from benchmark.metrics.rmse import RMSE
from benchmark.metrics.text import WER
from benchmark.results import aggregation
from benchmark.results.entry_results import Contents, Problem
from benchmark.results.published import FLOORED, LEFT_OUT, Measured, from_job
from benchmark.results.result import Probes
from hostile import board as boards
from hostile.board import ATTACKER, COST, changed, with_recordings

R, E, ACC, F1, W = (m.id for m in (PER_RECORDING, RMSE, ACCURACY, MACRO_F1, WER))
TASK_OF = {R: "toy", E: "toy", ACC: "words", F1: "words", W: "texts"}
NO_TARGET = 0  # of fold a, the recording whose target is constant


@pytest.fixture(scope="module", autouse=True)
def only_the_toy_corpus():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "corpora", lambda: {"toy": boards.CORPUS})
        yield


@pytest.fixture(scope="module")
def board(tmp_path_factory):
    return boards.build(tmp_path_factory.mktemp("gate") / "project")


@pytest.fixture(scope="module")
def honest(board):
    """A good result of each task on fold a, by task."""
    return {r.task: r for r in board.honest() if (r.fold, r.seed) == ("a", 0)}


def judged(board, results, owner=ATTACKER, project=None):
    contents = Contents(tuple(results))
    return gate.admit_contents(project or board.project, owner, contents)


def reason(board, result, owner=ATTACKER, project=None):
    """Why one result is refused, as the gate lists it; empty where it is admitted."""
    good, refused = judged(board, [result], owner, project)
    assert len(good) + len(refused) == 1
    return refused[0].reason if refused else ""


def test_all_that_honest_runs_give_is_admitted(board):
    admitted = gate.admit(board.project)
    assert admitted.refused == ()
    assert len(admitted.results) == 3 * 3 * 2 * 2 + 3 * 2  # entries, and chance
    good, refused = judged(board, map(from_job, board.honest()))
    assert (len(good), refused) == (12, [])
    assert [r.slot for r in good] == sorted(r.slot for r in good)


HEAD = {
    "another's": ({"entry": "rival"}, "it is named after another entry, rival"),
    "task": ({"task": "gone"}, "there is no task gone today"),
    "split": ({"split": "toy.gone"}, "its task has no split toy.gone today"),
    "variant": ({"variant": "large"}, "its entry has no variant large today"),
    "data": ({"data": "0" * 64}, "evaluated on other data than today's"),
    "another task": ({"task": "words"}, "evaluated on other data than today's"),
    "fold": ({"fold": "c"}, "its split has no such fold today"),
    "older metric": (
        {"metrics": ("pearson.per_recording@0", E)},
        "scored with other metrics or metric versions than today's",
    ),
    "fewer metrics": ({"metrics": (R,)}, "scored with other metrics or metric versions than today"),
    "order of metrics": ({"metrics": (E, R)}, "scored with other metrics or metric versions than"),
    "code": ({"code": "0" * 64}, gate.OTHER_CODE),
    "fast": ({"setup": "fast"}, "computed less exactly, with SILENTBENCH_FAST"),
    "fast on a GPU": ({"setup": "cuda fast"}, "computed less exactly, with SILENTBENCH_FAST"),
    "no isolation": ({"isolation": ""}, "its isolation, none, is not one of such an entry"),
    "isolation": ({"isolation": "a bunker"}, "its isolation, a bunker, is not one of such an"),
    "of predictions": ({"isolation": "predictions only"}, "its isolation, predictions only, is"),
    "failed": ({"status": "failed", "reason": "lost"}, "failed: lost"),
    "timed out": ({"status": "timed out"}, "timed out: "),
    "no cost": ({"cost": None}, "it has no costs"),
    **{
        f"{name} of {value:g}": (
            {"cost": COST.model_copy(update={name: value})},
            "a cost that no job can have",
        )
        for name in ("fit_seconds", "predict_seconds", "signal_seconds", "peak_memory_mb")
        for value in (-1.0, 1e-13, 1e19)
    },
    **{
        f"learning curve {name}": (
            {"cost": COST.model_copy(update={"curve": curve})},
            "a learning curve that no job can have",
        )
        for name, curve in {"long": (1.0,) * 1001, "high": (1.0, -1e101)}.items()
    },
    "causal": ({"probes": Probes(claims_causal=True)}, "its probes are not of the claims of its"),
    "looks back": ({"probes": Probes(look_ahead_ms=-1.0)}, "its probes are not of the claims"),
    "looks far": ({"probes": Probes(look_ahead_ms=2e9)}, "its probes are not of the claims"),
    "order": ({"probes": Probes(order_change=-1.0)}, "its probes are not of the claims"),
}


@pytest.mark.parametrize("name", HEAD)
def test_a_result_is_held_against_the_project(name, board, honest):
    fields, said = HEAD[name]
    assert reason(board, changed(honest["toy"], **fields)).startswith(said)


def test_isolation_is_that_of_the_kind_of_entry(board, honest):
    entries = board.project.entries
    for kind, fit in gate.ISOLATIONS.items():
        if kind == CHANCE:
            continue
        entry = replace(entries[ATTACKER], kind=kind)
        project = replace(board.project, entries={**entries, ATTACKER: entry})
        cost = None if kind == "predictions" else COST
        for isolation in {i for of in gate.ISOLATIONS.values() for i in of}:
            fields = {
                "isolation": str(isolation),
                "cost": cost,
                "code": project.code(ATTACKER, "default", "toy", "toy.all"),
            }
            said = reason(board, changed(honest["toy"], **fields), project=project)
            assert said.startswith("its isolation") == (isolation not in fit), (kind, isolation)


def test_nobody_timed_chance_and_predictions(board, honest):
    chance = next(r for r in board.honest(CHANCE) if r.task == "toy")
    assert reason(board, from_job(chance), CHANCE) == ""
    said = "it has costs, and nobody timed it"
    assert reason(board, changed(chance, cost=COST), CHANCE) == said
    entry = replace(board.project.entries[ATTACKER], kind="predictions")
    project = replace(board.project, entries={**board.project.entries, ATTACKER: entry})
    code = project.code(ATTACKER, "default", "toy", "toy.all")
    own = changed(honest["toy"], isolation="predictions only", code=code)
    assert reason(board, own, project=project) == said


def test_chance_has_one_variant(board):
    chance = next(r for r in board.honest(CHANCE) if r.task == "toy")
    said = reason(board, changed(chance, variant="large"), CHANCE)
    assert said == "its entry has no variant large today"


def test_an_entry_that_withdrew_from_a_task_has_no_row(board, honest):
    entry = replace(board.project.entries[ATTACKER], declared=("words",))
    project = replace(board.project, entries={**board.project.entries, ATTACKER: entry})
    said = reason(board, from_job(honest["toy"]), project=project)
    assert said == "its entry does not do this task today"
    assert reason(board, from_job(honest["words"]), project=project) == ""


def test_an_entry_that_claims_to_be_causal(board, honest):
    entry = replace(board.project.entries[ATTACKER], causal=True)
    project = replace(board.project, entries={**board.project.entries, ATTACKER: entry})
    code = project.code(ATTACKER, "default", "toy", "toy.all")
    for claims, said in ((True, ""), (False, "its probes are not of the claims of its entry")):
        probes = Probes(claims_causal=claims, look_ahead_ms=0.0)
        made = changed(honest["toy"], probes=probes, code=code)
        assert reason(board, made, project=project) == said


def test_without_an_index_of_its_corpus_a_result_has_no_row(board, honest, tmp_path):
    other = board.copy(tmp_path / "project")
    corpus_index.path(other.root, "toy").unlink()
    said = reason(other, from_job(honest["toy"]))
    assert said == "the project has no list of the recordings of its corpus"


def test_of_a_confidential_corpus_only_aggregated_results_count(board, honest, tmp_path):
    other = board.copy(tmp_path / "project")
    corpus_index.write(other.root, corpus_index.of(boards.CORPUS, None))
    said = reason(other, from_job(honest["words"]))
    assert said == "its corpus is confidential: only aggregated results are published"
    assert reason(other, from_job(aggregation.aggregated(honest["words"], b"salt"))) == ""


def put(of, metric, **changes):
    return replace(of, measured={**of.measured, metric: replace(of.measured[metric], **changes)})


def values(metric, change):
    """Other statistics of one metric."""

    def changed_values(of):
        made = of.measured[metric].statistics.copy()
        other = change(made)
        return put(of, metric, statistics=made if other is None else other)

    return changed_values


def one(metric, column, value):
    return values(metric, lambda v: v.__setitem__((1, column), value))


def marked(metric, status, text="", worst=None, place=1):
    """One recording with another status."""

    def change(of):
        m = of.measured[metric]
        marks, numbers = m.status.copy(), m.statistics.copy()
        marks[place] = status
        if worst is not None:
            numbers[place] = worst
        texts = tuple(text if i == place else m.reason(i) for i in range(len(marks)))
        return replace(of, measured={**of.measured, metric: Measured(numbers, marks, texts)})

    return change


NOT_THE_TEST = "its recordings are not the test recordings of its fold, each once"
IMPLAUSIBLE = "statistics that no measurement of one recording has"
RECORDINGS = {
    "another name": (R, lambda of: replace(of, names=("x", *of.names[1:])), NOT_THE_TEST),
    "one twice": (R, lambda of: replace(of, names=(of.names[1], *of.names[1:])), NOT_THE_TEST),
    "another order": (R, lambda of: replace(of, names=of.names[::-1]), NOT_THE_TEST),
    "another fold's": (
        R,
        lambda of: replace(of, names=tuple(n.replace("-3", "-2") for n in of.names)),
        NOT_THE_TEST,
    ),
    "speaker": (
        R,
        lambda of: replace(of, speakers=("s1", *of.speakers[1:])),
        "its speakers or sessions are not those of the corpus",
    ),
    "session": (
        R,
        lambda of: replace(of, sessions=("x", *of.sessions[1:])),
        "its speakers or sessions are not those of the corpus",
    ),
    "a status": (E, marked(E, 3), f"{E}: a status that there is not"),
    "a reason": (R, marked(R, FLOORED, "\x1b", [-1.0, 1.0, -1.0, 1.0]), f"{R}: a reason that"),
    "a long reason": (R, marked(R, FLOORED, "x" * 501), f"{R}: a reason that cannot be shown"),
    "NaN": (E, one(E, 0, np.nan), f"{E}: holds NaN or infinity"),
    "infinity": (E, one(E, 2, np.inf), f"{E}: holds NaN or infinity"),
    "huge": (E, one(E, 0, 1e31), f"{E}: larger than 1e+30, which nothing can be"),
    "huge part": (E, one(E, 2, -1e31), f"{E}: larger than 1e+30, which nothing can be"),
    "left out, counted": (E, marked(E, LEFT_OUT, "x"), f"{E}: what is left out has statistics"),
    "no statistics": (E, values(E, lambda v: v[:, :0]), f"{E}: 0 statistics, which it has not"),
    "narrow": (E, values(E, lambda v: v[:, :2]), f"{E}: 2 statistics, which it has not"),
    "wide": (W, values(W, lambda v: np.hstack([v, v])), f"{W}: 4 statistics, which it has not"),
    "floored well": (R, marked(R, FLOORED, "x"), f"{R}: an unscorable prediction without the"),
    "floored, weighing more": (
        R,
        marked(R, FLOORED, "x", [-2.0, 2.0, -2.0, 2.0]),
        f"{R}: an unscorable prediction without the worst score",
    ),
    "floored without a floor": (
        E,
        marked(E, FLOORED, "x"),
        f"{E}: an unscorable prediction without the worst score",
    ),
    "weighs twice": (E, one(E, 1, 2.0), f"{E}: {IMPLAUSIBLE}"),
    "weighs nothing": (R, one(R, 1, 0.0), f"{R}: {IMPLAUSIBLE}"),
    "half an answer": (ACC, one(ACC, 0, 0.5), f"{ACC}: {IMPLAUSIBLE}"),
    "two answers": (F1, values(F1, lambda v: v + 1.0), f"{F1}: {IMPLAUSIBLE}"),
    "no words": (W, values(W, lambda v: v.__setitem__(0, (0.0, 0.0))), f"{W}: {IMPLAUSIBLE}"),
    "fewer than no errors": (W, one(W, 0, -1.0), f"{W}: {IMPLAUSIBLE}"),
    "too good": (R, one(R, 0, 1.1), f"{R}: 1.1 lies above its scale, which ends at 1"),
    "too bad": (R, one(R, 0, -1.1), f"{R}: -1.1 lies below its scale, which begins at -1"),
    "negative": (E, one(E, 0, -0.5), f"{E}: -0.5 lies below its scale, which begins at 0"),
    "leaves one out": (
        E,
        marked(E, LEFT_OUT, "target: constant", 0.0),
        f"{E}: leaves out other recordings than the chance level does",
    ),
    "leaves another out": (
        R,
        lambda of: marked(R, LEFT_OUT, "target: constant", 0.0, 2)(
            marked(R, 0, "", [0.5, 1.0, 0.5, 1.0], NO_TARGET)(of)
        ),
        f"{R}: leaves out other recordings than the chance level does",
    ),
}


@pytest.mark.parametrize("name", RECORDINGS)
def test_recordings_are_held_against_the_fold_and_the_metrics(name, board, honest):
    metric, change, said = RECORDINGS[name]
    result = honest[TASK_OF[metric]]
    assert reason(board, with_recordings(result, change)).startswith(said)


def test_what_rounding_gives_is_on_the_scale(board, honest):
    for value, said in ((1.0 + 1e-12, ""), (1.0 + 1e-6, f"{R}: 1 lies above")):
        made = with_recordings(honest["toy"], one(R, 0, value))
        assert reason(board, made).startswith(said)


def test_the_target_without_a_value_is_left_out_by_all(board, honest):
    left_out = from_job(honest["toy"]).recordings.measured[R].status == LEFT_OUT
    assert np.flatnonzero(left_out).tolist() == [NO_TARGET]
    scored = marked(R, 0, "", [0.5, 1.0, 0.5, 1.0], NO_TARGET)
    said = reason(board, with_recordings(honest["toy"], scored))
    assert said == f"{R}: leaves out other recordings than the chance level does"


def test_without_chance_nothing_may_be_left_out(board, honest, tmp_path):
    other = board.copy(tmp_path / "project")
    other.file(CHANCE).unlink()
    said = reason(other, from_job(honest["toy"]))
    assert said == f"{R}: leaves out other recordings than the chance level does"
    assert reason(other, from_job(honest["words"])) == ""


def test_outcomes_are_counts_of_the_recordings(board, honest):
    said = "its counts of outcomes are not those of its recordings"
    for outcomes in ({}, {R: {"scored": 16}, E: {"scored": 16}}):
        assert reason(board, changed(honest["toy"], outcomes=outcomes)) == said


@pytest.mark.parametrize(
    ("claimed", "fits"),
    [
        (lambda s: s, True),
        (lambda s: {m: v + 1e-12 for m, v in s.items()}, True),
        (lambda s: {**s, R: 0.999}, False),
        (lambda s: {**s, E: None}, False),
        (lambda s: {R: s[R]}, False),
    ],
)
def test_scores_that_people_read_are_those_of_the_recordings(board, honest, claimed, fits):
    made = from_job(honest["toy"])
    task = board.project.tasks["toy"]
    true = {m.id: fitness.score(m, made) for m in task.metrics}
    said = reason(board, replace(made, claimed=claimed(true)))
    assert bool(said) != fits
    assert fits or said.endswith("the score of its line is not that of its recordings")


def grouped(honest, change=lambda of: of, task="words", **fields):
    """An aggregated result, changed."""
    made = from_job(aggregation.aggregated(honest[task], b"salt"))
    of = change(made.recordings)
    head = made.head.model_copy(update=fields)
    return replace(made, head=head, recordings=of, digest=of.digest())


def test_aggregated_results_are_admitted(board, honest):
    for task in honest:
        assert reason(board, grouped(honest, task=task)) == ""
    few = grouped(honest, task="toy").recordings.measured[R].reasons
    assert few == (aggregation.UNSCORABLE, "", "")  # the group of the constant target


COUNTS = "its counts of outcomes are not "
AGGREGATED = {
    "name": (lambda of: replace(of, names=("a group 9", *of.names[1:])), {}, "its groups are not"),
    "twice": (lambda of: replace(of, names=of.names[:1] * 3), {}, "its groups are not named"),
    "speaker": (lambda of: replace(of, speakers=("s0",) * 3), {}, "its speakers are not named"),
    "session": (
        lambda of: replace(of, sessions=("x",) * 3),
        {},
        "it is said to be aggregated and names sessions",
    ),
    "prediction": (
        lambda of: replace(of, predictions=of.predictions + np.uint8(1)),
        {},
        "it is said to be aggregated and names single predictions",
    ),
    "reason": (
        lambda of: marked(ACC, LEFT_OUT, "s0-3", 0.0)(of),
        {},
        "it is said to be aggregated and has reasons of single recordings",
    ),
    "metrics": (lambda of: of, {"outcomes": {ACC: {"scored": 16}}}, f"{COUNTS}by its metrics"),
    "a status": (
        lambda of: of,
        {"outcomes": {ACC: {"won": 16}, F1: {"scored": 16}}},
        f"{COUNTS}counts of recordings",
    ),
    "less than none": (
        lambda of: of,
        {"outcomes": {ACC: {"scored": 17, "floored": -1}, F1: {"scored": 16}}},
        f"{COUNTS}counts of recordings",
    ),
    "too few": (
        lambda of: of,
        {"outcomes": {ACC: {"scored": 15}, F1: {"scored": 16}}},
        f"{COUNTS}those of its fold",
    ),
    "left out": (
        lambda of: of,
        {"outcomes": {ACC: {"scored": 15, "left out": 1}, F1: {"scored": 16}}},
        f"{ACC}: leaves out other recordings than the chance level does",
    ),
    "negative": (values(ACC, lambda v: -v), {}, f"{ACC}: counts that no group of recordings has"),
    "not counted": (one(ACC, 1, 0.0), {}, f"{ACC}: counts that no group of recordings has"),
    "negative cell": (one(F1, 0, -1.0), {}, f"{F1}: counts that no group of recordings has"),
    "too good": (one(ACC, 0, 99.0), {}, f"{ACC}: "),
    "narrow": (values(ACC, lambda v: v[:, :1]), {}, f"{ACC}: 1 statistics, which it has not"),
}


@pytest.mark.parametrize("name", AGGREGATED)
def test_aggregated_results_are_held_against_what_they_can_be(name, board, honest):
    change, fields, said = AGGREGATED[name]
    assert len(from_job(aggregation.aggregated(honest["words"], b"salt")).recordings.names) == 3
    assert reason(board, grouped(honest, change, **fields)).startswith(said)


def test_groups_are_not_more_than_the_recordings_allow(board, honest):
    def more(of):
        names = tuple(f"a group {n}" for n in range(1, 5))
        measured = {
            m: Measured(np.vstack([c.statistics, c.statistics[:1]]), np.zeros(4, np.uint8))
            for m, c in of.measured.items()
        }
        predictions = np.zeros((4, 32), np.uint8)
        return replace(
            of,
            names=names,
            speakers=of.speakers[:1] * 4,
            sessions=("",) * 4,
            predictions=predictions,
            measured=measured,
        )

    said = reason(board, grouped(honest, more))
    assert said == "it is said to be aggregated and has more groups than it can"


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_results_of_a_job_the_newer_counts(board, honest, order):
    old = replace(from_job(honest["toy"]), where=f"{board.root}/x.json:2")
    new = changed(honest["toy"], finished="2026-02-02T00:00:00+00:00", seed=0)
    new = replace(new, where=f"{board.root}/x.json:3")
    better = with_recordings(honest["toy"], one(E, 0, 0.25))
    better = replace(better, head=better.head.model_copy(update={"finished": "2026-03-03"}))
    for results, said in (
        ([old, new], "the same"),
        ([old, replace(better, where=new.where)], "another"),
    ):
        good, refused = judged(board, results[::order])
        assert good == [results[1]]
        assert refused == [
            Refused(
                ATTACKER,
                "x.json:2",
                f"{said} result of this job stands in x.json:3, which counts",
                *("toy", "toy.all", "default"),
            )
        ]


def test_a_newer_result_that_does_not_fit_takes_no_place(board, honest):
    old = from_job(honest["toy"])
    new = changed(honest["toy"], finished="2026-02-02T00:00:00+00:00", code="0" * 64)
    good, refused = judged(board, [old, new])
    assert (good, [r.reason for r in refused]) == ([old], [gate.OTHER_CODE])


def test_one_that_does_not_fit_takes_no_other_with_it(board):
    results = [from_job(r) for r in board.honest()]
    bad = [changed(r, seed=7, fold="c") for r in board.honest()]
    good, refused = judged(board, [*bad, *results])
    assert [r.digest for r in good] == [r.digest for r in sorted(results, key=lambda r: r.slot)]
    assert len(refused) == len(bad)
    ((first, count), *rest) = gate.by_reason(refused)
    assert (first.task, count, len(rest)) == ("texts", 4, 2)


def test_lines_that_cannot_be_read_are_refused(board):
    problem = Problem(f"{board.root}/submissions/x.json:7", "not a result")
    good, refused = gate.admit_contents(board.project, ATTACKER, Contents((), (problem,)))
    assert (good, refused) == ([], [Refused(ATTACKER, "submissions/x.json:7", "not a result")])


def test_what_is_no_entry_is_refused(board):
    project = replace(board.project, problems=(f"{board.root}/submissions/a.py: no header",))
    assert gate.admit(project).refused == (
        Refused("", "submissions/a.py", "not an entry: no header"),
    )


def test_the_snapshot_lists_what_the_gate_refuses(board, honest, tmp_path):
    other = board.copy(tmp_path / "project")
    other.write([changed(honest["toy"], fold="c")])
    read = snapshot.read(other.root)
    assert [(r.where, r.reason) for r in read.refused] == [
        (f"submissions/{ATTACKER}.json:2", "its split has no such fold today")
    ]
