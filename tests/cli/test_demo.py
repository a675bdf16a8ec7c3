"""The demo on a toy project: what it trains, what it shows, and how it ends where that fails."""

import json
import re

import pytest
from typer.testing import CliRunner

import toy
from benchmark import registry
from benchmark.cli.app import app
from benchmark.cli.results import demo
from benchmark.data import splits
from benchmark.execution import executors, plan, runner

LINEAR = toy.entry(predict=toy.SUM)


@pytest.fixture
def call(tmp_path, monkeypatch):
    """The demo in a project whose baseline has published results, with a working folder to fill."""
    place = toy.project(tmp_path / "project", linear=LINEAR, blind=toy.entry(predict=toy.BLIND))
    fold = splits.by_group(toy.recordings(place.data), "text", ["sentence 4"], ["sentence 5"])
    path = registry.split_file(place.root, "toy.all")
    splits.write(path, "new sentences", ["text"], {"a": fold})
    monkeypatch.setattr(registry, "corpora", lambda: {"toy": toy.corpus()})
    chosen = plan.plan(place, plan.RunSelection(), registry.corpora())
    runner.run(place, chosen, executors.serial_executor(), toy.CONFIG)
    runner.publish(place, chosen)
    values = {"ROOT": place.root, "TASKS": ("toy",), "CORPUS": "toy", "ENTRY": "linear"}
    for name, value in values.items():
        monkeypatch.setattr(demo, name, value)

    def called(*words):
        runs = ["--runs", str(tmp_path / "runs"), "--data", str(place.data)]
        return CliRunner().invoke(app, ["demo", *runs, *words])

    called.root, called.runs = place.root, tmp_path / "runs"
    return called


@pytest.mark.sandbox
def test_the_demo_shows_its_score_beside_the_published_ones_and_where_to_go(call):
    done = call()
    assert done.exit_code == 0, done.output
    [(score, rest)] = re.findall(r"toy: linear has Pearson r (0\.\d{3}) here(.*)", done.output)
    assert rest == ", among the published:"
    pattern = r"│ +– │ linear( \(here\))? +│ +(0\.\d{3})"
    rows = re.findall(rf"(?m)^{pattern}", done.output)
    assert sorted(rows) == [("", score), (" (here)", score)]  # one model, one score
    assert re.search(r"(?m)^│ +– │ blind \(trivial\)", done.output)
    hints = re.findall(r"(?m)^    .*?(show|new|site)\b", done.output)
    assert hints == ["show", "new", "site"]
    [kept] = [json.loads(p.read_text()) for p in call.runs.glob("results/**/*.json")]
    assert kept["metrics"] == ["pearson.per_recording@1"]  # the one that ranks, and no other
    told = json.loads(call("--json").stdout)
    (table,) = told["tables"]
    assert (told["entry"], table["metric"]) == ("linear", "pearson.per_recording@1")
    assert f"{table['value']:.3f}" == score
    assert f"{table['published']['linear']:.3f}" == score
    assert {"blind", "linear"} <= table["published"].keys()
    # It publishes nothing.
    assert not [*call.root.glob("leaderboard.md"), *call.root.glob("docs")]


@pytest.mark.sandbox
def test_a_demo_that_fails_says_what_to_look_at(call):
    broken = toy.entry(predict="raise ValueError('no such thing')")
    (call.root / "baselines" / "linear.py").write_text(broken)
    done = call()
    assert done.exit_code != 0
    assert "no such thing" in done.output
    assert "check ridge" in done.output
