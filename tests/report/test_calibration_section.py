"""Calibration curves: which splits make one, and what tables and plots show of it."""

import csv
import io
import re
from dataclasses import replace

import pytest

import toy
from benchmark.core import Calibration, Recording, Task
from benchmark.data.corpus_index import Expected
from benchmark.leaderboard import build
from benchmark.leaderboard.curves import calibration
from benchmark.leaderboard.gate import Admitted
from benchmark.leaderboard.sealed.standings import Standing
from benchmark.leaderboard.snapshot import Snapshot
from benchmark.metrics.pearson import PER_RECORDING
from benchmark.report import console, export, leaderboard_page, task_page
from benchmark.report.calibration import calibration_section
from benchmark.report.plots import amounts, looks
from benchmark.report.site import pages
from benchmark.results.published import from_job
from benchmark.results.sealed.gaps import Gap
from example_result import SPEAKERS, of_speakers

METRIC = PER_RECORDING.id
FULL = {0: 0.2, 1: 0.3, 2: 0.4, 10: 0.6}  # amount: score
NAME = "toy.new_speaker_{}_repetitions"
TASK = Task(
    *("Toy", ("x",), "y", tuple(NAME.format(a) for a in FULL), (), (PER_RECORDING,), ("blind",)),
    citation="",
    version="1",
)


def result(entry, amount, level, seed=0):
    """Speakers differ, and gain unequally."""
    levels = [level * (1 + place / 50) for place in range(len(SPEAKERS))]
    return of_speakers(METRIC, levels, NAME.format(amount), entry, seed=seed)


def expected(amount, test=SPEAKERS, **changes):
    recordings = tuple(Recording(f"{s}1", s, "s", "", lambda _signal: None) for s in SPEAKERS)
    known = replace(Calibration("speaker", amount, "repetitions"), **changes)
    listed = {"all": frozenset(f"{s}1" for s in test)}
    return Expected("d", {"all": recordings}, known, listed)


def board(results=None, **changes):
    """A snapshot of `model` and of `blind`, which gains nothing."""
    if results is None:
        results = [result("model", *point) for point in FULL.items()]
        results += [result("blind", amount, 0.1) for amount in FULL]
    of = {("toy", NAME.format(a)): expected(a) for a in FULL}
    of |= {("toy", NAME.format(a)): each for a, each in changes.pop("other", {}).items()}
    tables = build.tables(Admitted(tuple(map(from_job, results)), (), of), {"toy": TASK})
    return Snapshot(tables, {"toy": TASK}, {"toy": toy.corpus()}, {}, expected=of)


def curve(snapshot):
    (one,) = snapshot.calibration_curves
    return one


def cells(snapshot, entry):
    of = curve(snapshot)
    (line,) = (line for line in of.lines if line.last.entry == entry)
    return calibration_section.cells(snapshot, of, line)


def test_amounts_rise_as_numbers_whatever_the_order_of_names():
    made = curve(board())
    assert made.amounts == (0, 1, 2, 10)  # by name, 10 would come before 2
    assert made.name == "toy.new_speaker_repetitions"
    assert [line.last.entry for line in made.lines] == ["model", "blind"]
    assert calibration_section.heads(made)[1:5] == ["0", "1", "2", "10"]
    means = [f"{level * 1.07:.3f}" for level in FULL.values()]
    assert [cell[:5] for cell in cells(board(), "model")[:4]] == means


def test_the_gain_is_paired_by_speaker():
    """By units it is 8 equal signs: the smallest p that 8 units allow, with room for two rows."""
    (model, blind) = (line.gain for line in curve(board()).lines)
    assert model.value == pytest.approx(0.4 * 1.07)
    assert 0 < model.low < model.value < model.high
    assert model.high - model.low < 0.1  # the scores' own intervals are wider by what both share
    assert model.p == pytest.approx(2 / 2**8)
    assert (blind.value, blind.low, blind.high, blind.p) == (0, 0, 0, 1)
    assert "Significant (p ≤ 0.05): model." in calibration_section.note(curve(board()))


def test_an_amount_without_results_is_shown_as_missing():
    some = {a: level for a, level in FULL.items() if a != 1}
    found = board([result("model", *p) for p in some.items()] + [result("blind", 2, 0.1)])
    assert curve(found).amounts == (0, 1, 2, 10)
    assert cells(found, "model")[1] == calibration_section.MISSING
    assert cells(found, "blind")[:2] == ["–", "–"]
    assert cells(found, "blind")[4:6] == ["–", "–"]  # no gain either
    assert "No results yet at 1." in calibration_section.note(curve(found))
    svg = calibration_section.plot(found, curve(found))
    assert "model, 0 repetitions" in svg
    assert "model, 1 repetitions" not in svg
    assert ">1</text>" in svg  # its tick is there
    # 2 and 10 are joined, 0 and 2 are not: between them something is missing.
    assert svg.count('fill="none"/>') == 1 + 1 + 1  # axes, one line, its sample in the legend


def test_other_seeds_have_no_gain():
    results = [result("model", *point) for point in FULL.items()]
    found = board([*results[:-1], result("model", 10, 0.6, seed=1)])
    assert curve(found).lines[0].gain is None
    assert "not the same seeds" in calibration_section.note(curve(found))


