"""What a model says of itself, and the seeds that it gets."""

import json
import random
import sys
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

import toy
from benchmark.core import Asked
from benchmark.worker import late_seed, model
from benchmark.worker.model import checked


class Index:
    def __index__(self):
        return 7


class Loud:
    def __float__(self):
        raise ValueError("\x1b[2J")


@pytest.mark.parametrize("given", [7, np.int32(7), np.array(7), np.uint64(7), Index()])
def test_parameters_are_whole_numbers_of_any_type(given):
    report = checked({"parameters": given})
    assert (report.parameters, type(report.parameters), report.left_out) == (7, int, ())


@pytest.mark.parametrize("given", [7, 7.0, np.float32(7), np.array(7), Decimal(7), Fraction(7)])
def test_operations_and_losses_are_real_numbers_of_any_type(given):
    report = checked({"flops": given, "history": [given, 2]})
    assert (report.flops, report.history, report.left_out) == (7.0, (7.0, 2.0), ())
    assert json.dumps([report.flops, report.history])
    assert checked({"history": np.array([1, 2])}).history == (1.0, 2.0)
    assert checked({"history": (v for v in (1, 2))}).history == (1.0, 2.0)


@pytest.mark.parametrize(
    "given",
    [
        *(True, np.True_, "7", b"7", np.str_("7"), 7j, np.complex64(7), [7], np.array([7]), Loud()),
        *(float("nan"), float("inf"), np.float64("-inf"), 10**400, -1, object, {}, object()),
    ],
)
def test_what_is_no_such_number_is_left_out_and_named(given):
    report = checked({"parameters": given, "flops": given, "history": given})
    assert (report.parameters, report.flops, report.history) in (
        (None, None, ()),
        (None, None, (7.0,)),
    )
    assert [said.partition(":")[0] for said in report.left_out][:2] == ["parameters", "flops"]
    if given != -1:
        report = checked({"history": [1.0, given]})
        assert report.history == ()
        assert "in it" in report.left_out[0]
    assert all(said.isprintable() and len(said) < 200 for said in report.left_out)


def test_nothing_is_said_of_what_is_not_reported():
    assert checked({}) == checked({"parameters": None, "flops": None, "history": []})
    assert checked({}).left_out == ()


def test_a_curve_is_as_long_as_its_limit():
    report = checked({"history": iter(int, 1)})  # without an end
    assert len(report.history) == model.LONGEST_CURVE
    assert report.left_out == ("history: only the first 1000 values are kept",)


def test_the_log_says_what_is_left_out(capfd):
    class Mine:
        parameters, flops, history = np.int64(3), "many", [np.float32(0.5)]

    assert model.self_report(Mine()) == {"parameters": 3, "flops": None, "history": (0.5,)}
    assert (
        capfd.readouterr().err == "left out: flops: expected a finite number from 0, found 'str'\n"
    )


FAKE = """
seeds = []
def manual_seed(seed):
    seeds.append(seed)
"""
ASKED = Asked("toy", ("x",), "y", toy.SIGNALS)


@pytest.fixture
def fake_torch(tmp_path, monkeypatch):
    """A module of that name, which is not imported yet."""
    (tmp_path / "libraries").mkdir()
    (tmp_path / "libraries" / "torch.py").write_text(FAKE)
    monkeypatch.syspath_prepend(tmp_path / "libraries")
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])
    yield
    sys.modules.pop("torch", None)


def make(tmp_path, top="", fit="pass"):
    path = tmp_path / "entry.py"
    path.write_text(top + toy.entry(fit))
    return model.make_model(path, ASKED, 5, {})


@pytest.mark.usefixtures("fake_torch")
def test_torch_is_seeded_when_it_is_imported_late(tmp_path):
    mine = make(tmp_path, fit="import torch; self.seeds = [*torch.seeds]")
    assert "torch" not in sys.modules  # it is not imported for that
    mine.fit([], [])
    assert mine.seeds == [5]
    torch = sys.modules["torch"]
    assert type(torch.__spec__.loader) is type(torch.__loader__) is not late_seed._Loader


@pytest.mark.usefixtures("fake_torch")
def test_torch_is_seeded_once_more_after_the_top_of_an_entry(tmp_path):
    make(tmp_path, top="import torch\nTOP = [*torch.seeds]\n")
    assert sys.modules["torch"].seeds == [5, 5]
    assert sys.modules[f"{tmp_path.name}.entry"].TOP == [5]


@pytest.mark.usefixtures("fake_torch")
def test_one_seed_replaces_another_and_what_is_absent_stays_so(tmp_path, monkeypatch):
    for _ in range(2):
        make(tmp_path)
    assert sum(isinstance(f, late_seed._Finder) for f in sys.meta_path) == 1
    drawn = random.random(), np.random.random()
    make(tmp_path)
    assert (random.random(), np.random.random()) == drawn
    (tmp_path / "libraries" / "torch.py").write_text("manual = 1")
    assert make(tmp_path, fit="import torch").fit([], []) is None
    monkeypatch.delitem(sys.modules, "torch")
    monkeypatch.setattr(sys, "path", [])
    sys.path_importer_cache.clear()
    with pytest.raises(ModuleNotFoundError):
        make(tmp_path, fit="import torch").fit([], [])
