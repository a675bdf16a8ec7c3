"""A new task is planned with its trivial baselines, ridge and chance; nothing else changes."""

import shutil
from pathlib import Path

import pytest

from benchmark import registry
from benchmark.core import Paths
from benchmark.execution import chance, plan

ROOT = Path(__file__).resolve().parents[2]
CHOICE = plan.RunSelection(corpora=["embedded"], smoke=True, full=True)
NEW = """
from benchmark.core import Task
from benchmark.metrics import {metric}

TASK = Task(
    title="New", inputs=({inputs},), target="{target}", splits=("{split}",), smoke=("{split}",),
    metrics=({metric}.{name},), citation="", version="1",
)
"""
SENTENCES, WORDS = "embedded.smoke_sentences", "embedded.smoke_words"


@pytest.fixture
def place(tmp_path):
    """A copy of the project's tasks and entries."""
    for name in ("tasks", "baselines", "submissions"):
        kept = shutil.ignore_patterns("__pycache__", "*.json" if name == "baselines" else "*.pyc")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=kept)
    return Paths(tmp_path, tmp_path / "data", tmp_path / "runs")


def planned(place):
    return plan.plan(place, CHOICE, registry.corpora())


@pytest.mark.parametrize(
    ("inputs", "target", "split", "metric", "name", "ridge"),
    [
        ('"emg"', "articulation", SENTENCES, "rmse", "RMSE", True),
        ('"seeg"', "mel", SENTENCES, "speech.mel", "MEL_MSE", True),
        ('"emg", "noisy"', "clean", "embedded.smoke_mixtures", "speech.sisdr", "SI_SDR", True),
        ('"emg"', "word", WORDS, "classification", "ACCURACY", True),
        ('"lips"', "ultrasound", SENTENCES, "image.psnr", "PSNR", True),
        ('"lips"', "articulation", SENTENCES, "rmse", "RMSE", False),  # no features of lips for it
        ('"emg"', "text", SENTENCES, "text", "WER", False),  # a text is no regression
    ],
)
def test_a_new_task_is_planned_without_an_edit(
    place, inputs, target, split, metric, name, ridge, monkeypatch
):
    before = planned(place)
    module = metric.rpartition(".")[2]
    text = NEW.format(inputs=inputs, target=target, split=split, metric=module, name=name)
    package = f"benchmark.metrics.{metric}".rpartition(".")[0]
    text = text.replace("from benchmark.metrics", f"from {package}")
    (place.root / "tasks" / "a_new_one.py").write_text(text)
    after = planned(place)
    assert {job.entry for job in after.jobs if job.task == "a_new_one"} == {
        *registry.task(place.root, "a_new_one").trivial_baselines,
        *(["ridge"] if ridge else []),
    }
    assert [job for job in after.jobs if job.task != "a_new_one"] == list(before.jobs)
    scored = []
    monkeypatch.setattr(chance.folds, "prepare", lambda *_: None)
    monkeypatch.setattr(chance, "_scored", lambda _, *about: scored.append(about[0]) or [])
    chance.renew(place, after)
    assert scored.count("a_new_one") == 1


def test_another_task_in_a_header_changes_no_job_of_the_others(place):
    before = planned(place)
    path = place.root / "baselines" / "seeg_linear.py"
    text = path.read_text()
    new = text.replace('["seeg_to_mel"]', '["seeg_to_mel", "emg_to_mel"]')
    assert new != text
    path.write_text(new)
    after = planned(place)
    added = [job for job in after.jobs if job not in before.jobs]
    assert {(job.entry, job.task) for job in added} == {("seeg_linear", "emg_to_mel")}
    assert [job for job in after.jobs if job in before.jobs] == list(before.jobs)


def test_each_variant_has_a_digest_of_its_own(place):
    choice = plan.RunSelection(
        tasks=["emg_word_classification"],
        corpora=["embedded"],
        entries=["emg_words"],
        variants="all",
        smoke=True,
    )
    jobs = plan.plan(place, choice, registry.corpora()).jobs
    by_variant = {job.variant: job.code for job in jobs}
    assert len(set(by_variant.values())) == len(by_variant) > 1
