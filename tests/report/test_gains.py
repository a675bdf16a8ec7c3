"""What entries gain over an input that is an answer already, such as noisy speech."""

import re
from dataclasses import replace

import pytest

import toy
from benchmark.core import Recording, Task
from benchmark.data.corpus_index import Expected
from benchmark.leaderboard import breakdowns, build
from benchmark.leaderboard.breakdowns import Breakdown
from benchmark.leaderboard.gate import Admitted
from benchmark.leaderboard.snapshot import Snapshot
from benchmark.metrics.pearson import PER_RECORDING
from benchmark.metrics.rmse import RMSE
from benchmark.report import export, leaderboard_page, task_page
from benchmark.report.site import pages, site_plots
from benchmark.results.published import from_job
from benchmark.results.result import Item, JobResult, Measurement

METRICS = PER_RECORDING, RMSE
METRIC, ERROR = (metric.id for metric in METRICS)
SPEAKERS = "abcdefgh"
SNRS = (-11, 4)
TASK = Task(
    *("Toy", ("x",), "y", ("toy.s",), (), METRICS, ("blind",)),
    citation="",
    version="1",
    unprocessed="noisy",
)
# By SNR, what each adds to the noisy input, for which speakers differ much more.
GAINS = {"noisy": {-11: 0.0, 4: 0.0}, "model": {-11: 0.05, 4: 0.01}, "blind": {-11: -0.2, 4: -0.4}}
RECORDINGS = [(f"{s}1@{snr}", s, snr, place) for place, s in enumerate(SPEAKERS) for snr in SNRS]


def result(entry, gains, seed=0, slope=0.05):
    """Scores that differ by speaker, and gains that hardly do."""
    items = tuple(
        Item(
            recording=name,
            speaker=speaker,
            session="s",
            prediction="",
            seconds=0.0,
            measurements={
                METRIC: Measurement(statistics=(slope * place + gains[snr] * (1 + place / 50), 1)),
                ERROR: Measurement(statistics=(1 + slope * place - gains[snr], 1)),
            },
        )
        for name, speaker, snr, place in RECORDINGS
    )
    where = {"task": "toy", "split": "toy.s", "fold": "all", "data": "d", "code": "c"}
    who = {"entry": entry, "variant": "default", "seed": seed}
    return JobResult(**where, **who, metrics=(METRIC, ERROR), status="good", items=items)


def board(task=TASK, without=()):
    results = [result(name, gains) for name, gains in GAINS.items() if name not in without]
    test = tuple(Recording(name, s, "s", "", lambda _signal: None) for name, s, _, _ in RECORDINGS)
    admitted = Admitted(
        tuple(map(from_job, results)), (), {("toy", "toy.s"): Expected("d", {"all": test})}
    )
    corpus = toy.corpus(facets=lambda name: {"SNR [dB]": name.partition("@")[2]})
    return Snapshot(build.tables(admitted, {"toy": task}), {"toy": task}, {"toy": corpus}, {})


def rows(snapshot):
    return {row.entry: row for row in snapshot.tables[0].rows}


def test_a_gain_is_the_paired_difference_so_what_speakers_differ_in_cancels():
    made = rows(board())
    model, noisy = made["model"].scores[METRIC], made["noisy"].scores[METRIC]
    assert model.gain.value == pytest.approx(model.value - noisy.value)
    assert 0.03 < model.gain.low <= model.gain.value <= model.gain.high < 0.04
    assert model.low < noisy.value < model.high  # unpaired, it could be chance
    assert made["model"].scores[ERROR].gain.value == pytest.approx(-0.03)
    assert made["blind"].scores[METRIC].gain.high < 0
    assert noisy.gain is None


def test_a_task_without_an_unprocessed_input_or_a_table_without_its_row_has_no_gains():
    for snapshot in (board(replace(TASK, unprocessed="")), board(without=["noisy"])):
        assert not any(row.scores[METRIC].gain for row in rows(snapshot).values())
        whole = task_page.pages(snapshot)["toy"]
        assert "ain over" not in whole
        assert "| gain |" not in leaderboard_page.page(snapshot)


def test_gains_are_broken_down_by_properties_of_recordings():
    snapshot = board()
    table = snapshot.displayed(snapshot.tables[0])
    found = breakdowns.of_table(table, TASK, snapshot.corpora["toy"])
    by_metric = {b.metric.id: b for b in found if b.over}
    assert by_metric.keys() == {METRIC, ERROR}
    assert {b.by for b in by_metric.values()} == {"SNR [dB]"}
    assert by_metric[METRIC].groups == ("-11", "4")
    # The mean of 1 + place / 50 over eight speakers is 1.07; trivial baselines are left out.
    assert by_metric[METRIC].rows == {"model": pytest.approx((0.05 * 1.07, 0.01 * 1.07))}
    assert by_metric[ERROR].rows == {"model": pytest.approx((-0.05, -0.01))}


def test_what_has_an_order_is_drawn_as_lines():
    snapshot = board()
    table, corpus = snapshot.displayed(snapshot.tables[0]), snapshot.corpora["toy"]
    levels = {"model": (0.1, 0.2, None), "noisy": (0.1, 0.1, 0.3), "blind": (0.0, 0.0, 0.0)}
    found = [
        Breakdown("SNR [dB]", PER_RECORDING, ("-11", "-6", "4"), levels, over="noisy"),
        Breakdown("band", PER_RECORDING, ("1–4", "5–8", "9"), levels),
        Breakdown("noise", PER_RECORDING, ("car", "rain", "train"), levels),
        Breakdown("SNR [dB]", PER_RECORDING, ("-11", "4"), {"model": (0.1, 0.2)}),
    ]
    task = replace(TASK, trivial_baselines=("blind", "noisy"))
    gain, band = site_plots.breakdowns(task, corpus.signals["y"], table, found, {})
    assert "gain over noisy against SNR [dB]" in gain.caption
    assert "against band, Toy" in band.caption
    for plot in (gain, band):
        drawn = [name for name in levels if f">{name}</text>" in plot.svg]
        assert drawn == ["model", "noisy"]  # of trivial baselines the best alone
    assert [site_plots._number("band", group) for group in ("1–4", "9")] == [2.5, 9]


def test_pages_and_exports_show_gains(tmp_path):
    snapshot = board()
    gain = rows(snapshot)["model"].scores[METRIC].gain
    shown = f"{gain.value:+.3f} [{gain.low:+.3f},\N{NO-BREAK SPACE}{gain.high:+.3f}]"
    whole = task_page.pages(snapshot)["toy"]
    assert "**Gain over noisy, which hands its input through" in whole
    assert f"| model | {shown} |" in whole
    assert "↑, gain over noisy, by SNR [dB]</summary>" in whole
    assert "| +0.011 |" in whole
    assert "| model | -0.050 | -0.010 |" in whole
    assert f"** | {shown} |" in leaderboard_page.page(snapshot)
    pages.write(snapshot, tmp_path)
    value, _, interval = shown.partition(" ")
    site = (tmp_path / "toy.html").read_text("utf-8")
    assert re.search(rf">{re.escape(value)}\s*<[^>]*>\s*{re.escape(interval)}<", site)
    lines = export.lines(export.results(snapshot))
    (line,) = (x for x in lines if (x["entry"], x["metric"]) == ("model", METRIC))
    assert (line["gain"], line["gain_low"], line["gain_high"]) == (gain.value, gain.low, gain.high)
    (none,) = (x for x in lines if (x["entry"], x["metric"]) == ("noisy", METRIC))
    assert none["gain"] is None
