"""What the document of the embedded corpus says was measured is what the results say."""

from dataclasses import replace

import pytest
import two_corpora

from tools import measured

SPLIT = "| toy | s | "


@pytest.fixture
def of_the_toy(monkeypatch):
    monkeypatch.setattr(measured, "CORPUS", "simulated")
    monkeypatch.setattr(measured, "LINEAR", ("nobody", "weaker"))
    monkeypatch.setattr(measured, "ALSO", ("rmse.1",))
    return two_corpora.board()


@pytest.mark.slow
@pytest.mark.xdist_group("published")
def test_the_document_has_the_table_of_today(published):
    text = measured.PAGE.read_text("utf-8")
    assert text.count(measured.BEGIN) == 1
    assert measured.renewed(text, published) == text, "run: python tools/measured.py"


def test_a_table_has_the_best_network_the_line_and_the_best_that_knows_nothing(of_the_toy):
    """Of one corpus, by its first metric and one more; in bold where knowing nothing is better."""
    head, first, second = made(of_the_toy)
    assert head.endswith("| best that knows nothing | its distance |")
    columns = [line.split(" | ")[3:] for line in (first, second)]
    assert [[cell.split()[-1] for cell in row[:3]] for row in columns] == [
        ["`model`", "`weaker`", "`blind`"]
    ] * 2
    assert first.startswith(f"{SPLIT}Error 0 [mm] ↓ | 0.235 [")
    assert second.startswith(f"{SPLIT}Error 1 [mm] ↓ | 0.335 [")
    assert [row[3] for row in columns] == ["+0.100 |", "**-0.100** |"]
    assert "\N{NO-BREAK SPACE}" not in first


@pytest.mark.usefixtures("of_the_toy")
def test_errors_are_compared_in_parts_of_the_linear_entry(monkeypatch):
    named = [replace(metric, id=f"mse.{n}@1") for n, metric in enumerate(two_corpora.METRICS)]
    monkeypatch.setattr(measured, "ALSO", ("mse.1",))
    board = two_corpora.board(tuple(named))
    assert [line.split(" | ")[-1] for line in made(board)[1:]] == ["**+23.0 %** |", "**-15.7 %** |"]
    monkeypatch.setattr(measured, "WANTED", 1.2)
    assert [line.split(" | ")[-1] for line in made(board)[1:]] == ["+23.0 % |", "**-15.7 %** |"]


def test_a_distance_that_cannot_be_told_is_empty():
    mse, rmse = (replace(two_corpora.METRICS[0], id=f"{name}.mean@1") for name in ("mse", "rmse"))
    assert measured.distance(replace(rmse, title="RMSE"), 1.0, 1.5) == "+0.500"
    assert measured.distance(mse, 1.0, 1.5) == "+50.0 %"
    assert measured.distance(rmse, 0.0, 1.5) == "+1.500"
    assert not measured.distance(mse, 0.0, 1.5)
    for pair in ((float("nan"), 1.0), (1.0, float("nan")), (float("inf"), 1.0), (None, 1.0)):
        assert not measured.distance(mse, *pair)
        assert not measured.distance(rmse, *pair)


def test_a_table_without_a_linear_entry_has_no_line(of_the_toy, monkeypatch):
    monkeypatch.setattr(measured, "LINEAR", ("nobody",))
    assert len(made(of_the_toy)) == 1


def test_the_best_row_is_by_the_direction_of_the_metric(of_the_toy):
    rows, metric = of_the_toy.tables[0].rows, two_corpora.METRICS[0]
    for order in (rows, rows[::-1]):
        assert measured.best(order, metric).entry == "model"
        assert measured.best(order, replace(metric, better="higher")).entry == "blind"
    assert measured.best([], metric) is None


def made(board):
    """The head and the lines between the marks; what stands around them is kept."""
    text = measured.renewed(f"before\n{measured.BEGIN}\nold\n{measured.END}\nafter", board)
    before, begin, head, _, *lines, empty, end, after = text.splitlines()
    assert (before, begin, end, after) == ("before", measured.BEGIN, measured.END, "after")
    assert not empty  # or a reader of Markdown takes what follows as a row
    return [head, *lines]
