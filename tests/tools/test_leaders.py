"""The entries that a workflow has to run for the examples of the published site."""

from types import SimpleNamespace

import pytest

from benchmark.core import UserError
from benchmark.report.site import sample_gallery
from tools import leaders


@pytest.fixture
def board(monkeypatch):
    def rows(board, best):
        assert best
        return [(SimpleNamespace(split=s), SimpleNamespace(entry=e)) for s, e in board]

    monkeypatch.setattr(sample_gallery, "rows", rows)
    return [("mine.b", "two"), ("mine.a", "one"), ("mine.c", "two"), ("mine_too.a", "three")]


def test_each_leader_of_the_corpus_is_named_once(board, monkeypatch, capsys):
    monkeypatch.setattr(leaders.snapshot, "read", lambda _root: board)
    monkeypatch.setattr("sys.argv", ["leaders.py", "mine"])
    leaders.main()
    assert capsys.readouterr().out == "one two\n"


def test_a_corpus_without_leaders_is_an_error(board):
    with pytest.raises(UserError, match="no entry leads a table of 'other'"):
        leaders.names(board, "other")
