"""Transfers: which splits make one, and what tables and pages show of it."""

from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

import toy
from benchmark import registry
from benchmark.core import Recording, Task
from benchmark.data import corpus_index
from benchmark.data.corpus_index import Expected
from benchmark.data.splits import load
from benchmark.leaderboard import build
from benchmark.leaderboard.curves import transfer
from benchmark.leaderboard.gate import Admitted
from benchmark.leaderboard.snapshot import Snapshot
from benchmark.metrics.pearson import PER_RECORDING
from benchmark.registry import modules
from benchmark.report import console, leaderboard_page, task_page
from benchmark.report.markdown.markdown_table import two_lines
from benchmark.report.site import pages, site_tables
from benchmark.report.transfer import transfer_markdown, transfer_section
from benchmark.results.published import from_job
from benchmark.results.result import Measurement
from example_result import SPEAKERS, of_speakers

ROOT = Path(__file__).resolve().parents[2]
METRIC = PER_RECORDING.id
LEVELS = {"voiced": 0.2, "silent": 0.5, "both": 0.6}  # source: score of the model
NAME = "toy.silent_from_{}"
SPLITS = tuple(map(NAME.format, LEVELS))
TASK = Task(
    *("Toy", ("x",), "y", ("toy.all", *SPLITS), (), (PER_RECORDING,), ("blind",)),
    citation="",
    version="1",
)


def result(entry, split, level):
    """Speakers differ, and gain unequally."""
    levels = [level * (1 + place / 50) for place in range(len(SPEAKERS))]
    return of_speakers(METRIC, levels, split, entry)


def results(**levels):
    return [
        result(entry, NAME.format(source), level)
        for entry, found in levels.items()
        for source, level in found.items()
    ]


BOTH = {"model": LEVELS, "blind": dict.fromkeys(LEVELS, 0.1)}


def problems(tasks, corpora):
    """Splits of a task that take each other's place, and transfers that name no split of any."""
    known = {split for task in tasks.values() for split in task.splits}
    declared = {f"{corpus}.{name}" for corpus in corpora for name in corpora[corpus].transfers}
    found = declared - known
    for task in tasks.values():
        named = [transfer.parts(split, corpora) for split in task.splits]
        found |= {each for each in named if each[1] and named.count(each) > 1}
    return found


def test_no_transfer_of_a_corpus_is_lost():
    assert problems(registry.tasks(ROOT), registry.packaged_corpora()) == set()


def test_a_transfer_that_would_be_lost_is_noticed():
    both = {"all": ("silent", "voiced"), "al": ("silent", "loud")}
    corpora = {"toy": replace(toy.corpus(), transfers=both)}
    assert problems({"toy": TASK}, corpora) == {"toy.al", ("toy.silent", "voiced")}


def board(made=None, other=(), task=TASK):
    """A snapshot; the splits of `other` list other recordings for the test."""
    recordings = tuple(Recording(f"{s}1", s, "s", "", lambda _signal: None) for s in SPEAKERS)
    expected = {
        ("toy", split): Expected(
            "d",
            {"all": recordings},
            None,
            {"all": frozenset("z" if split in other else SPEAKERS)},
        )
        for split in TASK.splits
    }
    made = results(**BOTH) if made is None else made
    tables = build.tables(Admitted(tuple(map(from_job, made)), (), expected), {"toy": task})
    return Snapshot(tables, {"toy": task}, {"toy": toy.corpus()}, {}, expected=expected)


def test_sources_stand_side_by_side_in_the_order_of_the_task():
    found = board()
    (one,) = found.transfers
    assert (one.name, one.sources) == ("toy.silent", ("voiced", "silent", "both"))
    assert [line.last.entry for line in one.lines] == ["model", "blind"]
    cells = transfer_section.cells(found, one, 0)
    assert [cell[:5] for cell in cells[:3]] == [f"{x * 1.07:.3f}" for x in LEVELS.values()]
    assert [cell[:6] for cell in (cells[3], cells[5])] == ["+0.321", "+0.428"]
    heads = transfer_section.heads(one)
    assert heads[:4] == ["entry", "voiced", "silent", "both"]
    assert heads[4:] == ["silent less voiced [95% CI]", "p", "both less voiced [95% CI]", "p"]
    assert len(heads) == len(cells) + 1 == leaderboard_page.MOST_COLUMNS


def test_differences_are_paired_by_speaker():
    """Eight equal signs: the smallest p that 8 units allow, with room for two rows."""
    model, blind = board().transfers[0].gains
    assert [gain.p for gain in model] == [pytest.approx(2 / 2**8)] * 2
    assert all(0 < gain.low < gain.value < gain.high < gain.low + 0.1 for gain in model)
    assert [(gain.value, gain.p) for gain in blind] == [(0, 1)] * 2


def test_what_is_of_no_source_and_other_tests_stay_single_tables():
    assert not board([result("model", "toy.all", 0.5)]).transfers
    assert not board(results(model={"voiced": 0.2})).transfers  # nothing to put beside it
    found = board(other=SPLITS[1:2])
    assert not found.transfers
    assert found.single(found.tables) == found.tables
    assert not board().single(board().tables)


def test_a_source_without_results_is_shown_as_missing():
    found = board(results(model={"silent": 0.5, "both": 0.6}, blind={"silent": 0.1}))
    (one,) = found.transfers
    assert transfer_section.cells(found, one, 0)[0] == "–"
    assert transfer_section.cells(found, one, 0)[3:] == ["–"] * 4  # no difference to nothing
    assert "No results yet from voiced." in transfer_section.note(found, one)


