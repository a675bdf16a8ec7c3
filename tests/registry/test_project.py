"""An installed package is read and never written; what is made lies in the user's folder."""

from dataclasses import replace
from pathlib import Path

import pytest

import toy
from benchmark import registry, storage
from benchmark.core import Paths
from benchmark.data import corpus_index
from benchmark.execution import plan, runner
from benchmark.metrics.pearson import PER_RECORDING
from benchmark.registry import project
from benchmark.results import entry_results
from benchmark.results.result import Measurement
from example_result import RESULT

TOY = {"toy": toy.corpus()}


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder, beside a package that brings the toy project."""
    shipped = toy.project(tmp_path / "package", ours=toy.entry(), theirs=toy.entry()).root
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    monkeypatch.setattr(project, "CHECKOUT", None)
    monkeypatch.setattr(project, "SHIPPED", shipped)
    return Paths(empty, empty / "data", empty / "runs")


def state(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_tasks_splits_and_entries_come_from_the_package(here):
    assert project.root() == here.root
    assert list(registry.tasks(here.root)) == ["toy"]
    assert registry.split_file(here.root, "toy.all").parent.parent == project.SHIPPED / "tasks"
    found = registry.entries(here.root).found
    assert list(found) == ["ours", "theirs"]
    assert found["ours"].tasks == ("toy",)
    assert corpus_index.read(here.root, "toy").corpus == "toy"


def test_an_entry_and_a_task_of_the_user_stand_beside_those_of_the_package(here):
    for folder, name, text in (
        ("submissions", "mine", toy.entry(extra='# citation = ""\n').replace("Toy", "My")),
        ("tasks", "other", (project.SHIPPED / "tasks" / "toy.py").read_text()),
    ):
        (here.root / folder).mkdir()
        (here.root / folder / f"{name}.py").write_text(text)
    assert set(registry.tasks(here.root)) == {"toy", "other"}
    assert list(registry.entries(here.root).found) == ["ours", "theirs", "mine"]


def result(job):
    """A result of a job, as it lies in the working folder."""
    measured = {PER_RECORDING.id: Measurement(statistics=(0.5, 1.0, 0.5, 1.0))}
    item = RESULT.items[0].model_copy(update={"measurements": measured})
    changes = {**vars(job), "metrics": tuple(measured), "items": (item,)}
    return RESULT.model_copy(update=changes).sealed()


def test_results_of_an_entry_of_the_package_are_published_in_the_users_folder(here, monkeypatch):
    def publish(place, seeds):
        chosen = plan.plan(place, plan.RunSelection(entries=["ours"], seeds=seeds), TOY)
        for job in chosen.jobs:
            made = result(job).dump().encode()
            storage.write_whole(place.runs / "results" / job.key, made)
        keep = [job for job in chosen.jobs if job.seed < seeds - 1]
        return runner.publish(place, chosen, keep=keep)

    here.data.mkdir()
    package = project.SHIPPED
    with monkeypatch.context() as checkout:
        checkout.setattr(project, "SHIPPED", None)
        publish(Paths(package, here.data, here.runs), 1)
    ours, theirs = registry.entries(here.root).found.values()
    assert len(entry_results.read_all(ours.results)) == 2
    before = state(project.SHIPPED)
    assert publish(here, 2) == [here.root / "baselines" / "ours.json"] == [ours.results]
    assert len(entry_results.read_all(ours.results)) == 4  # those of the package among them
    assert state(project.SHIPPED) == before
    assert theirs.results == project.SHIPPED / "baselines" / "theirs.json"


def test_an_index_of_a_corpus_is_written_in_the_users_folder(here):
    before = state(project.SHIPPED)
    newer = replace(toy.corpus(), version="2")
    here.data.mkdir()
    assert corpus_index.register(here, newer)
    assert corpus_index.read(here.root, "toy").version == "2"
    assert state(project.SHIPPED) == before


def test_a_file_of_the_package_is_named_from_the_top_of_the_project(here):
    path = project.SHIPPED / "baselines" / "ours.json"
    assert project.shown(here.root, f"{path}:2") == "baselines/ours.json:2"
    assert project.shown(here.root, here.root / "submissions" / "x.py") == "submissions/x.py"
    assert project.shown(here.root, "/elsewhere/x.py") == "/elsewhere/x.py"


def test_in_a_checkout_everything_lies_in_its_top_folder(tmp_path):
    assert project.CHECKOUT == Path(__file__).parents[2] == project.root()
    assert project.SHIPPED is None
    assert project.folders(tmp_path, "tasks") == [tmp_path / "tasks"]
    assert project.find(tmp_path, "tasks/x.py") == tmp_path / "tasks" / "x.py"
    assert project.own(tmp_path, tmp_path / "x.py") == tmp_path / "x.py"
