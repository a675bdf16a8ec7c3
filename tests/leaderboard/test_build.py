import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import toy
from benchmark.core import UserError
from benchmark.data.splits import Audit
from benchmark.execution import executors, plan, runner
from benchmark.leaderboard import build
from benchmark.leaderboard.ranking import SIGNIFICANT, ranked
from benchmark.leaderboard.snapshot import Board
from benchmark.leaderboard.tables import Row, Score, Table
from benchmark.metrics.pearson import PER_RECORDING
from benchmark.registry import entries, published_results, tasks
from benchmark.report import markdown
from benchmark.results import files
from benchmark.results.result import Probes
from benchmark.results.significance import step_down


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A project where every entry has run: good ones, a failing one, a constant one."""
    noisy = "return (inputs['x'] @ np.float32([[2.0], [0.0]])).reshape(shape)"
    place = toy.project(
        tmp_path_factory.mktemp("board"),
        best=toy.entry("self.parameters = 1234567", toy.SUM),
        noisy=toy.entry(predict=noisy),
        blind=toy.entry(predict=toy.BLIND),
        flat=toy.entry(predict="return np.ones(shape)"),
        broken=toy.entry(predict="raise ValueError('<b>|lost|</b>')"),
    )
    chosen = plan.plan(place, plan.Choice(seeds=2), {"toy": toy.corpus()})
    runner.run(place, chosen, executors.local(2), toy.CONDITIONS)
    runner.publish(place, chosen)
    return place


def results(place):
    return [r for p in sorted((place.root / "baselines").glob("*.json")) for r in files.read(p)]


def board(place, found=None, reported=()):
    known = tasks(place.root)
    made = build.tables(results(place) if found is None else found, known)
    return Board(made, known, {"toy": toy.corpus()}, entries(place.root).found, reported)


def page(place, found=None):
    """The short page, and then the long one of the only task."""
    made = board(place, found)
    return "\n".join([markdown.render(made), *markdown.pages(made).values()])


def table(place, found=None):
    (only,) = build.tables(results(place) if found is None else found, tasks(place.root))
    return only


def test_best_first_and_the_unscorable_last(place):
    assert [row.entry for row in table(place).rows] == ["best", "noisy", "blind", "flat"]
    best = table(place).rows[0]
    assert (best.runs, best.parameters) == (2, 1234567)
    score = best.scores["pearson.per_recording@1"]
    assert score.low < score.value < score.high
    assert score.value > 0.85
    assert score.items == 8  # 4 recordings in each of 2 folds


def test_the_order_of_results_never_matters(place):
    changes = {"a": {"data": "other"}, "b": {"metrics": ("pearson.per_recording@0",)}}
    found = [
        r.model_copy(update=changes[r.fold]) if r.entry == "noisy" else r for r in results(place)
    ]
    expected = page(place, found)
    for seed in range(5):
        random.Random(seed).shuffle(found)
        assert page(place, found) == expected


def test_the_same_results_give_the_same_bytes(place):
    assert page(place).encode() == page(place).encode()


def test_what_has_no_row_is_named_with_its_reason(place):
    text = page(place)
    assert "left out: broken: failed: ValueError: \\<b\\>\\|lost\\|\\</b\\> (4 x)" in text
    assert "| broken" not in text


def test_an_undefined_score_is_said(place):
    text = page(place)
    assert "| flat | **undefined** |" in text
    assert "| flat | undefined |" in text
    assert "flat: Pearson r at the floor of its scale for 16 of 16 predictions: constant" in text


def test_a_run_with_a_missing_fold_does_not_count(place):
    found = [r for r in results(place) if (r.entry, r.seed, r.fold) != ("best", 1, "b")]
    made = table(place, found)
    assert next(row for row in made.rows if row.entry == "best").runs == 1
    assert "best: 1 of 2 folds done" in made.left_out


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"data": "other"}, "its data are not those of the other rows"),
        ({"metrics": ("pearson.per_recording@0",)}, "scored by other metrics or versions"),
    ],
)
def test_what_cannot_be_compared_is_left_out(place, change, reason):
    found = [r.model_copy(update=change) if r.entry == "noisy" else r for r in results(place)]
    made = table(place, found)
    assert "noisy" not in [row.entry for row in made.rows]
    assert any(line.startswith(f"noisy: {reason}") for line in made.left_out)


def test_one_speaker_is_said(place):
    items = {
        r.job: tuple(i.model_copy(update={"speaker": "s"}) for i in r.items) for r in results(place)
    }
    found = [r.model_copy(update={"items": items[r.job]}) for r in results(place)]
    assert "nothing here says how it goes with other speakers" in page(place, found)
    assert "nothing here says how it goes with other speakers" not in page(place)


def test_a_tie_is_broken_by_name(place):
    twin = [r.model_copy(update={"entry": "aaa"}) for r in results(place) if r.entry == "best"]
    assert [row.entry for row in table(place, results(place) + twin).rows][:2] == ["aaa", "best"]


def test_a_metric_in_the_unit_of_the_target_says_which(place):
    assert "RMSE [mm] ↓" in page(place)


VARIANTS = "# [tool.silentbench.variants]\n# first = {}\n# second = { weight = 2 }\n"


def test_variants_stand_apart_from_the_entries_and_beside_what_was_published(tmp_path):
    place = toy.project(
        tmp_path,
        model=toy.entry(predict=toy.SUM, extra=VARIANTS),
        blind=toy.entry(predict=toy.BLIND),
    )
    chosen = plan.plan(place, plan.Choice(variants="all"), {"toy": toy.corpus()})
    runner.run(place, chosen, executors.here, toy.CONDITIONS)
    runner.publish(place, chosen)
    (tmp_path / "published.toml").write_text(
        '[[table]]\nentry = "model"\nsource = "A and B | 2020"\ncolumns = ["system", "r"]\n'
        'rows = [["theirs", 0.9]]\n'
    )
    made = board(place, reported=published_results.tables(tmp_path / "published.toml"))
    short, (long,) = markdown.render(made), markdown.pages(made).values()
    tables, ablations = long.split("### Variants of")
    for text in (short, tables):
        assert "model (first)" in text
        assert "model (second)" not in text
    assert "model (first)" in ablations
    assert "model (second)" in ablations
    assert "blind" not in ablations
    assert "**Reported, not reproduced here** (A and B \\| 2020):" in ablations
    assert "| theirs | 0.9 |" in ablations


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[[table]]\nentry = 'x'", "not tables of published figures"),
        ("nonsense", "not tables of published figures"),
        (
            "[[table]]\nentry='x'\nsource='y'\ncolumns=['a']\nrows=[['b', 1]]",
            "x has a row of another length",
        ),
    ],
)
def test_published_figures_are_read_with_care(tmp_path, text, sentence):
    path = tmp_path / "published.toml"
    assert published_results.tables(path) == []
    path.write_text(text)
    with pytest.raises(UserError, match=sentence):
        published_results.tables(path)


FIRST = "pearson.per_recording@1"


def row(entry, values, units="abcdefgh"):
    by_unit = dict(zip(units, values, strict=False))
    score = Score(float(np.mean(values)) if values else None, None, None, 8, {}, by_unit=by_unit)
    none = None, None, None
    return Row(entry, "default", {FIRST: score}, 1, *none, "bubblewrap", False, None)


def tiers(*rows):
    units = len(rows[0].scores[FIRST].by_unit)
    whole = Table("t", "c.s", rows, (), 8, 8, 1, "speaker", units)
    return [r.tier for r in ranked(whole, PER_RECORDING).rows]


def test_a_tier_ends_where_its_best_is_significantly_better():
    good = [0.9, 0.8, 0.85, 0.9, 0.95, 0.8, 0.88, 0.9]
    near = [v + d for v, d in zip(good, [-0.1, 0.05, -0.04, 0.02, -0.03, 0.05, 0, -0.1])]  # noqa: B905
    worse = [v - 0.2 - n / 100 for n, v in enumerate(good)]
    assert tiers(row("one", good), row("two", near), row("three", worse)) == [1, 1, 2]
    also = row("four", [v + 0.001 * (-1) ** n for n, v in enumerate(worse)])
    rows = row("one", good), row("two", near), row("three", worse), also
    assert tiers(*rows) == [1, 1, 2, 2]  # compared with the best of its own tier
    # With four units the smallest p is 0.125.
    few = [row(name, v[:4], "abcd") for name, v in (("one", good), ("two", worse))]
    assert tiers(*few) == [1, 1]
    assert tiers(row("one", good), row("none", [])) == [0, 0]


def test_four_speakers_cannot_tell_entries_apart(place):
    assert "Paired by speaker (4), the smallest p is 0.125: no difference can be" in page(place)


def test_results_of_other_code_have_no_row(place):
    found = results(place)
    codes = {(r.entry, r.task): r.code for r in found} | {("noisy", "toy"): "other"}
    (only,) = build.tables(found, tasks(place.root), codes)
    assert "noisy" not in [r.entry for r in only.rows]
    assert any("noisy: made by other code than today's" in reason for reason in only.left_out)
    assert {"best", "blind"} <= {r.entry for r in only.rows}


@pytest.mark.parametrize(
    ("change", "mark"),
    [
        ({"isolation": "process"}, "best *not isolated*"),
        ({"isolation": "predictions only", "cost": None}, "best *predictions only*"),
    ],
)
def test_what_was_not_isolated_is_marked(place, change, mark):
    found = [r.model_copy(update=change) if r.entry == "best" else r for r in results(place)]
    assert mark in page(place, found)
    assert mark not in page(place)


@pytest.mark.parametrize(
    ("seen", "said"), [(0.0, "| yes |"), (100.0, "| yes |"), (230.0, "| 230 ms ahead |")]
)
def test_a_claim_to_be_causal_is_shown_as_it_was_seen(place, seen, said):
    probed = Probes(claims_causal=True, look_ahead_ms=seen)
    change = {"probes": probed}
    found = [r.model_copy(update=change) if r.entry == "best" else r for r in results(place)]
    lines = [x for x in page(place, found).splitlines() if "| best | **" in x]
    assert len(lines) == 2
    assert all(line.endswith(said) for line in lines)
    assert all(x.endswith("| – |") for x in page(place).splitlines() if "| best | **" in x)


def test_the_way_goes_from_the_best_floor_to_the_end_of_the_scale(place):
    rows = {row.entry: row.scores[FIRST] for row in table(place).rows}
    best, floor = rows["best"], rows["blind"]
    assert best.way.value == pytest.approx((best.value - floor.value) / (1 - floor.value))
    assert best.way.low < best.way.value < best.way.high <= 1
    assert (floor.way.value, floor.way.low, floor.way.high) == (0, 0, 0)
    assert rows["flat"].way is None  # it has no score
    errors = {row.entry: row.scores["rmse.per_recording@1"].way for row in table(place).rows}
    assert 0 < errors["best"].value < 1  # down to 0, the end of its scale


def test_runs_that_differ_are_told_from_test_recordings_that_differ(place):
    assert table(place).rows[0].scores[FIRST].seeds == 0.0  # two runs that answer alike
    noisy = {(r.fold, r.seed): r.items for r in results(place) if r.entry == "noisy"}
    found = [
        r.model_copy(update={"items": noisy[r.fold, 1]}) if (r.entry, r.seed) == ("best", 1) else r
        for r in results(place)
    ]

    def best(found):
        return {row.entry: row.scores[FIRST] for row in table(place, found).rows}["best"]

    values = [best([r for r in found if r.seed == seed]).value for seed in (0, 1)]
    assert best(found).seeds == pytest.approx(np.std(values, ddof=1))
    assert best(found).seeds > 0.001
    one = [r for r in results(place) if r.seed == 0]
    assert all(row.scores[FIRST].seeds is None for row in table(place, one).rows)


def test_how_often_a_row_comes_first():
    rng = np.random.default_rng(0)

    def drawn(entry, value, draws):
        made = row(entry, [value] * 8)
        score = replace(made.scores[FIRST], draws=np.asarray(draws))
        return replace(made, scores={FIRST: score})

    noise = rng.normal(size=1000) / 10
    rows = drawn("a", 0.9, 0.9 + noise), drawn("b", 0.9, 0.9 + noise), drawn("c", 0.1, 0.1 + noise)
    whole = Table("t", "c.s", rows, (), 8, 8, 1, "speaker", 8)
    made = ranked(whole, PER_RECORDING)
    assert [r.first for r in made.rows] == [0.5, 0.5, 0.0]  # who is equal shares the place


def test_what_is_equal_in_truth_is_hardly_ever_told_apart():
    """The family-wise error of a table of eight equal entries on eight speakers."""
    rng, wrong, worlds = np.random.default_rng(5), 0, 300
    for _ in range(worlds):
        speakers = rng.normal(size=(8, 1))
        values = speakers + rng.normal(size=(8, 8))
        one, other = np.triu_indices(8, 1)
        wrong += (step_down(values[:, one] - values[:, other]) <= SIGNIFICANT).any()
    assert wrong / worlds <= 0.05 + 2 * (0.05 * 0.95 / worlds) ** 0.5


def test_two_draws_of_the_same_floor_share_a_tier_on_every_task():
    """The published results of `blind`, one entry a seed: equal in truth, so nothing differs."""
    root = Path(__file__).resolve().parents[2]
    found = files.read(root / "baselines" / "blind.json")
    apart = [r.model_copy(update={"entry": f"blind_{r.seed}", "seed": 0}) for r in found]
    made = build.tables(apart, tasks(root))
    assert len(made) >= 8
    for table in made:
        assert [len(table.rows), table.left_out] == [3, ()]
        first = tasks(root)[table.task].metrics[0]
        assert {row.tier for row in ranked(table, first).rows} == {1}, table.split


@pytest.mark.parametrize(
    ("leaks", "data", "said"),
    [
        ([], None, "Audited: nothing of a test recording stands in what a model sees."),
        (["overlap"], None, "LEAKS: test recordings share overlap with what a model sees."),
        ([], "of other data", "Not audited for leaks."),
    ],
)
def test_an_audit_is_shown_where_it_is_of_the_same_data(place, leaks, data, said):
    made = board(place)
    audit = Audit(data=data or made.tables[0].data, leaks=leaks, shares=[])
    shown = replace(made, audits={"toy toy.all": audit})
    for text in (markdown.render(shown), *markdown.pages(shown).values()):
        assert said in text
    assert "Not audited for leaks." in markdown.render(made)


def test_the_best_of_several_floors_is_where_the_way_begins(place):
    found = [
        r.model_copy(update={"entry": "chance"}) if r.entry == "noisy" else r
        for r in results(place)
    ]
    rows = {row.entry: row.scores for row in table(place, found).rows}
    for metric, better in ((FIRST, max), ("rmse.per_recording@1", min)):
        floor = better(rows[name][metric].value for name in ("chance", "blind"))
        end = 1.0 if better is max else 0.0
        best = rows["best"][metric]
        assert best.way.value == pytest.approx((best.value - floor) / (end - floor))