def test_pages_show_it_once_and_fold_the_single_tables():
    found = board()
    heading = "### Toy: toy, transfer to silent"
    page = leaderboard_page.page(found)
    assert "## Transfer between kinds of speech" in page
    assert page.count(heading) == 1
    assert "### Toy: toy, silent from voiced" not in page
    whole = task_page.pages(found)["toy"]
    assert whole.count(heading) == 1
    assert whole.count("<details><summary>toy.silent_from_") == len(LEVELS)
    assert "models that were trained on voiced, silent or both" in whole
    assert "one above 0 means that voiced is the worse training" in whole


def test_what_only_trivial_baselines_did_is_on_the_page_of_its_task_alone():
    found = board(results(blind=BOTH["blind"]))
    assert "transfer to silent" not in leaderboard_page.page(found)
    assert "transfer to silent" in task_page.pages(found)["toy"]


def test_the_site_and_the_terminal_show_the_same(tmp_path):
    found = board()
    pages.write(found, tmp_path)
    for name in ("index.html", "toy.html"):
        text = (tmp_path / name).read_text("utf-8")
        assert text.count(">silent less voiced [95% CI]<") == 1
        assert 'id="toy-toy.silent-transfer"' in text
    lines = console.transfer(found, found.transfers[0])
    heads = transfer_section.heads(found.transfers[0])
    assert [column.header for column in lines.columns] == [h.partition(" [")[0] for h in heads]
    terminal = Console(width=80, no_color=True)
    with terminal.capture() as said:
        terminal.print(lines)
    assert "…" not in said.get()
    assert lines.row_count == 2


def test_lower_scores_may_be_better():
    found = board(task=replace(TASK, metrics=(replace(PER_RECORDING, better="lower"),)))
    assert [line.last.entry for line in found.transfers[0].lines] == ["blind", "model"]
    assert "one below 0 means" in transfer_section.note(found, found.transfers[0])


def with_more(first=PER_RECORDING):
    """Three metrics: that which ranks, and two by which scores are twice as high; one aligns."""
    plain = replace(PER_RECORDING, id="plain@1", title="Plain")
    aligned = replace(plain, id="aligned@1", title="Aligned", better="lower", aligns=True)
    made = []
    for one in results(**BOTH):
        items = []
        for item in one.items:
            value = item.measurements[METRIC].statistics[0]
            twice = Measurement(statistics=(2 * value, 1.0))
            measured = {**item.measurements, plain.id: twice, aligned.id: twice}
            items.append(item.model_copy(update={"measurements": measured}))
        more = {"items": tuple(items), "metrics": (METRIC, plain.id, aligned.id)}
        made.append(one.model_copy(update=more))
    return board(made, task=replace(TASK, metrics=(first, plain, aligned)))


def test_metrics_that_align_stand_beside_one_that_does_not(tmp_path):
    found = with_more()
    (one,) = found.transfers
    assert [metric.id for metric in one.beside] == ["aligned@1"]
    heads = ["Aligned ↓ voiced", "Aligned ↓ silent", "Aligned ↓ both"]
    assert transfer_section.beside_heads(one) == heads
    cells = transfer_section.beside_cells(one, 0)
    assert [cell[:5] for cell in cells] == [f"{2 * x * 1.07:.3f}" for x in LEVELS.values()]
    page = task_page.pages(found)["toy"]
    assert f"**{transfer_section.BESIDE}**" in page
    assert f"| entry | {' | '.join(heads)} |" in page
    narrow = [two_lines(head) for head in heads]
    assert f"| entry | {' | '.join(narrow)} |" in leaderboard_page.page(found)
    short = "\n".join(transfer_markdown.lines(found, one, [0], columns=6))
    assert f"| entry | {' | '.join(narrow)} |" in short
    short = "\n".join(transfer_markdown.lines(found, one, [0], columns=3))
    assert narrow[0] not in short  # all sources of a metric or none
    pages.write(found, tmp_path)
    site = (tmp_path / "toy.html").read_text("utf-8")
    assert all(f">{head}<" in site for head in heads)
    assert "Plain ↑ voiced" not in page + site
    columns = site_tables.transfer(found, one).columns
    assert [head.text for head in columns if head.extra] == heads  # else wider than a laptop


def test_nothing_stands_beside_a_metric_that_aligns():
    (one,) = with_more(replace(PER_RECORDING, aligns=True)).transfers
    assert one.beside == ()


@pytest.mark.parametrize("task", ["emg_to_text", "emg_to_mel"])
def test_real_corpora_have_transfers_to_silent_speech(task):
    """Also by splits of another name, which their corpora declare: all test the same."""
    splits, corpora = registry.tasks(ROOT)[task].splits, modules.read_corpora().found
    for corpus, sources in (
        ("gaddy2020", ["voiced", "silent", "both"]),
        ("emg_uka_trial", ["audible", "silent", "both"]),
    ):
        parts = {split: transfer.parts(split, corpora) for split in splits}
        tested = f"{corpus}.silent"
        found = {what: s for s, (test, what) in parts.items() if test == tested and what}
        assert [*found] == sources
        listed = [corpus_index.listed(load(registry.split_file(ROOT, s))) for s in found.values()]
        assert listed[1:] == listed[:1] * 2


def test_a_corpus_says_what_a_split_of_another_name_tests_and_trains_on():
    known = toy.corpus(transfers={"silent_from_silent": ("silent", "hushed")})
    (one,) = replace(board(), corpora={"toy": known}).transfers
    assert (one.name, one.sources) == ("toy.silent", ("voiced", "hushed", "both"))
    assert None not in one.tables
