import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import toy
from benchmark.core import Task, UserError
from benchmark.data.splits import Audit
from benchmark.execution import executors, plan, runner
from benchmark.leaderboard import build
from benchmark.leaderboard.ranking import SIGNIFICANT, ranked
from benchmark.leaderboard.snapshot import Snapshot
from benchmark.leaderboard.tables import Row, Score, Table, is_trivial, leaders
from benchmark.metrics.pearson import PER_RECORDING
from benchmark.registry import corpora, entries, reported_figures, tasks
from benchmark.report import formatting, leaderboard_page, task_page
from benchmark.results import entry_results
from benchmark.results.result import Probes
from benchmark.results.significance import step_down


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A project with results of every entry: good ones, a failing one, a constant one."""
    noisy = "return (inputs['x'] @ np.float32([[2.0], [0.0]])).reshape(shape)"
    place = toy.project(
        tmp_path_factory.mktemp("leaderboard"),
        best=toy.entry("self.parameters = 1234567", toy.SUM),
        noisy=toy.entry(predict=noisy),
        blind=toy.entry(predict=toy.BLIND),
        flat=toy.entry(predict="return np.ones(shape)"),
        broken=toy.entry(predict="raise ValueError('<b>|lost|</b>')"),
    )
    chosen = plan.plan(place, plan.RunSelection(seeds=2), {"toy": toy.corpus()})
    runner.run(place, chosen, executors.local_executor(2), toy.CONFIG)
    runner.publish(place, chosen)
    return place


results = toy.published


def snapshot(place, admitted=None, reported=()):
    known = tasks(place.root)
    made = build.tables(admitted or toy.admitted(place, results(place)), known)
    return Snapshot(made, known, {"toy": toy.corpus()}, entries(place.root).found, reported)


def page(place, admitted=None):
    """leaderboard.md, then the page of the only task."""
    read = snapshot(place, admitted)
    return "\n".join([top(read), *task_page.pages(read).values()])


def top(read):
    """leaderboard.md, its names with the spaces that a line can break at."""
    return leaderboard_page.page(read).replace("\N{NO-BREAK SPACE}", " ")


def table(place, admitted=None):
    admitted = admitted or toy.admitted(place, results(place))
    (only,) = build.tables(admitted, tasks(place.root))
    return only


def test_rows_are_sorted_best_first_and_undefined_scores_last(place):
    assert [row.entry for row in table(place).rows] == ["best", "noisy", "blind", "flat"]
    best = table(place).rows[0]
    assert (best.n_seeds, best.parameters) == (2, 1234567)
    score = best.scores["pearson.per_recording@1"]
    assert score.low < score.value < score.high
    assert score.value > 0.85
    assert score.recordings == 8  # 4 recordings in each of 2 folds


def test_the_order_of_results_does_not_matter(place):
    changes = {"a": {"data": "0" * 64}, "b": {"metrics": ("pearson.per_recording@0",)}}
    changed = [
        r.model_copy(update=changes[r.fold]) if r.entry == "noisy" else r for r in results(place)
    ]
    expected = page(place, toy.admitted(place, changed))
    for seed in range(5):
        random.Random(seed).shuffle(changed)
        assert page(place, toy.admitted(place, changed)) == expected


def test_the_same_results_give_the_same_bytes(place):
    assert page(place).encode() == page(place).encode()


def test_results_without_a_row_are_listed_with_their_reason(place):
    text = page(place)
    assert "not listed: broken: failed: ValueError: \\<b\\>\\|lost\\|\\</b\\> (4 x)" in text
    assert "| broken" not in text


def test_tables_of_one_entry_or_task_are_those_of_the_whole_board(place):
    admitted, known = toy.admitted(place, results(place)), tasks(place.root)
    best = [
        replace(r, head=r.head.model_copy(update={"split": "toy.alone"}))
        for r in admitted.results
        if r.head.entry == "best"
    ]
    expected = {**admitted.expected, ("toy", "toy.alone"): admitted.expected["toy", "toy.all"]}
    admitted = replace(admitted, results=(*admitted.results, *best), expected=expected)
    every = {t.split: [row.name for row in t.rows] for t in build.tables(admitted, known)}
    assert every["toy.alone"] == [("best", "default")]

    def found(of):
        made = build.tables(admitted, known, of)
        return {t.split: [row.name for row in t.rows] for t in made}

    assert found("noisy") == {"toy.all": every["toy.all"]}
    assert found("best") == found("toy") == found("nobody") == every


def test_an_undefined_score_is_shown_with_its_reason(place):
    text = page(place)
    assert "| flat *not above the best trivial baseline* | undefined |" in text
    assert "| flat *not above the best trivial baseline* | undefined |" in text
    assert "flat: worst possible Pearson r for 16 of 16 predictions: constant" in text


def test_a_seed_with_a_missing_fold_does_not_count(place):
    changed = [r for r in results(place) if (r.entry, r.seed, r.fold) != ("best", 1, "b")]
    made = table(place, toy.admitted(place, changed))
    assert next(row for row in made.rows if row.entry == "best").n_seeds == 1
    assert "best: 1 of 2 folds done" in made.left_out


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"data": "0" * 64}, "evaluated on other data than today's"),
        ({"metrics": ("pearson.per_recording@0",)}, "scored with other metrics or metric versions"),
    ],
)
def test_results_that_cannot_be_compared_have_no_row(place, change, reason):
    changed = [r.model_copy(update=change) if r.entry == "noisy" else r for r in results(place)]
    made = table(place, toy.admitted(place, changed))
    assert "noisy" not in [row.entry for row in made.rows]
    assert any(line.startswith(f"noisy: {reason}") for line in made.left_out)


def test_a_table_of_one_speaker_says_so(place):
    items = {
        r.job: tuple(i.model_copy(update={"speaker": "s"}) for i in r.items) for r in results(place)
    }
    changed = [r.model_copy(update={"items": items[r.job]}) for r in results(place)]
    assert "says nothing about generalisation to other speakers" in page(
        place, build.unchecked(changed)
    )
    assert "says nothing about generalisation to other speakers" not in page(place)


def test_ties_are_sorted_by_name(place):
    twin = [r.model_copy(update={"entry": "aaa"}) for r in results(place) if r.entry == "best"]
    assert [row.entry for row in table(place, build.unchecked(results(place) + twin)).rows][:2] == [
        "aaa",
        "best",
    ]


def test_the_head_of_a_metric_shows_the_unit_of_the_target(place):
    assert "RMSE [mm]\N{NO-BREAK SPACE}↓" in page(place)


VARIANTS = "# [tool.silentbench.variants]\n# first = {}\n# second = { weight = 2 }\n"


def test_variants_have_tables_of_their_own_with_published_results(tmp_path):
    place = toy.project(
        tmp_path,
        model=toy.entry(predict=toy.SUM, extra=VARIANTS),
        blind=toy.entry(predict=toy.BLIND),
    )
    chosen = plan.plan(place, plan.RunSelection(variants="all"), {"toy": toy.corpus()})
    runner.run(place, chosen, executors.serial_executor(), toy.CONFIG)
    runner.publish(place, chosen)
    read = snapshot(place)
    short, (long,) = top(read), task_page.pages(read).values()
    tables, ablations = long.split("### Variants of")
    for text in (short, tables):
        assert "model (first)" in text
        assert "model (second)" not in text
    assert "model (first)" in ablations
    assert "model (second)" in ablations
    assert "| blind" not in ablations


def test_reported_figures_stand_beside_results_of_their_protocol_alone(place, tmp_path):
    path = tmp_path / "published.toml"
    shown = "**Reported figures, not reproduced here** (A and B \\| 2020):"
    for task, split, beside in (
        ("toy", "toy.all", True),
        ("toy", "toy.other", False),
        ("toy", "", False),
        ("other", "toy.all", False),
    ):
        path.write_text(
            f'[[table]]\ntask = "{task}"\nsplit = "{split}"\nsource = "A and B | 2020"\n'
            'columns = ["system", "r"]\nrows = [["theirs", 0.9]]\n'
        )
        read = snapshot(place, reported=reported_figures.tables(path))
        (long,) = task_page.pages(read).values()
        assert (shown in long) == ("| theirs | 0.9 |" in long) == beside, (task, split)
        assert shown not in leaderboard_page.page(read)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[[table]]\nentry = 'x'", "not tables of published figures"),
        (
            "[[table]]\nentry = 'x'\nsource = 'y'\ncolumns = ['a']\nrows = []",
            r"not tables of published figures \(KeyError\('task'\)\)",
        ),
        ("nonsense", "not tables of published figures"),
        (
            "[[table]]\ntask='t'\nsplit='s'\nsource='y'\ncolumns=['a']\nrows=[['b', 1]]",
            "y has a row of another length",
        ),
    ],
)
def test_a_file_of_published_results_is_checked(tmp_path, text, sentence):
    path = tmp_path / "published.toml"
    assert reported_figures.tables(path) == []
    path.write_text(text)
    with pytest.raises(UserError, match=sentence):
        reported_figures.tables(path)


FIRST = "pearson.per_recording@1"
TASK = Task("t", ("x",), "y", ("c.s",), (), (PER_RECORDING,), ("blind",), citation="", version="1")


def row(entry, values, units="abcdefgh"):
    by_unit = dict(zip(units, values, strict=False))
    score = Score(float(np.mean(values)) if values else None, None, None, 8, {}, by_unit=by_unit)
    none = None, None, None
    return Row(entry, "default", {FIRST: score}, 1, *none, "bubblewrap", False, None)


def tiers(*rows):
    units = len(rows[0].scores[FIRST].by_unit)
    whole = Table("t", "c.s", rows, (), 8, 8, 1, "speaker", units)
    return [r.tier for r in ranked(whole, TASK).rows]


def test_a_new_tier_starts_at_the_first_significantly_worse_row():
    good = [0.9, 0.8, 0.85, 0.9, 0.95, 0.8, 0.88, 0.9]
    near = [v + d for v, d in zip(good, [-0.1, 0.05, -0.04, 0.02, -0.03, 0.05, 0, -0.1])]  # noqa: B905
    worse = [v - 0.2 - n / 100 for n, v in enumerate(good)]
    assert tiers(row("one", good), row("two", near), row("three", worse)) == [1, 1, 2]
    also = row("four", [v + 0.001 * (-1) ** n for n, v in enumerate(worse)])
    rows = row("one", good), row("two", near), row("three", worse), also
    assert tiers(*rows) == [1, 1, 2, 2]  # compared with the best of its own tier
    # With five units the smallest p is 0.0625, with six 0.03125.
    for units, expected in (("abcd", [0, 0]), ("abcde", [0, 0]), ("abcdef", [1, 2])):
        few = [row(n, v[: len(units)], units) for n, v in (("one", good), ("two", worse))]
        assert tiers(*few) == expected
    assert tiers(row("one", good), row("none", [])) == [0, 0]


def test_a_table_of_four_speakers_says_that_no_difference_is_significant(place):
    text = page(place)
    assert "Paired by speaker (n = 4): smallest possible p is 0.125, no difference can be" in text
    assert "| – | best | 0." in text  # no tier, and nothing in bold


def test_results_of_other_code_have_no_row(place):
    other = {"code": "0" * 64}
    changed = [r.model_copy(update=other) if r.entry == "noisy" else r for r in results(place)]
    only = table(place, toy.admitted(place, changed))
    assert "noisy" not in [r.entry for r in only.rows]
    assert any("noisy: produced by other code than today's" in reason for reason in only.left_out)
    assert {"best", "blind"} <= {r.entry for r in only.rows}


@pytest.mark.parametrize(
    ("change", "mark"),
    [
        ({"isolation": "process"}, "best *not isolated*"),
        ({"isolation": "predictions only", "cost": None}, "best *predictions only*"),
    ],
)
def test_rows_without_a_sandbox_are_marked(place, change, mark):
    changed = [r.model_copy(update=change) if r.entry == "best" else r for r in results(place)]
    assert mark in page(place, build.unchecked(changed))
    assert mark not in page(place)


@pytest.mark.parametrize(
    ("first", "mark", "cpu"),
    [
        ({"timed": True, "fit_cpu_seconds": 1.5}, "", 1.5),
        ({"timed": False, "fit_cpu_seconds": 1.5}, "~", 1.5),
        ({"timed": True, "fit_cpu_seconds": None}, "", None),
    ],
)
def test_times_are_marked_unless_all_were_taken_alone_and_cpu_time_is_of_all(
    place, first, mark, cpu
):
    kept = [r for r in results(place) if r.entry in ("best", "blind")]
    others = {"timed": True, "fit_cpu_seconds": 0.5}
    changes = iter([first, others, others, others])  # two folds of two seeds
    changed = []
    for result in kept:
        if result.entry == "best":
            times = {"fit_seconds": 3.0, **next(changes)}
            result = result.model_copy(update={"cost": result.cost.model_copy(update=times)})
        changed.append(result.sealed())
    (row,) = [r for r in table(place, toy.admitted(place, changed)).rows if r.entry == "best"]
    assert formatting.factor(row) == f"{mark}{row.real_time_factor:.3g}"
    assert row.fit_cpu_seconds == cpu
    assert formatting.fit_time(row) == "6.0" + (" (CPU 1.5)" if cpu else "")


@pytest.mark.parametrize(
    ("look_ahead", "cell"), [(0.0, "| yes |"), (100.0, "| yes |"), (230.0, "| 230 ms ahead |")]
)
def test_a_claim_to_be_causal_is_shown_with_the_measured_look_ahead(place, look_ahead, cell):
    probed = Probes(claims_causal=True, look_ahead_ms=look_ahead)
    change = {"probes": probed}
    changed = [r.model_copy(update=change) if r.entry == "best" else r for r in results(place)]
    lines = [x for x in page(place, build.unchecked(changed)).splitlines() if "| – | best | 0" in x]
    assert len(lines) == 2
    assert cell in lines[1]  # of the page of the task
    assert cell not in "".join(x for x in page(place).splitlines() if "| – | best | 0" in x)


def test_a_normalised_score_goes_from_the_best_trivial_baseline_to_the_best_value(place):
    rows = {row.entry: row.scores[FIRST] for row in table(place).rows}
    best, blind = rows["best"], rows["blind"]
    expected = (best.value - blind.value) / (1 - blind.value)
    assert best.normalised.value == pytest.approx(expected)
    assert best.normalised.low < best.normalised.value < best.normalised.high <= 1
    zero = blind.normalised
    assert (zero.value, zero.low, zero.high) == (0, 0, 0)
    assert rows["flat"].normalised is None  # it has no score
    errors = {r.entry: r.scores["rmse.per_recording@1"].normalised for r in table(place).rows}
    assert 0 < errors["best"].value < 1  # the best error is 0


def test_the_deviation_across_seeds_is_no_part_of_the_interval(place):
    assert table(place).rows[0].scores[FIRST].sd_seeds == 0.0  # two seeds with the same predictions
    noisy = {(r.fold, r.seed): r.items for r in results(place) if r.entry == "noisy"}
    changed = [
        r.model_copy(update={"items": noisy[r.fold, 1]}) if (r.entry, r.seed) == ("best", 1) else r
        for r in results(place)
    ]

    def best(changed):
        made = table(place, build.unchecked(changed))
        return {row.entry: row.scores[FIRST] for row in made.rows}["best"]

    values = [best([r for r in changed if r.seed == seed]).value for seed in (0, 1)]
    assert best(changed).sd_seeds == pytest.approx(np.std(values, ddof=1))
    assert best(changed).sd_seeds > 0.001
    one = [r for r in results(place) if r.seed == 0]
    assert all(
        row.scores[FIRST].sd_seeds is None for row in table(place, build.unchecked(one)).rows
    )


def test_p_best_is_shared_by_tied_rows():
    rng = np.random.default_rng(0)

    def drawn(entry, value, draws):
        made = row(entry, [value] * 8)
        score = replace(made.scores[FIRST], draws=np.asarray(draws))
        return replace(made, scores={FIRST: score})

    noise = rng.normal(size=1000) / 10
    rows = drawn("a", 0.9, 0.9 + noise), drawn("b", 0.9, 0.9 + noise), drawn("c", 0.1, 0.1 + noise)
    whole = Table("t", "c.s", rows, (), 8, 8, 1, "speaker", 8)
    made = ranked(whole, TASK)
    assert [r.p_best for r in made.rows] == [0.5, 0.5, 0.0]


def test_equal_entries_are_rarely_found_significantly_different():
    """The family-wise error of a table of eight equal entries on eight speakers."""
    rng, wrong, worlds = np.random.default_rng(5), 0, 300
    for _ in range(worlds):
        speakers = rng.normal(size=(8, 1))
        values = speakers + rng.normal(size=(8, 8))
        one, other = np.triu_indices(8, 1)
        wrong += (step_down(values[:, one] - values[:, other]) <= SIGNIFICANT).any()
    assert wrong / worlds <= 0.05 + 2 * (0.05 * 0.95 / worlds) ** 0.5


def test_seeds_of_one_trivial_baseline_share_a_tier_on_every_task():
    """The published results of `blind`, one entry a seed: equal in truth, so nothing differs.

    At 5 % a table, two or more of eight are found by chance once in seventeen times, one often.
    """
    root = Path(__file__).resolve().parents[2]
    changed = entry_results.read_all(root / "baselines" / "blind.json")
    several = {(r.task, r.split) for r in changed if r.seed == 2}
    changed = [r for r in changed if (r.task, r.split) in several]
    apart = [r.model_copy(update={"entry": f"blind_{r.seed}", "seed": 0}) for r in changed]
    made = build.tables(build.unchecked(apart), tasks(root))
    assert len(made) >= 7
    apart_by_chance = []
    for table in made:
        assert [len(table.rows), table.left_out] == [3, ()]
        task = tasks(root)[table.task].on(corpora()[table.split.partition(".")[0]])
        if {row.tier for row in ranked(table, task).rows} != {1}:
            apart_by_chance.append((table.task, table.split))
    assert len(apart_by_chance) <= 1, apart_by_chance


@pytest.mark.parametrize(
    ("leaks", "data", "sentence"),
    [
        (
            [],
            None,
            "Leakage audit passed: no test content found in the training or validation data.",
        ),
        (
            ["overlap"],
            None,
            "LEAKAGE: test recordings share overlap with the training or validation data.",
        ),
        ([], "of other data", "No leakage audit."),
    ],
)
def test_an_audit_is_shown_where_it_is_of_the_same_data(place, leaks, data, sentence):
    read = snapshot(place)
    audit = Audit(data=data or read.tables[0].data, leaks=leaks, shares=[])
    audited = replace(read, audits={"toy toy.all": audit})
    for text in (leaderboard_page.page(audited), *task_page.pages(audited).values()):
        assert sentence in text
    assert "No leakage audit." in leaderboard_page.page(read)


def test_nuisance_cues_are_a_trivial_baseline_and_have_a_row_beside_chance(place):
    known = tasks(place.root)
    known["toy"] = replace(known["toy"], trivial_baselines=("blind", "nuisance"))
    names = {"noisy": "nuisance", "flat": "chance"}
    changed = [r.model_copy(update={"entry": names.get(r.entry, r.entry)}) for r in results(place)]
    made = build.tables(build.unchecked(changed), known)
    rows = {row.entry: row for row in made[0].rows}
    assert is_trivial(known["toy"], rows["nuisance"])
    assert {row.entry for row in leaders(known["toy"], made[0])} == {"best"}
    assert rows["nuisance"].scores[FIRST].normalised.value == 0  # the best of the three
    assert rows["blind"].scores[FIRST].normalised.value < 0
    read = Snapshot(made, known, {"toy": toy.corpus()}, entries(place.root).found)
    shown = top(read)
    assert all(f"| {name} *trivial baseline* |" in shown for name in ("nuisance", "chance"))
    assert "| blind *trivial baseline* |" not in shown


def test_normalised_scores_start_at_the_best_of_several_trivial_baselines(place):
    changed = [
        r.model_copy(update={"entry": "chance"}) if r.entry == "noisy" else r
        for r in results(place)
    ]
    rows = {row.entry: row.scores for row in table(place, build.unchecked(changed)).rows}
    for metric, better in ((FIRST, max), ("rmse.per_recording@1", min)):
        zero = better(rows[name][metric].value for name in ("chance", "blind"))
        best_value = 1.0 if better is max else 0.0
        score = rows["best"][metric]
        expected = (score.value - zero) / (best_value - zero)
        assert score.normalised.value == pytest.approx(expected)