SINGLE = ": all metrics, costs, notes</summary>"  # of a split that is part of a curve


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({2: expected(2, "abcdefg")}, "do not test the same recordings"),
        ({2: expected(2, unit="minutes")}, "do not calibrate to the same"),
    ],
)
def test_what_is_no_curve_is_refused_and_its_tables_stay(other, reason):
    found = board(other=other)
    assert reason in curve(found).refused
    assert found.single(found.tables) == list(found.tables)
    text = task_page.pages(found)["toy"]
    assert "not shown as a calibration curve" in text
    assert SINGLE not in text
    assert calibration_section.plots(found) == {}
    assert "Calibration" not in leaderboard_page.page(found)


def test_a_sealed_test_of_a_split_of_a_curve_is_shown():
    gaps_found = {("model", "default"): Gap(0.6, 0.5, -0.01, 0.2, 0.1, None, seeds=1)}
    standing = Standing("5" * 64, "2026-05-04", talkers=8, recordings=64, gaps=gaps_found)
    found = replace(board(), sealed={("toy", NAME.format(0)): standing})
    for text in (task_page.pages(found)["toy"], leaderboard_page.page(found)):
        assert text.count(f"On `{NAME.format(0)}`: **Sealed test** of 2026-05-04") == 1
        assert "+0.100 [-0.010, +0.200]" in text


def test_an_amount_that_two_splits_have_makes_no_curve():
    twice = {("toy", name): expected(2) for name in ("toy.few", "toy.some")}
    tables = [replace(board().tables[0], split="toy.few")]
    (found,) = calibration.curves(tables, twice, lambda _table: TASK)
    assert "toy.few and toy.some have the same amount" in found.refused


def test_the_board_shows_the_curve_instead_of_its_splits():
    found = board()
    top, whole = leaderboard_page.page(found), task_page.pages(found)["toy"]
    assert "## Calibration to a new speaker or session" in top
    assert NAME.format(2) not in top
    assert whole.count(SINGLE) == len(FULL)
    assert whole.count("<details>") == whole.count("</details>") == len(FULL) + 1  # and a legend
    (path,) = calibration_section.plots(found)
    assert f"]({path})" in top
    assert f"]({path.rpartition('/')[2]})" in whole


def test_intervals_of_the_plot_are_those_of_the_table():
    found = board()
    svg = calibration_section.plot(found, curve(found))
    low, high, _ = amounts.scale(
        [amounts.Line("", False, looks.DEFAULT, [amounts.Mark(0, 0.1, 0.1, 0.7, "")])]
    )
    ticks = [float(t) for t in re.findall(r'text-anchor="end">([^<]+)<', svg)]
    low, high = min(ticks), max(ticks)
    height = amounts.HEIGHT
    drawn = re.findall(
        r"<title>model, (\d+) repetitions: ([^<]+)</title>\n<path d=\"(M[^\"]+)\"", svg
    )
    table = [cell.replace("\u00a0", " ") for cell in cells(found, "model")[:4]]
    assert [text for _, text, _ in drawn] == table
    for _, text, path in drawn:
        ends = [float(end) for end in re.search(r"\[(.*), (.*)\]", text).groups()]
        pixels = [float(y) for y in re.search(r" ([\d.]+)V([\d.]+)", path).groups()]
        for end, pixel in zip(ends, pixels, strict=True):
            score = low + (1 - (pixel - amounts.TOP) / height) * (high - low)
            assert score == pytest.approx(end, abs=(high - low) / height)


def test_the_same_curve_gives_the_same_plot_and_names_are_text():
    found = board()
    assert calibration_section.plot(found, curve(found)) == calibration_section.plot(
        board(), curve(board())
    )
    line = amounts.Line("<b>&", False, looks.DEFAULT, [amounts.Mark(1, 0.5, None, None, "<i>")])
    svg = amounts.draw([line], (0, 1), "x", "y", 'a "quote"')
    assert "<b>" not in svg
    assert "<i>" not in svg
    assert 'aria-label="a &quot;quote&quot;"' in svg


def test_exports_and_the_site_have_the_curve(tmp_path):
    found = board()
    data = export.results(found)
    (made,) = data.calibration_curves
    assert made.amounts == [0, 1, 2, 10]
    model = made.lines[0]
    assert [p.score for p in model.points] == pytest.approx([v * 1.07 for v in FULL.values()])
    written = {path.relative_to(tmp_path).as_posix(): path for path in pages.write(found, tmp_path)}
    rows = list(csv.DictReader(io.StringIO(written["results.csv"].read_text("utf-8"))))
    assert {(r["split"], float(r["calibration_amount"])) for r in rows} == {
        (NAME.format(a), a) for a in FULL
    }
    for page in ("index.html", "toy.html"):
        text = written[page].read_text("utf-8")
        assert "model, 10 repetitions: 0.642" in text
    assert written["toy.html"].read_text("utf-8").count("<details><summary>toy") == len(FULL)
    assert console.calibration(found, curve(found)).row_count == 2


def test_names_of_splits_tell_curves_apart():
    some = Calibration("speaker", 0.5, "minutes")
    assert calibration.stem("a.new_speaker_0p5_minutes", some) == "a.new_speaker_minutes"
    assert calibration.stem("a.spoken_new_0p5_minutes", some) == "a.spoken_new_minutes"
    assert calibration.stem("a.half_a_minute", some) == "a.new_speaker_minutes"
